"""Claims of 12_DetectionSegmentation: trees from the air, and nuclei pixel by pixel."""

from functools import cache, partial

import numpy as np
from scipy.ndimage import gaussian_filter, maximum_filter

from claims import Row, needs, one_at_a_time
from claims.measuring import remembered

NOTEBOOK = "12_DetectionSegmentation"
TILE, STEP = 256, 8
SEEDS = 0, 1, 2


@needs(gigabytes=2.5)
def nms_helps():
    """The seed; the IoU from which a box is right; the limit; how long it trains."""
    for name, settings in one_at_a_time(
        seed=SEEDS, least=(0.4, 0.5, 0.3), limit=(0.3, 0.2, 0.45), epochs=(8, 4)
    ):
        yield name, partial(_with_and_without, **settings)


def _with_and_without(seed, least, limit, epochs):
    boxes, scores = _said(seed, epochs)
    truth = _photo("test").boxes
    raw = _average_precision(boxes, scores, truth, least)
    kept = _average_precision(*_suppressed(boxes, scores, limit), truth, least)
    return Row(f"AP {raw:.2f} with all boxes, {kept:.2f} after NMS", bool(kept > raw))


@needs(gigabytes=2.5)
def beats_bright_spots():
    """The seed; what the rival looks for; whether the test photograph chooses its
    smoothing; the IoU from which a box is right; how long the network trains."""
    for name, settings in one_at_a_time(
        seed=SEEDS,
        rival=("bright", "bright, chosen on the test photograph", "green"),
        least=(0.4, 0.3),
        epochs=(8, 4),
    ):
        yield name, partial(_network_and_rival, **settings)


def _network_and_rival(seed, rival, least, epochs):
    truth = _photo("test").boxes
    found = _suppressed(*_said(seed, epochs), 0.3)
    ours = _average_precision(*found, truth, least)
    theirs = _best_spots("test" if "test" in rival else "train", rival, least)
    words = f"network AP {ours:.2f}, spots {theirs:.2f}"
    return Row(words, bool(ours >= 2 * theirs))


def surroundings_help():
    """How wide the surroundings are; the IoU from which a box is right; which
    photograph chooses the smoothing."""
    for name, settings in one_at_a_time(
        wider=(2, 3, 4), least=(0.4, 0.3, 0.5), part=("train", "test")
    ):
        yield name, partial(_contrast_and_bright, **settings)


def _contrast_and_bright(wider, least, part):
    bright = _best_spots(part, "bright", least)
    contrast = _best_spots(part, "bright", least, wider)
    words = f"AP {contrast:.2f} beside their surroundings, {bright:.2f} as it is"
    return Row(words, bool(contrast > bright))


@needs(gigabytes=2.5)
def chosen_on_training():
    """Which third of the training photograph chooses; the seed; how long it trains;
    the IoU from which a box is right."""
    for name, settings in one_at_a_time(
        third=(2, 0, 1), seed=SEEDS, epochs=(8, 4), least=(0.4, 0.3)
    ):
        yield name, partial(_chosen_on, **settings)


def _chosen_on(third, seed, epochs, least):
    truth = _apart(boxes for _, boxes in list(_tiles())[_of_third(third)][::4])
    scores = {}
    for width in (16, 32, 64):
        said = _said(seed, epochs, width, third)
        for limit in (0.1, 0.2, 0.3, 0.4, 0.5):
            kept = _suppressed(*said, limit)
            scores[width, limit] = _average_precision(*kept, truth, least)
    best = max(scores, key=scores.get)
    chosen, ours = (
        _average_precision(
            *_suppressed(*_said(seed, epochs, width), limit),
            _photo("test").boxes,
            least,
        )
        for width, limit in (best, (32, 0.3))
    )
    words = f"chosen {best}: AP {chosen:.2f} on the test photograph, ours {ours:.2f}"
    return Row(words, bool(chosen >= ours - 0.05))


@needs(gigabytes=2)
def skips_level():
    """The seed; which half trains; filters; steps; the learning rate. The rival's width
    and threshold are chosen on the training half."""
    for name, settings in one_at_a_time(
        seed=SEEDS,
        half=("left", "right"),
        filters=(8, 16),
        steps=(150, 300),
        rate=(3e-3, 1e-3),
    ):
        yield name, partial(_around_and_not, **settings)


def _around_and_not(half, **settings):
    handed, plain = (_net(way, 0.8, half=half, **settings) for way in (True, False))
    theirs = _threshold("as it is", half)
    words = (
        f"Dice with {handed:.3f}, without {plain:.3f}, of the threshold {theirs:.3f}"
    )
    return Row(words, bool(abs(handed - plain) < 0.02 and min(handed, plain) > theirs))


@needs(gigabytes=2)
def beats_threshold():
    """The seed; which half trains; filters; steps; whether the background is subtracted
    before the threshold. Width and threshold are chosen on the training half."""
    for name, settings in one_at_a_time(
        seed=SEEDS,
        half=("left", "right"),
        filters=(8, 16),
        steps=(150, 300),
        background=("as it is", "subtracted"),
    ):
        yield name, partial(_net_and_threshold, **settings)


def _net_and_threshold(background, half, **settings):
    ours = _net(True, 0.8, rate=3e-3, half=half, **settings)
    theirs = _threshold(background, half)
    words = f"Dice of the U-Net {ours:.3f}, of the threshold {theirs:.3f}"
    return Row(words, bool(ours > theirs))


@needs(gigabytes=2)
def slow_statistics():
    """The seed; which half trains; filters; the learning rate; a few steps more."""
    for name, settings in one_at_a_time(
        seed=SEEDS,
        half=("left", "right"),
        filters=(8, 16),
        steps=(30, 50),
        rate=(3e-3, 1e-3),
    ):
        yield name, partial(_slow_and_quick, **settings)


def _slow_and_quick(**settings):
    slow, quick = (_net(True, share, **settings) for share in (0.99, 0.8))
    words = f"Dice with momentum 0.99 {slow:.3f}, with 0.8 {quick:.3f}"
    return Row(words, bool(slow < quick))


# Trees


@cache
def _photo(part):
    from utils.annotated import trees

    return trees(part)


def _side():
    boxes = _photo("train").boxes
    return float(np.median(np.sqrt((boxes[:, 2:] - boxes[:, :2]).prod(1))).round())


def _iou(first, second):
    first, second = np.asarray(first)[:, None], np.asarray(second)[None]
    low = np.maximum(first[..., :2], second[..., :2])
    high = np.minimum(first[..., 2:], second[..., 2:])
    shared = (high - low).clip(0).prod(-1)
    areas = [(boxes[..., 2:] - boxes[..., :2]).prod(-1) for boxes in (first, second)]
    return shared / (areas[0] + areas[1] - shared)


def _average_precision(boxes, scores, truth, least):
    table = _iou(boxes[np.argsort(-scores, kind="stable")], truth)
    right = np.zeros(len(boxes), bool)
    for place, row in enumerate(table):
        nearest = row.argmax()
        if row[nearest] >= least:
            right[place] = True
            table[:, nearest] = -1
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    return precision[right].sum() / len(truth)


def _suppressed(boxes, scores, limit):
    import tensorflow as tf

    rows = boxes[:, [1, 0, 3, 2]]
    kept = tf.image.non_max_suppression(rows, scores, 2000, limit).numpy()
    return boxes[kept], scores[kept]


def _best_spots(part, rival, least, wider=None):
    """AP of spots on the test photograph; `part` chooses the smoothing."""
    color, widths = rival.partition(",")[0], (2, 4, 6, 8, 12)
    tried = [
        _average_precision(
            *_spots(part, color, width, wider), _photo(part).boxes, least
        )
        for width in widths
    ]
    spots = _spots("test", color, widths[int(np.argmax(tried))], wider)
    return _average_precision(*spots, _photo("test").boxes, least)


def _spots(part, color, width, wider):
    image, side = _photo(part).image.astype(np.float32), _side()
    gray = image.mean(-1) if color == "bright" else image @ [-1, 2, -1]
    smooth = gaussian_filter(gray, width)
    if wider:
        smooth = smooth - gaussian_filter(gray, wider * width)
    y, x = np.nonzero(smooth == maximum_filter(smooth, int(side)))
    center = np.stack([x, y], 1) + 0.5
    return np.hstack([center - side / 2, center + side / 2]), smooth[y, x]


def _anchors(rows, columns):
    y, x = (np.mgrid[:rows, :columns] + 0.5) * STEP
    return np.stack([x, y, np.full(x.shape, _side())], -1).reshape(-1, 3)


def _tiles():
    photo = _photo("train")
    rows, columns, _ = photo.image.shape
    for top in range(0, rows - TILE + 1, TILE):
        for left in range(0, columns - TILE + 1, TILE):
            moved = photo.boxes - [left, top, left, top]
            cut = moved.clip(0, TILE)
            areas = [(boxes[:, 2:] - boxes[:, :2]).prod(1) for boxes in (cut, moved)]
            boxes = cut[areas[0] >= areas[1] / 2]
            image = photo.image[top : top + TILE, left : left + TILE]
            for times in range(4):
                yield np.rot90(image, times), boxes
                x_min, y_min, x_max, y_max = boxes.T
                boxes = np.stack([y_min, TILE - x_max, y_max, TILE - x_min], 1)


def _of_third(third):
    """Places in `_tiles()` of a third of the training photograph."""
    tiles = sum(1 for _ in _tiles())
    return slice(third * tiles // 3, (third + 1) * tiles // 3)


def _apart(boxes):
    """Boxes of several tiles in one array, so far apart that none meets another's."""
    return np.concatenate([b + 1000 * number for number, b in enumerate(boxes)])


def _answers(boxes):
    places = _anchors(TILE // STEP, TILE // STEP)
    if len(boxes) == 0:
        return np.zeros(len(places)), np.ones(len(places)), np.zeros((len(places), 4))
    half = places[:, 2:] / 2
    table = _iou(np.hstack([places[:, :2] - half, places[:, :2] + half]), boxes)
    best, nearest = table.argmax(1), table.argmax(0)
    best[nearest] = np.arange(len(boxes))
    tree = table.max(1) >= 0.5
    tree[nearest] = True
    mine, side = boxes[best], places[:, 2:]
    shift = ((mine[:, :2] + mine[:, 2:]) / 2 - places[:, :2]) / side
    factors = np.log((mine[:, 2:] - mine[:, :2]) / side)
    return tree, tree | (table.max(1) < 0.4), np.hstack([shift, factors])


@remembered
def _maps(part):
    from utils.backbones import load
    from utils.features import extract

    if part == "train":
        images = np.stack([image for image, _ in _tiles()])
    else:
        images = _photo("test").image[None]
    backbone = load("EfficientNetLite0", images.shape[1])
    found = extract(backbone, images, ("block5", "block11"), pooling=None, cache=False)
    coarse = found["block11"].repeat(2, 1).repeat(2, 2)
    return np.concatenate([found["block5"], coarse], -1)


@remembered
def _said(seed, epochs, width=32, third=None):
    """All boxes with a score above 0.05, and their scores.

    On the test photograph; or on a third of the training photograph, if the rest of it
    is to teach.
    """
    import keras
    from keras import layers

    maps, answers = _maps("train"), [_answers(boxes) for _, boxes in _tiles()]
    seen = _maps("test")
    if third is not None:
        held = _of_third(third)
        seen = maps[held][::4]  # as they lie, not turned
        maps = np.delete(maps, held, 0)
        answers = answers[: held.start] + answers[held.stop :]
    shape = (len(maps), TILE // STEP, TILE // STEP, -1)
    tree, asked, moves = (np.reshape(np.stack(a), shape) * 1.0 for a in zip(*answers))
    keras.utils.set_random_seed(seed)
    maps_in = keras.Input((None, None, maps.shape[-1]))
    mean, spread = maps.mean((0, 1, 2)), maps.var((0, 1, 2))
    x = layers.Normalization(mean=mean, variance=spread)(maps_in)
    x = layers.Conv2D(width, 1, activation="relu")(x)
    x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
    rare = keras.initializers.Constant(-4.0)
    first = layers.Conv2D(
        1, 1, bias_initializer=rare, activation="sigmoid", name="tree"
    )
    second = layers.Conv2D(4, 1, name="moves")
    head = keras.Model(maps_in, {"tree": first(x), "moves": second(x)})
    batches = epochs * -(-len(maps) // 8)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, batches)
    focal = keras.losses.BinaryFocalCrossentropy(apply_class_balancing=True)
    losses, weights = {"tree": focal, "moves": "mae"}, {"tree": 1.0, "moves": 4.0}
    settings = {"loss_weights": weights, "steps_per_execution": 10}
    head.compile(keras.optimizers.Adam(rate), losses, **settings)
    targets = {"tree": tree, "moves": moves}
    counts = {"tree": asked[..., 0], "moves": tree[..., 0]}
    head.fit(maps, targets, 8, epochs, verbose=0, sample_weight=counts)
    said, known = head.predict(seen, verbose=0), _anchors(*seen.shape[1:3])
    scores, moved = said["tree"].reshape(-1), said["moves"].reshape(len(seen), -1, 4)
    center = known[:, :2] + moved[..., :2] * known[:, 2:]
    size = np.exp(moved[..., 2:]) * known[:, 2:]
    boxes = _apart(np.concatenate([center - size / 2, center + size / 2], -1))
    return boxes[scores > 0.05].astype(np.float32), scores[scores > 0.05]


# Nuclei


def _halves(half):
    left, right = np.s_[:, :256], np.s_[:, 256:]
    return (left, right) if half == "left" else (right, left)


def _picture():
    from utils.annotated import nuclei

    return nuclei().image.astype(np.float32), nuclei().mask > 0


def _dice(found, true):
    return float(2 * (found & true).sum() / (found.sum() + true.sum()))


def _threshold(background, half):
    """Dice on the test half; width and threshold are chosen on the other one."""
    (image, truth), (train, test) = _picture(), _halves(half)
    if background == "subtracted":
        image = image - gaussian_filter(image, 30)
    fits = {}
    for width in (0.5, 1, 1.5, 2, 3):
        smooth = gaussian_filter(image, width)
        for gray in range(-20, 100, 2):
            fits[width, gray] = _dice((smooth > gray)[train], truth[train])
    width, gray = max(fits, key=fits.get)
    return _dice((gaussian_filter(image, width) > gray)[test], truth[test])


@remembered
def _net(around, momentum, seed, half, filters, steps, rate):
    """Dice on the test half of a network that was trained on the other half."""
    import keras

    (image, truth), (train, test) = _picture(), _halves(half)
    light = np.log1p(image)
    light = (light - light[train].mean()) / light[train].std()
    rng, made = np.random.default_rng(seed), []
    both = np.stack([light, truth], -1)[train]
    for top, start in rng.integers(0, (512 - 63, 256 - 63), (8 * steps, 2)):
        one = np.rot90(both[top : top + 64, start : start + 64], rng.integers(4))
        made.append(one[::-1] if rng.random() < 0.5 else one)
    keras.utils.set_random_seed(seed)
    model = _segmenter(around, momentum, filters)
    adam = keras.optimizers.Adam(rate)
    model.compile(adam, "binary_crossentropy", steps_per_execution=10)
    model.fit(*np.split(np.stack(made), 2, -1), batch_size=8, verbose=0)
    found = model.predict(light[None, ..., None], verbose=0)[0, ..., 0] > 0.5
    return _dice(found[test], truth[test])


def _segmenter(around, momentum, filters):
    import keras
    from keras import layers

    def convolved(x, filters):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        return layers.ReLU()(layers.BatchNormalization(momentum=momentum)(x))

    image_in = x = keras.Input((None, None, 1))
    kept = []
    for level in range(2):
        x = convolved(x, filters * 2**level)
        kept.append(x)
        x = layers.MaxPooling2D()(x)
    x = convolved(x, filters * 4)
    for level in (1, 0):
        x = layers.UpSampling2D()(x)
        x = layers.Concatenate()([x, kept[level]]) if around else x
        x = convolved(x, filters * 2**level)
    return keras.Model(image_in, layers.Conv2D(1, 1, activation="sigmoid")(x))
