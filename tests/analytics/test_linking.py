"""Record linkage: the labelled Febrl sets, and what has to hold for any table."""

import csv
import gzip
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.analytics import (
    FellegiSunter,
    InvalidInput,
    NotEnoughData,
    candidate_pairs,
    link_pairs,
    link_records,
    similar_names,
    similar_numbers,
)

COMPARED = {
    **dict.fromkeys(("given_name", "surname", "address_1", "address_2", "suburb"), similar_names()),
    **dict.fromkeys(("street_number", "postcode", "state"), similar_numbers()),
    **dict.fromkeys(("date_of_birth", "soc_sec_id"), similar_numbers(1, 2)),
}


@pytest.fixture(scope="module", params=(1, 2, 3))
def febrl(request, data_folder):
    """Generated persons with slips, and who is who."""
    with gzip.open(data_folder / f"febrl_{request.param}.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    table = {name: np.array([(row[name] or "").strip() for row in rows]) for name in rows[0]}
    return table, np.array([row["rec_id"].split("-")[1] for row in rows])


def joined(*columns):
    return np.array(["".join(row) if all(row) else "" for row in zip(*columns, strict=True)])


def blocks_of(table):
    start = {name: np.array([text[:4] for text in column]) for name, column in table.items()}
    return [
        table["soc_sec_id"],
        table["date_of_birth"],
        table["address_1"],
        joined(table["surname"], table["given_name"]),
        joined(table["postcode"], table["street_number"]),
        joined(start["surname"], table["postcode"]),
        joined(start["given_name"], table["suburb"]),
    ]


def pairs_within(labels) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(labels).values())


def test_febrl_is_linked_without_labels(febrl):
    table, truth = febrl
    links = link_records(table, COMPARED, blocks_of(table))

    right = int((truth[links.left] == truth[links.right]).sum())
    precision, recall = right / len(links), right / pairs_within(truth)
    assert precision >= 0.999
    assert recall >= 0.997
    assert 2 * precision * recall / (precision + recall) >= 0.998


def test_febrl_groups_are_the_persons(febrl):
    table, truth = febrl
    groups = link_records(table, COMPARED, blocks_of(table)).groups(len(truth))

    right = pairs_within(zip(groups, truth, strict=True))
    assert right / pairs_within(groups) >= 0.999
    assert right / pairs_within(truth) >= 0.997


def test_the_probabilities_are_calibrated(febrl):
    """Of the candidates taken for the same with probability p, a share of about p are."""
    table, truth = febrl
    links = link_records(table, COMPARED, blocks_of(table), threshold=0.0)
    same = truth[links.left] == truth[links.right]
    assert links.probability.sum() == pytest.approx(same.sum(), rel=0.01)


def test_the_weights_add_up_to_the_odds(febrl):
    table, _truth = febrl
    links = link_records(
        table, COMPARED, blocks_of(table), common=("surname", "suburb"), threshold=0.01
    )
    prior = links.model.prior_
    odds = np.log2(prior / (1 - prior)) + links.weights.sum(axis=1)
    assert 1 / (1 + np.exp2(-odds)) == pytest.approx(links.probability)
    assert (links.weights[links.levels == -1] == 0).all()


def test_a_rare_name_weighs_more_than_a_common_one():
    random_ = np.random.default_rng(5)
    surnames = random_.choice(["王伟", "李娜", "张敏"], 3_000)
    surnames[:2] = "欧阳娜娜"
    phones = np.array([f"138{number:08}" for number in random_.permutation(3_000)])
    phones[1000:1500] = phones[500:1000]
    surnames[1000:1500] = surnames[500:1000]
    phones[1] = phones[0]
    table = {"name": surnames, "phone": phones}

    links = link_records(
        table,
        {"name": similar_names(), "phone": similar_numbers()},
        [phones],
        common=["name"],
        threshold=0.0,
    )

    weight = dict(zip(links.left.tolist(), links.weights[:, 0].tolist(), strict=True))
    assert weight[0] > weight[500] + 5


def test_the_same_table_gives_the_same_links_in_any_order(febrl):
    table, _truth = febrl
    rows = len(_truth)
    order = np.random.default_rng(1).permutation(rows)
    shuffled = {name: column[order] for name, column in table.items()}

    one = link_records(table, COMPARED, blocks_of(table))
    other = link_records(shuffled, COMPARED, blocks_of(shuffled))

    pairs = {frozenset(pair) for pair in zip(one.left.tolist(), one.right.tolist(), strict=True)}
    again = {
        frozenset(pair)
        for pair in zip(order[other.left].tolist(), order[other.right].tolist(), strict=True)
    }
    assert len(pairs ^ again) <= 0.005 * len(pairs)  # random pairs are drawn anew


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from(["", "a", "b", "c"]), min_size=3, max_size=3), min_size=1))
def test_candidates_are_the_pairs_that_share_a_block(rows):
    table = np.array(rows)
    left, right = candidate_pairs([table[:, 0], table[:, 1], table[:, 2]], len(rows))

    expected = [
        (one, other)
        for one in range(len(rows))
        for other in range(one + 1, len(rows))
        if any(a == b != "" for a, b in zip(rows[one], rows[other], strict=True))
    ]
    if len(rows) <= 100:
        assert list(zip(left.tolist(), right.tolist(), strict=True)) == expected


def test_a_huge_block_is_looked_at_among_neighbours_only():
    left, _right = candidate_pairs([np.full(1_000, "上海")], 1_000)
    assert len(left) == sum(1_000 - distance for distance in range(1, 101))


def test_fails_without_anything_to_compare():
    with pytest.raises(InvalidInput):
        link_records({"name": ["a", "b"]}, {}, [])


def test_says_so_when_no_two_rows_can_be_compared():
    with pytest.raises(NotEnoughData) as refusal:
        link_records({"name": ["a", "b"]}, {"name": similar_names()}, [np.array(["x", "y"])])
    assert refusal.value.code == "no_pairs"


def test_weights_from_elsewhere_take_chance_from_the_table():
    """A name that stands for one company in a small table stands for many in a large one: known
    weights must not join those who merely share it."""
    rng = np.random.default_rng(7)
    rows = 6_000
    names = rng.choice([f"n{k}" for k in range(60)], rows)
    phones = np.array([f"{k:08d}" for k in range(rows)])
    twins = np.arange(0, 100, 2)
    names[twins + 1], phones[twins + 1] = names[twins], phones[twins]
    compare = {"name": similar_names(), "phone": similar_numbers()}
    left, right = candidate_pairs([names, phones], rows)
    shares = np.array([0.05, 0.05, 0.1, 0.8]), np.array([0.2, 0.05, 0.75])
    chance = np.array([0.99, 0.009, 9e-4, 1e-4]), np.array([0.999, 9e-4, 1e-6])

    def known(prior: float) -> FellegiSunter:
        model = FellegiSunter()
        model.m_, model.u_, model.prior_ = shares, chance, prior
        return model

    links = link_pairs(
        {"name": names, "phone": phones}, compare, left, right, model=known(50 / rows**2)
    )

    assert set(zip(links.left.tolist(), links.right.tolist(), strict=True)) == {
        (k, k + 1) for k in twins.tolist()
    }
    # Two rows of one person in a table too small to tell are believed as they were before.
    few = link_pairs(
        {"name": names[:2], "phone": phones[:2]}, compare,
        np.array([0]), np.array([1]), model=known(0.01),
    )  # fmt: skip
    assert few.probability[0] > 0.99
    assert abs(few.model.u_[0] - chance[0]).max() < 1e-5
