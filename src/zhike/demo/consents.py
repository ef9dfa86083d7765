"""What the people among the demo company's customers have agreed to."""

from datetime import timedelta

import numpy as np

from zhike.access.viewer import Viewer
from zhike.customers.facts import CUSTOMER
from zhike.filters import Test
from zhike.kernel import clock
from zhike.privacy.actions import record_consents
from zhike.privacy.queries import purposes
from zhike.records.queries import every

PURPOSE = "marketing"
MOST = 20_000  # people who were asked, however many customers there are
CHUNK = 2_000
# The share of those asked who said yes to marketing by a channel, and of those who took it back.
SHARES = {"sms": (0.42, 0.12), "email": (0.25, 0.08), "wechat": (0.35, 0.05), "phone": (0.15, 0.2)}
ASKED = 0.8
BEFORE = timedelta(days=200)


def write_consents(seed: int, viewer: Viewer, batch) -> None:
    """Answers by channel on a form, some of them taken back by message later; a chunk at a time."""
    if PURPOSE not in {one.key for one in purposes()}:
        return  # the firm has switched it off
    random = np.random.default_rng([seed, 4])
    at, written = clock.now() - BEFORE, 0
    for people in every(CUSTOMER, viewer, where=Test("kind", "eq", "person"), size=CHUNK):
        asked = [one.pk for one in people if random.random() < ASKED][: MOST - written]
        written += len(asked)
        first, later = [], []
        for channel, (yes, back) in SHARES.items():
            says, returns = random.random(len(asked)) < yes, random.random(len(asked)) < back
            first += [(pk, PURPOSE, channel, bool(s)) for pk, s in zip(asked, says, strict=True)]
            later += [
                (pk, PURPOSE, channel, False)
                for pk, s, r in zip(asked, says, returns, strict=True) if s and r
            ]  # fmt: skip
        record_consents(viewer, first, source="form", batch=batch, at=at)
        record_consents(viewer, later, source="message", batch=batch, at=at + BEFORE / 2)
        if written >= MOST:
            return
