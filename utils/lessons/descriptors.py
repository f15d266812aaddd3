"""Hand-made descriptors: dominant colors, gradients, local patterns, visual words."""

import numpy as np
from skimage.feature import hog, local_binary_pattern
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.cluster import MiniBatchKMeans
from sklearn.utils.validation import check_is_fitted

from utils.checks import check_count, check_images
from utils.evaluation import check_table

SEEN = 20_000  # local descriptors that k-means is shown, at most


def two_colors(images, levels=3):
    """The two most frequent colors of each image, most frequent first.

    Each channel is rounded to `levels` steps; pixels that then agree count as
    one color, and its value is their mean. An image of a single color names it twice.

    Args:
        images: array `(n, rows, columns, 3)`, values from 0 to 255.
        levels: steps a channel, from 2 to 256; `levels ** 3` colors can be told apart.

    Returns:
        Float array `(n, 2, 3)`, values from 0 to 255.

    Raises:
        ValueError: if the images have no three channels or another scale, or
            `levels` lies outside its limits.

    Source:
        Santos 2022.

    Example:

    >>> red, blue, green = np.eye(3)[[0, 2, 1]] * 255
    >>> image = np.repeat([red, blue, green], [60, 30, 10], axis=0).reshape(10, 10, 3)
    >>> two_colors([image])[0].astype(int).tolist()
    [[255, 0, 0], [0, 0, 255]]
    """
    images = check_images(images, "color")
    levels = check_count(levels, "levels", low=2, high=256)
    found = np.empty((len(images), 2, 3))
    for row, image in zip(found, images):
        pixels = image.reshape(-1, 3)
        steps = np.round(pixels * ((levels - 1) / 255)).astype(int)
        names = steps @ [levels**2, levels, 1]
        known, counts = np.unique(names, return_counts=True)
        most = known[np.argsort(-counts, kind="stable")]
        row[0] = pixels[names == most[0]].mean(axis=0)
        row[1] = pixels[names == most[1]].mean(axis=0) if len(most) > 1 else row[0]
    return found


def gradient_histograms(images, cell=4):
    """Histograms of oriented gradients (HOG), one descriptor a place of a dense grid.

    A place is a block of 2 × 2 cells, each with a histogram of nine directions,
    together brought to length 1. Neighboring blocks overlap by one cell.

    Args:
        images: array `(n, rows, columns)`, gray, values from 0 to 255.
        cell: side of a cell in pixels, at most half the shorter side of an image.

    Returns:
        float32 array `(n, block rows, block columns, 36)`, values from 0 to 1.
        Flattened, it is the HOG descriptor of the whole image.

    Raises:
        ValueError: if the images are not gray or have another scale, or no block of
            2 × 2 cells fits into them.

    Source:
        Dalal and Triggs, "Histograms of oriented gradients for human detection",
        CVPR 2005; computed by scikit-image.

    Example:

    >>> gradient_histograms(np.zeros((1, 128, 64)), cell=8).size
    3780
    """
    images = check_images(images, "gray")
    cell = check_count(cell, "cell")
    rows, columns = images.shape[1:]
    if min(rows, columns) < 2 * cell:
        raise ValueError(
            f"`images` must hold a block of 2 × 2 cells of {cell} pixels. Received: "
            f"{rows} × {columns} pixels. Take smaller cells or larger images."
        )
    settings = {
        "pixels_per_cell": (cell, cell),
        "cells_per_block": (2, 2),
        "feature_vector": False,
    }
    found = np.stack([hog(image, orientations=9, **settings) for image in images])
    return found.reshape(*found.shape[:3], 36).astype(np.float32)


def pattern_histograms(images, radius=1, grid=1):
    """Histograms of local binary patterns (LBP).

    Each pixel is compared with eight points around it; patterns with at most
    two changes between darker and brighter have a bin each by how many points
    are brighter, the others share the tenth. Points beyond the border are black.

    Args:
        images: array `(n, rows, columns)`, gray, whole numbers from 0 to 255:
            rounding errors of others would pass for patterns.
        radius: distance of the eight points in pixels, less than the shorter side.
        grid: the image is cut into `grid × grid` parts with a histogram each.

    Returns:
        Float array `(n, grid * grid * 10)`; each histogram sums to 1.

    Raises:
        ValueError: if the images are not gray, whole and on that scale, or the
            circle or the grid does not fit into them.

    Source:
        Ojala, Pietikäinen and Mäenpää, IEEE TPAMI 24, 2002; computed by scikit-image.

    Example:

    >>> pattern_histograms(np.zeros((1, 8, 8), np.uint8)).tolist()
    [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]]
    """
    images = _whole(check_images(images, "gray"))
    side = min(images.shape[1:])
    radius = check_count(radius, "radius", high=max(side - 1, 1))
    grid = check_count(grid, "grid", high=side)
    found = []
    for image in images:
        codes = local_binary_pattern(image, 8, radius, method="uniform").astype(int)
        rows = np.array_split(codes, grid, axis=0)
        parts = [part for row in rows for part in np.array_split(row, grid, axis=1)]
        found.append(
            np.concatenate(
                [np.bincount(p.ravel(), minlength=10) / p.size for p in parts]
            )
        )
    return np.array(found)


class VisualWords(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Bag of visual words: each local descriptor is counted as its nearest word.

    `fit` finds the words by k-means, so inside a pipeline the codebook is
    learned from the training folds alone. With several pyramid levels, the
    words are counted in 1, 4, 16 … parts of the image and the counts stand
    side by side.

    Args:
        words: size of the codebook; at least as many local descriptors are needed.
        levels: depth of the spatial pyramid; 1 is the plain bag. The deepest cuts
            each side into `2 ** (levels - 1)` parts, of at least one place.
        shape: `(grid rows, grid columns, values)` of an image's local descriptors.
        seed: int for k-means and for the sample of descriptors it sees.

    Source:
        Csurka et al., ECCV workshop 2004 (bag); Lazebnik, Schmid and Ponce,
        CVPR 2006 (pyramid, here without its weights).

    Example:

    >>> local = np.random.default_rng(0).random((20, 6, 6, 36))
    >>> rows = local.reshape(20, -1)
    >>> VisualWords(words=8, levels=3, shape=local.shape[1:]).fit_transform(rows).shape
    (20, 168)
    """

    def __init__(self, words=64, levels=1, shape=(6, 6, 36), seed=0):
        self.words, self.levels, self.shape, self.seed = words, levels, shape, seed

    def fit(self, X, y=None):
        """Learn the words.

        Args:
            X: array `(n, values)`, local descriptors, flattened to one row an image.
            y: not read; it stands here since pipelines hand labels on.

        Returns:
            The fitted transformer.

        Raises:
            ValueError: if a parameter does not fit the rows, or there are fewer
                local descriptors than words.
        """
        X = self._rows(X, reset=True)
        self.shape_ = self._check_shape(X.shape[1])
        self._check_parameters(X)
        local = X.reshape(-1, self.shape_[-1])
        chosen = np.random.default_rng(self.seed).permutation(len(local))[:SEEN]
        kmeans = MiniBatchKMeans(
            self.words, random_state=self.seed, n_init=1, batch_size=2048
        )
        self.codebook_ = kmeans.fit(local[chosen])
        self._n_features_out = self.words * sum(4**i for i in range(self.levels))
        return self

    def assign(self, X):
        """The word at each place, int array `(n, grid rows, grid columns)`."""
        check_is_fitted(self)
        local = self._rows(X).reshape(-1, self.shape_[-1])
        return self.codebook_.predict(local).reshape(-1, *self.shape_[:2])

    def transform(self, X):
        """Square roots of the words' shares, `(n, words * parts)`, from 0 to 1."""
        names = np.eye(self.words)[self.assign(X)]
        counted = []
        for level in range(self.levels):
            for band in np.array_split(names, 2**level, axis=1):
                for part in np.array_split(band, 2**level, axis=2):
                    counted.append(part.mean(axis=(1, 2)))
        return np.sqrt(np.concatenate(counted, axis=1))

    def _rows(self, X, reset=False):
        return check_table(self, X, dtype=[np.float64, np.float32], reset=reset)

    def _check_shape(self, width):
        needed = "`shape` must be (grid rows, grid columns, values), three counts"
        if not isinstance(self.shape, (tuple, list)) or len(self.shape) != 3:
            raise ValueError(f"{needed}. Received: {self.shape!r}.")
        shape = tuple(check_count(side, "shape") for side in self.shape)
        if np.prod(shape) != width:
            raise ValueError(
                f"{needed} whose product is the width of the rows. Received: {shape} "
                f"and {width:,} columns. Hand in `local.shape[1:]`."
            )
        return shape

    def _check_parameters(self, X):
        check_count(self.seed, "seed", low=0, high=2**32 - 1)
        side = min(self.shape_[:2])
        check_count(self.levels, "levels", high=side.bit_length())
        local = min(len(X) * self.shape_[0] * self.shape_[1], SEEN)
        if check_count(self.words, "words") > local:
            raise ValueError(
                f"`words` must be at most {local:,}, the local descriptors that "
                f"k-means sees of {len(X):,} samples. Received: {self.words:,}. "
                "Ask for fewer words, or show more images."
            )


def _whole(images):
    """Gray images of whole numbers as uint8."""
    whole = images.astype(np.uint8)
    if np.any(whole != images):
        raise ValueError(
            "`images` must be whole numbers from 0 to 255. "
            f"Received: {images[whole != images][0]:.5g}. "
            "Hand in `images.round().astype(np.uint8)`."
        )
    return whole
