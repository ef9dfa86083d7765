"""The words of scores, stages, groups and reasons."""

from django.utils.translation import gettext_lazy as _

STAGES = {
    "prospect": _("Prospect"),
    "exploration": _("Exploration"),
    "build_up": _("Build-up"),
    "stability": _("Stability"),
    "decline": _("Decline"),
    "lost": _("Lost"),
}
RELATIONS = {"none": _("Never bought"), "new": _("New"), "returning": _("Returning"),
             "silent": _("Silent")}  # fmt: skip
TIERS = {"key": _("Key"), "potential": _("Potential"), "ordinary": _("Ordinary")}
GROUPS = {
    "champions": _("Champions"),
    "loyal": _("Loyal"),
    "potential_loyalist": _("Potential loyalists"),
    "new_customers": _("New customers"),
    "promising": _("Promising"),
    "need_attention": _("Need attention"),
    "about_to_sleep": _("About to sleep"),
    "at_risk": _("At risk"),
    "cannot_lose": _("Can't lose them"),
    "hibernating": _("Hibernating"),
    "lost": _("Lost"),
}
STATES = {
    "open": _("Open"),
    "done": _("Done"),
    "snoozed": _("Later"),
    "dismissed": _("Not now"),
    "handed_over": _("Handed over"),
}
RULES = {
    "no_purchase": _("No order yet."),
    "silent_too_long": _("No order for %(gap)s days: more than five usual intervals."),
    "silent_for_long": _("No order for %(gap)s days: more than two and a half usual intervals."),
    "spending_fell": _("Spending in the last half year is %(trend)s of the half year before."),
    "first_purchase": _("One order so far."),
    "few_purchases": _("Fewer than four days with an order."),
    "spending_rises": _("Spending in the last half year is %(trend)s of the half year before."),
    "steady": _("Orders keep coming as usual."),
}
ADVICE = {
    "overdue": _("Call and ask how things are"),
    "due": _("Confirm the next order"),
    "second": _("Thank them and ask how they liked it"),
    "fell": _("Visit and find out what changed"),
    "lost": _("Make a win-back offer"),
}
# Why a model was refused, or a plain rule stands in for it.
VERDICTS = {
    "identified": _("Drop-out can be seen in the data (BG/NBD)."),
    "no_dropout_seen": _(
        "The data are too short to tell customers who left from those who buy slowly. "
        "A plain rule without drop-out is used (Gamma-Poisson), and no probability of being "
        "active is shown."
    ),
    "dropout_negligible": _(
        "Hardly any drop-out can be seen. A plain rule without drop-out is used (Gamma-Poisson)."
    ),
    "no_inner_maximum": _(
        "Drop-out can't be estimated from these data. A plain rule is used (Gamma-Poisson)."
    ),
    "dropout_open": _(
        "Drop-out can't be told from slow buying in these data. A plain rule is used "
        "(Gamma-Poisson)."
    ),
    "too_few_repeaters": _("Not enough data: too few customers have bought more than once."),
    "no_repeat_purchase": _("Not enough data: no customer has bought more than once."),
    "no_purchase": _("Not enough data: there are no orders."),
    "no_value": _("Not enough data: there are no orders with a value."),
    "equal_spend": _("All orders have the same value; the average is used."),
    "no_holdout_purchases": _("Not enough data: no order falls into the test period."),
    "mean_spend_infinite": _("Order values spread too widely for a model; averages are used."),
    "spend_variance_infinite": _(
        "Order values spread too widely: the interval comes from the number of orders alone."
    ),
    "no_covariance": _("The model's uncertainty can't be computed from these data."),
}
