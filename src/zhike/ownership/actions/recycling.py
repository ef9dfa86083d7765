"""Recycling: customers whose clock has ended go into the pool of the rule that governs them, and
owners whose clocks end soon are reminded.

Who has to go is found by one statement over the whole base; they go in chunks, each in its own
transaction, whose customers are locked and asked once more, since a claim, a contact or a
protection may have come in between. Killed, it is simply run again: it goes on in the same batch.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from zhike.access.policies import require
from zhike.access.queries import active_user, active_user_names
from zhike.access.viewer import Viewer
from zhike.customers.facts import TASK
from zhike.customers.holders import Held, Holder, hand_over, locked
from zhike.events.actions import Draft, record
from zhike.kernel import clock
from zhike.kernel.errors import Conflict
from zhike.ownership.actions.claiming import open_pool
from zhike.ownership.clocks import Asked, Clock, Rules, clocks, due_ids, rules_in_force
from zhike.ownership.models import Reminder, Run, Verb
from zhike.records.actions import create_record, open_batch

CHUNK = 500
LOCK = 0x7265637963  # "recyc"


@dataclass
class Outcome:
    """What a recycling did, or would do: how many by rule, and the rules that can't be asked."""

    recycled: int = 0
    reminded: int = 0
    batch_id: UUID | None = None
    by_rule: dict[str, int] = field(default_factory=dict)
    paused: list[dict[str, str]] = field(default_factory=list)

    def count(self, name: str, number: int) -> None:
        self.by_rule[name] = self.by_rule.get(name, 0) + number
        self.recycled += number


def preview_recycling(viewer: Viewer) -> Outcome:
    """What a recycling would do now. Changes nothing."""
    require(viewer, "administer")
    rules = rules_in_force()
    outcome = _outcome(rules)
    for one in clocks(rules, Asked(ends_by=clock.today())):
        outcome.count(one.rule.name, 1)
    outcome.reminded = len(_to_remind(rules))
    return outcome


def recycle(viewer: Viewer) -> Outcome:
    """Does it. Raises Conflict while another recycling is under way."""
    require(viewer, "administer")
    with _alone():
        rules = rules_in_force()
        outcome = _outcome(rules)
        run = _begin(viewer)
        due = due_ids(rules, clock.now())
        for start in range(0, len(due), CHUNK):
            _recycle_chunk(due[start : start + CHUNK], run, outcome, viewer)
        _remind(rules, outcome, viewer)
        _finish(run, outcome, viewer)
    return outcome


def recycling_was_killed() -> bool:
    return Run.objects.filter(finished_at=None).exists()


def _outcome(rules: Rules) -> Outcome:
    paused = [{"rule": one.rule.name, "why": one.why} for one in rules.paused]
    return Outcome(paused=paused)


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise Conflict("busy", _("Customers are being recycled at this moment."))
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


@transaction.atomic
def _begin(viewer: Viewer) -> Run:
    """A new run, or the one that was killed: its batch goes on."""
    killed = Run.objects.filter(finished_at=None).order_by("-begun_at").first()
    if killed is not None:
        return killed
    return Run.objects.create(begun_at=clock.now())


@transaction.atomic
def _recycle_chunk(ids: Sequence[UUID], run: Run, outcome: Outcome, viewer: Viewer) -> None:
    rows = {row.id: row for row in locked(ids, "r.owner_id IS NOT NULL")}
    # The rules are read anew as well: somebody may have changed or closed them since.
    due = clocks(rules_in_force(), Asked(ids=list(rows), ends_by=clock.today()))
    by_rule: dict[UUID, list[Clock]] = {}
    for one in due:
        by_rule.setdefault(one.rule.pk, []).append(one)
    for ended in by_rule.values():
        pool = open_pool(ended[0].rule.pool_id)
        if pool is None:
            continue
        if run.batch_id is None:
            run.batch_id = open_batch(viewer, kind="recycle", label=_label()).pk
        _give_back(ended, rows, run.batch_id, viewer)
        outcome.count(ended[0].rule.name, len(ended))
        run.recycled += len(ended)
    run.save()


def _label() -> str:
    return _("Recycling of %(day)s") % {"day": clock.today().isoformat()}


def _give_back(
    ended: Sequence[Clock], rows: dict[UUID, Held], batch_id: UUID, viewer: Viewer
) -> None:
    rule, values = ended[0].rule, {one.party_id: one.values for one in ended}
    hand_over(
        [rows[one.party_id] for one in ended], Holder(pool_id=rule.pool_id),
        verb=Verb.RECYCLED, reason=rule.name, event="customer.recycled",
        data=lambda row: values[row.id], batch_id=batch_id, viewer=viewer,
    )  # fmt: skip


def _to_remind(rules: Rules) -> list[Clock]:
    today, active = clock.today(), active_user_names()
    soon = clocks(rules, Asked(ends_after=today, reminds_by=today))
    told = set(
        Reminder.objects.filter(party_id__in=[one.party_id for one in soon]).values_list(
            "party_id", "owner_id", "started_at"
        )
    )
    return [
        one
        for one in soon
        if str(one.owner_id) in active and (one.party_id, one.owner_id, one.started_at) not in told
    ]


def _remind(rules: Rules, outcome: Outcome, viewer: Viewer) -> None:
    """A task for each owner whose clock ends soon; never twice for the same clock."""
    soon = _to_remind(rules)
    languages: dict[UUID, str] = {}
    for start in range(0, len(soon), CHUNK):
        with transaction.atomic():
            batch = open_batch(viewer, kind="rule", label=_("Reminders before recycling"))
            for one in soon[start : start + CHUNK]:
                if one.owner_id not in languages:
                    user = active_user(str(one.owner_id))
                    languages[one.owner_id] = user.language if user else ""
                values = {
                    "title": _title(one, languages[one.owner_id]),
                    "customer": one.party_id,
                    "due_on": clock.today(),
                    "assignee": one.owner_id,
                }
                task = create_record(TASK, values, viewer=viewer, batch=batch)
                Reminder.objects.create(
                    party_id=one.party_id,
                    owner_id=one.owner_id,
                    started_at=one.started_at,
                    task_id=task.pk,
                )
            outcome.reminded += len(soon[start : start + CHUNK])


def _title(one: Clock, language: str) -> str:
    with override(language or settings.LANGUAGE_CODE):
        words = {"pool": one.rule.pool.name, "day": date_format(one.falls_on)}
        if one.rule.without == "order":
            return _("Falls into the pool “%(pool)s” on %(day)s without an order") % words
        return _("Falls into the pool “%(pool)s” on %(day)s without a contact") % words


@transaction.atomic
def _finish(run: Run, outcome: Outcome, viewer: Viewer) -> None:
    run.finished_at = clock.now()
    run.reminded, run.paused = outcome.reminded, outcome.paused
    run.save()
    outcome.batch_id, outcome.recycled = run.batch_id, run.recycled
    data = {"recycled": run.recycled, "reminded": run.reminded}
    draft = Draft("recycling.finished", "recycling", run.pk, data=data)
    record(draft, origin=viewer.origin(run.batch_id))
