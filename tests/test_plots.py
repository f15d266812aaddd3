"""Figures are drawn rightly or refused, and what is written in them can be read.

Examples of right calls stand in the docstrings.
"""

import re
from types import SimpleNamespace

import matplotlib

matplotlib.use("Agg")

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from keras import layers
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from utils import end_labels, plots
from utils.evaluation import Scores
from utils.lessons import diagrams, figures


@pytest.fixture(autouse=True)
def closed_figures():
    with plt.rc_context(plots.STYLE):
        yield
    plt.close("all")


def boxes_of_names(axes):
    """Where the names of curves stand when the figure is drawn, without their lines."""
    axes.figure.draw_without_rendering()
    axes.figure.draw_without_rendering()  # the layout has room for them now
    renderer = axes.figure.canvas.get_renderer()
    names = [text for text in axes.texts if text.get_text() and text.get_visible()]
    return {text.get_text(): Text.get_window_extent(text, renderer) for text in names}


def overlap(one, other):
    """Of two boxes, by more than a rounding error."""
    inner = [
        min(one.x1, other.x1) - max(one.x0, other.x0),
        min(one.y1, other.y1) - max(one.y0, other.y0),
    ]
    return min(inner) > 0.01


ends = st.lists(st.floats(0, 1, allow_subnormal=False), min_size=1, max_size=4)


@settings(max_examples=25, deadline=None)
@given(ends, st.floats(0, 0.2), st.booleans(), st.booleans())
def test_names_of_curves_neither_overlap_nor_leave_the_figure(
    ends, apart, log, two_lines
):
    tail = "\nof it" if two_lines else ""
    curves = {
        f"curve {i}{tail}": [0.5, 1e-3 + end * apart] for i, end in enumerate(ends)
    }
    with plt.rc_context(plots.STYLE):
        axes = plots.show_curves(curves, "title", "x", "y")
    axes.set(yscale="log" if log else "linear")
    found = boxes_of_names(axes)
    plt.close(axes.figure)
    boxes = list(found.values())
    assert list(found) == list(curves)
    assert not any(overlap(a, b) for i, a in enumerate(boxes) for b in boxes[:i])
    whole = axes.figure.bbox
    assert all(whole.x0 <= box.x0 and box.x1 <= whole.x1 for box in boxes)
    assert all(whole.y0 <= box.y0 and box.y1 <= whole.y1 for box in boxes)


def test_names_stand_at_the_ends_where_there_is_room():
    axes = plots.show_curves({"low": [1, 0], "high": [1, 1]}, "t", "x", "y")
    boxes_of_names(axes)
    assert [text.get_position() for text in axes.texts] == [(5, 0), (5, 0)]
    assert not any(text.arrow_patch.get_visible() for text in axes.texts)


def test_names_that_were_moved_have_a_line_to_their_end_and_keep_their_order():
    curves = {"a": [0, 0.500], "b": [0, 0.502], "c": [0, 0.501], "d": [0, 0.501]}
    axes = plots.show_curves(curves, "title", "x", "y")
    boxes = boxes_of_names(axes)
    assert sorted(boxes, key=lambda name: boxes[name].y0) == ["a", "d", "c", "b"]
    assert all(text.arrow_patch.get_visible() for text in axes.texts)


def test_the_name_of_a_curve_that_is_cut_goes_to_its_last_point_in_view():
    axes = plots.show_curves({"rises": [1, 2, 3, 40]}, "title", "x", "y")
    axes.set_ylim(0, 10)
    assert "rises" in boxes_of_names(axes)
    assert tuple(axes.texts[0].xy) == (3, 3)


@pytest.mark.parametrize(
    "places, between", [(None, False), ([2, 3, 4, 5], False), ([0, 0.5, 1, 1.5], True)]
)
def test_no_tick_stands_between_whole_numbers(places, between):
    axes = plots.show_curves({"falls": [4, 3, 2, 1]}, "title", "epoch", "y", places)
    axes.figure.canvas.draw()
    assert np.any(np.mod(axes.get_xticks(), 1)) == between
    plt.close(axes.figure)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(1, 30)), min_size=1, max_size=6))
def test_labels_keep_their_order_and_move_only_if_they_must(labels):
    centers, heights = map(np.array, zip(*labels))
    assume(heights.sum() < 100)
    placed = end_labels._apart(centers, heights, 0, 100)
    order = np.argsort(placed)
    assert np.all(np.diff(centers[order]) >= 0)
    edges = np.c_[placed - heights / 2, placed + heights / 2][order]
    assert edges[0, 0] >= -1e-6 and edges[-1, 1] <= 100 + 1e-6
    assert np.all(edges[1:, 0] >= edges[:-1, 1] - 1e-6)
    overlaps = np.any(np.diff(np.sort(centers)) < heights.max())
    outside = (centers < heights / 2) | (centers > 100 - heights / 2)
    if not overlaps and not outside.any():
        assert np.allclose(placed, centers)


@pytest.mark.parametrize(
    ("centers", "placed"),
    [
        ([50, 52], [46, 56]),  # both by the same amount
        ([50, 52, 90], [46, 56, 90]),  # who has room stays
        ([99, 98], [95, 85]),  # at the edge only one can yield
        ([50, 50, 50], [60, 50, 40]),  # in their order, the first on top
    ],
)
def test_labels_share_the_way_that_they_must_move(centers, placed):
    centers = np.array(centers, float)
    found = end_labels._apart(centers, np.full(len(centers), 10.0), 0, 100)
    assert np.allclose(found, placed)


def colors(names):
    axes = plots.show_curves({name: [1, 2] for name in names}, "t", "x", "y")
    return [line.get_color() for line in axes.lines]


def test_roles_have_their_colors_and_lend_them_to_nobody():
    trains, held_out = plots.TRAINING, plots.HELD_OUT
    assert colors(["held out", "training"]) == [held_out, trains]
    assert colors(["validation loss", "training loss\n"]) == [held_out, trains]
    others = colors(["plain", "test", "residual", "skip"])
    assert others[1] == held_out and not {trains, held_out} & set(others[::2])
    assert colors(["trained on noisy", "tests"]) == list(plots.HOUSE_ORDER[:2])


def test_curves_differ_by_more_than_color():
    axes = plots.show_curves({name: [1, 2] for name in "abcd"}, "t", "x", "y")
    assert len({line.get_linestyle() for line in axes.lines}) == 4


def luminance(color):
    """Of the sRGB standard, written down anew."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in to_rgb(color)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", ["gray", "cividis", "viridis", "RdBu", "Blues", "hsv"])
def test_numbers_can_be_read_on_every_color(name):
    axes = plt.figure().add_subplot()
    image = axes.imshow(np.linspace(0, 1, 49).reshape(7, 7), cmap=name)
    texts = plots.write_numbers(axes, ".1f")
    cells = image.to_rgba(image.get_array()).reshape(-1, 4)[:, :3]
    for text, cell in zip(texts, cells, strict=True):
        dark, light = sorted([luminance(text.get_color()), luminance(cell)])
        assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize("origin", ["upper", "lower"])
@pytest.mark.parametrize("extent", [None, (10, 16, 30, 20)])
def test_numbers_stand_in_their_cells(origin, extent):
    values = np.arange(6).reshape(2, 3)
    axes = plt.figure().add_subplot()
    image = axes.imshow(values, origin=origin, extent=extent)
    for text in plots.write_numbers(axes):
        x, y = text.get_position()
        event = SimpleNamespace(xdata=x, ydata=y)
        event.x, event.y = axes.transData.transform((x, y))
        assert image.get_cursor_data(event) == int(text.get_text())


def test_what_rounds_to_zero_has_no_sign():
    axes = plt.figure().add_subplot()
    axes.imshow([[-0.01, -0.1]])
    assert [t.get_text() for t in plots.write_numbers(axes, ".1f")] == ["0.0", "-0.1"]


def test_scores_of_folds_and_fractions_give_the_same_figure():
    fractions = np.array([0.7, 0.8])
    scores = Scores(fractions / 2, fractions, np.zeros(4), np.zeros(4))
    one, other = (
        plots.show_scores({"k-NN": values}, "title") for values in (scores, fractions)
    )
    assert [text.get_text() for text in one.texts] == ["0.750"]
    for ours, theirs in zip(one.lines, other.lines, strict=True):
        assert np.array_equal(ours.get_xydata(), theirs.get_xydata())


def test_an_axis_of_scores_is_as_long_as_its_scores_ask():
    for scores, ends in ([0.7, 0.8], (0.5, 0.9)), ([0.4, 1.0], (0.4, 1.0)):
        axes = plots.show_scores({"k-NN": scores}, "title", limits=(0.5, 0.9))
        assert axes.get_xlim() == ends
    chance = (0.1, "chance")
    axes = plots.show_scores(
        {"k-NN": [0.7]}, "title", reference=chance, limits=(0.5, 1)
    )
    assert axes.get_xlim() == (0.1, 1)


def test_images_of_several_sizes_and_narrow_gray_ones_are_drawn_as_they_are():
    images = [np.full((4, 4), 200), np.full((9, 7, 3), 100), np.full((3, 1), 255)]
    drawn = [axes.images[0] for axes in plots.show_images(images).axes if axes.images]
    assert [image.get_array().shape for image in drawn] == [(4, 4), (9, 7, 3), (3, 1)]
    assert [float(image.get_array().max()) * 255 for image in drawn] == [200, 100, 255]
    assert len(plots.show_images([np.full((4, 4), 200)] * 2, columns=2).axes) == 2


def test_rounding_errors_at_the_ends_of_the_scale_are_no_fault():
    scaled = np.full((1, 8, 8), 255.00002, np.float32)
    scaled[0, 0] = -1e-5
    for images in (scaled, list(scaled)):
        drawn = plots.show_images(images).axes[0].images[0].get_array()
        assert drawn.min() == 0 and drawn.max() == 1


def test_a_faint_image_beside_bright_ones_is_black_but_one_to_1_is_refused():
    faint = np.stack([GRAY[0], GRAY[0] / 5000])
    for images in (faint, list(faint)):
        drawn = plots.show_images(images, columns=2).axes[1].images[0].get_array()
        assert drawn.max() < 0.5 / 255
    with pytest.raises(ValueError, match=r"image 1 .* Hand in `images \* 255`"):
        plots.show_images(np.stack([GRAY[0], GRAY[0] / 255]))
    with pytest.raises(ValueError, match=r"image 0 .* Hand in `images \* 255`"):
        plots.show_images(faint[1:])


def test_a_fold_that_leaves_images_out_shows_them_white():
    axes = figures.show_folds([([0, 1], [3])], [0, 0, 1, 1], "title")
    assert axes.images[0].get_array().tolist() == [[1, 1, 0, 2]]
    assert axes.images[0].to_rgba(axes.images[0].get_array())[0, 2].min() == 1


RGB, GRAY = np.full((2, 8, 8, 3), 200.0), np.full((2, 8, 8), 200.0)
DATA = SimpleNamespace(images=GRAY, labels=np.zeros(2))
EYE, UP = np.eye(3), {"up": [1, 2]}


def refused_images(images, **more):
    return lambda: plots.show_images(images, **more)


def curves(curves, x=None):
    return lambda: plots.show_curves(curves, "t", "x", "y", x)


def scores(scores, *more, **named):
    return lambda: plots.show_scores(scores, "t", *more, **named)


def confusion(matrix, names=("a", "b", "c")):
    return lambda: plots.show_confusion(matrix, names, "t")


def maps(maps, channels=None, **more):
    return lambda: plots.show_feature_maps(maps, channels, **more)


def plane(points=EYE[:, :2], labels=(0, 1, 1), names=("a", "b"), **more):
    return lambda: plots.show_plane(points, labels, names, "t", **more)


def borders(model, points=EYE[:, :2], labels=(0, 1, 1)):
    return lambda: figures.show_borders(points, labels, {"mine": model}, "t")


def folds(folds, labels=(0, 1, 0, 1)):
    return lambda: figures.show_folds(folds, labels, "t")


def descents(loss=lambda a, b: a**2, path=EYE[:, :2], **more):
    return lambda: figures.show_descents(loss, {"path": path}, "t", **more)


def classifier(verdict):
    return SimpleNamespace(predict=verdict)


REFUSED = {  # what is drawn: what the message must name, and the remedy
    "floats to 1": (refused_images(GRAY / 255), "`images`", "`images * 255`"),
    "listed floats to 1": (
        refused_images(list(GRAY / 255)),
        "`np.stack(images)`",
        "`np.stack(images) * 255`",
    ),
    "one of several sizes to 1": (
        refused_images([GRAY[0], np.ones((5, 5)) / 2]),
        "`images[1]`",
        "`images[1] * 255`",
    ),
    "16 bits": (
        refused_images((GRAY * 256).astype(np.uint16)),
        "`images`",
        "/ 65535 * 255`",
    ),
    "masks": (refused_images(GRAY > 0), "`images`", "`images * 255`"),
    "listed masks": (
        refused_images([GRAY[0] > 0]),
        "`np.stack(images)`",
        "`np.stack(images) * 255`",
    ),
    "images with NaN": (
        refused_images(GRAY * np.nan),
        "`images`",
        "nan_to_num(images)",
    ),
    "channels first": (
        refused_images(RGB.transpose(0, 3, 1, 2)),
        "`images`",
        "np.moveaxis(images, 1, -1)",
    ),
    "listed channels first": (
        refused_images(list(RGB.transpose(0, 3, 1, 2))),
        "`np.stack(images)`",
        "np.moveaxis(np.stack(images), 1, -1)",
    ),
    "one gray image": (refused_images(GRAY[0]), "`images`", "`images[None]`"),
    "one color image": (refused_images(RGB[0]), "`images`", "`images[None]`"),
    "last axis of 1": (refused_images(GRAY[..., None]), "`images`", "`images[..., 0]`"),
    "last axis of 4": (
        refused_images(np.full((2, 8, 8, 4), 9)),
        "`images`",
        "`images[..., :3]`",
    ),
    "a data set": (refused_images(DATA), "`images`", "Hand in its `images`"),
    "complex images": (refused_images(GRAY * 1j), "`images`", "real numbers"),
    "an array of objects": (
        refused_images(GRAY.astype(object)),
        "`images[0]`",
        "np.stack(list(",
    ),
    "no images": (refused_images([]), "`images`", "shape"),
    "a number": (refused_images(5), "`images`", "shape"),
    "one title for all": (refused_images(GRAY, titles="ab"), "`titles`", "2 str, one"),
    "too few titles": (refused_images(GRAY, titles=["a"]), "`titles`", "list of 1"),
    "no columns": (refused_images(GRAY, columns=0), "`columns`", "from 1"),
    "half a column": (refused_images(GRAY, columns=2.5), "`columns`", "whole number"),
    "no side": (refused_images(GRAY, side=0), "`side`", "between 0"),
    "percentages": (scores({"a": [70, 80]}), "`scores['a']`", "by 100"),
    "far below the limits": (
        scores({"a": [-3, 0.8]}, limits=(0.5, 1)),
        "`scores['a']`",
        "wider `limits`",
    ),
    "a single score": (scores({"a": 0.8}), "`scores['a']`", "one row"),
    "scores with NaN": (scores({"a": [0.8, np.nan]}), "`scores['a'][1]`", "Leave it"),
    "a row without scores": (scores({"a": []}), "`scores['a']`", "at least one"),
    "no rows": (scores({}), "`scores`", "`{name: …}`"),
    "a list of scores": (scores([0.7, 0.8]), "`scores`", "`{name: …}`"),
    "a reference without name": (
        scores({"a": [0.8]}, reference=0.5),
        "`reference`",
        '`(0.5, "chance")`',
    ),
    "a reference the wrong way round": (
        scores({"a": [0.8]}, reference=("chance", 0.5)),
        "`reference`",
        '`(0.5, "chance")`',
    ),
    "a reference that is not finite": (
        scores({"a": [0.8]}, reference=(np.nan, "chance")),
        "`reference`",
        "finite number",
    ),
    "limits the wrong way round": (
        scores({"a": [0.8]}, limits=(1, 0)),
        "`limits`",
        "the smaller first",
    ),
    "balanced accuracies under another name": (
        scores({"a": Scores(*[np.ones(2)] * 4)}, "accuracy"),
        "`xlabel`",
        "`{name: scores.accuracy}`",
    ),
    "a matrix of shares": (confusion(EYE / 2), "`matrix`", "without `normalize`"),
    "negative counts": (confusion(-EYE), "`matrix`", "without `normalize`"),
    "a matrix with NaN": (confusion(EYE * np.nan), "`matrix`", "where it comes from"),
    "a flat matrix": (confusion([[1, 2, 3]]), "`matrix`", "`confusion_matrix("),
    "swapped arguments": (confusion(tuple("abc"), EYE), "`matrix`", "real numbers"),
    "a name too few": (confusion(EYE, "a b".split()), "`class_names`", "(2, 2)"),
    "names in one str": (confusion(EYE, "abc"), "`class_names`", "a list of"),
    "an empty curve": (curves({"a": []}), "`curves['a']`", "at least one"),
    "a curve that ends in NaN": (
        curves({"a": [1, np.nan]}),
        "`curves['a'][1]`",
        "Leave it",
    ),
    "a curve of pairs": (curves({"a": EYE}), "`curves['a']`", "one row"),
    "a curve without a name": (curves([1, 2]), "`curves`", "`{name: …}`"),
    "no curve": (curves({}), "`curves`", "`{name: …}`"),
    "x too long": (curves(UP, [1, 2, 3]), "`x`", "a place for each value"),
    "x of text": (curves(UP, ["a", "b"]), "`x`", "real numbers"),
    "five curves": (curves({c: [1] for c in "abcde"}), "`len(curves)`", "1 to 4"),
    "a batch of maps": (maps(np.zeros((1, 4, 4, 8))), "`maps`", "`maps[0]`"),
    "one map": (maps(EYE), "`maps`", "`maps[..., None]`"),
    "maps with NaN": (maps(np.full((4, 4, 8), np.nan)), "`maps[0, 0, 0]`", "comes"),
    "a channel too many": (maps(np.zeros((4, 4, 8)), [8]), "`channels`", "0 to 7"),
    "a channel from the end": (maps(np.zeros((4, 4, 8)), [-1]), "`channels`", "0 to 7"),
    "a single channel": (maps(np.zeros((4, 4, 8)), 3), "`channels`", "`[channels]`"),
    "no channels": (maps(np.zeros((4, 4, 8)), []), "`channels`", "at least one"),
    "another scale": (maps(np.zeros((4, 4, 8)), scale="all"), "`scale`", "'each'"),
    "points in space": (plane(EYE), "`points`", "`points[:, :2]`"),
    "points lying down": (plane(np.zeros((2, 9))), "`points`", "`points.T`"),
    "names as labels": (plane(labels=["a", "b", "b"]), "`labels`", "np.unique(labels"),
    "one-hot labels": (plane(labels=EYE[:, :2]), "`labels`", "labels.argmax(axis=1)"),
    "a column of labels": (plane(labels=EYE[:, :1]), "`labels`", "`labels[:, 0]`"),
    "labels from 1": (plane(labels=(1, 2, 2)), "`labels`", "`labels - 1`"),
    "labels too few": (plane(labels=(0, 1)), "`labels`", "3 labels"),
    "five classes": (plane(names=list("abcde")), "`len(class_names)`", "1 to 4"),
    "axes in one str": (plane(axis_names="xy"), "`axis_names`", "2 str"),
    "no classifier": (plane(classifier=len), "`classifier`", "fitted classifier"),
    "probabilities as verdicts": (
        plane(classifier=classifier(lambda rows: rows[:, :2])),
        "`classifier.predict(…)`",
        ".argmax(axis=1)",
    ),
    "too few verdicts": (
        plane(classifier=classifier(lambda rows: np.zeros(5))),
        "`classifier.predict(…)`",
        "360,000 labels",
    ),
    "two probabilities": (borders(lambda r: r), "`models['mine'](rows)`", ")[:, 1]`"),
    "a column of them": (
        borders(lambda rows: rows[:, :1]),
        "`models['mine'](rows)`",
        "(rows)[:, 1]`",
    ),
    "one for all": (borders(lambda rows: 0.5), "`models['mine'](rows)`", "shape ("),
    "logits": (borders(lambda r: r[:, 0] * 9), "`models['mine']`", "np.exp("),
    "no function": (borders(EYE), "`models['mine']`", "predict_proba"),
    "three classes": (borders(None, labels=(0, 1, 2)), "`labels`", "0 to 1"),
    "models in a list": (
        lambda: figures.show_borders(EYE[:, :2], (0, 1, 1), [len], "t"),
        "`models`",
        "`{name: …}`",
    ),
    "folds as masks": (
        folds([(np.array([True, False, True, False]), [1])]),
        "`folds[0][0]`",
        "np.flatnonzero(folds[0][0])",
    ),
    "positions out of range": (folds([([0], [4])]), "`folds[0][1]`", "0 to 3"),
    "a leak": (folds([([0, 1], [1, 2])]), "`folds[0]`", "stratified_folds(labels)"),
    "no pairs": (folds([[0, 1, 2]]), "`folds`", "stratified_folds(labels)"),
    "no folds": (folds([]), "`folds`", "stratified_folds(labels)"),
    "the number of folds": (folds(5), "`folds`", "stratified_folds(labels)"),
    "labels of others": (folds([([0], [1])], ["a", "b"]), "`labels`", "np.unique("),
    "a path lying down": (descents(path=np.ones((2, 9))), "`paths['path']`", "'].T`"),
    "a loss below 0": (descents(lambda a, b: a), "`loss`", "Add what it lacks"),
    "a loss of NaN": (descents(lambda a, b: a * np.nan), "`loss(a, b)`", "comes"),
    "one loss": (descents(lambda a, b: 1.0), "`loss`", "entry by entry"),
    "one limit": (descents(limits=2), "`limits`", "`(0, 1)`"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_be_drawn_wrongly_is_refused_with_a_remedy(case):
    draw, argument, remedy = REFUSED[case]
    with pytest.raises(ValueError) as refusal:
        draw()
    assert argument in str(refusal.value) and remedy in str(refusal.value)
    assert re.search(r"Received", str(refusal.value))


def drawn_matrix():
    axes = plt.figure().add_subplot()
    axes.imshow(EYE)
    return axes


@pytest.mark.parametrize(
    ("axes", "more", "argument", "remedy"),
    [
        (lambda: plt.figure().add_subplot(), {}, "`axes`", "`axes.imshow(…)` first"),
        (lambda: EYE, {}, "`axes`", "`axes.imshow(…)` first"),
        (drawn_matrix, {"numbers": EYE[:2]}, "`numbers`", "one number a cell"),
        (drawn_matrix, {"numbers": EYE * np.nan}, "`numbers`", "finite"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(axes, more, argument, remedy):
    with pytest.raises(ValueError) as refusal:
        plots.write_numbers(axes(), **more)
    assert argument in str(refusal.value) and remedy in str(refusal.value)


def chain(steps):
    x = y = keras.Input((4,))
    for _ in range(steps):
        y = layers.Dense(4)(y)
    return keras.Model(x, y)


def shared():
    x, twice = keras.Input((4,)), layers.Dense(4)
    return keras.Model(x, layers.Add()([twice(x), twice(twice(x))]))


def crossing():
    x = keras.Input((4,))
    branches = [layers.Dense(4)(x), layers.Dense(4)(x)]
    joined = [layers.Add()(branches), layers.Multiply()(branches)]
    return keras.Model(x, layers.Concatenate()(joined))


def two_inputs():
    x, y = keras.Input((4,)), keras.Input((4,))
    return keras.Model([x, y], layers.Add()([x, y]))


class Subclassed(keras.Model):
    def call(self, inputs):
        return inputs


@pytest.mark.parametrize(
    ("model", "came", "remedy"),
    [
        (lambda: chain(15), "Received: 15", "Draw a block"),
        (shared, "used 3 times", "a layer for each"),
        (crossing, "lie on each other", "smaller part"),
        (two_inputs, "Received: 2 and 1", "`keras.Model(x, y)`"),
        (Subclassed, "without input", "`keras.Input(shape)`"),
        (
            lambda: keras.Sequential([layers.Dense(4)]),
            "without input",
            "`keras.Input(shape)`",
        ),
        (lambda: "model", "str", "`keras.Model(x, y)`"),
    ],
)
def test_a_network_that_would_be_drawn_wrongly_is_refused(model, came, remedy):
    with pytest.raises(ValueError) as refusal:
        diagrams.show_network(model(), "title")
    message = str(refusal.value)
    assert message.startswith("`model` must") and came in message and remedy in message


def test_wiring_follows_names_with_quotes_and_operators():
    x = keras.Input((4,), name="x")
    y = layers.Dense(4, name="it's")(x) + x
    feeds = diagrams.wiring(keras.Model(x, layers.Dense(2, name="end")(y)))
    assert feeds["it's"] == ["x"] and feeds[feeds["end"][0]] == ["it's", "x"]
    axes = diagrams.show_network(keras.Model(x, y), "title")
    assert [text.get_text() for text in axes.texts][:6:2] == ["input", "dense 4", "add"]


def test_no_two_boxes_of_a_network_lie_on_each_other_and_all_arrows_are_there():
    x = keras.Input((8, 8, 4))
    a = layers.Conv2D(4, 3, padding="same")(x)
    b = layers.MaxPooling2D(3, 1, "same")(x)
    y = layers.ReLU()(layers.Concatenate()([a, b, x]))
    axes = diagrams.show_network(keras.Model(x, y), "title")
    axes.figure.canvas.draw()
    boxes = [patch.get_window_extent() for patch in axes.patches]
    assert len(boxes) == 4 and len(axes.lines) == 5
    assert not any(overlap(a, b) for i, a in enumerate(boxes) for b in boxes[:i])
