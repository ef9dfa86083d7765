"""Computing scores, and what people do with the suggestions that follow from them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from zhike.access.policies import require
from zhike.access.queries import active_user, viewer_of
from zhike.access.viewer import SYSTEM, Viewer
from zhike.customers import actions as customers
from zhike.customers.facts import CUSTOMER
from zhike.customers.queries import owners_of
from zhike.events.actions import Draft, record
from zhike.insight import lake, linking, scoring, suggesting, writing
from zhike.insight.models import ScoreRun, Suggestion
from zhike.jobs import later
from zhike.kernel import clock
from zhike.kernel.errors import Conflict, Invalid, NotFound
from zhike.kernel.home import run_folder
from zhike.kernel.ids import new_id
from zhike.records.queries import get, require_reach, visible_ids
from zhike.segments.actions import ensure_shipped, evaluate_all

# When the newest order is older than this, scores are computed as of that order's day: today
# everybody would seem lost.
DATA_END = timedelta(days=45)
QUIET = {
    Suggestion.State.DONE: timedelta(days=14),
    Suggestion.State.DISMISSED: timedelta(days=30),
}
_LOCK = 0x5A484B53
Report = Callable[[ScoreRun], None]


def request_scores(viewer: Viewer) -> ScoreRun:
    """Lets a worker compute all scores. One that waits already is enough."""
    require(viewer, "score")
    waiting = ScoreRun.objects.filter(state=ScoreRun.State.WAITING).first()
    run = waiting or ScoreRun.objects.create(as_of=clock.today(), requested_at=clock.now())
    from zhike.insight.jobs import compute_scores

    later(compute_scores, run_id=str(run.pk))
    return run


def run_scores(
    viewer: Viewer, *, as_of: date | None = None, report: Report | None = None
) -> ScoreRun:
    """Computes all scores now. `as_of` lets the clock stand at the end of a past day."""
    require(viewer, "score")
    if as_of is not None and as_of > clock.today():
        raise Invalid.field("as_of", "in_future", _("This day has not come yet."))
    run = ScoreRun.objects.create(as_of=as_of or clock.today(), requested_at=clock.now())
    return carry_out(run, report=report, is_dated=as_of is not None)


def carry_out(run: ScoreRun, *, report: Report | None = None, is_dated: bool = False) -> ScoreRun:
    """Runs a requested computation. Only one at a time; the others wait for the next ring."""
    with _alone() as is_alone:
        if not is_alone:
            raise Conflict("running", _("Scores are being computed already."))
        _give_up_interrupted()
        try:
            _compute(run, report, is_dated)
        except Exception as error:
            run.state, run.error, run.finished_at = ScoreRun.State.FAILED, str(error), clock.now()
            run.save()
            raise
    return run


def resume_scores() -> None:
    """Rings for computations that nobody rang for, and begins anew what a killed worker left."""
    with _alone() as is_alone:
        was_interrupted = is_alone and _give_up_interrupted() > 0
    is_waiting = ScoreRun.objects.filter(state=ScoreRun.State.WAITING).exists()
    if was_interrupted or (is_alone and is_waiting):
        request_scores(SYSTEM)


def _give_up_interrupted() -> int:
    """Whoever holds the lock knows that nobody else computes: what seems to run was killed."""
    running = ScoreRun.objects.filter(state=ScoreRun.State.RUNNING)
    message = _("The computation was interrupted and begins anew.")
    return running.update(state=ScoreRun.State.FAILED, error=message, finished_at=clock.now())


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other worker computes. The lock ends with the connection, so a kill frees it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        is_alone = cursor.fetchone()[0]
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def scan_duplicates(viewer: Viewer, *, report: Callable[[str], None] | None = None) -> dict:
    """Looks through the whole base for customers who are probably one, and puts the pairs into the
    queue. Returns customers, compared pairs, open, new and closed ones, seconds, and the kinds
    whose weights the base has taught. Raises Conflict while another scan or computation runs."""
    require(viewer, "score")
    begun = clock.now()
    tell = report or (lambda step: None)
    with _alone() as is_alone:
        if not is_alone:
            raise Conflict("running", _("Scores or duplicates are being computed already."))
        tell("copy")
        lake.refresh("customers_party")
        found = []
        with lake.reading() as engine:
            for kind in linking.KINDS:
                tell(kind)
                found.append(linking.link_customers(engine, kind))
        pairs = [pair for linked in found for pair in linked.pairs]
        tell("write")
        counts = customers.keep_duplicates(
            pairs, learnt={linked.kind: linked.learnt for linked in found}, viewer=viewer
        )
    return {
        "customers": sum(linked.customers for linked in found),
        "compared": sum(linked.compared for linked in found),
        **counts,
        "learnt": [linked.kind for linked in found if linked.learnt],
        "seconds": round((clock.now() - begun).total_seconds(), 2),
    }


def _compute(run: ScoreRun, report: Report | None, is_dated: bool) -> None:
    def step(name: str, progress: int) -> None:
        run.step, run.progress, run.state = name, progress, ScoreRun.State.RUNNING
        run.save()
        if report:
            report(run)

    run.started_at = clock.now()
    step("copy", 5)
    ensure_shipped()
    lake.refresh()
    with lake.reading() as engine:
        step("read", 15)
        transactions = _transactions(engine, run, is_dated)
        until = clock.day_number(run.as_of)
        scores = scoring.compute(transactions, until=until, report=step)
        run.customers, run.orders = len(scores.base), len(transactions["day"])
        suggestions = suggesting.suggest(scores, until=until)
        ends_early = run.as_of < clock.today() and not is_dated
        run.report = {**scores.report, "data_ends": ends_early}
        step("write", 85)
        path = run_folder() / f"standing-{new_id().hex}.csv"
        try:
            writing.export_standings(engine, scores, run, path)
            parties = _party_ids(engine, scores, suggestions)
            with transaction.atomic():
                writing.prepare_standings(run, path)
                _replace_suggestions(run, scores, suggestions, parties)
                _tell_done(run)
                writing.swap_standings()
        finally:
            path.unlink(missing_ok=True)
    step("segments", 93)
    evaluate_all()
    lake.refresh("insight_standing", "segments_membership")
    run.state, run.progress, run.finished_at = ScoreRun.State.DONE, 100, clock.now()
    run.step = ""
    run.save()
    if report:
        report(run)


def _transactions(engine, run: ScoreRun, is_dated: bool) -> dict:
    """Arrays of customer (a number standing for the id), day and amount, up to the run's day."""
    engine.execute(
        "CREATE TEMP TABLE party AS SELECT row_number() OVER (ORDER BY id) - 1 AS n, id "
        "FROM customers_party WHERE archived_at IS NULL"
    )
    engine.execute(
        "CREATE TEMP TABLE trade AS SELECT p.n AS customer, "
        "date_diff('day', DATE '1970-01-01', o.placed_at::DATE) AS day, o.value AS amount "
        "FROM commerce_order o JOIN party p ON p.id = o.party_id "
        "WHERE o.archived_at IS NULL AND NOT o.is_cancelled"
    )
    newest = engine.execute(
        "SELECT max(day) FROM trade WHERE amount > 0 AND day <= ?",
        [clock.day_number(run.as_of)],
    ).fetchone()[0]
    if newest is not None and not is_dated:
        last = clock.from_day_number(newest)
        if run.as_of - last > DATA_END:
            run.as_of = last
    return engine.execute(
        "SELECT customer, day, amount FROM trade WHERE day <= ?", [clock.day_number(run.as_of)]
    ).fetchnumpy()


def _party_ids(engine, scores: scoring.Scores, suggestions) -> list[UUID]:
    numbers = scores.base.customer[suggestions.position]
    wanted = {"place": suggestions.position.argsort().argsort(), "n": numbers}
    engine.register("wanted_numbers", writing.relation(engine, wanted))
    found = dict(
        engine.execute("SELECT w.n, p.id FROM wanted_numbers w JOIN party p USING (n)").fetchall()
    )
    return [found[number] for number in numbers.tolist()]


def _replace_suggestions(run: ScoreRun, scores: scoring.Scores, suggestions, parties) -> None:
    """New suggestions take the place of open ones; what people put aside stays aside. Everybody
    gets the best of their own customers, as many as fit on a day's plate."""
    today = clock.today()
    Suggestion.objects.filter(state=Suggestion.State.OPEN).delete()
    Suggestion.objects.filter(until__lte=today).delete()
    aside = set(Suggestion.objects.filter(party_id__in=parties).values_list("party_id", flat=True))
    rows = zip(
        parties,
        suggestions.position.tolist(),
        suggestions.reason.tolist(),
        suggestions.amount.tolist(),
        strict=True,
    )
    owners = owners_of(parties)
    plates: dict[UUID | None, int] = {}

    def fits(party_id: UUID) -> bool:
        if party_id in aside:
            return False
        owner = owners.get(party_id)
        plates[owner] = plates.get(owner, 0) + 1
        return plates[owner] <= suggesting.PLATE

    Suggestion.objects.bulk_create(
        [
            Suggestion(
                party_id=party_id,
                run=run,
                reason=reason,
                value=amount,
                facts=_evidence(scores, position),
            )
            for party_id, position, reason, amount in rows
            if fits(party_id)
        ],
        batch_size=1000,
    )


def _evidence(scores: scoring.Scores, position: int) -> dict:
    """The numbers that decided, for the sentence behind a suggestion."""
    base, columns = scores.base, scores.columns
    found: dict[str, float | str] = {
        "gap": int(columns["gap"][position]),
        "usual": round(float(columns["usual_gap"][position]), 1),
        "orders": int(base.orders[position]),
        "recent": int(base.recent_value[position]),
        "previous": int(base.previous_value[position]),
    }
    for name in ("alive", "overdue", "next_spread", "spend", "value_12_low", "value_12_high"):
        if name in columns and columns[name][position] == columns[name][position]:
            found[name] = round(float(columns[name][position]), 4)
    if "next_day" in columns and columns["next_day"][position] == columns["next_day"][position]:
        found["next_on"] = clock.from_day_number(columns["next_day"][position]).isoformat()
    return found


def _tell_done(run: ScoreRun) -> None:
    draft = Draft("scores.computed", "score_run", run.pk, data={"as_of": run.as_of})
    record(draft, origin=SYSTEM.origin())


@transaction.atomic
def resolve_suggestion(
    viewer: Viewer, party_id: UUID, *, state: str, until: date | None = None
) -> Suggestion:
    """Done, later (until a day) or not now: takes a customer off today's list."""
    require(viewer, "work")
    suggestion = _suggestion(viewer, party_id)
    if state == Suggestion.State.SNOOZED:
        if until is None or until <= clock.today():
            raise Invalid.field("until", "in_past", _("Choose a day to come."))
        suggestion.until = until
    elif state in QUIET:
        suggestion.until = clock.today() + QUIET[Suggestion.State(state)]
    else:
        raise Invalid.field("state", "unknown_choice", _("There is no such state."))
    suggestion.state = state
    suggestion.resolved_at, suggestion.resolved_by = clock.now(), viewer.user_id
    suggestion.save()
    _tell_resolved(suggestion, state, viewer)
    return suggestion


@transaction.atomic
def reopen_suggestion(viewer: Viewer, party_id: UUID) -> Suggestion:
    """Puts a customer back on today's list: the undo of `resolve_suggestion`."""
    require(viewer, "work")
    suggestion = _suggestion(viewer, party_id)
    suggestion.state, suggestion.until = Suggestion.State.OPEN, None
    suggestion.resolved_at = suggestion.resolved_by = None
    suggestion.save()
    _tell_resolved(suggestion, "open", viewer)
    return suggestion


@transaction.atomic
def hand_over_suggestion(viewer: Viewer, party_id: UUID, *, assignee: UUID) -> Suggestion:
    """Puts a customer on a colleague's list. The colleague must be able to see the customer."""
    require(viewer, "work")
    suggestion = _suggestion(viewer, party_id)
    user = active_user(str(assignee))
    if user is None or not visible_ids(CUSTOMER, viewer_of(user), [party_id]):
        message = _("This colleague may not see the customer; change the owner instead.")
        raise Invalid.field("assignee", "cannot_see", message)
    suggestion.assignee_id = user.pk
    suggestion.left_by = suggestion.hand_over_id = None
    suggestion.save()
    _tell_resolved(suggestion, "handed_over", viewer)
    return suggestion


@transaction.atomic
def pass_suggestions_on(former: UUID, *, to: UUID | None, hand_over: UUID | None = None) -> None:
    """Puts what was handed to somebody who leaves on a colleague's list, as far as the colleague
    sees the customers. The rest is nobody's in particular again: it goes by the owner."""
    handed = Suggestion.objects.filter(assignee_id=former)
    ids = list(handed.values_list("party_id", flat=True))
    seen = _seen_by(to, ids)
    was = {"left_by": former, "hand_over_id": hand_over}
    handed.filter(party_id__in=seen).update(assignee_id=to, **was)
    handed.update(assignee_id=None, **was)


@transaction.atomic
def bring_suggestions_back(former: UUID, *, hand_over: UUID | None) -> None:
    """Puts what left somebody's list in a hand-over on it again, as far as they see the customers;
    without a hand-over, what they had when they left. While they aren't at work, it waits for
    them and is nobody's in particular."""
    theirs = Suggestion.objects.filter(left_by=former, hand_over_id=hand_over)
    ids = list(theirs.values_list("party_id", flat=True))
    if active_user(str(former)) is None:
        theirs.update(assignee_id=None, hand_over_id=None)
        return
    back = theirs.filter(party_id__in=_seen_by(former, ids))
    back.update(assignee_id=former, left_by=None, hand_over_id=None)
    theirs.update(assignee_id=None, left_by=None, hand_over_id=None)


def _seen_by(user_id: UUID | None, ids: Sequence[UUID]) -> set[UUID]:
    user = active_user(str(user_id)) if user_id else None
    return set(visible_ids(CUSTOMER, viewer_of(user), ids)) if user else set()


@transaction.atomic
def work_suggestion(
    viewer: Viewer,
    party_id: UUID,
    *,
    channel: str,
    outcome: str = "",
    text: str = "",
    next_on: date | None = None,
    next_step: str = "",
) -> Suggestion:
    """Writes down the contact, sets the next date, and takes the customer off the list."""
    customers.log_contact(
        party_id, channel=channel, outcome=outcome, text=text, next_on=next_on,
        next_step=next_step, viewer=viewer,
    )  # fmt: skip
    return resolve_suggestion(viewer, party_id, state=Suggestion.State.DONE)


def _suggestion(viewer: Viewer, party_id: UUID) -> Suggestion:
    get(CUSTOMER, viewer, party_id)
    require_reach(CUSTOMER, viewer, party_id)
    suggestion = Suggestion.objects.select_for_update().filter(party_id=party_id).first()
    if suggestion is None:
        raise NotFound("not_found", _("This customer is not on today's list."))
    return suggestion


def _tell_resolved(suggestion: Suggestion, state: str, viewer: Viewer) -> None:
    data = {"state": state, "reason": suggestion.reason, "until": suggestion.until}
    draft = Draft(
        "suggestion.resolved", "customer", suggestion.party_id, suggestion.party_id, data=data
    )
    record(draft, origin=viewer.origin())
