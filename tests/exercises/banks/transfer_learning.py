"""Correct variants and valid inputs of 09_TransferLearning."""

from decimal import Decimal
from fractions import Fraction

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from scipy import linalg
from scipy.spatial import distance
from scipy.stats import rankdata
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, recall_score, roc_auc_score, roc_curve
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from utils.evaluation import stratified_folds
from utils.lessons import transfer


def gap_of_kernels(source, target):
    """The MMD as it is defined: means of products of rows."""
    return (
        np.mean(source @ source.T)
        + np.mean(target @ target.T)
        - 2 * np.mean(source @ target.T)
    )


def gap_loop(source, target):
    total = 0
    for one, other in zip(source.T.tolist(), target.T.tolist()):
        total += (sum(one) / len(one) - sum(other) / len(other)) ** 2
    return total


def gap_tensor(source, target):
    means = [tf.reduce_mean(tf.constant(x, tf.float32), 0) for x in (source, target)]
    return tf.reduce_sum(tf.math.squared_difference(*means))


def gap_keras(source, target):
    apart = keras.ops.mean(source, axis=0) - keras.ops.mean(target, axis=0)
    return keras.ops.sum(keras.ops.square(apart))


def gap_pandas(source, target):
    means = [pd.DataFrame(rows).mean() for rows in (source, target)]
    return ((means[0] - means[1]) ** 2).sum()


def moved_by_roots(source, target):
    centered = source - source.mean(axis=0)
    root = np.real(linalg.sqrtm(np.cov(target, rowvar=False)))
    white = centered @ np.linalg.inv(np.real(linalg.sqrtm(np.cov(source.T))))
    return white @ root + target.mean(axis=0)


def moved_by_cholesky(source, target):
    one, other = (np.linalg.cholesky(np.cov(x.T)) for x in (source, target))
    white = np.linalg.solve(one, (source - source.mean(axis=0)).T)
    return (other @ white).T + target.mean(axis=0)


def moved_biased(source, target):
    """Both covariances are divided by n."""
    values, vectors = np.linalg.eigh(np.cov(source.T, ddof=0))
    white = (source - source.mean(axis=0)) @ (vectors / np.sqrt(values))
    values, vectors = np.linalg.eigh(np.cov(target.T, ddof=0))
    return (white @ vectors.T) @ (vectors * values**0.5 @ vectors.T) + target.mean(0)


def moved_by_pca(source, target):
    white, color = PCA(whiten=True).fit(source), PCA(whiten=True).fit(target)
    return color.inverse_transform(white.transform(source))


def moved_by_svd(source, target):
    mean = target.mean(axis=0)
    u, _, _ = np.linalg.svd(source - source.mean(axis=0), full_matrices=False)
    _, s, v = np.linalg.svd(target - mean, full_matrices=False)
    return np.sqrt((len(source) - 1) / (len(target) - 1)) * u * s @ v + mean


def moved_tensor(source, target):
    source, target = (tf.constant(x, tf.float64) for x in (source, target))
    one, other = (x - tf.reduce_mean(x, 0) for x in (source, target))
    left = tf.linalg.cholesky(tf.transpose(one) @ one / (len(one) - 1))
    right = tf.linalg.cholesky(tf.transpose(other) @ other / (len(other) - 1))
    white = tf.linalg.triangular_solve(left, tf.transpose(one))
    return tf.transpose(right @ white) + tf.reduce_mean(target, 0)


def moved_by_coral(source, target):
    return transfer.CORAL(0).fit(source, target=target).transform(source)


def moved_as_a_table(source, target):
    return pd.DataFrame(moved_by_roots(source, target))


def rates_loop(labels, scores, threshold):
    false = [score >= threshold for label, score in zip(labels, scores) if not label]
    missed = [score < threshold for label, score in zip(labels, scores) if label]
    return sum(false) / len(false), sum(missed) / len(missed)


def rates_of_matrix(labels, scores, threshold):
    table = confusion_matrix(labels, scores >= threshold, labels=[0, 1])
    (tn, fp), (fn, tp) = table
    return fp / (fp + tn), fn / (fn + tp)


def rates_recalled(labels, scores, threshold):
    alarm = (scores >= threshold).astype(int)
    recalls = recall_score(labels, alarm, average=None, labels=[0, 1])
    return 1 - recalls


def rates_of_curve(labels, scores, threshold):
    fpr, tpr, at = roc_curve(labels, scores, drop_intermediate=False)
    last = np.flatnonzero(at >= threshold)[-1]
    return [fpr[last], 1 - tpr[last]]


def rates_pandas(labels, scores, threshold):
    shares = (pd.Series(scores) >= threshold).groupby(labels).mean()
    return pd.Series([shares[0], 1 - shares[1]])


def rates_tensor(labels, scores, threshold):
    alarm = tf.cast(scores >= threshold, tf.float32)
    false = tf.boolean_mask(alarm, labels == 0)
    return tf.stack([tf.reduce_mean(false), tf.reduce_mean(1 - alarm[labels == 1])])


def rates_weighted(labels, scores, threshold):
    """As products with the labels; whole numbers are divided."""
    alarm = (scores >= threshold) * 1
    sound = 1 - labels
    return alarm @ sound / sound.sum(), (1 - alarm) @ labels / labels.sum()


def g_table(risks, source, target):
    table = pd.Series(risks).unstack()
    return table.loc[source].sub(table.loc[source, source]).abs()[target]


def g_max(risks, source, target):
    home, abroad = risks[(source, source)], risks[(source, target)]
    return max(home, abroad) - min(home, abroad)


def g_exact(risks, source, target):
    home, abroad = (Decimal(str(risks[source, t])) for t in (source, target))
    return float(abs(home - abroad))


def mended_pipeline(rows, is_target, folds, count):
    """Scaling and model in a pipeline, probabilities instead of scores."""
    sure = np.zeros(len(rows))
    for train, test in folds:
        spread = rows[train].std(axis=0)
        means = [rows[train[is_target[train] == k]].mean(axis=0) for k in (0, 1)]
        best = (abs(means[1] - means[0]) / spread).argsort()[::-1][:count]
        model = make_pipeline(StandardScaler(), LogisticRegression())
        model.fit(rows[train][:, best], is_target[train])
        sure[test] = model.predict_proba(rows[test][:, best])[:, 1]
    return roc_auc_score(is_target, sure)


class Widest(BaseEstimator, TransformerMixin):
    """Keeps the columns with the largest gap of the means."""

    def __init__(self, count=1):
        self.count = count

    def fit(self, X, y):
        gaps = X[y == 1].mean(axis=0) - X[y == 0].mean(axis=0)
        self.kept_ = np.argpartition(-abs(gaps), self.count - 1)[: self.count]
        return self

    def transform(self, X):
        return X[:, self.kept_]


def mended_cross_val(rows, is_target, folds, count):
    """All of it by scikit-learn."""
    model = make_pipeline(StandardScaler(), Widest(count), LogisticRegression())
    score = cross_val_predict(
        model, rows, is_target, cv=folds, method="decision_function"
    )
    return roc_auc_score(is_target, score)


def mended_parts(rows, is_target, folds, count):
    """Scores collected fold by fold; the AUC counted pair by pair."""
    order, found = [], []
    for train, test in folds:
        scaler = StandardScaler().fit(rows[train])
        x, z, y = scaler.transform(rows[train]), scaler.transform(rows[test]), is_target
        gaps = np.abs(x[y[train] == 1].mean(0) - x[y[train] != 1].mean(0))
        best = sorted(range(len(gaps)), key=lambda i: -gaps[i])[:count]
        model = LogisticRegression().fit(x[:, best], y[train])
        order.extend(test)
        found.extend(z[:, best] @ model.coef_[0] + model.intercept_[0])
    known, found = is_target[order], np.array(found)
    ours, theirs = found[known == 0], found[known == 1]
    return float(np.mean(theirs[:, None] > ours[None]))


def mended_ranks(rows, is_target, folds, count):
    """The AUC by ranks, as a float32."""
    scores = np.full(len(rows), np.nan)
    for train, test in folds:
        mean, spread = rows[train].mean(axis=0), rows[train].std(axis=0)
        x, signs = (rows - mean) / spread, 2 * is_target[train] - 1
        share = np.where(signs > 0, 1 / sum(signs > 0), -1 / sum(signs < 0))
        best = np.argsort(-abs(share @ x[train]))[:count]
        model = LogisticRegression().fit(x[np.ix_(train, best)], signs)
        scores[test] = model.decision_function(x[np.ix_(test, best)])
    ranks = rankdata(scores)[is_target == 1]
    n, m = len(ranks), len(rows) - len(ranks)
    return np.float32((ranks.sum() - n * (n + 1) / 2) / (n * m))


def mended_frame(rows, is_target, folds, count):
    """By names of columns."""
    table, scores = pd.DataFrame(rows), pd.Series(0.0, range(len(rows)))
    for train, test in folds:
        part = table.iloc[train]
        x = (table - part.mean()) / part.std(ddof=0)
        means = x.iloc[train].groupby(is_target[train]).mean()
        best = (means.loc[1] - means.loc[0]).abs().nlargest(count).index
        model = LogisticRegression().fit(x.iloc[train][best], is_target[train])
        scores.iloc[test] = model.decision_function(x.iloc[test][best])
    return roc_auc_score(is_target, scores)


def mended_masked(rows, is_target, folds, count):
    """Columns that are not kept are set to 0, so that they have no weight."""
    scores = 0 * rows[:, 0]
    for train, test in folds:
        x = StandardScaler().fit(rows[train]).transform(rows)
        gaps = x[train][is_target[train] == 1].mean(0)
        gaps = abs(gaps - x[train][is_target[train] == 0].mean(0))
        x = x * (gaps >= np.sort(gaps)[-count])
        model = LogisticRegression().fit(x[train], is_target[train])
        scores[test] = model.predict_log_proba(x[test])[:, 1]
    return np.array(roc_auc_score(is_target, scores))


RIGHT = {
    "mended": {
        "a pipeline, probabilities": mended_pipeline,
        "cross_val_predict": mended_cross_val,
        "pair by pair": mended_parts,
        "by ranks, float32": mended_ranks,
        "pandas": mended_frame,
        "masked columns": mended_masked,
    },
    "mean_gap": {
        "means of products": gap_of_kernels,
        "a loop": gap_loop,
        "TensorFlow, float32": gap_tensor,
        "keras.ops": gap_keras,
        "pandas": gap_pandas,
        "scipy": lambda s, t: distance.sqeuclidean(s.mean(0), t.mean(0)),
        "the norm squared": lambda s, t: np.linalg.norm(s.mean(0) - t.mean(0)) ** 2,
        "a 0-d array": lambda s, t: np.array(gap_loop(s, t)),
        "float32": lambda s, t: np.float32(gap_loop(s, t)),
        "columns": lambda s, t: np.square(s.T.mean(1) - t.T.mean(1)).sum(),
    },
    "align": {
        "square roots": moved_by_roots,
        "Cholesky": moved_by_cholesky,
        "both divided by n": moved_biased,
        "two PCAs": moved_by_pca,
        "singular values": moved_by_svd,
        "TensorFlow": moved_tensor,
        "the course's class": moved_by_coral,
        "pandas": moved_as_a_table,
        "a list": lambda s, t: moved_by_svd(s, t).tolist(),
        "float32": lambda s, t: moved_by_roots(s, t).astype(np.float32),
        "float32 inside": lambda s, t: moved_by_cholesky(
            s.astype(np.float32), t.astype(np.float32)
        ),
    },
    "error_rates": {
        "a loop": rates_loop,
        "a confusion matrix": rates_of_matrix,
        "recalls, an array": rates_recalled,
        "pandas": rates_pandas,
        "a tensor": rates_tensor,
        "products": rates_weighted,
        "float32": lambda *a: np.float32(rates_loop(*a)),
        "0-d arrays": lambda *a: [np.array(rate) for rate in rates_loop(*a)],
        "fractions": lambda labels, scores, threshold: (
            Fraction(int((scores[labels == 0] >= threshold).sum()),
                     int((labels == 0).sum())),
            Fraction(int((scores[labels == 1] < threshold).sum()),
                     int((labels == 1).sum())),
        ),
    },
    "g_part": {
        "the course's function": transfer.cdfg_partial,
        "a table": g_table,
        "the larger minus the smaller": g_max,
        "exact": g_exact,
        "a tensor": lambda r, s, t: tf.abs(tf.constant(r[s, s]) - r[s, t]),
        "keras.ops": lambda r, s, t: keras.ops.abs(
            keras.ops.array(r[s, s] - r[s, t])
        ),
        "float32": lambda r, s, t: np.float32(g_max(r, s, t)),
        "a 0-d array": lambda r, s, t: np.array(g_max(r, s, t)),
        "a root of a square": lambda r, s, t: ((r[s, s] - r[s, t]) ** 2) ** 0.5,
        "if": lambda r, s, t: (
            r[s, s] - r[s, t] if r[s, s] > r[s, t] else r[s, t] - r[s, s]
        ),
    },
}  # fmt: skip


def _gap(rng):
    rows, others, features = rng.integers(1, (40, 40, 7))
    source = rng.normal(rng.normal(0, 2, features), 1, (rows, features))
    return source, rng.normal(size=(others, features))


def _clouds(rng):
    features = int(rng.integers(2, 5))
    rows, others = rng.integers(4 * features, 80, 2)
    mixes = rng.normal(size=(2, features, features)) + 2 * np.eye(features)
    source = rng.normal(size=(rows, features)) @ mixes[0] + rng.normal(size=features)
    return source, rng.normal(1, 1, (others, features)) @ mixes[1]


def _scores(rng):
    labels = np.append(rng.integers(0, 2, rng.integers(1, 30)), [0, 1])
    scores = np.round(rng.uniform(size=len(labels)) + labels / 3, 1)
    return labels, scores, float(rng.choice([*scores, rng.uniform()]))


def _table(rng):
    names = [str(name) for name in rng.permutation(["roof", "field", "sea"])]
    risks = {(s, t): float(rng.uniform()) for s in names for t in names}
    return risks, *names[:2]


def _noise(rng):
    rows, features = rng.integers(60, 100), int(rng.integers(12, 40))
    is_target = rng.permutation(rows) % 2
    x = rng.normal(size=(rows, features)) * rng.uniform(0.1, 20, features)
    folds = stratified_folds(is_target, int(rng.integers(2, 5)))
    return x, is_target, folds, int(rng.integers(1, 9))


INPUTS = {
    "mended": _noise,
    "mean_gap": _gap,
    "align": _clouds,
    "error_rates": _scores,
    "g_part": _table,
}
TRIES = {"align": 200, "mended": 100}  # scikit-learn takes its time
EQUIVALENT = {
    "mended": {  # scaled on `train`, both domains together have mean 0
        "6: (x[train][known == 0], x[train][known == 1]): first two swapped",
        "7: theirs.mean(axis=0) - ours.mean(axis=0): sides",
        "7: theirs.mean(axis=0) - ours.mean(axis=0): only the left",
        "7: theirs.mean(axis=0) - ours.mean(axis=0): only the right",
        "7: theirs.mean: sum",
        "7: ours.mean: sum",
    },
    "mean_gap": {  # the sign does not matter in a square
        "2: source.mean(axis=0) - target.mean(axis=0): sides",
        "3: difference @ difference: sides",
    },
    "align": {"2: source - source.mean(axis=0): sides"},  # a mirror is linear, too
    "g_part": {
        "2: (source, source): first two swapped",
        "2: risks[source, source] - risks[source, target]: sides",
    },
}
