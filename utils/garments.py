"""Pictures with several garments of Fashion-MNIST, and what lies where in them."""

from dataclasses import dataclass

import numpy as np

from utils.checks import check_count, check_positions

GROUPS = ("top", "trouser", "dress", "sandal", "sneaker", "bag", "boot")
RELATIONS = ("above", "left of")
# Of Fashion-MNIST's ten classes: T-shirt, pullover, coat and shirt are hard to tell
# apart when they are small, so that they are one group.
_GROUP_OF_CLASS = np.array([0, 1, 0, 2, 0, 3, 0, 4, 5, 6])
_QUARTER = 32  # pixels: each garment of 28 lies in a quarter of the canvas, or a half


@dataclass(frozen=True)
class Canvases:
    """Black canvases with garments on them.

    Args:
        images: uint8 `(n, side, side)`, light garments on black.
        groups: int `(n, garments)`, indices into `GROUPS` in reading order, row by row;
            -1 where a canvas has fewer garments.
        places: int `(n, garments, 2)`, row and column of each garment's upper left
            corner in pixels; -1 where there is none.
        relations: int `(n,)`, an index into `RELATIONS`: how the first garment lies to
            the second. None where canvases hold other numbers than two.
    """

    images: np.ndarray
    groups: np.ndarray
    places: np.ndarray
    relations: np.ndarray | None = None

    def __len__(self):
        return len(self.images)

    def labels(self):
        """Which groups lie on each canvas.

        Returns:
            int8 array `(n, 7)`, 1 where at least one garment of this group is there.

        Example:

        >>> several("test", 3, counts=(2,)).labels()
        array([[1, 0, 0, 1, 0, 0, 0],
               [1, 0, 0, 0, 1, 0, 0],
               [1, 0, 0, 0, 0, 0, 0]], dtype=int8)
        """
        there = self.groups[:, :, None] == np.arange(len(GROUPS))
        return there.any(axis=1).astype(np.int8)


def several(part="train", n=1000, counts=(0, 1, 2, 3), seed=0, shrink=2):
    """Canvases with different numbers of garments, each in a quarter of its own.

    Garments are drawn from one part of Fashion-MNIST, so that no test garment is on a
    training canvas. As in Fashion-MNIST four of ten are tops. Canvas i depends neither
    on `n` nor on the other canvases.

    Args:
        part: `"train"` or `"test"`.
        n: how many canvases.
        counts: ints from 0 to 4; each canvas gets one of these numbers of garments.
        seed: int; another seed gives other canvases.
        shrink: 1 for garments of 28 pixels on 64 × 64, 2 for 14 on 32 × 32.

    Returns:
        `Canvases`.

    Raises:
        ValueError: if an argument is none of these.

    Source:
        Xiao, Rasul and Vollgraf, arXiv:1708.07747, 2017, for the garments.

    Example:

    >>> some = several("test", 100)
    >>> some.images.shape, some.groups.shape, some.places.shape
    ((100, 32, 32), (100, 3), (100, 3, 2))
    """
    garments, kinds = _garments(part, shrink)
    counts = check_positions(counts, 5, "counts")
    most, drawn = max(1, int(np.max(counts))), []
    for rng in _streams(n, seed):
        count = rng.choice(counts)
        quarters = np.sort(rng.choice(4, count, replace=False))
        places = [_within(rng, *divmod(int(q), 2), garments) for q in quarters]
        drawn.append((rng.integers(len(kinds), size=count), places))
    return _painted(drawn, garments, kinds, most)


def pairs(part="train", n=1000, allowed=None, seed=0, shrink=2):
    """Canvases with two garments, the first above the second or left of it.

    All groups are as frequent as each other, if all pairs are allowed. Canvas i does
    not depend on `n`.

    Args:
        part, n, seed, shrink: see `several`.
        allowed: sequence of `(first, second)`, indices into `GROUPS`; by default all.

    Returns:
        `Canvases`, with `relations`.

    Raises:
        ValueError: if an argument is none of these.

    Example:

    >>> one = pairs("test", 1)
    >>> first, second = (GROUPS[group] for group in one.groups[0])
    >>> f"a {first} {RELATIONS[one.relations[0]]} a {second}"
    'a boot left of a sneaker'
    """
    garments, kinds = _garments(part, shrink)
    members = [np.flatnonzero(kinds == group) for group in range(len(GROUPS))]
    allowed, drawn, relations = _allowed(allowed), [], []
    for rng in _streams(n, seed):
        relation = rng.integers(2)
        chosen = [rng.choice(members[group]) for group in rng.choice(allowed)]
        places = [_in_half(rng, half, relation, garments) for half in range(2)]
        drawn.append((np.array(chosen), places))
        relations.append(relation)
    found = _painted(drawn, garments, kinds, 2)
    return Canvases(found.images, found.groups, found.places, np.array(relations))


def _garments(part, shrink):
    """Garments of one part as floats, and the group of each."""
    from utils import datasets

    data = datasets.fashion_mnist(part)
    shrink = check_count(shrink, "shrink", 1, 2)
    side = data.images.shape[1] // shrink
    blocks = data.images.reshape(len(data), side, shrink, side, shrink)
    return blocks.mean(axis=(2, 4)), _GROUP_OF_CLASS[data.labels]


def _streams(n, seed):
    n, seed = check_count(n, "n"), check_count(seed, "seed", 0)
    return np.random.default_rng(seed).spawn(n)


def _allowed(allowed):
    """Pairs of groups as an array `(pairs, 2)`."""
    if allowed is None:
        return np.array(list(np.ndindex(len(GROUPS), len(GROUPS))))
    try:
        found = np.array(allowed)
        right = found.ndim == 2 and found.shape[1] == 2 and found.dtype.kind in "iu"
    except ValueError:
        right = False
    if not right or len(found) == 0 or found.min() < 0 or found.max() >= len(GROUPS):
        raise ValueError(
            f"`allowed` must hold pairs of ints from 0 to {len(GROUPS) - 1}, the "
            f"positions in GROUPS. Received: {allowed!r}."
        )
    return found


def _within(rng, row, column, garments):
    """The corner of a garment in a quarter of the canvas."""
    side = garments.shape[1]
    quarter = side * _QUARTER // 28
    moved = rng.integers(0, quarter - side + 1, size=2)
    return moved + (row * quarter, column * quarter)


def _in_half(rng, half, relation, garments):
    """The corner of a garment in the first or second half, anywhere along the other."""
    side = garments.shape[1]
    quarter = side * _QUARTER // 28
    across = half * quarter + rng.integers(0, quarter - side + 1)
    along = rng.integers(0, 2 * quarter - side + 1)
    return np.array([across, along] if relation == 0 else [along, across])


def _painted(drawn, garments, kinds, most):
    """Canvases from the garments that were drawn for each and their places."""
    side = garments.shape[1]
    canvas = 2 * (side * _QUARTER // 28)
    images = np.zeros((len(drawn), canvas, canvas))
    groups = np.full((len(drawn), most), -1)
    places = np.full((len(drawn), most, 2), -1)
    for i, (chosen, corners) in enumerate(drawn):
        for number, (garment, corner) in enumerate(zip(chosen, corners)):
            row, column = corner
            images[i, row : row + side, column : column + side] = garments[garment]
            groups[i, number], places[i, number] = kinds[garment], corner
    return Canvases(np.rint(images).astype(np.uint8), groups, places)
