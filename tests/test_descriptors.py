"""Hand-made descriptors: worked cases, invariances and a second implementation."""

import numpy as np
import pytest
from skimage.feature import hog
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from utils.evaluation import fold_scores
from utils.lessons.descriptors import (
    VisualWords,
    gradient_histograms,
    pattern_histograms,
    two_colors,
)
from utils.lessons.scenes import scenes


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_two_colors_ignore_positions(rng):
    images = scenes(6, seed=0).images
    shuffled = rng.permutation(images.reshape(6, -1, 3), axis=1).reshape(images.shape)
    np.testing.assert_allclose(two_colors(shuffled), two_colors(images))


def test_two_colors_join_what_rounds_alike():
    image = np.array([[[250, 0, 0], [254, 0, 0], [0, 0, 255]]])
    assert two_colors([image])[0].tolist() == [[252, 0, 0], [0, 0, 255]]


def test_two_colors_of_a_plain_image():
    assert two_colors(np.full((1, 4, 4, 3), 100))[0].tolist() == [[100] * 3] * 2


def test_blocks_are_scikit_images_descriptor(rng):
    images = rng.integers(0, 256, (2, 28, 28), np.uint8)
    found = gradient_histograms(images, cell=4)
    assert found.shape == (2, 6, 6, 36)
    whole = hog(images[1], pixels_per_cell=(4, 4), cells_per_block=(2, 2))
    np.testing.assert_allclose(found[1].ravel(), whole, rtol=1e-5)


def test_gradients_ignore_brightness(rng):
    images = rng.integers(50, 200, (1, 16, 16), np.uint8)
    np.testing.assert_allclose(
        gradient_histograms(images + np.uint8(40)), gradient_histograms(images)
    )


def test_patterns_sum_to_one_and_ignore_contrast(rng):
    images = rng.integers(0, 120, (3, 20, 20), np.uint8)
    found = pattern_histograms(images, grid=2)
    np.testing.assert_allclose(found.reshape(3, 4, 10).sum(axis=2), 1)
    np.testing.assert_allclose(pattern_histograms(images * np.uint8(2), grid=2), found)


def test_words_count_every_place_once(rng):
    rows = rng.random((10, 4 * 4 * 5))
    bag = VisualWords(words=6, levels=3, shape=(4, 4, 5)).fit(rows)
    parts = bag.transform(rows).reshape(10, 21, 6) ** 2
    np.testing.assert_allclose(parts.sum(axis=2), 1)
    np.testing.assert_allclose(
        parts[:, 1:5].mean(axis=1), parts[:, 0]
    )  # quarters make the whole


def test_a_bag_forgets_where_words_stand_and_a_pyramid_does_not(rng):
    local = rng.random((8, 16, 5))
    rows, moved = local.reshape(8, -1), local[:, rng.permutation(16)].reshape(8, -1)
    for levels, same in ((1, True), (2, False)):
        bag = VisualWords(words=6, levels=levels, shape=(4, 4, 5)).fit(rows)
        assert np.allclose(bag.transform(rows), bag.transform(moved)) == same


def test_words_are_learned_where_fit_is_called(rng):
    rows = rng.random((20, 4 * 4 * 5))
    bag = VisualWords(words=4, shape=(4, 4, 5))
    one, two = clone(bag).fit(rows[:10]), clone(bag).fit(rows[10:])
    assert not np.allclose(
        one.codebook_.cluster_centers_, two.codebook_.cluster_centers_
    )


def test_shuffled_labels_score_near_chance(rng):
    """A leak would lift this far above one half."""
    rows, labels = rng.random((80, 4 * 4 * 5)), np.arange(80) % 2
    model = make_pipeline(VisualWords(words=8, shape=(4, 4, 5)), SVC())
    assert 0.3 < fold_scores(model, rows, labels).accuracy.mean() < 0.7


@pytest.mark.parametrize("describe", [gradient_histograms, pattern_histograms])
def test_color_images_are_refused(describe):
    with pytest.raises(ValueError, match=r"Received: \(2, 8, 8, 3\)"):
        describe(np.zeros((2, 8, 8, 3)))


def test_gray_images_have_no_colors():
    with pytest.raises(ValueError, match=r"Received: \(2, 8, 8\)"):
        two_colors(np.zeros((2, 8, 8)))
