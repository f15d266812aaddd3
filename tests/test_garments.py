"""Garments on a canvas: repeatable, in their places, as the labels say."""

import numpy as np
import pytest

from utils import datasets
from utils.garments import GROUPS, pairs, several

MAKERS = pytest.mark.parametrize("make", [several, pairs])


@MAKERS
def test_a_canvas_does_not_depend_on_the_others(make):
    some, more = make("test", 5, seed=3), make("test", 20, seed=3)
    assert np.array_equal(some.images, more.images[:5])
    assert np.array_equal(some.groups, more.groups[:5])
    assert not np.array_equal(some.images, make("test", 5, seed=4).images)


@MAKERS
@pytest.mark.parametrize("shrink", [1, 2])
def test_garments_lie_where_it_is_said_and_nowhere_else(make, shrink):
    found = make("test", 40, seed=1, shrink=shrink)
    side = 28 // shrink
    assert found.images.shape == (40, 64 // shrink, 64 // shrink)
    assert found.images.dtype == np.uint8
    for image, groups, places in zip(found.images, found.groups, found.places):
        left = image.copy()
        for row, column in places[groups >= 0]:
            part = left[row : row + side, column : column + side]
            assert part.shape == (side, side) and part.any()
            part[:] = 0
        assert not left.any()


def test_unshrunk_garments_are_those_of_the_part():
    found = several("test", 30, counts=(1,), shrink=1)
    known = {image.tobytes() for image in datasets.fashion_mnist("test").images}
    for image, (place,) in zip(found.images, found.places):
        row, column = place
        assert image[row : row + 28, column : column + 28].tobytes() in known


def test_counts_and_labels_agree():
    found = several("test", 300)
    number = (found.groups >= 0).sum(axis=1)
    assert set(number.tolist()) == {0, 1, 2, 3}
    assert np.all(found.labels().sum(axis=1) <= number)
    for groups, row in zip(found.groups, found.labels()):
        assert set(np.flatnonzero(row)) == set(groups[groups >= 0])
    assert 0.3 < np.mean(found.groups[found.groups >= 0] == 0) < 0.5  # tops


def test_an_empty_canvas_is_black():
    found = several("test", 3, counts=(0,))
    assert not found.images.any() and not found.labels().any()


def test_the_first_is_above_or_left_of_the_second():
    found = pairs("test", 100)
    for relation, (first, second) in zip(found.relations, found.places):
        assert second[relation] >= first[relation] + 14
    assert 30 < found.relations.sum() < 70


def test_allowed_pairs_alone():
    found = pairs("test", 50, allowed=((0, 6), (3, 3)))
    assert {tuple(map(int, pair)) for pair in found.groups} == {(0, 6), (3, 3)}
    assert len(GROUPS) == 7


@pytest.mark.parametrize("allowed", [(), ((0, 7),), ((0, -1),), ((0, 1, 2),), ("ab",)])
def test_what_is_no_pair_is_refused(allowed):
    with pytest.raises(ValueError, match="allowed"):
        pairs("test", 2, allowed=allowed)
