"""Two domains brought together, and what crossing from one to the other costs."""

import inspect
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    OneToOneFeatureMixin,
    TransformerMixin,
    clone,
)
from sklearn.exceptions import NotFittedError
from sklearn.metrics import balanced_accuracy_score
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from utils.evaluation import equal_error_rate


class TCA(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Transfer component analysis: few numbers that vary much, but little by domain.

    With the rows of source and target stacked, K their kernel, H the centering
    matrix and L the outer product of e, where e is 1/n for each of the n source
    rows and -1/m for each of the m target rows, the columns of W maximize
    tr(W' K H K W) while W' (K L K + mu I) W = I. As L has rank one, the inverse
    square root of the second matrix is known, and one symmetric eigenproblem of
    n + m rows remains. No label is read.

    Args:
        n_components: numbers a row afterwards; at most n + m. Those beyond the
            rank of the centered kernel are 0.
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
    """

    def __init__(self, n_components=2, kernel="linear", gamma=None, mu=1e-3):
        self.n_components, self.kernel, self.gamma, self.mu = (
            n_components,
            kernel,
            gamma,
            mu,
        )

    def fit(self, X, y=None, target=None):
        """Learn from source rows `X` and target rows `target`; `y` is not read.

        Without `target` there is nothing to bring together: kernel PCA.

        Raises:
            ValueError: if a parameter or the number of columns does not fit.
        """
        X = validate_data(self, X, dtype=np.float64)
        target = _target(self, target, X)
        if (
            self.kernel not in ("linear", "rbf")
            or self.mu <= 0
            or self.n_components < 1
        ):
            raise ValueError(
                "`kernel` must be 'linear' or 'rbf', `mu` positive, "
                "`n_components` at least 1. "
                f"Received: {self.kernel!r}, {self.mu}, {self.n_components}"
            )
        if self.gamma is not None and self.gamma <= 0:
            raise ValueError(
                f"`gamma` must be None or positive. Received: {self.gamma}"
            )
        self.rows_ = X if target is None else np.vstack([X, target])
        variance = self.rows_.var()
        default = 1 / (X.shape[1] * variance) if variance > 0 else 1.0
        self.gamma_ = default if self.gamma is None else self.gamma
        K = self._kernel(self.rows_)
        centered = K - K.mean(axis=0)  # H K
        shift = np.zeros(len(K))
        if target is not None:
            shift = K[:, : len(X)].mean(axis=1) - K[:, len(X) :].mean(axis=1)  # K e
        mu = self.mu * max(np.mean(np.einsum("ij,ij->i", K, K)), np.finfo(float).tiny)
        # (mu I + v v')^(-1/2) = (I - share v v') / sqrt(mu)
        square = shift @ shift
        share = (1 - np.sqrt(mu / (mu + square))) / square if square > 0 else 0.0
        whitened = centered - share * np.outer(centered @ shift, shift)
        size = min(self.n_components, len(K))
        values, vectors = eigh(
            whitened.T @ whitened / mu, subset_by_index=(len(K) - size, len(K) - 1)
        )
        vectors = vectors[:, ::-1]
        weights = (vectors - share * np.outer(shift, shift @ vectors)) / np.sqrt(mu)
        self.eigenvalues_ = values = values[::-1].clip(0)
        signs = np.sign(weights[np.abs(weights).argmax(axis=0), np.arange(size)])
        real = (
            values > 1e-10 * values.max()
        )  # the others would be rounding errors, blown up
        self.weights_ = weights * np.where(signs < 0, -1, 1) * real
        self._n_features_out = size
        return self

    def transform(self, X):
        """Rows of either domain in the common space."""
        check_is_fitted(self)
        return (
            self._kernel(validate_data(self, X, dtype=np.float64, reset=False))
            @ self.weights_
        )

    def transform_target(self, X):
        """The same as `transform`: one map serves both domains."""
        return self.transform(X)

    def _kernel(self, X):
        settings = {"gamma": self.gamma_} if self.kernel == "rbf" else {}
        return pairwise_kernels(X, self.rows_, metric=self.kernel, **settings)


class CORAL(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Correlation alignment: source rows get the target's mean and covariance.

    Source rows are whitened with their own covariance and colored with the
    target's; target rows stay as they are. No label is read.

    Args:
        regularization: added to the diagonal of both covariances, in units of
            their mean diagonal; it keeps directions without variance quiet.

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

    def __init__(self, regularization=0.1):
        self.regularization = regularization

    def fit(self, X, y=None, target=None):
        """Learn from source rows `X` and target rows `target`; `y` is not read.

        Without `target` nothing moves.

        Raises:
            ValueError: if the regularization is negative or the columns differ.
        """
        X = validate_data(self, X, dtype=np.float64)
        target = _target(self, target, X)
        if self.regularization < 0:
            raise ValueError(
                "`regularization` must not be negative. "
                f"Received: {self.regularization}"
            )
        self.source_mean_ = self.target_mean_ = X.mean(axis=0)
        self.map_ = np.eye(X.shape[1])
        if target is not None:
            self.target_mean_ = target.mean(axis=0)
            scale = (X.var(axis=0).mean() + target.var(axis=0).mean()) / 2
            self.map_ = self._power(X, -0.5, scale) @ self._power(target, 0.5, scale)
        return self

    def _power(self, rows, power, scale):
        covariance = np.atleast_2d(np.cov(rows.T, bias=len(rows) == 1))
        values, vectors = np.linalg.eigh(covariance)
        floor = max(self.regularization, 1e-12) * max(scale, np.finfo(float).tiny)
        return vectors * (values.clip(0) + floor) ** power @ vectors.T

    def transform(self, X):
        """Source rows, moved to where the target is."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return (X - self.source_mean_) @ self.map_ + self.target_mean_

    def transform_target(self, X):
        """Target rows, unchanged."""
        check_is_fitted(self)
        return validate_data(self, X, dtype=np.float64, reset=False)


def _target(mapping, target, X):
    if target is None:
        return None
    target = check_array(target, dtype=np.float64)
    if target.shape[1] != X.shape[1]:
        raise ValueError(
            f"{type(mapping).__name__} needs as many features in both domains. "
            f"Received: {X.shape[1]} in the source and {target.shape[1]} in the target"
        )
    return target


@dataclass(frozen=True)
class Domain:
    """Rows of one domain, and which of them may be trained on.

    `features` is `(n, channels)`, `labels` int `(n,)`, 1 for the class that
    counts as an anomaly. `train` and `test` are positions. `descriptors` says
    how the features were made; domains are compared only if it agrees.

    Raises:
        ValueError: if the features are not a table with one label a row.

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
        if (
            np.ndim(self.features) != 2
            or np.shape(self.labels) != np.shape(self.features)[:1]
        ):
            raise ValueError(
                "A domain needs features (n, channels) and n labels. Received shapes: "
                f"{np.shape(self.features)} and {np.shape(self.labels)}"
            )


def risk_matrix(domains, make_estimator, mapping=None, risk="error"):
    """Risk of an estimator trained in each domain and tested in each domain.

    The three restrictions of the CDFG measure are kept: one estimator for all,
    the same descriptors, and a mapping that sees training rows only (those of
    the source with those of the target, without labels). A function that has
    peeked at test rows before it is handed in cannot be found out, and neither
    can features that were made with the test rows in view.

    Args:
        domains: sequence of `Domain`.
        make_estimator: function without arguments that makes a new estimator.
        mapping: `TCA`, `CORAL`, or a transformer without a target, such as
            `PCA`, which is fitted on both domains' rows; None for no mapping
            ("cross-feature").
        risk: `"error"`, one minus balanced accuracy of a classifier; or `"eer"`,
            equal error rate of a detector (`score_samples`, high for sound)
            fitted on rows of label 0 only.

    Returns:
        `{(source name, target name): fraction}`.

    Raises:
        ValueError: naming the restriction that was broken.

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
    if risk not in ("error", "eer"):
        raise ValueError(f"`risk` must be 'error' or 'eer'. Received: {risk!r}")
    _check_restrictions(domains, make_estimator, mapping)
    first, risks = None, {}
    for source in domains:
        for target in domains:
            estimator = make_estimator()
            settings = repr(estimator)
            first = first or settings
            if settings != first:
                raise ValueError(
                    "Restriction 1 of the CDFG measure is broken: "
                    "all domains need the same estimator. "
                    f"Received: {first} and then {settings}"
                )
            kept = [_training_rows(domain, risk) for domain in (source, target)]
            X, y = source.features[kept[0]], source.labels[kept[0]]
            X_test, y_test = target.features[target.test], target.labels[target.test]
            if mapping is not None:
                map_source, map_target = _fit(mapping, X, target.features[kept[1]])
                X, X_test = map_source(X), map_target(X_test)
            if risk == "error":
                guess = clone(estimator).fit(X, y).predict(X_test)
                value = 1 - balanced_accuracy_score(y_test, guess)
            else:
                value = equal_error_rate(
                    y_test, -clone(estimator).fit(X).score_samples(X_test)
                )
            risks[source.name, target.name] = float(value)
    return risks


def _training_rows(domain, risk):
    """A detector of anomalies, and its mapping, are fitted on sound rows."""
    return (
        domain.train
        if risk == "error"
        else domain.train[domain.labels[domain.train] == 0]
    )


def _fit(mapping, source_rows, target_rows):
    """Two functions, for rows of the source and of the target."""
    fresh = clone(mapping)
    if "target" in inspect.signature(fresh.fit).parameters:
        fresh.fit(source_rows, target=target_rows)
        return fresh.transform, fresh.transform_target
    fresh.fit(np.vstack([source_rows, target_rows]))
    return fresh.transform, fresh.transform


def _check_restrictions(domains, make_estimator, mapping):
    broken = "of the CDFG measure is broken:"
    if not callable(make_estimator) or hasattr(make_estimator, "fit"):
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
            if fitted.features is not tested.features:
                continue
            shared = np.intersect1d(fitted.train, tested.test)
            if len(shared):
                raise ValueError(
                    f"Restriction 3 {broken} test rows must stay unseen, "
                    "and the mapping is fitted on the training rows. "
                    f"Received: {len(shared)} training rows of {fitted.name} "
                    f"among the test rows of {tested.name}"
                )
    if mapping is not None:
        try:
            check_is_fitted(mapping)
        except NotFittedError:
            return
        raise ValueError(
            f"Restriction 3 {broken} the mapping must be fitted here, "
            "on training rows, and it has been fitted before. "
            f"Received: {mapping!r}; hand in clone(mapping)"
        )


def cdfg_partial(risks, source, target):
    """How much the risk of a model changes when it leaves the domain it was trained in.

    |R(f trained on the source, tested on the source) - R(the same f, tested on
    the target)|. A small value is not a small risk: report both.

    Args:
        risks: `{(source, target): number}`, as of `risk_matrix`; numbers of any
            kind that can be subtracted (`Decimal` stays exact).
        source, target: names.

    Returns:
        A number of the kind and unit of the risks.

    Raises:
        ValueError: if one of the two risks is missing.

    Source:
        Santos 2020, equation 5.

    Example:

    >>> risks = {("Ped2", "Ped2"): 26.26, ("Ped2", "Ped1"): 51.46}
    >>> round(cdfg_partial(risks, "Ped2", "Ped1"), 2)
    25.2
    """
    for pair in ((source, source), (source, target)):
        if pair not in risks:
            raise ValueError(
                f"Needs the risk {pair[0]} → {pair[1]}. "
                f"Received: {', '.join(f'{a} → {b}' for a, b in risks)}"
            )
    return abs(risks[source, source] - risks[source, target])


def cdfg_complete(risks, first, second):
    """The mean of both directions; the order of the two domains does not matter.

    Args:
        risks: `{(source, target): number}` with all four risks of the two domains.
        first, second: names.

    Returns:
        A number of the kind and unit of the risks.

    Raises:
        ValueError: if a risk is missing.

    Source:
        Santos 2020, equation 6.

    Example:

    >>> risks = {("a", "a"): 0.1, ("a", "b"): 0.3, ("b", "b"): 0.2, ("b", "a"): 0.6}
    >>> round(cdfg_complete(risks, "a", "b"), 3)
    0.3
    """
    return (cdfg_partial(risks, first, second) + cdfg_partial(risks, second, first)) / 2
