"""Scores that can be trusted: fixed folds, balanced accuracy, spread, intervals."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm
from sklearn.base import clone
from sklearn.metrics import accuracy_score, balanced_accuracy_score, roc_curve
from sklearn.model_selection import StratifiedKFold


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

    >>> mean_and_range([0.80, 0.82, 0.87])
    '0.830 (0.800 to 0.870)'
    """
    return f"{np.mean(values):.3f} ({np.min(values):.3f} to {np.max(values):.3f})"


def stratified_folds(labels, n_splits=5, seed=0):
    """The course's folds: shuffled once, each class in its proportion, always the same.

    Args:
        labels: int array `(n,)`.
        n_splits: how many folds; every class needs at least as many images.
        seed: int that fixes which image lands in which fold.

    Returns:
        A list of `(train, test)` pairs of int arrays of positions.

    Raises:
        ValueError: if a class has fewer images than there are folds.

    Source:
        Kohavi, IJCAI 1995; Santos 2020, Figure 2.

    Example:

    >>> folds = stratified_folds(np.repeat([0, 1], [80, 20]))
    >>> [len(test) for train, test in folds]
    [20, 20, 20, 20, 20]
    """
    labels = np.asarray(labels)
    smallest = np.unique(labels, return_counts=True)[1].min()
    if smallest < n_splits:
        raise ValueError(
            f"Every class needs at least n_splits={n_splits} images. "
            f"Received: a class with {smallest}"
        )
    cut = StratifiedKFold(n_splits, shuffle=True, random_state=seed)
    return list(cut.split(np.zeros((len(labels), 1)), labels))


def fold_scores(estimator, features, labels, n_splits=5, seed=0):
    """Fit on all folds but one, predict that one, in turn.

    The estimator is cloned for each fold, so nothing learned from a held-out
    image can reach its prediction, if all that is fitted (scaling, PCA, the
    choice of k) is inside the estimator. The folds share training images:
    their spread describes these folds, it is not a standard error.

    Args:
        estimator: a scikit-learn classifier or pipeline.
        features: array `(n, channels)`, one row an image.
        labels: int array `(n,)`.
        n_splits: how many folds.
        seed: int that fixes the folds.

    Returns:
        `Scores`.

    Raises:
        ValueError: if `features` is not 2D or the lengths differ.

    Source:
        Kohavi, "A Study of Cross-Validation and Bootstrap for Accuracy
        Estimation and Model Selection", IJCAI 1995.

    Example:

    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> rows = np.repeat([[0.0, 1.0], [1.0, 0.0]], 10, axis=0)
    >>> print(fold_scores(KNeighborsClassifier(3), rows, np.repeat([0, 1], 10)))
    accuracy 1.000 (1.000 to 1.000), balanced 1.000 (1.000 to 1.000), 5 folds, n = 20
    """
    features, labels = np.asarray(features), np.asarray(labels)
    if features.ndim != 2:
        raise ValueError(
            "`features` must have shape (n, channels); "
            "pool or flatten feature maps first. "
            f"Received shape: {features.shape}"
        )
    if len(features) != len(labels):
        raise ValueError(
            "`features` and `labels` must describe the same images. "
            f"Received: {len(features)} rows and {len(labels)} labels"
        )
    predictions, fold = np.empty_like(labels), np.empty(len(labels), int)
    accuracy, balanced = [], []
    for number, (train, test) in enumerate(stratified_folds(labels, n_splits, seed)):
        fitted = clone(estimator).fit(features[train], labels[train])
        predictions[test], fold[test] = fitted.predict(features[test]), number
        accuracy.append(accuracy_score(labels[test], predictions[test]))
        balanced.append(balanced_accuracy_score(labels[test], predictions[test]))
    return Scores(np.array(accuracy), np.array(balanced), predictions, fold)


def wilson_interval(correct, total, confidence=0.95):
    """Interval for a proportion that was counted once, on images the model never saw.

    Args:
        correct: int, how many were right.
        total: int, how many were tried.
        confidence: fraction.

    Returns:
        `(low, high)`, two fractions.

    Raises:
        ValueError: unless 0 <= correct <= total and total > 0.

    Source:
        Wilson, Journal of the American Statistical Association 22, 1927.

    Example:

    >>> low, high = wilson_interval(376, 500)  # the original lesson's 0.7520
    >>> f"{low:.3f} to {high:.3f}"
    '0.712 to 0.788'
    """
    if not 0 <= correct <= total or total == 0:
        raise ValueError(
            "Needs 0 <= correct <= total and total > 0. "
            f"Received: correct={correct}, total={total}"
        )
    z = norm.ppf(0.5 + confidence / 2)
    rate, scale = correct / total, 1 + z**2 / total
    middle = (rate + z**2 / (2 * total)) / scale
    half = z / scale * np.sqrt(rate * (1 - rate) / total + z**2 / (4 * total**2))
    return float(middle - half), float(middle + half)


def equal_error_rate(labels, scores):
    """Error where false alarms and misses are equally frequent.

    Between two thresholds it is interpolated.

    Args:
        labels: int array `(n,)`, 1 for the class that high scores should mark, else 0.
        scores: float array `(n,)`.

    Returns:
        A fraction: 0 for perfect scores, about 0.5 for random, 1 for inverted ones.

    Raises:
        ValueError: if the labels are not 0 and 1, both present, or the lengths differ.

    Source:
        Santos 2020, CDFG measure.

    Example:

    >>> equal_error_rate([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.5
    """
    labels, scores = np.asarray(labels), np.asarray(scores)
    if labels.shape != scores.shape or set(np.unique(labels)) != {0, 1}:
        raise ValueError(
            "`labels` must hold 0 and 1, both, one for each of `scores`. Received: "
            f"{len(labels)} labels with values {np.unique(labels).tolist()}, "
            f"{len(scores)} scores"
        )
    false_alarms, hits, _ = roc_curve(labels, scores, drop_intermediate=False)
    gap = false_alarms - (1 - hits)  # rises from -1 to 1
    after = int(np.argmax(gap >= 0))
    low, high = gap[after - 1], gap[after]
    share = -low / (high - low)
    return float(
        false_alarms[after - 1]
        + share * (false_alarms[after] - false_alarms[after - 1])
    )


def expect(value, low, high, what):
    """Stop when a result that depends on chance leaves the range seen in trials.

    Args:
        value, low, high: floats; both ends are allowed.
        what: the quantity in words.

    Raises:
        AssertionError: with the value and the range.

    Example:

    >>> expect(0.83, 0.80, 0.86, "accuracy of k-NN")
    """
    if not low <= value <= high:
        raise AssertionError(
            f"The {what} is {value:.3f}, outside the expected {low} to {high}. "
            "Was a cell above changed or skipped? Restart and run all."
        )


def expected_range(value, low, high, what):
    """`expect`, in words: for a result whose digits change from machine to machine.

    A network that was trained for long ends somewhere else on another processor. The
    sentence names the range that it was asked to lie in, and so is the same everywhere.

    Args:
        value, low, high: floats; both ends are allowed.
        what: the quantity in words.

    Returns:
        A sentence.

    Raises:
        AssertionError: with the value and the range.

    Example:

    >>> expected_range(0.8312, 0.80, 0.86, "accuracy of the network")
    'accuracy of the network: between 0.80 and 0.86'
    """
    expect(value, low, high, what)
    return f"{what}: between {low:.2f} and {high:.2f}"
