"""Claims of 08_AutoEncoder: codes that were learned without labels.

The images are the notebook's: 8,000 train without labels, 2,000 choose, 2,000 judge.
"""

from functools import cache, partial

import numpy as np
from scipy.ndimage import gaussian_filter, median_filter
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from claims import Row, alone, needs, one_at_a_time, paired
from claims.measuring import remembered
from utils import datasets

NOTEBOOK = "08_AutoEncoder"
PIXELS = 784
SHIRT, BAG = 6, 8


@cache
def _clothes():
    """{part: (images from 0 to 1, labels)}."""
    seen, new = datasets.fashion_mnist("train"), datasets.fashion_mnist("test")
    order = np.random.default_rng(0).permutation(len(seen))
    images, judges = (d.images[..., None].astype("f") / 255 for d in (seen, new))
    return {
        "train": (images[order[:8000]], seen.labels[order[:8000]]),
        "validation": (images[order[8000:]], seen.labels[order[8000:]]),
        "test": (judges, new.labels),
    }


def _flat(images):
    return images.reshape(len(images), -1)


def _decibels(images, guesses, convention="of the mean error"):
    errors = np.mean(_flat(images - guesses) ** 2, axis=1)
    if convention == "of the mean error":
        return -10 * np.log10(errors.mean())
    return np.mean(-10 * np.log10(errors))


# Networks


def _encoder(size, body):
    import keras
    from keras import layers

    image = keras.Input((28, 28, 1))
    if body == "dense":
        maps = layers.Dense(256, activation="relu")(layers.Flatten()(image))
    else:
        halve = {"strides": 2, "padding": "same", "activation": "relu"}
        maps = layers.Conv2D(16, 3, **halve)(image)
        maps = layers.Flatten()(layers.Conv2D(32, 3, **halve)(maps))
    return keras.Model(image, layers.Dense(size, name="code")(maps))


def _decoder(size, output="sigmoid"):
    import keras
    from keras import layers

    code = keras.Input((size,))
    values = layers.Dense(256, activation="relu")(code)
    values = layers.Dense(PIXELS, activation=output)(values)
    return keras.Model(code, layers.Reshape((28, 28, 1))(values))


def _untrained(seed, size=32, body="convolutions"):
    import keras

    keras.utils.set_random_seed(10 + seed)
    return _encoder(size, body).get_weights()


def _trained(*settings, **named):
    with alone():
        return _kept(*settings, **named)


@remembered
def _kept(
    seed=0,
    size=32,
    epochs=8,
    body="convolutions",
    rate=4e-3,
    images=8000,
    without=(),
    noise=0,
):
    """Weights of an encoder and a decoder, trained without labels."""
    import keras

    keras.utils.set_random_seed(seed)
    encoder, decoder = _encoder(size, body), _decoder(size)
    whole = keras.Sequential([encoder, decoder])
    whole.compile(keras.optimizers.Adam(rate), "mse", steps_per_execution=25)
    clothes, labels = _clothes()["train"]
    clothes = clothes[:images][~np.isin(labels[:images], without)]
    spoiled = _noisy(clothes, 1, noise) if noise else clothes
    whole.fit(spoiled, clothes, batch_size=64, epochs=epochs, verbose=0)
    return encoder.get_weights(), decoder.get_weights()


def _codes(weights, images, body="convolutions"):
    encoder = _encoder(weights[-1].size, body)
    encoder.set_weights(weights)
    return encoder.predict(images, batch_size=500, verbose=0)


def _repeated(trained, images, body="convolutions"):
    codes = _codes(trained[0], images, body)
    return _drawn(trained[1], codes)


def _drawn(weights, codes):
    decoder = _decoder(codes.shape[1])
    decoder.set_weights(weights)
    return decoder.predict(codes, batch_size=500, verbose=0)


@cache
def _pca(size=32, images=8000, without=()):
    clothes, labels = _clothes()["train"]
    rows = _flat(clothes[:images][~np.isin(labels[:images], without)]).astype(float)
    return PCA(size, svd_solver="covariance_eigh").fit(rows)


def _by_pca(images, size=32, trained_on=8000, without=()):
    """Repeated through PCA, and cut to what a pixel can be."""
    pca = _pca(size, trained_on, without)
    rows = pca.inverse_transform(pca.transform(_flat(images).astype(float)))
    return rows.reshape(images.shape).clip(0, 1)


# A linear autoencoder


@needs(gigabytes=1.5)
def linear_floor():
    """The start; the size of the code; the optimizer; whether the mean is subtracted
    or learned as biases. Within three percent; with a code of 8 within fifteen degrees
    (the 32nd component is hardly stronger than the next, so that planes may differ)."""
    for name, settings in one_at_a_time(
        seed=(0, 1),
        size=(8, 32),
        optimizer=("Adam", "RMSprop"),
        mean=("subtracted", "learned"),
    ):
        yield name, partial(_against_the_floor, **settings)


def _against_the_floor(seed, size, optimizer, mean):
    import keras
    from keras import layers

    rows, pca = _flat(_clothes()["train"][0]).astype("f"), _pca(size)
    if mean == "subtracted":
        rows = rows - rows.mean(axis=0)
    biases = mean == "learned"
    keras.utils.set_random_seed(seed)
    down, up = (layers.Dense(n, use_bias=biases) for n in (size, PIXELS))
    linear = keras.Sequential([keras.Input((PIXELS,)), down, up])
    rate = keras.optimizers.schedules.CosineDecay(5e-3, 800)
    make = getattr(keras.optimizers, optimizer)
    linear.compile(make(rate), "mse", steps_per_execution=20)
    linear.fit(rows, rows, batch_size=100, epochs=10, verbose=0)
    error = np.mean((linear.predict(rows, batch_size=500, verbose=0) - rows) ** 2)
    spread = np.sum(pca.explained_variance_) * (len(rows) - 1) / len(rows)
    total = np.sum(np.var(rows, axis=0, dtype=float))
    excess = 100 * (error * PIXELS / (total - spread) - 1)
    angle = _largest_angle(np.asarray(up.kernel), pca.components_)
    chance = _largest_angle(
        np.random.default_rng(seed).normal(size=(size, PIXELS)), pca.components_
    )
    words = f"{excess:.1f} % above PCA's error, {angle:.0f} degrees from its plane; "
    words += f"a random plane {chance:.0f} degrees"
    near = size != 8 or angle < 15 < 60 < chance
    return Row(words, bool(-0.01 < excess < 3 and near))


def _largest_angle(rows, others):
    bases = [np.linalg.qr(np.asarray(r, float).T)[0] for r in (rows, others)]
    cosines = np.linalg.svd(bases[0].T @ bases[1], compute_uv=False)
    return np.degrees(np.arccos(np.clip(cosines.min(), 0, 1)))


# What the bend buys


@needs(gigabytes=1.5)
def bend():
    """The start; the passes over the images; the size of the code; the layers; how
    decibels are averaged; half the images, in as many steps. PCA's output is cut to
    what a pixel can be."""
    for name, settings in one_at_a_time(
        seed=(0, 1),
        epochs=(8, 16),
        size=(32, 8),
        body=("convolutions", "dense"),
        convention=("of the mean error", "averaged over images"),
        images=(8000, 4000),
    ):
        yield name, partial(_lead_of_the_bend, **settings)


def _lead_of_the_bend(seed, epochs, size, body, convention, images):
    new = _clothes()["test"][0]
    passes = epochs * 8000 // images
    trained = _trained(seed, size, passes, body, images=images)
    net = _decibels(new, _repeated(trained, new, body), convention)
    linear = _decibels(new, _by_pca(new, size, images), convention)
    words = f"autoencoder {net:.1f} dB, PCA {linear:.1f} dB: {net - linear:+.1f} dB"
    return Row(words, bool(net > linear + 0.2))


# The code as a feature

GRIDS = {
    "linear SVM": [SVC(kernel="linear", C=c) for c in np.logspace(-3, 1, 5)],
    "logistic regression": [
        LogisticRegression(C=c, max_iter=3000) for c in np.logspace(-3, 1, 5)
    ],
    "RBF SVM": [SVC(C=c) for c in (1, 4, 16)],
    "k-NN": [KNeighborsClassifier(k) for k in (1, 3, 9)],
}


def _draw(count, seed):
    """Positions of some labeled images, every class alike."""
    labels = _clothes()["train"][1]
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    return np.concatenate(
        [shuffled[labels[shuffled] == c][: count // 10] for c in range(10)]
    )


def _describe(name, images, seed):
    if name == "pixels":
        return _flat(images).astype(float)
    if name == "PCA":
        return _pca().transform(_flat(images).astype(float))
    seed = seed % 3  # twelve draws share three trainings
    trained = _trained(seed)[0] if name == "code" else None
    return _codes(trained or _untrained(seed), images).astype(float)


def _scores(name, classifier, count, seeds, scale="one number"):
    """Accuracy on the test images, one a draw; C or k chosen on validation images."""
    return np.array([_score(name, classifier, count, s, scale) for s in range(seeds)])


@remembered
def _score(name, classifier, count, seed, scale="one number"):
    """One number scales all columns; or each its own, by what the labeled rows say."""
    parts, drawn, fits = _clothes(), _draw(count, seed), []
    rows = {p: _describe(name, x[0], seed) for p, x in parts.items()}
    size = rows["train"].std()
    rows = {p: x / size for p, x in rows.items()}
    scaler = StandardScaler() if scale == "column by column" else "passthrough"
    for model in GRIDS[classifier]:
        fit = make_pipeline(scaler, model)
        fit.fit(rows["train"][drawn], parts["train"][1][drawn])
        fits.append((fit.score(rows["validation"], parts["validation"][1]), fit))
    best = max(fits, key=lambda pair: pair[0])[1]
    return best.score(rows["test"], parts["test"][1])


# Pre-training

STEPS = {10: 60, 100: 100, 200: 120, 1000: 200}  # labels: steps of 32 images or fewer
RATES = (3e-4, 1e-3, 3e-3)
SEEDS = {"0 to 2": (0, 1, 2), "3 to 5": (3, 4, 5)}


@cache
def _classifier():
    import keras
    from keras import layers

    body = _encoder(32, "convolutions")
    output = layers.Dense(10, activation="softmax")(body.output)
    model = keras.Model(body.input, output)
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(), loss, steps_per_execution=10)
    return model


def _output(start, seed):
    """The weights of a new output layer."""
    import keras

    if start == "zero":
        return [np.zeros((32, 10)), np.zeros(10)]
    return [np.asarray(keras.initializers.GlorotUniform(seed)((32, 10))), np.zeros(10)]


def _fine_tuned(weights, output, rate, count, seed, steps):
    """Accuracy on the validation images and on the test images."""
    model, size = _classifier(), min(32, count)
    model.set_weights([*weights, *_output(output, seed)])
    for variable in model.optimizer.variables:
        variable.assign(np.zeros(variable.shape))
    model.optimizer.learning_rate.assign(rate)
    images, labels = _clothes()["train"]
    rng, drawn, amount = np.random.default_rng(seed), _draw(count, seed), steps * size
    passes = [rng.permutation(drawn) for _ in range(-(-amount // count))]
    shown = np.concatenate(passes)[:amount]
    model.fit(images[shown], labels[shown], batch_size=size, shuffle=False, verbose=0)
    parts = (_clothes()[part] for part in ("validation", "test"))
    said = ((model.predict(x, batch_size=500, verbose=0), y) for x, y in parts)
    return [np.mean(scores.argmax(axis=1) == y) for scores, y in said]


@remembered
def _tuned(start, count, seeds, times, noise):
    """Accuracy on the test images, one a seed, with the best output and rate.

    A pre-trained encoder, its draw of labels and its order belong to one seed. Output
    and rate have the highest mean accuracy on the validation images.
    """
    found = {}
    for output in ("zero", "Glorot"):
        for rate in RATES:
            runs = []
            for seed in seeds:
                weights = _untrained(seed)
                if start == "pre-trained":
                    weights = _trained(seed, noise=noise)[0]
                steps = int(times * STEPS[count])
                runs.append(_fine_tuned(weights, output, rate, count, seed, steps))
            found[output, rate] = np.transpose(runs)
    best = max(found, key=lambda settings: found[settings][0].mean())
    return found[best][1], best


@needs(gigabytes=1.5)
def pre_training():
    """How many labels; which pre-trainings, draws and orders; the steps; pre-training
    on noisy images. For both starts rate and start of the output are chosen on
    validation images."""
    for name, settings in one_at_a_time(
        labels=(100, 10),
        seeds=("0 to 2", "3 to 5"),
        steps=("as many", "twice as many"),
        noise=(0, 0.3),
    ):
        yield name, partial(_lead_of_pre_training, **settings)


def _lead_of_pre_training(labels, seeds, steps, noise):
    times = 1 if steps == "as many" else 2
    known, how = _tuned("pre-trained", labels, SEEDS[seeds], times, noise)
    fresh, other = _tuned("random", labels, SEEDS[seeds], times, 0)
    lead = np.mean(known - fresh)
    words = f"pre-trained {known.mean():.3f} ({how[0]}, {how[1]:g}), random "
    words += f"{fresh.mean():.3f} ({other[0]}, {other[1]:g}): {100 * lead:+.1f} points"
    return Row(words, bool(lead < 0.03))


def _features(classifier, labels, other, seeds, scale="one number"):
    """Lead of the trained code over another description, draw by draw."""
    code = _scores("code", classifier, labels, seeds, scale)
    rival = _scores(other, classifier, labels, seeds, scale)
    lead = paired(code, rival, held_out=0)
    return lead, f"code {code.mean():.3f}, {other} {rival.mean():.3f}: {lead}"


@needs(gigabytes=1.5)
def code_beats_untrained():
    """The classifier, whose C or k validation images choose; how many labels; the scale
    of the columns. Six draws, three trainings."""
    for name, settings in one_at_a_time(
        classifier=("logistic regression", "linear SVM", "RBF SVM", "k-NN"),
        labels=(10, 100, 500),
        scale=("one number", "column by column"),
    ):
        yield name, partial(_over_untrained, **settings)


def _over_untrained(classifier, labels, scale):
    lead, words = _features(classifier, labels, "untrained", 6, scale)
    return Row(words, lead.above)


@needs(gigabytes=1.5)
def level_with_pca():
    """The linear classifier, whose C validation images choose; the rival; how many
    labels. Twelve draws, three trainings; one number scales all columns."""
    for name, settings in one_at_a_time(
        rival=("PCA", "pixels"),
        classifier=("logistic regression", "linear SVM"),
        labels=(10, 20, 100, 500),
    ):
        yield name, partial(_level, **settings)


def _level(rival, classifier, labels):
    lead, words = _features(classifier, labels, rival, 12)
    return Row(words, bool(abs(lead.mean) < 0.02))


@needs(gigabytes=1.5)
def column_scale():
    """The linear classifier; how many labels. Twelve draws; several points means three
    or more, and the code seems ahead by as much."""
    for name, settings in one_at_a_time(
        classifier=("logistic regression", "linear SVM"), labels=(10, 20)
    ):
        yield name, partial(_cost_of_columns, **settings)


def _cost_of_columns(classifier, labels):
    scales = "one number", "column by column"
    one, each = (_scores("PCA", classifier, labels, 12, s).mean() for s in scales)
    code = _scores("code", classifier, labels, 12, scales[1]).mean()
    words = f"PCA {one:.3f}, column by column {each:.3f}; code, so too, {code:.3f}"
    return Row(words, bool(one - each >= 0.03 and code - each >= 0.03))


@needs(gigabytes=1.5)
def frozen_code():
    """The classifier on the code; which trainings, draws and orders of the network.
    Level means: less than three points either way."""
    for name, settings in one_at_a_time(
        classifier=("logistic regression", "linear SVM"), seeds=("0 to 2", "3 to 5")
    ):
        yield name, partial(_frozen_against_tuned, **settings)


def _frozen_against_tuned(classifier, seeds):
    labels, seeds = 100, SEEDS[seeds]
    frozen = np.mean([_score("code", classifier, labels, s) for s in seeds])
    fresh, how = _tuned("random", labels, seeds, 1, 0)
    lead = frozen - fresh.mean()
    words = f"frozen code {frozen:.3f}, random network {fresh.mean():.3f} "
    return Row(
        f"{words}({how[0]}, {how[1]:g}): {100 * lead:+.1f} points", abs(lead) < 0.03
    )


@needs(gigabytes=1.5)
def large_code():
    """The rate; the draws. Harm means two points or more against an output that
    starts at zero, at the same rate."""
    for name, settings in one_at_a_time(rate=(1e-3, 3e-4), seeds=("0 to 5", "6 to 11")):
        yield name, partial(_harm, **settings)


def _harm(rate, seeds):
    seeds = range(6) if seeds == "0 to 5" else range(6, 12)
    found = {"zero": [], "Glorot": []}
    for seed in seeds:
        weights = _trained(seed % 3)[0]
        for output, runs in found.items():
            tuned = _fine_tuned(weights, output, rate, 10, seed, STEPS[10])
            runs.append(tuned[1])
    zero, random = (np.mean(runs) for runs in found.values())
    words = f"10 labels, rate {rate:g}: output zero {zero:.3f}, random {random:.3f}"
    return Row(words, bool(zero > random + 0.02))


# Noise


def _noisy(images, seed, deviation):
    noise = np.random.default_rng(seed).normal(0, deviation, images.shape)
    return np.clip(images + noise, 0, 1).astype("f")


@cache
def _cleaned(deviation, seed, target):
    """A network of convolutions that was trained on noisy or on clean images."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    image, halve = keras.Input((28, 28, 1)), {"strides": 2, "padding": "same"}
    maps = layers.Conv2D(16, 3, activation="relu", **halve)(image)
    maps = layers.Conv2D(32, 3, activation="relu", **halve)(maps)
    maps = layers.Conv2DTranspose(16, 4, activation="relu", **halve)(maps)
    last = layers.Conv2DTranspose(1, 4, activation="sigmoid", **halve)
    model = keras.Model(image, last(maps))
    model.compile(keras.optimizers.Adam(4e-3), "mse", steps_per_execution=10)
    clean = _clothes()["train"][0]
    inputs = _noisy(clean, 1, deviation) if target == "noisy" else clean
    model.fit(inputs, clean, batch_size=32, epochs=4, verbose=0)
    return model


def _by_filters(deviation):
    """Decibels of filters and PCA, each at its best on validation images.

    Two numbers, fitted on validation images, correct the brightness of each.
    """
    parts, found = _clothes(), {}
    spoiled = {p: _noisy(parts[p][0], 4, deviation) for p in ("validation", "test")}
    ways = {f"blur {w}": partial(gaussian_filter, sigma=(0, w, w, 0)) for w in WIDTHS}
    ways |= {f"median {k}": partial(median_filter, size=(1, k, k, 1)) for k in (2, 3)}
    ways |= {f"PCA {k}": partial(_by_pca, size=k) for k in (16, 32, 64, 128)}
    for kind in ("blur", "median", "PCA"):
        tried = []
        for name in (name for name in ways if name.startswith(kind)):
            said = {p: ways[name](images) for p, images in spoiled.items()}
            clean = parts["validation"][0]
            line = np.polyfit(said["validation"].ravel(), clean.ravel(), 1)
            said = {p: np.polyval(line, x).clip(0, 1) for p, x in said.items()}
            quality = {p: _decibels(parts[p][0], x) for p, x in said.items()}
            tried.append((quality["validation"], quality["test"], name))
        _, on_test, name = max(tried)
        found[name] = on_test
    return found


WIDTHS = (0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.2)


def _by_linear_map(deviation):
    """Decibels of ridge regression from noisy to clean images."""
    parts, tried = _clothes(), []
    clean = parts["train"][0]
    rows, wanted = _flat(_noisy(clean, 1, deviation)), _flat(clean)
    for penalty in (1, 10, 100, 1000):
        fit = Ridge(penalty).fit(rows, wanted)
        found = []
        for part in ("validation", "test"):
            images = parts[part][0]
            said = fit.predict(_flat(_noisy(images, 4, deviation))).clip(0, 1)
            found.append(_decibels(images, said.reshape(images.shape)))
        tried.append(found)
    return max(tried)[1]


@needs(gigabytes=2)
def denoiser():
    """The strength of the noise; the start. Filters, PCA and the penalty of the linear
    map are at their best on validation images. Half a decibel or more ahead of all but
    the map, which is behind, too, and by less than two."""
    for name, settings in one_at_a_time(deviation=(0.3, 0.15, 0.5), seed=(0, 1)):
        yield name, partial(_lead_of_the_denoiser, **settings)


def _lead_of_the_denoiser(deviation, seed):
    new = _clothes()["test"][0]
    noisy = _noisy(new, 4, deviation)
    net, copier = (
        _decibels(new, _cleaned(deviation, seed, target).predict(noisy, 500, 0))
        for target in ("noisy", "clean")
    )
    rivals = {**_by_filters(deviation), "trained on clean": copier}
    line = _by_linear_map(deviation)
    told = ", ".join(f"{name} {value:.1f}" for name, value in rivals.items())
    words = f"network {net:.1f} dB, linear map {line:.1f}, {told}"
    return Row(words, bool(net > max(rivals.values()) + 0.5 and 0 < net - line < 2))


# Anomalies


def _areas(seed, score, way, without):
    """{class: how well a score finds it among the classes that are normal}."""
    images, labels = _clothes()["test"]
    if way == "PCA":
        guesses = _by_pca(images, without=without)
    else:
        guesses = _repeated(_trained(seed, without=without), images)
    steps = _flat(images - guesses)
    found = np.mean(steps**2 if score == "squared" else abs(steps), axis=1)
    areas = {}
    for abnormal in (SHIRT, BAG):
        judged = ~np.isin(labels, (SHIRT, BAG)) | (labels == abnormal)
        areas[abnormal] = roc_auc_score(labels[judged] == abnormal, found[judged])
    return areas


@needs(gigabytes=1.5)
def bags_and_shirts():
    """The start; squared or absolute error; PCA instead of the network. Far better
    means 0.2 more, and above 0.75."""
    for name, settings in one_at_a_time(
        seed=(0, 1, 2), score=("squared", "absolute"), way=("autoencoder", "PCA")
    ):
        yield name, partial(_bags_against_shirts, **settings)


def _bags_against_shirts(seed, score, way):
    areas = _areas(seed, score, way, (SHIRT, BAG))
    words = f"AUC: bags {areas[BAG]:.2f}, shirts {areas[SHIRT]:.2f}"
    return Row(words, bool(areas[BAG] > max(0.75, areas[SHIRT] + 0.2)))


@needs(gigabytes=1.5)
def seen_bags():
    """The start; squared or absolute error; PCA instead of the network. Most of it
    means: more than half of what lies above 0.5."""
    for name, settings in one_at_a_time(
        seed=(0, 1, 2), score=("squared", "absolute"), way=("autoencoder", "PCA")
    ):
        yield name, partial(_although_seen, **settings)


def _although_seen(seed, score, way):
    new = _areas(seed, score, way, (SHIRT, BAG))[BAG]
    seen = _areas(seed, score, way, ())[BAG]
    words = f"AUC of bags never seen {new:.2f}, seen {seen:.2f}"
    return Row(words, bool(0.5 < (seen - 0.5) / (new - 0.5) < 1))


@needs(gigabytes=1.5)
def alarms():
    """The rate that is ordered; the start; PCA instead of the network. About as many
    means between half and twice."""
    for name, settings in one_at_a_time(
        rate=(0.05, 0.2), seed=(0, 1), way=("autoencoder", "PCA")
    ):
        yield name, partial(_ordered_alarms, **settings)


def _ordered_alarms(rate, seed, way):
    errors, without = {}, (SHIRT, BAG)
    for part in ("validation", "test"):
        images, labels = _clothes()[part]
        images = images[~np.isin(labels, without)]
        if way == "PCA":
            guesses = _by_pca(images, without=without)
        else:
            guesses = _repeated(_trained(seed, without=without), images)
        errors[part] = np.mean(_flat(images - guesses) ** 2, axis=1)
    found = np.mean(errors["test"] > np.quantile(errors["validation"], 1 - rate))
    return Row(
        f"ordered {rate:.0%}, came {found:.1%}", bool(rate / 2 < found < rate * 2)
    )


# The last activation, and random codes


@needs(gigabytes=1.5)
def relu_output():
    """The scale of the pixels; the rate. Of four starts one at least has pixels that
    are silent with a ReLU, and none has with a sigmoid."""
    for name, settings in one_at_a_time(peak=(255, 1), rate=(1e-3, 3e-3)):
        yield name, partial(_silent_pixels, **settings)


def _silent_pixels(peak, rate):
    import keras
    from keras import layers

    clothes, judges = _clothes()["train"][0][:3000], _clothes()["validation"][0]
    lit, silent = judges.max(axis=0) > 0.2, {"relu": [], "sigmoid": []}
    for activation, shares in silent.items():
        for seed in range(4):
            keras.utils.set_random_seed(seed)
            model = _original(activation)
            if activation == "sigmoid":
                model = keras.Sequential([model, layers.Rescaling(peak)])
            model.compile(keras.optimizers.Adam(rate), "mse", steps_per_execution=10)
            model.fit(
                clothes * peak, clothes * peak, batch_size=32, epochs=2, verbose=0
            )
            said = model.predict(judges * peak, batch_size=500, verbose=0)
            shares.append(np.mean(said.max(axis=0)[lit] == 0))
    told = {
        way: ", ".join(f"{s:.0%}" for s in shares) for way, shares in silent.items()
    }
    words = f"silent pixels: ReLU {told['relu']}; sigmoid {told['sigmoid']}"
    return Row(words, bool(max(silent["relu"]) > 0 == max(silent["sigmoid"])))


def _original(activation):
    import keras
    from keras import layers

    halve = {"strides": 2, "padding": "same"}
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(8, 3, activation="relu", **halve),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.UpSampling2D(2),
            layers.Conv2DTranspose(8, 3, activation="relu"),
            layers.Conv2DTranspose(1, 3, activation=activation, **halve),
        ]
    )


@cache
def _neighbors():
    return NearestNeighbors(n_neighbors=1, algorithm="brute").fit(
        _flat(_clothes()["train"][0])
    )


def _far(images):
    """Gray levels to the nearest image that trained."""
    return 255 * _neighbors().kneighbors(_flat(images))[0].ravel() / np.sqrt(PIXELS)


@needs(gigabytes=1.5)
def invented():
    """The start; the passes; how the plain codes are drawn at random."""
    for name, settings in one_at_a_time(
        seed=(0, 1), epochs=(8, 4), plain=("own covariance", "standard normal")
    ):
        yield name, partial(_inventions, **settings)


def _inventions(seed, epochs, plain):
    import keras
    from keras import layers

    class Draw(layers.Layer):
        def __init__(self):
            super().__init__()
            self.seeds = keras.random.SeedGenerator(seed)

        def call(self, mean, log):
            price = keras.ops.exp(log) + mean**2 - 1 - log
            price = keras.ops.mean(keras.ops.sum(price, axis=1))
            self.add_loss(price / 2 / PIXELS)
            noise = keras.random.normal(keras.ops.shape(mean), seed=self.seeds)
            return mean + keras.ops.exp(log / 2) * noise

    keras.utils.set_random_seed(seed)
    encoder, decoder = _encoder(64, "convolutions"), _decoder(32)
    image = keras.Input((28, 28, 1))
    halves = encoder(image)
    model = keras.Model(image, decoder(Draw()(halves[:, :32], halves[:, 32:])))
    model.compile(
        keras.optimizers.Adam(4e-3), "binary_crossentropy", steps_per_execution=25
    )
    images = _clothes()["train"][0]
    model.fit(images, images, batch_size=64, epochs=epochs, verbose=0)
    numbers = np.random.default_rng(seed)
    standard = numbers.normal(size=(500, 32)).astype("f")
    own, trained = standard, _trained(seed, epochs=epochs)
    codes = _codes(trained[0], images)
    if plain == "own covariance":
        own = numbers.multivariate_normal(codes.mean(axis=0), np.cov(codes.T), 500)
    new = _far(decoder.predict(standard, verbose=0)).mean()
    old = _far(_drawn(trained[1], own.astype("f"))).mean()
    words = f"to the nearest image: variational {new:.0f} gray levels, plain {old:.0f}"
    return Row(words, bool(new < old - 2))
