"""Painted defects, a crack or a dark patch: what is known is the place."""

import numpy as np

from utils.checks import check_count, check_fraction, check_images, check_names

KINDS = ("none", "crack", "patch")
USUAL_SIDE = 300  # pixels, of a solar cell; all lengths below are meant there
MARGIN = 12  # pixels between a defect and the border


def paint(images, kinds, seed=0, size=1.0, darkness=0.7):
    """Photographs with one dark defect painted on each, and where it is.

    A crack is a bent line of three pieces, 60 to 140 pixels long and 5 wide in a
    photograph of 300 × 300; a patch is an ellipse with radii of 18 to 40 pixels. In
    others all lengths are in proportion to the shorter side. Edges are soft. What
    image i gets does not depend on the other images.

    Args:
        images: gray, `(n, rows, columns)`, values from 0 to 255, at least 20 pixels
            a side.
        kinds: `"none"`, `"crack"` or `"patch"` for all images, or one of these an
            image.
        seed: int; another seed gives other places and shapes.
        size: factor of all lengths, from 0.25 to 1.5.
        darkness: share of the light that is lost inside, from 0 to 1.

    Returns:
        `(painted, inside, boxes)`: uint8 as `images`; a bool array of the same shape,
        True on the defect; an int array `(n, 4)` of the box around it, in pixels:
        left, top, width, height. Zeros where nothing is painted.

    Raises:
        ValueError: if an argument is none of these; with the remedy.

    Example:

    >>> light = np.full((2, 300, 300), 200, np.uint8)
    >>> painted, inside, boxes = paint(light, ["patch", "none"])
    >>> boxes.tolist(), int(painted.min())
    ([[39, 100, 63, 68], [0, 0, 0, 0]], 60)
    >>> bool(inside[0].any()), bool(inside[1].any())
    (True, False)
    """
    images = np.rint(check_images(images, "gray")).astype(np.uint8)
    n, *sides = images.shape
    if min(sides) < 20:
        raise ValueError(
            "`images` must have at least 20 pixels a side. "
            f"Received shape: {images.shape}. Hand in larger photographs."
        )
    kinds, seed = _kinds(kinds, n), check_count(seed, "seed", 0)
    size = check_fraction(size, "size", 0.25, 1.5)
    darkness = check_fraction(darkness, "darkness")
    painted, inside = images.copy(), np.zeros(images.shape, bool)
    boxes = np.zeros((n, 4), int)
    streams = np.random.default_rng(seed).spawn(n)
    for i, (kind, stream) in enumerate(zip(kinds, streams)):
        if kind != "none":
            shape, window = _SHAPES[kind](stream, sides, size)
            light = images[i][window] * (1 - darkness * shape)
            painted[i][window] = np.rint(light)
            inside[i][window] = shape >= 0.5
            boxes[i] = _box(inside[i])
    return painted, inside, boxes


def _kinds(kinds, n):
    kinds = [kinds] * n if isinstance(kinds, str) else kinds
    kinds = check_names(kinds, "kinds", n, "an image")
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise ValueError(
            f"`kinds` must be of {', '.join(KINDS)}. Received: {unknown[0]!r}."
        )
    return kinds


def _box(inside):
    """Left, top, width and height of what is True."""
    rows, columns = (np.flatnonzero(inside.any(axis)) for axis in (1, 0))
    left, top = columns[0], rows[0]
    return left, top, columns[-1] - left + 1, rows[-1] - top + 1


def _crack(rng, sides, size):
    unit = size * min(sides) / USUAL_SIDE
    length = rng.uniform(60, 140) * unit / 3  # of a piece
    angles = rng.uniform(0, 2 * np.pi) + np.cumsum([0, *rng.normal(0, 0.5, 2)])
    pieces = length * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    corners = np.concatenate([np.zeros((1, 2)), np.cumsum(pieces, axis=0)])

    def distance(points):
        gaps = []
        for start, piece in zip(corners, pieces):
            along = ((points - start) @ piece / (piece @ piece)).clip(0, 1)
            gaps.append(points - start - along[..., None] * piece)
        return np.linalg.norm(gaps, axis=-1).min(axis=0) - 2.5 * unit

    reach = 2.5 * unit
    ends = corners.min(axis=0) - reach, corners.max(axis=0) + reach
    return _drawn(rng, sides, ends, distance, 1.5 * unit)


def _patch(rng, sides, size):
    unit = size * min(sides) / USUAL_SIDE
    radii = rng.uniform(18, 40, 2) * unit
    angle = rng.uniform(0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])

    def distance(points):  # about right near the border, where it counts
        return (np.linalg.norm(points @ turn / radii, axis=-1) - 1) * radii.min()

    half = np.sqrt(turn**2 @ radii**2)
    return _drawn(rng, sides, (-half, half), distance, 5 * unit)


def _drawn(rng, sides, ends, distance, soft):
    """A shape at a random place: its share of cover, 0 to 1, and the window it fills.

    `distance` says of points `(…, 2)`, column and row, how far outside they lie.
    """
    (low, high), sides = ends, np.array(sides[::-1])
    margin = MARGIN * min(sides) / USUAL_SIDE
    origin = rng.uniform(margin - low, np.maximum(sides - margin - high, margin - low))
    first = np.floor(origin + low - soft).astype(int).clip(0, sides - 1)
    last = np.ceil(origin + high + soft).astype(int).clip(first + 1, sides)
    columns, rows = (np.arange(a, b) + 0.5 for a, b in zip(first, last))
    points = np.stack(np.meshgrid(columns, rows), axis=-1) - origin
    cover = ((soft - distance(points)) / (2 * soft)).clip(0, 1)
    cover.flat[cover.argmax()] = 1  # however small, it covers a pixel
    return cover, np.s_[first[1] : last[1], first[0] : last[0]]


_SHAPES = {"crack": _crack, "patch": _patch}
