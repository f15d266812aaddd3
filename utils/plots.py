"""The course's figures: one style, one palette, at most five lines of a lesson each."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

BLUE, VERMILION, BLACK, SKY, GREY = "#0072B2", "#D55E00", "#000000", "#56B4E9", "0.6"
TRAINING, HELD_OUT = BLUE, VERMILION  # one color means one thing in the whole course

STYLE = {
    "figure.figsize": (6, 2.6),
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": plt.cycler(color=[BLUE, VERMILION, BLACK, SKY]),
    "lines.linewidth": 2,
    "legend.frameon": False,
    "image.cmap": "cividis",
    "image.interpolation": "nearest",
}


def use_style():
    """Make the course's style the default; let a figure's text form be what it says.

    A notebook stores this text beside the picture, so that titles can be compared
    and read aloud.
    """
    plt.rcParams.update(STYLE)
    Figure._repr_pretty_ = _pretty  # the inline backend drops registered formatters


def _pretty(figure, printer, cycle):
    printer.text(titles(figure))


def titles(figure):
    """What a figure says: its title, then the titles of its panels, line by line.

    Args:
        figure: a matplotlib figure.

    Returns:
        A str, "Figure" if nothing is written above it.

    Example:

    >>> figure, axes = plt.subplots(1, 2)
    >>> title = figure.suptitle("one is brighter"), axes[0].set_title("left")
    >>> print(titles(figure))
    Figure: one is brighter
    left
    >>> plt.close(figure)
    """
    written = [figure.get_suptitle()]
    for axes in figure.axes:
        written += [axes.get_title(place) for place in ("left", "center", "right")]
    said = "\n".join(filter(None, written))
    return f"Figure: {said}" if said else "Figure"


def show_images(images, titles=None, columns=4, title=None, side=1.4):
    """A grid of images, each on the scale 0 to 255.

    Args:
        images: sequence of `(rows, columns)` or `(rows, columns, 3)` arrays, uint8
            or float from 0 to 255.
        titles: one short str an image, or None.
        columns: images a row.
        title: the finding, above the grid.
        side: inches that an image takes.

    Returns:
        The matplotlib figure.

    Raises:
        ValueError: if the numbers of images and titles differ.

    Example:

    >>> figure = show_images(np.zeros((3, 8, 8)), ["a", "b", "c"])
    >>> len(figure.axes)
    4
    >>> plt.close(figure)
    """
    titles = [""] * len(images) if titles is None else list(titles)
    if len(titles) != len(images):
        raise ValueError(f"Received {len(images)} images and {len(titles)} titles.")
    rows = -(-len(images) // columns)
    height = side * (1.18 if any(titles) else 1) * rows + (0.4 if title else 0)
    figure, axes = plt.subplots(
        rows, columns, figsize=(side * columns, height), squeeze=False
    )
    for axis in axes.flat:
        axis.axis("off")
    for axis, image, text in zip(axes.flat, images, titles):
        axis.imshow(np.asarray(image) / 255, cmap="gray", vmin=0, vmax=1)
        axis.set_title(text, fontsize=9, loc="center")
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure


def show_folds(folds, labels, title):
    """Draw a cross-validation: a row a fold, training in blue, held out in vermilion.

    Images stand in the order of their class, so a fold that misses a class shows.

    Args:
        folds: list of `(train, test)` positions.
        labels: int array `(n,)`.
        title: the finding.

    Returns:
        The matplotlib axes.

    Example:

    >>> folds = [([0, 1], [2, 3]), ([2, 3], [0, 1])]
    >>> axes = show_folds(folds, [0, 1, 0, 1], "two folds")
    >>> plt.close(axes.figure)
    """
    order = np.argsort(labels, kind="stable")
    held_out = np.zeros((len(folds), len(order)))
    for row, (_, test) in zip(held_out, folds):
        row[test] = 1
    figure, axes = plt.subplots(figsize=(6.4, 0.45 * len(folds) + 0.9))
    palette = plt.matplotlib.colors.ListedColormap([TRAINING, HELD_OUT])
    axes.imshow(
        held_out[:, order], aspect="auto", cmap=palette, interpolation="nearest"
    )
    for edge in np.cumsum(np.bincount(labels))[:-1]:
        axes.axvline(edge - 0.5, color="white", linewidth=3)
    axes.set(
        yticks=range(len(folds)),
        yticklabels=[f"fold {i + 1}" for i in range(len(folds))],
    )
    axes.set(xlabel="images, sorted by class", title=title)
    axes.spines[:].set_visible(False)
    return axes


def show_scores(
    scores, title, xlabel="balanced accuracy", reference=None, limits=(0, 1)
):
    """One row a candidate: a dot a fold, a tick and a number at the mean.

    Args:
        scores: `{name: sequence of fractions}`, drawn top to bottom.
        title: the finding.
        xlabel: the quantity.
        reference: `(value, name)` of a gray line, such as the chance level.
        limits: ends of the axis.

    Returns:
        The matplotlib axes.

    Example:

    >>> scores, chance = {"k-NN": [0.7, 0.8]}, (0.5, "chance")
    >>> axes = show_scores(scores, "k-NN beats chance", reference=chance)
    >>> plt.close(axes.figure)
    """
    figure, axes = plt.subplots(figsize=(6.4, 0.42 * len(scores) + 1.1))
    for row, (name, values) in enumerate(scores.items()):
        mean = np.mean(values)
        axes.plot(
            values, np.full(len(values), row), "o", color=SKY, markersize=5, zorder=2
        )
        axes.plot(
            [mean, mean], [row - 0.3, row + 0.3], color=BLUE, linewidth=3, zorder=3
        )
        axes.annotate(
            f"{mean:.3f}", (mean, row - 0.32), ha="center", va="bottom", fontsize=9
        )
    if reference:
        value, name = reference
        axes.axvline(value, color=GREY, zorder=1)
        axes.annotate(
            name,
            (value, len(scores) - 0.55),
            (4, 0),
            textcoords="offset points",
            fontsize=9,
        )
    axes.set(
        yticks=range(len(scores)),
        yticklabels=scores,
        xlabel=xlabel,
        title=title,
        xlim=limits,
    )
    axes.set_ylim(len(scores) - 0.4, -0.75)
    return axes


def show_confusion(matrix, class_names, title):
    """Confusion matrix: rows are the truth, columns the prediction, numbers are images.

    Color is the share within a row, so that rare classes show.

    Args:
        matrix: int array `(classes, classes)` as of `sklearn.metrics.confusion_matrix`.
        class_names: sequence of str.
        title: the finding.

    Returns:
        The matplotlib axes.

    Example:

    >>> matrix = np.array([[8, 2], [1, 9]])
    >>> axes = show_confusion(matrix, ["sound", "defective"], "3 of 20 wrong")
    >>> plt.close(axes.figure)
    """
    matrix = np.asarray(matrix)
    side = 0.62 * len(class_names) + 1.6
    figure, axes = plt.subplots(figsize=(side + 1, side))
    shares = matrix / matrix.sum(axis=1, keepdims=True).clip(1)
    axes.imshow(shares, vmin=0, vmax=1, cmap="cividis")
    for (row, column), count in np.ndenumerate(matrix):
        color = "black" if shares[row, column] > 0.55 else "white"
        axes.text(column, row, f"{count:,}", ha="center", va="center", color=color)
    ticks = range(len(class_names))
    axes.set(
        xticks=ticks, yticks=ticks, xticklabels=class_names, yticklabels=class_names
    )
    axes.set(xlabel="predicted", ylabel="true", title=title)
    axes.spines[:].set_visible(False)
    if len(class_names) > 4:
        axes.tick_params(axis="x", rotation=60)
    return axes


def show_curves(curves, title, xlabel, ylabel, x=None):
    """Lines with their names written at their ends instead of a legend.

    Args:
        curves: `{name: sequence of values}`; at most four.
        title: the finding.
        xlabel, ylabel: quantity and unit.
        x: values shared by all curves; by default 1, 2, 3 …

    Returns:
        The matplotlib axes.

    Raises:
        ValueError: if there are more than four curves; use several panels.

    Example:

    >>> axes = show_curves({"training": [2, 1]}, "loss halves", "epoch", "loss")
    >>> plt.close(axes.figure)
    """
    if len(curves) > 4:
        raise ValueError(
            f"At most four curves can be told apart. Received: {len(curves)}"
        )
    figure, axes = plt.subplots()
    for (name, values), line in zip(curves.items(), ("-", "--", "-.", ":")):
        positions = np.arange(1, len(values) + 1) if x is None else x
        (drawn,) = axes.plot(positions, values, line)
        axes.annotate(
            name, (positions[-1], values[-1]), (5, 0), textcoords="offset points",
            va="center", color=drawn.get_color(),
        )  # fmt: skip
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    return axes


def show_feature_maps(maps, channels=range(8), scale="layer", title=None, side=1.2):
    """Some channels of one image's feature map.

    Args:
        maps: float array `(rows, columns, channels)`.
        channels: which ones.
        scale: `"layer"`, one color scale for all, so that strength can be compared;
            `"each"`, every channel on its own, so that patterns show.
        title: the finding.
        side: inches that a map takes.

    Returns:
        The matplotlib figure.

    Raises:
        ValueError: if `maps` is not 3D or `scale` is unknown.

    Example:

    >>> figure = show_feature_maps(np.zeros((4, 4, 8)))
    >>> plt.close(figure)
    """
    maps = np.asarray(maps)
    if maps.ndim != 3:
        raise ValueError(
            f"`maps` must be (rows, columns, channels). Received: {maps.shape}"
        )
    if scale not in ("layer", "each"):
        raise ValueError(f"`scale` must be 'layer' or 'each'. Received: {scale!r}")
    channels = list(channels)
    limits = {"vmin": maps.min(), "vmax": maps.max()} if scale == "layer" else {}
    rows = -(-len(channels) // 8)
    columns = min(8, len(channels))
    size = (side * columns, side * 1.15 * rows + (0.4 if title else 0))
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, channel in zip(axes.flat, channels):
        axis.imshow(maps[:, :, channel], **limits)
        axis.set_title(f"channel {channel}", fontsize=8, loc="center")
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure


def show_plane(
    points, labels, class_names, title, classifier=None, axis_names=("", "")
):
    """Points of up to four classes in a plane and where a classifier's verdict changes.

    Args:
        points: float array `(n, 2)`.
        labels: int array `(n,)`, indices into `class_names`.
        class_names: sequence of str.
        title: the finding.
        classifier: fitted, with `predict` for rows of two numbers; its borders show.
        axis_names: the two quantities.

    Returns:
        The matplotlib axes.

    Raises:
        ValueError: if the points do not lie in a plane or have more than four classes.

    Example:

    >>> axes = show_plane([[0, 0], [1, 1]], [0, 1], ["low", "high"], "two points")
    >>> plt.close(axes.figure)
    """
    points, labels = np.asarray(points), np.asarray(labels)
    if points.ndim != 2 or points.shape[1] != 2 or len(class_names) > 4:
        raise ValueError(
            "Needs `points` of shape (n, 2) and at most four classes. "
            f"Received: {points.shape} and {len(class_names)} classes"
        )
    figure, axes = plt.subplots(figsize=(5.4, 3.6))
    looks = zip(class_names, (BLACK, SKY, VERMILION, BLUE), "xo^s")
    for label, (name, color, marker) in enumerate(looks):
        edge = {} if marker == "x" else {"edgecolor": BLACK, "linewidth": 0.4}
        axes.scatter(
            *points[labels == label].T, 18, color, marker=marker, label=name, **edge
        )
    if classifier is not None:
        limits = axes.axis()
        margins = (
            limits[1] - limits[0],
            limits[3] - limits[2],
        )  # so that limits can be widened
        spans = [
            np.linspace(low - margin, high + margin, 600)
            for low, high, margin in zip(limits[::2], limits[1::2], margins)
        ]
        lattice = np.stack(np.meshgrid(*spans), axis=-1)
        verdict = classifier.predict(lattice.reshape(-1, 2)).reshape(600, 600)
        for label in np.unique(verdict)[1:]:
            axes.contour(*spans, verdict >= label, [0.5], colors=GREY, linewidths=2)
        axes.axis(limits)
    axes.set(title=title, xlabel=axis_names[0], ylabel=axis_names[1])
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return axes


def show_descents(loss, paths, title, limits=(-2.2, 2.2)):
    """A loss of two numbers as contours, and on it one path of a descent a panel.

    Args:
        loss: function of two arrays, such as `lambda a, b: a**2 + b**2`.
        paths: `{name: float array (steps + 1, 2)}`, the start first.
        title: the finding.
        limits: ends of both axes; a path that leaves them is cut off there.

    Returns:
        The matplotlib figure.

    Example:

    >>> paths = {"half": np.array([[2, 1], [1, 0.5]])}
    >>> figure = show_descents(lambda a, b: a**2 + b**2, paths, "halfway in one step")
    >>> plt.close(figure)
    """
    size = (2.1 * len(paths) + 0.4, 2.7)
    figure, axes = plt.subplots(1, len(paths), figsize=size, sharey=True, squeeze=False)
    span = np.linspace(*limits, 101)
    heights = np.sqrt(
        loss(*np.meshgrid(span, span))
    )  # the root spreads the contours evenly
    for axis, (name, path) in zip(axes.flat, paths.items()):
        axis.contour(span, span, heights, 9, colors=GREY, linewidths=0.7)
        axis.plot(*np.asarray(path).T, "o-", color=BLUE, markersize=3, linewidth=1)
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
        points: float array `(n, 2)`.
        labels: int array `(n,)`, 0 (crosses) or 1 (circles).
        models: `{name: function}`; each takes rows of two numbers and returns
            one probability of class 1 a row.
        title: the finding.

    Returns:
        The matplotlib figure.

    Example:

    >>> models = {"right half": lambda rows: rows[:, 0] > 0.5}
    >>> figure = show_borders(np.eye(2), np.array([1, 0]), models, "one line is enough")
    >>> plt.close(figure)
    """
    points, labels = np.asarray(points), np.asarray(labels)
    size = (2.1 * len(models), 2.6)
    figure, axes = plt.subplots(1, len(models), figsize=size, squeeze=False)
    margin = 0.15 * np.ptp(points, axis=0)
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    spans = [np.linspace(*ends, 120) for ends in zip(low, high)]
    lattice = np.stack(np.meshgrid(*spans), axis=-1).reshape(-1, 2)
    for axis, (name, model) in zip(axes.flat, models.items()):
        opinion = np.asarray(model(lattice), float).reshape(120, 120)
        extent = (low[0], high[0], low[1], high[1])
        axis.imshow(
            opinion, cmap="Blues", vmin=0, vmax=1.6, origin="lower", extent=extent
        )
        if opinion.min() < 0.5 < opinion.max():
            axis.contour(*spans, opinion, [0.5], colors=BLACK, linewidths=1.5)
        axis.scatter(*points[labels == 0].T, 12, BLACK, marker="x", linewidth=0.8)
        axis.scatter(*points[labels == 1].T, 12, SKY, edgecolor=BLACK, linewidth=0.4)
        axis.set(xticks=[], yticks=[], aspect="auto")
        axis.set_title(name, fontsize=9)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure
