"""Which customers of the base are probably one: pairs that share a key, compared sign by sign.

Candidates are found in the lake; values are read by `identity`, and what agreement weighs is learnt
from the base itself (`analytics.link_pairs`) when it holds enough pairs to learn from.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np

from zhike.analytics import Comparison, FellegiSunter, Links, link_pairs
from zhike.customers.duplicates import CLEAR, ProbablePair
from zhike.identity import USUAL, Profile, Sign, signs_of

KINDS = ("person", "company")
# A key that more customers share says nothing by itself; it is taken together with a place, a day
# or a company then.
LARGEST_BLOCK = 50
ENOUGH_TO_LEARN = 100  # expected matches
# More than this share of customers can't have a second file: what was learnt is then another
# likeness, such as shops of one name in one city.
MOST_TO_BELIEVE = 0.05
MOST_PAIRS = 50_000  # of one kind in one scan, the most probable; the next scan brings the next
ENOUGH_OF_A_SIGN = 50  # matches in which it is known on both sides
# What each sign is read from; `company` stands for the employer's name.
_READ_FROM = {
    "registration_no": ("registration_no",),
    "phone": ("phones",),
    "email": ("emails",),
    "name": ("name",),
    "birthday": ("birthday",),
    "company": ("employer",),
    "domain": ("website", "emails"),
    "city": ("city", "name"),
    "street": ("street",),
}
_READ = """
    CREATE OR REPLACE TEMP TABLE read AS
    SELECT row_number() OVER (ORDER BY p.id) - 1 AS n, p.id, p.keys, p.name, p.registration_no,
        array_to_string(list_sort(p.phones), ',') AS phones,
        array_to_string(list_sort(p.emails), ',') AS emails,
        p.website, coalesce(p.birthday::VARCHAR, '') AS birthday, p.city, p.street,
        coalesce(c.name, '') AS employer
    FROM customers_party p LEFT JOIN customers_party c ON c.id = p.company_id
    WHERE p.archived_at IS NULL AND p.kind = ?
"""
_PAIRS = f"""
    WITH keyed AS (SELECT n, unnest(keys) AS key FROM read),
    large AS (SELECT key FROM keyed GROUP BY key HAVING count(*) > {LARGEST_BLOCK}),
    within AS (SELECT n, key, birthday, city, street, employer FROM keyed
        SEMI JOIN large USING (key) JOIN read USING (n)),
    blocked AS (
        SELECT n, key::VARCHAR AS block FROM keyed ANTI JOIN large USING (key)
        UNION ALL SELECT n, concat(key, 'b', birthday) FROM within WHERE birthday <> ''
        UNION ALL SELECT n, concat(key, 'c', city) FROM within WHERE city <> ''
        UNION ALL SELECT n, concat(key, 's', street) FROM within WHERE street <> ''
        UNION ALL SELECT n, concat(key, 'e', employer) FROM within WHERE employer <> ''
    ),
    small AS (SELECT block FROM blocked GROUP BY block
        HAVING count(*) BETWEEN 2 AND {LARGEST_BLOCK}),
    compared AS (SELECT n, block FROM blocked SEMI JOIN small USING (block))
    SELECT DISTINCT a.n AS one, b.n AS other
    FROM compared a JOIN compared b ON a.block = b.block AND a.n < b.n ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Linked:
    """What was found among the customers of one kind. `learnt` holds, for each sign with enough
    evidence, how often the same and how often different customers reach each level; empty where
    the base holds too few pairs to learn from."""

    kind: str
    customers: int
    compared: int
    pairs: list[ProbablePair]
    learnt: Mapping[str, list[tuple[float, float]]]


@dataclass(frozen=True, eq=False)
class _OfSign(Comparison):
    """Levels as identity gives them. Texts are places in `values`, empty where unknown."""

    sign: Sign
    values: Sequence[Any]

    @property
    def levels(self) -> int:
        return len(self.sign.levels)

    def grade(self, left: Sequence[str], right: Sequence[str]) -> np.ndarray:
        grade, values = self.sign.grade, self.values
        pairs = zip(map(int, left), map(int, right), strict=True)
        levels = (grade(values[one], values[other]) for one, other in pairs)
        return np.fromiter(levels, dtype=np.int8, count=len(left))


def link_customers(engine, kind: str) -> Linked:
    """Pairs of one kind with a probability of 0.5 or more. `engine` reads a copy of the lake."""
    engine.execute(_READ, [kind])
    customers = engine.execute("SELECT count(*) FROM read").fetchone()[0]
    found = engine.execute(_PAIRS).fetchnumpy()
    one, other = found["one"].astype(np.int64), found["other"].astype(np.int64)
    if len(one) == 0:
        return Linked(kind, customers, 0, [], {})
    signs = signs_of(kind)
    table, compare = _columns(engine, kind, signs)
    links = link_pairs(table, compare, one, other, common=("name",), threshold=CLEAR)
    learnt = _learnt(links, signs, customers)
    if not learnt:
        usual = _usual(kind, signs, customers)
        links = link_pairs(
            table, compare, one, other, common=("name",), threshold=CLEAR, model=usual
        )
    return Linked(kind, customers, len(one), list(_pairs(engine, links, signs)), learnt)


def _columns(engine, kind: str, signs: Sequence[Sign]) -> tuple[dict, dict]:
    """For each sign a column of places in the list of its values, and how they are compared."""
    table, compare = {}, {}
    for sign in signs:
        fields = _READ_FROM[sign.name]
        rows = engine.execute(f"SELECT {', '.join(fields)} FROM read ORDER BY n").fetchall()
        codes, values = _coded(rows, _reader(kind, sign, fields))
        table[sign.name] = codes
        compare[sign.name] = _OfSign("", (), sign, values)
    return table, compare


def _reader(kind: str, sign: Sign, fields: Sequence[str]) -> Callable[[tuple], Any]:
    def read(row: tuple) -> Any:
        given: dict[str, Any] = {"name": "", **dict(zip(fields, row, strict=True))}
        for name in ("phones", "emails"):
            given[name] = tuple(filter(None, given.get(name, "").split(",")))
        given["company"] = given.pop("employer", "")
        return sign.read(Profile(kind, **given))

    return read


def _coded(rows: list[tuple], read: Callable[[tuple], Any]) -> tuple[np.ndarray, list]:
    """Each row's value as the place in the list of distinct values; empty text where unknown."""
    by_row: dict[tuple, int] = {}
    by_value: dict[Any, int] = {}
    codes = np.empty(len(rows), dtype=np.int64)
    for place, row in enumerate(rows):
        code = by_row.get(row)
        if code is None:
            value = read(row)
            code = by_value.setdefault(value, len(by_value)) if value else -1
            by_row[row] = code
        codes[place] = code
    texts = codes.astype("U8" if len(by_value) < 10**8 else "U19")
    texts[codes < 0] = ""
    return texts, list(by_value)


def _usual(kind: str, signs: Sequence[Sign], customers: int) -> FellegiSunter:
    """The weights for a base that can't teach them, as `identity.compare` takes them. How often
    different customers agree by chance is counted in any base: a name that stands for one company
    in a small one stands for several in a large one."""
    model = FellegiSunter()
    shares = [np.array(USUAL[sign.name, kind]) for sign in signs]
    model.m_ = tuple(each[:, 0] for each in shares)
    model.u_ = tuple(each[:, 1] for each in shares)
    model.prior_ = 0.05 / max(customers, 2)
    return model


def _learnt(
    links: Links, signs: Sequence[Sign], customers: int
) -> dict[str, list[tuple[float, float]]]:
    """The weights that the base has taught; none when there are too few matches, or when they make
    no sense: there are too many of them, or full agreement in a name is not more usual among the
    same than by chance."""
    if not ENOUGH_TO_LEARN <= links.probability.sum() <= MOST_TO_BELIEVE * customers:
        return {}
    found = {}
    for place, sign in enumerate(signs):
        m, u = links.model.m_[place], links.model.u_[place]
        if sign.name == "name" and m[-1] <= u[-1]:
            return {}
        if (links.levels[:, place] >= 0).sum() >= ENOUGH_OF_A_SIGN:
            found[sign.name] = list(zip(m.tolist(), u.tolist(), strict=True))
    return found


def _pairs(engine, links: Links, signs: Sequence[Sign]) -> Iterator[ProbablePair]:
    count = min(len(links), MOST_PAIRS)
    wanted = np.unique(np.concatenate([links.left[:count], links.right[:count]]))
    ids: dict[int, UUID] = dict(
        engine.execute("SELECT n, id FROM read WHERE n = ANY(?)", [wanted.tolist()]).fetchall()
    )
    for row in range(count):
        reasons = [
            {"sign": sign.name, "level": sign.levels[level], "weight": round(float(weight), 2)}
            for sign, level, weight in zip(
                signs, links.levels[row], links.weights[row], strict=True
            )
            if level > 0 and weight > 0
        ]
        reasons.sort(key=lambda reason: -float(str(reason["weight"])))
        pair = sorted((ids[int(links.left[row])], ids[int(links.right[row])]))
        yield ProbablePair(pair[0], pair[1], float(links.probability[row]), reasons)
