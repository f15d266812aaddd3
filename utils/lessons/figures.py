"""Figures that one lesson draws: a cross-validation, descents, borders in a plane."""

from reprlib import repr as short

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

from utils.checks import (
    check_labels,
    check_limits,
    check_mapping,
    check_numbers,
    check_points,
    check_positions,
)
from utils.plots import BLACK, BLUE, GREY, HELD_OUT, SKY, TRAINING, VERMILION


def show_folds(folds, labels, title):
    """Draw a cross-validation: a row a fold, training in blue, held out in vermilion.

    Images stand in the order of their class, so a fold that misses a class shows.
    What a fold neither trains on nor holds out is white.

    Args:
        folds: sequence of `(train, test)`, arrays of positions from 0 to n - 1, as
            of `stratified_folds`.
        labels: int array `(n,)`.
        title: the finding.

    Returns:
        The matplotlib axes.

    Raises:
        ValueError: if a fold is no pair of positions, if it holds out what it trains
            on, or if `labels` are not one whole number an image.

    Example:

    >>> folds = [([0, 1], [2, 3]), ([2, 3], [0, 1])]
    >>> axes = show_folds(folds, [0, 1, 0, 1], "two folds")
    >>> plt.close(axes.figure)
    """
    labels = check_labels(labels)
    parts = _parts(folds, len(labels))
    figure, axes = plt.subplots(figsize=(6.4, 0.45 * len(parts) + 0.9))
    axes.imshow(
        parts[:, np.argsort(labels, kind="stable")],
        aspect="auto", interpolation="nearest", vmin=0, vmax=2,
        cmap=ListedColormap(["white", TRAINING, HELD_OUT]),
    )  # fmt: skip
    for edge in np.cumsum(np.unique(labels, return_counts=True)[1])[:-1]:
        axes.axvline(edge - 0.5, color="white", linewidth=3)
    names = [f"fold {i + 1}" for i in range(len(parts))]
    axes.set(yticks=range(len(parts)), yticklabels=names)
    axes.set(xlabel="images, sorted by class", title=title)
    axes.spines[:].set_visible(False)
    return axes


def show_descents(loss, paths, title, limits=(-2.2, 2.2)):
    """A loss of two numbers as contours, and on it one path of a descent a panel.

    Args:
        loss: function of two arrays, such as `lambda a, b: a**2 + b**2`; it returns
            one finite value from 0 a place.
        paths: `{name: float array (steps + 1, 2)}`, the start first.
        title: the finding.
        limits: ends of both axes; a path that leaves them is cut off there.

    Returns:
        The matplotlib figure.

    Raises:
        ValueError: if a path has another shape or is not finite, or if the loss is
            negative, not finite or not one value a place.

    Example:

    >>> paths = {"half": np.array([[2, 1], [1, 0.5]])}
    >>> figure = show_descents(lambda a, b: a**2 + b**2, paths, "halfway in one step")
    >>> plt.close(figure)
    """
    limits = check_limits(limits)
    paths = check_mapping(paths, "paths", check_points)
    span = np.linspace(*limits, 101)
    heights = np.sqrt(_losses(loss, span))  # the root spreads the contours evenly
    size = (2.1 * len(paths) + 0.4, 2.7)
    figure, axes = plt.subplots(1, len(paths), figsize=size, sharey=True, squeeze=False)
    for axis, (name, path) in zip(axes.flat, paths.items()):
        axis.contour(span, span, heights, 9, colors=GREY, linewidths=0.7)
        axis.plot(*path.T, "o-", color=BLUE, markersize=3, linewidth=1)
        axis.plot(*path[0], "s", color=VERMILION, markersize=6)
        axis.set(xlim=limits, ylim=limits, xlabel="a")
        axis.set_title(name, fontsize=9)
    axes[0, 0].set_ylabel("b")
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure


def show_borders(points, labels, models, title):
    """Points of two classes, and one model's opinion of the plane a panel.

    The shade is the probability of class 1, the line is where it passes one half.

    Args:
        points: finite array `(n, 2)`.
        labels: int array `(n,)`, 0 (crosses) or 1 (circles).
        models: `{name: function}`; each takes rows of two numbers and returns
            one probability of class 1 a row, from 0 to 1.
        title: the finding.

    Returns:
        The matplotlib figure.

    Raises:
        ValueError: if the points do not lie in a plane, if a label is neither 0 nor
            1, or if a model does not return one probability a row.

    Example:

    >>> models = {"right half": lambda rows: rows[:, 0] > 0.5}
    >>> figure = show_borders(np.eye(2), np.array([1, 0]), models, "one line is enough")
    >>> plt.close(figure)
    """
    points = check_points(points)
    labels = check_labels(labels, len(points), classes=2)
    models = check_mapping(models, "models")
    width = np.ptp(points, axis=0)
    margin = np.where(width > 0, 0.15 * width, 0.5)
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    spans = [np.linspace(*ends, 120) for ends in zip(low, high)]
    lattice = np.stack(np.meshgrid(*spans), axis=-1).reshape(-1, 2)
    opinions = {name: _opinion(models[name], lattice, name) for name in models}
    size = (2.1 * len(models), 2.6)
    figure, axes = plt.subplots(1, len(models), figsize=size, squeeze=False)
    for axis, (name, opinion) in zip(axes.flat, opinions.items()):
        _draw_opinion(axis, spans, opinion.reshape(120, 120))
        axis.scatter(*points[labels == 0].T, 12, BLACK, marker="x", linewidth=0.8)
        axis.scatter(*points[labels == 1].T, 12, SKY, edgecolor=BLACK, linewidth=0.4)
        axis.set(xticks=[], yticks=[], aspect="auto")
        axis.set_title(name, fontsize=9)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure


def _parts(folds, n):
    """One row a fold: 0 where an image is not used, 1 in training, 2 held out."""
    try:
        pairs = [(train, test) for train, test in folds]
    except (TypeError, ValueError):
        pairs = []
    if not pairs:
        raise ValueError(
            "`folds` must be a list of pairs, (train, test). "
            f"Received: {short(folds)}. Hand in `stratified_folds(labels)`."
        )
    parts = np.zeros((len(pairs), n))
    for i, (train, test) in enumerate(pairs):
        train = check_positions(train, n, f"folds[{i}][0]")
        test = check_positions(test, n, f"folds[{i}][1]")
        if (both := np.intersect1d(train, test)).size:
            raise ValueError(
                f"`folds[{i}]` must hold out other images than it trains on. Received: "
                f"{len(both)} in both. Hand in `stratified_folds(labels)`."
            )
        parts[i, train], parts[i, test] = 1, 2
    return parts


def _losses(loss, span):
    """The loss on the lattice of a span, finite and from 0."""
    places = np.meshgrid(span, span)
    remedy = "Hand in a `loss` that computes entry by entry, as `a**2 + b**2` does."
    values = check_numbers(loss(*places), "loss(a, b)", places[0].shape, remedy)
    if values.min() < 0:
        raise ValueError(
            "`loss` must be at least 0 within `limits`. "
            f"Received: {values.min():.3g}. Add what it lacks."
        )
    return values


def _opinion(model, lattice, name):
    """A model's probability of class 1 for each row."""
    name = f"models[{name!r}]"
    remedy = "Hand in such as `lambda rows: model.predict_proba(rows)[:, 1]`."
    if not callable(model):
        raise ValueError(
            f"`{name}` must be a function. Received: {type(model).__name__}. {remedy}"
        )
    opinion = check_numbers(model(lattice), f"{name}(rows)", (len(lattice),), remedy)
    if opinion.min() < 0 or opinion.max() > 1:
        raise ValueError(
            f"`{name}` must return probabilities from 0 to 1. Received: "
            f"{opinion.min():.3g} to {opinion.max():.3g}. Logits? Hand in a function "
            "that returns `1 / (1 + np.exp(-model(rows)))`."
        )
    return opinion.astype(float)


def _draw_opinion(axes, spans, opinion):
    extent = (*spans[0][[0, -1]], *spans[1][[0, -1]])
    look = {"cmap": "Blues", "vmin": 0, "vmax": 1.6, "origin": "lower"}
    axes.imshow(opinion, extent=extent, **look)
    if opinion.min() < 0.5 < opinion.max():
        axes.contour(*spans, opinion, [0.5], colors=BLACK, linewidths=1.5)
