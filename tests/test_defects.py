"""Painted defects: repeatable, dark, within the picture, in the place that is said."""

import numpy as np
import pytest

from utils.lessons.defects import paint

LIGHT = np.full((40, 300, 300), 200, np.uint8)


@pytest.fixture(scope="module", params=["crack", "patch"])
def result(request):
    return request.param, *paint(LIGHT, request.param, seed=3)


def test_same_seed_same_defects(result):
    kind, painted, inside, boxes = result
    again = paint(LIGHT, kind, seed=3)
    for one, other in zip((painted, inside, boxes), again):
        assert np.array_equal(one, other)
    assert not np.array_equal(painted, paint(LIGHT, kind, seed=4)[0])


def test_an_image_does_not_depend_on_the_others(result):
    kind, painted, _, _ = result
    mixed = paint(LIGHT[:3], ["none", kind, "none"], seed=3)[0]
    assert np.array_equal(mixed[1], painted[1])
    assert np.array_equal(mixed[0], LIGHT[0])


def test_the_box_holds_the_defect_and_nothing_more(result):
    _, _, inside, boxes = result
    for mask, (left, top, width, height) in zip(inside, boxes):
        part = mask[top : top + height, left : left + width]
        assert part.sum() == mask.sum() > 0
        assert part[0].any() and part[-1].any()
        assert part[:, 0].any() and part[:, -1].any()


def test_it_lies_off_the_border_and_anywhere_else(result):
    _, _, inside, boxes = result
    assert not inside[:, :11].any() and not inside[:, -11:].any()
    assert np.ptp(boxes[:, 0]) > 120 and np.ptp(boxes[:, 1]) > 120


def test_it_is_dark_inside_and_untouched_outside(result):
    _, painted, inside, _ = result
    assert painted[inside].max() <= 200 * (1 - 0.35) + 1
    assert painted.min() == 60  # 70 % less
    soft = (painted < 200) & ~inside
    assert soft.sum() < 1.5 * inside.sum()


def test_cracks_are_long_and_thin_patches_are_not():
    for kind, low, high in (("crack", 40, 145), ("patch", 30, 82)):
        boxes = paint(LIGHT, kind, seed=0)[2]
        assert np.all(np.hypot(*boxes[:, 2:].T) > low)
        assert boxes[:, 2:].max() <= high
    filled = [np.mean(paint(LIGHT, kind)[1].sum((1, 2))) for kind in ("crack", "patch")]
    assert filled[0] < 0.4 * filled[1]


@pytest.mark.parametrize("kind", ["crack", "patch"])
def test_size_and_darkness(kind):
    areas = [paint(LIGHT, kind, size=size)[1].sum() for size in (0.25, 0.5, 1, 1.5)]
    assert np.all(np.diff(areas) > 0) and areas[0] > 0
    assert np.array_equal(paint(LIGHT, kind, darkness=0)[0], LIGHT)
    assert paint(LIGHT, kind, darkness=1)[0].min() == 0


@pytest.mark.parametrize("sides", [(20, 24), (64, 20), (500, 300)])
def test_other_sizes_of_photographs(sides):
    images = np.full((30, *sides), 255, np.uint8)
    for size in (0.25, 1, 1.5):
        painted, inside, boxes = paint(images, ["crack", "patch"] * 15, size=size)
        assert painted.shape == images.shape and inside.any(axis=(1, 2)).all()
        assert np.all(boxes[:, 2:] >= 1)


def test_nothing_painted():
    painted, inside, boxes = paint(LIGHT[:2], "none")
    assert np.array_equal(painted, LIGHT[:2])
    assert not inside.any() and not boxes.any()


@pytest.mark.parametrize("kinds", ["hole", ["crack"], ["crack", "hole"], 3])
def test_unknown_kinds(kinds):
    with pytest.raises(ValueError, match="kinds"):
        paint(LIGHT[:2], kinds)


def test_too_small():
    with pytest.raises(ValueError, match="20 pixels"):
        paint(np.full((1, 19, 40), 200, np.uint8), "crack")
