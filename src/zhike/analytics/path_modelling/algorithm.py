"""The PLS algorithm on covariance matrices, many at once.

Partial least squares needs no rows: scores are w'x, and all it asks of them are covariances, which
are w'Sw. So one bootstrap sample costs a (P, P) matrix and a few small products, and thousands run
side by side along the first axis. Lohmöller 1989, Latent variable path modeling with partial least
squares; Tenenhaus, Esposito Vinzi, Chatelin & Lauro 2005, CSDA 48(1), 159-205. Consistent PLS:
Dijkstra & Henseler 2015, MIS Quarterly 39(2), 297-316.
"""

from dataclasses import dataclass

import numpy as np

from .specification import Specification

TOLERANCE = 1e-7
MOST_ITERATIONS = 300
SMALLEST_EIGENVALUE = 1e-8
# The names of what can be wrong with a solution, in the order of ``Solutions.faults``.
FAULTS = (
    "not_converged",
    "loading_beyond_one",
    "constructs_not_positive",
    "reliability_out_of_range",
    "variance_explained_beyond_one",
)


@dataclass(frozen=True, eq=False)
class Solutions:
    """R solutions of one model.

    weights : (R, P), each block scaled so that its score has variance 1
    loadings : (R, P), correlation of an item with its construct
    reliability : (R, K), rho_A; 1 where one item stands for the construct and where mode is B
    correlations : (R, K, K), between constructs (disattenuated if consistent)
    coefficients : (R, K, K), the path from i to j at [i, j]
    r_squared : (R, K), 0 for constructs that no path leads to
    iterations : (R,)
    faults : (R, 5) bool, columns as ``FAULTS``
    """

    weights: np.ndarray
    loadings: np.ndarray
    reliability: np.ndarray
    correlations: np.ndarray
    coefficients: np.ndarray
    r_squared: np.ndarray
    iterations: np.ndarray
    faults: np.ndarray

    @property
    def admissible(self) -> np.ndarray:
        return np.asarray(~self.faults.any(axis=1))


def solve(
    covariance: np.ndarray,
    specification: Specification,
    *,
    scheme: str,
    consistent: bool = False,
    reference: np.ndarray | None = None,
) -> Solutions:
    """Solves the model for each of the matrices ``covariance``, shape (R, P, P).

    The sign of a construct is open in PLS. It is taken such that the construct correlates
    positively with the sum of its items' correlations or, with ``reference`` (loadings of shape
    (P,)), such that its loadings point the way these do.
    """
    weights, iterations, converged = _outer_weights(covariance, specification, scheme)
    deviation = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    mask = specification.mask
    crossed = covariance @ weights
    loadings = (crossed * mask).sum(axis=2) / deviation
    orientation = loadings if reference is None else loadings * reference
    sign = np.where(orientation @ mask < 0, -1.0, 1.0)
    weights = weights * sign[:, None, :]
    correlations = _symmetric(np.swapaxes(weights, 1, 2) @ (crossed * sign[:, None, :]))
    flat = weights.sum(axis=2)
    loadings = loadings * (sign @ mask.T)
    reliability = rho_a(covariance, flat, deviation, specification)
    if consistent:
        loadings = _consistent_loadings(flat, loadings, deviation, reliability, specification)
        correlations = _disattenuated(correlations, reliability)
    correlations[:, *np.diag_indices(len(specification.constructs))] = 1.0
    positive = np.linalg.eigvalsh(correlations)[:, 0] > SMALLEST_EIGENVALUE
    coefficients, r_squared = regressions(correlations, positive, specification)
    faults = np.stack(
        [
            ~converged,
            (np.abs(loadings) > 1 + 1e-9).any(axis=1),
            ~positive,
            ~((reliability > 0) & (reliability <= 1 + 1e-9)).all(axis=1) & consistent,
            (r_squared > 1 + 1e-9).any(axis=1),
        ],
        axis=1,
    )
    return Solutions(
        flat, loadings, reliability, correlations, coefficients, r_squared, iterations, faults
    )


def regressions(correlations, usable, specification: Specification):
    """Path coefficients (R, K, K) and R² (R, K) by least squares on the correlations.

    Where ``usable`` is False the matrix can't be inverted: the identity takes its place, and the
    caller has marked the solution as faulty.
    """
    safe = np.where(usable[:, None, None], correlations, np.eye(correlations.shape[1]))
    coefficients = np.zeros_like(safe)
    r_squared = np.zeros(safe.shape[:2])
    for target in specification.endogenous:
        from_ = specification.predecessors(target)
        beside = safe[:, from_, target]
        path = np.linalg.solve(safe[:, from_[:, None], from_], beside[:, :, None])[:, :, 0]
        coefficients[:, from_, target] = path
        r_squared[:, target] = (path * beside).sum(axis=1)
    return coefficients, r_squared


def total_effects(coefficients: np.ndarray) -> np.ndarray:
    """Direct and indirect effects, B + B² + …, shape (R, K, K); the sum ends as paths have no
    circle."""
    total = coefficients.copy()
    step = coefficients
    for _ in range(coefficients.shape[1] - 2):
        step = step @ coefficients
        total += step
    return total


def rho_a(covariance, weights, deviation, specification: Specification) -> np.ndarray:
    """Reliability of each construct, shape (R, K); Dijkstra & Henseler 2015, equation 3.

    rho_A = (w'w)² · w'(S - diag S)w / w'(ww' - diag ww')w with w for standardised items.
    """
    scaled = weights * deviation
    result = np.ones((len(weights), len(specification.constructs)))
    for column, block in enumerate(specification.blocks):
        if block.stop - block.start == 1 or specification.modes[column] == "B":
            continue
        w = scaled[:, block]
        square = (w**2).sum(axis=1)
        # The score has variance 1, so w'Sw = 1, and the diagonal of a correlation matrix is 1.
        result[:, column] = square**2 * (1 - square) / (square**2 - (w**4).sum(axis=1))
    return result


def _outer_weights(covariance, specification, scheme):
    """Weights (R, P, K), number of iterations (R,), whether they settled (R,).

    Starts from equal weights. Done when no weight moves by 1e-7; solved matrices leave the
    iteration, so that one stubborn sample doesn't hold up the others.
    """
    mask = specification.mask
    inverse = _inverse_blocks(covariance, specification)
    start = np.broadcast_to(mask, (len(covariance), *mask.shape)).copy()
    weights, crossed = _scaled(covariance, start)
    iterations = np.full(len(covariance), MOST_ITERATIONS)
    converged = np.zeros(len(covariance), dtype=bool)
    left = np.arange(len(covariance))
    part, current = covariance, weights
    for iteration in range(1, MOST_ITERATIONS + 1):
        scores = np.swapaxes(current, 1, 2) @ crossed
        proxies = (crossed @ _inner_weights(scores, specification, scheme)) * mask
        if inverse is not None:
            proxies = inverse @ proxies
        updated, crossed = _scaled(part, proxies)
        settled = np.abs(updated - current).max(axis=(1, 2)) < TOLERANCE
        weights[left] = current = updated
        if settled.any():
            iterations[left[settled]] = iteration
            converged[left[settled]] = True
            stay = ~settled
            left, part, current, crossed = left[stay], part[stay], current[stay], crossed[stay]
            inverse = None if inverse is None else inverse[stay]
            if not len(left):
                break
    return weights, iterations, converged


def _scaled(covariance, weights):
    """``weights`` with scores of variance 1, and the covariances of items with those scores."""
    crossed = covariance @ weights
    variance = (weights * crossed).sum(axis=1, keepdims=True)
    factor = 1 / np.sqrt(np.maximum(variance, 1e-300))
    return weights * factor, crossed * factor


def _inner_weights(scores, specification, scheme):
    """How much each construct listens to its neighbours, shape (R, K, K)."""
    neighbours = specification.precedes | specification.precedes.T
    if scheme == "centroid":
        return np.sign(scores) * neighbours
    if scheme == "factorial":
        return scores * neighbours
    # Path scheme: what comes before by regression, what comes after by correlation.
    positive = np.linalg.eigvalsh(_symmetric(scores))[:, 0] > SMALLEST_EIGENVALUE
    return scores * specification.precedes.T + regressions(scores, positive, specification)[0]


def _inverse_blocks(covariance, specification):
    """The inverse of each mode B block on the diagonal, the identity elsewhere; None if all are A.

    Singular blocks are refused for the data themselves; in a resample a small ridge keeps them
    solvable, and the sample drops out as not admissible or shows as a wide interval.
    """
    if "B" not in specification.modes:
        return None
    inverse = np.broadcast_to(np.eye(covariance.shape[1]), covariance.shape).copy()
    for block, mode in zip(specification.blocks, specification.modes, strict=True):
        if mode == "B":
            part = covariance[:, block, block]
            ridge = 1e-12 * np.trace(part, axis1=1, axis2=2)[:, None, None]
            inverse[:, block, block] = np.linalg.inv(part + ridge * np.eye(part.shape[1]))
    return inverse


def _consistent_loadings(weights, loadings, deviation, reliability, specification):
    """w · sqrt(rho_A) / w'w for common factors; loadings of composites stay."""
    scaled = weights * deviation
    result = loadings.copy()
    for column, block in enumerate(specification.blocks):
        if block.stop - block.start > 1 and specification.modes[column] == "A":
            w = scaled[:, block]
            root = np.sqrt(np.maximum(reliability[:, [column]], 0))
            result[:, block] = w * root / (w**2).sum(axis=1, keepdims=True)
    return result


def _disattenuated(correlations, reliability):
    root = np.sqrt(np.maximum(reliability, 1e-12))
    return correlations / (root[:, :, None] * root[:, None, :])


def _symmetric(matrices):
    return (matrices + np.swapaxes(matrices, 1, 2)) / 2
