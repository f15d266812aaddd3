"""Scores against chance, worked cases, scikit-learn, and invariances; odd arguments."""

import math
import warnings
from collections import defaultdict
from decimal import Decimal
from threading import Barrier, get_ident
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info, threadpool_limits

from utils.evaluation import (
    Scores,
    equal_error_rate,
    expect,
    fold_scores,
    mean_and_range,
    stratified_folds,
    wilson_interval,
)

steady = settings(derandomize=True, deadline=None, database=None, max_examples=40)
NEAREST = KNeighborsClassifier(1)
DATA_SET = SimpleNamespace(images=np.zeros((4, 8, 8)), labels=np.arange(4) % 2)
ODD = [
    None, "abc", b"abc", 1j, Decimal("0.5"), True, math.nan, math.inf, -1, 0, 0.75, 1.5,
    95, 10**30, [], [[]], [1, [2, 3]], [0, None], [0, "a"], {}, {"a": 1}, object, len,
    iter([0, 1]), DATA_SET, slice(3), np.array(3), np.zeros((0, 3)), np.zeros((4, 1)),
    np.zeros((2, 3, 4)), np.array([object()] * 4), np.array(["a", "b"] * 2),
    np.eye(4), np.eye(4) > 0, np.arange(4) > 1, np.full(4, np.nan), np.arange(4) + 0j,
    np.array([0.2, 0.8, 0.4, 0.6]), np.arange(1, 5),
]  # fmt: skip


@st.composite
def labels_and_scores(draw):
    """Both classes; whole scores, so that ties are frequent."""
    labels = [0, 1, *draw(st.lists(st.integers(0, 1), max_size=30))]
    n = len(labels)
    scores = draw(st.lists(st.integers(-50, 50), min_size=n, max_size=n))
    return np.array(labels), np.array(scores)


def in_any_order(*counts):
    return st.permutations(np.repeat(range(len(counts)), counts).tolist())


some_labels = st.lists(st.integers(2, 9), min_size=1, max_size=4).flatmap(
    lambda counts: in_any_order(*counts)
)

# ------------------------------------------------------------------------------- folds


@steady
@given(some_labels, st.integers(2, 9), st.integers(0, 5))
def test_folds_part_the_images_and_keep_proportions(labels, n_splits, seed):
    labels, counts = np.array(labels), np.bincount(labels)
    if counts.min() < n_splits:
        with pytest.raises(ValueError, match=f"a class with {counts.min()}"):
            stratified_folds(labels, n_splits, seed)
        return
    folds = stratified_folds(labels, n_splits, seed)
    assert len(folds) == n_splits
    assert sorted(np.concatenate([test for _, test in folds])) == [*range(len(labels))]
    for train, test in folds:
        assert sorted([*train, *test]) == [*range(len(labels))]
        share = np.bincount(labels[test], minlength=len(counts))
        assert (abs(share - counts / n_splits) < 1).all()


def test_the_seed_and_nothing_else_fixes_the_folds():
    labels = np.repeat([0, 1], [30, 20])
    one, same, other = (stratified_folds(labels, seed=seed)[0][1] for seed in (0, 0, 1))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


CELLS, MODULES = np.arange(240) % 2, np.arange(240) // 12


@pytest.mark.parametrize("seed", range(3))
def test_groups_are_held_out_whole(seed):
    folds = stratified_folds(CELLS, 5, seed, MODULES)
    assert sorted(np.concatenate([test for _, test in folds])) == [*range(240)]
    for train, test in folds:
        assert not set(MODULES[train]) & set(MODULES[test])
        assert 3 <= len(set(MODULES[test])) <= 5


def test_groups_are_dealt_anew_by_another_seed_and_may_have_names():
    names = np.array([f"module {number}" for number in MODULES])
    one, same, other = (
        stratified_folds(CELLS, 5, seed, groups)[0][1]
        for seed, groups in ((0, MODULES), (0, names), (1, MODULES))
    )
    assert np.array_equal(one, same) and not np.array_equal(one, other)


class Recorder(KNeighborsClassifier):
    """Keeps what it was fitted on."""

    seen = defaultdict(list)  # of each thread

    def fit(self, rows, labels):
        self.seen[get_ident()].append({int(row[0]) for row in rows})
        return super().fit(rows, labels)


class Meeting(KNeighborsClassifier):
    """Two of them can only be fitted at the same time."""

    both = Barrier(2)

    def fit(self, rows, labels):
        self.both.wait(timeout=60)
        return super().fit(rows, labels)


def test_two_folds_are_fitted_at_a_time():
    fold_scores(Meeting(), MODULES[:, None], CELLS, n_splits=2)


class Threads(KNeighborsClassifier):
    """Notes how many threads BLAS has while it is fitted."""

    def fit(self, rows, labels):
        Threads.seen = blas_threads()
        return super().fit(rows, labels)


def blas_threads():
    return {
        one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"
    }


def test_blas_has_a_second_core_for_large_matrices_only(monkeypatch):
    monkeypatch.setattr("utils.evaluation.cpu_count", lambda: 4)
    with threadpool_limits(1, "blas"):
        for shape, threads in (((999, 1000), 1), ((1000, 999), 1), ((1000, 1000), 2)):
            fold_scores(Threads(1), np.eye(*shape), np.arange(shape[0]) % 2)
            assert Threads.seen == {threads} and blas_threads() == {1}


def test_what_an_estimator_draws_hangs_on_the_seed_alone():
    rows = np.random.default_rng(0).normal(size=(240, 5))
    forest = make_pipeline(StandardScaler(), RandomForestClassifier(5))
    first, again, other = (
        fold_scores(forest, rows, CELLS, groups=MODULES, seed=seed).predictions
        for seed in (0, np.array(0), 1)
    )
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert forest[-1].random_state is None  # the learner's own is left alone


def test_a_search_within_groups_chooses_on_whole_groups():
    Recorder.seen.clear()
    search = GridSearchCV(Recorder(), {"n_neighbors": [1]}, cv=3)
    scores = fold_scores(search, MODULES[:, None], CELLS, groups=MODULES)
    fits = sum(Recorder.seen.values(), [])
    assert len(fits) == 5 * (3 + 1)
    held_out = [set(MODULES[scores.fold == number].tolist()) for number in range(5)]
    for first in range(0, 20, 4):
        *chosen_on, whole = fits[first : first + 4]
        held_out.remove(set(range(20)) - whole)
        held_back = [whole - modules for modules in chosen_on]
        assert set.union(*held_back) == whole
        assert sum(map(len, held_back)) == len(whole)


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        (MODULES[:-1], "`groups` must hold 240"),
        (MODULES[:, None], r"shape"),
        (MODULES % 4, "at least 5 groups"),
        (np.where(CELLS == 1, 19, MODULES), "without label 1"),
        (MODULES + 0.5, "whole numbers"),
    ],
)
def test_groups_that_cannot_be_held_out(groups, words):
    with pytest.raises(ValueError, match=words):
        stratified_folds(CELLS, 5, 0, groups)


def test_a_search_brings_no_folds_of_its_own_beside_groups():
    search = GridSearchCV(NEAREST, {"n_neighbors": [1]}, cv=stratified_folds(TWO))
    with pytest.raises(ValueError, match="cut by `groups`"):
        fold_scores(search, MODULES[:, None], CELLS, groups=MODULES)


@steady
@given(some_labels, st.integers(0, 3))
def test_predictions_are_scikit_learns(labels, seed):
    labels = np.array(labels)
    if len(np.unique(labels)) == 1:
        return
    rows = np.random.default_rng(seed).normal(size=(len(labels), 2)) + labels[:, None]
    scores = fold_scores(NEAREST, rows, labels, 2, seed)
    cut = StratifiedKFold(2, shuffle=True, random_state=seed)
    known = cross_val_predict(NEAREST, rows, labels, cv=cut)
    assert np.array_equal(scores.predictions, known)
    for number, (_, test) in enumerate(cut.split(rows, labels)):
        assert (scores.fold[test] == number).all()
        right = known[test] == labels[test]
        recalls = [right[labels[test] == c].mean() for c in np.unique(labels)]
        assert scores.accuracy[number] == pytest.approx(right.mean())
        assert scores.balanced_accuracy[number] == pytest.approx(np.mean(recalls))


def test_random_labels_score_near_chance():
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(200, 50)), rng.permutation(200) % 2
    scores = fold_scores(NEAREST, features, labels)
    assert 0.38 < scores.balanced_accuracy.mean() < 0.62


def test_the_estimator_itself_stays_as_it_was():
    model = KNeighborsClassifier(1)
    fold_scores(model, np.eye(20), np.arange(20) % 2)
    assert not hasattr(model, "classes_")


def test_labels_need_not_count_from_zero():
    labels = np.repeat([3, 7], 10)
    assert set(fold_scores(NEAREST, labels[:, None], labels).predictions) == {3, 7}


class Rounder(KNeighborsClassifier):
    """Says that it is a classifier, and predicts amounts."""

    def predict(self, X):
        return super().predict(X) + 0.5


class Bare:
    def fit(self, X, y):
        return self

    def predict(self, X):
        return X


ROWS, TWO = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2


@pytest.mark.parametrize(
    ("estimator", "words"),
    [
        (Ridge(), "a regressor.*such as `RidgeClassifier"),
        (make_pipeline(StandardScaler(), Ridge()), "a regressor"),
        (GridSearchCV(Ridge(), {"alpha": [1]}), "a regressor"),
        (KMeans(2), "a clusterer"),
        (IsolationForest(), "a detector.*equal_error_rate"),
        (KNeighborsClassifier, r"the class KNeigh.*Hand in `KNeigh.*\(\)`"),
        (StandardScaler(), "StandardScaler, without predict"),
        (Bare(), "Bare, without get_params"),
        (len, "without get_params and fit and predict"),
        (Rounder(1), r"one of the labels.*values such as \[[01].5\]"),
    ],
)  # fmt: skip
def test_what_is_no_classifier_is_named(estimator, words):
    with pytest.raises(ValueError, match=f"`estimator`.*{words}"):
        fold_scores(estimator, ROWS, TWO)


@pytest.mark.parametrize(
    ("features", "labels", "words"),
    [
        (np.zeros((20, 4, 4, 8)), TWO, r"\(20, 4, 4, 8\).*reshape\(20, -1\)"),
        (np.full((20, 2), np.nan), TWO, "(?i)features.*nan"),
        (ROWS, TWO[:19], "20 labels, one an image. Received: 19"),
        (ROWS, np.array(["a", "b"] * 10), "return_inverse"),
        (ROWS, np.eye(20)[:, :2], "argmax"),
        (ROWS, TWO[:, None], r"labels\[:, 0\]"),
        (ROWS, TWO + 0.3, "whole numbers. Received: 0.3"),
        (ROWS, np.zeros(20, int), "two classes. Received: only label 0"),
        (DATA_SET, TWO, "a data set"),
    ],
)  # fmt: skip
def test_rows_and_labels_that_do_not_fit_are_named(features, labels, words):
    with pytest.raises(ValueError, match=words):
        fold_scores(NEAREST, features, labels)


@pytest.mark.parametrize("n_splits", [0, 1, 2.0, 0.2, "5", None, True, 11])
def test_a_number_of_folds_that_cannot_be(n_splits):
    with pytest.raises(ValueError, match="n_splits"):
        stratified_folds(TWO, n_splits)


@pytest.mark.parametrize("seed", [None, -1, 0.5, "0", 2**32])
def test_folds_are_never_without_a_seed(seed):
    with pytest.raises(ValueError, match="`seed`"):
        stratified_folds(TWO, 5, seed)


def test_scikit_learns_order_is_noticed():
    with pytest.raises(ValueError, match=r"stratified_folds\(labels, n_splits\)"):
        stratified_folds(ROWS, TWO)
    with pytest.raises(ValueError, match="Labels come first"):
        equal_error_rate([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])


# --------------------------------------------------------------------------- intervals


@steady
@given(st.integers(1, 5000), st.floats(0, 1), st.floats(0.01, 0.999), st.integers(2, 9))
def test_wilson_holds_the_rate_shrinks_and_mirrors(total, share, confidence, times):
    correct = round(share * total)
    low, high = wilson_interval(correct, total, confidence)
    assert 0 <= low <= correct / total + 1e-12 and correct / total - 1e-12 <= high <= 1
    mirrored = wilson_interval(total - correct, total, confidence)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-12)
    closer = wilson_interval(times * correct, times * total, confidence)
    assert closer[1] - closer[0] < high - low
    wider = wilson_interval(correct, total, confidence + (1 - confidence) / 2)
    assert wider[0] <= low and high <= wider[1]


def test_wilson_by_its_formula():
    """376 of 500, with z of the normal distribution written out."""
    z, n, p = 1.959963984540054, 500, 376 / 500
    half = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    expected = ((p + z**2 / (2 * n) + side * half) / (1 + z**2 / n) for side in (-1, 1))
    assert wilson_interval(376, 500) == pytest.approx(tuple(expected), abs=1e-12)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((0.75, 500), r"the fraction 0.75. Hand in `round\(correct \* total\)`"),
        ((376, 500, 95), "`confidence`.*Hand in 0.95"),
        ((500, 376), "`correct`.*from 0 to 376. Received: 500"),
        ((-1, 5), "`correct`"), ((0, 0), "`total`"), ((3, 5.0), "`total`"),
        ((3, 5, 1), "`confidence`"), ((3, 5, math.nan), "`confidence`"),
        ((np.arange(2), 5), "`correct`"),
    ],
)  # fmt: skip
def test_wilson_names_what_it_cannot_take(arguments, words):
    with pytest.raises(ValueError, match=words):
        wilson_interval(*arguments)


# ------------------------------------------------------------------------- error rates


@pytest.mark.parametrize(
    ("scores", "rate"),
    [
        ([1, 2, 3, 4], 0), ([4, 3, 2, 1], 1), ([0.1, 0.4, 0.35, 0.8], 0.5),
        ([5, 5, 5, 5], 0.5), ([1, 3, 3, 4], 0.25),
        ([3, 3, 3, 4], 1 / 3), ([4, 3, 3, 3], 2 / 3),
    ],
)  # fmt: skip
def test_equal_error_rate_by_hand(scores, rate):
    """Tied scores are cut by lot: that is what the curve's straight piece means."""
    assert equal_error_rate([0, 0, 1, 1], scores) == pytest.approx(rate)


@steady
@given(labels_and_scores())
def test_equal_error_rate_hangs_on_the_order_alone(case):
    labels, scores = case
    rate = equal_error_rate(labels, scores)
    assert 0 <= rate <= 1
    for rising in (np.arctan, lambda s: s**3 + s, lambda s: np.exp(s / 9.0)):
        assert equal_error_rate(labels, rising(scores)) == rate
    assert equal_error_rate(labels, -scores) == pytest.approx(1 - rate)
    assert equal_error_rate(1 - labels, -scores) == pytest.approx(rate)


@steady
@given(labels_and_scores())
def test_equal_error_rate_between_its_neighbors(case):
    """The two rates of the thresholds around the crossing enclose it."""
    labels, scores = case
    rates = [
        (np.mean(scores[labels == 0] >= t), np.mean(scores[labels == 1] < t))
        for t in [*np.unique(scores), np.inf]
    ]
    low = max(min(pair) for pair in rates)
    high = min(max(pair) for pair in rates)
    assert low - 1e-12 <= equal_error_rate(labels, scores) <= high + 1e-12


def test_equal_error_rate_of_random_scores():
    rng = np.random.default_rng(0)
    rate = equal_error_rate(rng.integers(0, 2, 4000), rng.random(4000))
    assert rate == pytest.approx(0.5, abs=0.03)


def test_equal_error_rate_of_scores_that_floats_barely_hold():
    """Neighbors of 1e308 and of 0, whose differences overflow or vanish."""
    labels, scores = [0, 1, 0, 1], [-1.7e308, 5e-324, 0, 1.7e308]
    assert equal_error_rate(labels, scores) == 0


@pytest.mark.parametrize(
    ("labels", "scores", "words"),
    [
        (
            [0, 1],
            [0.1, np.nan],
            r"`scores` must be finite. Received: nan at `scores\[1\]`",
        ),
        ([0, 1], [0.1, -np.inf], r"-inf at `scores\[1\]`"),
        ([0, 1], [[0.1, 0.9], [0.8, 0.2]], r"\(2, 2\). Hand in .*`scores\[:, -1\]`"),
        ([0, 1, 1], [0.1, 0.2], "2 labels, one an image. Received: 3"),
        ([1, 2], [0.1, 0.2], r"0 and 1, both. Received: \[1, 2\].*labels == c"),
        ([-1, 1], [0.1, 0.2], r"Received: \[-1, 1\]"),
        ([1, 1], [0.1, 0.2], r"Received: \[1\]"),
        (["a", "b"], [0.1, 0.2], "return_inverse"),
        ([0, 1], ["a", "b"], "`scores` must be real numbers"),
    ],
)
def test_equal_error_rate_names_what_it_cannot_take(labels, scores, words):
    with pytest.raises(ValueError, match=words):
        equal_error_rate(labels, scores)


# -------------------------------------------------------------------- words and ranges


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([], r"\(0,\)"), ([0.8, np.nan], r"nan at `values\[1\]`"), ([np.inf], "inf"),
        (0.8, r"\(n,\)"), (np.ones((2, 2)), r"\(2, 2\)"), (["0.8"], "real numbers"),
        ((x for x in [0.8]), "generator"),
        (Scores(*np.ones((4, 2))), "Hand in its `balanced_accuracy`"),
    ],
)  # fmt: skip
def test_no_mean_of_what_are_no_scores(values, words):
    with pytest.raises(ValueError, match=words):
        mean_and_range(values)


def test_expect_stops_at_what_lies_outside():
    expect(np.float32(0.5), 0.5, np.inf, "accuracy")  # both ends are allowed
    for value in (0.5, np.nan):
        with pytest.raises(AssertionError, match="accuracy is.*expected 0.8 to 0.9"):
            expect(value, 0.8, 0.9, "accuracy")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((0.5, 0.9, 0.1), "`low` must not lie above `high`. Received: 0.9 and 0.1"),
        ((0.5, np.nan, 1), "`low`"), ((0.5, 0, np.nan), "`high`"),
        (([0.5, 0.6], 0, 1), "`value` must be one number, for the share"),
        ((None, 0, 1), "`value`"), ((0.5, "0", 1), "`low`"), ((0.5, 0, [1]), "`high`"),
    ],
)  # fmt: skip
def test_expect_names_a_range_that_is_none(arguments, words):
    with pytest.raises(ValueError, match=words):
        expect(*arguments, "share")


# ----------------------------------------------------------------------- odd arguments

GOOD = {
    mean_and_range: ([0.5, 0.75],),
    stratified_folds: (np.repeat([0, 1], 4), 2, 0),
    fold_scores: (NEAREST, np.eye(8), np.repeat([0, 1], 4), 2, 0),
    wilson_interval: (3, 4, 0.95),
    equal_error_rate: (np.arange(4) % 2, np.array([0.2, 0.8, 0.4, 0.6])),
    expect: (0.5, 0, 1, "share"),
}


@pytest.mark.parametrize("function", GOOD, ids=lambda function: function.__name__)
@settings(steady, max_examples=120)
@given(st.data())
def test_right_or_a_value_error(function, data):
    """One or more arguments are odd: no other exception, no warning, no NaN."""
    odd = st.sampled_from(range(len(ODD)))
    arguments = [
        ODD[data.draw(odd)] if data.draw(st.booleans()) else good
        for good in GOOD[function]
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result = function(*arguments)
        except ValueError as error:
            assert str(error)
            return
        except AssertionError:
            assert function is expect
            return
    assert "nan" not in str(result)
