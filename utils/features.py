"""Frozen features: images in, one row of numbers an image out, kept on disk."""

import hashlib
import json
import os
import queue
import warnings
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from PIL import Image
from tqdm.auto import tqdm

from utils.files import cache_folder, write_atomically
from utils.folding import fold

POOLINGS = ("avg", None)
ENGINE = 4  # part of every key; goes up when features change by more than rounding
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
    their number. Results are kept on disk under a key made of the
    weights, the layer, the pooling, the input size, the version of this
    engine and the images' content; a damaged file is noticed and computed anew.

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
        ValueError: if the images, the layers or the pooling do not fit.

    Source:
        Santos 2020, Figure 11; Donahue et al., "DeCAF", ICML 2014.

    Example:

    >>> from utils import backbones, datasets
    >>> images = datasets.mnist("test").images[:2]
    >>> found = extract(backbones.load(), images, "block16", cache=False)
    >>> found["block16"].shape
    (2, 320)
    """
    layers = (layers,) if isinstance(layers, str) else tuple(layers)
    images = np.asarray(images)
    _check(backbone, images, layers, pooling)
    if not cache:
        return _compute(backbone, images, layers, pooling)
    key = _key(backbone, images, pooling)
    folder = cache_folder() / "features"
    files = {layer: folder / f"{key}-{layer}.npz" for layer in layers}
    found = {layer: _read(files[layer]) for layer in layers}
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
        side: pixels.

    Returns:
        uint8 array `(n, side, side, 3)`.

    Example:

    >>> resize(np.full((1, 300, 300), 7, np.uint8), 224)[0, 100, 100]
    array([7, 7, 7], dtype=uint8)
    """
    if images.dtype != np.uint8:
        images = np.clip(np.rint(images), 0, 255).astype(np.uint8)
    resized = np.empty((len(images), side, side, 3), np.uint8)
    for target, image in zip(resized, images):
        picture = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
        target[:] = picture.convert("RGB")  # one channel becomes three
    return resized


def _check(backbone, images, layers, pooling):
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[-1] != 3):
        raise ValueError(
            "`images` must have shape (n, rows, columns) or (n, rows, columns, 3). "
            f"Received shape: {images.shape}"
        )
    if not len(images):
        raise ValueError("`images` must hold at least one image. Received none.")
    if images.dtype != np.uint8:
        low, high = np.min(images), np.max(images)
        if not 0 <= low <= high <= 255 or high <= 1:  # false for NaN, too
            raise ValueError(
                "`images` must hold values from 0 to 255; the network's own "
                f"preprocessing follows. Received values from {low:.3g} to "
                f"{high:.3g}, {images.dtype}"
            )
    unknown = [layer for layer in layers if layer not in backbone.layers]
    if unknown or not layers:
        names = ", ".join(backbone.layers)
        raise ValueError(f"Layers of {backbone.name} are {names}. Received: {layers}")
    if pooling not in POOLINGS:
        raise ValueError(f"`pooling` must be 'avg' or None. Received: {pooling!r}")


def _compute(backbone, images, layers, pooling):
    """Worker threads resize and predict whole batches; each fills its own rows."""
    on_gpu = bool(tf.config.list_physical_devices("GPU"))
    batch_size, workers = (64, 2) if on_gpu else (8, _workers())
    idle, shapes = _engine(backbone, layers, pooling, workers)
    empty = [np.empty((len(images), *shape), np.float32) for shape in shapes]
    found = dict(zip(layers, empty))

    def run(start):
        rows = slice(start, start + batch_size)
        batch = backbone.preprocess(resize(images[rows], backbone.image_size))
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
        backbone.name,
        backbone.image_size,
        pooling,
        ENGINE,
        images.shape,
        images.dtype.str,
    )
    digest.update(json.dumps(settings).encode())
    # the very function, not its name: another preprocessing must miss these features
    probe = np.arange(12, dtype=np.float32).reshape(1, 2, 2, 3)
    digest.update(np.ascontiguousarray(backbone.preprocess(probe)).tobytes())
    digest.update(_digest(backbone.model.get_weights()))
    for start in range(0, len(images), 256):  # in pieces: a view may have to be copied
        digest.update(np.ascontiguousarray(images[start : start + 256]))
    return digest.hexdigest()[:32]


def _read(path):
    """The stored features, or None if there are none that can be trusted."""
    try:
        with np.load(path) as arrays:  # the zip's checksum is verified on reading
            return arrays["features"]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except Exception:  # truncated, damaged, not an archive: zipfile raises many kinds
        warnings.warn(
            f"Cached features {path.name} are damaged; computing them anew.",
            stacklevel=3,
        )
        return None


def _store(path, values):
    try:
        write_atomically(path, lambda stream: np.savez(stream, features=values))
    except OSError as error:
        warnings.warn(
            f"Features could not be kept in {path.parent} ({error.strerror}); the next "
            "run computes them again. Set COURSE_CACHE to a folder "
            "that can be written.",
            stacklevel=3,
        )
