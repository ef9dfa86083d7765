"""The record types of the customer file: their fields, and what else can be filtered on."""

from types import MappingProxyType
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from zhike.access.policies import Level, can
from zhike.access.queries import team_names, user_names
from zhike.customers.merging.pointers import Pointer, points_at_customer
from zhike.customers.pools import heir_of, pool_names
from zhike.customers.profiles import keys_of, profile_of
from zhike.customers.quality.measure import ALL_COUNTED
from zhike.customers.sight import (
    reach_by_customer,
    reach_of_customers,
    sight_by_customer,
    sight_of_customers,
)
from zhike.events import queries as events
from zhike.events.catalogue import event_fields, event_label
from zhike.filters.schema import Aggregate, Collection, Fact, Join, Kind
from zhike.kernel.errors import Conflict, NotAllowed
from zhike.kernel.text import email_tokens, name_tokens, phone_tokens, pinyin, word_tokens
from zhike.records.fields import Field, FieldKind
from zhike.records.sources import SOURCES
from zhike.records.types import RecordType, register

if TYPE_CHECKING:
    from zhike.customers.models import Party, Task

KINDS = {"person": _("Person"), "company": _("Company")}
GENDERS = {"female": _("Female"), "male": _("Male"), "other": _("Other")}
_FILE = _("File")
_PLACE = _("Place")
_CONTACT = _("Contact")
_TASKS = _("Tasks")


def _derive_party(party) -> None:
    party.name_key = (pinyin(party.name) or party.name)[:400]
    party.search = tuple(_search_texts(party)[0])
    party.keys = keys_of(profile_of(party))


def _search_texts(party, hidden=MappingProxyType({})):
    """The tokens that find a customer. A number or an address that is masked finds as a whole:
    whoever calls up a customer by it knows it already."""
    tokens = set() if "name" in hidden else name_tokens(party.name)
    tokens |= set() if "code" in hidden else word_tokens(party.code)
    for phone in () if "phones" in hidden else party.phones:
        tokens |= phone_tokens(phone)
    for email in () if "emails" in hidden else party.emails:
        tokens |= email_tokens(email)
    if party.company_id is not None and not {"name", "company"} & hidden.keys():
        tokens |= name_tokens(party.company.name)
    whole = {
        text.casefold()
        for name in ("phones", "emails")
        if hidden.get(name) is Level.MASK
        for text in getattr(party, name)
    }
    return {token.replace("'", "").replace("\\", "") for token in tokens}, whole


def _follows(party, changes):
    """An owner takes a customer out of its pool; what goes back into a pool that is gone goes where
    that pool was emptied into."""
    if party.owner_id is not None:
        return {"pool_id": None}
    if changes.get("pool_id", (None, None))[1] is not None:
        return {"pool_id": heir_of(party.pool_id)}
    return {}


def _guard(viewer, party, changes):
    """What is erased stays as it is. Out of a pool leads claiming, which keeps to its caps; or
    somebody who may assign."""
    if party.erased_at is not None:
        raise Conflict("erased", gettext("This customer was erased. That can't be undone."))
    former, now = changes.get("pool_id", (None, None))
    if former is not None and now is None and not can(viewer, "assign"):
        message = gettext("This customer waits in the pool “%(pool)s”. Claim it instead.")
        pool = pool_names().get(str(former), "")
        raise NotAllowed("in_pool", message % {"pool": pool})


def _stand_ins(ids):
    from zhike.customers.merging.following import stand_ins

    return stand_ins(ids)


def _credit(former, pointer, row_id):
    from zhike.customers.merging.actions import credit

    credit(pointer, {row_id: former})


CUSTOMER: "RecordType[Party]" = RecordType(
    name="customer",
    model_label="customers.Party",
    label=_("Customer"),
    plural=_("Customers"),
    fields=(
        Field("name", _("Name"), is_required=True, group=_FILE, also_known_as=(
            "客户名称", "客户", "姓名", "名称", "公司名称", "客户姓名", "customer name",
            "full name", "company name", "account", "account name", "customer",
        )),
        Field("kind", _("Kind"), FieldKind.CHOICE, choices=lambda: KINDS, is_required=True,
              is_bearing=True, group=_FILE,
              also_known_as=("类型", "客户类型", "type", "customer type")),
        Field("code", _("Customer no."), max_length=80, group=_FILE, also_known_as=(
            "客户编号", "客户号", "客户代码", "会员号", "编号", "customer id", "customerid",
            "customer no", "customer number", "customer code", "account id", "id", "code",
        )),
        Field("phones", _("Phones"), FieldKind.PHONES, group=_CONTACT, also_known_as=(
            "手机", "手机号", "电话", "联系电话", "手机号码", "电话号码", "phone", "mobile", "tel",
            "telephone", "phone number", "cell",
        )),
        Field("emails", _("E-mails"), FieldKind.EMAILS, group=_CONTACT, also_known_as=(
            "邮箱", "电子邮箱", "电子邮件", "邮件", "email", "e-mail", "mail", "email address",
        )),
        Field("company", _("Works at"), FieldKind.LINK, column="company_id", links_to="customer",
              group=_FILE, also_known_as=(
                  "公司", "所属公司", "单位", "company", "organization")),
        Field("job_title", _("Job title"), max_length=80, group=_FILE, also_known_as=(
            "职位", "职务", "title", "position", "job title")),
        Field("country", _("Country"), max_length=60, group=_PLACE,
              also_known_as=("国家", "country")),
        Field("province", _("Province"), max_length=60, group=_PLACE, also_known_as=(
            "省", "省份", "province", "state", "region")),
        Field("city", _("City"), max_length=60, group=_PLACE, also_known_as=(
            "城市", "市", "city", "town")),
        Field("street", _("Street"), FieldKind.ADDRESS, group=_PLACE, also_known_as=(
            "地址", "详细地址", "联系地址", "address", "street", "street address")),
        Field("birthday", _("Birthday"), FieldKind.DATE, group=_FILE, also_known_as=(
            "生日", "出生日期", "birthday", "date of birth", "birth date")),
        Field("gender", _("Gender"), FieldKind.CHOICE, choices=lambda: GENDERS, group=_FILE,
              also_known_as=("性别", "gender", "sex")),
        Field("industry", _("Industry"), max_length=80, group=_FILE, also_known_as=(
            "行业", "所属行业", "industry", "sector")),
        Field("registration_no", _("Registration no."), max_length=40, group=_FILE, also_known_as=(
            "统一社会信用代码", "信用代码", "税号", "registration no", "tax id", "vat")),
        Field("website", _("Website"), FieldKind.WEB, group=_CONTACT, also_known_as=(
            "网址", "网站", "website", "web", "url", "domain")),
        Field("owner", _("Owner"), FieldKind.USER, column="owner_id", choices=user_names,
              group=_FILE, is_sortable=False, is_bearing=True,
              also_known_as=("负责人", "跟进人", "业务员", "owner", "sales rep")),
        Field("team", _("Team"), FieldKind.TEAM, column="team_id", choices=team_names,
              group=_FILE, is_sortable=False, is_bearing=True,
              also_known_as=("团队", "部门", "team")),
        Field("tags", _("Tags"), FieldKind.TAGS, group=_FILE, also_known_as=(
            "标签", "tags", "labels", "tag")),
        Field("source", _("Source"), max_length=40, words=lambda: SOURCES, group=_FILE,
              also_known_as=("来源", "客户来源", "source", "lead source")),
        Field("remark", _("Remark"), FieldKind.LONG_TEXT, is_sortable=False, group=_FILE,
              also_known_as=("备注", "说明", "remark", "notes", "note", "comment")),
        Field("verified_at", _("Verified"), FieldKind.TIME, is_editable=False, group=_FILE),
        Field("custom", _("Other values"), FieldKind.OBJECT, is_fact=False),
    ),
    party_column="id",
    sight=sight_of_customers,
    reach=reach_of_customers,
    follows=_follows,
    guard=_guard,
    derive=_derive_party,
    derived=frozenset({"name_key", "search", "keys"}),
    derived_of=frozenset({
        "kind", "name", "code", "registration_no", "phones", "emails", "website", "birthday",
        "company_id", "city", "street",
    }),
    derived_from=("company",),
    summary=lambda party: {"name": party.name},
    stand_ins=_stand_ins,
    credit=_credit,
    match_by=("code",),
    default_sort="name",
    has_search=True,
    search_texts=_search_texts,
    also_in={
        "name": ("name_key", "search", "keys"), "code": ("search",), "phones": ("search", "keys"),
        "emails": ("search", "keys"), "company": ("search",), "birthday": ("keys",),
        "registration_no": ("keys",), "street": ("keys",),
    },
    collections=(
        Collection("contacts", "events_event", "party_id", "happened_at",
                   only=(("type", "contact.logged"),)),
        Collection("open_tasks", "customers_task", "party_id", "created_at",
                   only=(("archived_at", None), ("done_at", None))),
    ),
    facts=(
        Fact("created_at", _("Created"), Kind.TIME, "created_at", group=_FILE, is_nullable=False,
             is_bearing=True),
        Fact("readers", _("Shared with"), Kind.TAGS, "readers", group=_FILE, is_bearing=True,
             is_sortable=False),
        Fact("writers", _("Shared to work on"), Kind.TAGS, "writers", group=_FILE,
             is_bearing=True, is_sortable=False),
        Fact("updated_at", _("Changed"), Kind.TIME, "updated_at", group=_FILE, is_nullable=False,
             is_bearing=True),
        Fact("completeness", _("Complete, %"), Kind.NUMBER, "completeness", group=_FILE,
             is_nullable=False, made_of=tuple(f"customer.{name}" for name in ALL_COUNTED)),
        Fact("pool", _("Pool"), Kind.LINK, "pool_id", choices=pool_names, group=_FILE,
             is_sortable=False, is_bearing=True),
        Aggregate("contacts.count", _("Contacts made"), Kind.NUMBER, "contacts", "count",
                  group=_CONTACT),
        Aggregate("contacts.last", _("Last contact"), Kind.TIME, "contacts", "last",
                  "happened_at", group=_CONTACT),
        Aggregate("open_tasks.count", _("Open tasks"), Kind.NUMBER, "open_tasks", "count",
                  group=_TASKS),
        Aggregate("open_tasks.next", _("Next task due"), Kind.DATE, "open_tasks", "first",
                  "due_on", group=_TASKS),
    ),
)  # fmt: skip

# Whose customer a row belongs to, for everything that points at one.
CUSTOMER_JOIN = Join("customer", "customers_party", near="party_id", far="id")
CUSTOMER_FACTS = (
    Fact("customer.name", _("Customer"), Kind.TEXT, "name", join="customer", is_sortable=False),
    Fact("customer.city", _("Customer's city"), Kind.TEXT, "city", join="customer",
         is_sortable=False),
    Fact("customer.owner", _("Customer's owner"), Kind.LINK, "owner_id", join="customer",
         choices=user_names, is_sortable=False),
    Fact("customer.team", _("Customer's team"), Kind.LINK, "team_id", join="customer",
         choices=team_names, is_sortable=False),
    Fact("customer.readers", _("Customer is shared with"), Kind.TAGS, "readers", join="customer",
         is_sortable=False),
    Fact("customer.writers", _("Customer is shared to work on"), Kind.TAGS, "writers",
         join="customer", is_sortable=False),
    Fact("customer.pool", _("Customer's pool"), Kind.LINK, "pool_id", join="customer",
         choices=pool_names, is_sortable=False),
)  # fmt: skip


TASK: "RecordType[Task]" = RecordType(
    name="task",
    model_label="customers.Task",
    label=_("Task"),
    plural=_("Tasks"),
    fields=(
        Field("title", _("Title"), is_required=True, is_bearing=True),
        Field("customer", _("Customer"), FieldKind.LINK, column="party_id", links_to="customer",
              is_required=True, is_sortable=False, is_bearing=True),
        Field("due_on", _("Due"), FieldKind.DATE, is_bearing=True),
        Field("assignee", _("Assignee"), FieldKind.USER, column="assignee_id", choices=user_names,
              is_sortable=False, is_bearing=True),
    ),
    title="title",
    sight=sight_by_customer,
    reach=reach_by_customer,
    summary=lambda task: {"title": task.title, "due_on": task.due_on},
    default_sort="due_on",
    joins=(CUSTOMER_JOIN,),
    facts=(
        Fact("done_at", _("Done"), Kind.TIME, "done_at", is_bearing=True),
        Fact("created_at", _("Created"), Kind.TIME, "created_at", is_nullable=False,
             is_bearing=True),
        *CUSTOMER_FACTS,
    ),
)  # fmt: skip


_PEOPLE = _("People who work there")
_RELATIONS = _("Relations")


def declare() -> None:
    register(
        CUSTOMER,
        table="customers_party",
        events=events.COLLECTION,
        event_fields=event_fields,
        event_label=event_label,
    )
    register(TASK, table="customers_task")
    points_at_customer(
        Pointer("customers_party", "company_id", _PEOPLE, is_record=True, other="id",
                is_customer=True),
        Pointer("customers_party", "merged_into_id", is_customer=True),
        Pointer("customers_share", "party_id", _("Shares"), once_per=("with_id",)),
        Pointer("customers_task", "party_id", _("Tasks"), is_record=True),
        Pointer("customers_attachment", "party_id", _("Files")),
        Pointer("customers_relation", "party_id", _RELATIONS, other="other_id",
                once_per=("kind", "other_id")),
        Pointer("customers_relation", "other_id", _RELATIONS, other="party_id",
                once_per=("kind", "party_id")),
        # Found anew by the next scan.
        Pointer("customers_duplicate", "party_id", is_derived=True),
        Pointer("customers_duplicate", "other_id", is_derived=True),
        Pointer(events.COLLECTION.table, "party_id", _("Timeline entries"), key_type="bigint"),
    )  # fmt: skip
