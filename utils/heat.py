"""Maps of what speaks for a class: brought to a photograph's size, drawn beside it."""

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from utils.checks import (
    check_count,
    check_fraction,
    check_names,
    check_numbers,
    check_pictures,
)
from utils.photographs.decoding import check_way

COLORS = "RdBu"  # what is below 0 is red, what is above is blue; no color at 0
EVIDENCE = "evidence: below 0 against the class, above 0 for it"


def enlarge(heat, rows, columns, way="squash"):
    """A map of a square input, brought to the photograph that became this square.

    Between places it is interpolated (bilinear), so it stays within its own limits.

    Args:
        heat: finite array `(side, side)`.
        rows, columns: of the photograph, in pixels.
        way: how the photograph became square, see `decoding.to_square`.

    Returns:
        float32 array `(rows, columns)`; NaN where a crop was cut off.

    Raises:
        ValueError: if an argument is none of these; with the remedy.

    Example:

    >>> enlarge([[0, 1], [0, 1]], 2, 4, "crop")
    array([[nan,  0.,  1., nan],
           [nan,  0.,  1., nan]], dtype=float32)
    """
    heat = _square(heat)
    rows, columns = check_count(rows, "rows"), check_count(columns, "columns")
    way, side = check_way(way), len(heat)
    picture, linear = Image.fromarray(heat), Image.Resampling.BILINEAR
    shortest, longest = sorted((rows, columns))
    if way == "crop":
        whole = np.full((rows, columns), np.nan, np.float32)
        top, left = (rows - shortest) // 2, (columns - shortest) // 2
        seen = np.s_[top : top + shortest, left : left + shortest]
        whole[seen] = picture.resize((shortest, shortest), linear)
        return whole
    width = height = side
    if way == "pad":
        width, height = columns / longest * side, rows / longest * side
    left, top = (side - width) / 2, (side - height) / 2
    box = left, top, left + width, top + height
    return np.array(picture.resize((columns, rows), linear, box))


def show_heat(
    images, heats, titles=None, title=None, columns=2, side=2.2, label=EVIDENCE
):
    """Photographs, each beside the map of what speaks for a class in it.

    All maps share one scale. Above 0 speaks for the class, below 0 against it, and
    a line is drawn where the sign changes.

    Args:
        images: as `plots.show_images` takes them.
        heats: sequence of arrays `(rows, columns)`, one an image, each as large as
            its image; NaN where there is nothing to say.
        titles: one short str a pair, or None.
        title: the finding, above all.
        columns: pairs a row.
        side: inches that an image takes, more than 0.
        label: what the colors say: one line under the color bar.

    Returns:
        The matplotlib figure.

    Raises:
        ValueError: if images and maps do not fit together, or if another argument is
            out of range.

    Example:

    >>> figure = show_heat(np.zeros((1, 8, 8)), np.ones((1, 8, 8)), ["all for it"])
    >>> plt.close(figure)
    """
    images = check_pictures(images)
    n, heats = len(images), _fitting(heats, images)
    titles = [""] * n if titles is None else check_names(titles, "titles", n, "a pair")
    columns = min(check_count(columns, "columns"), n)
    side = check_fraction(side, "side", 0, 20, open_ends=True)
    rows = -(-n // columns)
    tall = min(2, max(len(image) / image.shape[1] for image in images))
    height = (tall * side + 0.15 * side + 0.1) * rows + 0.6 + 0.4 * bool(title)
    size = 2 * side * columns, height
    figure, panels = plt.subplots(
        rows, 2 * columns, figsize=size, squeeze=False, layout="constrained"
    )
    for panel in panels.flat:
        panel.axis("off")
    limit = max(np.nanmax(abs(heat)) for heat in heats) or 1
    for (left, right), image, heat, text in zip(
        panels.reshape(-1, 2), images, heats, titles
    ):
        left.imshow((image / 255).clip(0, 1), cmap="gray", vmin=0, vmax=1)
        left.set_title(text, fontsize=9)
        drawn = right.imshow(heat, cmap=COLORS, vmin=-limit, vmax=limit)
        if np.nanmin(heat) < 0 < np.nanmax(heat):
            right.contour(heat, [0], colors="black", linewidths=0.8)
    bar = figure.colorbar(
        drawn, ax=panels, location="bottom", shrink=0.6, aspect=40, label=label
    )
    bar.ax.axvline(0, color="black", linewidth=0.8)
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure


def _square(heat):
    remedy = "Hand in one class's map of one image, such as `maps[0, :, :, 1]`."
    heat = check_numbers(heat, "heat", ("side", "side"), remedy)
    if heat.shape[0] != heat.shape[1]:
        raise ValueError(
            "`heat` must have as many rows as columns. "
            f"Received shape: {heat.shape}. {remedy}"
        )
    return heat.astype(np.float32)


def _fitting(heats, images):
    """The maps as a list of float arrays, each of its image's size."""
    heats = check_names(heats, "heats", len(images), "an image")
    remedy = "Hand in what `keep.explain` returns."
    found = []
    for i, (heat, image) in enumerate(zip(heats, images)):
        try:
            heat = np.asarray(heat, float)
        except (TypeError, ValueError):
            heat = np.empty(0)
        if heat.shape != image.shape[:2] or not np.isfinite(heat).any():
            raise ValueError(
                f"`heats[{i}]` must be finite somewhere and have the shape of its "
                f"image, {image.shape[:2]}. Received shape: {heat.shape}. {remedy}"
            )
        found.append(heat)
    return found
