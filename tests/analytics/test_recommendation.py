import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhike.analytics import (
    EASE,
    InvalidInput,
    ItemNeighbours,
    NotEnoughData,
    k_core,
    random_split,
    recommendation_record,
    time_split,
)

ONLY_PRODUCTS = "StockCode similar to '[0-9]{5}.*'"  # postage and fees aren't
lines = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 5)), min_size=12, max_size=40).filter(
    lambda rows: len({row for row in rows if row[0] == rows[0][0]}) > 1
)


@pytest.fixture(scope="module")
def shop():
    """Three tastes of twenty items each; 90 customers buy ten times within their own."""
    random = np.random.default_rng(5)
    customer = np.repeat(np.arange(90), 10)
    item = customer % 3 * 20 + random.integers(0, 20, 900)
    return customer, item, random.integers(0, 100, 900)


@pytest.fixture(scope="module")
def retail(data_folder):
    duckdb = pytest.importorskip("duckdb")
    columns = (
        duckdb.connect()
        .sql(f"""
        select cast(CustomerID as bigint) as customer, upper(StockCode) as item,
               cast(cast(InvoiceDate as timestamp) as date) as day
        from '{data_folder}/uci_online_retail.parquet'
        where CustomerID is not null and Quantity > 0 and UnitPrice > 0 and {ONLY_PRODUCTS}
    """)
        .fetchnumpy()
    )
    customer, item, day = columns["customer"], columns["item"].astype(str), columns["day"]
    kept = k_core(customer, item)
    return customer[kept], item[kept], day[kept]


@settings(max_examples=40, deadline=None)
@given(lines, st.floats(0.5, 50))
def test_weights_are_one_ridge_regression_for_each_item(rows, penalty):
    customer, item = np.array(rows).T
    model = EASE(penalty).fit(customer, item)
    table = np.zeros((len(model.customers_), len(model.items_)))
    table[np.searchsorted(model.customers_, customer), np.searchsorted(model.items_, item)] = 1
    for place in range(len(model.items_)):
        others = np.delete(np.arange(len(model.items_)), place)
        known = table[:, others]
        gram = known.T @ known + penalty * np.eye(len(others))
        expected = np.linalg.solve(gram, known.T @ table[:, place])
        np.testing.assert_allclose(model.weights_[others, place], expected, atol=1e-9)
    assert not model.weights_.diagonal().any()
    assert model.buyers_.tolist() == table.sum(axis=0).tolist()


@settings(max_examples=40, deadline=None)
@given(lines, st.integers(1, 6), st.sampled_from([0.0, 2.5]))
def test_neighbours_equal_brute_force(rows, neighbours, shrinkage):
    customer, item = np.array(rows).T
    model = ItemNeighbours(neighbours, shrinkage).fit(customer, item)
    buyers = [set(customer[item == name].tolist()) for name in model.items_]
    for column, those in enumerate(buyers):
        near = [
            len(others & those) / (np.sqrt(float(len(others) * len(those))) + shrinkage)
            for others in buyers
        ]
        near[column] = 0.0
        edge = sorted(near, reverse=True)[:neighbours]
        kept = model.weights_[:, column]
        np.testing.assert_allclose(sorted(kept[kept > 0]), sorted(x for x in edge if x > 0))
        np.testing.assert_allclose(kept[kept > 0], np.array(near)[kept > 0])


@pytest.mark.parametrize("model", [EASE(20), ItemNeighbours(30)])
def test_reasons_sum_to_the_score(shop, model):
    customer, item, _ = shop
    model = model.fit(customer, item)
    offers = model.recommend(7, n=5)
    owned = set(item[customer == 7].tolist())
    scores = dict(zip(model.items_.tolist(), model.scores([7])[0], strict=True))
    assert len(offers) == 5
    for offer in offers:
        assert offer.item not in owned
        assert {reason for reason, _ in offer.because} == owned
        assert sum(part for _, part in offer.because) == pytest.approx(offer.score, abs=1e-12)
        assert offer.score == pytest.approx(scores[offer.item], abs=1e-12)
    best = sorted((score for name, score in scores.items() if name not in owned), reverse=True)
    np.testing.assert_allclose([offer.score for offer in offers], best[:5], atol=1e-12)


def test_what_is_struck_out_counts_no_more_and_is_not_offered(shop):
    customer, item, _ = shop
    model = EASE(20).fit(customer, item)
    owned = np.unique(item[customer == 7]).tolist()
    left = model.recommend(7, n=60, struck=owned[:2])
    fresh = model.recommend_for(owned[2:], n=60, never=owned[:2])
    assert left == fresh
    assert not {offer.item for offer in left} & set(owned)
    assert model.recommend(7, struck=owned) == []


def test_what_must_not_be_offered_is_not(shop):
    customer, item, _ = shop
    model = EASE(20).fit(customer, item)
    first, second = model.recommend(7, n=2)
    assert model.recommend(7, n=1, never=[first.item, 999])[0] == second


def test_all_at_once_equals_one_at_a_time(shop):
    customer, item, _ = shop
    model = EASE(20).fit(customer, item)
    returned = model.recommend(7, n=1)[0].item
    places, scores = model.recommend_all(
        4, never=[3], never_customer=[7, 7], never_item=[returned, 999]
    )
    for row, name in enumerate(model.customers_.tolist()):
        never = [3, returned] if name == 7 else [3]
        offers = model.recommend(name, n=4, never=never)
        kept = places[row][places[row] >= 0]
        assert model.items_[kept].tolist() == [offer.item for offer in offers]
        np.testing.assert_allclose(
            scores[row][: len(offers)], [offer.score for offer in offers], atol=1e-12
        )
        assert not scores[row][len(offers) :].any()


def test_order_and_repetition_of_lines_do_not_matter(shop):
    customer, item, _ = shop
    order = np.random.default_rng(0).permutation(np.tile(np.arange(len(item)), 2))
    one, other = EASE().fit(customer, item), EASE().fit(customer[order], item[order])
    assert one.weights_.tobytes() == other.weights_.tobytes()


def test_random_split_holds_out_a_share_of_each(shop):
    customer, item, _ = shop
    split = random_split(customer, item, share=0.2, seed=3)
    seen = set(zip(split.customer.tolist(), split.item.tolist(), strict=True))
    held = set(zip(split.held_customer.tolist(), split.held_item.tolist(), strict=True))
    assert not seen & held
    assert seen | held == set(zip(customer.tolist(), item.tolist(), strict=True))
    for name in range(90):
        of_both = sum(pair[0] == name for pair in seen | held)
        assert sum(pair[0] == name for pair in held) == -(-of_both // 5)
    again = random_split(customer[::-1], item[::-1], share=0.2, seed=3)
    assert again.held_item.tolist() == split.held_item.tolist()


def test_time_split_asks_for_what_is_new_to_a_known_customer():
    customer, item = ["a", "a", "a", "a", "b"], ["x", "y", "x", "z", "x"]
    split = time_split(customer, item, [1, 2, 9, 9, 9], 5)
    assert (split.customer.tolist(), split.item.tolist()) == (["a", "a"], ["x", "y"])
    assert (split.held_customer.tolist(), split.held_item.tolist()) == (["a"], ["z"])


def test_record_by_hand():
    """Thirty customers who have tea and cup, and are asked for sugar and something unheard of."""
    many = np.arange(40)
    customer = np.concatenate([many, many, many[30:], many[:30], many[:30]])
    item = np.repeat(["tea", "cup", "sugar", "sugar", "new"], [40, 40, 10, 30, 30])
    day = np.repeat([0, 0, 0, 9, 9], [40, 40, 10, 30, 30])
    record = recommendation_record(EASE(1), time_split(customer, item, day, 5))
    assert (record.customers, record.recall, record.popular_recall) == (30, 0.5, 0.5)
    assert record.ndcg == pytest.approx(1 / (1 + 1 / np.log2(3)))
    assert (record.gain, record.beats_popular) == (0.0, False)


def test_tastes_are_found(shop):
    customer, item, day = shop
    for split in (random_split(customer, item), time_split(customer, item, day, 70)):
        assert recommendation_record(ItemNeighbours(), split).beats_popular
        record = recommendation_record(EASE(20), split)
        assert record.beats_popular
        assert record.interval[0] < record.ndcg < record.interval[1]


def test_online_retail(retail):
    """nDCG@10 of .29 where a fifth is held out at random; what comes later is harder.

    This seed gives .2923, the others of the benchmark .285 to .291: the limits of each are .007 to
    either side.
    """
    customer, item, day = retail
    assert (len(np.unique(customer)), len(np.unique(item))) == (4074, 3145)
    easy = recommendation_record(EASE(), random_split(customer, item, seed=42))
    assert round(easy.ndcg, 3) == 0.292
    assert easy.interval[0] > 0.28
    assert easy.popular_ndcg < 0.06
    hard = recommendation_record(EASE(), time_split(customer, item, day, "2011-11-01"))
    assert 0.09 < hard.ndcg < 0.2
    assert hard.beats_popular


@pytest.mark.parametrize(
    ("call", "kind", "code"),
    [
        (lambda: EASE(0), InvalidInput, "impossible_penalty"),
        (lambda: ItemNeighbours(0), InvalidInput, "impossible_number"),
        (lambda: ItemNeighbours(1, -1), InvalidInput, "impossible_shrinkage"),
        (lambda: EASE().fit([1, 2], [1]), InvalidInput, "unequal_lengths"),
        (lambda: EASE().fit([], []), NotEnoughData, "no_pairs"),
        (lambda: EASE().fit([1, 2], ["a", "b"]), NotEnoughData, "no_pairs"),
        (lambda: EASE(most_items=1).fit([1, 1], ["a", "b"]), InvalidInput, "too_many_items"),
        (lambda: fitted().recommend(5), InvalidInput, "unknown_customer"),
        (lambda: fitted().recommend(1, struck=["z"]), InvalidInput, "not_owned"),
        (lambda: EASE().fit([1, 1], [1, 2]).recommend_for(["z"]), InvalidInput, "other_kind"),
        (lambda: fitted().recommend_for(["z"]), NotEnoughData, "nothing_known"),
        (lambda: fitted().recommend(1, n=0), InvalidInput, "impossible_number"),
        (
            lambda: fitted().recommend_all(1, never_customer=[1]),
            InvalidInput,
            "unequal_lengths",
        ),
        (lambda: random_split([1], [1], share=1), InvalidInput, "impossible_share"),
        (lambda: time_split([1], [1], [1, 2], 1), InvalidInput, "unequal_lengths"),
        (
            lambda: recommendation_record(EASE(), random_split([1, 1], [1, 2], share=0.5)),
            NotEnoughData,
            "no_pairs",
        ),
        (
            lambda: recommendation_record(EASE(), random_split([1, 1, 1], [1, 2, 3])),
            NotEnoughData,
            "too_few_customers",
        ),
    ],
)
def test_refused(call, kind, code):
    with pytest.raises(kind) as refusal:
        call()
    assert refusal.value.code == code


def fitted():
    return EASE(1).fit([1, 1, 2], ["a", "b", "a"])
