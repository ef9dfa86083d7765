"""Everything the value dashboard shows: each chart with its finding and its way to customers."""

import json
from datetime import date
from functools import cached_property

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from zhike.insight import dashboard, queries
from zhike.insight.words import STAGES
from zhike.kernel.money import to_major
from zhike.records.queries import firm
from zhike.web.formats import compact_money, day, number, percent
from zhike.web.request import Request


class ValuePage:
    def __init__(self, request: Request):
        self.viewer = request.viewer
        self.since = request.GET.get("since", "")

    @cached_property
    def currency(self) -> str:
        return firm().currency

    @cached_property
    def run(self):
        return queries.last_run(self.viewer)

    @cached_property
    def overview(self):
        return dashboard.overview(self.viewer)

    @property
    def equity(self) -> str:
        return compact_money(self.overview.equity, self.currency)

    @property
    def equity_limits(self) -> str:
        if self.overview.equity_low is None:
            return _("value of all customers, next 12 months")
        return _("value of all customers, next 12 months; 90 %% interval %(low)s – %(high)s") % {
            "low": compact_money(self.overview.equity_low, self.currency),
            "high": compact_money(self.overview.equity_high, self.currency),
        }

    @property
    def at_risk(self) -> str:
        return compact_money(self.overview.at_risk, self.currency)

    @property
    def so_far(self) -> str:
        return compact_money(self.overview.value, self.currency)

    @cached_property
    def pareto(self) -> dict:
        curve = dashboard.pareto(self.viewer)
        return {
            "finding": _("%(share)s of buyers bring 80 %% of sales")
            % {"share": percent(curve.share_for_80, 1)},
            "data": {
                "label": _("Share of buyers"),
                "x": [percent(share) for share in curve.customers],
                "series": [{"name": _("Share of sales"), "values": curve.sales}],
                "links": [_customers({"all": [_is("abc", "A")]})] * len(curve.customers),
            },
        }

    @cached_property
    def months(self) -> dict:
        months = dashboard.trade(self.viewer).months
        full = months[-13:-1]
        finding = _("Sales by month")
        if len(full) >= 2:
            best = max(full, key=lambda month: month.sales)
            finding = _("Best full month of the last year: %(month)s with %(sales)s") % {
                "month": best.month,
                "sales": compact_money(best.sales, self.currency),
            }
        return {
            "finding": finding,
            "data": {
                "label": _("Month"),
                "x": [month.month for month in months],
                "series": [
                    {"name": _("Net sales"), "values": [self._major(m.sales) for m in months]}
                ],
                "links": [_orders(dashboard.month_filter(month.month)) for month in months],
            },
        }

    @cached_property
    def stages(self) -> dict:
        slices = dashboard.stages(self.viewer)
        worth = sum(one.value for one in slices)
        declining = next(one for one in slices if one.key == "decline")
        share = declining.value / worth if worth else 0
        return {
            "finding": _("Customers in decline have brought %(share)s of all sales")
            % {"share": percent(share)},
            "data": {
                "label": _("Stage"),
                "x": [str(STAGES[one.key]) for one in slices],
                "series": [{"name": _("Customers"), "values": [one.customers for one in slices]}],
                "links": [_customers(one.filter) for one in slices],
            },
        }

    @cached_property
    def rfm(self) -> dict:
        """A map of recency (across) and frequency (up); the figure is the number of customers."""
        cells = {one.key: one for one in dashboard.rfm_map(self.viewer)}
        best = cells.get("R5 F5")
        found = number(best.customers if best else 0)
        finding = _("%(count)s customers bought lately and often") % {"count": found}
        rows = []
        for frequency in range(5, 0, -1):
            row = []
            for recency in range(1, 6):
                cell = cells.get(f"R{recency} F{frequency}")
                row.append(
                    {
                        "count": cell.customers if cell else 0,
                        "value": compact_money(cell.value, self.currency) if cell else "",
                        "address": _customers(cell.filter) if cell else "",
                        "heat": self._heat(cell, cells),
                    }
                )
            rows.append({"frequency": frequency, "cells": row})
        return {"finding": finding, "rows": rows}

    def _heat(self, cell, cells) -> int:
        """Which of five tones a cell has, by its share of sales."""
        most = max((one.value for one in cells.values()), default=0)
        if cell is None or most <= 0:
            return 0
        return min(5, 1 + int(max(cell.value, 0) / most * 4.999))

    @cached_property
    def cohorts(self) -> dict:
        """Share of each month's new buyers who bought again, by months since."""
        found = dashboard.trade(self.viewer).retention
        second = [row[1] for row in found.shares if len(row) > 1 and row[1] is not None]
        average = sum(second) / len(second) if second else None
        return {
            "finding": _("On average %(share)s of new buyers come back in the month after")
            % {"share": percent(average, 1)},
            "width": range(max((len(row) for row in found.shares), default=0)),
            "rows": [
                {
                    "month": month,
                    "size": number(size),
                    "address": _orders(dashboard.month_filter(month)),
                    "cells": [
                        {"words": percent(share), "heat": min(5, int((share or 0) * 10))}
                        for share in shares
                    ],
                }
                for month, size, shares in zip(found.months, found.sizes, found.shares, strict=True)
            ],
        }

    @cached_property
    def days(self) -> list[date]:
        return dashboard.score_days()

    @cached_property
    def flow(self) -> dict:
        """From stage to stage between an earlier computation and the newest."""
        if len(self.days) < 2:
            return {}
        newest = self.days[0]
        chosen = next((one for one in self.days if one.isoformat() == self.since), self.days[1])
        flows = dashboard.stage_flow(self.viewer, since=chosen, until=newest)
        return {
            "since": chosen,
            "until": newest,
            "moved": sum(one.customers for one in flows),
            "rows": [
                {
                    "before": STAGES.get(one.before, one.before),
                    "after": STAGES.get(one.after, one.after),
                    "customers": number(one.customers),
                    "address": _customers({"all": [_is("stage", one.after)]}),
                }
                for one in flows
            ],
        }

    @property
    def choices(self) -> list[tuple[str, str]]:
        return [(one.isoformat(), day(one)) for one in self.days[1:]]

    def _major(self, minor: int) -> float:
        return float(to_major(minor, self.currency))


def _is(fact: str, value: object) -> dict:
    return {"fact": fact, "op": "eq", "value": value}


def _customers(tree: dict) -> str:
    return reverse("customer_list") + "?" + urlencode({"filter": json.dumps(tree)})


def _orders(tree: dict) -> str:
    return reverse("order_list") + "?" + urlencode({"filter": json.dumps(tree)})
