"""Mappings against a derivation from scratch; the measure against the decks' tables."""

import csv
from decimal import Decimal

import numpy as np
import pytest
from scipy.linalg import eigh
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import OneClassSVM
from sklearn.utils.estimator_checks import estimator_checks_generator

from utils import evaluation
from utils.files import data_file
from utils.lessons import transfer
from utils.lessons.transfer import (
    CORAL,
    TCA,
    Domain,
    cdfg_complete,
    cdfg_partial,
    equal_error_rate,
    risk_matrix,
)

CHECKS = [
    pytest.param(copy, check, id=f"{copy}-{check.func.__name__}")
    for estimator in (TCA(), TCA(kernel="rbf"), CORAL())
    for copy, check in estimator_checks_generator(estimator)
]


@pytest.mark.parametrize(("estimator", "check"), CHECKS)
def test_is_a_scikit_learn_transformer(estimator, check):
    check(estimator)


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
    """TCA as in the paper: all matrices written out, a generalized eigenproblem."""
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
    return K @ vectors[:, ::-1][:, :size]


@pytest.mark.parametrize(("kernel", "size"), [("linear", 3), ("rbf", 5)])
@pytest.mark.parametrize("mu", [1e-3, 0.1, 10])
def test_tca_from_scratch(kernel, size, mu):
    source, target = shifted()
    tca = TCA(size, kernel, gamma=0.1, mu=mu).fit(source, target=target)
    expected = by_definition(source, target, kernel, 0.1, mu, size)
    found = np.vstack([tca.transform(source), tca.transform_target(target)])
    signs = np.sign((expected * found).sum(axis=0))
    np.testing.assert_allclose(found, expected * signs, atol=1e-6 * abs(expected).max())


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


@pytest.mark.parametrize("wrong", [{"kernel": "poly"}, {"mu": 0}, {"n_components": 0}])
def test_tca_refuses_what_it_cannot_do(wrong):
    with pytest.raises(ValueError, match="Received"):
        TCA(**wrong).fit(np.eye(4), target=np.eye(4))


def test_coral_refuses_a_negative_regularization():
    with pytest.raises(ValueError, match="negative. Received: -1"):
        CORAL(-1).fit(np.eye(4))


def test_components_beyond_the_rank_are_zero():
    """Three features carry three components; rounding must not pass for a fourth."""
    source, target = shifted()
    rows = TCA(5).fit(source, target=target).transform(target)
    assert (rows[:, 3:] == 0).all() and (rows[:, :3].std(axis=0) > 0).all()


def test_signs_do_not_hang_on_the_eigensolver():
    source, target = shifted()
    weights = TCA(3, "rbf").fit(source, target=target).weights_
    assert (weights[np.abs(weights).argmax(axis=0), np.arange(3)] > 0).all()


@pytest.mark.parametrize("mapping", [TCA(2), TCA(2, "rbf"), CORAL()], ids=str)
def test_fit_transform_takes_the_target(mapping):
    source, target = shifted()
    np.testing.assert_array_equal(
        mapping.fit_transform(source, target=target),
        mapping.fit(source, target=target).transform(source),
    )


def test_there_is_one_equal_error_rate():
    assert transfer.equal_error_rate is evaluation.equal_error_rate


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


@pytest.mark.parametrize("seed", range(5))
def test_equal_error_rate_between_its_neighbors(seed):
    """Many ties: the two rates of the thresholds around the crossing enclose it."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat([0, 1], [70, 30]))
    scores = np.round(rng.normal(size=100) + labels, 0)
    rates = [
        (np.mean(scores[labels == 0] >= t), np.mean(scores[labels == 1] < t))
        for t in [*np.unique(scores), np.inf]
    ]
    low = max(min(pair) for pair in rates)
    high = min(max(pair) for pair in rates)
    rate = equal_error_rate(labels, scores)
    assert low <= rate <= high
    assert equal_error_rate(labels, np.exp(scores)) == pytest.approx(rate)
    assert equal_error_rate(labels, -scores) == pytest.approx(1 - rate)
    assert equal_error_rate(1 - labels, -scores) == pytest.approx(rate)


def test_equal_error_rate_of_random_scores():
    rng = np.random.default_rng(0)
    assert equal_error_rate(
        rng.integers(0, 2, 4000), rng.random(4000)
    ) == pytest.approx(0.5, abs=0.03)


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


def test_missing_risk_is_named():
    with pytest.raises(ValueError, match="Needs the risk a → b. Received: a → a"):
        cdfg_partial({("a", "a"): 1}, "a", "b")


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
        def fit(self, X, y=None, target=None):
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
        ([domain("a"), domain("b")], changing, None, "Restriction 1.*and then"),
        ([domain("a"), domain("b", descriptors="HOG")], neighbors, None,
         "Restriction 2.*HOG"),
        ([domain("a"), domain("b", columns=2)], neighbors, None,
         r"Restriction 2.*\(2 features\)"),
        ([domain("a", test=np.arange(39, 60))], neighbors, None,
         "Restriction 3.*1 training rows of a among the test rows of a"),
        ([domain("a")], neighbors, CORAL().fit(np.eye(3)),
         "Restriction 3.*fitted before"),
    ],
)  # fmt: skip
def test_broken_restriction_is_named(domains, factory, mapping, words):
    with pytest.raises(ValueError, match=f"{words}"):
        risk_matrix(domains, factory, mapping)


def test_domain_needs_a_label_for_each_row():
    with pytest.raises(ValueError, match=r"Received shapes: \(4, 3\) and \(5,\)"):
        Domain("a", np.zeros((4, 3)), np.zeros(5, int), [0], [1], "three numbers")


def test_domains_in_one_table_may_not_share_rows():
    one = domain("a")
    two = Domain(
        "b", one.features, one.labels, one.test[:10], one.train[:3], one.descriptors
    )
    with pytest.raises(
        ValueError, match="3 training rows of a among the test rows of b"
    ):
        risk_matrix([one, two], neighbors)


def test_unknown_risk():
    with pytest.raises(ValueError, match="'error' or 'eer'. Received: 'loss'"):
        risk_matrix([domain("a")], lambda: MLPClassifier(), risk="loss")
