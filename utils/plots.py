"""The course's figures: one style, one palette, at most five lines of a lesson each."""

import re
from collections.abc import Mapping
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from sklearn.isotonic import isotonic_regression

from utils.checks import (
    check_count,
    check_fraction,
    check_images,
    check_labels,
    check_rows,
)

BLUE, VERMILION, BLACK, SKY, GREY = "#0072B2", "#D55E00", "#000000", "#56B4E9", "0.6"
TRAINING, HELD_OUT = BLUE, VERMILION  # one color means one thing in the whole course
HOUSE_ORDER = BLUE, VERMILION, BLACK, SKY
ROLES = {r"train(ing)?\b": TRAINING, r"(validation|test|held.(out|back))\b": HELD_OUT}

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
    >>> len(figure.axes)
    4
    >>> plt.close(figure)
    """
    images = _list_of_images(images)
    titles = [""] * len(images) if titles is None else titles
    titles = _names(titles, len(images), "titles", "an image")
    columns = check_count(columns, "columns")
    side = check_fraction(side, "side", 0, 20, open_ends=True)
    rows = -(-len(images) // columns)
    height = side * (1.18 if any(titles) else 1) * rows
    figure, panels = _panels(rows, columns, (side * columns, height), title)
    for panel, image, text in zip(panels, images, titles):
        panel.imshow(image / 255, cmap="gray", vmin=0, vmax=1)
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
        limits: ends of the axis, between which all scores lie.

    Returns:
        The matplotlib axes.

    Raises:
        ValueError: if a row is no sequence of finite numbers within `limits`, if
            `reference` is not a pair, or if `Scores` come with another `xlabel`.

    Example:

    >>> scores, chance = {"k-NN": [0.7, 0.8]}, (0.5, "chance")
    >>> axes = show_scores(scores, "k-NN beats chance", reference=chance)
    >>> plt.close(axes.figure)
    >>> show_scores({"k-NN": [70, 80]}, "in percent")
    Traceback (most recent call last):
    ValueError: `scores['k-NN']` must lie within `limits`, 0 to 1. Received: 70 to \
80. Percentages? Hand in fractions, 0.7 to 0.8.
    """
    limits = _limits(limits)
    rows = _rows_of_scores(scores, xlabel, limits)
    figure, axes = plt.subplots(figsize=(6.4, 0.42 * len(rows) + 1.1))
    for row, values in enumerate(rows.values()):
        _draw_scores(axes, row, values)
    if reference is not None:
        value, name = _reference(reference, limits)
        axes.axvline(value, color=GREY, zorder=1)
        place = (value, len(rows) - 0.55)
        axes.annotate(name, place, (4, 0), textcoords="offset points", fontsize=9)
    axes.set(yticks=range(len(rows)), yticklabels=rows, xlabel=xlabel)
    axes.set(title=title, xlim=limits, ylim=(len(rows) - 0.4, -0.75))
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
        ValueError: if `matrix` is not square, if it holds anything but whole numbers
            from 0, or if there is not one class name a row.

    Example:

    >>> matrix = np.array([[8, 2], [1, 9]])
    >>> axes = show_confusion(matrix, ["sound", "defective"], "3 of 20 wrong")
    >>> plt.close(axes.figure)
    """
    matrix = _counts(matrix)
    class_names = _names(class_names, len(matrix), "class_names", "a row of `matrix`")
    side = 0.62 * len(class_names) + 1.6
    figure, axes = plt.subplots(figsize=(side + 1, side))
    shares = matrix / matrix.sum(axis=1, keepdims=True).clip(1)
    axes.imshow(shares, vmin=0, vmax=1, cmap="cividis")
    write_numbers(axes, ",", matrix)
    ticks = range(len(class_names))
    axes.set(
        xticks=ticks, yticks=ticks, xticklabels=class_names, yticklabels=class_names
    )
    axes.set(xlabel="predicted", ylabel="true", title=title)
    axes.spines[:].set_visible(False)
    if len(class_names) > 4:
        axes.tick_params(axis="x", rotation=60)
    return axes


def write_numbers(axes, form="g", numbers=None, fontsize=None):
    """Write into each cell of a small image its number, in black or in white.

    Of the two, each cell gets the one that stands out more from its color, whatever
    the colormap: the contrast is at least 4.5 to 1.

    Args:
        axes: matplotlib axes on which `imshow` has drawn a matrix.
        form: how a number is written, such as `"g"`, `".2f"` or `","`; what rounds
            to zero gets no minus sign.
        numbers: array `(rows, columns)` of what to write, if not the values drawn.
        fontsize: in points; by default that of the style.

    Returns:
        The list of the texts, row by row.

    Raises:
        ValueError: if no image is drawn on `axes` yet, if `numbers` has another
            shape than the image or is not finite, or if `form` suits no number.

    Example:

    >>> figure, axes = plt.subplots()
    >>> image = axes.imshow([[0, 1]], cmap="gray")
    >>> [(text.get_text(), text.get_color()) for text in write_numbers(axes, ".1f")]
    [('0.0', 'white'), ('1.0', 'black')]
    >>> plt.close(figure)
    """
    if not getattr(axes, "images", None):
        raise ValueError(
            "`axes` must be axes with an image. "
            f"Received: {_what(axes)} without one. Call `axes.imshow(…)` first."
        )
    image = axes.images[-1]
    colors = image.to_rgba(image.get_array())
    numbers = _numbers_of(image, numbers)
    places = _centers(image, numbers.shape)
    return [
        axes.text(
            *place, _written(number, form), fontsize=fontsize, ha="center",
            va="center", color=_ink(colors[cell]),
        )
        for place, (cell, number) in zip(places, np.ndenumerate(numbers))
    ]  # fmt: skip


def show_curves(curves, title, xlabel, ylabel, x=None):
    """Lines with their names written at their ends instead of a legend.

    Names that would lie on each other are moved apart, with thin lines to the ends
    of the curves; if the view is cut later, a name goes to the last visible point.
    Line styles differ. Curves named training…, validation…, test… or held out… have
    the colors of these roles, and no other curve beside them has; among curves
    without a role, colors follow the house order and mean nothing.

    Args:
        curves: `{name: sequence of finite values}`; at most four.
        title: the finding.
        xlabel, ylabel: quantity and unit.
        x: finite values shared by all curves; by default 1, 2, 3 …

    Returns:
        The matplotlib axes.

    Raises:
        ValueError: if there is no curve or more than four, if a curve is empty, not
            finite, or of another length than `x`.

    Example:

    >>> axes = show_curves({"training": [2, 1]}, "loss halves", "epoch", "loss")
    >>> plt.close(axes.figure)
    """
    curves = _sequences(curves, "curves", '{"training": [2, 1]}')
    if len(curves) > 4:
        raise ValueError(
            "`curves` must be at most four, or they cannot be told apart. "
            f"Received: {len(curves)}. Use several panels."
        )
    x = None if x is None else _sequence(x, "x")
    figure, axes = plt.subplots(layout="constrained")  # it makes room for the names
    lines, looks = [], zip(_curve_colors(curves), ("-", "--", "-.", ":"))
    for (name, values), (color, style) in zip(curves.items(), looks):
        positions = np.arange(1, len(values) + 1) if x is None else x
        if len(positions) != len(values):
            raise ValueError(
                f"`x` must be as long as each curve. Received: {len(x)} positions and "
                f"{len(values)} values of {name!r}. Hand in `x[:{len(values)}]`, or "
                "no `x`."
            )
        lines += axes.plot(positions, values, style, color=color)
    axes.add_artist(_EndNames(axes, lines, curves))
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
        ValueError: if `maps` is not 3D or not finite, if a channel is not among its
            channels, or if `scale` is unknown.

    Example:

    >>> figure = show_feature_maps(np.zeros((4, 4, 8)))
    >>> plt.close(figure)
    """
    maps = _maps(maps)
    channels = _channels(channels, maps.shape[-1])
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
            or other labels than these, or if `classifier` does not return one label
            a row.

    Example:

    >>> axes = show_plane([[0, 0], [1, 1]], [0, 1], ["low", "high"], "two points")
    >>> plt.close(axes.figure)
    """
    points = _in_plane(points, "points")
    class_names = _names(class_names, None, "class_names", "a class")
    if len(class_names) > 4:
        raise ValueError(
            "`class_names` must be at most four, or they cannot be told apart. "
            f"Received: {len(class_names)}. Draw some of the classes."
        )
    labels = check_labels(labels, len(points), len(class_names))
    axis_names = _names(axis_names, 2, "axis_names", "an axis")
    figure, axes = plt.subplots(figsize=(5.4, 3.6))
    looks = zip(class_names, (BLACK, SKY, VERMILION, BLUE), "xo^s")
    for label, (name, color, marker) in enumerate(looks):
        edge = {} if marker == "x" else {"edgecolor": BLACK, "linewidth": 0.4}
        axes.scatter(
            *points[labels == label].T, 18, color, marker=marker, label=name, **edge
        )
    if classifier is not None:
        _draw_borders(axes, classifier)
    axes.set(title=title, xlabel=axis_names[0], ylabel=axis_names[1])
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return axes


def _panels(rows, columns, size, title):
    """A figure with panels without axes, and the finding above them."""
    width, height = size
    size = width, height + (0.4 if title else 0)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for panel in axes.flat:
        panel.axis("off")
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure, axes.flat


def _list_of_images(images):
    """Checked images as a list of arrays; only in a sequence may sizes differ."""
    one_array = hasattr(images, "__array__") and np.asarray(images).dtype.kind != "O"
    if one_array or hasattr(images, "images") or not np.iterable(images):
        if one_array and np.ndim(images) in (3, 4) and len(images):
            images = np.array(_settled(np.asarray(images)))
        return list(check_images(images))
    images = _settled([np.asarray(image) for image in images])
    if not images:
        raise ValueError(
            "`images` must hold at least one image. Received: none. Hand in some, "
            "such as `data.images[:8]`."
        )
    if len({image.shape for image in images}) == 1:
        batches = {"np.stack(images)": np.stack(images)}
    else:
        batches = {f"images[{i}]": image[None] for i, image in enumerate(images)}
    for name, batch in batches.items():
        if batch.ndim == 3 and batch.dtype.kind in "uif":
            # A sequence says where its images end: a gray one may be 3 or 4 wide.
            batch = np.broadcast_to(batch[..., None], (*batch.shape, 3))
        check_images(batch, name=name)
    return images


def _settled(images):
    """Without what is no fault of the scale: rounding errors, and faint images.

    A scaling such as `255 * x / x.max()` may end at 255.00002. An image below 0.1
    beside bright ones is as good as black on either scale, so it is made black.
    """
    numeric = [image.dtype.kind in "uif" and image.size > 0 for image in images]
    peaks = np.array([image.max() if ok else 0 for image, ok in zip(images, numeric)])
    faint = (peaks < 0.1) & (peaks.max(initial=0) >= 2)
    settled = []
    for image, black in zip(images, faint):
        if image.dtype.kind == "f":
            near = (image > -1e-3) & (image < 255 + 1e-3)
            image = np.where(near, image.clip(0, 0 if black else 255), image)
        settled.append(image)
    return settled


def _names(names, n, name, each):
    """A list of str, `n` of them if `n` is given."""
    if isinstance(names, (str, bytes)) or not np.iterable(names):
        raise ValueError(
            f"`{name}` must be a list of str, one {each}. Received: {names!r}. "
            f"Hand in a list, such as `[{names!r}]`."
        )
    names = list(names)
    if n is not None and len(names) != n or not names:
        needed = "at least one str" if n is None else f"{n} str"
        raise ValueError(
            f"`{name}` must hold {needed}, one {each}. Received: {len(names)}. "
            "Add what is missing or leave out what is too much."
        )
    return names


def _what(value):
    """What kind of thing came."""
    if isinstance(value, (str, int, float)):
        return repr(value)
    return f"a {type(value).__name__}"


def _limits(limits, name="limits"):
    """Two finite numbers, the smaller first."""
    ends = _sequence(limits, name)
    if len(ends) != 2 or ends[0] >= ends[1]:
        raise ValueError(
            f"`{name}` must be two numbers, the smaller first. "
            f"Received: {limits!r}. Hand in a pair, such as `(0, 1)`."
        )
    return tuple(limits)


def _sequence(values, name):
    """A float array of one dimension: at least one number, and all of them finite."""
    try:
        array = np.asarray(values)
    except (ValueError, TypeError):
        array = np.array(None)
    if array.dtype.kind not in "biuf" or array.ndim != 1 or not array.size:
        came = f"shape {array.shape}" if array.dtype.kind in "biuf" else _what(values)
        remedy = {0: "Hand in a list, such as `[value]`.", 1: "Add some."}
        raise ValueError(
            f"`{name}` must be a sequence of at least one real number. Received: "
            f"{came}. {remedy.get(array.ndim, 'Hand in one row or column of it.')}"
        )
    finite = np.isfinite(array)
    if not finite.all():
        first = int(np.argmin(finite))
        raise ValueError(
            f"`{name}` must hold finite numbers. Received: {array[first]} at position "
            f"{first}. Leave out what is not finite, with its `x`."
        )
    return array.astype(float)


def _mapping(value, name, example):
    """A dict with at least one entry."""
    if not isinstance(value, Mapping) or not value:
        came = "an empty one" if isinstance(value, Mapping) else _what(value)
        raise ValueError(
            f"`{name}` must be a dict with at least one entry. Received: {came}. "
            f"Hand in names and values, such as `{example}`."
        )
    return dict(value)


def _sequences(value, name, example):
    """`{name: float array}` of a dict of sequences."""
    entries = _mapping(value, name, example)
    return {key: _sequence(row, f"{name}[{key!r}]") for key, row in entries.items()}


def _rows_of_scores(scores, xlabel, limits):
    """`{name: float array}`, all within `limits`."""
    rows = _mapping(scores, "scores", '{"k-NN": [0.7, 0.8]}')
    for key, row in rows.items():
        if hasattr(row, "balanced_accuracy"):
            if "balanced accuracy" not in xlabel:
                raise ValueError(
                    "`xlabel` must name the balanced accuracy, which is drawn of "
                    f"`Scores`. Received: {xlabel!r}. For accuracies hand in "
                    "`{name: scores.accuracy}`."
                )
            rows[key] = row.balanced_accuracy
    rows = _sequences(rows, "scores", "")
    low, high = limits
    for key, row in rows.items():
        if row.min() < low - 1e-9 or row.max() > high + 1e-9:
            raise ValueError(
                f"`scores[{key!r}]` must lie within `limits`, {low:g} to {high:g}. "
                f"Received: {row.min():.3g} to {row.max():.3g}."
                + _remedy_of_scores(row.min(), row.max(), low, high)
            )
    return rows


def _remedy_of_scores(smallest, largest, low, high):
    if 0 <= low and high <= 1 < largest <= 100 and smallest >= 0:
        ends = f"{smallest / 100:.3g} to {largest / 100:.3g}"
        return f" Percentages? Hand in fractions, {ends}."
    ends = min(low, np.floor(smallest * 20) / 20), max(high, np.ceil(largest * 20) / 20)
    return f" Hand in `limits=({ends[0]:g}, {ends[1]:g})`."


def _reference(reference, limits):
    """A value within the limits and its name."""
    remedy = 'Hand in a value and its name, such as `(0.5, "chance")`.'
    pair = isinstance(reference, (tuple, list)) and len(reference) == 2
    if not pair or isinstance(reference[0], str) or not isinstance(reference[1], str):
        raise ValueError(
            f"`reference` must be a pair, (value, name). Received: {reference!r}. "
            + remedy
        )
    value, name = reference
    low, high = limits
    if not low <= value <= high:
        raise ValueError(
            f"`reference` must lie within `limits`, {low:g} to {high:g}. "
            f"Received: {value!r}. Hand in wider `limits`."
        )
    return value, name


def _draw_scores(axes, row, values):
    mean, rows = np.mean(values), np.full(len(values), row)
    axes.plot(values, rows, "o", color=SKY, markersize=5, zorder=2)
    tick = [row - 0.3, row + 0.3]
    axes.plot([mean, mean], tick, color=BLUE, linewidth=3, zorder=3)
    place = mean, row - 0.32
    axes.annotate(f"{mean:.3f}", place, ha="center", va="bottom", fontsize=9)


def _counts(matrix):
    """A square matrix of whole numbers from 0."""
    try:
        array = np.asarray(matrix)
    except ValueError:
        array = np.array(None)
    numbers = array.dtype.kind in "uif"
    if not numbers or array.ndim != 2 or array.shape[0] != array.shape[1]:
        came = f"shape {array.shape}" if numbers else _what(matrix)
        raise ValueError(
            "`matrix` must be square numbers, (classes, classes). "
            f"Received: {came}. Hand in `confusion_matrix(labels, predictions)` first, "
            "then the class names."
        )
    odd = array[~((array >= 0) & (array == np.floor(array)))]  # NaN, too
    if odd.size:
        raise ValueError(
            "`matrix` must hold numbers of images, whole and from 0. "
            f"Received: {odd[0]:.3g}. Shares? Hand in `confusion_matrix(labels, "
            "predictions)` without `normalize`."
        )
    return array.astype(int)


def _numbers_of(image, numbers):
    """What is to be written, one finite number for each cell of the image."""
    drawn = np.asarray(image.get_array())
    numbers = drawn if numbers is None else np.asarray(numbers)
    if numbers.shape != drawn.shape[:2] or numbers.dtype.kind not in "biuf":
        raise ValueError(
            f"`numbers` must be real numbers of shape {drawn.shape[:2]}, as the image. "
            f"Received: shape {numbers.shape}, {numbers.dtype}. Hand in one number a "
            "cell."
        )
    if not np.isfinite(numbers).all():
        raise ValueError(
            "`numbers` must be finite. Received: NaN or infinity. Hand in "
            "`np.nan_to_num(numbers)`, or draw cells without number by themselves."
        )
    return numbers


def _centers(image, shape):
    """(x, y) of the middle of each cell, row by row, wherever `imshow` put them."""
    left, right, bottom, top = image.get_extent()
    first, last = (bottom, top) if image.origin == "lower" else (top, bottom)
    rows, columns = shape
    across = left + (np.arange(columns) + 0.5) * (right - left) / columns
    down = first + (np.arange(rows) + 0.5) * (last - first) / rows
    return [(x, y) for y in down for x in across]


def _written(number, form):
    try:
        text = format(number, form)
    except (ValueError, TypeError):
        raise ValueError(
            f"`form` must be a format of {_what(number)}. Received: {form!r}. Hand in "
            'one such as "g", ".2f" or ",".'
        ) from None
    return text if text.strip("-0.") else text.removeprefix("-")


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
        next(
            (
                ROLES[role]
                for role in ROLES
                if re.match(role, str(name).strip().lower())
            ),
            0,
        )
        for name in names
    ]
    taken = {TRAINING, HELD_OUT} if any(roles) else set()
    free = cycle(color for color in HOUSE_ORDER if color not in taken)
    return [role or next(free) for role in roles]


class _EndNames(Artist):
    """The names at the ends of curves, put in their places at every drawing.

    Only then are scale, limits and size of the axes what the lesson made of them.
    """

    def __init__(self, axes, lines, names):
        super().__init__()
        self.set_clip_on(False)  # else the layout does not ask for its size
        leader = {"arrowstyle": "-", "linewidth": 0.8, "relpos": (0, 0.5)}
        leader |= {"shrinkA": 1, "shrinkB": 0, "patchA": None}
        halo = [withStroke(linewidth=2, foreground="white")]  # a curve may run below
        self.pairs = [
            (line, axes.annotate(
                str(name), line.get_xydata()[-1], (5, 0), textcoords="offset points",
                va="center", color=line.get_color(), path_effects=halo,
                arrowprops=leader | {"color": line.get_color()},
            ))
            for line, name in zip(lines, names)
        ]  # fmt: skip

    def get_tightbbox(self, renderer=None):
        """None: it asks for no room, but moves the names before they are asked."""
        self.draw(renderer or self.get_figure(root=True).canvas.get_renderer())

    def draw(self, renderer):
        """Move each name to the end of its curve, or beside it if others are there."""
        inside = self.axes.patch.get_window_extent()
        for column in self._columns(renderer):
            names, boxes = zip(*column)
            centers = np.array([box.y0 + box.height / 2 for box in boxes])
            heights = np.array([box.height for box in boxes])
            moves = _apart(centers, heights, inside.y0, inside.y1) - centers
            moves /= renderer.points_to_pixels(1)
            moved = np.any(abs(moves) > 1)
            for name, move in zip(names, moves):
                name.set_position((16 if moved else 5, move))
                name.arrow_patch.set_visible(moved)

    def _columns(self, renderer):
        """Names with their boxes, by groups that share some stretch of the x-axis."""
        boxes = []
        for line, name in self.pairs:
            pixels = self.axes.transData.transform(line.get_xydata())
            seen = self.axes.patch.contains_points(pixels, radius=1)
            name.set_visible(bool(seen.any() and name.get_text()))
            if name.get_visible():
                name.xy = line.get_xydata()[np.flatnonzero(seen)[-1]]
                name.set_position((5, 0))
                name.update_positions(renderer)
                boxes.append((name, Text.get_window_extent(name, renderer)))
        columns, room = [], renderer.points_to_pixels(12)  # for a line to the end
        for name, box in sorted(boxes, key=lambda pair: pair[1].x0):
            if columns and box.x0 < max(b.x1 for _, b in columns[-1]) + room:
                columns[-1].append((name, box))
            else:
                columns.append([(name, box)])
        return columns


def _apart(centers, heights, low, high):
    """Move labels apart as little as possible, in their order, between two limits.

    Least squares: with the stack of labels subtracted, "none overlaps" becomes "none
    decreases", which is isotonic regression. Of two at the same height the later one
    goes below. Labels that do not fit are stacked around the middle.

    Args:
        centers: float array `(n,)`, where the labels would stand.
        heights: float array `(n,)`, in the same unit.
        low, high: limits for the edges of the labels.

    Returns:
        Float array `(n,)`, where they stand.

    Example:

    >>> _apart(np.array([5.0, 5.0, 1.0]), np.array([2.0, 2.0, 2.0]), 0, 10).tolist()
    [6.0, 4.0, 1.0]
    """
    order = np.lexsort((-np.arange(len(centers)), centers))
    stacked = np.cumsum(heights[order]) - heights[order] / 2
    spare = high - low - heights.sum()
    low, spare = (low, spare) if spare > 0 else (low + spare / 2, 0)
    placed = np.empty(len(centers))
    placed[order] = stacked + isotonic_regression(
        centers[order] - stacked, y_min=low, y_max=low + spare
    )
    return placed


def _maps(maps):
    """A finite feature map of one image."""
    try:
        array = np.asarray(maps)
    except ValueError:
        array = np.array(None)
    if array.ndim != 3 or array.dtype.kind not in "biuf" or 0 in array.shape:
        remedy = {
            2: "For one channel: `maps[..., None]`.",
            4: "Hand in one image's: `maps[0]`.",
        }
        raise ValueError(
            "`maps` must be numbers of shape (rows, columns, channels). "
            f"Received: shape {array.shape}, {array.dtype}. "
            + remedy.get(array.ndim, "Hand in a layer's output for one image.")
        )
    if not np.isfinite(array).all():
        raise ValueError(
            "`maps` must be finite. Received: NaN or infinity. Hand in "
            "`np.nan_to_num(maps)`, or look where they come from."
        )
    return array


def _channels(channels, n):
    """A list of channels that exist."""
    if channels is None:
        return list(range(min(8, n)))
    if not np.iterable(channels) or isinstance(channels, str):
        raise ValueError(
            f"`channels` must be a list of whole numbers. Received: {channels!r}. "
            f"Hand in a list, such as `[{channels!r}]`."
        )
    channels = [check_count(channel, "channels", 0, n - 1) for channel in channels]
    if not channels:
        raise ValueError(
            "`channels` must hold at least one. Received: none. Hand in some, such as "
            "`range(8)`."
        )
    return channels


def _in_plane(points, name):
    """Finite rows of two numbers."""
    points = check_rows(points, name=name)
    if points.shape[1] != 2:
        remedy = f"`{name}.T`" if len(points) == 2 else f"`{name}[:, :2]`"
        raise ValueError(
            f"`{name}` must have shape (n, 2). Received shape: {points.shape}. "
            f"Hand in {remedy}."
        )
    return points


def _draw_borders(axes, classifier):
    """Where a classifier's verdict changes, also beyond the limits as they are."""
    if not hasattr(classifier, "predict"):
        raise ValueError(
            f"`classifier` must have `predict`. Received: {_what(classifier)}. Hand in "
            "a fitted classifier."
        )
    limits = axes.axis()
    spans = [
        np.linspace(2 * low - high, 2 * high - low, 600)  # so that they can be widened
        for low, high in zip(limits[::2], limits[1::2])
    ]
    lattice = np.stack(np.meshgrid(*spans), axis=-1).reshape(-1, 2)
    verdict = classifier.predict(lattice)
    verdict = check_labels(verdict, len(lattice), name="classifier.predict(…)")
    verdict = verdict.reshape(600, 600)
    for label in np.unique(verdict)[1:]:
        axes.contour(*spans, verdict >= label, [0.5], colors=GREY, linewidths=2)
    axes.axis(limits)
