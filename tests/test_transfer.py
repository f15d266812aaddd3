"""Mappings against a derivation from scratch; the measure against the decks' tables."""

import csv
import gc
import tracemalloc
import warnings
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import eigh
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import Ridge
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler
from sklearn.svm import OneClassSVM
from sklearn.utils.estimator_checks import estimator_checks_generator

from utils.evaluation import fold_scores
from utils.files import data_file
from utils.lessons import transfer
from utils.lessons.transfer import (
    CORAL,
    TCA,
    Domain,
    cdfg_complete,
    cdfg_partial,
    risk_matrix,
)

steady = settings(derandomize=True, deadline=None, database=None, max_examples=25)


# ----------------------------------------------------------- scikit-learn's own checks


class LoneTCA(TCA):
    """Its own target: scikit-learn's checks know of one table only."""

    def fit(self, X, y=None):
        return super().fit(X, target=X)


class LoneCORAL(CORAL):
    def fit(self, X, y=None):
        return super().fit(X, target=X)


OBJECTS = {"check_dtype_object": "arrays of objects are refused, as everywhere here"}
BY_FIT_TRANSFORM = {
    check: "calls `fit_transform`, which CORAL refuses: it would move target rows, too"
    for check in (
        "check_fit_score_takes_y",
        "check_pipeline_consistency",
        "check_transformer_data_not_an_array",
        "check_transformer_general",
        "check_transformer_preserve_dtypes",
    )
}
CHECKS = [
    pytest.param(copy, check, expected, id=f"{copy}-{check.func.__name__}")
    for estimator, expected in (
        (LoneTCA(), OBJECTS),
        (LoneTCA(kernel="rbf"), OBJECTS),
        (LoneCORAL(), OBJECTS | BY_FIT_TRANSFORM),
    )
    for copy, check in estimator_checks_generator(estimator)
]


@pytest.mark.parametrize(("estimator", "check", "expected"), CHECKS)
def test_is_a_scikit_learn_transformer(estimator, check, expected):
    if check.func.__name__ not in expected:
        check(estimator)
        return
    with pytest.raises(ValueError, match="an array of objects|a call of `fit_transf"):
        check(estimator)


# ------------------------------------------------------------------------ the mappings


def shifted(seed=0, source_rows=80, target_rows=60):
    """Three features; the target is moved along one and stretched along another."""
    rng = np.random.default_rng(seed)
    source = rng.normal(size=(source_rows, 3)) @ np.diag([1, 2, 1.5])
    return source, rng.normal(size=(target_rows, 3)) @ np.diag([1, 3, 0.5]) + [4, 0, 1]


def mmd(a, b, gamma):
    """Squared maximum mean discrepancy, one pair of rows at a time."""

    def kernel(x, y):
        return np.exp(-gamma * np.sum((x[:, None] - y[None]) ** 2, axis=2)).mean()

    return kernel(a, a) + kernel(b, b) - 2 * kernel(a, b)


def by_definition(source, target, kernel, gamma, mu, size):
    """TCA as in the paper: all matrices written out, a generalized eigenproblem.

    Smallest tr(W' K L K W) + mu tr(W' W) under W' K H K W = (n + m) I.
    """
    rows = np.vstack([source, target])
    n, m = len(source), len(target)
    K = rows @ rows.T
    if kernel == "rbf":
        K = np.exp(-gamma * ((rows[:, None] - rows[None]) ** 2).sum(axis=2))
    L = np.empty((n + m, n + m))
    for i in range(n + m):
        for j in range(n + m):
            L[i, j] = (1 / n if i < n else -1 / m) * (1 / n if j < n else -1 / m)
    H = np.eye(n + m) - np.ones((n + m, n + m)) / (n + m)
    price = mu * np.mean(np.diag(K @ K)) * np.eye(n + m)
    _, vectors = eigh(K @ H @ K, K @ L @ K + price)
    W = vectors[:, ::-1][:, :size]
    W *= np.sqrt((n + m) / np.diag(W.T @ K @ H @ K @ W))
    np.testing.assert_allclose(W.T @ K @ H @ K @ W, (n + m) * np.eye(size), atol=1e-6)
    return K @ W


@pytest.mark.parametrize(("kernel", "size"), [("linear", 3), ("rbf", 5)])
@pytest.mark.parametrize("mu", [1e-3, 0.1, 10])
def test_tca_from_scratch(kernel, size, mu):
    source, target = shifted()
    tca = TCA(size, kernel, gamma=0.1, mu=mu).fit(source, target=target)
    expected = by_definition(source, target, kernel, 0.1, mu, size)
    found = np.vstack([tca.transform(source), tca.transform_target(target)])
    signs = np.sign((expected * found).sum(axis=0))
    np.testing.assert_allclose(found, expected * signs, atol=1e-6 * abs(expected).max())


@pytest.mark.parametrize(("kernel", "size"), [("linear", 3), ("rbf", 8)])
@pytest.mark.parametrize("mu", [1e-3, 10])
def test_components_of_tca_have_unit_variance_and_the_closest_means_come_first(
    kernel, size, mu
):
    source, target = shifted()
    tca = TCA(size, kernel, gamma=0.1, mu=mu).fit(source, target=target)
    ours, theirs = tca.transform(source), tca.transform_target(target)
    rows = np.vstack([ours, theirs])
    np.testing.assert_allclose(np.cov(rows.T, bias=True), np.eye(size), atol=1e-8)
    K = tca._kernel(tca.rows_)
    weights = np.sum(tca.weights_**2, axis=0) * mu * np.mean(np.diag(K @ K))
    costs = (ours.mean(axis=0) - theirs.mean(axis=0)) ** 2 + weights
    assert np.all(np.diff(costs) > 0)  # by the paper's objective, one by one
    np.testing.assert_allclose(costs, len(rows) / tca.eigenvalues_, rtol=1e-6)


def test_coral_from_scratch():
    """Whitened and colored by eigenvectors found one at a time, without Cholesky."""
    source, target = shifted(1)
    scale = (source.var(axis=0).mean() + target.var(axis=0).mean()) / 2
    regular = 0.05 * scale * np.eye(3)

    def root(matrix, steps=60):  # Denman and Beavers' iteration: (root, inverse root)
        a, b = matrix, np.eye(3)
        for _ in range(steps):
            a, b = (a + np.linalg.inv(b)) / 2, (b + np.linalg.inv(a)) / 2
        return a, b

    _, whiten = root(np.cov(source.T) + regular)
    color, _ = root(np.cov(target.T) + regular)
    expected = (source - source.mean(axis=0)) @ whiten @ color + target.mean(axis=0)
    coral = CORAL(0.05).fit(source, target=target)
    np.testing.assert_allclose(coral.transform(source), expected, atol=1e-8)
    np.testing.assert_array_equal(coral.transform_target(target), target)


@pytest.mark.parametrize("mapping", [TCA(2), TCA(2, "rbf"), CORAL(1e-3)], ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_mmd_falls_on_a_shifted_gaussian(mapping, seed):
    source, target = shifted(seed, 200, 150)
    fitted = mapping.fit(source, target=target)
    moved, kept = fitted.transform(source), fitted.transform_target(target)

    def relative(a, b):  # the same yardstick for spaces of different units
        return mmd(a, b, 0.5 / np.vstack([a, b]).var(axis=0).sum())

    assert relative(moved, kept) < 0.5 * relative(source, target)


@pytest.mark.parametrize("mapping", [TCA(2), TCA(2, "rbf"), CORAL()], ids=str)
def test_rows_of_unequal_width_are_refused(mapping):
    with pytest.raises(
        ValueError, match="Received: 3 in the source and 2 in the target"
    ):
        mapping.fit(np.zeros((5, 3)), target=np.zeros((4, 2)))


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        (TCA(kernel="poly"), "`kernel` must be 'linear' or 'rbf'. Received: 'poly'"),
        (TCA(kernel=None), "`kernel`"), (TCA(mu=0), "`mu`"), (TCA(mu=-1), "`mu`"),
        (TCA(mu=np.nan), "`mu`.*Received: nan"), (TCA(mu="1"), "`mu`.*Received: '1'"),
        (TCA(mu=np.inf), "`mu`"), (TCA(kernel="rbf", gamma=0), "`gamma`"),
        (TCA(kernel="rbf", gamma=np.nan), "`gamma`"), (TCA(gamma="scale"), "`gamma`"),
        (TCA(0), "`n_components`.*from 1 to 8. Received: 0"), (TCA(0.5), "0.5"),
        (TCA(9), "`n_components`.*from 1 to 8. Received: 9"), (TCA("2"), "'2'"),
        (CORAL(-1), "`regularization`.*Received: -1"), (CORAL(np.nan), "nan"),
        (CORAL("1"), "'1'"), (CORAL(None), "None"), (CORAL(np.inf), "inf"),
    ],
    ids=str,
)  # fmt: skip
def test_a_parameter_that_cannot_be_is_named(mapping, words):
    with pytest.raises(ValueError, match=words):
        mapping.fit(np.eye(4), target=np.eye(4))


FRAME = pd.DataFrame(np.eye(4), columns=list("abcd"))
PICTURES = SimpleNamespace(images=np.zeros((4, 8, 8)), labels=np.arange(4) % 2)


@pytest.mark.parametrize("mapping", [TCA(2), TCA(2, "rbf"), CORAL()], ids=str)
@pytest.mark.parametrize(
    ("X", "target", "words"),
    [
        (np.eye(4), np.full((4, 4), np.nan), "(?i)target.*nan"),
        (np.full((4, 4), np.inf), np.eye(4), "infinity"),
        (np.zeros((4, 2, 2)), np.eye(4), r"`X` must have shape.*reshape\(4, -1\)"),
        (np.eye(4), np.zeros((4, 7, 7, 4)), r"`target`.*mean\(axis=\(1, 2\)\)"),
        (np.eye(4), np.arange(4), "`target` must have shape"),
        (np.eye(4), np.eye(4)[:0], r"target|0 sample"),
        (PICTURES, np.eye(4), "`X` must be an array. Received: a data set"),
        (np.eye(4), PICTURES, "`target` must be an array. Received: a data set"),
        (np.eye(4), [[1, 2], [3]], "`target` must be one array of numbers"),
        (np.eye(4), np.eye(4) * 1j, "real numbers"),
        (np.eye(4), csr_array(np.eye(4)), "`target` must be one array"),
        (np.eye(4), np.eye(4) * 1e200, "1e\\+200 as the largest. Standardize"),
        (np.eye(4) * 1e-200, np.eye(4) * 1e-200, "1e-200 as the largest"),
        (FRAME, FRAME[list("dcba")], "feature names"),
    ],
)
def test_rows_that_cannot_be_are_named(mapping, X, target, words):
    with pytest.raises(ValueError, match=words):
        mapping.fit(X, target=target)


def test_one_row_has_no_covariance():
    with pytest.raises(ValueError, match="1 sample"):
        CORAL().fit(np.eye(4), target=np.eye(4)[:1])


@pytest.mark.parametrize("mapping", [TCA(2), TCA(2, "rbf"), CORAL()], ids=str)
def test_the_target_is_never_taken_for_labels(mapping):
    source, target = shifted()
    with pytest.raises(ValueError, match=r"no target. Hand in `fit\(source, target="):
        mapping.fit(source)
    with pytest.raises(ValueError, match="no target"):
        mapping.fit(source, np.arange(80) % 2)
    with pytest.raises(ValueError, match="rows in the place of labels"):
        mapping.fit(source, target)
    with pytest.raises(TypeError, match="positional"):
        mapping.fit(source, None, target)


def test_a_pipeline_without_a_target_stops():
    source, target = shifted()
    model = make_pipeline(StandardScaler(), TCA(2), KNeighborsClassifier())
    words = r"pipeline.fit\(X, y, tca__target=rows\).*transform_input=\['target'\]"
    with pytest.raises(ValueError, match=words):
        model.fit(source, np.arange(80) % 2)
    with pytest.raises(ValueError, match=words):
        fold_scores(model, source, np.arange(80) % 2)


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_a_pipeline_with_a_target_is_the_steps_by_hand(kernel):
    """Named after its step, or handed through the steps before by metadata routing."""
    source, target = shifted()
    labels = np.arange(80) % 2
    scaler = StandardScaler().fit(source)
    rows = scaler.transform(source), scaler.transform(target)
    tca = TCA(2, kernel).fit(rows[0], target=rows[1])
    judge = KNeighborsClassifier(3).fit(tca.transform(rows[0]), labels)
    expected = judge.predict_proba(tca.transform_target(rows[1]))

    def steps():
        return [
            ("scale", StandardScaler()),
            ("tca", TCA(2, kernel)),
            ("judge", KNeighborsClassifier(3)),
        ]

    named = Pipeline(steps()).fit(source, labels, tca__target=rows[1])
    np.testing.assert_array_equal(named.predict_proba(target), expected)
    with config_context(enable_metadata_routing=True):
        routed = Pipeline(steps(), transform_input=["target"])
        routed.fit(source, labels, target=target)
        np.testing.assert_array_equal(routed.predict_proba(target), expected)


def test_coral_in_a_pipeline_would_move_the_target_too():
    source, target = shifted()
    model = make_pipeline(CORAL(), KNeighborsClassifier())
    for settings_ in ({}, {"coral__target": target}):
        with pytest.raises(ValueError, match="which would move the target's rows, too"):
            model.fit(source, np.arange(80) % 2, **settings_)
    with pytest.raises(ValueError, match=r"`coral.transform_target\(target\)`"):
        CORAL().fit_transform(source, target=target)


@pytest.mark.parametrize(("kernel", "size"), [("linear", 2), ("rbf", 2), ("rbf", 300)])
def test_tca_needs_the_memory_that_it_announces(kernel, size, monkeypatch):
    """Its peak, measured, and a machine that has a little less."""
    source, target = (np.random.default_rng(0).normal(size=(n, 3)) for n in (500, 300))
    mapping = TCA(size, kernel)
    gc.collect()
    tracemalloc.start()
    mapping.fit(source, target=target)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    announced = 16 * 800**2 + 32 * 800 * size
    assert 0.7 * announced < peak < 1.2 * announced
    free = SimpleNamespace(available=announced)
    monkeypatch.setattr(transfer.psutil, "virtual_memory", lambda: free)
    mapping.fit(source, target=target)
    free.available -= 1
    words = "800 rows.*0.0 GB. Received: 0.0 GB of free memory. Take a sample"
    with pytest.raises(ValueError, match=words):
        mapping.fit(source, target=target)


def test_too_many_rows_are_refused_before_the_kernel():
    rows = np.zeros((1_000_000, 1))
    with pytest.raises(ValueError, match="2,000,000 rows.*needs 64000.1 GB"):
        TCA().fit(rows, target=rows)


small_rows = st.integers(0, 1000).map(lambda seed: shifted(seed, 12, 9))


@steady
@given(
    small_rows, st.sampled_from(["linear", "rbf"]), st.randoms(use_true_random=False)
)
def test_tca_does_not_depend_on_the_order_of_rows(pair, kernel, chance):
    source, target = pair
    one = TCA(3, kernel).fit(source, target=target)
    orders = [np.array(chance.sample(range(n), n)) for n in (12, 9)]
    two = TCA(3, kernel).fit(source[orders[0]], target=target[orders[1]])
    np.testing.assert_allclose(two.eigenvalues_, one.eigenvalues_, rtol=1e-8)
    distances = [
        np.linalg.norm(np.subtract.outer(*[each.transform(target)[:, 0]] * 2))
        for each in (one, two)
    ]
    assert distances[0] == pytest.approx(distances[1], rel=1e-6)


@steady
@given(small_rows, st.floats(-100, 100))
def test_rbf_tca_does_not_see_where_both_domains_lie(pair, move):
    source, target = pair
    one = TCA(2, "rbf").fit(source, target=target)
    two = TCA(2, "rbf").fit(source + move, target=target + move)
    apart = abs(one.transform(target)) - abs(two.transform(target + move))
    assert np.abs(apart).max() < 1e-6 * np.abs(one.transform(target)).max()


@steady
@given(small_rows, st.floats(-100, 100), st.floats(0.01, 100))
def test_coral_reaches_the_targets_mean_and_covariance(pair, move, stretch):
    source, target = pair[0], stretch * pair[1] + move
    moved = CORAL(0).fit(source, target=target).transform(source)
    np.testing.assert_allclose(moved.mean(axis=0), target.mean(axis=0), atol=1e-6)
    scale = np.abs(np.cov(target.T)).max()
    np.testing.assert_allclose(np.cov(moved.T), np.cov(target.T), atol=1e-5 * scale)


def test_a_kernel_without_structure_gives_no_components():
    """All rows alike, or so wide a kernel that only its rounding errors differ."""
    source, target = shifted()
    assert not TCA(2).fit(0 * source, target=0 * target).weights_.any()
    flat = TCA(2, "rbf", gamma=1e-17).fit(source, target=target)
    assert not flat.weights_.any()


def test_components_beyond_the_rank_are_zero():
    """Three features carry three components; rounding must not pass for a fourth."""
    source, target = shifted()
    rows = TCA(5).fit(source, target=target).transform(target)
    assert (rows[:, 3:] == 0).all() and (rows[:, :3].std(axis=0) > 0).all()


def test_signs_do_not_hang_on_the_eigensolver():
    source, target = shifted()
    weights = TCA(3, "rbf").fit(source, target=target).weights_
    assert (weights[np.abs(weights).argmax(axis=0), np.arange(3)] > 0).all()


@pytest.mark.parametrize("mapping", [TCA(2), TCA(2, "rbf")], ids=str)
def test_fit_transform_takes_the_target(mapping):
    source, target = shifted()
    np.testing.assert_array_equal(
        mapping.fit_transform(source, target=target),
        mapping.fit(source, target=target).transform(source),
    )


# --------------------------------------------------------------- the decks' tables


def table(number):
    with data_file(f"santos2020_cdfg_table{number}.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        rows = list(csv.reader(file))
    return {(a, b): [Decimal(value) for value in values] for a, b, *values in rows[1:]}


def recomputed(risks):
    """{(table, pair, method): (printed, recomputed, tolerance)} of 54 derived cells."""
    cells = {}
    for number, measure, tolerance in (
        (2, cdfg_partial, "0"), (3, cdfg_complete, "0.05"),
        (4, cdfg_partial, "0"), (5, cdfg_complete, "0.05"),
    ):  # fmt: skip
        for pair, printed in table(number).items():
            for method, value in enumerate(printed):
                own = {key: row[method] for key, row in risks.items()}
                cells[number, pair, method] = (
                    value,
                    measure(own, *pair),
                    Decimal(tolerance),
                )
    return cells


def misfits(risks):
    return {
        cell: (printed, exact)
        for cell, (printed, exact, tolerance) in recomputed(risks).items()
        if abs(printed - exact) > tolerance
    }


def test_52_of_54_cells_follow():
    assert len(recomputed(table(1))) == 54
    assert misfits(table(1)) == {
        (2, ("Belleview", "Ped1"), 2): (Decimal("10.47"), Decimal("13.65")),
        (3, ("Ped1", "Belleview"), 2): (Decimal("7.45"), Decimal("9.04")),
    }


@pytest.mark.parametrize("value", ["42.71", "21.77"])
def test_one_cell_would_mend_both(value):
    risks = table(1)
    assert (
        risks["Belleview", "Ped1"][2]
        == risks["Belleview", "Train"][2]
        == Decimal("45.89")
    )
    risks["Belleview", "Ped1"][2] = Decimal(value)
    assert misfits(risks) == {}


def test_the_tolerance_is_used_up():
    exact = recomputed(table(1))[3, ("Ped1", "Belleview"), 1]
    assert abs(exact[0] - exact[1]) == exact[2] == Decimal("0.05")


def test_direction_and_symmetry():
    risks = {("a", "a"): 1, ("a", "b"): 4, ("b", "b"): 2, ("b", "a"): 9}
    assert cdfg_partial(risks, "a", "b") == 3 and cdfg_partial(risks, "b", "a") == 7
    assert cdfg_complete(risks, "a", "b") == cdfg_complete(risks, "b", "a") == 5


risk_of_two = st.fixed_dictionaries(
    {(a, b): st.floats(0, 100) for a in "ab" for b in "ab"}
)


@steady
@given(risk_of_two, st.floats(0, 100))
def test_the_measure_is_symmetric_never_negative_and_zero_at_equal_risks(risks, risk):
    complete = cdfg_complete(risks, "a", "b")
    assert complete == cdfg_complete(risks, "b", "a") >= 0
    one, two = (cdfg_partial(risks, *pair) for pair in (("a", "b"), ("b", "a")))
    assert min(one, two) <= complete <= max(one, two)
    assert cdfg_complete(dict.fromkeys(risks, risk), "a", "b") == 0
    assert cdfg_partial(risks, "a", "a") == 0


def test_missing_risk_is_named():
    with pytest.raises(ValueError, match="Needs the risk a → b. Received: a → a"):
        cdfg_partial({("a", "a"): 1}, "a", "b")
    with pytest.raises(ValueError, match="Needs the risk b → b. Received: a → a"):
        cdfg_complete({("a", "a"): 1, ("a", "b"): 2}, "a", "b")


@pytest.mark.parametrize(
    "value",
    [np.nan, np.inf, -0.1, None, "0.3", 1j, [0.3], Decimal("NaN"), Decimal("sNaN")],
)
def test_a_risk_that_is_none_is_named(value):
    risks = {("a", "a"): 1, ("a", "b"): value, ("b", "b"): 1, ("b", "a"): 1}
    for measure in (cdfg_partial, cdfg_complete):
        with pytest.raises(ValueError, match=r"finite numbers from 0.*for a → b"):
            measure(risks, "a", "b")


def test_risks_of_two_kinds_or_in_no_dictionary():
    mixed = {("a", "a"): 1.0, ("a", "b"): Decimal("0.5")}
    with pytest.raises(ValueError, match="one kind. Received: float and Decimal"):
        cdfg_partial(mixed, "a", "b")
    with pytest.raises(ValueError, match="a dictionary.*Received: ndarray"):
        cdfg_complete(np.eye(2), 0, 1)
    with pytest.raises(ValueError, match="Needs the risk"):
        cdfg_partial({("a", "a"): 1}, ["a"], "b")


# --------------------------------------------------------------- risks and restrictions


def domain(name, offset=0.0, descriptors="three numbers", columns=3, test=None):
    rng = np.random.default_rng(3)
    labels = np.arange(80) % 2
    features = rng.normal(size=(80, columns)) + offset
    features[:, 0] += 5 * labels  # across the shift, not along it
    rows = np.arange(80)
    return Domain(
        name,
        features,
        labels,
        rows[:40],
        rows[40:] if test is None else test,
        descriptors,
    )


def neighbors():
    return KNeighborsClassifier(3)


@pytest.mark.parametrize(
    "mapping", [None, PCA(2), TCA(2), TCA(2, "rbf"), CORAL()], ids=str
)
def test_native_risk_is_low_and_alignment_brings_it_abroad(mapping):
    risks = risk_matrix([domain("a"), domain("b", 8)], neighbors, mapping)
    assert set(risks) == {("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")}
    assert risks["a", "a"] < 0.1
    if isinstance(mapping, (TCA, CORAL)) and getattr(mapping, "kernel", "") != "rbf":
        assert risks["a", "b"] < 0.2
    elif mapping is None:
        assert risks["a", "b"] == 0.5


def test_detector_sees_sound_rows_only():
    class Watched(OneClassSVM):
        def fit(self, X, y=None):
            assert len(X) == 20 and y is None
            return super().fit(X)

    assert (
        risk_matrix([domain("a")], lambda: Watched(nu=0.1), risk="eer")["a", "a"] < 0.1
    )


def test_mapping_never_sees_test_rows_nor_labels():
    seen = []

    class Watched(CORAL):
        def fit(self, X, y=None, *, target=None):
            seen.extend([X, target])
            assert y is None
            return super().fit(X, target=target)

    poisoned = domain("a"), domain("b", 8)
    for place in poisoned:
        place.features[place.test] = 1e6
    risk_matrix(poisoned, neighbors, Watched())
    assert len(seen) == 8 and max(rows.max() for rows in seen) < 1e3


def test_labels_of_the_target_are_not_read_for_its_training_rows():
    home, away = domain("a"), domain("b", 8)
    before = risk_matrix([home, away], neighbors, CORAL())["a", "b"]
    away.labels[away.train] = 1 - away.labels[away.train]
    assert risk_matrix([home, away], neighbors, CORAL())["a", "b"] == before


def changing():
    changing.calls += 1
    return KNeighborsClassifier(changing.calls)


changing.calls = 0


@pytest.mark.parametrize(
    ("domains", "factory", "mapping", "words"),
    [
        ([domain("a")], {"a": neighbors}, None, "Restriction 1"),
        ([domain("a")], KNeighborsClassifier(3), None, "Restriction 1"),
        ([domain("a")], KNeighborsClassifier, None, "Restriction 1"),
        ([domain("a")], lambda k: KNeighborsClassifier(k), None, "Restriction 1"),
        ([domain("a"), domain("b", 8)], changing, None, "Restriction 1.*and then"),
        ([domain("a"), domain("b", descriptors="HOG")], neighbors, None,
         "Restriction 2.*HOG"),
        ([domain("a"), domain("b", columns=2)], neighbors, None,
         r"Restriction 2.*\(2 features\)"),
        ([domain("a", test=np.arange(39, 60))], neighbors, None,
         "Restriction 3.*1 training rows of a among the test rows of a"),
        ([domain("a")], neighbors, CORAL().fit(np.eye(3), target=np.eye(3)),
         "Restriction 3.*fitted before"),
        ([domain("a")], neighbors, make_pipeline(PCA(2).fit(np.eye(3)), CORAL()),
         "Restriction 3.*fitted before"),
        ([], neighbors, None, "at least one"),
        ([domain("a"), "b"], neighbors, None, "Received: str"),
        (domain("a"), neighbors, None, "none in a list"),
        (3, neighbors, None, "none in a list"),
        ([domain("a"), domain("a", 8)], neighbors, None, "different names.*a, a"),
        ([domain("a")], Ridge, None, "Restriction 1"),
        ([domain("a")], lambda: Ridge(), None, r"`make_estimator\(\)`.*a regressor"),
        ([domain("a")], lambda: KMeans(2), None, r"`make_estimator\(\)`.*a clusterer"),
        ([domain("a")], lambda: None, None, "NoneType, without"),
        ([domain("a")], neighbors, TCA, r"the class TCA. Hand in `TCA\(\)`"),
        ([domain("a")], neighbors, make_pipeline(PCA(2), CORAL)[1:], "the class CORAL"),
        ([domain("a")], neighbors, len, "without get_params and fit and transform"),
        ([domain("a")], neighbors, LinearDiscriminantAnalysis(), "which needs labels"),
        ([domain("a")], neighbors, SelectKBest(k=1), "requires y"),
        ([domain("a", test=[41, 43])], neighbors, None, r"two classes.*and \[1\]"),
    ],
)  # fmt: skip
def test_broken_restriction_is_named(domains, factory, mapping, words):
    with pytest.raises(ValueError, match=words):
        risk_matrix(domains, factory, mapping)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.arange(80) % 2 + 1, r"labels 0 and 1.*\[1, 2\]"),
        (np.arange(80) % 3, r"\[0, 1, 2\]"),
        (np.where(np.arange(80) < 40, 1, np.arange(80) % 2), r"\[1\] and \[0, 1\]"),
        (np.where(np.arange(80) < 40, np.arange(80) % 2, 0), r"\[0, 1\] and \[0\]"),
    ],
)
def test_an_error_rate_of_what_is_neither_sound_nor_odd(labels, words):
    one = domain("a")
    two = Domain("a", one.features, labels, one.train, one.test, "three numbers")
    with pytest.raises(ValueError, match=words):
        risk_matrix([two], lambda: OneClassSVM(), risk="eer")


def test_a_classifier_is_no_detector():
    with pytest.raises(ValueError, match="a detector.*without score_samples"):
        risk_matrix([domain("a")], neighbors, risk="eer")


def test_labels_that_are_not_read_may_be_any():
    """An equal error rate needs labels of its own rows alone, train and test."""
    one = domain("a")
    labels = np.append(one.labels, 7)
    more = Domain(
        "a", np.vstack([one.features, one.features[:1]]), labels, one.train, one.test,
        "three numbers",
    )  # fmt: skip
    risks = [
        risk_matrix([each], lambda: GaussianMixture(random_state=0), risk="eer")
        for each in (one, more)
    ]
    assert risks[0] == risks[1]


@pytest.mark.parametrize("copy", [np.asarray, np.copy, lambda a: a.astype(">f8")])
def test_domains_in_one_table_may_not_share_rows(copy):
    one = domain("a")
    two = Domain(
        "b", copy(one.features), one.labels, one.test[:10], one.train[:3],
        one.descriptors,
    )  # fmt: skip
    words = "3 training rows of a among the test rows of b"
    with pytest.raises(ValueError, match=words):
        risk_matrix([one, two], neighbors)


def test_a_reordered_copy_is_found_out_row_by_row():
    one = domain("a")
    order = np.random.default_rng(0).permutation(80)
    place = np.argsort(order)  # where a row of `one` stands in the copy
    train, test = place[40:60], place[37:40]
    two = Domain(
        "b", one.features[order], one.labels[order], train, test, "three numbers"
    )
    with pytest.raises(
        ValueError, match="3 training rows of a among the test rows of b"
    ):
        risk_matrix([one, two], neighbors)


def test_a_generator_of_domains_is_read_once():
    listed = risk_matrix([domain("a"), domain("b", 8)], neighbors)
    assert risk_matrix((domain(*d) for d in (("a",), ("b", 8))), neighbors) == listed


def by_hand(source, target, steps):
    """Each step fitted on what those before made of both domains' training rows."""
    X, Z = source.features[source.train], target.features[target.train]
    X_test = target.features[target.test]
    for step in steps:
        if isinstance(step, (TCA, CORAL)):
            step.fit(X, target=Z)
            X, Z, X_test = (
                step.transform(X), step.transform_target(Z),
                step.transform_target(X_test),
            )  # fmt: skip
        else:
            step.fit(np.vstack([X, Z]))
            X, Z, X_test = map(step.transform, (X, Z, X_test))
    guess = neighbors().fit(X, source.labels[source.train]).predict(X_test)
    truth = target.labels[target.test]
    return 1 - np.mean([np.mean(guess[truth == c] == c) for c in (0, 1)])


@pytest.mark.parametrize(
    "make_steps",
    [
        lambda: [StandardScaler(), CORAL()],
        lambda: [CORAL(), PCA(2)],
        lambda: [StandardScaler(), TCA(2, "rbf"), StandardScaler()],
        lambda: [CORAL(), TCA(2)],
        lambda: [Normalizer()],
    ],
)
def test_a_pipeline_maps_step_by_step_with_the_target(make_steps):
    domains = [domain("a"), domain("b", 3)]
    risks = risk_matrix(domains, neighbors, make_pipeline(*make_steps()))
    for source in domains:
        for target in domains:
            expected = by_hand(source, target, make_steps())
            assert risks[source.name, target.name] == pytest.approx(expected)
    nested = make_pipeline("passthrough", make_pipeline(*make_steps()))
    assert risk_matrix(domains, neighbors, nested) == risks


def test_unknown_risk():
    for risk in ("loss", None, ["eer"]):
        with pytest.raises(ValueError, match="'error' or 'eer'. Received"):
            risk_matrix([domain("a")], neighbors, risk=risk)


# ------------------------------------------------------------------------------ domains


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"features": np.zeros((4, 2, 2))}, r"`features`.*reshape\(4, -1\)"),
        ({"features": np.full((4, 3), np.nan)}, "(?i)features.*nan"),
        ({"features": PICTURES}, "a data set"),
        ({"labels": np.zeros(5, int)}, "4 labels, one an image. Received: 5"),
        ({"labels": np.array(list("abab"))}, "return_inverse"),
        ({"labels": np.eye(4)}, "argmax"),
        ({"train": [True, False, True, False]}, r"mask.*np.flatnonzero\(train\)"),
        ({"test": [1, 4]}, "`test` must be positions from 0 to 3. Received: 1 to 4"),
        ({"test": [-1, 1]}, "Received: -1 to 1"),
        ({"train": [0, 2, 2]}, r"1 repetitions. Hand in `np.unique\(train\)`"),
        ({"train": []}, "`train`"), ({"test": [0.5]}, "`test`"),
        ({"test": 3}, "`test`"), ({"descriptors": None}, "`descriptors` must be words"),
        ({"name": 3}, "`name` must be words"),
    ],
)  # fmt: skip
def test_a_domain_names_what_it_cannot_take(change, words):
    good = {
        "name": "a", "features": np.eye(4)[:, :3], "labels": [0, 1, 0, 1],
        "train": [0, 1], "test": [2, 3], "descriptors": "three numbers",
    }  # fmt: skip
    with pytest.raises(ValueError, match=words):
        Domain(**good | change)


def test_a_domain_takes_lists():
    rows = np.random.default_rng(0).normal(size=(8, 2)).tolist()
    lists = Domain("a", rows, [0, 1] * 4, [0, 1, 2, 3], [4, 5, 6, 7], "two numbers")
    risks = risk_matrix([lists], lambda: GaussianMixture(random_state=0), risk="eer")
    assert 0 <= risks["a", "a"] <= 1


# ----------------------------------------------------------------------- odd arguments

ODD = [
    None, "abc", 1j, Decimal("0.5"), True, np.nan, np.inf, -1, 0, 0.75, 10**30, [],
    [[]], [1, [2, 3]], [0, None], {}, {"a": 1}, object, len, iter([0, 1]), PICTURES,
    np.zeros((0, 3)), np.zeros((4, 1)), np.zeros((2, 3, 4)), np.array([object()] * 8),
    np.arange(8) > 3, np.full((8, 3), np.nan), np.array(["a", "b"] * 4),
    np.eye(3) * 1e308,
    np.arange(8), [0, 0], [9], PCA(2), TCA, Ridge(), make_pipeline(TCA(), Ridge()),
]  # fmt: skip
SOME = np.random.default_rng(0).normal(size=(8, 3))
PLACE = ("a", SOME, np.arange(8) % 2, np.arange(4), np.arange(4, 8), "three numbers")
GOOD = {
    "TCA": (TCA, (2, "rbf", 0.1, 0.1)),
    "TCA.fit": (lambda X, Z: TCA().fit(X, target=Z).transform(Z), (SOME, SOME + 1)),
    "CORAL.fit": (lambda X, Z: CORAL().fit(X, target=Z).transform(X), (SOME, SOME + 1)),
    "Domain": (Domain, PLACE),
    "risk_matrix": (
        risk_matrix,
        ([Domain(*PLACE)], lambda: KNeighborsClassifier(1), None, "error"),
    ),
    "cdfg_complete": (
        cdfg_complete,
        ({("a", "a"): 1, ("a", "b"): 2, ("b", "a"): 3, ("b", "b"): 4}, "a", "b"),
    ),
}


@pytest.mark.parametrize("name", GOOD)
@settings(steady, max_examples=80)
@given(st.data())
def test_right_or_a_value_error(name, data):
    """Some arguments are odd: no other exception, no warning, no NaN."""
    function, good = GOOD[name]
    odd = st.sampled_from(range(len(ODD)))
    arguments = [
        ODD[data.draw(odd)] if data.draw(st.booleans()) else argument
        for argument in good
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result = function(*arguments)
            if name == "TCA":
                result = result.fit(SOME, target=SOME + 1).transform(SOME)
        except ValueError as error:
            assert str(error)
            return
    assert name == "Domain" or "nan" not in str(result)
