"""Erasing a person: rows first, all in one transaction, then files, then copies; each step is noted
when it is done, so that whatever was killed goes on there.

While an import is under way nobody is erased: the erasure waits. Files that come later are refused
by the row where they name the person (`queries.were_erased`).
"""

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from zhike.access.policies import require, sees_all
from zhike.access.viewer import SYSTEM, Viewer
from zhike.customers.facts import CUSTOMER
from zhike.customers.forgetting import TABLES, Person, copies, count_rows, forget
from zhike.events.actions import Draft, record
from zhike.jobs import later
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotFound
from zhike.kernel.home import files_folder
from zhike.privacy import queries
from zhike.privacy.digests import digests_of
from zhike.privacy.files import clean_logs, uploads_that_name
from zhike.privacy.journal import note
from zhike.privacy.mentions import replace_mentions
from zhike.privacy.models import ErasedKey, Erasure, Ground, Policy
from zhike.privacy.terms import pattern_of, terms_of, unmistakable
from zhike.records.actions import open_batch, takes_back
from zhike.records.imports.actions import imports_under_way, note_removed_files
from zhike.records.queries import get, require_reach

logger = logging.getLogger(__name__)
# People whose texts are looked for in one pass; a longer pattern takes PostgreSQL longer.
TOGETHER = 20


@dataclass(frozen=True, slots=True)
class Preview:
    """What an erasure would reach."""

    party: object
    merged: int  # files that were merged into this one
    rows: dict[str, int]
    shared: Sequence[str]  # what others bear as well: it stays where it is said of them

    @property
    def labelled(self) -> list[tuple[str, int]]:
        return [(str(TABLES.get(table, table)), number) for table, number in self.rows.items()]


def preview_erasure(viewer: Viewer, party_id: UUID) -> Preview:
    """Changes nothing."""
    party = _erasable(viewer, party_id)
    ids = family(party.pk)
    terms = terms_of(ids)
    telling = unmistakable(terms, ids)
    shared = [
        value
        for name in ("name", "phones", "emails")
        for value in terms.get(name, ())
        if sees_all(viewer) and value not in telling.get(name, ())
    ]
    return Preview(party, len(ids) - 1, count_rows(ids), shared)


def _erasable(viewer: Viewer, party_id: UUID):
    require(viewer, "administer")
    party = get(CUSTOMER, viewer, party_id)
    stand_in = CUSTOMER.stand_ins([party.pk]).get(party.pk)
    if stand_in is not None:
        party = get(CUSTOMER, viewer, stand_in)
    require_reach(CUSTOMER, viewer, party.pk)
    if party.erased_at is not None:
        raise Conflict("erased", _("This customer was erased. That can't be undone."))
    if queries.hold_on(party.pk) is not None:
        raise Conflict("held", _("There is a legal hold on this customer: it is not erased."))
    return party


def family(party_id: UUID, *, lock: bool = False) -> list[UUID]:
    """A file and all that were merged into it, directly or by way of others."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE family AS (SELECT id FROM customers_party WHERE id = %s UNION "
            "SELECT p.id FROM customers_party p JOIN family f ON p.merged_into_id = f.id) "
            "SELECT id FROM family",
            [party_id],
        )
        ids = [row[0] for row in cursor.fetchall()]
        if lock:
            cursor.execute(
                "SELECT 1 FROM customers_party WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [ids]
            )
    return ids


@transaction.atomic
def request_erasure(
    viewer: Viewer,
    party_id: UUID,
    *,
    ground: str,
    reference: str = "",
    rule_id: UUID | None = None,
) -> Erasure:
    """Lets a worker erase a customer. Asked for twice, it is done once. What a rule of retention
    asks for waits for others, to be erased together with them."""
    from zhike.privacy.jobs import run_erasure as job

    party = _erasable(viewer, party_id)
    if ground not in Ground.values:
        raise Invalid.field("ground", "unknown_choice", _("Choose why the person is erased."))
    reference = reference.strip()
    if not re.fullmatch(r"[0-9A-Za-z/_.-]{0,40}", reference):
        message = _("A number of at most 40 letters, digits and - / _ . without a name.")
        raise Invalid.field("reference", "not_a_number", message)
    run, _is_new = Erasure.objects.select_for_update().exclude(state="done").get_or_create(
        party_id=party.pk,
        defaults={
            "ground": ground, "reference": reference, "requested_by": viewer.user_id,
            "requested_at": clock.now(), "rule_id": rule_id,
        },
    )  # fmt: skip
    if rule_id is None:
        later(job, erasure_id=str(run.pk))
    return run


def erase_customer(viewer: Viewer, party_id: UUID, *, ground: str, reference: str = "") -> Erasure:
    """Erases a customer in this process. Raises Conflict while an import is under way."""
    run = request_erasure(viewer, party_id, ground=ground, reference=reference)
    return run_erasure(run.pk, viewer=viewer)


def erasures_to_resume() -> list[list[UUID]]:
    """What isn't done, in groups that are erased together; those asked for by hand come first and
    by themselves."""
    waiting = Erasure.objects.exclude(state="done").order_by("requested_at", "pk")
    by_hand = [[pk] for pk in waiting.filter(rule_id=None).values_list("pk", flat=True)]
    nightly = list(waiting.exclude(rule_id=None).values_list("pk", flat=True))
    return by_hand + [nightly[at : at + TOGETHER] for at in range(0, len(nightly), TOGETHER)]


def carry_erasures_on(viewer: Viewer = SYSTEM) -> Iterator[tuple[Sequence[UUID], str | None]]:
    """Carries on whatever isn't done, past what has to wait: each group, and why it waits. A group
    that fails is tried one by one, so that one person doesn't keep the others waiting."""
    groups = erasures_to_resume()
    while groups:
        ids = groups.pop(0)
        try:
            run_erasures(ids, viewer=viewer)
            yield ids, None
        except Conflict as refusal:
            yield ids, refusal.message
        except Exception:
            if len(ids) == 1:
                logger.exception("erasure.failed", extra={"erasure": str(ids[0])})
                yield ids, _("It failed; the log of the worker says why.")
            groups = [*([pk] for pk in ids if len(ids) > 1), *groups]


def run_erasure(erasure_id: UUID | str, *, viewer: Viewer) -> Erasure:
    """Carries an erasure on from wherever it stands."""
    require(viewer, "administer")
    run = Erasure.objects.filter(pk=erasure_id).first()
    if run is None:
        raise NotFound("not_found", _("There is no such certificate."))
    if run.state == Erasure.State.WAITING and queries.hold_on(run.party_id) is not None:
        raise Conflict("held", _("There is a legal hold on this customer: it is not erased."))
    return run_erasures([run.pk], viewer=viewer)[0]


def run_erasures(ids: Sequence[UUID], *, viewer: Viewer) -> list[Erasure]:
    """Carries some erasures on together: texts, files and copies are gone through once for all of
    them. Whoever is under a legal hold waits."""
    require(viewer, "administer")
    with _alone(ids):
        runs = list(Erasure.objects.filter(pk__in=ids).order_by("requested_at", "pk"))
        _erase_rows([one for one in runs if one.state == Erasure.State.WAITING], viewer)
        _erase_files([one for one in runs if one.state == Erasure.State.FILES])
        _erase_copies([one for one in runs if one.state == Erasure.State.COPIES])
    return runs


@contextmanager
def _alone(ids: Sequence[UUID]) -> Iterator[None]:
    numbers = sorted(erasure_id.int & (2**62 - 1) for erasure_id in ids)
    held: list[int] = []
    try:
        for number in numbers:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
                if not cursor.fetchone()[0]:
                    raise Conflict("busy", _("This customer is being erased at this moment."))
            held.append(number)
        yield
    finally:
        with connection.cursor() as cursor:
            for number in held:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


@transaction.atomic
def _erase_rows(runs: Sequence[Erasure], viewer: Viewer) -> None:
    if runs and imports_under_way():
        message = _("A file is being imported. The customer is erased when that is done.")
        raise Conflict("importing", message)
    forgotten = [
        (run, _forget(run, viewer)) for run in runs if queries.hold_on(run.party_id) is None
    ]
    mentions = replace_mentions([pattern for _run, (pattern, _digests) in forgotten])
    for (run, (_pattern, digests)), found in zip(forgotten, mentions, strict=True):
        run.report["mentions"] = found
        run.state = Erasure.State.FILES
        run.save()
        ErasedKey.objects.bulk_create(ErasedKey(erasure=run, digest=one) for one in digests)
        record(
            Draft("customer.erased", "customer", run.party_id, run.party_id,
                  data={"number": run.number, "files": len(run.ids)}),
            origin=viewer.origin(run.batch_id),
        )  # fmt: skip
    for run, (_pattern, digests) in forgotten:
        note(run, digests)


def _forget(run: Erasure, viewer: Viewer) -> tuple[str, list[str]]:
    """Forgets what belongs to the person; the pattern that finds them elsewhere, and digests."""
    ids = family(run.party_id, lock=True)
    terms = terms_of(ids)
    telling = unmistakable(terms, ids)
    pattern = pattern_of(telling)
    batch = open_batch(viewer, kind="erasure", label=_("Erasure %(number)s") % {
        "number": run.number})  # fmt: skip
    person = Person(
        ids, run.number, batch, re.compile(pattern, re.IGNORECASE) if pattern else None, pattern
    )
    run.ids, run.batch_id, run.terms = ids, batch.pk, {"pattern": pattern_of(terms)}
    run.report = {
        "rows": forget(person),
        "borne_by_others": sum(map(len, terms.values())) - sum(map(len, telling.values()))
        - len(terms.get("code", ())),
    }  # fmt: skip
    run.files = person.files
    codes = terms.get("code", [""])
    return pattern, sorted({one for code in codes for one in digests_of({**terms, "code": code})})


def _erase_files(runs: Sequence[Erasure]) -> None:
    for run in runs:
        removed = 0
        for name in run.files:
            path = files_folder() / name
            removed += path.is_file()
            path.unlink(missing_ok=True)
        run.report["attachments"] = max(removed, len(run.files))
    patterns = [run.terms.get("pattern") for run in runs]
    compiled = [re.compile(one, re.IGNORECASE) if one else None for one in patterns]
    uploads = uploads_that_name(compiled)
    for run, pattern, named in zip(runs, compiled, uploads, strict=True):
        logged = clean_logs(pattern) if pattern else 0
        with transaction.atomic():
            outside = note_removed_files(named, run.ids)
            for path in named:
                path.unlink(missing_ok=True)
            run.report |= {"uploads": len(named), "log_lines": logged, "outside": outside}
            run.files, run.state = [], Erasure.State.COPIES
            run.save()


def _erase_copies(runs: Sequence[Erasure]) -> None:
    made = {}
    for label, make_again in copies() if runs else ():
        make_again()
        made[str(label)] = clock.now()
    # What SQL no longer shows still stands in the files of the tables until it is overwritten.
    touched = {run.pk: sorted({*run.report["rows"], *run.report["mentions"]}) for run in runs}
    with connection.cursor() as cursor:
        for table in sorted({one for tables in touched.values() for one in tables}):
            cursor.execute(f"VACUUM {table}")
    for run in runs:
        run.report |= {"copies": made, "vacuumed": touched[run.pk]}
        run.terms, run.state, run.finished_at = {}, Erasure.State.DONE, clock.now()
        run.backups_until = clock.today() + timedelta(days=queries.policy().backup_days)
        run.save()


@transaction.atomic
def set_policy(
    viewer: Viewer,
    *,
    backup_days: int | str = "",
    answer_days: int | str = "",
    import_months: int | str = "",
) -> Policy:
    """Sets what is given."""
    require(viewer, "administer")
    given = {
        "backup_days": (backup_days, 3_660), "answer_days": (answer_days, 30),
        "import_months": (import_months, 120),
    }  # fmt: skip
    values = {
        name: _within(name, value, most) for name, (value, most) in given.items() if value != ""
    }
    return Policy.objects.update_or_create(pk=1, defaults=values)[0]


def _within(name: str, value: int | str, most: int) -> int:
    number = int(value) if re.fullmatch("[0-9]{1,4}", str(value)) else 0
    if not 1 <= number <= most:
        message = _("Between 1 and %(most)d.") % {"most": most}
        raise Invalid.field(name, "out_of_range", message)
    return number


@takes_back("erasure")
def _stays(viewer: Viewer, batch):
    raise Conflict("erased", _("This customer was erased. That can't be undone."))
