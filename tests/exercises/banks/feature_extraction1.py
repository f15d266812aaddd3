"""Correct variants and valid inputs of 04_FeatureExtraction1."""

import collections
import fractions

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist
from scipy.stats import zscore
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, recall_score
from sklearn.model_selection import cross_val_predict, cross_val_score
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def recalls_counted(y_true, y_pred):
    found, cells = collections.Counter(), collections.Counter()
    for truth, guess in zip(y_true.tolist(), y_pred.tolist()):
        cells[truth] += 1
        found[truth] += truth == guess
    return sum(found[c] / cells[c] for c in cells) / len(cells)


def recalls_of_matrix(y_true, y_pred):
    matrix = confusion_matrix(y_true, y_pred)
    return np.mean(np.diag(matrix) / matrix.sum(axis=1))


def recalls_grouped(y_true, y_pred):
    return pd.Series(y_true == y_pred).groupby(y_true).mean().mean()


def recalls_weighted(y_true, y_pred):
    _, place, counts = np.unique(y_true, return_inverse=True, return_counts=True)
    return np.average(y_true == y_pred, weights=1 / counts[place])


def recalls_tensor(y_true, y_pred):
    hits = tf.cast(tf.constant(y_true) == tf.constant(y_pred), tf.float32)
    groups = [tf.boolean_mask(hits, y_true == c) for c in set(y_true.tolist())]
    return tf.reduce_mean([tf.reduce_mean(group) for group in groups])


def recalls_keras(y_true, y_pred):
    hits = keras.ops.cast(keras.ops.equal(y_true, y_pred), "float32")
    shares = [keras.ops.mean(hits[y_true == c]) for c in np.unique(y_true)]
    return keras.ops.mean(keras.ops.stack(shares))


def recalls_sklearn(y_true, y_pred):
    labels = np.unique(y_true)
    return recall_score(y_true, y_pred, labels=labels, average="macro")


def scale_fitted(train, test):
    scaler = StandardScaler().fit(train)
    return scaler.transform(train), scaler.transform(test)


def scale_loop(train, test):
    new_train, new_test = train.copy(), test.copy()
    for j in range(train.shape[1]):
        m = train[:, j].mean()
        s = np.sqrt(((train[:, j] - m) ** 2).mean()) or 1.0
        new_train[:, j], new_test[:, j] = (train[:, j] - m) / s, (test[:, j] - m) / s
    return [new_train, new_test]


def scale_together(train, test):
    both = np.concatenate([train, test]) - np.mean(train, 0)
    both /= np.maximum(np.std(train, 0), 1e-12)
    return np.split(both, [len(train)])


def scale_keras(train, test):
    layer = keras.layers.Normalization(dtype="float64")
    layer.adapt(train)
    return layer(train), layer(test)


def scale_tensors(train, test):
    mean, variance = tf.nn.moments(tf.constant(train), axes=[0])
    deviation = tf.where(variance > 0, tf.sqrt(variance), tf.ones_like(variance))
    return (train - mean) / deviation, (test - mean) / deviation


def scale_pandas(train, test):
    train, test = pd.DataFrame(train), pd.DataFrame(test)
    mean, deviation = train.mean(), train.std(ddof=0).replace(0, 1)
    return (train - mean) / deviation, (test - mean) / deviation


def nearest_sorted(train_features, train_labels, test_features, k):
    found = []
    for row in test_features.tolist():
        pairs = sorted(
            (sum((a - b) ** 2 for a, b in zip(row, other)), label)
            for other, label in zip(train_features.tolist(), train_labels.tolist())
        )
        votes = collections.Counter(label for _, label in pairs[:k])
        found.append(votes.most_common(1)[0][0])
    return found


def nearest_at_once(train_features, train_labels, test_features, k):
    order = np.argpartition(cdist(test_features, train_features), k - 1, axis=1)
    labels = np.unique(train_labels)
    votes = train_labels[order[:, :k], None] == labels
    return labels[votes.sum(axis=1).argmax(axis=1)]


def nearest_product(train_features, train_labels, test_features, k):
    squares = (train_features**2).sum(axis=1) - 2 * test_features @ train_features.T
    votes = train_labels[np.argsort(squares, axis=1)[:, :k]]
    return pd.DataFrame(votes).mode(axis=1)[0]


def nearest_tree(train_features, train_labels, test_features, k):
    _, ranks = KDTree(train_features).query(test_features, range(1, k + 1))
    return np.array([np.bincount(votes).argmax() for votes in train_labels[ranks]])


def nearest_tensor(train_features, train_labels, test_features, k):
    gaps = tf.norm(test_features[:, None] - train_features, axis=2)
    votes = tf.gather(train_labels, tf.math.top_k(-gaps, k).indices)
    return tf.argmax(tf.math.bincount(votes, axis=-1), axis=1)


def nearest_keras(train_features, train_labels, test_features, k):
    gaps = keras.ops.norm(test_features[:, None] - train_features, axis=-1)
    votes = keras.ops.take(train_labels, keras.ops.argsort(gaps, axis=1)[:, :k])
    hot = keras.ops.one_hot(votes, int(train_labels.max()) + 1)
    return keras.ops.argmax(keras.ops.sum(hot, axis=1), axis=1)


def nearest_sklearn(train_features, train_labels, test_features, k):
    model = KNeighborsClassifier(n_neighbors=k)
    return model.fit(train_features, train_labels).predict(test_features)


def _one_nearest():
    return make_pipeline(StandardScaler(), KNeighborsClassifier(1))


def honest_at_once(features, labels, folds):
    found = cross_val_score(
        _one_nearest(), features, labels, cv=folds, scoring="balanced_accuracy"
    )
    return found.mean()


def honest_guesses(features, labels, folds):
    guesses = cross_val_predict(_one_nearest(), features, labels, cv=folds)
    tests = [test for _, test in folds]
    return sum(recalls_counted(labels[t], guesses[t]) for t in tests) / len(tests)


def honest_by_hand(features, labels, folds):
    scores = []
    for train, test in folds:
        known, new = scale_loop(features[train], features[test])
        guess = labels[train][cdist(new, known).argmin(axis=1)]
        recalls = [np.mean(guess[labels[test] == c] == c) for c in (0, 1)]
        scores.append(np.mean(recalls))
    return sum(scores) / len(scores)


def honest_fitted(features, labels, folds):
    total = 0
    for train, test in folds:
        scaler = StandardScaler().fit(features[train])
        index = NearestNeighbors(n_neighbors=1).fit(scaler.transform(features[train]))
        found = index.kneighbors(scaler.transform(features[test]))[1][:, 0]
        total += recall_score(labels[test], labels[train[found]], average="macro")
    return total / len(folds)


def honest_tensor(features, labels, folds):
    scores = []
    for train, test in folds:
        known, new = scale_keras(features[train], features[test])
        gaps = tf.norm(new[:, None] - known, axis=2)
        guess = tf.gather(labels[train], tf.argmin(gaps, axis=1))
        scores.append(recalls_tensor(labels[test], guess.numpy()))
    return tf.reduce_mean(scores)


RIGHT = {
    "balanced_accuracy": {
        "counted, a Python float": recalls_counted,
        "a confusion matrix": recalls_of_matrix,
        "groups of a Series": recalls_grouped,
        "weights": recalls_weighted,
        "TensorFlow": recalls_tensor,
        "keras.ops": recalls_keras,
        "scikit-learn": balanced_accuracy_score,
        "scikit-learn's recalls": recalls_sklearn,
        "float32": lambda *a: np.float32(recalls_counted(*a)),
        "a 0-d array": lambda *a: np.array(recalls_counted(*a)),
        "a fraction": lambda *a: fractions.Fraction(recalls_counted(*a)),
    },
    "memory": {
        "a float": 2624 * 224**2 * 12.0,
        "a product": np.prod([2624, 224, 224, 3, 4], dtype=np.int64),
        "NumPy's own count": 2624 * np.zeros((224, 224, 3), np.float32).nbytes,
        "float32": np.float32(2624 * 224 * 224 * 3 * 4),
        "a 0-d array": np.array(2624 * 224 * 224 * 3 * 4),
        "a tensor": tf.constant(2624 * 224 * 224 * 3 * 4, tf.int64),
        "a fraction": fractions.Fraction(2624 * 224 * 224 * 3 * 32, 8),
        "a Series' product": pd.Series([2624, 224, 224, 3, 4]).prod(),
    },
    "scaling": {
        "scikit-learn": scale_fitted,
        "a loop, a list of two": scale_loop,
        "both at once": scale_together,
        "a Keras layer": scale_keras,
        "tensors": scale_tensors,
        "pandas": scale_pandas,
        "float32": lambda *a: [np.float32(part) for part in scale_fitted(*a)],
        "lists": lambda *a: tuple(part.tolist() for part in scale_loop(*a)),
        "n - 1": lambda *a: [
            part * (1 - 1 / len(a[0])) ** 0.5 for part in scale_fitted(*a)
        ],
        "SciPy for the training rows": lambda *a: (
            np.nan_to_num(zscore(a[0], axis=0)), scale_loop(*a)[1]
        ),
        "a small number added": lambda train, test: tuple(
            (rows - train.mean(0)) / (train.std(0) + 1e-8) for rows in (train, test)
        ),
    },
    "nearest": {
        "sorted pairs, a list": nearest_sorted,
        "all at once": nearest_at_once,
        "by products, a Series": nearest_product,
        "a tree": nearest_tree,
        "TensorFlow": nearest_tensor,
        "keras.ops": nearest_keras,
        "scikit-learn": nearest_sklearn,
        "floats": lambda *a: np.float32(nearest_sorted(*a)),
        "a tuple": lambda *a: tuple(nearest_sorted(*a)),
    },
    "mended": {
        "cross_val_score": honest_at_once,
        "all guesses first": honest_guesses,
        "by hand": honest_by_hand,
        "scaler and index": honest_fitted,
        "tensors": honest_tensor,
        "float32": lambda *a: np.float32(honest_at_once(*a)),
    },
}  # fmt: skip


def _labels(rng):
    names = rng.choice(12, rng.integers(1, 6), replace=False)
    truth = rng.choice(names, rng.integers(1, 40))
    return truth, rng.choice(np.unique(truth), len(truth))


def _rows(rng):
    n, others, width = rng.integers((2, 1, 1), (30, 20, 6))
    train = rng.uniform(-5, 5, (n, width)) * 10 ** rng.uniform(-2, 2, width)
    test = rng.uniform(-9, 9, (others, width))
    if rng.random() < 0.5:
        train[:, 0] = test[:, 0] = rng.integers(-3, 4)
    return train, test


def _neighbors(rng):
    """Two labels and an odd k: no vote is tied."""
    rows, others, width, half = rng.integers((12, 1, 1, 0), (40, 9, 7, 6))
    labels = rng.choice(rng.choice(9, 2, replace=False), rows)
    train, test = rng.uniform(size=(rows, width)), rng.uniform(size=(others, width))
    return train, labels, test, int(2 * half + 1)


def _cut(rng):
    """Rows of both classes in every fold."""
    n, parts = rng.integers((24, 2), (70, 5))
    labels = np.arange(n) // parts % 2
    rows = rng.normal(labels[:, None], 1, (n, rng.integers(1, 5))) * rng.uniform(1, 9)
    part = np.arange(n) % parts
    folds = [
        (np.flatnonzero(part != k), np.flatnonzero(part == k)) for k in range(parts)
    ]
    return rows, labels, folds


INPUTS = {
    "balanced_accuracy": _labels,
    "memory": lambda rng: (),
    "scaling": _rows,
    "nearest": _neighbors,
    "mended": _cut,
}
EQUIVALENT = {
    "scaling": {"3: 1: 2"},  # what never changes is 0, whatever divides it
    "nearest": {"4: train_features - row: sides"},
}
