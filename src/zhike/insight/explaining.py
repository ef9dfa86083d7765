"""Scores and suggestions in words: every figure with its reason, as far as the viewer may know."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from zhike.access.policies import sees_all
from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.filters import Fact, Kind
from zhike.filters.sentence import value_words
from zhike.insight.models import ScoreRun, Standing, Suggestion
from zhike.insight.words import GROUPS, RELATIONS, RULES, STAGES, TIERS, VERDICTS
from zhike.records import queries as records
from zhike.records.limits import is_limited

_MONEY = Fact("", "", Kind.MONEY, "")


@dataclass(frozen=True, slots=True)
class Explained:
    """A score as a person reads it: the figure, what it means, and why it is so."""

    key: str
    label: str
    figure: str
    detail: str
    why: str
    share: float | None = None  # 0…1, where a bar helps


# What the words of each score tell.
_TOLD = {
    "value_12": ("value_12", "value", "value_3", "value_6", "orders_12", "orders.count"),
    "alive": ("alive", "recency_days", "usual_gap"),
    "stage": ("stage", "relation", "recency_days", "orders.count"),
    "rfm": ("rfm_group", "recency_grade", "frequency_grade", "money_grade", "recency_days",
            "value", "orders.count"),
    "abc": ("abc", "tier", "value"),
    "next": ("next_on",),
}  # fmt: skip


def explain(viewer: Viewer, standing: Standing | None) -> list[Explained]:
    """Every score of one customer with its reason; empty before the first computation."""
    if standing is None:
        return []
    run = standing.run
    day = date_format(run.as_of, "DATE_FORMAT")
    as_of = _("Computed from orders up to %(day)s.") % {"day": day}
    if sees_all(viewer):
        words = {"orders": f"{run.orders:,}", "day": day}
        as_of = _("Computed from %(orders)s orders up to %(day)s.") % words
    verdict = str(VERDICTS.get(run.report.get("verdict", ""), ""))
    told: dict[str, Callable[[], Explained]] = {
        "value_12": lambda: _value_ahead(standing, run, as_of, verdict),
        "alive": lambda: _alive(standing, run, as_of, verdict),
        "stage": lambda: _stage(standing, as_of),
        "rfm": lambda: _rfm(standing, as_of),
        "abc": lambda: _abc(standing, run, as_of),
    }
    if standing.orders == 0:
        told = {"stage": told["stage"]}
    elif (next_on := standing.next_on) is not None:
        told["next"] = lambda: _next_order(standing, next_on, as_of)
    return [words() for name, words in told.items() if not hides(viewer, _TOLD[name])]


def _value_ahead(standing: Standing, run: ScoreRun, as_of: str, verdict: str) -> Explained:
    label = _("Value, next 12 months")
    if standing.value_12 is None:
        return Explained("value_12", label, "–", verdict or _("Not enough data"), as_of)
    limits = ""
    if standing.value_12_low is not None:
        limits = _("90 %% interval %(low)s – %(high)s") % {
            "low": money(standing.value_12_low),
            "high": money(standing.value_12_high),
        }
    why = _(
        "%(orders)s orders expected in the next 12 months (%(three)s in 3, %(six)s in 6) times the "
        "expected order value. So far %(count)s orders worth %(value)s."
    ) % {
        "orders": _one(standing.orders_12),
        "three": _one(standing.orders_3),
        "six": _one(standing.orders_6),
        "count": standing.orders,
        "value": money(standing.value),
    }
    spend = run.report.get("spend_refused") or run.report.get("limits_refused")
    extra = str(VERDICTS.get(spend, "")) if spend else ""
    return Explained(
        "value_12", label, money(standing.value_12), limits, _sentences(why, extra, verdict, as_of)
    )


def _alive(standing: Standing, run: ScoreRun, as_of: str, verdict: str) -> Explained:
    if standing.alive is not None:
        backtest = run.report.get("backtest", {})
        quality = ""
        if "capture" in backtest:
            quality = _(
                "Checked on the last %(days)s days: the tenth of customers ranked highest made "
                "%(capture)s of the purchases (ranking by frequency alone: %(naive)s)."
            ) % {
                "days": backtest["days"],
                "capture": percent(backtest["capture"]),
                "naive": percent(backtest["naive_capture"]),
            }
        why = _("The last order was %(gap)s days ago; the usual interval is %(usual)s days.") % {
            "gap": standing.recency_days,
            "usual": _one(standing.usual_gap),
        }
        return Explained(
            "alive",
            _("Still active"),
            f"{standing.alive:.2f}",
            _("probability"),
            _sentences(why, verdict, quality, as_of),
            standing.alive,
        )
    if standing.overdue is None:
        return Explained("alive", _("Still active"), "–", _("Not enough data"), verdict)
    why = _(
        "Plain rule: a pause of %(gap)s days or longer happens in %(chance)s of this customer's "
        "intervals while they are still there."
    ) % {"gap": standing.recency_days, "chance": percent(standing.overdue)}
    return Explained(
        "alive",
        _("Pause is usual"),
        percent(standing.overdue),
        _("plain rule, no drop-out model"),
        _sentences(why, verdict, as_of),
        standing.overdue,
    )


def _stage(standing: Standing, as_of: str) -> Explained:
    rule = standing.evidence.get("rule", "no_purchase")
    trend = standing.evidence.get("trend")
    why = str(RULES[rule]) % {
        "gap": standing.recency_days,
        "trend": percent(trend) if trend is not None else "–",
    }
    relation = str(RELATIONS.get(standing.relation, ""))
    stage = str(STAGES[standing.stage])
    return Explained("stage", _("Stage"), stage, relation, _sentences(why, as_of))


def _rfm(standing: Standing, as_of: str) -> Explained:
    grades = f"R{standing.recency_grade} F{standing.frequency_grade} M{standing.money_grade}"
    why = _(
        "Five grades each, equal values get equal grades: last order %(gap)s days ago, %(orders)s "
        "orders, %(value)s in all."
    ) % {"gap": standing.recency_days, "orders": standing.orders, "value": money(standing.value)}
    group = str(GROUPS.get(standing.rfm_group, ""))
    return Explained("rfm", "RFM", grades, group, _sentences(why, as_of))


def _abc(standing: Standing, run: ScoreRun, as_of: str) -> Explained:
    why = _(
        "A: the customers who together bring the first 80 % of sales, B: up to 95 %, C: the rest."
    )
    if "potential_from" in run.report:
        why += " " + _(
            "Potential are those who are not A but expected to bring %(amount)s or more in the "
            "next 12 months."
        ) % {"amount": money(run.report["potential_from"])}
    tier = str(TIERS.get(standing.tier, ""))
    figure = f"{standing.abc} · {tier}"
    return Explained("abc", _("Grade"), figure, money(standing.value), _sentences(why, as_of))


def _next_order(standing: Standing, next_on: date, as_of: str) -> Explained:
    spread = _("± %(days)s days") % {"days": max(1, standing.next_spread or 1)}
    why = _(
        "From the customer's own rhythm when there are three intervals or more, else from the rate "
        "of customers like this one."
    )
    day = date_format(next_on, "DATE_FORMAT")
    return Explained("next", _("Next order expected"), day, spread, _sentences(why, as_of))


def _sentences(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def reason_words(suggestion: Suggestion) -> str:
    """Why this customer is on the list, from the numbers that decided."""
    facts = suggestion.facts
    words = {
        "gap": facts["gap"],
        "usual": max(1, round(facts["usual"])),
        "orders": facts["orders"],
        "recent": money(facts["recent"]),
        "previous": money(facts["previous"]),
    }
    match suggestion.reason:
        case "overdue" if "alive" in facts:
            words["alive"] = percent(facts["alive"])
            return (
                _(
                    "Usually orders every %(usual)s days; the last order was %(gap)s days ago. "
                    "Still active with a probability of %(alive)s."
                )
                % words
            )
        case "overdue":
            words["chance"] = percent(facts.get("overdue", 0))
            return (
                _(
                    "Usually orders every %(usual)s days; the last order was %(gap)s days ago. "
                    "Such a long pause happens in only %(chance)s of cases (plain rule)."
                )
                % words
            )
        case "due":
            words["day"] = date_format(date.fromisoformat(facts["next_on"]), "DATE_FORMAT")
            words["spread"] = max(1, round(facts.get("next_spread", 1)))
            return (
                _(
                    "Next order expected around %(day)s (± %(spread)s days); "
                    "usually every %(usual)s days."
                )
                % words
            )
        case "second":
            return _("First order %(gap)s days ago, no second one yet.") % words
        case "fell":
            return (
                _(
                    "Bought for %(recent)s in the last half year, "
                    "%(previous)s in the half year before."
                )
                % words
            )
        case _:
            return (
                _(
                    "%(orders)s orders in the past, none for %(gap)s days; "
                    "usually every %(usual)s days."
                )
                % words
            )


def hides(viewer: Viewer, facts: Sequence[str]) -> bool:
    return any(is_limited(CUSTOMER, viewer, fact) for fact in facts)


def money(minor: float | None) -> str:
    """An amount in the firm's currency, whole units from a hundred on."""
    if minor is None:
        return "–"
    currency = records.firm().currency
    whole = Decimal(round(minor)) // 100 * 100 if abs(minor) >= 10_000 else Decimal(round(minor))
    return value_words(_MONEY, whole, currency)


def percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.1 or share == 0 else f"{share:.1%}"


def _one(number: float | None) -> str:
    return "–" if number is None else f"{number:,.1f}"
