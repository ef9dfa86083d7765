"""The published tables of drivers, for :func:`zhike.analytics.prove`."""

import numpy as np

from .driver_regression import DriverRegression

FISHER = "R, summary(lm(Fertility ~ ., swiss))"
GROEMPING = "Grömping 2006, JSS 17(1)"
AGRESTI = "Agresti 2007, An introduction to categorical data analysis, 3.2"
VENABLES = "Venables & Ripley 2002, Modern applied statistics with S, 7.3"

# 47 Swiss districts in 1888 as sums of hundredths and of their products, upper triangle.
SWISS = ("agriculture", "examination", "education", "catholic", "infant mortality")
SWISS_ROWS = 47
SWISS_SUMS = (238100, 77500, 51600, 193376, 93730, 329670)
SWISS_PRODUCTS = (
    *(1443472200, 335391000, 197161000, 1154390600, 472980300, 1716172000),
    *(157070000, 109730000, 231206800, 153336000, 513996000),
    *(99180000, 183920700, 101624000, 325260000),
    *(1595698410, 395447450, 1467507710, 190824100, 664418000, 2384169100),
)
SWISS_SLOPES = (-0.17211, -0.25801, -0.87094, 0.10412, 1.07705)
SWISS_ERRORS = (0.07030, 0.25388, 0.18303, 0.03526, 0.38172)
SWISS_SHARES = (0.0571, 0.1712, 0.2601, 0.1056, 0.1128)

# 1,681 tenants of Copenhagen: satisfaction (low, medium, high) by influence, home and contact.
TENANTS = (
    *(21, 21, 28, 34, 22, 36, 10, 11, 36, 61, 23, 17, 43, 35, 40, 26, 18, 54),
    *(13, 9, 10, 8, 8, 12, 6, 7, 9, 18, 6, 7, 15, 13, 13, 7, 5, 11),
    *(14, 19, 37, 17, 23, 40, 3, 5, 23, 78, 46, 43, 48, 45, 86, 15, 25, 62),
    *(20, 23, 20, 10, 22, 24, 7, 10, 21, 57, 23, 13, 31, 21, 13, 5, 6, 13),
)
TENANT_DRIVERS = (
    "medium influence",
    "high influence",
    "apartment",
    "atrium",
    "terrace",
    "contact",
)
TENANT_SLOPES = (0.5664, 1.2888, -0.5724, -0.3662, -1.0910, 0.3603)
TENANT_ERRORS = (0.10465, 0.12716, 0.11924, 0.15517, 0.15149, 0.09554)


def swiss() -> DriverRegression:
    """What went with fertility."""
    sums, products = np.array(SWISS_SUMS), np.zeros((6, 6))
    products[np.triu_indices(6)] = SWISS_PRODUCTS
    products = np.maximum(products, products.T)
    covariance = (SWISS_ROWS * products - np.outer(sums, sums)) / (SWISS_ROWS * (SWISS_ROWS - 1))
    model = DriverRegression("fertility", SWISS)
    return model.fit_moments(covariance / 1e4, SWISS_ROWS, sums / SWISS_ROWS / 100)


def snoring() -> DriverRegression:
    """Heart disease by snoring (never 0, occasionally 2, nearly every night 4, every night 5)."""
    table = {"snoring": [0, 2, 4, 5] * 2, "disease": [1] * 4 + [0] * 4}
    people = [24, 35, 21, 30, 1355, 603, 192, 224]
    return DriverRegression("disease", ["snoring"], kind="logistic").fit(table, people)


def tenants() -> DriverRegression:
    cell = np.arange(72)
    influence, home = cell // 3 % 3, cell // 9 % 4
    drivers = [influence == 1, influence == 2, home == 1, home == 2, home == 3, cell // 36 == 1]
    table = dict(zip(TENANT_DRIVERS, drivers, strict=True)) | {"satisfaction": cell % 3}
    return DriverRegression("satisfaction", TENANT_DRIVERS, kind="ordinal").fit(table, TENANTS)


def _linear(_) -> list[float]:
    model = swiss()
    found = model.coefficients_.values()
    return [
        *(one.value for one in found),
        *(one.standard_error for one in found),
        model.intercepts_[0].value,
        model.r_squared_,
        *(share.share for share in model.importance().values()),
    ]


def _odds(_) -> list[float]:
    logistic, ordinal = snoring(), tenants()
    found = ordinal.coefficients_.values()
    return [
        logistic.intercepts_[0].value,
        logistic.intercepts_[0].standard_error,
        logistic.coefficients_["snoring"].value,
        logistic.coefficients_["snoring"].standard_error,
        *(one.value for one in found),
        *(one.standard_error for one in found),
        *(one.value for one in ordinal.intercepts_),
        -2 * (ordinal.log_likelihood_ or 0.0),
    ]


def _lines(method, quantity, source, digits, names, values):
    return [
        (method, f"{quantity}, {name}", source, value, digits)
        for name, value in zip(names, values, strict=True)
    ]


_LINEAR, _ORDINAL = "linear regression, Swiss districts", "ordinal regression, tenants"
_LOGISTIC = "logistic regression, snoring"

PROOFS = (
    (
        None,
        [
            *_lines(_LINEAR, "coefficient", FISHER, 5, SWISS, SWISS_SLOPES),
            *_lines(_LINEAR, "standard error", FISHER, 5, SWISS, SWISS_ERRORS),
            (_LINEAR, "intercept", FISHER, 66.91518, 5),
            (_LINEAR, "R²", FISHER, 0.7067, 4),
            *_lines("relative importance", "share", GROEMPING, 4, SWISS, SWISS_SHARES),
        ],
        _linear,
    ),
    (
        None,
        [
            (_LOGISTIC, "intercept", AGRESTI, -3.8662, 4),
            (_LOGISTIC, "standard error of the intercept", AGRESTI, 0.1662, 4),
            (_LOGISTIC, "coefficient", AGRESTI, 0.3973, 4),
            (_LOGISTIC, "standard error", AGRESTI, 0.0500, 4),
            *_lines(_ORDINAL, "coefficient", VENABLES, 4, TENANT_DRIVERS, TENANT_SLOPES),
            *_lines(_ORDINAL, "standard error", VENABLES, 5, TENANT_DRIVERS, TENANT_ERRORS),
            (_ORDINAL, "threshold, low to medium", VENABLES, -0.4961, 4),
            (_ORDINAL, "threshold, medium to high", VENABLES, 0.6907, 4),
            (_ORDINAL, "deviance", VENABLES, 3479.149, 3),
        ],
        _odds,
    ),
)
