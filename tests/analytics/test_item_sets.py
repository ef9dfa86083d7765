from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, fisher_exact

from zhike.analytics import (
    InvalidInput,
    NotEnoughData,
    association_rules,
    frequent_itemsets,
    prove,
)
from zhike.analytics.basket_proofs import groceries

baskets = st.lists(st.sets(st.integers(0, 6), min_size=1), min_size=1, max_size=30)
shares = st.fractions(Fraction(1, 40), 1, max_denominator=40)


def in_lines(sets):
    lines = [(place, item) for place, items in enumerate(sets) for item in sorted(items)]
    return np.array(lines).T


def counted(sets, share, longest=7):
    """By brute force: every set of items in every basket."""
    items = sorted(set().union(*sets))
    found = {}
    for length in range(1, longest + 1):
        for chosen in combinations(items, length):
            count = sum(set(chosen) <= basket for basket in sets)
            if count and Fraction(count, len(sets)) >= share:
                found[chosen] = count
    return found


def test_published_groceries(data_folder):
    checks = [check for check in prove(data_folder) if "Groceries" in check.method]
    assert len(checks) == 12
    assert all(check.ok for check in checks)


def test_best_rules_of_groceries(data_folder):
    found = frequent_itemsets(*groceries(data_folder / "groceries.csv.gz"), support=0.001)
    rules = association_rules(found, confidence=0.8)
    assert (rules.left[0], rules.right[0]) == (("liquor", "red/blush wine"), ("bottled beer",))
    # Sixteen of twenty are .8; as floats they may come out below.
    assert ((rules.both == 16) & (rules.left_count == 20)).sum() == 4
    assert rules.tested == 40943


def test_rules_with_more_on_the_right(data_folder):
    found = frequent_itemsets(*groceries(data_folder / "groceries.csv.gz"), support=0.006)
    assert len(association_rules(found, confidence=0.25, longest_right=4)) == 467


@settings(max_examples=60, deadline=None)
@given(baskets, shares)
def test_sets_equal_brute_force(sets, share):
    found = frequent_itemsets(*in_lines(sets), support=share)
    assert dict(found) == counted(sets, share)
    assert len(found) == len(dict(found))
    short = frequent_itemsets(*in_lines(sets), support=share, longest=2)
    assert dict(short) == counted(sets, share, longest=2)


@settings(max_examples=60, deadline=None)
@given(baskets, shares, shares)
def test_rules_equal_brute_force(sets, support, confidence):
    count = counted(sets, support)
    expected = {}
    for whole, both in count.items():
        for size in range(1, len(whole)):
            for right in combinations(whole, size):
                left = tuple(item for item in whole if item not in right)
                if Fraction(both, count[left]) >= confidence:
                    expected[left, right] = (both, count[left], count[right])
    found = frequent_itemsets(*in_lines(sets), support=support)
    rules = association_rules(found, confidence=confidence, longest_right=7)
    columns = zip(rules.both, rules.left_count, rules.right_count, strict=True)
    pairs = zip(rules.left, rules.right, strict=True)
    assert dict(zip(pairs, map(tuple, columns), strict=True)) == expected
    assert (np.diff(rules.lift) <= 1e-12).all()


@settings(max_examples=60, deadline=None)
@given(baskets)
def test_measures_equal_those_of_scipy(sets):
    found = frequent_itemsets(*in_lines(sets), support=Fraction(1, 40))
    rules = association_rules(found, confidence=Fraction(1, 40), correction="none")
    n = rules.baskets
    for place in range(min(len(rules), 20)):
        both, left, right = (
            int(column[place]) for column in (rules.both, rules.left_count, rules.right_count)
        )
        table = [[both, left - both], [right - both, n - left - right + both]]
        expected = fisher_exact(table, alternative="greater").pvalue
        assert rules.p_value[place] == pytest.approx(expected, rel=1e-9)
        if max(left, right) < n:
            statistic = chi2_contingency(table, correction=False).statistic
            assert rules.chi_square[place] == pytest.approx(statistic, abs=1e-9)
        else:
            assert rules.chi_square[place] == 0
        assert rules.leverage[place] == pytest.approx(both / n - left * right / n**2)
        assert rules.lift[place] == pytest.approx(both * n / (left * right))
        fails = left - both
        conviction = left * (n - right) / n / fails if fails else np.inf
        assert rules.conviction[place] == pytest.approx(conviction)


@pytest.mark.parametrize(
    ("both", "left", "right", "baskets"),
    [(1000, 400_000, 400_000, 1_000_000), (163_000, 400_000, 400_000, 1_000_000), (9, 9, 9, 9)],
)
def test_fisher_far_from_the_mean(both, left, right, baskets):
    from scipy.stats import hypergeom

    from zhike.analytics.association_rules import fisher_p

    expected = hypergeom.sf(both - 1, baskets, left, right)
    assert fisher_p([both], [left], [right], baskets)[0] == pytest.approx(expected, rel=1e-6)


def test_corrections():
    """Two pairs that go together and a third that does not."""
    random = np.random.default_rng(1)
    first, second = random.random((2, 300)) < 0.5
    other = random.random(300) < 0.5
    columns = {"a": first, "b": first & (random.random(300) < 0.9), "c": second, "d": other}
    lines = [(place, name) for name, held in columns.items() for place in np.flatnonzero(held)]
    found = frequent_itemsets(*map(np.array, zip(*lines, strict=True)), support=0.01, longest=2)
    plain, holm, fdr = (
        association_rules(found, confidence=0.01, correction=name)
        for name in ("none", "holm", "fdr")
    )
    assert plain.tested == len(plain) == 12
    assert (plain.p_value <= fdr.adjusted_p_value).all()
    assert (fdr.adjusted_p_value <= holm.adjusted_p_value).all()
    proven = {frozenset(a + b) for a, b, p in zip(
        holm.left, holm.right, holm.adjusted_p_value, strict=True) if p < 0.05}  # fmt: skip
    assert proven == {frozenset("ab")}
    smallest = plain.p_value.min()
    assert holm.adjusted_p_value.min() == pytest.approx(12 * smallest)


def test_order_and_repetition_of_lines_do_not_matter():
    random = np.random.default_rng(2)
    basket, item = random.integers(0, 50, 400), random.integers(0, 9, 400)
    order = random.permutation(np.tile(np.arange(400), 2))
    one = association_rules(frequent_itemsets(basket, item, support=0.1), confidence=0.2)
    other = association_rules(
        frequent_itemsets(basket[order], item[order], support=0.1), confidence=0.2
    )
    assert (one.left, one.right) == (other.left, other.right)
    assert one.p_value.tobytes() == other.p_value.tobytes()


def test_long_sets():
    """Every part of fourteen items bought together is frequent, and so is every rule."""
    found = frequent_itemsets(np.repeat([1, 2], 14), np.tile(np.arange(14), 2), support=1)
    assert len(found) == 2**14 - 1
    rules = association_rules(found, confidence=1)
    assert len(rules) == rules.tested == 14 * (2**13 - 1)
    assert set(rules.p_value.tolist()) == {1.0}


def test_nothing_frequent_gives_no_rules():
    found = frequent_itemsets([1, 2, 3], ["a", "b", "c"], support=0.5)
    assert len(found) == 0
    assert len(association_rules(found, confidence=0.5)) == 0


def a_set():
    return frequent_itemsets([1, 1], ["a", "b"], support=1)


@pytest.mark.parametrize(
    ("call", "kind", "code"),
    [
        (lambda: frequent_itemsets([], [], support=0.1), NotEnoughData, "no_pairs"),
        (lambda: frequent_itemsets([1], [1, 2], support=0.1), InvalidInput, "unequal_lengths"),
        (lambda: frequent_itemsets([1], [1], support=0), InvalidInput, "impossible_share"),
        (lambda: frequent_itemsets([1], [1], support=2), InvalidInput, "impossible_share"),
        (lambda: frequent_itemsets([1], [1], support=np.nan), InvalidInput, "impossible_share"),
        (
            lambda: frequent_itemsets([1], [1], support=0.1, longest=0),
            InvalidInput,
            "impossible_length",
        ),
        (lambda: association_rules(a_set(), confidence=0), InvalidInput, "impossible_share"),
        (
            lambda: association_rules(a_set(), confidence=1, longest_right=0),
            InvalidInput,
            "impossible_length",
        ),
        (
            lambda: association_rules(a_set(), confidence=1, correction="many"),
            InvalidInput,
            "unknown_correction",
        ),
    ],
)
def test_refused(call, kind, code):
    with pytest.raises(kind) as refusal:
        call()
    assert refusal.value.code == code
