"""The course's figures: one style, one palette, at most five lines of a lesson each."""

import re
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from utils.checks import (
    check_count,
    check_fraction,
    check_labels,
    check_limits,
    check_mapping,
    check_names,
    check_numbers,
    check_pictures,
    check_points,
    check_positions,
)
from utils.end_labels import HALO, name_ends

BLUE, VERMILION, BLACK, SKY, GREY = "#0072B2", "#D55E00", "#000000", "#56B4E9", "0.6"
TRAINING, HELD_OUT = BLUE, VERMILION  # one color means one thing in the whole course
HOUSE_ORDER = BLUE, VERMILION, BLACK, SKY
ROLES = {TRAINING: r"train(ing)?\b", HELD_OUT: r"(validation|test|held.(out|back))\b"}

STYLE = {
    "figure.figsize": (6, 2.6),
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": plt.cycler(color=HOUSE_ORDER),
    "lines.linewidth": 2,
    "legend.frameon": False,
    "image.cmap": "cividis",
    "image.interpolation": "nearest",
}


def use_style():
    """Make the course's style the default, and a figure's text form what it says.

    A notebook stores this text with the picture: to be compared and read aloud.
    """
    plt.rcParams.update(STYLE)
    Figure._repr_pretty_ = _pretty  # the inline backend drops registered formatters


def _pretty(figure, printer, cycle):
    printer.text(titles(figure))


def titles(figure):
    """What a matplotlib figure says: its title, then those of its panels.

    Returns:
        A str, a line a title; "Figure" if there is none.

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
        images: array `(n, rows, columns)` or `(n, rows, columns, 3)`, or a sequence
            of `(rows, columns)` or `(rows, columns, 3)` arrays that may differ in
            size; uint8 or float from 0 to 255.
        titles: one short str an image, or None.
        columns: images a row.
        title: the finding, above the grid.
        side: inches that an image takes, more than 0.

    Returns:
        The matplotlib figure.

    Raises:
        ValueError: if the images have another layout or scale, if the numbers of
            images and titles differ, or if `columns` or `side` is out of range.

    Example:

    >>> figure = show_images(np.zeros((3, 8, 8)), ["a", "b", "c"])
    >>> plt.close(figure)
    """
    images = check_pictures(images)
    titles = [""] * len(images) if titles is None else titles
    titles = check_names(titles, "titles", len(images), "an image")
    columns = check_count(columns, "columns")
    side = check_fraction(side, "side", 0, 20, open_ends=True)
    rows = -(-len(images) // columns)
    height = side * (1.18 if any(titles) else 1) * rows
    figure, panels = _panels(rows, columns, (side * columns, height), title)
    for panel, image, text in zip(panels, images, titles):
        panel.imshow((image / 255).clip(0, 1), cmap="gray", vmin=0, vmax=1)
        panel.set_title(text, fontsize=9, loc="center")
    return figure


def show_scores(
    scores, title, xlabel="balanced accuracy", reference=None, limits=(0, 1)
):
    """One row a candidate: a dot a fold, a tick and a number at the mean.

    Args:
        scores: `{name: sequence of fractions}`, drawn top to bottom. A `Scores` of
            `fold_scores` stands for its `balanced_accuracy`.
        title: the finding.
        xlabel: the quantity.
        reference: `(value, name)` of a gray line, such as the chance level.
        limits: ends of the axis; it is longer where a score or the line lies beyond.

    Returns:
        The matplotlib axes.

    Raises:
        ValueError: if a row is no sequence of finite numbers from -1 to 1 or within
            `limits`, if `reference` is not such a pair, or if `Scores` come with
            another `xlabel`.

    Example:

    >>> scores, chance = {"k-NN": [0.7, 0.8]}, (0.5, "chance")
    >>> axes = show_scores(scores, "k-NN beats chance", reference=chance)
    >>> plt.close(axes.figure)
    >>> show_scores({"k-NN": [70, 80]}, "in percent")
    Traceback (most recent call last):
    ValueError: `scores['k-NN']` must lie within -1 to 1. Received: 70 to 80. Divide \
percentages by 100, or hand in wider `limits`.
    """
    limits = check_limits(limits)
    rows = check_mapping(scores, "scores")
    rows = {k: _fractions(row, k, xlabel, limits) for k, row in rows.items()}
    shown = [*rows.values(), limits]
    if reference is not None:
        value, name = _reference(reference)
        shown.append([value])
    shown = np.concatenate(shown)
    ends = shown.min(), shown.max()
    figure, axes = plt.subplots(figsize=(6.4, 0.42 * len(rows) + 1.1))
    for row, values in enumerate(rows.values()):
        _draw_scores(axes, row, values)
    if reference is not None:
        axes.axvline(value, color=GREY, zorder=1)
        look = {"textcoords": "offset points", "fontsize": 9, "path_effects": HALO}
        axes.annotate(name, (value, len(rows) - 0.55), (4, 0), **look)
    axes.set(yticks=range(len(rows)), yticklabels=rows, xlabel=xlabel)
    axes.set(title=title, xlim=ends, ylim=(len(rows) - 0.4, -0.75))
    return axes


def show_confusion(matrix, class_names, title):
    """Confusion matrix: rows are the truth, columns the prediction, numbers are images.

    Color is the share within a row, so that rare classes show.

    Args:
        matrix: int array `(classes, classes)` as of `sklearn.metrics.confusion_matrix`.
        class_names: sequence of str, one a row.
        title: the finding.

    Returns:
        The matplotlib axes.

    Raises:
        ValueError: if `matrix` is not square, with one class name a row, or if it
            holds anything but whole numbers from 0.

    Example:

    >>> matrix = np.array([[8, 2], [1, 9]])
    >>> axes = show_confusion(matrix, ["sound", "defective"], "3 of 20 wrong")
    >>> plt.close(axes.figure)
    """
    class_names = check_names(class_names, "class_names", each="a row of `matrix`")
    matrix = _counts(matrix, len(class_names))
    side = 0.62 * len(class_names) + 1.6
    figure, axes = plt.subplots(figsize=(side + 1, side))
    shares = matrix / matrix.sum(axis=1, keepdims=True).clip(1)
    axes.imshow(shares, vmin=0, vmax=1, cmap="cividis")
    write_numbers(axes, ",", matrix)
    axes.set_xticks(range(len(class_names)), class_names)
    axes.set_yticks(range(len(class_names)), class_names)
    axes.set(xlabel="predicted", ylabel="true", title=title)
    axes.spines[:].set_visible(False)
    if len(class_names) > 4:
        axes.tick_params(axis="x", rotation=60)
    return axes


def write_numbers(axes, form="g", numbers=None, fontsize=None):
    """Write into each cell of a small image its number, in black or in white.

    Whatever the colormap, the contrast is at least 4.5 to 1.

    Args:
        axes: matplotlib axes on which `imshow` has drawn a matrix.
        form: how a number is written, such as `"g"`, `".2f"` or `","`; what rounds
            to zero gets no minus sign.
        numbers: array `(rows, columns)` of what to write, if not the values drawn.
        fontsize: in points; by default that of the style.

    Returns:
        The list of the texts, row by row.

    Raises:
        ValueError: if no image is drawn on `axes` yet, or if `numbers` has another
            shape than the image or is not finite.

    Example:

    >>> figure, axes = plt.subplots()
    >>> image = axes.imshow([[0, 1]], cmap="gray")
    >>> [(text.get_text(), text.get_color()) for text in write_numbers(axes, ".1f")]
    [('0.0', 'white'), ('1.0', 'black')]
    >>> plt.close(figure)
    """
    if not getattr(axes, "images", None):
        raise ValueError(
            "`axes` must be axes with an image. Received: "
            f"{type(axes).__name__} without one. Call `axes.imshow(…)` first."
        )
    image = axes.images[-1]
    drawn = image.get_array()
    numbers, needed = drawn if numbers is None else numbers, drawn.shape[:2]
    numbers = check_numbers(numbers, "numbers", needed, "Hand in one number a cell.")
    colors = image.to_rgba(drawn)
    look, written = {"fontsize": fontsize, "ha": "center", "va": "center"}, []
    for place, (cell, number) in zip(_centers(image, needed), np.ndenumerate(numbers)):
        text = format(number, form)
        text = text if text.strip("-0.") else text.removeprefix("-")
        written.append(axes.text(*place, text, color=_ink(colors[cell]), **look))
    return written


def show_curves(curves, title, xlabel, ylabel, x=None):
    """Lines with their names written at their ends instead of a legend.

    If the view is cut later, a name goes to the last visible point. Line styles
    differ. Curves named training…, validation…, test… or held out… have the colors of
    these roles, and no other curve beside them has; colors of others mean nothing.

    Args:
        curves: `{name: sequence of finite values}`; at most four.
        title: the finding.
        xlabel, ylabel: quantity and unit.
        x: finite values shared by all curves; by default 1, 2, 3 … Between whole
            numbers no tick is drawn.

    Returns:
        The matplotlib axes.

    Raises:
        ValueError: if there is no curve or more than four, if a curve is empty, not
            finite, or of another length than `x`.

    Example:

    >>> axes = show_curves({"training": [2, 1]}, "loss halves", "epoch", "loss")
    >>> plt.close(axes.figure)
    """
    curves = check_mapping(curves, "curves", check_numbers)
    check_count(len(curves), "len(curves)", high=4)
    for values in curves.values() if x is not None else ():
        check_numbers(x, "x", values.shape, "Hand in a place for each value.")
    figure, axes = plt.subplots(layout="constrained")  # it makes room for the names
    looks = zip(_curve_colors(curves), ("-", "--", "-.", ":"))
    for values, (color, style) in zip(curves.values(), looks):
        positions = np.arange(1, len(values) + 1) if x is None else x
        axes.plot(positions, values, style, color=color)
    if np.all(np.mod(positions, 1) == 0):  # nothing lies between two epochs
        axes.locator_params("x", integer=True)
    name_ends(axes, curves)
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    return axes


def show_feature_maps(maps, channels=None, scale="layer", title=None, side=1.2):
    """Some channels of one image's feature map.

    Args:
        maps: finite array `(rows, columns, channels)`.
        channels: sequence of whole numbers: which ones; by default the first eight.
        scale: `"layer"`, one color scale for all, so that strength can be compared;
            `"each"`, every channel on its own, so that patterns show.
        title: the finding.
        side: inches that a map takes, more than 0.

    Returns:
        The matplotlib figure.

    Raises:
        ValueError: if `maps` is not 3D or not finite, lacks one of the channels, or
            if `scale` is unknown.

    Example:

    >>> figure = show_feature_maps(np.zeros((4, 4, 8)))
    >>> plt.close(figure)
    """
    remedy = "Hand in one image's, `maps[0]`; of one channel, `maps[..., None]`."
    maps = check_numbers(maps, "maps", ("rows", "columns", "channels"), remedy)
    channels = range(maps.shape[-1])[:8] if channels is None else channels
    channels = check_positions(channels, maps.shape[-1], "channels")
    if scale not in ("layer", "each"):
        raise ValueError(f"`scale` must be 'layer' or 'each'. Received: {scale!r}.")
    side = check_fraction(side, "side", 0, 20, open_ends=True)
    limits = {"vmin": maps.min(), "vmax": maps.max()} if scale == "layer" else {}
    rows, columns = -(-len(channels) // 8), min(8, len(channels))
    figure, panels = _panels(rows, columns, (side * columns, side * 1.15 * rows), title)
    for panel, channel in zip(panels, channels):
        panel.imshow(maps[:, :, channel], **limits)
        panel.set_title(f"channel {channel}", fontsize=8, loc="center")
    return figure


def show_plane(
    points, labels, class_names, title, classifier=None, axis_names=("", "")
):
    """Points of up to four classes in a plane and where a classifier's verdict changes.

    Args:
        points: finite array `(n, 2)`.
        labels: int array `(n,)`, indices into `class_names`.
        class_names: sequence of at most four str.
        title: the finding.
        classifier: fitted, with `predict` that returns one label for each row of two
            numbers; its borders show.
        axis_names: the two quantities.

    Returns:
        The matplotlib axes.

    Raises:
        ValueError: if the points do not lie in a plane, have more than four classes
            or other labels, or if `classifier` does not return one label a row.

    Example:

    >>> axes = show_plane([[0, 0], [1, 1]], [0, 1], ["low", "high"], "two points")
    >>> plt.close(axes.figure)
    """
    points = check_points(points)
    class_names = check_names(class_names, "class_names", each="a class")
    check_count(len(class_names), "len(class_names)", high=4)
    labels = check_labels(labels, len(points), len(class_names))
    axis_names = check_names(axis_names, "axis_names", 2, "an axis")
    figure, axes = plt.subplots(figsize=(5.4, 3.6))
    looks = zip(class_names, (BLACK, SKY, VERMILION, BLUE), "xo^s")
    for label, (name, color, marker) in enumerate(looks):
        edge = {} if marker == "x" else {"edgecolor": BLACK, "linewidth": 0.4}
        x, y = points[labels == label].T
        axes.scatter(x, y, 18, color, marker=marker, label=name, **edge)
    if classifier is not None:
        _draw_borders(axes, classifier)
    axes.set(title=title, xlabel=axis_names[0], ylabel=axis_names[1])
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return axes


def _panels(rows, columns, size, title):
    """A figure with panels without axes, and the finding above them, if any."""
    size = size[0], size[1] + (0.4 if title else 0)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for panel in axes.flat:
        panel.axis("off")
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure, axes.flat


def _fractions(row, key, xlabel, limits):
    """Float array `(n,)` of one row of scores, all of -1 to 1 or within the limits."""
    if hasattr(row, "balanced_accuracy"):
        if "balanced accuracy" not in xlabel:
            raise ValueError(
                "`xlabel` must name the balanced accuracy, which is drawn of `Scores`. "
                f"Received: {xlabel!r}. Else hand in `{{name: scores.accuracy}}`."
            )
        row = row.balanced_accuracy
    row = check_numbers(row, f"scores[{key!r}]").astype(float)
    low, high = min(-1, limits[0]), max(1, limits[1])
    if row.min() < low - 1e-9 or row.max() > high + 1e-9:
        raise ValueError(
            f"`scores[{key!r}]` must lie within {low:g} to {high:g}. "
            f"Received: {row.min():.3g} to {row.max():.3g}. "
            "Divide percentages by 100, or hand in wider `limits`."
        )
    return row


def _reference(reference):
    """A finite value and its name."""
    try:
        value, name = reference
        fits = -np.inf < value < np.inf
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise ValueError(
            "`reference` must be a pair of a finite number and its name, such as "
            f'`(0.5, "chance")`. Received: {reference!r}.'
        )
    return value, name


def _draw_scores(axes, row, values):
    mean, rows = np.mean(values), np.full(len(values), row)
    axes.plot(values, rows, "o", color=SKY, markersize=5, zorder=2)
    axes.plot([mean] * 2, [row - 0.3, row + 0.3], color=BLUE, linewidth=3, zorder=3)
    look = {"ha": "center", "va": "bottom", "fontsize": 9, "path_effects": HALO}
    axes.annotate(f"{mean:.3f}", (mean, row - 0.32), **look)


def _counts(matrix, n):
    """Int array `(n, n)` of numbers from 0."""
    remedy = "Hand in `confusion_matrix(labels, predictions)`, and all `class_names`."
    matrix = check_numbers(matrix, "matrix", (n, n), remedy)
    if (odd := matrix[(matrix < 0) | (matrix % 1 > 0)]).size:
        raise ValueError(
            "`matrix` must hold numbers of images, whole and from 0. Received: "
            f"{odd[0]:.3g}. Shares? Hand in `confusion_matrix(…)` without `normalize`."
        )
    return matrix.astype(int)


def _centers(image, shape):
    """(x, y) of the middle of each cell, row by row, wherever `imshow` put them."""
    left, right, bottom, top = image.get_extent()
    first, last = (bottom, top) if image.origin == "lower" else (top, bottom)
    down, across = ((np.arange(n) + 0.5) / n for n in shape)
    down, across = first + down * (last - first), left + across * (right - left)
    return [(x, y) for y in down for x in across]


def _ink(color):
    """Black or white, whichever has the larger contrast (WCAG 2) with an RGBA color."""
    *rgb, alpha = np.asarray(color, float)
    rgb = np.array(rgb) * alpha + 1 - alpha  # what is transparent shows white paper
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = linear @ (0.2126, 0.7152, 0.0722)
    return "black" if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else "white"


def _curve_colors(names):
    """One color a curve: of its role if it has one, else what no role has taken."""
    roles = [
        next((c for c in ROLES if re.match(rf"\s*{ROLES[c]}", str(name), re.I)), None)
        for name in names
    ]
    taken = {TRAINING, HELD_OUT} if any(roles) else set()
    free = cycle(color for color in HOUSE_ORDER if color not in taken)
    return [role or next(free) for role in roles]


def _draw_borders(axes, classifier):
    """Where a classifier's verdict changes, also beyond the limits as they are."""
    if not hasattr(classifier, "predict"):
        raise ValueError(
            f"`classifier` must have `predict`. Received: {classifier!r}. "
            "Hand in a fitted classifier."
        )
    limits = axes.axis()
    spans = [
        np.linspace(2 * low - high, 2 * high - low, 600)  # so that they can be widened
        for low, high in zip(limits[::2], limits[1::2])
    ]
    lattice = np.stack(np.meshgrid(*spans), axis=-1).reshape(-1, 2)
    verdict, name = classifier.predict(lattice), "classifier.predict(…)"
    verdict = check_labels(verdict, len(lattice), name=name).reshape(600, 600)
    for label in np.unique(verdict)[1:]:
        axes.contour(*spans, verdict >= label, [0.5], colors=GREY, linewidths=2)
    axes.axis(limits)
