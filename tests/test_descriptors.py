"""Hand-made descriptors: worked cases, invariances and a second implementation."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.feature import hog, local_binary_pattern
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import estimator_checks_generator

from utils.evaluation import fold_scores
from utils.lessons.descriptors import (
    VisualWords,
    gradient_histograms,
    pattern_histograms,
    two_colors,
)

DATA_SET = SimpleNamespace(images=np.zeros((2, 8, 8)), labels=np.arange(2))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# ------------------------------------------------------------------------------- colors


def mosaics(rng, count=6, side=12):
    """Images of five colors each, in blocks of different sizes."""
    colors = rng.integers(0, 256, (count, 5, 3), np.uint8)
    chosen = rng.choice(5, (count, side, side), p=(0.5, 0.3, 0.1, 0.06, 0.04))
    return colors[np.arange(count)[:, None, None], chosen]


def test_two_colors_ignore_positions(rng):
    images = mosaics(rng)
    shuffled = rng.permutation(images.reshape(6, -1, 3), axis=1).reshape(images.shape)
    np.testing.assert_allclose(two_colors(shuffled), two_colors(images))


@pytest.mark.parametrize("levels", [2, 3, 7, 256])
def test_two_colors_one_pixel_at_a_time(rng, levels):
    images = mosaics(rng)
    for image, found in zip(images, two_colors(images, levels)):
        groups = {}
        for pixel in image.reshape(-1, 3).tolist():
            name = tuple(round(value * (levels - 1) / 255) for value in pixel)
            groups.setdefault(name, []).append(pixel)
        sizes = sorted((len(group) for group in groups.values()), reverse=True)
        for place in range(min(2, len(groups))):
            means = [np.mean(g, 0) for g in groups.values() if len(g) == sizes[place]]
            assert any(np.allclose(found[place], mean) for mean in means)


def test_two_colors_join_what_rounds_alike():
    image = np.array([[[250, 0, 0], [254, 0, 0], [0, 0, 255]]])
    assert two_colors([image])[0].tolist() == [[252, 0, 0], [0, 0, 255]]


def test_two_colors_of_a_plain_image():
    assert two_colors(np.full((1, 4, 4, 3), 100))[0].tolist() == [[100] * 3] * 2


# ------------------------------------------------------------------ gradients, patterns


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


def test_a_block_may_fill_the_image(rng):
    images = rng.integers(0, 256, (1, 8, 11), np.uint8)
    assert gradient_histograms(images, cell=4).shape == (1, 1, 1, 36)
    with pytest.raises(ValueError, match="2 × 2 cells of 5 pixels. Received: 8 × 11"):
        gradient_histograms(images, cell=5)


def test_patterns_are_scikit_images_codes_counted(rng):
    images = rng.integers(0, 256, (2, 9, 7), np.uint8)
    found = pattern_histograms(images, radius=2, grid=3).reshape(2, 3, 3, 10)
    codes = local_binary_pattern(images[1], 8, 2, method="uniform")
    middle = codes[3:6, 3:5]  # nine rows in threes, seven columns in 3, 2 and 2
    share = [np.mean(middle == code) for code in range(10)]
    np.testing.assert_allclose(found[1, 1, 1], share)


def test_patterns_sum_to_one_and_ignore_contrast(rng):
    images = rng.integers(0, 120, (3, 20, 20), np.uint8)
    found = pattern_histograms(images, grid=2)
    np.testing.assert_allclose(found.reshape(3, 4, 10).sum(axis=2), 1)
    np.testing.assert_allclose(pattern_histograms(images * np.uint8(2), grid=2), found)


def test_whole_numbers_are_the_same_patterns_in_every_dtype(rng):
    images = rng.integers(0, 256, (2, 8, 8), np.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # scikit-image warns of floats
        for dtype in (np.int16, np.uint16, np.float32, float):
            same = pattern_histograms(images.astype(dtype))
            np.testing.assert_array_equal(same, pattern_histograms(images))
    with pytest.raises(ValueError, match=r"Received: 0.25.*round\(\).astype\(np.uint8"):
        pattern_histograms(images + 0.25 * (images == images.min()))


# --------------------------------------------------------------------- what is refused

GRAY, COLOR = np.full((2, 8, 8), 100.0), np.full((2, 8, 8, 3), 100.0)
ONE_OF_A_BATCH = np.stack([np.full((8, 8), 1.01), np.full((8, 8), 200)])
WRONG_FOR_GRAY = [
    (GRAY[0], "For a single image"), (COLOR, r"mean\(axis=-1\)"),
    (GRAY[..., None], r"images\[..., 0\]"), (GRAY[:, None], "shape"),
    (GRAY / 255, r"\* 255"), (ONE_OF_A_BATCH, "image 0.*1.01"), (GRAY > 0, "mask"),
    (GRAY.astype(np.uint16) * 257, "16 bits"), (GRAY * 1j, "real numbers"),
    (np.array([GRAY[0], GRAY[0, :4]], object), "different shapes"),
    ([GRAY[0], GRAY[0, :4]], "different shapes"), (GRAY[:0], "at least one image"),
    (GRAY * np.nan, "finite"), (-GRAY, "down to"), (DATA_SET, "a data set"),
]  # fmt: skip


@pytest.mark.parametrize("describe", [gradient_histograms, pattern_histograms])
@pytest.mark.parametrize(("images", "words"), WRONG_FOR_GRAY)
def test_what_are_no_gray_images(describe, images, words):
    with pytest.raises(ValueError, match=f"`images`.*{words}"):
        describe(images)


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (GRAY, "From gray"), (COLOR[0], "For a single image"),
        (np.moveaxis(COLOR, -1, 1), "Channels come last"), (COLOR / 255, r"\* 255"),
        (np.concatenate([COLOR, COLOR[..., :1]], axis=-1), r"\[..., :3\]"),
        (COLOR[..., :1], r"np.repeat"), (COLOR * np.nan, "finite"),
        (COLOR[:, :0], "at least one image"), (DATA_SET, "a data set"),
    ],
)  # fmt: skip
def test_what_are_no_color_images(images, words):
    with pytest.raises(ValueError, match=f"`images`.*{words}"):
        two_colors(images)


@pytest.mark.parametrize(
    ("describe", "images", "name", "values"),
    [
        (two_colors, COLOR, "levels", [1, 257]),
        (gradient_histograms, GRAY, "cell", [0]),
        (pattern_histograms, GRAY, "radius", [0, 8]),
        (pattern_histograms, GRAY, "grid", [0, 9]),
    ],
)
def test_counts_that_cannot_be(describe, images, name, values):
    for value in [*values, -1, 2.0, 0.5, "2", None, True, np.nan, np.arange(2)]:
        with pytest.raises(ValueError, match=f"`{name}` must be a whole number"):
            describe(images, **{name: value})


# ------------------------------------------------------------------------- visual words


def test_words_count_every_place_once(rng):
    rows = rng.random((10, 4 * 4 * 5))
    bag = VisualWords(words=6, levels=3, shape=(4, 4, 5)).fit(rows)
    parts = bag.transform(rows).reshape(10, 21, 6) ** 2
    np.testing.assert_allclose(parts.sum(axis=2), 1)
    quarters = parts[:, 1:5].mean(axis=1)
    np.testing.assert_allclose(quarters, parts[:, 0])  # they make the whole


def test_each_place_gets_its_nearest_word(rng):
    local = rng.random((7, 3, 2, 5))
    bag = VisualWords(words=4, shape=(3, 2, 5)).fit(local.reshape(7, -1))
    words = bag.codebook_.cluster_centers_
    nearest = np.square(local[..., None, :] - words).sum(axis=-1).argmin(axis=-1)
    assert np.array_equal(bag.assign(local.reshape(7, -1)), nearest)
    counts = [np.bincount(image.ravel(), minlength=4) / 6 for image in nearest]
    np.testing.assert_allclose(bag.transform(local.reshape(7, -1)) ** 2, counts)


def test_a_bag_forgets_where_words_stand_and_a_pyramid_does_not(rng):
    local = rng.random((8, 16, 5))
    rows, moved = local.reshape(8, -1), local[:, rng.permutation(16)].reshape(8, -1)
    for levels, same in ((1, True), (2, False)):
        bag = VisualWords(words=6, levels=levels, shape=(4, 4, 5)).fit(rows)
        assert np.allclose(bag.transform(rows), bag.transform(moved)) == same


def test_words_are_learned_where_fit_is_called(rng):
    rows = rng.random((20, 4 * 4 * 5))
    bag = VisualWords(words=4, shape=(4, 4, 5))
    one, two = (clone(bag).fit(half).codebook_ for half in (rows[:10], rows[10:]))
    assert not np.allclose(one.cluster_centers_, two.cluster_centers_)


def test_the_seed_fixes_the_words(rng):
    rows = rng.random((20, 4 * 4 * 5))
    one, same, other = (
        VisualWords(words=4, shape=(4, 4, 5), seed=seed).fit(rows).codebook_
        for seed in (0, 0, 1)
    )
    assert np.array_equal(one.cluster_centers_, same.cluster_centers_)
    assert not np.allclose(one.cluster_centers_, other.cluster_centers_)


def test_shuffled_labels_score_near_chance(rng):
    """A leak would lift this far above one half."""
    rows, labels = rng.random((80, 4 * 4 * 5)), np.arange(80) % 2
    model = make_pipeline(VisualWords(words=8, shape=(4, 4, 5)), SVC())
    assert 0.3 < fold_scores(model, rows, labels).accuracy.mean() < 0.7


@pytest.mark.parametrize(
    ("settings_", "words"),
    [
        ({"shape": (4, 4, 6)}, r"\(4, 4, 6\) and 80 columns. Hand in `local.shape"),
        ({"shape": (16, 5)}, r"`shape` must be .*three counts. Received: \(16, 5\)"),
        ({"shape": 80}, "`shape`"), ({"shape": (4, 4, 5.0)}, "`shape`"),
        ({"shape": (-4, -4, 5)}, "`shape`"), ({"shape": None}, "`shape`"),
        ({"words": 161}, "`words` must be at most 160.*of 10 samples. Received: 161"),
        ({"words": 0}, "`words`"), ({"words": 0.5}, "`words`"),
        ({"levels": 4}, "`levels` must be a whole number from 1 to 3. Received: 4"),
        ({"levels": 0}, "`levels`"), ({"levels": 2.0}, "`levels`"),
        ({"seed": None}, "`seed`"), ({"seed": -1}, "`seed`"), ({"seed": 0.5}, "`seed`"),
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be_is_named(rng, settings_, words):
    bag = VisualWords(**{"words": 4, "shape": (4, 4, 5)} | settings_)
    with pytest.raises(ValueError, match=words):
        bag.fit(rng.random((10, 80)))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (np.zeros((10, 4, 4, 5)), r"`X.reshape\(10, -1\)`"),
        (np.zeros(80), "Expected 2D array"),
        (np.full((10, 80), np.nan), "NaN"),
        (DATA_SET, "a data set"),
        ([[1] * 80, [2]], "one array of numbers"),
    ],
)
def test_rows_that_cannot_be_are_named(rng, rows, words):
    bag = VisualWords(4, shape=(4, 4, 5))
    with pytest.raises(ValueError, match=words):
        bag.fit(rows)
    bag.fit(rng.random((10, 80)))
    for use in (bag.transform, bag.assign):
        with pytest.raises(ValueError, match=words):
            use(rows)
        with pytest.raises(ValueError, match="81 features"):
            use(np.zeros((1, 81)))


def test_twenty_thousand_descriptors_are_seen(rng, monkeypatch):
    monkeypatch.setattr("utils.lessons.descriptors.SEEN", 50)
    bag = VisualWords(words=51, shape=(4, 4, 5))
    with pytest.raises(ValueError, match="`words` must be at most 50"):
        bag.fit(rng.random((10, 80)))


steady = settings(derandomize=True, deadline=None, database=None, max_examples=20)


@steady
@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 3), st.integers(0, 9))
def test_a_pyramid_of_any_grid_has_its_parts(rows, columns, levels, seed):
    """Each part's squares sum to one, or the grid is too small to be cut so often."""
    X = np.random.default_rng(seed).random((3, rows * columns * 2))
    bag = VisualWords(words=2, levels=levels, shape=(rows, columns, 2))
    if 2 ** (levels - 1) > min(rows, columns):
        with pytest.raises(ValueError, match="`levels`"):
            bag.fit(X)
        return
    parts = bag.fit(X).transform(X).reshape(3, -1, 2)
    assert parts.shape[1] == (4**levels - 1) // 3
    np.testing.assert_allclose(np.square(parts).sum(axis=2), 1)
    assert len(bag.get_feature_names_out()) == parts[0].size


# ----------------------------------------------------------- scikit-learn's own checks


class OnePlace(VisualWords):
    """Rows of any width, each the one descriptor of an image."""

    def __init__(self, words=2, levels=1, shape=(1, 1, 1), seed=0):
        super().__init__(words, levels, shape, seed)

    def _check_shape(self, width):
        return (1, 1, width)


OTHER_WIDTHS = dict.fromkeys(
    (
        "check_dict_unchanged",
        "check_dont_overwrite_parameters",
        "check_dtype_object",
        "check_estimators_dtypes",
        "check_estimators_fit_returns_self",
        "check_estimators_nan_inf",
        "check_estimators_overwrite_params",
        "check_estimators_pickle",
        "check_f_contiguous_array_estimator",
        "check_fit2d_1feature",
        "check_fit2d_1sample",
        "check_fit2d_predict1d",
        "check_fit_check_is_fitted",
        "check_fit_idempotent",
        "check_fit_score_takes_y",
        "check_methods_sample_order_invariance",
        "check_methods_subset_invariance",
        "check_n_features_in",
        "check_n_features_in_after_fitting",
        "check_pipeline_consistency",
        "check_positive_only_tag_during_fit",
        "check_readonly_memmap_input",
        "check_transformer_data_not_an_array",
        "check_transformer_general",
        "check_transformer_preserve_dtypes",
    ),
    "feeds rows of another width than 6 × 6 × 36; `OnePlace` passes it",
)
CHECKS = [
    pytest.param(copy, check, id=f"{type(copy).__name__}-{check.func.__name__}")
    for estimator in (VisualWords(), OnePlace())
    for copy, check in estimator_checks_generator(estimator)
]


@pytest.mark.parametrize(("estimator", "check"), CHECKS)
def test_is_a_scikit_learn_transformer(estimator, check):
    if isinstance(estimator, OnePlace) or check.func.__name__ not in OTHER_WIDTHS:
        check(estimator)
        return
    with pytest.raises((ValueError, AssertionError)) as caught:
        check(estimator)
    causes = f"{caught.value} {caught.value.__cause__} {caught.value.__context__}"
    assert "the width of the rows. Received: (6, 6, 36)" in causes
