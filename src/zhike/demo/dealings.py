"""What the team has to do with customers besides selling: contacts, notes, tasks."""

from dataclasses import dataclass, replace

import numpy as np

CONTACTS_WITH_SHOPS = 1.2  # a year, while somebody looks after them
CONTACTS_WITH_PERSONS = 0.12
SHARE_OF_NOTES = 0.15  # of the contacts are plain notes
TASKS = 0.03  # a customer who is looked after
DAY = 86_400

CHANNELS = ("call", "message", "visit", "email", "meeting")
CHANNEL_WEIGHTS = (0.4, 0.3, 0.15, 0.1, 0.05)
OUTCOMES = ("reached", "not_reached", "interested", "ordered", "refused")
OUTCOME_WEIGHTS = (0.4, 0.2, 0.2, 0.15, 0.05)
# What was written down, by outcome; for notes under "".
TEXTS = {
    "reached": ("问候近况，介绍了当季新茶。", "确认收货，品质满意。", "约下月到店品茶。"),
    "not_reached": ("电话未接，改日再打。", "留言未回。"),
    "interested": (
        "对明前龙井感兴趣，已寄样。",
        "询问礼盒定制，要求报价。",
        "想了解普洱年份与批发价。",
    ),
    "ordered": ("确认补货数量，按老价格。", "节前礼盒已下单。"),
    "refused": ("暂时不需要，年后再联系。", "已有固定供应商。"),
    "": (
        "喜欢清香型，不喝熟普。",
        "送礼为主，每逢中秋下单。",
        "老板爱收藏紫砂壶。",
        "对账日每月 25 号。",
    ),
}
TITLES = ("回访收货情况", "寄送新茶样品", "报礼盒定制价", "约到店品茶", "催收货款", "节前备货提醒")


@dataclass(frozen=True)
class Contacts:
    """Shape (contacts,), in order of time. Notes have no channel and no outcome ("")."""

    customer: np.ndarray
    at: np.ndarray  # seconds, local time
    channel: np.ndarray
    outcome: np.ndarray
    text: np.ndarray

    def among(self, customers: np.ndarray) -> "Contacts":
        """The same, with customers that were places in an array of customers."""
        return replace(self, customer=customers[self.customer])


@dataclass(frozen=True)
class Tasks:
    """Shape (tasks,), in order of time."""

    customer: np.ndarray
    at: np.ndarray  # seconds, local time
    due: np.ndarray  # datetime64[D]
    title: np.ndarray
    done_at: np.ndarray  # seconds, local time; 0 while open

    def among(self, customers: np.ndarray) -> "Tasks":
        return replace(self, customer=customers[self.customer])


def draw_contacts(
    random: np.random.Generator, is_shop: np.ndarray, arrived: np.ndarray, horizon: int
) -> Contacts:
    """Contacts with these customers at constant rates since they came."""
    years = (horizon - arrived) / (365 * DAY)
    rate = np.where(is_shop, CONTACTS_WITH_SHOPS, CONTACTS_WITH_PERSONS)
    customer = np.repeat(np.arange(len(is_shop)), random.poisson(rate * years))
    at = arrived[customer] + random.random(len(customer)) * (horizon - arrived[customer])
    in_order = np.argsort(at, kind="stable")
    customer, at = customer[in_order], at[in_order].astype(np.int64)
    is_note = random.random(len(customer)) < SHARE_OF_NOTES
    channel = random.choice(_objects(CHANNELS), len(customer), p=CHANNEL_WEIGHTS)
    outcome = random.choice(_objects(OUTCOMES), len(customer), p=OUTCOME_WEIGHTS)
    channel[is_note] = outcome[is_note] = ""
    text = np.empty(len(customer), dtype=object)
    for one, texts in TEXTS.items():
        places = np.flatnonzero(outcome == one)
        text[places] = random.choice(_objects(texts), len(places))
    return Contacts(customer, at, channel, outcome, text)


def draw_tasks(random: np.random.Generator, arrived: np.ndarray, horizon: int) -> Tasks:
    """Tasks of the last four weeks, due around today; most of the older ones are done."""
    customer = np.flatnonzero(
        (random.random(len(arrived)) < TASKS) & (arrived < horizon - 40 * DAY)
    )
    at = horizon - (random.random(len(customer)) * 28 * DAY).astype(np.int64) - DAY
    in_order = np.argsort(at, kind="stable")
    customer, at = customer[in_order], at[in_order]
    due = at + random.integers(1, 21, len(at)) * DAY
    done_at = due - random.integers(0, DAY, len(at))
    is_done = (done_at < horizon) & (done_at > at) & (random.random(len(at)) < 0.8)
    return Tasks(
        customer,
        at,
        due.astype("datetime64[s]").astype("datetime64[D]"),
        random.choice(_objects(TITLES), len(at)),
        np.where(is_done, done_at, 0),
    )


def _objects(values) -> np.ndarray:
    return np.array(values, dtype=object)
