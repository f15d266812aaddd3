"""Claims of 07_CNNFineTuning: what may move, how fast, and whether it pays."""

from functools import lru_cache, partial

import numpy as np
from scipy.stats import ttest_1samp
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import balanced_accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from claims import Paired, Row, alone, needs, one_at_a_time
from claims.measuring import cells, remembered, table
from utils.evaluation import stratified_folds

NOTEBOOK = "07_CNNFineTuning"
SIDE = 160


def _cut(positions, share, seed=0):
    labels = cells()[0]
    return train_test_split(
        positions, test_size=share, stratify=labels[positions], random_state=seed
    )


def _sets(seed=0):
    rest, test = _cut(np.arange(len(cells()[0])), 0.25, seed)
    return *_cut(rest, 0.2, seed), test


def _classifier(name, weights=None):
    logistic = LogisticRegression(C=0.03, max_iter=1000, class_weight=weights)
    models = {
        "logistic regression": logistic,
        "ridge": RidgeClassifier(1000, class_weight=weights),
        "SVM": SVC(class_weight=weights),
        "3-NN": KNeighborsClassifier(3),
    }
    return make_pipeline(StandardScaler(), models[name])


def quarter_turn():
    """The classifier; the layer; which cells train. Many more means 20 points more;
    taught, at most 10 points more than on upright cells."""
    for name, settings in one_at_a_time(
        classifier=("logistic regression", "ridge", "SVM"),
        layer=("block15", "block11", "avg_pool"),
        seed=(0, 1, 2),
    ):
        yield name, partial(_turned_alarms, **settings)


def _turned_alarms(classifier, layer, seed):
    labels, upright = cells()[0], table(layer, SIDE)
    train, validation, _ = _sets(seed)
    again, shown = train[:400], _cut(validation, 100)[1]
    sound = shown[labels[shown] == 0]
    turned = _quarter(layer, np.append(again, sound))
    if classifier == "logistic regression":
        model = _chosen(upright, train, validation)
    else:
        model = _classifier(classifier).fit(upright[train], labels[train])
    known = np.mean(model.predict(upright[sound]))
    before = np.mean(model.predict(turned[len(again) :]))
    both = np.vstack([upright[train], turned[: len(again)]])
    model = _classifier(classifier).fit(both, labels[np.append(train, again)])
    after = np.mean(model.predict(turned[len(again) :]))
    words = f"called defective: upright {known:.2f}, turned {before:.2f}"
    holds = before > known + 0.2 and after < known + 0.1
    return Row(f"{words}, turned and taught {after:.2f}", bool(holds))


def _quarter(layer, positions):
    with alone():
        return _quarter_kept(layer, positions)


@remembered
def _quarter_kept(layer, positions):
    from utils import backbones, datasets
    from utils.features import extract

    images = np.rot90(datasets.load("solar_cells").images[positions], 1, (1, 2))
    return extract(backbones.load(image_size=SIDE), images, layer)[layer]


@needs(gigabytes=2.5)
def training_mode():
    """The size of the batch; the size of the images; which cells are judged; the
    layer; the measure. Worse means by three points or more."""
    for name, settings in one_at_a_time(
        batch=(32, 16, 64),
        side=(80, 64, 96),
        seed=(0, 1),
        layer=("block15", "block11"),
        measure=("AUC", "balanced accuracy", "accuracy"),
    ):
        yield name, partial(_wrong_mode, **settings)


def _wrong_mode(batch, side, seed, layer, measure):
    right, wrong = (
        _in_mode(training, batch, side, seed, layer)[measure]
        for training in (False, True)
    )
    words = f"{measure} at inference {right:.3f}, in training mode {wrong:.3f}"
    return Row(words, bool(wrong < right - 0.03))


@remembered
def _in_mode(training, batch, side, seed, layer):
    import keras

    from utils import backbones, datasets
    from utils.features import extract, resize

    labels, images = cells()[0], datasets.load("solar_cells").images
    train, validation, _ = _sets(seed)
    some, judges = train[:192], validation[:160]
    judges = np.random.default_rng(seed).permutation(judges)
    backbone = backbones.load(image_size=side)
    rows = extract(backbone, images[some], layer)[layer]
    head = _classifier("logistic regression").fit(rows, labels[some])
    body = keras.Model(backbone.model.input, backbone.model.get_layer(layer).output)
    x = backbone.preprocess(resize(images[judges], side))
    parts = np.array_split(x, -(-len(x) // batch))
    maps = [np.asarray(body(part, training=training)) for part in parts]
    found = np.concatenate([part.mean(axis=(1, 2)) for part in maps])
    said, truth = head.predict(found), labels[judges]
    return {
        "AUC": roc_auc_score(truth, head.decision_function(found)),
        "balanced accuracy": balanced_accuracy_score(truth, said),
        "accuracy": np.mean(said == truth),
    }


# Fine-tuning the last block on kept maps, as the notebook does it


@lru_cache(maxsize=1)
def _kept():
    """Maps of block14, `(turn, image, row, column, channel)`, and what is trained."""
    import keras

    from utils import backbones, datasets
    from utils.features import extract

    images, backbone = (
        datasets.load("solar_cells").images,
        backbones.load(image_size=SIDE),
    )
    turns = images, images[:, :, ::-1], images[:, ::-1], images[:, ::-1, ::-1]
    with alone():
        maps = [extract(backbone, x, "block14", pooling=None)["block14"] for x in turns]
    layer = backbone.model.get_layer
    return maps, keras.Model(layer("block14").output, layer("block15").output)


def _built():
    import keras
    from keras import layers

    _, upper = _kept()
    twin = keras.models.clone_model(upper)
    twin.set_weights(upper.get_weights())
    for layer in twin.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.trainable = False
    pooled = layers.GlobalAveragePooling2D()(twin.output)
    return keras.Model(twin.input, layers.Dense(2, activation="softmax")(pooled))


def _chosen(rows, learn, choose, classifier="logistic regression"):
    """A classifier whose C has the lowest validation loss, or highest AUC (SVM)."""
    labels, fits, losses = cells()[0], [], []
    if classifier == "SVM":
        models = [SVC(C=c) for c in np.logspace(-1, 2, 4)]
    else:
        models = [LogisticRegression(C=c, max_iter=1000) for c in np.logspace(-4, 0, 5)]
    for model in models:
        fit = make_pipeline(StandardScaler(), model).fit(rows[learn], labels[learn])
        if classifier == "SVM":
            sure = fit.decision_function(rows[choose])
            losses.append(-roc_auc_score(labels[choose], sure))
        else:
            losses.append(log_loss(labels[choose], fit.predict_proba(rows[choose])))
        fits.append(fit)
    return fits[int(np.argmin(losses))]


def _tuned(learn, choose, rate=1e-3, epochs=3, seed=0, batch=32, turns=2):
    """(validation losses, the model at its best moment)."""
    import keras

    labels, (maps, _) = cells()[0], _kept()
    keras.utils.set_random_seed(seed)
    model = _built()
    scale, head = _chosen(table("block15", SIDE), learn, choose)
    kernel = (np.vstack([-head.coef_, head.coef_]) / 2 / scale.scale_).T
    bias = np.append(-head.intercept_, head.intercept_) / 2 - scale.mean_ @ kernel
    model.layers[-1].set_weights([kernel, bias])
    optimizer = keras.optimizers.AdamW(
        rate, weight_decay=0.004, use_ema=True, ema_momentum=0.95
    )
    model.compile(optimizer, "sparse_categorical_crossentropy")
    held, rng = (maps[0][choose], labels[choose]), np.random.default_rng(seed)
    first = model.evaluate(*held, verbose=0, return_dict=True)["loss"]
    begin = model.get_weights()
    steps = epochs * -(-len(learn) // batch)

    def walk(number, logs):
        done = int(optimizer.iterations)
        falling = 0.5 + 0.5 * np.cos(np.pi * (done - 0.2 * steps) / (0.8 * steps))
        now = done / (0.2 * steps) if done <= 0.2 * steps else falling
        optimizer.learning_rate.assign(rate * now)

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return -(-len(learn) // batch)

        def __getitem__(self, number):
            if number == 0:
                self.order = rng.permutation(learn)
                self.turn = rng.integers(turns, size=len(learn))
            part = slice(batch * number, batch * number + batch)
            pairs = zip(self.turn[part], self.order[part])
            return np.stack([maps[t][i] for t, i in pairs]), labels[self.order[part]]

    calls = [
        keras.callbacks.LambdaCallback(on_train_batch_begin=walk),
        keras.callbacks.SwapEMAWeights(swap_on_epoch=True),
        keras.callbacks.EarlyStopping(patience=epochs, restore_best_weights=True),
    ]
    batches = Batches()
    batches[0]
    done = model.fit(
        batches,
        epochs=epochs,
        validation_data=held,
        callbacks=calls,
        shuffle=False,
        verbose=0,
    )
    losses = [first, *done.history["val_loss"]]
    if first == min(losses):
        model.set_weights(begin)
    return losses, model


def _teams(split=0):
    """(disjoint shares of the labels, the test cells)."""
    rest, test = _cut(np.arange(len(cells()[0])), 0.25, split)
    return [rest[mine] for _, mine in stratified_folds(cells()[0][rest])], test


@needs(gigabytes=2.5)
def too_fast():
    """Which team's cells; how many labels; the order of the batches; their size; the
    versions of a cell; how many epochs. Up means by 0.05 or more at its worst; where
    it was, within 0.02."""
    for name, settings in one_at_a_time(
        team=(0, 1, 2),
        labels=(394, 200),
        seed=(0, 1),
        batch=(32, 16),
        turns=(2, 4, 1),
        epochs=(3, 6),
    ):
        yield name, partial(_fast_and_slow, **settings)


def _fast_and_slow(team, labels, **settings):
    fast = _walked(team, labels, rate=1e-2, **settings)
    slow = _walked(team, labels, rate=1e-5, **settings)
    words = f"start {fast[0]:.2f}, at most {max(fast):.2f} with 0.01"
    holds = max(fast) > fast[0] + 0.05 and abs(slow[-1] - slow[0]) < 0.02
    return Row(f"{words}, {slow[-1]:.2f} at last with 0.00001", bool(holds))


@remembered
def _walked(team, size, **settings):
    mine = _teams()[0][team]
    mine = mine if size >= len(mine) else _cut(mine, size)[1]
    return _tuned(*_cut(mine, 0.2), **settings)[0]


@needs(gigabytes=2.5)
def no_better():
    """The rate; the frozen side's classifier and layers; the number of epochs; the
    order; the versions of a cell; another set of test cells; a smaller budget. Better
    would mean that the 95 % interval over the five teams lies above zero."""
    for name, settings in one_at_a_time(
        rate=(1e-3, 3e-4, 3e-3),
        classifier=("logistic regression", "SVM"),
        layers=("block11 + block15", "block15", "block12"),
        epochs=(3, 6),
        seed=(0, 1),
        turns=(2, 4, 1),
        split=(0, 1),
        labels=(394, 200),
    ):
        yield name, partial(_five_teams, **settings)


def _five_teams(classifier, layers, split, labels, **settings):
    network = np.array([_area(k, split, labels, **settings) for k in range(5)])
    features = np.array(
        [_frozen_area(k, split, labels, classifier, layers) for k in range(5)]
    )
    gap, test = network - features, ttest_1samp(network - features, 0)
    lead = Paired(gap.mean(), *test.confidence_interval())
    words = f"AUC fine-tuned {network.mean():.3f}, frozen {features.mean():.3f}"
    return Row(f"{words}: {lead}, p = {test.pvalue:.2f}", not lead.above)


def _share(team, split, size):
    teams, test = _teams(split)
    mine = teams[team]
    mine = mine if size >= len(mine) else _cut(mine, size, team)[1]
    return *_cut(mine, 0.2), test


@remembered
def _area(team, split, size, **settings):
    learn, choose, test = _share(team, split, size)
    _, model = _tuned(learn, choose, **settings)
    said = model.predict(_kept()[0][0][test], verbose=0)[:, 1]
    return roc_auc_score(cells()[0][test], said)


@remembered
def _frozen_area(team, split, size, classifier, layers):
    learn, choose, test = _share(team, split, size)
    rows = table(layers, SIDE)
    sure = _chosen(rows, learn, choose, classifier).decision_function(rows[test])
    return roc_auc_score(cells()[0][test], sure)


@needs(gigabytes=2.5)
def turning_loss():
    """Which hundred cells; the size of a batch; how many epochs. Turns means that it
    ends a tenth above its lowest point or more."""
    for name, settings in one_at_a_time(
        seed=(0, 1, 2), batch=(32, 16), epochs=(14, 20)
    ):
        yield name, partial(_without_restraint, rate=1e-3, **settings)


def _without_restraint(seed, rate, batch, epochs):
    held_out, training = _unrestrained(seed, rate, batch, epochs)
    words = (
        f"validation loss {min(held_out):.2f} at its lowest, {held_out[-1]:.2f} at last"
    )
    falls = training[-1] < training[len(training) // 2]
    words = f"{words}; training {training[0]:.2f} to {training[-1]:.2f}"
    return Row(words, bool(falls and held_out[-1] > 1.1 * min(held_out)))


@remembered
def _unrestrained(seed, rate, batch, epochs):
    import keras

    labels, (maps, _) = cells()[0], _kept()
    train, validation, _ = _sets()
    few, some = _cut(train, 100, seed)[1], validation[::4]
    keras.utils.set_random_seed(seed)
    model = _built()
    output = model.layers[-1]
    output.set_weights([np.zeros(w.shape) for w in output.weights])
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    held = maps[0][some], labels[some]
    settings = {"batch_size": batch, "epochs": epochs, "verbose": 0}
    done = model.fit(maps[0][few], labels[few], validation_data=held, **settings)
    return done.history["val_loss"], done.history["loss"]


@needs(gigabytes=2.5)
def new_modules():
    """The side; the classifier and the layers of the frozen one; the rate of the other;
    the deal of the modules. Lose means by a point of AUC or more, on average over
    three folds."""
    for name, settings in one_at_a_time(
        side=("frozen", "fine-tuned"),
        layers=("block11 + block15", "block15"),
        classifier=("logistic regression", "SVM"),
        seed=(0, 1, 2),
    ):
        yield name, partial(_known_and_new, **settings)
    settings = {"layers": "", "classifier": "", "seed": 1}
    yield "fine-tuned, seed: 1", partial(_known_and_new, "fine-tuned", **settings)


def _known_and_new(side, layers, classifier, seed):
    if side == "fine-tuned":
        known = [
            _area(k, 0, 394, rate=1e-3, epochs=3, seed=0, turns=2) for k in range(5)
        ]
        new = [_new_area(k, seed, "", "") for k in range(3)]
    else:
        known = [_frozen_area(k, 0, 394, classifier, layers) for k in range(5)]
        new = [_new_area(k, seed, classifier, layers) for k in range(3)]
    known, new = np.mean(known), np.mean(new)
    words = f"AUC on known modules {known:.3f}, on new ones {new:.3f}"
    return Row(words, bool(new < known - 0.01))


@remembered
def _new_area(fold, seed, classifier, layers):
    """AUC on a fold of new modules; without a classifier that of the fine-tuned one."""
    labels, _, module = cells()
    known, held_out = stratified_folds(labels, 3, seed, module)[fold]
    inner = stratified_folds(labels[known], 5, fold, module[known])[0]
    parts = [known[part] for part in inner]
    learn, choose = (_cut(p, n)[1] for p, n in zip(parts, (315, 79)))
    if classifier:
        rows = table(layers, SIDE)
        sure = _chosen(rows, learn, choose, classifier).decision_function(
            rows[held_out]
        )
    else:
        _, model = _tuned(learn, choose)
        sure = model.predict(_kept()[0][0][held_out], verbose=0)[:, 1]
    return roc_auc_score(labels[held_out], sure)


def rate_and_batch():
    """The order of the cells; how many epochs; the rate for 32 images; the layer.
    Hardly means less than half the spread of the same rate."""
    for name, settings in one_at_a_time(
        seed=(0, 1), epochs=(4, 8), rate=(0.01, 0.02), layer=("block15", "block11")
    ):
        yield name, partial(_spreads, **settings)


def _spreads(seed, epochs, rate, layer):
    train, labels = _sets()[0], cells()[0]
    rows = StandardScaler().fit_transform(table(layer, SIDE)[train])
    rows, onehot = np.c_[rows, np.ones(len(rows))], np.eye(2)[labels[train]]

    def descend(size, rate, seed):
        rng, speed, weights = (
            np.random.default_rng(seed),
            0,
            np.zeros((rows.shape[1], 2)),
        )
        for _ in range(epochs):
            losses, order = [], rng.permutation(len(rows))
            for part in np.split(order, range(size, len(rows), size)):
                scores = rows[part] @ weights
                said = np.exp(scores - scores.max(axis=1, keepdims=True))
                said /= said.sum(axis=1, keepdims=True)
                truth = np.sum(said * onehot[part], axis=1)
                losses.append(-np.mean(np.log(truth + 1e-12)))
                gradient = rows[part].T @ (said - onehot[part]) / len(part)
                speed = 0.9 * speed - rate * gradient
                weights = weights + speed
        return np.mean(losses)

    orders, sizes = range(5 * seed, 5 * seed + 5), (8, 32, 128)
    same, scaled = (
        [np.mean([descend(n, f(n), order) for order in orders]) for n in sizes]
        for f in (lambda n: rate, lambda n: rate * n / 32)
    )
    words = f"the same rate {np.ptp(same):.3f} apart, a scaled one {np.ptp(scaled):.3f}"
    return Row(words, bool(np.ptp(scaled) < np.ptp(same) / 2))


def mono_only():
    """The classifier; the layer; which cells train and judge; the measure. Better means
    by three points or more on poly cells."""
    for name, settings in one_at_a_time(
        classifier=("logistic regression", "ridge", "SVM", "3-NN"),
        layer=("block11", "block15", "avg_pool"),
        seed=(0, 1, 2),
        measure=("balanced accuracy", "AUC"),
    ):
        yield name, partial(_on_poly, **settings)


def _on_poly(classifier, layer, seed, measure):
    labels, poly, _ = cells()
    rows, (train, validation, _) = table(layer, SIDE), _sets(seed)
    judges, mono = validation[poly[validation] == 1], train[poly[train] == 0]
    mixed = np.random.default_rng(seed).permutation(train)[: len(mono)]
    scores, weights = [], None if classifier == "3-NN" else "balanced"
    for some in (mono, mixed):
        model = _classifier(classifier, weights).fit(rows[some], labels[some])
        if measure == "AUC":
            sure = model.decision_function(rows[judges])
            scores.append(roc_auc_score(labels[judges], sure))
        else:
            said = model.predict(rows[judges])
            scores.append(balanced_accuracy_score(labels[judges], said))
    words = f"{measure} on poly cells: mono labels {scores[0]:.3f}, of both kinds"
    return Row(f"{words} {scores[1]:.3f}", bool(scores[1] > scores[0] + 0.03))
