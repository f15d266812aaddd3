"""Hand-made descriptors: dominant colors, gradients, local patterns, visual words."""

import numpy as np
from skimage.feature import hog, local_binary_pattern
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import MiniBatchKMeans


def two_colors(images, levels=3):
    """The two most frequent colors of each image, most frequent first.

    Each channel is rounded to `levels` steps; pixels that then agree count as
    one color, and its value is their mean. An image of a single color names it twice.

    Args:
        images: array `(n, rows, columns, 3)`, values from 0 to 255.
        levels: steps a channel; `levels ** 3` colors can be told apart.

    Returns:
        Float array `(n, 2, 3)`.

    Raises:
        ValueError: if the images have no three channels.

    Source:
        Santos 2022.

    Example:

    >>> red, blue, green = np.eye(3)[[0, 2, 1]] * 255
    >>> image = np.repeat([red, blue, green], [60, 30, 10], axis=0).reshape(10, 10, 3)
    >>> two_colors([image])[0].astype(int).tolist()
    [[255, 0, 0], [0, 0, 255]]
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[3] != 3:
        raise ValueError(
            f"`images` must be (n, rows, columns, 3). Received: {images.shape}"
        )
    found = np.empty((len(images), 2, 3))
    for row, image in zip(found, images):
        pixels = image.reshape(-1, 3)
        steps = np.round(pixels * ((levels - 1) / 255)).astype(int)
        names = steps @ [levels**2, levels, 1]
        first, second = np.argsort(
            -np.bincount(names, minlength=levels**3), kind="stable"
        )[:2]
        row[0] = pixels[names == first].mean(axis=0)
        row[1] = (
            pixels[names == second].mean(axis=0) if np.any(names == second) else row[0]
        )
    return found


def gradient_histograms(images, cell=4):
    """Histograms of oriented gradients (HOG), one descriptor a place of a dense grid.

    A place is a block of 2 × 2 cells, each with a histogram of nine directions,
    together brought to length 1. Neighboring blocks overlap by one cell.

    Args:
        images: array `(n, rows, columns)`, gray.
        cell: side of a cell in pixels.

    Returns:
        float32 array `(n, block rows, block columns, 36)`. Flattened, it is
        the HOG descriptor of the whole image.

    Raises:
        ValueError: if the images are not gray.

    Source:
        Dalal and Triggs, "Histograms of oriented gradients for human detection",
        CVPR 2005; computed by scikit-image.

    Example:

    >>> gradient_histograms(np.zeros((1, 128, 64)), cell=8).size
    3780
    """
    images = _gray(images)
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
    are brighter, the others share the tenth.

    Args:
        images: array `(n, rows, columns)`, uint8, gray.
        radius: distance of the eight points in pixels.
        grid: the image is cut into `grid × grid` parts with a histogram each.

    Returns:
        Float array `(n, grid * grid * 10)`; each histogram sums to 1.

    Raises:
        ValueError: if the images are not gray.

    Source:
        Ojala, Pietikäinen and Mäenpää, IEEE TPAMI 24, 2002; computed by scikit-image.

    Example:

    >>> pattern_histograms(np.zeros((1, 8, 8), np.uint8)).tolist()
    [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]]
    """
    found = []
    for image in _gray(images):
        codes = local_binary_pattern(image, 8, radius, method="uniform").astype(int)
        rows = np.array_split(codes, grid, axis=0)
        parts = [part for row in rows for part in np.array_split(row, grid, axis=1)]
        found.append(
            np.concatenate(
                [np.bincount(p.ravel(), minlength=10) / p.size for p in parts]
            )
        )
    return np.array(found)


class VisualWords(TransformerMixin, BaseEstimator):
    """Bag of visual words: each local descriptor is counted as its nearest word.

    `fit` finds the words by k-means, so inside a pipeline the codebook is
    learned from the training folds alone. With several pyramid levels, the
    words are counted in 1, 4, 16 … parts of the image and the counts stand
    side by side.

    Args:
        words: size of the codebook.
        levels: depth of the spatial pyramid; 1 is the plain bag.
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

    def fit(self, rows, labels=None):
        """Learn the words from `rows`, local descriptors flattened to `(n, values)`."""
        local = np.reshape(rows, (-1, self.shape[-1]))
        chosen = np.random.default_rng(self.seed).permutation(len(local))[:20_000]
        kmeans = MiniBatchKMeans(
            self.words, random_state=self.seed, n_init=1, batch_size=2048
        )
        self.codebook_ = kmeans.fit(local[chosen])
        return self

    def assign(self, rows):
        """The word at each place, int array `(n, grid rows, grid columns)`."""
        local = np.reshape(rows, (-1, self.shape[-1]))
        return self.codebook_.predict(local).reshape(-1, *self.shape[:2])

    def transform(self, rows):
        """Square roots of the words' shares, `(n, words * parts)`."""
        names = np.eye(self.words)[self.assign(rows)]
        counted = []
        for level in range(self.levels):
            for band in np.array_split(names, 2**level, axis=1):
                for part in np.array_split(band, 2**level, axis=2):
                    counted.append(part.mean(axis=(1, 2)))
        return np.sqrt(np.concatenate(counted, axis=1))


def _gray(images):
    images = np.asarray(images)
    if images.ndim != 3:
        raise ValueError(
            f"`images` must be gray, (n, rows, columns). Received: {images.shape}"
        )
    return images
