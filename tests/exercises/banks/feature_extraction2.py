"""Correct variants and valid inputs of 05_FeatureExtraction2."""

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.metrics import balanced_accuracy_score, recall_score, roc_curve


def pca_library(train, test, k):
    fit = PCA(k).fit(train)
    return fit.transform(train), fit.transform(test)


def pca_eigen(train, test, k):
    _, vectors = np.linalg.eigh(np.cov(train, rowvar=False))
    axes = vectors[:, ::-1][:, :k]
    return [(train - train.mean(0)) @ axes, (test - train.mean(0)) @ axes]


def pca_sizes(train, test, k):
    mean = np.mean(train, axis=0)
    u, s, directions = np.linalg.svd(train - mean)
    return -(u[:, :k] * s[:k]), -((test - mean) @ directions[:k].T)


def pca_truncated(train, test, k):
    fit = TruncatedSVD(k, random_state=0)
    return fit.fit_transform(train - train.mean(0)), fit.transform(test - train.mean(0))


def pca_power(train, test, k):
    """The components one by one, each as a product of the covariance with itself."""
    z, axes = train - train.mean(axis=0), []
    spread = z.T @ z
    for _ in range(k):
        much = spread / np.trace(spread)
        for _ in range(12):
            much = much @ much
            much /= np.trace(much)
        axis = much[:, np.diag(much).argmax()]
        axes.append(axis / np.linalg.norm(axis))
        spread = spread - axes[-1][:, None] * (spread @ axes[-1])
    return z @ np.array(axes).T, (test - train.mean(axis=0)) @ np.array(axes).T


def pca_tensor(train, test, k):
    train, test = tf.constant(train, tf.float32), tf.constant(test, tf.float32)
    mean = tf.reduce_mean(train, axis=0)
    v = tf.linalg.svd(train - mean)[2][:, :k]
    return (train - mean) @ v, (test - mean) @ v


def pca_keras(train, test, k):
    mean = keras.ops.mean(train, axis=0)
    v = keras.ops.linalg.svd(train - mean, full_matrices=False)[2][:k]
    return (train - mean) @ keras.ops.transpose(v), (test - mean) @ keras.ops.transpose(
        v
    )


def pca_frames(train, test, k):
    train, test = pd.DataFrame(train), pd.DataFrame(test)
    axes = np.linalg.svd(train - train.mean(), full_matrices=False)[2][:k].T
    return (train - train.mean()) @ axes, (test - train.mean()) @ axes


def needed_loop(rows, share):
    ratios = PCA().fit(rows).explained_variance_ratio_
    total = count = 0
    while total < share:
        total, count = total + ratios[count], count + 1
    return count


def needed_eigen(rows, share):
    variances = np.linalg.eigvalsh(np.cov(rows.T))[::-1]
    return np.searchsorted(np.cumsum(variances) / variances.sum(), share) + 1


def needed_tensor(rows, share):
    rows = tf.constant(rows, tf.float32)
    s = tf.linalg.svd(rows - tf.reduce_mean(rows, axis=0), compute_uv=False)
    kept = tf.cumsum(s**2) / tf.reduce_sum(s**2)
    return tf.reduce_sum(tf.cast(kept < share, tf.int32)) + 1


def needed_rebuilt(rows, share):
    z = rows - rows.mean(axis=0)
    _, _, directions = np.linalg.svd(z, full_matrices=False)
    for k in range(1, len(directions) + 1):
        left = z - z @ directions[:k].T @ directions[:k]
        if np.sum(left**2) <= (1 - share) * np.sum(z**2):
            return k


def needed_series(rows, share):
    ratios = pd.Series(PCA(svd_solver="full").fit(rows).explained_variance_ratio_)
    return (ratios.cumsum() < share).sum() + 1


def threshold_recalls(truth, scores):
    def rating(t):
        alarm = (scores >= t).astype(int)
        return recall_score(truth, alarm) + recall_score(truth, alarm, pos_label=0)

    return max(scores, key=rating)


def threshold_middle(truth, scores):
    """Half way to the next lower score, or below all."""
    places = np.unique(scores)
    places = (places + np.r_[places[0] - 1, places[:-1]]) / 2
    ratings = [balanced_accuracy_score(truth, scores >= place) for place in places]
    return places[int(np.argmax(ratings))]


def threshold_curve(truth, scores):
    false, true, places = roc_curve(truth, scores)
    return places[np.argmax(true - false)]


def threshold_last(truth, scores):
    """Of several that are as good, the largest."""
    places = np.unique(scores)
    found = [balanced_accuracy_score(truth, scores >= place) for place in places]
    return places[::-1][np.argmax(np.round(found[::-1], 9))]


def threshold_counts(truth, scores):
    best = (-1, None)
    for t in scores:
        hit = sum(1 for y, s in zip(truth, scores) if y == 1 and s >= t)
        sound = sum(1 for y, s in zip(truth, scores) if y == 0 and s < t)
        best = max(best, (hit / sum(truth == 1) + sound / sum(truth == 0), t))
    return float(best[1])


def decoded(query, books, codes):
    rows = books[np.arange(len(books)), codes].reshape(len(codes), -1)
    return ((rows - query) ** 2).sum(axis=1)


def tables(query, books, codes):
    table = ((books - query.reshape(len(books), 1, -1)) ** 2).sum(axis=2)
    return np.take_along_axis(table.T, codes, axis=0).sum(axis=1)


def by_loops(query, books, codes):
    m, _, width = books.shape
    return [
        sum(
            (query[j * width + i] - books[j][row[j]][i]) ** 2
            for j in range(m)
            for i in range(width)
        )
        for row in codes
    ]


def by_library(query, books, codes):
    pieces = np.split(query, len(books))
    table = [cdist([p], b, "sqeuclidean")[0] for p, b in zip(pieces, books)]
    return sum(t[c] for t, c in zip(table, codes.T))


def by_tensor(query, books, codes):
    m = len(books)
    pieces = tf.reshape(tf.constant(query), (m, 1, -1))
    table = tf.reduce_sum((tf.constant(books) - pieces) ** 2, axis=2)
    looked = tf.gather(table, tf.cast(codes.T, tf.int32), batch_dims=1)
    return tf.reduce_sum(looked, axis=0)


def expanded(query, books, codes):
    rows = books[np.arange(len(books)), codes].reshape(len(codes), -1)
    return (rows**2).sum(1) - 2 * rows @ query + query @ query


RIGHT = {
    "projection": {
        "scikit-learn": pca_library,
        "eigenvectors, a list": pca_eigen,
        "U times sizes, signs turned": pca_sizes,
        "a truncated SVD": pca_truncated,
        "powers of the covariance": pca_power,
        "TensorFlow, float32": pca_tensor,
        "keras.ops": pca_keras,
        "pandas": pca_frames,
        "lists": lambda *a: [part.tolist() for part in pca_library(*a)],
        "float32 at the end": lambda *a: tuple(map(np.float32, pca_eigen(*a))),
        "float32 inside": lambda train, test, k: pca_sizes(
            train.astype(np.float32), test.astype(np.float32), k
        ),
    },
    "components": {
        "a loop": needed_loop,
        "eigenvalues": needed_eigen,
        "TensorFlow, float32": needed_tensor,
        "rebuilt rows": needed_rebuilt,
        "pandas": needed_series,
        "scikit-learn": lambda rows, share: (
            PCA(share, svd_solver="full").fit(rows).n_components_
        ),
        "a whole float": lambda *a: float(needed_loop(*a)),
        "a 0-d array": lambda *a: np.array(needed_loop(*a)),
        "a Keras tensor": lambda *a: keras.ops.convert_to_tensor(needed_loop(*a)),
        "uint8": lambda *a: np.uint8(needed_loop(*a)),
    },
    "threshold": {
        "two recalls": threshold_recalls,
        "half way between": threshold_middle,
        "roc_curve": threshold_curve,
        "the last of the best": threshold_last,
        "counted": threshold_counts,
        "float32": lambda *a: np.float32(threshold_counts(*a)),
        "a 0-d tensor": lambda *a: tf.constant(threshold_counts(*a)),
        "a 0-d array": lambda *a: np.array(threshold_middle(*a)),
        "pandas": lambda truth, scores: pd.Series({
            t: balanced_accuracy_score(truth, scores >= t) for t in scores
        }).idxmax(),
    },
    "look_up": {
        "decoded": decoded,
        "all tables at once": tables,
        "loops, a list": by_loops,
        "scipy": by_library,
        "TensorFlow": by_tensor,
        "expanded": expanded,
        "einsum": lambda q, b, c: np.einsum(
            "nmw,nmw->n", *2 * [b[np.arange(len(b)), c] - q.reshape(len(b), -1)]
        ),
        "float32": lambda q, b, c: decoded(q.astype(np.float32), np.float32(b), c),
        "pandas": lambda *a: pd.Series(tables(*a)),
        "keras.ops": lambda q, b, c: keras.ops.sum(
            (b[np.arange(len(b)), c].reshape(len(c), -1) - q) ** 2, axis=1
        ),
        "a tuple": lambda *a: tuple(decoded(*a)),
    },
}  # fmt: skip


def _projection(rng):
    columns = rng.integers(2, 7)
    scales, middle = (
        rng.permutation(2.0 ** np.arange(columns)),
        rng.normal(0, 9, columns),
    )
    train, test = (
        rng.uniform(-1, 1, (n, columns)) * scales + middle
        for n in rng.integers((columns + 2, 2), (30, 9))
    )
    return train, test + rng.normal(size=columns), int(rng.integers(1, columns + 1))


def _components(rng):
    rows, columns = rng.integers(3, 14, 2)
    scales = rng.exponential(size=columns)
    table = rng.uniform(-1, 1, (rows, columns)) * scales + rng.normal(size=columns)
    return table, float(rng.uniform(0.05, 0.99))


def _threshold(rng):
    truth = np.r_[0, 1, rng.random(rng.integers(6, 25)) < 0.3].astype(int)
    rng.shuffle(truth)
    return truth, np.round(rng.normal(rng.normal(), 1, len(truth)) + truth, 1)


def _look_up(rng):
    m, entries, width, cells = rng.integers(1, (6, 9, 5, 12))
    books = rng.uniform(-2, 2, (m, entries, width))
    codes = rng.integers(0, entries, (cells, m))
    return rng.uniform(-2, 2, m * width), books, codes


INPUTS = {
    "projection": _projection,
    "components": _components,
    "threshold": _threshold,
    "look_up": _look_up,
}
TRIES = {"threshold": 200}  # scikit-learn's scores take their time
EQUIVALENT = {
    "projection": {
        "3: np.linalg.svd(train - mean, full_matrices=False): without full_matrices",
        "3: False: True",
        "3: train - mean: sides",  # another sign of `directions`, if at all
    },
    "components": {
        "2: rows - rows.mean(axis=0): sides",
        "4: kept >= share * kept[-1]: Gt",  # no share is met exactly
    },
    "look_up": {
        "2: 1: 2",  # `reshape` takes any negative number
        "4: zip(books, pieces, codes.T): arguments swapped",  # only squared after
        "5: book - piece: sides",
    },
}
