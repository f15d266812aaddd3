"""Claims of 00_FromPixelsToLabels: two colors, hand-made descriptors, learned ones."""

from functools import partial

import numpy as np
from scipy.optimize import linprog
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler
from sklearn.svm import SVC, LinearSVC

from claims import Paired, Row, alone, needs, one_at_a_time
from claims.measuring import PENALTIES, remembered
from utils.evaluation import stratified_folds

NOTEBOOK = "00_FromPixelsToLabels"

INNER = StratifiedKFold(3, shuffle=True, random_state=0)
COSTS = {"C": np.logspace(-1, 3, 9)}
WIDTHS = {"C": (1, 10, 100, 1000), "gamma": (0.3, 1, 3, 10, 30)}
CHANNELS = {"red": [0, 3], "green": [1, 4], "blue": [2, 5], "all six": slice(None)}
LINES = {
    "logistic regression": LogisticRegression(C=10),
    "logistic regression, no penalty": LogisticRegression(C=1e6, max_iter=1000),
    "linear SVM": LinearSVC(C=10, max_iter=20_000),
    "linear discriminant": LinearDiscriminantAnalysis(),
    "nearest neighbor": KNeighborsClassifier(1),
    "curved": SVC(C=10),
    "line, tuned": GridSearchCV(LogisticRegression(max_iter=1000), COSTS, cv=INNER),
    "curved, tuned": GridSearchCV(SVC(), WIDTHS, cv=INNER),
}


@remembered
def _scenes(n, seed, dusk, levels=3):
    """Labels, six numbers a scene (red, green, blue, twice), share of sea, pixels."""
    from utils import datasets
    from utils.lessons.descriptors import two_colors

    data = datasets.scenes(n, seed=seed, dusk=dusk)
    six = two_colors(data.images, levels).reshape(-1, 6) / 255
    sea = 1 - data.details["horizon"] - data.details["sand"]
    return data.labels, six, sea, data.images


def _lead(first, second, labels=None):
    """How much more often the first side is right on the same images.

    With `labels`, the mean over classes: the difference of balanced accuracies.
    """
    steps = np.asarray(first, float) - np.asarray(second, float)
    labels = np.zeros(len(steps)) if labels is None else labels
    groups = [steps[labels == label] for label in np.unique(labels)]
    mean = np.mean([group.mean() for group in groups])
    variance = sum(group.var(ddof=1) / len(group) for group in groups)
    half = 1.96 * np.sqrt(variance) / len(groups)
    return Paired(mean, mean - half, mean + half)


# Scenes


def no_line():
    """How the line is fitted, the scenes, how many, the rounding of the colors. That no
    line at all is without error is shown by linear programming."""
    for name, settings in one_at_a_time(
        fit=("logistic regression", "logistic regression, no penalty", "linear SVM",
             "linear discriminant"),
        seed=(0, 10, 11), scenes=(600, 200, 2000), steps_a_channel=(3, 2, 4),
    ):  # fmt: skip
        yield name, partial(_separate, **settings)


def _separate(fit, seed, scenes, steps_a_channel):
    labels, six, *_ = _scenes(scenes, seed, 0.0, steps_a_channel)
    points = six[:, CHANNELS["red"]]
    sides = np.where(labels, 1, -1)[:, None]
    rows = -sides * np.hstack([points, np.ones((scenes, 1))])
    found = linprog(np.zeros(3), rows, -np.ones(scenes), bounds=(None, None))
    error = 1 - LINES[fit].fit(points, labels).score(points, labels)
    words = f"training error {error:.3f}; a line without error: {found.status == 0}"
    return Row(words, found.status == 2 and error >= 0.1)


def less_sea():
    """How the line is fitted, the scenes, the rounding; new scenes in place of the
    scenes that it was fitted to."""
    for name, settings in one_at_a_time(
        fit=("logistic regression", "linear SVM", "linear discriminant"),
        seed=(0, 10, 11), steps_a_channel=(3, 4), judged_on=("the same", "new scenes"),
    ):  # fmt: skip
        yield name, partial(_sea, **settings)


def _sea(fit, seed, steps_a_channel, judged_on):
    labels, six, sea, _ = _scenes(600, seed, 0.0, steps_a_channel)
    line = LINES[fit].fit(six[:, CHANNELS["red"]], labels)
    if judged_on == "new scenes":
        labels, six, sea, _ = _scenes(400, seed + 1, 0.0, steps_a_channel)
    missed = line.predict(six[:, CHANNELS["red"]]) != labels
    in_missed, in_others = sea[missed & (labels == 1)], sea[~missed & (labels == 1)]
    error = np.hypot(
        in_missed.std() / np.sqrt(len(in_missed)),
        in_others.std() / np.sqrt(len(in_others)),
    )
    less = in_others.mean() - in_missed.mean()
    words = (
        f"share of sea {in_missed.mean():.2f} in missed, {in_others.mean():.2f} else"
    )
    return Row(words, less > 1.96 * error)


def wrong_labels():
    """Which labels are wrong, how many, the scenes, the numbers, how the line is
    fitted."""
    for name, settings in one_at_a_time(
        lies=(0.2, 0.1, 0.3), draw=(0, 1, 2), seed=(0, 10), numbers=("red", "all six"),
        fit=("logistic regression", "linear SVM", "line, tuned"),
    ):  # fmt: skip
        yield name, partial(_lies, **settings)


def _lies(lies, draw, seed, numbers, fit):
    labels, six, *_ = _scenes(600, seed, 0.0)
    truth, new, *_ = _scenes(400, seed + 1, 0.0)
    old, new = six[:, CHANNELS[numbers]], new[:, CHANNELS[numbers]]
    flipped = np.random.default_rng(draw).random(len(labels)) < lies
    wrong, lost = np.where(flipped, 1 - labels, labels), {}
    for name in ("nearest neighbor", fit):
        honest = LINES[name].fit(old, labels).predict(new) == truth
        fitted = LINES[name].fit(old, wrong)
        lost[name] = honest.astype(float) - (fitted.predict(new) == truth)
        if name == "nearest neighbor":
            known = fitted.score(old, wrong)
    more = _lead(lost["nearest neighbor"], lost[fit])
    near, line = (values.mean() for values in lost.values())
    words = f"nearest neighbor loses {near:.3f}, line {line:.3f}: {more}"
    return Row(words, more.above and known == 1)


def pixels_by_day():
    """What reads the pixels and what reads the colors, tuned; two numbers or six; the
    scenes; how many train."""
    for name, settings in one_at_a_time(
        pixels_by=("ridge", "SVM"), colors_by=("logistic regression", "curved, tuned"),
        numbers=("red", "all six"), seed=(0, 10), scenes=(600, 200),
    ):  # fmt: skip
        yield name, partial(_against_colors, **settings)
    settings = {
        "pixels_by": "ridge",
        "colors_by": "curved, tuned",
        "numbers": "all six",
    }
    yield "curved, all six", partial(_against_colors, **settings, seed=0, scenes=600)


@remembered
def _read(by, seed, scenes, version):
    """Which of 400 scenes a reader of raw pixels gets right."""
    labels, _, _, images = _scenes(scenes, seed, 0.0)
    truth, _, _, new = _scenes(400, seed + 1, 0.0)
    if version == "upside down":
        new = new[:, ::-1]
    if version == "shuffled":
        mixed = np.random.default_rng(0).permutation(new.reshape(400, -1, 3), axis=1)
        new = mixed.reshape(new.shape)
    rows, new = (x.reshape(len(x), -1).astype(np.float32) / 255 for x in (images, new))
    if by == "SVM":
        reader = GridSearchCV(SVC(kernel=rbf_kernel), {"C": (1, 10, 100)}, cv=INNER)
        reader = make_pipeline(StandardScaler(), reader)
    elif by == "nearest neighbor":
        reader = KNeighborsClassifier(1)
    else:
        reader = RidgeClassifierCV(np.logspace(-1, 5, 13))
    return reader.fit(rows, labels).predict(new) == truth


def _against_colors(pixels_by, colors_by, numbers, seed, scenes):
    labels, six, *_ = _scenes(scenes, seed, 0.0)
    truth, new, *_ = _scenes(400, seed + 1, 0.0)
    pixels = _read(pixels_by, seed, scenes, "as they are")
    fitted = LINES[colors_by].fit(six[:, CHANNELS[numbers]], labels)
    colors = fitted.predict(new[:, CHANNELS[numbers]]) == truth
    lead = _lead(pixels, colors)
    words = f"pixels {pixels.mean():.3f}, colors {colors.mean():.3f}: {lead}"
    return Row(words, lead.above)


def positions_change():
    """What reads the pixels, tuned; the scenes; how many train; upside down or
    shuffled. Two colors stay the same by their definition."""
    for name, settings in one_at_a_time(
        version=("upside down", "shuffled"), by=("ridge", "SVM", "nearest neighbor"),
        seed=(0, 10), scenes=(600, 200),
    ):  # fmt: skip
        yield name, partial(_moved, **settings)


def _moved(version, **settings):
    before, after = (_read(version=v, **settings) for v in ("as they are", version))
    loss = _lead(before, after)
    words = f"{before.mean():.3f}, {version} {after.mean():.3f}: loses {loss}"
    return Row(words, loss.low >= 0.1)


def day_to_dusk():
    """What is fitted by day; the numbers; the scenes; how many train. A fall means at
    least 15 points less than by day."""
    for name, settings in one_at_a_time(
        fit=("logistic regression", "linear SVM", "nearest neighbor", "curved, tuned"),
        numbers=("red", "green", "all six"), seed=(0, 10, 11), scenes=(600, 200),
    ):  # fmt: skip
        yield name, partial(_evening, **settings)


def _evening(fit, numbers, seed, scenes):
    labels, six, *_ = _scenes(scenes, seed, 0.0)
    fitted = LINES[fit].fit(six[:, CHANNELS[numbers]], labels)
    day, dusk = (
        fitted.score(data[1][:, CHANNELS[numbers]], data[0])
        for data in (_scenes(400, seed + 1, 0.0), _scenes(400, seed + 2, 1.0))
    )
    return Row(f"by day {day:.3f}, at dusk {dusk:.3f}", day - dusk >= 0.15)


def both_lights():
    """Tuned or C = 10; how many scenes train; the scenes; and each of the two changes
    alone: a bend with two numbers, six numbers with a line."""
    for name, settings in one_at_a_time(
        against=("line, two numbers", "line, six numbers", "curved, two numbers"),
        tuned=("no", "yes"), scenes=(300, 600, 1200), seed=(3, 13, 23),
    ):  # fmt: skip
        yield name, partial(_lights, **settings)


def _lights(against, tuned, scenes, seed):
    labels, six, *_ = _scenes(scenes, seed, 0.5)
    truth, new, *_ = _scenes(400, seed + 1, 1.0)
    right = {}
    for name in ("curved, six numbers", against):
        fit, numbers = name.split(", ")
        fit = {"no": {"line": "logistic regression"}, "yes": {}}[tuned].get(fit, fit)
        fit = f"{fit}, tuned" if tuned == "yes" else fit
        columns = CHANNELS["red" if numbers == "two numbers" else "all six"]
        right[name] = LINES[fit].fit(six[:, columns], labels).predict(new[:, columns])
    both, one = (values == truth for values in right.values())
    lead = _lead(both, one)
    return Row(f"{both.mean():.3f}, {against} {one.mean():.3f}: {lead}", lead.above)


# Clothes and solar cells

SIZES = {
    "clothes": (4, 7, 3),
    "solar cells": (16, 25, 10),
}  # HOG's cells: usual, others


def _data(task, images):
    from utils import datasets

    name = {"clothes": "fashion_mnist", "solar cells": "solar_cells"}[task]
    return datasets.load(name).sample(images)


@remembered
def _table(task, name, images, size=0):
    """Labels and rows of a descriptor; of words, the pieces of each image."""
    from skimage.transform import downscale_local_mean

    from utils.lessons.descriptors import gradient_histograms, pattern_histograms

    data = _data(task, images)
    pictures = small = data.images
    if task == "solar cells":
        small = downscale_local_mean(pictures, (1, 3, 3)).astype(np.uint8)
    if name == "pixels":
        side = 10 if task == "solar cells" else 1
        rows = downscale_local_mean(pictures, (1, side, side)) / 255
    elif name == "HOG":
        rows = gradient_histograms(small, cell=SIZES[task][size])
    elif name == "LBP":
        rows = np.sqrt(pattern_histograms(small))
    elif name == "pieces":
        return data.labels, gradient_histograms(
            small, cell=4 if small is pictures else 8
        )
    else:
        from utils import backbones
        from utils.features import extract

        layer, side = name.split(" at ")
        network = backbones.load(image_size=int(side))
        rows = extract(network, pictures, layer)[layer]
    return data.labels, rows.reshape(len(rows), -1).astype(np.float64)


def _judge(name):
    """An unfitted classifier that is tuned on what it is fitted to, but for C = 10."""
    balanced = {"scoring": "balanced_accuracy", "cv": INNER}
    if name == "SVM, C = 10":
        return SVC(C=10, class_weight="balanced")
    if name == "SVM":
        svm = SVC(kernel="precomputed", class_weight="balanced")
        return GridSearchCV(svm, {"C": (0.3, 1, 3, 10, 30, 100)}, **balanced)
    if name == "ridge":
        ridge = RidgeClassifierCV(PENALTIES, class_weight="balanced")
        return make_pipeline(StandardScaler(), ridge)
    ks = {"kneighborsclassifier__n_neighbors": (1, 3, 5, 9, 15)}
    return GridSearchCV(
        make_pipeline(Normalizer(), KNeighborsClassifier()), ks, **balanced
    )


@remembered
def _said(task, name, judge, images=800, seed=0, size=0, words=32):
    """Labels, and which images are right while they are held out."""
    from utils.lessons.descriptors import VisualWords

    visual = {"bag": 1, "pyramid": 3}.get(name)
    with alone():
        labels, rows = _table(task, "pieces" if visual else name, images, size)
    said = np.empty_like(labels)
    for train, test in stratified_folds(labels, 5, seed):
        x = rows
        if visual:
            flat = rows.reshape(len(rows), -1)
            bag = VisualWords(words, visual, rows.shape[1:])
            x = bag.fit(flat[train]).transform(flat)
        old, new = x[train], x[test]
        if judge == "SVM":  # one kernel for all C; γ as scikit-learn's "scale"
            gamma = 1 / (x.shape[1] * old.var())
            old, new = rbf_kernel(old, old, gamma), rbf_kernel(new, old, gamma)
        said[test] = _judge(judge).fit(old, labels[train]).predict(new)
    return labels, said == labels


def _compared(task, first, second, measure="balanced accuracy", images=800, **settings):
    """The difference over held-out images, and both sides in words."""
    (labels, one), (_, other) = (
        _said(task, name, images=images, **settings) for name in (first, second)
    )
    classes = labels if measure == "balanced accuracy" else np.zeros(len(labels))
    scores = [
        np.mean([right[classes == label].mean() for label in np.unique(classes)])
        for right in (one, other)
    ]
    words = f"{first} {scores[0]:.3f}, {second} {scores[1]:.3f}"
    return _lead(one, other, classes), words


JUDGES = ("SVM, C = 10", "SVM", "ridge", "k-NN")


@needs(gigabytes=1.5)
def outline():
    """The classifier, with its C, penalty or k chosen inside the folds; the rival; the
    size of HOG's cells; the measure; the seed of the folds; the number of images."""
    for name, settings in one_at_a_time(
        against=("pixels", "LBP", "bag"), judge=JUDGES, size=(0, 2), seed=(0, 1),
        measure=("balanced accuracy", "accuracy"), images=(800, 1600),
    ):  # fmt: skip
        yield name, partial(_ahead, **settings)


def _ahead(against, size, **settings):
    lead, words = _compared("clothes", "HOG", against, size=size, **settings)
    return Row(f"{words}: {lead}", lead.above)


@needs(gigabytes=1.5)
def coarse_outline():
    """The classifier, tuned; the seed of the folds; the number of images. Level means
    that the interval has zero inside."""
    for name, settings in one_at_a_time(
        judge=JUDGES[:3], seed=(0, 1), images=(800, 1600)
    ):
        yield name, partial(_coarse, **settings)


def _coarse(**settings):
    lead, words = _compared("clothes", "HOG", "pixels", size=1, **settings)
    return Row(f"{words}: {lead}", lead.level)


@needs(gigabytes=2)
def no_leader():
    """The classifier, tuned; the descriptor that might lead; the size of HOG's cells;
    the measure; the seed of the folds; twice as many cells."""
    for name, settings in one_at_a_time(
        descriptor=("HOG", "LBP", "bag", "pyramid"), judge=JUDGES, size=(0, 1, 2),
        measure=("balanced accuracy", "accuracy"), seed=(0, 1), images=(800, 1600),
    ):  # fmt: skip
        yield name, partial(_not_ahead, **settings)


def _not_ahead(descriptor, **settings):
    lead, words = _compared("solar cells", descriptor, "pixels", **settings)
    return Row(f"{words}: {lead}", not lead.above)


@needs(gigabytes=2)
def where_words_stand():
    """The classifier, tuned; how many words; the seed of the folds; the number of
    images."""
    for name, settings in one_at_a_time(
        judge=JUDGES, words=(32, 16, 64), seed=(0, 1), images=(800, 400)
    ):
        yield name, partial(_pyramid, **settings)


def _pyramid(**settings):
    clothes, cells = (
        _compared(task, "pyramid", "bag", **settings)[0]
        for task in ("clothes", "solar cells")
    )
    mean = clothes.mean - cells.mean
    half = np.hypot(clothes.high - clothes.mean, cells.high - cells.mean)
    more = Paired(mean, mean - half, mean + half)
    words = f"gain on clothes {clothes}, on solar cells {cells}: {more}"
    return Row(words, clothes.above and more.above)


@needs(gigabytes=2)
def borrowed_on_cells():
    """The classifier, tuned; the layer; how many pixels a side the network gets (the
    descriptors get 100); the rival; the size of HOG's cells; the measure; the seed of
    the folds; twice as many cells."""
    for name, settings in one_at_a_time(
        judge=JUDGES, layer=("block11", "block8", "block15"), pixels=(96, 128),
        against=("HOG", "pixels", "LBP"), size=(0, 1, 2),
        measure=("balanced accuracy", "accuracy"), seed=(0, 1), images=(800, 1600),
    ):  # fmt: skip
        yield name, partial(_borrowed, **settings)


def _borrowed(layer, pixels, against, **settings):
    layer = f"{layer} at {pixels}"
    lead, words = _compared("solar cells", layer, against, **settings)
    return Row(f"{words}: {lead}", lead.above)


@needs(gigabytes=2)
def borrowed_on_clothes():
    """The SVM and the ridge classifier, tuned; the layer; how many pixels a side the
    network gets; the measure; the seed of the folds; the number of images. Level means
    that the interval has zero inside."""
    for name, settings in one_at_a_time(
        judge=JUDGES[:3], layer=("block11", "block15"), pixels=(96, 64, 128),
        measure=("balanced accuracy", "accuracy"), seed=(0, 1), images=(800, 1600),
    ):  # fmt: skip
        yield name, partial(_level, **settings)


def _level(layer, pixels, **settings):
    lead, words = _compared("clothes", f"{layer} at {pixels}", "HOG", **settings)
    return Row(f"{words}: {lead}", lead.level)


@needs(gigabytes=2)
def hidden_layer():
    """The linear classifier, tuned; the network's width, its start, and how long it
    trained, from 400 steps on: on 800 images as many as on 10,000."""
    for name, settings in one_at_a_time(
        judge=("ridge", "logistic regression"), width=(64, 32, 128), seed=(0, 1, 2),
        steps=(400, 800, 1600),
    ):  # fmt: skip
        yield name, partial(_hidden, **settings)


@remembered
def _hidden_right(source, width, seed, steps, judge):
    """Which of 2,000 new pieces of clothing a linear classifier of 800 gets right."""
    from utils import datasets

    def flat(images):
        return images.reshape(len(images), -1).astype(np.float32) / 255

    few, new = datasets.fashion_mnist().sample(800), datasets.fashion_mnist("test")
    encode = flat
    if source:
        import keras

        keras.utils.set_random_seed(seed)
        data = few if source == 800 else datasets.fashion_mnist("train")
        hidden = keras.layers.Dense(width, "relu")
        end = keras.layers.Dense(10, "softmax")
        network = keras.Sequential([keras.Input((784,)), hidden, end])
        network.compile("adam", "sparse_categorical_crossentropy")
        epochs = round(steps * 128 / len(data))
        network.fit(flat(data.images), data.labels, 128, max(epochs, 1), verbose=0)

        def encode(images):
            return np.asarray(hidden(flat(images)))

    ridge = RidgeClassifierCV(PENALTIES)
    costs = {"C": np.logspace(-4, 0, 5)}
    logistic = GridSearchCV(LogisticRegression(max_iter=300), costs, cv=INNER)
    judge = make_pipeline(StandardScaler(), ridge if judge == "ridge" else logistic)
    fitted = judge.fit(encode(few.images), few.labels)
    return fitted.predict(encode(new.images)) == new.labels


def _hidden(**settings):
    pixels, few, many = (
        _hidden_right(source, **settings) for source in (0, 800, 10_000)
    )
    more = _lead(many, few)
    words = (
        f"pixels {pixels.mean():.3f}, 800 {few.mean():.3f}, 10,000 {many.mean():.3f}"
    )
    return Row(f"{words}: {more}; over pixels {_lead(many, pixels)}", more.above)
