"""Scores that can be trusted: fixed folds, balanced accuracy, spread, intervals."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from joblib import cpu_count
from scipy.stats import binomtest, rankdata
from sklearn.base import clone
from sklearn.metrics import accuracy_score, balanced_accuracy_score, roc_curve
from sklearn.metrics.cluster import contingency_matrix
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, StratifiedKFold
from threadpoolctl import threadpool_limits

from utils.checks import (
    check_classifier,
    check_count,
    check_fraction,
    check_groups,
    check_labels,
    check_numbers,
    check_rows,
)


@dataclass(frozen=True)
class Scores:
    """One classifier on fixed folds.

    `accuracy` and `balanced_accuracy` hold one fraction a fold.
    `predictions` holds the label that each image got while it was held out,
    `fold` the fold in which that was.
    """

    accuracy: np.ndarray
    balanced_accuracy: np.ndarray
    predictions: np.ndarray
    fold: np.ndarray

    def __str__(self):
        return (
            f"accuracy {mean_and_range(self.accuracy)}, "
            f"balanced {mean_and_range(self.balanced_accuracy)}, "
            f"{len(self.accuracy)} folds, n = {len(self.predictions):,}"
        )


def mean_and_range(values):
    """Mean and range of the folds' scores in words.

    Args:
        values: numbers `(n,)` of any unit, at least one.

    Returns:
        A sentence with three decimals.

    Raises:
        ValueError: unless the values are finite numbers in one row.

    Example:

    >>> mean_and_range([0.80, 0.82, 0.87])
    '0.830 (0.800 to 0.870)'
    """
    if isinstance(values, Scores):
        raise ValueError(
            "`values` must be numbers. Received: Scores. "
            "Hand in its `balanced_accuracy` or its `accuracy`."
        )
    values = check_numbers(values, "values")
    return f"{np.mean(values):.3f} ({np.min(values):.3f} to {np.max(values):.3f})"


def stratified_folds(labels, n_splits=5, seed=0, groups=None):
    """The course's folds: shuffled once, each class in its proportion, always the same.

    Args:
        labels: int array `(n,)`.
        n_splits: how many folds, from 2; every class needs at least as many images.
        seed: int from 0 that fixes which image lands in which fold.
        groups: array `(n,)`, what each image was taken from, such as a patient or a
            module. A group then lies in one fold whole: groups are dealt in proportion
            to the class that is commonest in each.

    Returns:
        A list of `(train, test)` pairs of int arrays of positions.

    Raises:
        ValueError: if an argument is none of these, a class has fewer images than
            there are folds, there are fewer groups than folds, or a fold lacks a class.

    Source:
        Kohavi, IJCAI 1995; Santos 2020, Figure 2.

    Example:

    >>> folds = stratified_folds(np.repeat([0, 1], [80, 20]))
    >>> [len(test) for train, test in folds]
    [20, 20, 20, 20, 20]
    """
    if hasattr(n_splits, "__len__"):
        raise ValueError(
            "`n_splits` must be a whole number. Received: something with a length. "
            "Folds are cut by labels alone: `stratified_folds(labels, n_splits)`."
        )
    labels = check_labels(labels)
    n_splits = check_count(n_splits, "n_splits", low=2)
    seed = check_count(seed, "seed", low=0, high=2**32 - 1)
    classes, counts = np.unique(labels, return_counts=True)
    smallest = counts.argmin()
    if counts[smallest] < n_splits:
        raise ValueError(
            f"Every class needs at least n_splits={n_splits} images. "
            f"Received: a class with {counts[smallest]}, label {classes[smallest]}. "
            "Ask for fewer folds, or leave that class out."
        )
    cut = StratifiedKFold(n_splits, shuffle=True, random_state=seed)
    if groups is None:
        return list(cut.split(np.zeros((len(labels), 1)), labels))
    folds = _whole_groups(cut, labels, check_groups(groups, len(labels), n_splits))
    for number, (_, test) in enumerate(folds):  # so each training part has all, too
        if absent := set(classes.tolist()) - set(labels[test].tolist()):
            raise ValueError(
                "Every fold needs every class. "
                f"Received: groups that leave fold {number} without label "
                f"{min(absent)}. Ask for fewer folds, or hand in another `seed`."
            )
    return folds


def fold_scores(estimator, features, labels, n_splits=5, seed=0, groups=None):
    """Fit on all folds but one, predict that one, in turn.

    The estimator is cloned for each fold, so nothing learned from a held-out
    image can reach its prediction, if all that is fitted (scaling, PCA, the
    choice of k) is inside the estimator. The folds share training images:
    their spread describes these folds, it is not a standard error. Two folds are
    fitted at a time; so that their order does not matter, parts of the estimator
    whose `random_state` is None get `seed`. From 1,000 rows of 1,000 columns, linear
    algebra (BLAS) has two threads.

    Args:
        estimator: a scikit-learn classifier or pipeline that ends in one.
        features: array `(n, columns)` of finite numbers, one row an image.
        labels: int array `(n,)`, at least two classes.
        n_splits: how many folds, from 2.
        seed: int from 0 that fixes the folds, and what the estimator draws.
        groups: array `(n,)`, what each image was taken from, such as a patient or a
            module: each is held out whole. A `GridSearchCV` whose `cv` is a number
            then chooses on whole groups of the training images, too.

    Returns:
        `Scores`.

    Raises:
        ValueError: if an argument is none of these, a class has fewer images than
            there are folds, there are fewer groups than folds, a fold lacks a class,
            or a prediction is not one of the labels.

    Source:
        Kohavi, "A Study of Cross-Validation and Bootstrap for Accuracy
        Estimation and Model Selection", IJCAI 1995.

    Example:

    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> rows = np.repeat([[0.0, 1.0], [1.0, 0.0]], 10, axis=0)
    >>> print(fold_scores(KNeighborsClassifier(3), rows, np.repeat([0, 1], 10)))
    accuracy 1.000 (1.000 to 1.000), balanced 1.000 (1.000 to 1.000), 5 folds, n = 20
    """
    check_classifier(estimator)
    features = check_rows(features)
    labels = check_labels(labels, len(features))
    if len(np.unique(labels)) == 1:
        raise ValueError(
            f"`labels` must hold two classes. Received: only label {labels[0]}."
        )
    predictions, fold = np.empty_like(labels), np.empty(len(labels), int)
    accuracy, balanced = [], []
    folds = stratified_folds(labels, n_splits, seed, groups)

    def held_out(fold):
        train, test = fold
        fitted = clone(estimator)
        _fix_draws(fitted, seed)
        if groups is not None:
            _hold_out_groups(fitted, labels[train], np.asarray(groups)[train], seed)
        fitted.fit(features[train], labels[train])
        return _predicted(fitted, features[test], labels[train])

    large = min(features.shape) >= 1000  # there a second core gains, below it loses
    cores = min(2, cpu_count()) if large else None
    with threadpool_limits(cores, "blas"), ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(held_out, folds))
    for number, ((_, test), answer) in enumerate(zip(folds, answers)):
        predictions[test] = answer
        fold[test] = number
        accuracy.append(accuracy_score(labels[test], predictions[test]))
        balanced.append(balanced_accuracy_score(labels[test], predictions[test]))
    return Scores(np.array(accuracy), np.array(balanced), predictions, fold)


def wilson_interval(correct, total, confidence=0.95):
    """Interval for a proportion that was counted once, on images the model never saw.

    Args:
        correct: int, how many were right, from 0 to `total`.
        total: int from 1, how many were tried.
        confidence: fraction between 0 and 1.

    Returns:
        `(low, high)`, two fractions.

    Raises:
        ValueError: if an argument is none of these.

    Source:
        Wilson, Journal of the American Statistical Association 22, 1927; computed
        by SciPy.

    Example:

    >>> low, high = wilson_interval(376, 500)  # the original lesson's 0.7520
    >>> f"{low:.3f} to {high:.3f}"
    '0.712 to 0.788'
    """
    total = check_count(total, "total", high=2**53)  # beyond, floats skip integers
    if isinstance(correct, (float, np.floating)) and 0 < correct < 1:
        raise ValueError(
            "`correct` must be a count, how many were right. "
            f"Received: the fraction {correct:g}. Hand in `round(correct * total)`."
        )
    correct = check_count(correct, "correct", low=0, high=total)
    confidence = check_fraction(confidence, "confidence", open_ends=True)
    certain = 1 - 1e-15  # nearer to 1, rounding makes it 1 and the interval undefined
    interval = binomtest(correct, total).proportion_ci(
        min(confidence, certain), method="wilson"
    )
    return float(max(interval.low, 0)), float(min(interval.high, 1))


def equal_error_rate(labels, scores):
    """Error where false alarms and misses are equally frequent.

    Between two thresholds it is interpolated.

    Args:
        labels: int array `(n,)`, 1 for the class that high scores should mark, else 0;
            both must occur.
        scores: array `(n,)` of finite numbers; only their order counts.

    Returns:
        A fraction: 0 for perfect scores, about 0.5 for random, 1 for inverted ones.

    Raises:
        ValueError: if an argument is none of these, or the lengths differ.

    Source:
        Santos 2020, CDFG measure.

    Example:

    >>> equal_error_rate([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.5
    """
    column = "Hand in one column, such as `scores[:, -1]`."
    scores = check_numbers(scores, "scores", remedy=column)
    labels = _zeros_and_ones(labels, scores)
    # Ranks, since differences of very large or very small scores are not exact.
    ranks = rankdata(scores, method="dense")
    false_alarms, hits, _ = roc_curve(labels, ranks, drop_intermediate=False)
    gap = false_alarms - (1 - hits)  # rises from -1 to 1
    return float(np.interp(0, gap, false_alarms))


def expect(value, low, high, what):
    """Stop when a result that depends on chance leaves the range seen in trials.

    Args:
        value: a number.
        low, high: numbers; both ends are allowed.
        what: the quantity in words.

    Raises:
        AssertionError: with the value and the range; NaN lies in no range.
        ValueError: if an argument is no number, or `low` lies above `high`.

    Example:

    >>> expect(0.83, 0.80, 0.86, "accuracy of k-NN")
    """
    for name, number in {"value": value, "low": low, "high": high}.items():
        if (array := _reals(number)) is None or array.ndim:
            raise ValueError(
                f"`{name}` must be one number, for the {what}. Received: {number!r}."
            )
    if not low <= high:  # NaN, too
        raise ValueError(
            f"`low` must not lie above `high`. Received: {low} and {high}, "
            f"for the {what}. Hand in `expect(value, low, high, what)`."
        )
    if not low <= value <= high:
        raise AssertionError(
            f"The {what} is {value:.3f}, outside the expected {low} to {high}. "
            "Was a cell above changed or skipped? Restart and run all."
        )


def _whole_groups(cut, labels, groups):
    """Folds of whole groups, which are dealt by the class that is commonest in each."""
    commonest = contingency_matrix(groups, labels).argmax(axis=1)
    if np.bincount(commonest).max() < cut.n_splits:
        commonest[:] = 0
    with warnings.catch_warnings():  # a class may be the commonest in few groups
        warnings.simplefilter("ignore", UserWarning)
        parts = list(cut.split(commonest[:, None], commonest))
    return [tuple(np.flatnonzero(np.isin(groups, p)) for p in pair) for pair in parts]


def _fix_draws(estimator, seed):
    """Let parts that would draw from NumPy's global state draw from a seed."""
    for part in (estimator, *estimator.get_params().values()):
        if getattr(part, "random_state", "it draws nothing") is None:
            part.random_state = int(seed)  # of any type of whole number


def _hold_out_groups(search, labels, groups, seed):
    """Let a search over settings choose on whole groups, too."""
    if not isinstance(search, (GridSearchCV, RandomizedSearchCV)):
        return
    if search.cv is not None and not isinstance(search.cv, (int, np.integer)):
        raise ValueError(
            "`estimator.cv` must be a number, of folds cut by `groups`. "
            f"Received: {type(search.cv).__name__}. Hand in `GridSearchCV(…, cv=5)`."
        )
    search.set_params(cv=stratified_folds(labels, search.cv or 5, seed, groups))


def _predicted(fitted, rows, known):
    """One class a row, if all are among those that the estimator was shown."""
    guess = np.asarray(fitted.predict(rows))
    if guess.shape != (len(rows),) or not np.isin(guess, known).all():
        raise ValueError(
            "`estimator` must predict one of the labels for each row. Received: shape "
            f"{guess.shape}, values such as {guess.ravel()[:1].tolist()}. "
            "Hand in a classifier."
        )
    return guess


def _zeros_and_ones(labels, scores):
    try:
        labels = check_labels(labels, len(scores))
        if set(np.unique(labels)) != {0, 1}:
            raise ValueError(
                "`labels` must hold 0 and 1, both. "
                f"Received: {np.unique(labels).tolist()}. "
                "Hand in `(labels == c).astype(int)` for the class c to be found."
            )
    except ValueError as error:
        if set(np.unique(scores)) <= {0, 1}:
            order = "Labels come first: `equal_error_rate(labels, scores)`."
            raise ValueError(f"{error} {order}") from None
        raise
    return labels


def _reals(values):
    """An array of real numbers, or None where there are others."""
    try:
        array = np.asarray(values)
    except (ValueError, TypeError):
        return None
    return array if array.dtype.kind in "biuf" else None
