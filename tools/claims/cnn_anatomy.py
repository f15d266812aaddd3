"""Claims of 02_CNNAnatomy: weight sharing, pooling, starts, what layers hold."""

from functools import cache, partial

import numpy as np

from claims import Row, needs, one_at_a_time, paired

NOTEBOOK = "02_CNNAnatomy"

DRAWS = 5  # of channels
PENALTIES = np.logspace(-6, 4, 21)


def start_keeps_size():
    """The images, the number of filters, the kernel, the border, the draws, and whether
    activations or gradients are compared. The stack has eight layers of ReLUs; of the
    variances 1/n, 2/n and 4/n, the second changes sizes least, on average over five
    draws of the weights: single draws differ."""
    for name, settings in one_at_a_time(
        images=("digits", "clothes", "noise"),
        filters=(32, 48),
        kernel=(3, 5),
        border=("zeros", "none"),
        seed=(0, 5),
        compared=("activations", "gradients"),
    ):
        yield name, partial(_start_keeps_size, **settings)


def _start_keeps_size(compared, seed, **settings):
    ratios = {}
    for start in (1, 2, 4):  # the variance times n
        logs = []
        for draw in range(seed, seed + 5):
            activations, gradients = _sizes_by_layer(start, seed=draw, **settings)
            sizes = activations if compared == "activations" else gradients[::-1]
            logs.append(np.log(sizes[-1] / sizes[0]))
        ratios[start] = np.exp(np.mean(logs))
    words = ", ".join(f"{start}/n × {ratio:.2g}" for start, ratio in ratios.items())
    change = {start: abs(np.log(ratio)) for start, ratio in ratios.items()}
    least = change[2] < min(change[1], change[4]) and ratios[1] < 0.3 and ratios[4] > 3
    return Row(f"from end to end of the stack: {words}", bool(least))


def _sizes_by_layer(start, images, filters, kernel, border, seed):
    """Root mean squares of activations and of their gradients, layer by layer."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    pictures, labels, _, _ = _data(images if images != "noise" else "digits")
    x, y = pictures[:20], labels[:20]
    if images == "noise":
        x = np.random.default_rng(seed).normal(size=x.shape).astype(np.float32)
    if border == "none":
        x = np.pad(x, [(0, 0), (8, 8), (8, 8), (0, 0)], mode="wrap")
    kind = keras.initializers.VarianceScaling(start, "fan_in", "normal")
    padding = "same" if border == "zeros" else "valid"
    stack = [
        keras.layers.Conv2D(filters, kernel, padding=padding, kernel_initializer=kind)
        for _ in range(8)
    ]
    pool, top = keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(10)
    maps = []
    with tf.GradientTape() as tape:
        for layer in stack:
            x = tf.nn.relu(layer(x))
            tape.watch(x)
            maps.append(x)
        loss = keras.losses.sparse_categorical_crossentropy(
            y, top(pool(x)), from_logits=True
        )
    slopes = tape.gradient(loss, maps)
    return [
        [float(tf.sqrt(tf.reduce_mean(table**2))) for table in tables]
        for tables in (maps, slopes)
    ]


def dead_for_good():
    """The optimizer, the learning rate, the seed, the number of steps. A unit of the
    first layer that is dead stays dead; of the second layer's some come back."""
    for name, settings in one_at_a_time(
        optimizer=("Adam", "SGD"), rate=(0.01, 0.003), seed=(0, 1, 2), steps=(200, 600)
    ):
        yield name, partial(_dead_for_good, **settings)


def _dead_for_good(optimizer, rate, seed, steps):
    import keras

    rate = 10 * rate if optimizer == "SGD" else rate
    alive = {}
    for place in (0, 1):
        keras.utils.set_random_seed(seed)
        X, y, _, _ = _data("digits")
        first, second = (keras.layers.Conv2D(8, 5, activation="relu") for _ in "12")
        net = keras.Sequential([
            keras.Input((28, 28, 1)), first, keras.layers.MaxPooling2D(2), second,
            keras.layers.GlobalMaxPooling2D(), keras.layers.Dense(10, "softmax"),
        ])  # fmt: skip
        layer = (first, second)[place]
        until = keras.Model(net.inputs[0], layer.output)
        reach = np.asarray(until(X[:1000])).max(axis=(0, 1, 2))[:4]
        bias = layer.bias.numpy()
        bias[:4] -= reach + 0.02  # four of eight are dead, by a little
        layer.bias.assign(bias)
        dead = np.asarray(until(X[:1000])).max(axis=(0, 1, 2))[:4]
        kind = getattr(keras.optimizers, optimizer)(rate)
        net.compile(kind, "sparse_categorical_crossentropy")
        net.fit(X[:1000], y[:1000], batch_size=50, epochs=steps // 20, verbose=0)
        back = np.asarray(until(X[:1000])).max(axis=(0, 1, 2))[:4] > 0
        alive[place] = int(back.sum()), int((dead == 0).sum())
    (one, dead_one), (two, dead_two) = alive[0], alive[1]
    words = f"came back: {one} of {dead_one} in the first layer, {two} of {dead_two}"
    return Row(f"{words} in the second", one == 0 and dead_one == 4 and two > 0)


def sobel_found():
    """The start, how many examples, the optimizer, and which kernel is wanted: a filter
    is found to a hundredth."""
    for name, settings in one_at_a_time(
        seed=(0, 1, 2),
        examples=(16, 4),
        optimizer=("Adam", "SGD"),
        wanted=("Sobel", "turned", "random"),
    ):
        yield name, partial(_sobel_found, **settings)


def _sobel_found(seed, examples, optimizer, wanted):
    import keras

    keras.utils.set_random_seed(seed)
    kernel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float32)
    if wanted == "turned":
        kernel = kernel.T.copy()
    if wanted == "random":
        kernel = np.random.default_rng(seed).normal(size=(3, 3)).astype(np.float32)
    images = np.tile(_data("digits")[0][:examples], (100, 1, 1, 1))
    answers = keras.ops.conv(images, kernel[:, :, None, None])
    net = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(1, 3)])
    kind = (
        keras.optimizers.Adam(0.1) if optimizer == "Adam" else keras.optimizers.SGD(0.3)
    )
    net.compile(kind, "mse")
    epochs = 3 if optimizer == "Adam" else 25
    net.fit(
        images, answers, batch_size=examples, shuffle=False, epochs=epochs, verbose=0
    )
    miss = abs(net.layers[0].kernel.numpy()[:, :, 0, 0] - kernel).max()
    return Row(f"largest miss of a weight {miss:.1g}", bool(miss < 0.01))


def lenet_leads():
    """The learning rate, tuned for each of the two on digits held back; the rival's
    width, and dropout in it; the epochs; how many digits train. Ahead means that the
    worst of two LeNets beats the better of two rivals on new digits."""
    for name, settings in one_at_a_time(
        rate=("as it is", "tuned for each"),
        rival=("80 + 80", "300 + 100", "with dropout"),
        epochs=(7, 20),
        digits=(4000, 1000),
    ):
        yield name, partial(_lenet_leads, **settings)


def _lenet_leads(rate, rival, epochs, digits):
    X, y, X_test, y_test = _data("digits")
    X, y = X[:digits], y[:digits]
    scores = {}
    for name in ("LeNet", rival):
        best = _best_rate(name, X, y, epochs) if rate == "tuned for each" else 4e-3
        nets = [_fitted(name, X, y, seed, epochs, best) for seed in (0, 1)]
        scores[name] = [_share_right(net, X_test, y_test) for net in nets]
    lenet, dense = scores["LeNet"], scores[rival]
    words = f"LeNet {np.mean(lenet):.3f}, dense network {np.mean(dense):.3f}"
    return Row(words, min(lenet) > max(dense))


def shuffled_pixels():
    """The shuffle, the learning rate, the epochs, the seed, the images: on shuffled
    pixels LeNet is not ahead of the dense network, but behind it."""
    for name, settings in one_at_a_time(
        shuffle=(0, 1),
        rate=(4e-3, 1e-3),
        epochs=(7, 20),
        seed=(0, 1),
        images=("digits", "clothes"),
    ):
        yield name, partial(_shuffled_pixels, **settings)


def _shuffled_pixels(shuffle, rate, epochs, seed, images):
    X, y, X_test, y_test = _data(images)
    order = np.random.default_rng(shuffle).permutation(784)
    X, X_test = (x.reshape(-1, 784)[:, order].reshape(x.shape) for x in (X, X_test))
    lenet, dense = (
        _share_right(_fitted(name, X, y, seed, epochs, rate), X_test, y_test)
        for name in ("LeNet", "80 + 80")
    )
    return Row(f"LeNet {lenet:.3f}, dense network {dense:.3f}", lenet < dense)


def shifted_digits():
    """Where to and how far the digits are moved, dropout in the dense network, the
    seed, and strides instead of LeNet's poolings."""
    for name, settings in one_at_a_time(
        direction=("right", "left", "down"),
        pixels=(3, 2),
        rival=("80 + 80", "with dropout"),
        network=("LeNet", "strides"),
        seed=(0, 1),
    ):
        yield name, partial(_shifted_digits, **settings)


def _shifted_digits(direction, pixels, rival, network, seed):
    X, y, X_test, y_test = _data("digits")
    way = -pixels if direction == "left" else pixels
    moved = np.roll(X_test, way, axis=1 if direction == "down" else 2)
    lenet, dense = (
        _share_right(_fitted(name, X, y, seed), moved, y_test)
        for name in (network, rival)
    )
    words = f"moved: LeNet {lenet:.2f}, dense network {dense:.2f}"
    return Row(words, lenet > dense + 0.05)


def pooling_gap():
    """How many digits train, the epochs, the filters, the images: 4 × 4 pooling makes
    the gap between training and new images smaller. Three seeds each."""
    for name, settings in one_at_a_time(
        images=("digits", "clothes"), train=(500, 250, 1000), epochs=(40, 12),
        filters=(8, 16),
    ):  # fmt: skip
        yield name, partial(_pooling_gap, **settings)


def _pooling_gap(images, train, epochs, filters):
    X, y, X_test, y_test = _data(images)
    X, y = X[:train], y[:train]
    told, gaps = [], {}
    for size in (0, 4):
        pairs = []
        for seed in range(3):
            net = _tiny(size, filters, X, y, epochs, seed)
            pairs.append((_share_right(net, X, y), _share_right(net, X_test, y_test)))
        learned, new = np.mean(pairs, axis=0)
        gaps[size] = learned - new
        kind = f"{size} × {size}" if size else "no pooling"
        told.append(f"{kind}: {learned:.3f} and {new:.3f}")
    return Row("training and new images, " + ", ".join(told), gaps[4] < gaps[0])


def modern_leads():
    """The seed, the epochs, dropout taken from the net with small filters or given to
    LeNet, the learning rate: judged on 2,000 clothes held back from training. Ahead
    means the mean of two seeds."""
    for name, settings in one_at_a_time(
        seeds=((0, 1), (2, 3)),
        epochs=(7, 14),
        dropout=("as it is", "none", "in both"),
        rate=(4e-3, 2e-3),
    ):
        yield name, partial(_modern_leads, **settings)


def _modern_leads(seeds, epochs, dropout, rate):
    X, y, _, _ = _data("clothes")
    X, y, X_held, y_held = X[:4000], y[:4000], X[8000:], y[8000:]
    names = {
        "as it is": ("LeNet", "modern"),
        "none": ("LeNet", "modern without dropout"),
        "in both": ("LeNet with dropout", "modern"),
    }[dropout]
    means = []
    for name in names:
        nets = [_fitted(name, X, y, seed, epochs, rate) for seed in seeds]
        means.append(np.mean([_share_right(net, X_held, y_held) for net in nets]))
    lenet, modern = means
    return Row(f"LeNet {lenet:.3f}, small filters {modern:.3f}", modern > lenet)


@needs(gigabytes=2.5)
def color_fades():
    """How columns are scaled, the penalty always chosen on the training folds; the same
    number of channels for all layers, drawn or as principal components; the garments,
    their colors and places; the size of the input. From the first layer on, each
    checked layer tells less of the mean color."""
    for name, settings in one_at_a_time(
        scaling=("none", "each column"),
        channels=("all", "24 drawn", "24 components"),
        seed=(0, 1),
        side=(96, 128),
    ):
        yield name, partial(_color_fades, **settings)


def _color_fades(scaling, channels, seed, side):
    layers = ["stem", "block5", "block11", "avg_pool"]
    scores = [
        _probed(layer, "color", scaling, channels, seed, side).mean()
        for layer in layers
    ]
    words = ", ".join(f"{n} {s:.2f}" for n, s in zip(layers, scores))
    return Row(f"R²: {words}", bool(np.all(np.diff(scores) < 0)))


@needs(gigabytes=2.5)
def class_comes_later():
    """The linear probe: ridge or logistic regression, tuned on the training folds; the
    layer, the garments and their colors, the size of the input. The later middle is
    ahead of block 3 by five points or more. (For k-NN, which is no linear probe, the
    two are level.)"""
    for name, settings in one_at_a_time(
        probe=("class", "logistic"),
        layer=("block11", "block8", "block15"),
        seed=(0, 1),
        side=(96, 128),
    ):
        yield name, partial(_class_comes_later, **settings)


def _class_comes_later(probe, layer, seed, side):
    late, early = (
        _probed(name, probe, "none", "all", seed, side) for name in (layer, "block3")
    )
    lead = paired(late, early)
    words = f"{layer} {late.mean():.3f}, block3 {early.mean():.3f}: {lead}"
    return Row(words, lead.above and lead.mean > 0.05)


@needs(gigabytes=2.5)
def number_of_channels():
    """The garments, the later layer, the size of the input. 24 channels drawn at random
    put the later layer ahead of block 3 by three points at most; 24 principal
    components by more, with an interval above zero (with 20 it has zero inside). Three
    times five folds."""
    for name, settings in one_at_a_time(
        layer=("block11", "block8", "block15"), seed=(0, 1), side=(96, 128)
    ):
        yield name, partial(_number_of_channels, **settings)


def _number_of_channels(layer, seed, side, number=24):
    leads = {}
    for kind in ("drawn", "components"):
        given = f"{number} {kind}"
        late, early = (_repeated(name, given, seed, side) for name in (layer, "block3"))
        leads[kind] = paired(late, early)
    words = f"{layer} over block3: {number} channels {leads['drawn']}, "
    words += f"{number} directions {leads['components']}"
    holds = leads["drawn"].mean < min(0.03, leads["components"].mean)
    return Row(words, bool(holds and leads["components"].above))


@needs(gigabytes=2.5)
def features_on_garments():
    """The probe, the layer, the garments, the size of the raw pixels: frozen features
    of photographs are ahead of raw pixels by ten points or more."""
    for name, settings in one_at_a_time(
        probe=("class", "logistic", "neighbors"),
        layer=("block15", "block8", "avg_pool"),
        pixels=(28, 56),
        seed=(0, 1),
    ):
        yield name, partial(_features_on_garments, **settings)


def _features_on_garments(probe, layer, pixels, seed):
    if probe == "logistic":
        pixels = min(pixels, 28)
    deep, raw = (
        _probed(name, probe, "none", "all", seed, 96)
        for name in (layer, f"pixels {pixels}")
    )
    lead = paired(deep, raw)
    words = f"{layer} {deep.mean():.3f}, pixels {raw.mean():.3f}: {lead}"
    return Row(words, lead.above and lead.mean > 0.1)


@needs(gigabytes=2.5)
def first_filters():
    """Above which share of its weights a filter counts as one that compares or as gray:
    a third to two thirds of the live ones compare, and most are colored."""
    for name, settings in one_at_a_time(compare=(0.9, 0.85, 0.95), gray=(0.9, 0.8)):
        yield name, partial(_first_filters, **settings)


def _first_filters(compare, gray):
    from utils import backbones

    backbone = backbones.load(image_size=96)
    first = backbone.model.get_layer("stem_conv").kernel.numpy()
    sizes = np.linalg.norm(first.reshape(-1, 32), axis=0)
    alive = sizes > 1e-3
    varied = (first - first.mean(axis=(0, 1))).reshape(-1, 32)
    edges = np.linalg.norm(varied, axis=0)[alive] / sizes[alive] > compare
    agreeing = np.linalg.norm(first.mean(axis=2).reshape(-1, 32), axis=0)
    grays = np.sqrt(3) * agreeing[alive] / sizes[alive] > gray
    words = f"{edges.sum()} of {alive.sum()} compare, {(~grays).sum()} are colored"
    return Row(words, bool(1 / 3 < edges.mean() < 2 / 3 and grays.mean() < 0.5))


@needs(gigabytes=2.5)
def climb_ends_above():
    """The class that is climbed, the noise to start from, how small the first steps
    are: the logit ends above that of the photograph's best class. (Whether it rises in
    each of the first five steps depends on the class.)"""
    for name, settings in one_at_a_time(
        goal=("ladybug", "daisy", "teapot"), noise=(0, 1), first_step=(5e-4, 2.5e-4)
    ):
        yield name, partial(_climb_ends_above, **settings)


def _climb_ends_above(goal, noise, first_step):
    import keras
    import skimage
    import tensorflow as tf

    from utils import backbones
    from utils.features import resize

    net = backbones.load(image_size=96)
    names, model = net.class_names, net.model
    label = names.index(goal)
    top = model.get_layer("predictions")
    pooled = keras.Model(model.inputs[0], model.get_layer("avg_pool").output)

    @tf.function
    def climb(image, rate):
        with tf.GradientTape() as tape:
            tape.watch(image)
            logit = (pooled(image) @ top.kernel + top.bias)[0, label]
        slope = tape.gradient(logit, image)
        step = rate * slope / tf.math.reduce_std(slope)
        return tf.clip_by_value(image + step, -1.0, 1.0), logit

    start = np.random.default_rng(noise).normal(0, 0.05, (1, 96, 96, 3))
    image, heights = tf.constant(start.astype(np.float32)), []
    for step in range(60):
        rate = min(0.02, first_step * 1.15**step)
        image, logit = climb(image, tf.constant(rate, tf.float32))
        heights.append(float(logit))
    cat = resize(skimage.data.chelsea()[None, 30:254, 90:314], 96)
    real = float(np.max(pooled(net.preprocess(cat)) @ top.kernel + top.bias))
    rising = bool(np.all(np.diff(heights[:6]) > 0))
    words = f"rises from the start: {rising}; ends at {heights[-1]:.0f}, the cat at"
    return Row(f"{words} {real:.0f}", heights[-1] > real)


# What the claims share


@cache
def _data(images):
    """Training and test images from 0 to 1, and their labels; classes mixed."""
    from utils import datasets

    loaders = {"digits": datasets.mnist, "clothes": datasets.fashion_mnist}
    parts = []
    for part in ("train", "test"):
        data = loaders[images](part)
        order = np.random.default_rng(0).permutation(len(data))  # files are sorted
        parts += [data.images[order, ..., None] / np.float32(255), data.labels[order]]
    return parts


def _network(name):
    import keras
    from keras import layers

    relu = {"activation": "relu"}
    drop = [layers.Dropout(0.4)]
    end = layers.Dense(10, activation="softmax")
    if name in ("80 + 80", "300 + 100", "with dropout"):
        one, two = (300, 100) if name == "300 + 100" else (80, 80)
        inner = drop if name == "with dropout" else []
        body = [
            layers.Flatten(),
            layers.Dense(one, **relu),
            *inner,
            layers.Dense(two, **relu),
        ]
    elif name == "strides":
        body = [
            layers.Conv2D(6, 5, strides=2, padding="same", **relu),
            layers.Conv2D(16, 5, strides=2, **relu), layers.Flatten(),
            layers.Dense(120, **relu), layers.Dense(84, **relu),
        ]  # fmt: skip
    elif name.startswith("LeNet"):
        body = [
            layers.Conv2D(6, 5, padding="same", **relu), layers.MaxPooling2D(2),
            layers.Conv2D(16, 5, **relu), layers.MaxPooling2D(2), layers.Flatten(),
            *(drop if "dropout" in name else []),
            layers.Dense(120, **relu), layers.Dense(84, **relu),
        ]  # fmt: skip
    else:
        body = [
            layers.Conv2D(16, 3, padding="same", **relu), layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, padding="same", **relu), layers.MaxPooling2D(2),
            layers.Flatten(), *([] if "without" in name else drop),
            layers.Dense(32, **relu),
        ]  # fmt: skip
    return keras.Sequential([keras.Input((28, 28, 1)), *body, end])


def _fitted(name, X, y, seed=0, epochs=7, rate=4e-3):
    import keras

    keras.utils.set_random_seed(seed)
    net = _network(name)
    steps = epochs * -(-len(X) // 64)
    kind = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps))
    net.compile(kind, "sparse_categorical_crossentropy", steps_per_execution=8)
    net.fit(X, y, batch_size=64, epochs=epochs, verbose=0)
    return net


def _best_rate(name, X, y, epochs):
    """The learning rate that reads most of the last fifth of the training digits."""
    cut = len(X) * 4 // 5
    rates = (1e-3, 2e-3, 4e-3, 8e-3)
    held = [
        _share_right(_fitted(name, X[:cut], y[:cut], 0, epochs, rate), X[cut:], y[cut:])
        for rate in rates
    ]
    return rates[int(np.argmax(held))]


def _tiny(size, filters, X, y, epochs, seed):
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    shrink = [layers.MaxPooling2D(size)] if size else []
    net = keras.Sequential([
        keras.Input((28, 28, 1)), layers.Conv2D(filters, 5, activation="relu"),
        *shrink, layers.Flatten(), layers.Dense(10, activation="softmax"),
    ])  # fmt: skip
    net.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    net.fit(X, y, batch_size=50, epochs=epochs, verbose=0)
    return net


def _share_right(net, X, y):
    return float(np.mean(np.asarray(net(X, training=False)).argmax(axis=1) == y))


@cache
def _dyed(seed):
    """1,000 garments in random colors at random places, and their classes."""
    from utils import datasets

    data = datasets.fashion_mnist("train").sample(1000, seed=seed)
    rng = np.random.default_rng(seed)
    tints = rng.uniform(0.2, 1, (len(data), 3))
    corners = rng.integers(0, 29, (len(data), 2))
    canvas = np.zeros((len(data), 56, 56, 3), np.uint8)
    for target, image, tint, (i, j) in zip(canvas, data.images, tints, corners):
        target[i : i + 28, j : j + 28] = image[:, :, None] * tint
    return canvas, data.labels


def _table(layer, seed, side):
    """The columns that a layer gives for the dyed garments."""
    from claims import alone
    from utils import backbones
    from utils.features import extract, resize

    images, _ = _dyed(seed)
    if layer.startswith("pixels"):
        small = resize(images, int(layer.split()[1]))
        return small.reshape(len(images), -1) / 255
    names = ["stem", "block3", "block5", "block8", "block11", "block15", "avg_pool"]
    with alone():  # the first one fills the cache
        return extract(backbones.load(image_size=side), images, names)[layer]


@cache
def _probed(layer, probe, scaling, channels, seed, side):
    """Scores of a probe on five folds; its penalty or k is chosen on the other four."""
    from utils.evaluation import stratified_folds

    images, labels = _dyed(seed)
    target = images.mean(axis=(1, 2)) if probe == "color" else labels
    table = _table(layer, seed, side)
    scores = []
    for train, held in stratified_folds(labels, 5):
        drawn = []
        for columns in _columns(table[train], channels):
            model = _probe(probe, scaling).fit(columns(table[train]), target[train])
            drawn.append(model.score(columns(table[held]), target[held]))
        scores.append(np.mean(drawn))
    return np.array(scores)


def _repeated(layer, channels, seed, side):
    """Scores of the probe for the class on three times five folds."""
    from utils.evaluation import stratified_folds

    _, labels = _dyed(seed)
    table = _table(layer, seed, side)
    scores = []
    for cut in range(3):
        for train, held in stratified_folds(labels, 5, cut):
            drawn = []
            for columns in _columns(table[train], channels):
                model = _probe("class", "none")
                model.fit(columns(table[train]), labels[train])
                drawn.append(model.score(columns(table[held]), labels[held]))
            scores.append(np.mean(drawn))
    return np.array(scores)


def _columns(train, channels):
    """Functions that give a table's columns for a probe."""
    from sklearn.decomposition import PCA

    if channels == "all":
        return [lambda x: x]
    number = int(channels.split()[0])
    if channels.endswith("components"):
        return [PCA(min(number, train.shape[1]), random_state=0).fit(train).transform]
    draws = [
        np.random.default_rng(seed).permutation(train.shape[1])[:number]
        for seed in range(DRAWS)
    ]
    return [lambda x, chosen=chosen: x[:, chosen] for chosen in draws]


def _probe(probe, scaling):
    from sklearn.linear_model import LogisticRegression, RidgeClassifierCV, RidgeCV
    from sklearn.model_selection import GridSearchCV
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if probe == "neighbors":
        model = GridSearchCV(
            KNeighborsClassifier(), {"n_neighbors": (1, 3, 5, 9, 15, 25)}
        )
    elif probe == "logistic":
        model = GridSearchCV(
            make_pipeline(StandardScaler(), LogisticRegression(max_iter=300, tol=1e-2)),
            {"logisticregression__C": (1e-3, 1e-2, 0.1, 1)},
            cv=3,
        )
    else:
        model = {"color": RidgeCV, "class": RidgeClassifierCV}[probe](PENALTIES)
    if scaling == "each column":
        return make_pipeline(_Scaled(), model)
    return model


class _Scaled:
    """Each column to standard deviation 1; a narrow one is not blown up further."""

    def fit(self, rows, target=None):
        spread = rows.std(axis=0)
        self.mean, self.spread = (
            rows.mean(axis=0),
            np.maximum(spread, 0.2 * spread.max()),
        )
        return self

    def fit_transform(self, rows, target=None):
        return self.fit(rows).transform(rows)

    def transform(self, rows):
        return (rows - self.mean) / self.spread
