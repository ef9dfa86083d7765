"""What the page of the models shows."""

from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhike.insight import queries
from zhike.insight.words import VERDICTS
from zhike.web.formats import number, percent
from zhike.web.request import Request

STEPS = {
    "copy": gettext_lazy("Copying"),
    "read": gettext_lazy("Reading orders"),
    "base": gettext_lazy("Grading"),
    "models": gettext_lazy("Fitting models"),
    "value": gettext_lazy("Predicting value"),
    "stages": gettext_lazy("Finding stages"),
    "backtest": gettext_lazy("Checking on the past"),
    "write": gettext_lazy("Writing"),
    "segments": gettext_lazy("Updating segments"),
}
_PARAMETERS = {"r": "r", "alpha": "α", "a": "a", "b": "b", "p": "p", "q": "q", "v": "γ"}


class ScoresPage:
    def __init__(self, request: Request):
        self.viewer = request.viewer

    @cached_property
    def running(self):
        return queries.running()

    @property
    def step(self) -> str:
        return str(STEPS.get(self.running.step, _("Waiting"))) if self.running else ""

    @cached_property
    def run(self):
        return queries.last_run(self.viewer)

    @cached_property
    def failed(self):
        newest = next(iter(queries.runs(self.viewer, 1)), None)
        return newest if newest and newest.state == "failed" else None

    @property
    def report(self) -> dict:
        return self.run.report if self.run else {}

    @property
    def verdict(self) -> str:
        return str(VERDICTS.get(self.report.get("verdict", ""), ""))

    @property
    def is_refused(self) -> bool:
        return self.report.get("verdict") != "identified"

    @property
    def model(self) -> str:
        names = {"BetaGeo": "BG/NBD", "GammaPoisson": "Gamma-Poisson (NBD)"}
        return names.get(self.report.get("model", ""), "–")

    @property
    def parameters(self) -> list[tuple[str, str, str]]:
        """Name, estimate and standard error."""
        errors = self.report.get("standard_errors") or {}
        return [
            (_PARAMETERS.get(name, name), f"{value:.4g}", _short(errors.get(name)))
            for name, value in (self.report.get("parameters") or {}).items()
        ]

    @property
    def spend(self) -> list[tuple[str, str]]:
        found = self.report.get("spend") or {}
        return [(_PARAMETERS.get(name, name), f"{value:.4g}") for name, value in found.items()]

    @property
    def spend_refused(self) -> str:
        return str(VERDICTS.get(self.report.get("spend_refused", ""), ""))

    @property
    def backtest(self) -> dict:
        found = self.report.get("backtest") or {}
        if "capture" not in found:
            return {"refused": str(VERDICTS.get(found.get("refused", ""), ""))}
        beats = found["capture"] >= found["naive_capture"]
        sentence = (
            _("Better than ranking by frequency alone.")
            if beats
            else _("Not better than ranking by frequency alone.")
        )
        return {
            "finding": _(
                "The tenth of customers ranked highest made %(capture)s of the purchases of the "
                "last %(days)s days; ranked by frequency alone, %(naive)s"
            )
            % {
                "capture": percent(found["capture"], 1),
                "naive": percent(found["naive_capture"], 1),
                "days": found["days"],
            },
            "sentence": sentence,
            "expected": number(round(found["expected"])),
            "observed": number(found["observed"]),
            "correlation": _short(found["correlation"]),
            "coverage": percent(found["coverage"], 1),
            "chart": self._calibration(found["calibration"]),
        }

    def _calibration(self, found: dict) -> dict:
        return {
            "label": _("Tenth of customers by expectation"),
            "x": [str(decile) for decile in found["decile"]],
            "series": [
                {"name": _("Expected purchases"), "values": found["expected"]},
                {"name": _("Real purchases"), "values": found["observed"]},
            ],
        }

    @property
    def runs(self):
        return queries.runs(self.viewer, 10)


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
