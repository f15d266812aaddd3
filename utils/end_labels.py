"""Names at the ends of curves, moved apart where they would lie on each other."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from sklearn.isotonic import isotonic_regression

HALO = [withStroke(linewidth=2, foreground="white")]  # a line may run below the words


def name_ends(axes, names):
    """Write at the end of each line its name, in its color.

    Names find their places at every drawing, when scale, limits and size of the axes
    are what the lesson made of them. A layout such as "constrained" makes room for
    them.

    Args:
        axes: matplotlib axes with lines.
        names: sequence of str, one a line, in the order of `axes.lines`.

    Returns:
        The list of the texts.

    Example:

    >>> import matplotlib.pyplot as plt
    >>> figure, axes = plt.subplots(layout="constrained")
    >>> lines = axes.plot([1, 2], [2, 1])
    >>> [text.get_text() for text in name_ends(axes, ["loss"])]
    ['loss']
    >>> plt.close(figure)
    """
    leader = {"arrowstyle": "-", "linewidth": 0.8, "relpos": (0, 0.5)}
    leader |= {"shrinkA": 1, "shrinkB": 0, "patchA": None}
    pairs = [
        (line, axes.annotate(
            str(name), line.get_xydata()[-1], (5, 0), textcoords="offset points",
            va="center", color=line.get_color(), path_effects=HALO,
            arrowprops=leader | {"color": line.get_color()},
        ))
        for line, name in zip(axes.lines, names)
    ]  # fmt: skip
    axes.add_artist(_Mover(pairs))
    return [text for _, text in pairs]


class _Mover(Artist):
    """Draws nothing; puts the names in their places before they are drawn."""

    def __init__(self, pairs):
        super().__init__()
        self.set_clip_on(False)  # else the layout does not ask for its size
        self.pairs = pairs

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
        boxes = [(name, self._box(line, name, renderer)) for line, name in self.pairs]
        boxes = [(name, box) for name, box in boxes if name.get_visible()]
        columns, right = [], -np.inf
        for name, box in sorted(boxes, key=lambda pair: pair[1].x0):
            if box.x0 >= right:
                columns.append([])
            columns[-1].append((name, box))
            room = renderer.points_to_pixels(12)  # for a line to the end
            right = max(right, box.x1 + room)
        return columns

    def _box(self, line, name, renderer):
        """The box of a name that is put to the last point in view of its curve."""
        pixels = self.axes.transData.transform(line.get_xydata())
        seen = self.axes.patch.contains_points(pixels, radius=1)
        name.set_visible(bool(seen.any() and name.get_text()))
        if name.get_visible():
            name.xy = line.get_xydata()[np.flatnonzero(seen)[-1]]
            name.set_position((5, 0))
            name.update_positions(renderer)
            return Text.get_window_extent(name, renderer)  # without the line to the end


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
