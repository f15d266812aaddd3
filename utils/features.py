"""Frozen features: images in, one row of numbers an image out, batch by batch, kept on disk."""

import hashlib
import json
import os
import warnings
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import tensorflow as tf
from PIL import Image
from tqdm.auto import tqdm

from utils.files import cache_folder, write_atomically

POOLINGS = ("avg", None)


def extract(backbone, images, layers=("avg_pool",), pooling="avg", cache=True):
    """What the named layers of a frozen network say about each image.

    All layers come from one pass. Images are resized (bicubic) and
    preprocessed batch by batch, so memory beyond the result does not grow
    with their number. Results are kept on disk under a key made of the
    weights, the layer, the pooling, the input size, the precision and the
    images' content; a damaged file is noticed and computed anew.

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
    >>> found = extract(backbones.load(), datasets.mnist("test").images[:2], "block16", cache=False)
    >>> found["block16"].shape
    (2, 320)
    """
    layers = (layers,) if isinstance(layers, str) else tuple(layers)
    images = np.asarray(images)
    _check(backbone, images, layers, pooling)
    if not cache:
        return _compute(backbone, images, layers, pooling)
    key = _key(backbone, images, pooling)
    files = {layer: cache_folder() / "features" / f"{key}-{layer}.npz" for layer in layers}
    found = {layer: _read(files[layer]) for layer in layers}
    missing = tuple(layer for layer in layers if found[layer] is None)
    if missing:
        computed = _compute(backbone, images, missing, pooling)
        for layer, values in computed.items():
            _store(files[layer], values)
        found.update(computed)
    return found


def resize(images, side):
    """Bicubic resize of each image to `(side, side, 3)`; gray images get three equal channels.

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
        target[:] = np.atleast_3d(np.asarray(picture))  # a single channel is broadcast to three
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
        if not (np.isfinite(low) and np.isfinite(high) and 0 <= low and 1 < high <= 255):
            raise ValueError(
                "`images` must hold values from 0 to 255; the network's own preprocessing follows. "
                f"Received values from {low:.3g} to {high:.3g}, {images.dtype}"
            )
    unknown = [layer for layer in layers if layer not in backbone.layers]
    if unknown or not layers:
        raise ValueError(
            f"Layers of {backbone.name} are {', '.join(backbone.layers)}. Received: {layers}"
        )
    if pooling not in POOLINGS:
        raise ValueError(f"`pooling` must be 'avg' or None. Received: {pooling!r}")


def _compute(backbone, images, layers, pooling):
    """Worker threads resize and predict whole batches; each fills its own rows of the result."""
    outputs = [backbone.model.get_layer(layer).output for layer in layers]
    if pooling:
        average = keras.layers.GlobalAveragePooling2D(dtype="float32")
        outputs = [average(out) if len(out.shape) == 4 else out for out in outputs]
    tapped = keras.Model(backbone.model.input, outputs)
    predict = tf.function(lambda batch: tapped(batch, training=False), reduce_retracing=True)
    found = {
        layer: np.empty((len(images), *out.shape[1:]), np.float32)
        for layer, out in zip(layers, outputs)
    }
    on_gpu = bool(tf.config.list_physical_devices("GPU"))
    batch_size, workers = (64, 2) if on_gpu else (8, os.cpu_count() or 1)

    def run(start):
        rows = slice(start, start + batch_size)
        batch = backbone.preprocess(resize(images[rows], backbone.image_size))
        answers = predict(tf.constant(batch))
        for layer, values in zip(layers, answers if len(layers) > 1 else [answers]):
            found[layer][rows] = np.asarray(values).reshape(-1, *found[layer].shape[1:])
        return len(batch)

    starts = range(0, len(images), batch_size)
    quiet = bool(os.environ.get("TQDM_DISABLE"))  # the notebook bar overlooks this variable
    with (
        ThreadPoolExecutor(workers) as pool,
        tqdm(total=len(images), desc=backbone.name, leave=False, disable=quiet) as bar,
    ):
        for done in pool.map(run, starts):
            bar.update(done)
    return found


def _key(backbone, images, pooling):
    """Digest of everything that a feature depends on, except the layer."""
    digest = hashlib.sha256()
    settings = (
        backbone.name,
        backbone.image_size,
        pooling,
        keras.config.dtype_policy().name,
        images.shape,
        images.dtype.str,
    )
    digest.update(json.dumps(settings).encode())
    # the very function, not its name: another preprocessing must not find these features
    probe = np.arange(12, dtype=np.float32).reshape(1, 2, 2, 3)
    digest.update(np.ascontiguousarray(backbone.preprocess(probe)).tobytes())
    for weight in backbone.model.get_weights():
        digest.update(np.ascontiguousarray(weight))
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
            f"Cached features {path.name} are damaged; computing them anew.", stacklevel=3
        )
        return None


def _store(path, values):
    try:
        write_atomically(path, lambda stream: np.savez(stream, features=values))
    except OSError as error:
        warnings.warn(
            f"Features could not be kept in {path.parent} ({error.strerror}); the next run computes "
            "them again. Set COURSE_CACHE to a folder that can be written.",
            stacklevel=3,
        )
