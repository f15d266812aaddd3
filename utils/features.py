"""Frozen features: images in, one row of numbers an image out, kept on disk."""

import functools
import hashlib
import itertools
import json
import os
import queue
import re
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from PIL import Image
from tqdm.auto import tqdm

from utils.backbones import Backbone
from utils.checks import check_count, check_images
from utils.feature_files import Parts, store, stored
from utils.files import cache_folder
from utils.folding import fold
from utils.photographs.lazy import Photographs

ENGINE = 5  # part of every key; goes up when features change by more than rounding
MOST_WORKERS = 4  # each holds one batch; more give nothing
REDUCE = {"avg": tf.reduce_mean, "max": tf.reduce_max}
POOLINGS = (*REDUCE, tuple(REDUCE), None)
PART = 512  # images, after which a run that is stopped need not begin again
CGROUP = Path("/sys/fs/cgroup")  # where Linux tells a container its share

_engines = weakref.WeakKeyDictionary()  # network: the last engine made of it


def extract(
    backbone, images, layers=("avg_pool",), pooling="avg", cache=True, strategy=None
):
    """What the named layers of a frozen network say about each image.

    All layers come from one pass of a copy of the network in float32, whatever
    the network's own precision, with batch normalization folded into the
    convolutions: features lie within 1e-3 of the network's own in float32, and
    follow every change of its weights. Images are resized (bicubic) and
    preprocessed batch by batch, so memory beyond the result does not grow with
    their number; photographs on disk are decoded then, one a worker at a time.
    Results are kept on disk under a key made of all that they depend
    on: the network's layers, precision and weights, its preprocessing, the layer,
    the pooling, the input size, the version of this engine, and the images' shape
    and content. A file that is damaged, or holds something else, is noticed and
    computed anew. A run that is stopped goes on where it was, but for at most 512
    images.

    Args:
        backbone: a `backbones.Backbone`.
        images: uint8 or float array of values from 0 to 255, `(n, rows,
            columns)` or `(n, rows, columns, 3)`; or the photographs of
            `datasets.from_folder`.
        layers: a layer name, or a sequence of them.
        pooling: of each feature map, over rows and columns: `"avg"` takes the average,
            `"max"` the maximum, `("avg", "max")` both, side by side; None keeps the
            map whole. `{layer: None}` keeps that layer's and averages the others. A
            layer without maps gives its numbers, whatever is asked; one that averages
            another layer's maps is kept as that layer, pooled.
        cache: False computes always and stores nothing.
        strategy: what `runtime.strategy()` returns, whose devices then share the
            batches; by default all GPUs do, if there are any.

    Returns:
        `{layer: float32 array}`, each `(n, channels)`, `(n, 2 * channels)` if pooled
        in two ways, or `(n, rows, columns, channels)` for feature maps that are whole.

    Raises:
        ValueError: if the backbone, the images, the layers, the pooling or the
            strategy do not fit; with the remedy.
        OSError: naming the file, if a photograph is gone or has changed.

    Source:
        Santos 2020, Figure 11; Donahue et al., "DeCAF", ICML 2014.

    Example:

    >>> from utils import backbones, datasets
    >>> images = datasets.mnist("test").images[:2]
    >>> found = extract(backbones.load(), images, "block16", cache=False)
    >>> found["block16"].shape
    (2, 320)
    """
    asked = _asked(backbone, layers, pooling)
    tables = list(dict.fromkeys(itertools.chain(*asked.values())))
    images, devices = _checked(images), _devices(strategy)
    made_of = _architecture(backbone.model), _digest(backbone.model.get_weights())
    if not cache:
        found = _compute(backbone, made_of, images, tables, devices)
        return _side_by_side(asked, found)
    keys = _keys(backbone, made_of, images)
    folder = cache_folder() / "features"
    files, found = {}, {}
    for layer, way in tables:
        files[layer, way] = folder / f"{keys[way]}-{layer}.npz"
        shape = _shape(backbone, images, layer, way)
        found[layer, way] = stored(files[layer, way], shape)
    missing = [table for table in tables if found[table] is None]
    if missing:
        parts = Parts(files)
        computed = _compute(backbone, made_of, images, missing, devices, parts)
        kept = True
        for table, values in computed.items():
            kept = store(files[table], values) and kept
        if kept:
            parts.remove()
        found.update(computed)
    return _side_by_side(asked, found)


def resize(images, side):
    """Bicubic resize of each image to `(side, side, 3)`; gray becomes three channels.

    Args:
        images: array `(n, rows, columns)` or `(n, rows, columns, 3)`, 0 to 255; or
            the photographs of `datasets.from_folder`.
        side: pixels, at least 1.

    Returns:
        uint8 array `(n, side, side, 3)`.

    Raises:
        ValueError: if the images or the side do not fit; with the remedy.

    Example:

    >>> resize(np.full((1, 300, 300), 7, np.uint8), 224)[0, 100, 100]
    array([7, 7, 7], dtype=uint8)
    """
    images, side = _checked(images), check_count(side, "side")
    return _resized(images, range(len(images)), side)


def _checked(images):
    return images if isinstance(images, Photographs) else check_images(images)


def _resized(images, positions, side):
    """uint8 array `(n, side, side, 3)` of the images at some positions, a range."""
    if isinstance(images, Photographs):
        return np.stack([images.square(position, side) for position in positions])
    images = images[positions.start : positions.stop]
    if images.dtype != np.uint8:
        images = np.rint(images).astype(np.uint8)
    resized = np.empty((len(images), side, side, 3), np.uint8)
    for target, image in zip(resized, images):
        picture = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
        target[:] = picture.convert("RGB")  # one channel becomes three
    return resized


def _asked(backbone, layers, pooling):
    """`{layer: its tables}`, each `(layer, way of pooling)`, side by side."""
    if not isinstance(backbone, Backbone):
        raise ValueError(
            "`backbone` must be what `backbones.load` returns; the images come second. "
            f"Received: {type(backbone).__name__}"
        )
    names = (layers,) if isinstance(layers, str) else layers
    listed = isinstance(names, (tuple, list)) and len(names) > 0
    if not listed or any(name not in backbone.layers for name in names):
        known = ", ".join(backbone.layers)
        raise ValueError(f"Layers of {backbone.name} are {known}. Received: {layers}")
    by_layer = pooling if isinstance(pooling, dict) else dict.fromkeys(names, pooling)
    if not set(by_layer) <= set(names) or any(
        way not in POOLINGS for way in by_layer.values()
    ):
        raise ValueError(
            f"`pooling` must be one of {', '.join(map(repr, POOLINGS))}, or a dict of "
            f"them for layers that are asked for, such as {{{names[0]!r}: None}}. "
            f"Received: {pooling!r}"
        )
    asked = {}
    for name in names:
        way = by_layer.get(name, "avg")
        if len(backbone.model.get_layer(name).output.shape) < 4:
            asked[name] = [_unpooled(backbone, name)]
        else:
            ways = way if isinstance(way, tuple) else (way,)
            asked[name] = [(name, one) for one in ways]
    return asked


def _unpooled(backbone, name):
    """The table of a layer without maps; its own, if it does not average another's."""
    layer = backbone.model.get_layer(name)
    if isinstance(layer, keras.layers.GlobalAveragePooling2D):
        for source in backbone.layers:
            if backbone.model.get_layer(source).output is layer.input:
                return source, "avg"
    return name, None


def _side_by_side(asked, found):
    """`{layer: array}`, of its tables in `{(layer, way): array}`."""
    answers, given = {}, set()
    for layer, own in asked.items():
        parts = [found[table] for table in own]
        if len(own) > 1 or own[0] in given:  # two layers never share an array
            answers[layer] = np.concatenate(parts, axis=1)
        else:
            answers[layer] = parts[0]
        given.update(own)
    return answers


def _devices(strategy):
    """Names of the devices that share the work; None is the one that TensorFlow takes.

    A strategy trains one copy of a network on all devices; here each has its own.
    """
    if strategy is None:
        names = [gpu.name for gpu in tf.config.list_logical_devices("GPU")]
    elif not isinstance(strategy, tf.distribute.Strategy):
        raise ValueError(
            "`strategy` must be what `runtime.strategy()` returns, or None. "
            f"Received: {type(strategy).__name__}."
        )
    else:
        shared = strategy.num_replicas_in_sync > 1
        names = strategy.extended.worker_devices if shared else ()
    return tuple(names) if len(names) > 1 else (None,)


def _compute(backbone, made_of, images, tables, devices, parts=None):
    """Worker threads resize and predict whole batches; each fills its own rows.

    After every `PART` images, `parts` keeps what is done, if there is more to do.
    """
    on_gpu = bool(tf.config.list_physical_devices("GPU"))
    batch_size, workers = (64, 2) if on_gpu else (8, _workers())
    workers = max(workers, len(devices))
    if on_gpu and isinstance(images, Photographs):
        workers = max(workers, _workers())  # decoding takes longer than the network
    idle, shapes = _engine(backbone, made_of, tables, workers, devices)
    n = len(images)
    empty = [np.empty((n, *shape), np.float32) for shape in shapes]
    found = dict(zip(tables, empty))

    def run(start):
        rows = range(start, min(start + batch_size, n))
        batch = backbone.preprocess(_resized(images, rows, backbone.image_size))
        batch = tf.convert_to_tensor(np.asarray(batch, np.float32))
        predict = idle.get()
        try:
            answers = predict(batch)
        finally:
            idle.put(predict)
        for table, values in zip(tables, answers):
            found[table][rows.start : rows.stop] = values.numpy()
        return len(batch)

    quiet = bool(os.environ.get("TQDM_DISABLE"))  # the notebook bar overlooks it
    with (
        ThreadPoolExecutor(workers) as pool,
        tqdm(total=n, desc=backbone.name, leave=False, disable=quiet) as bar,
    ):
        for start in range(0, n, PART):
            rows = slice(start, min(start + PART, n))
            if parts and n > PART and parts.read(rows, found):
                bar.update(rows.stop - start)
                continue
            for done in pool.map(run, range(start, rows.stop, batch_size)):
                bar.update(done)
            if parts and rows.stop < n:
                parts.keep(rows, found)
    return found


def _engine(backbone, made_of, tables, workers, devices):
    """A queue of functions that compute a batch's features, and one image's shapes.

    Each function is for one thread at a time: where a convolution of TensorFlow 2.20
    also adds a block's input, it keeps the two addresses in the compiled operation,
    so that two threads in one function write over each other's.

    Made anew whenever the weights or settings have changed since the last call;
    kept no longer than the network itself.
    """
    model, side = backbone.model, backbone.image_size
    settings = made_of, tables, side, workers, devices
    known, *engine = _engines.get(model, (None,))
    if known != settings:
        layers = list(dict.fromkeys(layer for layer, _ in tables))
        outputs = [model.get_layer(layer).output for layer in layers]
        tapped = keras.Model(model.input, outputs, name="tapped")
        shape = [None, *(length or side for length in model.inputs[0].shape[1:])]

        def predict(batch, device):
            with tf.device(device):
                maps = keras.tree.flatten(copies[device](batch, training=False))
                of_layer = dict(zip(layers, maps))
                return [
                    REDUCE[way](of_layer[layer], (1, 2)) if way else of_layer[layer]
                    for layer, way in tables
                ]

        idle, copies = queue.SimpleQueue(), {}
        for _, device in zip(range(workers), itertools.cycle(devices)):
            with tf.device(device):
                if device not in copies:  # its weights lie there
                    copies[device] = fold(tapped)
            one = functools.partial(predict, device=device)
            compiled = tf.function(one, [tf.TensorSpec(shape)], autograph=False)
            concrete = compiled.get_concrete_function()
            idle.put(concrete)
        engine = idle, [output.shape[1:] for output in concrete.outputs]
        _engines[model] = settings, *engine
    return engine


def _workers():
    """How many processors this process may use, from 1 to `MOST_WORKERS`."""
    try:
        allowed = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        allowed = os.cpu_count() or 1
    return int(max(1, min(allowed, np.ceil(_quota()), MOST_WORKERS)))


def _quota():
    """Processors that a container may keep busy: a number, or infinity."""
    try:
        quota, period = (CGROUP / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:  # the older layout
            quota = (CGROUP / "cpu/cpu.cfs_quota_us").read_text()
            period = (CGROUP / "cpu/cpu.cfs_period_us").read_text()
        except OSError:
            return np.inf
    limited = quota.strip() not in ("max", "-1")
    return int(quota) / int(period) if limited else np.inf


def _digest(arrays):
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array))
    return digest.digest()


def _keys(backbone, made_of, images):
    """For each pooling, a digest of all that a feature depends on but the layer."""
    architecture, weights = made_of
    digest = hashlib.sha256()
    on_disk = isinstance(images, Photographs)
    settings = (
        architecture,
        backbone.image_size,
        ENGINE,
        *((images.key,) if on_disk else (images.shape, images.dtype.str)),
    )
    digest.update(json.dumps(settings).encode())
    # the very function, not its name: each value of each channel, preprocessed
    probe = np.repeat(np.arange(256, dtype=np.float32), 3).reshape(1, 16, 16, 3)
    digest.update(np.ascontiguousarray(backbone.preprocess(probe)).tobytes())
    digest.update(weights)
    for start in range(
        0, 0 if on_disk else len(images), 256
    ):  # in pieces: a view may have to be copied
        digest.update(np.ascontiguousarray(images[start : start + 256]))
    keys = {}
    for way in (*REDUCE, None):
        own = digest.copy()
        own.update(json.dumps(way).encode())
        keys[way] = own.hexdigest()[:32]
    return keys


def _architecture(model):
    """Its layers, their settings and precision as text, whatever their names.

    Keras numbers unnamed layers on from model to model, and a loaded network would
    miss the features that it has made an hour ago.
    """
    config = json.loads(model.to_json())
    config.pop("compile_config", None)
    numbers = {part.name: str(i) for i, part in enumerate([model, *model.layers])}

    def renamed(found):
        return found[1] + numbers.get(found[2], found[2])

    # a name stands behind "name", or first in a list: ["conv2d_3", 0, 0]
    return re.sub(r'((?:"name": |\[)")([^"]+)', renamed, json.dumps(config))


def _shape(backbone, images, layer, way):
    """Of the features; None for a side that only computing tells."""
    _, *sides = backbone.model.get_layer(layer).output.shape
    return len(images), *(sides[-1:] if way else sides)
