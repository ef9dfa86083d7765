"""A firm cut into territories, each with a customer of whom everything kept is a secret of its own.

Ting works in the east. What she may see grows with her sight: her own customer, her team-mate's,
that of the team below, and that of the west. Every text that is kept of a customer begins with the
name of the territory, so that wherever one turns up, a test knows whose it is.
"""

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile

from zhike.access import actions as access
from zhike.access.models import Role, Sight, Token, User
from zhike.access.queries import viewer_of
from zhike.access.viewer import SYSTEM, Viewer
from zhike.commerce.actions import create_product, place_order
from zhike.customers import actions as customers
from zhike.customers.facts import CUSTOMER
from zhike.customers.merging.actions import merge_customers
from zhike.customers.models import Duplicate
from zhike.insight.actions import run_scores
from zhike.insight.models import Suggestion
from zhike.kernel import clock
from zhike.ownership.actions import (
    Membership,
    create_assignment_rule,
    create_pool,
    create_rule,
    set_members,
)
from zhike.ownership.disputes.actions import open_dispute
from zhike.ownership.disputes.rules import create_dispute_rule
from zhike.ownership.models import Rehearsal
from zhike.ownership.rehearsing.recycling import Fall, Recycled
from zhike.privacy.actions import answer_request, keep_rule, open_request, request_erasure
from zhike.records.actions import ask_archive, save_view
from zhike.records.imports.actions import import_now, map_import, prepare_import
from zhike.security.actions import raise_alarm
from zhike.security.models import Alarm
from zhike.segments.actions import create_segment

TERRITORIES = ("Own", "Mate", "Below", "Far")
# How many of the territories each sight takes in.
REACH = {"own": 1, "team": 2, "below": 3, "all": 4}
ROLES, SIGHTS = tuple(Role.values), tuple(Sight.values)
FOR_BOSS_ONLY = ("Bossview", "Bossfile", "Bossrow")


@dataclass
class Firm:
    """Ids by territory, and those that belong to nobody in particular."""

    ting: User
    secret: str  # of a token that may do whatever Ting may
    territories: dict[str, SimpleNamespace]
    common: SimpleNamespace
    phones: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def become(self, role: str, sight: str) -> Viewer:
        """Lets Ting be somebody else."""
        User.objects.filter(pk=self.ting.pk).update(role=role, sight=sight)
        self.ting.refresh_from_db()
        return viewer_of(self.ting)

    def allow(self, scopes: list[str]) -> Viewer:
        """Lets her token do less."""
        Token.objects.filter(digest=access.digest(self.secret)).update(scopes=scopes)
        return viewer_of(self.ting, kind="token", source="api", scopes=scopes)

    def secrets_of(self, territory: str) -> tuple[str, ...]:
        """What no page may hold for whoever does not see the territory."""
        words = (
            *("name", "code", "remark", "street", "tag", "number", "memo", "task", "note", "talk"),
            *("file", "content", "job", "claim"),
        )
        mail = f"{territory.lower()}mail"
        return (*(territory + word for word in words), mail, *self.phones[territory])


def build_firm(folder: Path, *, is_linked: bool) -> Firm:
    """Everything through actions. With links, what one sees points at what one doesn't."""
    company = access.create_team(SYSTEM, name="Company")
    east = access.create_team(SYSTEM, name="East", parent_id=company.pk)
    below = access.create_team(SYSTEM, name="Northeast", parent_id=east.pk)
    west = access.create_team(SYSTEM, name="West", parent_id=company.pk)
    boss = viewer_of(_user("Boss", "administrator", company))
    ting = _user("Ting", "manager", east)
    people = {
        "Own": ting,
        "Mate": _user("Wu", "manager", east),
        "Below": _user("Bai", "manager", below),
        "Far": _user("Fang", "manager", west),
    }
    product = create_product({"code": "T1", "name": "Tea"}, viewer=boss)
    found = {
        name: _territory(name, number, viewer_of(user), product)
        for number, (name, user) in enumerate(people.items())
    }
    for name, one in found.items():
        dispute = open_dispute(boss, about=one.customer, claim=f"{name}claim")
        one.dispute = dispute.pk
    common = _common(boss, viewer_of(ting), product, folder)
    _keep_pools(boss, company, common)
    common.rehearsal = _rehearse(ting, common, [one.customer for one in found.values()])
    common.errand = ask_archive(viewer_of(ting), CUSTOMER, [found["Own"].customer]).pk
    common.user, common.colleague = people["Mate"].pk, people["Below"].pk
    gone = customers.create_customer({"name": "Gone"}, viewer=boss)
    common.erasure = request_erasure(boss, gone.pk, ground="request").pk
    common.purpose = "marketing"
    _keep_requests(boss, common)
    raise_alarm("seen_day", people["Far"].pk, since=clock.now(), evidence={"number": 9})
    common.alarm = Alarm.objects.get().pk
    run = run_scores(SYSTEM)
    for number, one in enumerate(found.values()):
        facts = {"gap": 9, "usual": 30, "orders": 1, "recent": 0, "previous": 0}
        Suggestion.objects.create(
            party_id=one.customer, run=run, reason="second", value=1_000_00 + number, facts=facts
        )
    own = found["Own"]
    for name in ("Mate", "Below", "Far"):
        if is_linked:
            _link(own, found[name], boss)
    if is_linked:
        values = {"name": "Ownperson", "company": found["Far"].customer, "owner": ting.pk}
        own.person = customers.create_customer(values, viewer=boss).pk
    _token, secret = access.create_token(
        SYSTEM, user_id=ting.pk, name="t", scopes=["read", "write", "admin"]
    )
    Token.objects.update(last_used_at=clock.now())
    phones = {name: (_phone(n), _grouped(_phone(n))) for n, name in enumerate(TERRITORIES)}
    return Firm(ting, secret, found, common, phones)


def _keep_requests(boss: Viewer, common: SimpleNamespace) -> None:
    """One that waits, a restriction in force, and a rule that is switched off."""
    common.retention = keep_rule(boss, name="After three years", filter={"all": []}).pk
    common.request = open_request(boss, kind="access", described="Somebody").pk
    quiet = customers.create_customer({"name": "Quiet"}, viewer=boss)
    asked = open_request(boss, kind="restriction", customer=quiet.pk)
    common.answered = answer_request(boss, asked.pk, is_fulfilled=True).pk


def _keep_pools(boss: Viewer, company, common: SimpleNamespace) -> None:
    """Everybody belongs to a pool, in which nobody waits."""
    pool = create_pool(boss, name="Everybody's", lock_cap=9)
    set_members(boss, pool.pk, [Membership(team_id=company.pk)])
    common.pool, common.other_pool = pool.pk, create_pool(boss, name="Nobody's").pk
    common.rule = create_rule(boss, pool.pk, name="After a month", days=30).pk
    common.dispute_rule = create_dispute_rule(boss, name="Else").pk
    common.assignment_rule = create_assignment_rule(
        boss, name="To the boss", way="person", people=[boss.user_id]
    ).pk


def _rehearse(ting: User, common: SimpleNamespace, ids: list) -> UUID:
    """What Ting has rehearsed, in which customers of every territory would have gone."""
    some = [Fall(pk, ting.pk, clock.today()) for pk in ids]
    return Rehearsal.objects.create(
        user_id=ting.pk, kind="recycling", pool_id=common.pool, state="done",
        asked_at=clock.now(), heartbeat_at=clock.now(),
        result=asdict(Recycled(clock.today(), number=4, some=some)),
    ).pk  # fmt: skip


def _user(name: str, role: str, team) -> User:
    return access.create_user(
        SYSTEM, email=f"{name.lower()}@firm.example", name=name, role=role, sight="all",
        team_id=team.pk, password="green-tea-2026",
    )  # fmt: skip


def _phone(number: int) -> str:
    return f"1391234567{number}"


def _grouped(phone: str) -> str:
    return f"{phone[:3]} {phone[3:7]} {phone[7:]}"


def _territory(name: str, number: int, viewer: Viewer, product) -> SimpleNamespace:
    values = {
        "name": f"{name}name", "kind": "company", "code": f"{name}code", "phones": _phone(number),
        "emails": f"{name}mail@firm.example", "remark": f"{name}remark",
        "street": f"{name}street", "tags": [f"{name}tag"], "job_title": f"{name}job",
    }  # fmt: skip
    party = customers.create_customer(values, viewer=viewer)
    order = place_order(
        {"number": f"7{name}number", "customer": party.pk, "placed_at": clock.now(),
         "remark": f"{name}memo"},
        lines=[{"product": product.pk, "quantity": 3, "unit_price": 100 + number}],
        viewer=viewer,
    )  # fmt: skip
    task = customers.create_task(party.pk, title=f"{name}task", due_on=clock.today(), viewer=viewer)
    customers.add_note(party.pk, text=f"{name}note", viewer=viewer)
    customers.log_contact(party.pk, channel="call", text=f"{name}talk", viewer=viewer)
    upload = SimpleUploadedFile(f"{name}file.txt", f"{name}content".encode())
    attachment = customers.add_attachment(party.pk, upload=upload, viewer=viewer)
    neighbour = customers.create_customer({"name": f"{name}name 2"}, viewer=viewer)
    third = customers.create_customer({"name": f"{name}name 3"}, viewer=viewer)
    relation = customers.add_relation(
        party.pk, kind="partner", other_id=neighbour.pk, viewer=viewer
    )
    double, merged = (
        customers.create_customer({"name": f"{name}name {n}", "kind": "company"}, viewer=viewer)
        for n in (4, 5)
    )
    merge_customers(viewer, double.pk, merged.pk)
    return SimpleNamespace(
        double=double.pk, merged=merged.pk, customer=party.pk, order=order.pk,
        task=task.pk, attachment=attachment.pk,
        relation=relation.pk, neighbour=neighbour.pk, batch=party.batch_id, name=name,
        line=order.lines.get().pk, third=third.pk, duplicate=_pair(party.pk, neighbour.pk),
        decided=_pair(party.pk, third.pk, state="different"),
    )  # fmt: skip


def _pair(one, other, state: str = "open"):
    one, other = sorted((one, other))
    reasons = [{"sign": "phone", "level": "same", "weight": 9}]
    return Duplicate.objects.create(
        party_id=one, other_id=other, probability=0.9, reasons=reasons, state=state,
        found_at=clock.now(),
    ).pk  # fmt: skip


def _common(boss: Viewer, ting: Viewer, product, folder: Path) -> SimpleNamespace:
    segment = create_segment(boss, name="Everybody", filter={"all": []})
    other = create_segment(
        boss, name="Companies", filter={"fact": "kind", "op": "eq", "value": "company"}
    )
    save_view(boss, CUSTOMER, name="Bossview", filter={"all": []})
    view = save_view(ting, CUSTOMER, name="Tingview", filter={"all": []})
    token, _secret = access.create_token(SYSTEM, user_id=ting.user_id, name="s", scopes=["read"])
    bosses, _secret = access.create_token(SYSTEM, user_id=boss.user_id, name="b", scopes=["read"])
    prepared = prepare_import(
        boss, type="customer", path=_file(folder, "Boss"), name="Bossfile.csv"
    )
    waiting = prepare_import(ting, type="customer", path=_file(folder, "Wait"), name="wait.csv")
    done = prepare_import(ting, type="customer", path=_file(folder, "Owni"), name="done.csv")
    map_import(ting, done.pk, mapping=done.mapping, options={"on_duplicate": "ask"})
    known = {"name": "Owni Row", "birthday": "1990-01-01", "owner": ting.user_id}
    customers.create_customer(known, viewer=ting)
    import_now(ting, done.pk, is_dry_run=False)
    return SimpleNamespace(
        product=product.pk, segment=segment.pk, other_segment=other.pk, view=view.pk,
        token=token.pk, bosses_token=bosses.pk, bosses_import=prepared.pk, waiting=waiting.pk,
        mapping=waiting.mapping, done=done.pk, tomorrow=clock.today() + timedelta(days=1),
    )  # fmt: skip


def _file(folder: Path, word: str) -> Path:
    """Two rows, of which the second can't be read."""
    path = folder / f"{word}.csv"
    path.write_text(f"姓名,生日\n{word}row,1990-01-01\n{word}row,never\n", encoding="utf-8")
    return path


def _link(one: SimpleNamespace, other: SimpleNamespace, boss: Viewer) -> None:
    customers.add_relation(one.customer, kind="supplier", other_id=other.customer, viewer=boss)
    customers.add_relation(other.customer, kind="parent", other_id=one.customer, viewer=boss)
    _pair(one.customer, other.customer)
