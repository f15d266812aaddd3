"""Figures that one lesson draws: a cross-validation, descents, borders in a plane."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

from utils.checks import check_labels
from utils.plots import (
    BLACK,
    BLUE,
    GREY,
    HELD_OUT,
    SKY,
    TRAINING,
    VERMILION,
    _in_plane,
    _limits,
    _mapping,
)


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
    limits = _limits(limits)
    paths = _mapping(paths, "paths", '{"half": [[2, 1], [1, 0.5]]}')
    paths = {key: _in_plane(path, f"paths[{key!r}]") for key, path in paths.items()}
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
    points = _in_plane(points, "points")
    labels = check_labels(labels, len(points), classes=2)
    models = _mapping(models, "models", '{"mine": lambda rows: rows[:, 0] > 0.5}')
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
    folds = list(folds) if np.iterable(folds) else [folds]
    odd = [f for f in folds if not isinstance(f, (tuple, list)) or len(f) != 2]
    if odd or not folds:
        raise ValueError(
            "`folds` must be a list of pairs, (train, test). Received: "
            f"{f'a {type(odd[0]).__name__} among them' if odd else 'none'}. Hand in "
            "`stratified_folds(labels)`."
        )
    parts = np.zeros((len(folds), n))
    for i, (train, test) in enumerate(folds):
        train = _positions(train, n, f"folds[{i}][0]")
        test = _positions(test, n, f"folds[{i}][1]")
        both = np.intersect1d(train, test)
        if both.size:
            raise ValueError(
                f"`folds[{i}]` must hold out other images than it trains on. Received: "
                f"{len(both)} in both, such as {both[0]}. Hand in "
                "`stratified_folds(labels)`."
            )
        parts[i, train], parts[i, test] = 1, 2
    return parts


def _positions(part, n, name):
    """Positions of images, from 0 to n - 1."""
    part = np.asarray(part)
    if part.dtype.kind == "b":
        raise ValueError(
            f"`{name}` must hold positions. Received: a mask of True and False. Hand "
            "in `np.flatnonzero(mask)`."
        )
    return check_labels(part, classes=n, name=name)


def _losses(loss, span):
    """The loss on the lattice of a span, finite and from 0."""
    places = np.meshgrid(span, span)
    values = np.asarray(loss(*places))
    if values.shape != places[0].shape or values.dtype.kind not in "biuf":
        raise ValueError(
            "`loss` must return one real number a place. Received: shape "
            f"{values.shape}, {values.dtype} for two arrays of shape "
            f"{places[0].shape}. Hand in a function such as "
            "`lambda a, b: a**2 + b**2`, that computes entry by entry."
        )
    odd = values[~((values >= 0) & np.isfinite(values))]
    if odd.size:
        raise ValueError(
            "`loss` must be finite and at least 0 everywhere within `limits`. "
            f"Received: {odd.min():.3g}. Add what it lacks, or hand in other `limits`."
        )
    return values


def _opinion(model, lattice, name):
    """A model's probability of class 1 for each row."""
    name = f"models[{name!r}]"
    if not callable(model):
        raise ValueError(
            f"`{name}` must be a function of rows. Received: a {type(model).__name__}. "
            "Hand in `lambda rows: model.predict_proba(rows)[:, 1]`."
        )
    opinion = np.asarray(model(lattice))
    if opinion.shape != (len(lattice),) or opinion.dtype.kind not in "biuf":
        column = {1: "[:, 0]", 2: "[:, 1]"}.get(
            opinion.shape[-1] if opinion.ndim else 0
        )
        remedy = f"its column, `model(rows){column}`" if column else "one number a row"
        raise ValueError(
            f"`{name}` must return one probability a row, shape ({len(lattice)},). "
            f"Received shape: {opinion.shape}, {opinion.dtype}. Hand in a function "
            f"that returns {remedy}."
        )
    opinion = opinion.astype(float)
    if not (opinion.min() >= 0 and opinion.max() <= 1):  # NaN, too
        raise ValueError(
            f"`{name}` must return probabilities from 0 to 1. Received: "
            f"{opinion.min():.3g} to {opinion.max():.3g}. Logits? Hand in a function "
            "that returns `1 / (1 + np.exp(-model(rows)))`."
        )
    return opinion


def _draw_opinion(axes, spans, opinion):
    extent = (*spans[0][[0, -1]], *spans[1][[0, -1]])
    look = {"cmap": "Blues", "vmin": 0, "vmax": 1.6, "origin": "lower"}
    axes.imshow(opinion, extent=extent, **look)
    if opinion.min() < 0.5 < opinion.max():
        axes.contour(*spans, opinion, [0.5], colors=BLACK, linewidths=1.5)
