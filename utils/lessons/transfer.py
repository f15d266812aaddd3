"""Two domains brought together, and what crossing from one to the other costs."""

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Number

import numpy as np
import psutil
from scipy.linalg import eigh
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    OneToOneFeatureMixin,
    TransformerMixin,
    clone,
)
from sklearn.metrics import balanced_accuracy_score
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from utils.checks import (
    check_classifier,
    check_count,
    check_fraction,
    check_labels,
    check_methods,
    check_positions,
    check_rows,
    check_table,
)
from utils.evaluation import equal_error_rate

SMALLEST, LARGEST = 1e-70, 1e70  # their fourth powers, too, are within float64


class TCA(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Transfer component analysis: few numbers that vary much, but little by domain.

    With the rows of source and target stacked, K their kernel, H the centering
    matrix and L the outer product of e, where e is 1/n for each of the n source
    rows and -1/m for each of the m target rows, W minimizes
    tr(W' K L K W) + mu tr(W' W) while W' K H K W = I: every component varies
    alike, and no two vary together. The best is first: the one whose domain means
    lie closest together. (The paper's I asks for squares that add up to 1 over all
    rows; here their mean is 1, so that the variance is, too. It is one factor for
    all numbers.) As L has rank one, the inverse square root of K L K + mu I is
    known, and one symmetric eigenproblem of n + m rows remains. No label is read.

    The cost grows with the square of the rows: `fit` holds two float64 matrices of
    (n + m)² numbers at once, and four of (n + m) × n_components: 16 (n + m)² +
    32 (n + m) n_components bytes, 1.6 GB for 10,000 rows and few components. Its
    time grows with (n + m)³.

    Args:
        n_components: numbers a row afterwards; at most n + m. Those beyond the
            rank of the centered kernel are 0, the others have variance 1.
        kernel: `"linear"` or `"rbf"`.
        gamma: width of the RBF kernel, exp(-gamma distance²); by default 1 /
            (features × variance of the stacked rows).
        mu: the price of large weights, relative to the mean diagonal of K K;
            small values insist that the means of the domains coincide.

    Source:
        Pan, Tsang, Kwok and Yang, "Domain Adaptation via Transfer Component
        Analysis", IEEE Transactions on Neural Networks 22, 2011,
        doi:10.1109/TNN.2010.2091281.

    Example:

    >>> rng = np.random.default_rng(0)
    >>> source, target = rng.normal(size=(50, 3)), rng.normal(size=(40, 3)) + [5, 0, 0]
    >>> tca = TCA(2).fit(source, target=target)
    >>> ours, theirs = tca.transform(source), tca.transform_target(target)
    >>> gap = ours.mean(axis=0) - theirs.mean(axis=0)
    >>> bool(abs(gap).max() < 0.1)  # the means lay 5 apart
    True
    >>> np.allclose(np.cov(np.vstack([ours, theirs]).T, bias=True), np.eye(2))
    True
    """

    # Under metadata routing, pipelines hand `target` on without being asked to.
    __metadata_request__fit = {"target": True}

    def __init__(self, n_components=2, kernel="linear", gamma=None, mu=1e-3):
        self.n_components, self.kernel, self.gamma, self.mu = (
            n_components,
            kernel,
            gamma,
            mu,
        )

    def fit(self, X, y=None, *, target=None):
        """Learn from source rows and target rows.

        Args:
            X: array `(n, columns)`, rows of the source, finite numbers.
            y: not read; it stands here since pipelines hand labels on.
            target: array `(m, columns)`, rows of the target.

        Returns:
            The fitted mapping.

        Raises:
            ValueError: if `target` is missing, if a parameter or the columns do not
                fit, or if the memory does not suffice.
        """
        X, target = _both(self, X, y, target)
        self._check_parameters(len(X) + len(target))
        self.rows_ = np.vstack([X, target])
        variance = self.rows_.var()
        default = 1 / (X.shape[1] * variance) if variance > 0 else 1.0
        self.gamma_ = default if self.gamma is None else float(self.gamma)
        self.weights_, self.eigenvalues_ = _components(
            self._kernel(self.rows_), len(X), self.n_components, float(self.mu)
        )
        self._n_features_out = self.n_components
        return self

    def transform(self, X):
        """Rows of either domain in the common space, float64 `(n, n_components)`."""
        check_is_fitted(self)
        return self._kernel(_rows(self, X)) @ self.weights_

    def transform_target(self, X):
        """The same as `transform`: one map serves both domains."""
        return self.transform(X)

    def _kernel(self, X):
        settings = {"gamma": self.gamma_} if self.kernel == "rbf" else {}
        with np.errstate(over="ignore"):  # exp(-inf) is 0, as it should be
            return pairwise_kernels(X, self.rows_, metric=self.kernel, **settings)

    def _check_parameters(self, rows):
        if not isinstance(self.kernel, str) or self.kernel not in ("linear", "rbf"):
            raise ValueError(
                f"`kernel` must be 'linear' or 'rbf'. Received: {self.kernel!r}."
            )
        check_count(self.n_components, "n_components", high=rows)
        check_fraction(self.mu, "mu", 0, np.inf, open_ends=True)
        if self.gamma is not None:
            check_fraction(self.gamma, "gamma", 0, np.inf, open_ends=True)
        needed = 16 * rows**2 + 32 * rows * self.n_components
        free = psutil.virtual_memory().available
        if needed > free:
            raise ValueError(
                f"TCA of {rows:,} rows, both domains together, needs "
                f"{needed / 1e9:.1f} GB. Received: {free / 1e9:.1f} GB of free memory. "
                "Take a sample of each domain, such as "
                "`rows[rng.permutation(len(rows))[:2000]]`."
            )


def _components(K, n, size, mu):
    """Weights `(rows, size)` and eigenvalues of TCA; the kernel `K` is overwritten."""
    shift = K[:, :n].mean(axis=1) - K[:, n:].mean(axis=1)  # K e
    mu_here = mu * max(np.mean(np.einsum("ij,ij->i", K, K)), np.finfo(float).tiny)
    # (mu I + v v')^(-1/2) = (I - share v v') / sqrt(mu)
    square = shift @ shift
    share = 0.0
    if square > 0:
        share = (1 - np.sqrt(mu_here / (mu_here + square))) / square
    K -= K.mean(axis=0)  # H K
    part = np.outer(K @ shift, shift)
    part *= share
    K -= part
    np.matmul(K.T, K, out=part)
    part /= mu_here
    rows = len(K)
    chosen = (rows - size, rows - 1)
    # Symmetric: its transpose is itself, in the order that LAPACK takes uncopied.
    values, vectors = eigh(part.T, subset_by_index=chosen, overwrite_a=True)
    vectors, values = vectors[:, ::-1], values[::-1].clip(0)
    weights = vectors - share * np.outer(shift, shift @ vectors)
    weights /= np.sqrt(mu_here)
    signs = np.sign(weights[np.abs(weights).argmax(axis=0), np.arange(size)])
    # Smaller ones are rounding errors, of the largest or of the kernel, blown up.
    floor = max(1e-10 * values.max(), (rows * np.finfo(float).eps) ** 2 / mu)
    # So far W' (K L K + mu I) W = I, and an eigenvalue is what is left of W' K H K W.
    unit = np.sqrt(rows / np.where(values > floor, values, np.inf))
    weights *= np.where(signs < 0, -1, 1) * unit
    return weights, values


class CORAL(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Correlation alignment: source rows get the target's mean and covariance.

    Source rows are whitened with their own covariance and colored with the
    target's; target rows stay as they are. No label is read.

    Args:
        regularization: added to the diagonal of both covariances, in units of
            their mean diagonal; it keeps directions without variance quiet. From
            0 to a million, from where on nothing but the mean is moved.

    Source:
        Sun, Feng and Saenko, "Return of Frustratingly Easy Domain Adaptation",
        AAAI 2016, arXiv:1511.05547. The means are aligned as well, which the
        paper does beforehand by standardizing each domain.

    Example:

    >>> rng = np.random.default_rng(0)
    >>> source = rng.normal(size=(500, 2))
    >>> target = rng.normal(size=(400, 2)) @ [[3, 1], [0, 1]]
    >>> moved = CORAL(1e-6).fit(source, target=target).transform(source)
    >>> np.allclose(np.cov(moved.T), np.cov(target.T), rtol=1e-3)
    True
    """

    __metadata_request__fit = {"target": True}

    def __init__(self, regularization=0.1):
        self.regularization = regularization

    def fit(self, X, y=None, *, target=None):
        """Learn from source rows and target rows.

        Args:
            X: array `(n, columns)`, rows of the source, finite numbers, n from 2.
            y: not read; it stands here since pipelines hand labels on.
            target: array `(m, columns)`, rows of the target, m from 2.

        Returns:
            The fitted mapping.

        Raises:
            ValueError: if `target` is missing, or if the regularization or the
                columns do not fit.
        """
        X, target = _both(self, X, y, target, least=2)
        check_fraction(self.regularization, "regularization", high=1e6)
        self.source_mean_, self.target_mean_ = X.mean(axis=0), target.mean(axis=0)
        scale = (X.var(axis=0).mean() + target.var(axis=0).mean()) / 2
        self.map_ = self._power(X, -0.5, scale) @ self._power(target, 0.5, scale)
        return self

    def _power(self, rows, power, scale):
        values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(rows.T)))
        floor = max(self.regularization, 1e-12) * max(scale, np.finfo(float).tiny)
        return vectors * (values.clip(0) + floor) ** power @ vectors.T

    def fit_transform(self, X, y=None, **settings):
        """Refused, as a pipeline would then move the rows that it predicts, too.

        Raises:
            ValueError: always, with what to call instead.
        """
        raise ValueError(
            "`CORAL` moves rows of the source and leaves those of the target, so it "
            "must be told which are which. Received: a call of `fit_transform`, as by "
            "a pipeline, which would move the target's rows, too. "
            "Hand in `coral.fit(source, target=target)`, then train on "
            "`coral.transform(source)` and predict `coral.transform_target(target)`."
        )

    def transform(self, X):
        """Source rows, moved to where the target is, float64 `(n, columns)`."""
        check_is_fitted(self)
        return (_rows(self, X) - self.source_mean_) @ self.map_ + self.target_mean_

    def transform_target(self, X):
        """Target rows, unchanged, float64 `(n, columns)`."""
        check_is_fitted(self)
        return _rows(self, X)


def _both(mapping, X, y, target, least=1):
    """Rows of source and target, float64, if they fit together."""
    X = _rows(mapping, X, reset=True, ensure_min_samples=least)
    if target is None:
        raise ValueError(_without_target(mapping, y))
    width = check_rows(target, name="target").shape[1]
    if width != X.shape[1]:
        raise ValueError(
            "`X` and `target` must have as many columns, the same features. "
            f"Received: {X.shape[1]} in the source and {width} in the target."
        )
    return X, _rows(mapping, target, "target", ensure_min_samples=least)


def _without_target(mapping, y):
    name, came = type(mapping).__name__, "no target"
    if y is not None and np.ndim(y) == 2:
        came = "rows in the place of labels"
    as_a_step = (
        f" As a step of a pipeline: `pipeline.fit(X, y, {name.lower()}__target=rows)`, "
        "with rows as the steps before leave them; or, under metadata routing, "
        "`Pipeline(..., transform_input=['target'])`, which sees to that."
    )
    return (
        f"{name} brings two domains together and needs the rows of both. "
        f"Received: {came}. Hand in `fit(source, target=target)`."
        + ("" if isinstance(mapping, CORAL) else as_a_step)
    )


def _rows(mapping, X, name="X", **settings):
    """Rows as float64; no objects, and no numbers whose powers float64 cannot hold."""
    if getattr(getattr(X, "dtype", None), "kind", "") == "O":
        check_rows(X, name=name)
    X = check_table(mapping, X, name, dtype=np.float64, **settings)
    largest = np.abs(X).max()
    if largest and not SMALLEST < largest < LARGEST:
        raise ValueError(
            f"`{name}` must hold numbers of ordinary size. Received: "
            f"{largest:.3g} as the largest. Standardize the features first."
        )
    return X


@dataclass(frozen=True)
class Domain:
    """Rows of one domain, and which of them may be trained on.

    Args:
        name: of the domain, in words.
        features: array `(n, columns)` of finite numbers.
        labels: int array `(n,)`; for an equal error rate 1 for the class that
            counts as an anomaly, else 0.
        train, test: int arrays of positions from 0, each at most once. That they
            have nothing in common is checked by `risk_matrix`.
        descriptors: how the features were made, in words; domains are compared
            only if it agrees.

    Raises:
        ValueError: if an argument is none of these.

    Example:

    >>> labels = np.array([0, 1, 0])
    >>> Domain("mono", np.eye(3), labels, [0, 1], [2], "three numbers").name
    'mono'
    """

    name: str
    features: np.ndarray
    labels: np.ndarray
    train: np.ndarray
    test: np.ndarray
    descriptors: str

    def __post_init__(self):
        for name in ("name", "descriptors"):
            if not isinstance(value := getattr(self, name), str):
                raise ValueError(f"`{name}` must be words. Received: {value!r}.")
        features = check_rows(self.features)
        checked = {
            "features": features,
            "labels": check_labels(self.labels, len(features)),
            "train": _positions(self.train, "train", len(features)),
            "test": _positions(self.test, "test", len(features)),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)  # frozen for everybody else


def _positions(values, name, rows):
    """Int array of positions, each within the rows and there once."""
    positions = check_positions(values, rows, name)
    if len(np.unique(positions)) < len(positions):
        raise ValueError(
            f"`{name}` must name each row once. Received: "
            f"{len(positions) - len(np.unique(positions))} repetitions. "
            f"Hand in `np.unique({name})`."
        )
    return positions


def risk_matrix(domains, make_estimator, mapping=None, risk="error"):
    """Risk of an estimator trained in each domain and tested in each domain.

    The three restrictions of the CDFG measure are kept: one estimator for all,
    the same descriptors, and a mapping that sees training rows only (those of
    the source with those of the target, without labels). A function that has
    peeked at test rows before it is handed in cannot be found out, and neither
    can features that were made with the test rows in view.

    Args:
        domains: `Domain` objects of different names, at least one.
        make_estimator: function without arguments that makes a new estimator.
        mapping: `TCA`, `CORAL`, or a transformer without a target, such as
            `PCA`, which is fitted on both domains' rows; a pipeline of such steps,
            each fitted on what those before it made of both domains; None for no
            mapping ("cross-feature").
        risk: `"error"`, one minus balanced accuracy of a classifier; or `"eer"`,
            equal error rate of a detector (`score_samples`, high for sound)
            fitted on rows of label 0 only.

    Returns:
        `{(source name, target name): fraction}`.

    Raises:
        ValueError: naming the restriction that was broken, or the argument that is
            none of these.

    Source:
        Santos 2020, CDFG measure; dos Santos, Ribeiro and Ponti 2019.

    Example:

    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> rows = np.array([[0.0], [0.1], [1.0], [1.1]])
    >>> first, last = np.array([0, 2]), np.array([1, 3])
    >>> near = Domain("near", rows, np.array([0, 0, 1, 1]), first, last, "a number")
    >>> far = Domain("far", rows + 5, np.array([0, 0, 1, 1]), first, last, "a number")
    >>> risk_matrix([near, far], lambda: KNeighborsClassifier(1))[("near", "far")]
    0.5
    """
    if not isinstance(risk, str) or risk not in ("error", "eer"):
        raise ValueError(f"`risk` must be 'error' or 'eer'. Received: {risk!r}")
    domains = _listed(domains, risk)
    steps = _steps(mapping)
    _check_restrictions(domains, make_estimator, steps)
    first, risks = None, {}
    for source in domains:
        for target in domains:
            estimator = _made(make_estimator, risk)
            first = estimator if first is None else first
            _check_same(first, estimator)
            risks[source.name, target.name] = _risk(
                source, target, estimator, steps, risk
            )
    return risks


def _risk(source, target, estimator, steps, risk):
    """Risk on the target's test rows of what was trained in the source."""
    kept = [_training_rows(domain, risk) for domain in (source, target)]
    X, y = source.features[kept[0]], source.labels[kept[0]]
    X_test, y_test = target.features[target.test], target.labels[target.test]
    X, move = _mapped(steps, X, target.features[kept[1]])
    X_test, fitted = move(X_test), clone(estimator)
    if risk == "error":
        return float(
            1 - balanced_accuracy_score(y_test, fitted.fit(X, y).predict(X_test))
        )
    return float(equal_error_rate(y_test, -fitted.fit(X).score_samples(X_test)))


def _training_rows(domain, risk):
    """A detector of anomalies, and its mapping, are fitted on sound rows."""
    return (
        domain.train
        if risk == "error"
        else domain.train[domain.labels[domain.train] == 0]
    )


def _mapped(steps, source, target):
    """The source's training rows, mapped, and a function that maps target rows."""
    moves = []
    for step in map(clone, steps):
        if _takes(step, "target"):
            step.fit(source, target=target)
            move = step.transform_target
        else:
            step.fit(np.vstack([source, target]))
            move = step.transform
        source, target = step.transform(source), move(target)
        moves.append(move)

    def move_all(rows):
        for move in moves:
            rows = move(rows)
        return rows

    return source, move_all


def _takes(step, name):
    return name in inspect.signature(step.fit).parameters


def _steps(mapping):
    """The transformers of a mapping, in order: none, itself, or a pipeline's."""
    if mapping is None or (isinstance(mapping, str) and mapping == "passthrough"):
        return []
    if isinstance(mapping, Pipeline):
        return [step for _, part in mapping.steps for step in _steps(part)]
    needed = "`mapping` must be None, a transformer or a pipeline of them. Received: "
    wanted = ["get_params", "fit", "transform"]
    if hasattr(mapping, "fit") and _takes(mapping, "target"):
        wanted += ["transform_target"]
    check_methods(mapping, wanted, needed, "Hand in `TCA()`, `CORAL()` or `PCA()`.")
    y = inspect.signature(mapping.fit).parameters.get("y")
    if y is not None and y.default is inspect.Parameter.empty:
        raise ValueError(
            f"{needed}{type(mapping).__name__}, which needs labels. "
            "A mapping sees none: hand in one that is fitted by rows alone."
        )
    return [mapping]


def _listed(domains, risk):
    """The domains as a list, if they can be told apart and have classes to tell."""
    try:
        domains = [] if isinstance(domains, Domain) else list(domains)
    except TypeError:
        domains = []
    wrong = [type(d).__name__ for d in domains if not isinstance(d, Domain)]
    if wrong or not domains:
        raise ValueError(
            "`domains` must be a list of `Domain`, at least one. "
            f"Received: {wrong[0] if wrong else 'none in a list'}. "
            "Hand in `[Domain(…), Domain(…)]`."
        )
    names = [domain.name for domain in domains]
    if len(set(names)) < len(names):
        raise ValueError(
            "`domains` must have different names, as risks are told apart by them. "
            f"Received: {', '.join(names)}. Rename with `dataclasses.replace`."
        )
    for domain in domains:
        _check_classes(domain, risk)
    return domains


def _check_classes(domain, risk):
    train, test = (
        set(domain.labels[part].tolist()) for part in (domain.train, domain.test)
    )
    if risk == "error":
        if min(len(train), len(test)) > 1:
            return
        needed = "two classes among its training rows and two among its test rows"
    else:
        if 0 in train and train <= {0, 1} and test == {0, 1}:
            return
        needed = "labels 0 and 1, 0 among its training rows, both among its test rows"
    raise ValueError(
        f"Domain {domain.name} needs {needed}, for `risk={risk!r}`. "
        f"Received: labels {sorted(train)} and {sorted(test)}. "
        "Choose other rows, or hand in `(labels == c).astype(int)` for a class c."
    )


def _made(make_estimator, risk):
    """What the function makes, if the risk can be told of it."""
    estimator = make_estimator()
    if risk == "error":
        check_classifier(estimator, "make_estimator()")
        return estimator
    check_methods(
        estimator,
        ("get_params", "fit", "score_samples"),
        "`make_estimator` must make a detector, for `risk='eer'`. Received: ",
        "Make a `GaussianMixture` or a `OneClassSVM`.",
    )
    return estimator


def _check_same(first, other):
    """All of one class and with the same settings."""
    one, two = (
        type(each).__name__ + repr(each.get_params()) for each in (first, other)
    )
    if one != two:
        raise ValueError(
            "Restriction 1 of the CDFG measure is broken: "
            "all domains need the same estimator. "
            f"Received: {first} and then {other}"
        )


def _check_restrictions(domains, make_estimator, steps):
    broken = "of the CDFG measure is broken:"
    if not _makes(make_estimator):
        raise ValueError(
            f"Restriction 1 {broken} all domains need the same estimator, "
            f"made by one function without arguments. Received: {make_estimator!r}"
        )
    shapes = {(domain.descriptors, domain.features.shape[1]) for domain in domains}
    if len(shapes) > 1:
        found = "; ".join(f"{name} ({size} features)" for name, size in sorted(shapes))
        raise ValueError(
            f"Restriction 2 {broken} all domains need the same descriptors. "
            f"Received: {found}"
        )
    for fitted in domains:
        for tested in domains:
            if shared := _shared_rows(fitted, tested):
                raise ValueError(
                    f"Restriction 3 {broken} test rows must stay unseen, "
                    "and the mapping is fitted on the training rows. "
                    f"Received: {shared} training rows of {fitted.name} among the "
                    f"test rows of {tested.name}, number by number. Leave them out."
                )
    for step in steps:
        if any(name.endswith("_") and name[:2] != "__" for name in vars(step)):
            raise ValueError(
                f"Restriction 3 {broken} the mapping must be fitted here, "
                "on training rows, and it has been fitted before. "
                f"Received: {step!r}; hand in clone(mapping)"
            )


def _makes(make_estimator):
    """A function that can be called without arguments, and no estimator itself."""
    if not callable(make_estimator) or hasattr(make_estimator, "fit"):
        return False
    try:
        inspect.signature(make_estimator).bind()
    except (TypeError, ValueError):
        return False
    return True


def _shared_rows(fitted, tested):
    """How many training rows are test rows, by content: copies are found, too."""
    trained, unseen = (
        np.ascontiguousarray(domain.features[part], dtype=np.float64) + 0.0  # no -0
        for domain, part in ((fitted, fitted.train), (tested, tested.test))
    )
    known = {row.tobytes() for row in unseen}
    return sum(row.tobytes() in known for row in trained)


def cdfg_partial(risks, source, target):
    """How much the risk of a model changes when it leaves the domain it was trained in.

    |R(f trained on the source, tested on the source) - R(the same f, tested on
    the target)|. A small value is not a small risk: report both.

    Args:
        risks: `{(source, target): number}`, as of `risk_matrix`; finite numbers of
            one kind that can be subtracted (`Decimal` stays exact), from 0.
        source, target: names.

    Returns:
        A number of the kind and unit of the risks.

    Raises:
        ValueError: if one of the two risks is missing or none of these.

    Source:
        Santos 2020, equation 5.

    Example:

    >>> risks = {("Ped2", "Ped2"): 26.26, ("Ped2", "Ped1"): 51.46}
    >>> round(cdfg_partial(risks, "Ped2", "Ped1"), 2)
    25.2
    """
    home, away = (_number(risks, source, place) for place in (source, target))
    try:
        return abs(home - away)
    except TypeError:
        raise ValueError(
            "`risks` must be numbers of one kind. Received: "
            f"{type(home).__name__} and {type(away).__name__}."
        ) from None


def cdfg_complete(risks, first, second):
    """The mean of both directions; the order of the two domains does not matter.

    Args:
        risks: `{(source, target): number}` with all four risks of the two domains,
            as for `cdfg_partial`.
        first, second: names.

    Returns:
        A number of the kind and unit of the risks.

    Raises:
        ValueError: if a risk is missing or no finite number from 0.

    Source:
        Santos 2020, equation 6.

    Example:

    >>> risks = {("a", "a"): 0.1, ("a", "b"): 0.3, ("b", "b"): 0.2, ("b", "a"): 0.6}
    >>> round(cdfg_complete(risks, "a", "b"), 3)
    0.3
    """
    there, back = cdfg_partial(risks, first, second), cdfg_partial(risks, second, first)
    try:
        return (there + back) / 2
    except TypeError:
        raise ValueError(
            "`risks` must be numbers of one kind. Received: "
            f"{type(there).__name__} and {type(back).__name__}."
        ) from None


def _number(risks, source, target):
    """One risk, if it is there and a finite number from 0."""
    if not isinstance(risks, Mapping):
        raise ValueError(
            "`risks` must be a dictionary {(source, target): number}. "
            f"Received: {type(risks).__name__}. Hand in what `risk_matrix` returns."
        )
    try:
        value = risks[source, target]
    except (KeyError, TypeError):
        pairs = (k if isinstance(k, tuple) else (k,) for k in risks)
        known = ", ".join(" → ".join(map(str, pair)) for pair in pairs)
        raise ValueError(
            f"Needs the risk {source} → {target}. Received: {known or 'none'}"
        ) from None
    try:
        fits = isinstance(value, Number) and math.isfinite(value) and value >= 0
    except (TypeError, ValueError, OverflowError):  # complex, sNaN, 10**400
        fits = False
    if not fits:
        raise ValueError(
            f"`risks` must be finite numbers from 0. Received: {value!r} for "
            f"{source} → {target}. Compute it anew with `risk_matrix`."
        )
    return value
