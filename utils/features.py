"""Frozen features: images in, one row of numbers an image out, kept on disk."""

import hashlib
import json
import os
import queue
import re
import warnings
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
from utils.files import cache_folder, write_atomically
from utils.folding import fold

ENGINE = 5  # part of every key; goes up when features change by more than rounding
MOST_WORKERS = 4  # each holds one batch; more give nothing
CGROUP = Path("/sys/fs/cgroup")  # where Linux tells a container its share

_engines = weakref.WeakKeyDictionary()  # network: the last engine made of it


def extract(backbone, images, layers=("avg_pool",), pooling="avg", cache=True):
    """What the named layers of a frozen network say about each image.

    All layers come from one pass of a copy of the network in float32, whatever
    the network's own precision, with batch normalization folded into the
    convolutions: features lie within 1e-3 of the network's own in float32, and
    follow every change of its weights. Images are resized (bicubic) and
    preprocessed batch by batch, so memory beyond the result does not grow with
    their number. Results are kept on disk under a key made of all that they depend
    on: the network's layers, precision and weights, its preprocessing, the layer,
    the pooling, the input size, the version of this engine, and the images' shape
    and content. A file that is damaged, or holds something else, is noticed and
    computed anew.

    Args:
        backbone: a `backbones.Backbone`.
        images: uint8 or float array of values from 0 to 255, `(n, rows,
            columns)` or `(n, rows, columns, 3)`.
        layers: a layer name, or a sequence of them.
        pooling: `"avg"` averages each feature map over rows and columns;
            None keeps it whole.
        cache: False computes always and stores nothing.

    Returns:
        `{layer: float32 array}`, each `(n, channels)`, or `(n, rows, columns,
        channels)` for feature maps without pooling.

    Raises:
        ValueError: if the backbone, the images, the layers or the pooling do not fit;
            with the remedy.

    Source:
        Santos 2020, Figure 11; Donahue et al., "DeCAF", ICML 2014.

    Example:

    >>> from utils import backbones, datasets
    >>> images = datasets.mnist("test").images[:2]
    >>> found = extract(backbones.load(), images, "block16", cache=False)
    >>> found["block16"].shape
    (2, 320)
    """
    layers = _check(backbone, layers, pooling)
    images = check_images(images)
    if not cache:
        return _compute(backbone, images, layers, pooling)
    key = _key(backbone, images, pooling)
    folder = cache_folder() / "features"
    files = {layer: folder / f"{key}-{layer}.npz" for layer in layers}
    shapes = {layer: _shape(backbone, images, layer, pooling) for layer in layers}
    found = {layer: _read(files[layer], shapes[layer]) for layer in layers}
    missing = tuple(layer for layer in layers if found[layer] is None)
    if missing:
        computed = _compute(backbone, images, missing, pooling)
        for layer, values in computed.items():
            _store(files[layer], values)
        found.update(computed)
    return found


def resize(images, side):
    """Bicubic resize of each image to `(side, side, 3)`; gray becomes three channels.

    Args:
        images: array `(n, rows, columns)` or `(n, rows, columns, 3)`, 0 to 255.
        side: pixels, at least 1.

    Returns:
        uint8 array `(n, side, side, 3)`.

    Raises:
        ValueError: if the images or the side do not fit; with the remedy.

    Example:

    >>> resize(np.full((1, 300, 300), 7, np.uint8), 224)[0, 100, 100]
    array([7, 7, 7], dtype=uint8)
    """
    return _resized(check_images(images), check_count(side, "side"))


def _resized(images, side):
    if images.dtype != np.uint8:
        images = np.rint(images).astype(np.uint8)
    resized = np.empty((len(images), side, side, 3), np.uint8)
    for target, image in zip(resized, images):
        picture = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
        target[:] = picture.convert("RGB")  # one channel becomes three
    return resized


def _check(backbone, layers, pooling):
    """The layers' names as a tuple."""
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
    if pooling is not None and pooling != "avg":
        raise ValueError(f"`pooling` must be 'avg' or None. Received: {pooling!r}")
    return tuple(names)


def _compute(backbone, images, layers, pooling):
    """Worker threads resize and predict whole batches; each fills its own rows."""
    on_gpu = bool(tf.config.list_physical_devices("GPU"))
    batch_size, workers = (64, 2) if on_gpu else (8, _workers())
    idle, shapes = _engine(backbone, layers, pooling, workers)
    empty = [np.empty((len(images), *shape), np.float32) for shape in shapes]
    found = dict(zip(layers, empty))

    def run(start):
        rows = slice(start, start + batch_size)
        batch = backbone.preprocess(_resized(images[rows], backbone.image_size))
        batch = tf.convert_to_tensor(np.asarray(batch, np.float32))
        predict = idle.get()
        try:
            answers = predict(batch)
        finally:
            idle.put(predict)
        for layer, values in zip(layers, answers):
            found[layer][rows] = values.numpy()
        return len(batch)

    starts = range(0, len(images), batch_size)
    quiet = bool(os.environ.get("TQDM_DISABLE"))  # the notebook bar overlooks it
    with (
        ThreadPoolExecutor(workers) as pool,
        tqdm(total=len(images), desc=backbone.name, leave=False, disable=quiet) as bar,
    ):
        for done in pool.map(run, starts):
            bar.update(done)
    return found


def _engine(backbone, layers, pooling, workers):
    """A queue of functions that compute a batch's features, and one image's shapes.

    Each function is for one thread at a time: where a convolution of TensorFlow 2.20
    also adds a block's input, it keeps the two addresses in the compiled operation,
    so that two threads in one function write over each other's.

    Made anew whenever the weights or settings have changed since the last call;
    kept no longer than the network itself.
    """
    model, side = backbone.model, backbone.image_size
    settings = layers, pooling, side, workers
    made_of = (_digest(model.get_weights()), model.to_json(), settings)
    known, *engine = _engines.get(model, (None,))
    if known != made_of:
        outputs = [model.get_layer(layer).output for layer in layers]
        folded = fold(keras.Model(model.input, outputs, name="tapped"))
        shape = [None, *(length or side for length in model.inputs[0].shape[1:])]

        def predict(batch):
            maps = keras.tree.flatten(folded(batch, training=False))
            if pooling is None:
                return maps
            return [tf.reduce_mean(x, (1, 2)) if x.ndim == 4 else x for x in maps]

        idle = queue.SimpleQueue()
        for _ in range(workers):
            compiled = tf.function(predict, [tf.TensorSpec(shape)], autograph=False)
            concrete = compiled.get_concrete_function()
            idle.put(concrete)
        engine = idle, [output.shape[1:] for output in concrete.outputs]
        _engines[model] = made_of, *engine
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


def _key(backbone, images, pooling):
    """Digest of everything that a feature depends on, except the layer."""
    digest = hashlib.sha256()
    settings = (
        _architecture(backbone.model),
        backbone.image_size,
        pooling,
        ENGINE,
        images.shape,
        images.dtype.str,
    )
    digest.update(json.dumps(settings).encode())
    # the very function, not its name: each value of each channel, preprocessed
    probe = np.repeat(np.arange(256, dtype=np.float32), 3).reshape(1, 16, 16, 3)
    digest.update(np.ascontiguousarray(backbone.preprocess(probe)).tobytes())
    digest.update(_digest(backbone.model.get_weights()))
    for start in range(0, len(images), 256):  # in pieces: a view may have to be copied
        digest.update(np.ascontiguousarray(images[start : start + 256]))
    return digest.hexdigest()[:32]


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


def _shape(backbone, images, layer, pooling):
    """Of the features; None for a side that only computing tells."""
    _, *sides = backbone.model.get_layer(layer).output.shape
    return len(images), *(sides[-1:] if pooling else sides)


def _read(path, shape):
    """The stored features, or None if there are none that can be trusted."""
    try:
        with np.load(path) as arrays:  # the zip's checksum is verified on reading
            values, name = arrays["features"], str(arrays["name"])
        fits = len(values.shape) == len(shape) and values.dtype == np.float32
        if fits and name == path.stem:
            if all(side in (None, n) for side, n in zip(shape, values.shape)):
                return values
        trouble = "are not those that were asked for"
    except (FileNotFoundError, NotADirectoryError):
        return None
    except MemoryError:
        raise
    except Exception as error:  # truncated, not an archive: zipfile raises many kinds
        trouble = "are damaged"
        if isinstance(error, OSError) and error.errno:
            trouble = f"cannot be read ({error.strerror})"
    warnings.warn(
        f"Cached features {path.name} {trouble}; computing them anew.", stacklevel=3
    )
    return None


def _store(path, values):
    try:
        parts = {"features": values, "name": path.stem}
        write_atomically(path, lambda stream: np.savez(stream, **parts))
    except OSError as error:
        warnings.warn(
            f"Features could not be kept in {path.parent} ({error.strerror}); the next "
            "run computes them again. Set COURSE_CACHE to a folder "
            "that can be written.",
            stacklevel=3,
        )
