"""Pre-trained networks: which there are, what input they want, where to tap them."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import keras
import numpy as np

from utils.checks import check_count
from utils.efficientnet_lite import BLOCKS, build_efficientnet_lite0
from utils.files import data_file
from utils.folding import float32_copy

BUNDLED = "EfficientNetLite0"

# name: (module of keras.applications, input side, layers to tap, shallow to deep)
APPLICATIONS = {
    "VGG16": ("vgg16", 224, (
        "block1_pool", "block2_pool", "block3_pool", "block4_pool", "block5_conv2",
        "block5_conv3", "block5_pool", "flatten", "fc1", "fc2", "predictions")),
    "VGG19": ("vgg19", 224, (
        "block1_pool", "block2_pool", "block3_pool", "block4_pool", "block5_conv3",
        "block5_conv4", "block5_pool", "flatten", "fc1", "fc2", "predictions")),
    "ResNet50": ("resnet", 224, (
        "conv1_relu", "conv2_block3_out", "conv3_block4_out", "conv4_block6_out",
        "conv5_block1_out", "conv5_block2_out", "conv5_block3_out", "avg_pool",
        "predictions")),
    "ResNet152": ("resnet", 224, (
        "conv1_relu", "conv2_block3_out", "conv3_block8_out", "conv4_block36_out",
        "conv5_block1_out", "conv5_block2_out", "conv5_block3_out", "avg_pool",
        "predictions")),
    "InceptionV3": ("inception_v3", 299, (
        *(f"mixed{number}" for number in range(11)), "avg_pool", "predictions")),
    "Xception": ("xception", 299, (
        "block2_sepconv2_bn", "block4_sepconv2_bn", "block13_sepconv2_bn",
        "block14_sepconv2_act", "avg_pool", "predictions")),
    "MobileNetV2": ("mobilenet_v2", 224, (
        "block_2_add", "block_5_add", "block_9_add", "block_12_add", "block_15_add",
        "out_relu", "avg_pool", "predictions")),
    "DenseNet121": ("densenet", 224, (
        "pool2_relu", "pool3_relu", "pool4_relu", "relu", "avg_pool", "predictions")),
    "EfficientNetB0": ("efficientnet", 224, (
        "block2b_add", "block3b_add", "block4c_add", "block5c_add", "block6d_add",
        "top_activation", "avg_pool", "predictions")),
}  # fmt: skip


@dataclass(frozen=True)
class Backbone:
    """A network and all that is needed to use it.

    `preprocess` turns RGB values from 0 to 255, `(n, side, side, 3)`, into
    what this network was trained on. `layers` names where to tap it, shallow
    to deep. `class_names` are its 1,000 ImageNet classes.
    """

    name: str
    model: keras.Model
    preprocess: Callable
    image_size: int
    layers: tuple
    class_names: tuple

    def shapes(self):
        """{layer: shape of one image's feature map: rows, columns, channels}."""
        outputs = {name: self.model.get_layer(name).output for name in self.layers}
        return {name: output.shape[1:] for name, output in outputs.items()}


def available():
    """{name: (input side in pixels, how its weights are had)}.

    >>> available()["EfficientNetLite0"], available()["VGG19"]
    ((224, 'comes with the course'), (224, 'download'))
    """
    downloads = {name: (entry[1], "download") for name, entry in APPLICATIONS.items()}
    return {BUNDLED: (224, "comes with the course"), **downloads}


def load(name=BUNDLED, image_size=None, weights="imagenet"):
    """A pre-trained network, its preprocessing and its named layers.

    Args:
        name: one of `available()`.
        image_size: side of the square input in pixels; by default the one the
            network was trained on. At another size, networks of
            `keras.applications` come without the layers behind the last pooling.
        weights: `"imagenet"`, or None for random ones.

    Returns:
        A `Backbone`. Its class probabilities are float32 under any dtype policy.

    Raises:
        ValueError: if the name or the weights are unknown, or the image size does
            not fit the network.
        ConnectionError: if the weights can be neither found nor downloaded.
        OSError: if the file of the weights is damaged.

    Source:
        EfficientNet-Lite0: Tan and Le, ICML 2019. The others: see
        `keras.applications`, whose own `preprocess_input` each of them gets.

    Example:

    >>> backbone = load()
    >>> backbone.shapes()["block11"], backbone.layers[-3:]
    ((14, 14, 112), ('head', 'avg_pool', 'predictions'))
    """
    if not isinstance(name, str) or name not in available():
        raise ValueError(f"Choose one of {', '.join(available())}. Received: {name!r}")
    if weights is not None and weights != "imagenet":
        raise ValueError(f"`weights` must be 'imagenet' or None. Received: {weights!r}")
    default_size, _ = available()[name]
    if image_size is None:
        image_size = default_size
    image_size = check_count(image_size, "image_size", 32)
    if name == BUNDLED:
        model, preprocess = _bundled(image_size, weights), _center
        blocks = [f"block{number}" for number in range(1, BLOCKS + 1)]
        points = ("stem", *blocks, "head", "avg_pool", "predictions")
    else:
        module, _, points = APPLICATIONS[name]
        module = getattr(keras.applications, module)
        model = _application(name, image_size, image_size == default_size, weights)
        preprocess = _own_preprocessing(module)
    present = {layer.name for layer in model.layers}
    points = tuple(point for point in points if point in present)
    return Backbone(name, model, preprocess, image_size, points, imagenet_classes())


@cache
def imagenet_classes():
    """The 1,000 class names, in the order of a network's outputs.

    >>> imagenet_classes()[281], imagenet_classes()[978]
    ('tabby cat', 'beach')
    """
    return tuple(data_file("imagenet_classes.txt").read_text("utf-8").splitlines())


def _bundled(image_size, weights):
    model = build_efficientnet_lite0(image_size)
    if weights:
        with np.load(data_file("efficientnet_lite0.npz")) as arrays:
            for variable in model.weights:
                variable.assign(arrays[variable.path].astype(np.float32))
    return model


def _center(images):
    return (np.asarray(images, np.float32) - 127) / 128


def _application(name, image_size, include_top, weights):
    arguments = {} if include_top else {"pooling": "avg"}
    try:
        model = getattr(keras.applications, name)(
            include_top=include_top,
            weights=weights,
            input_shape=(image_size, image_size, 3),
            **arguments,
        )
    except OSError as error:
        if error.errno:  # no space, no permission; h5py gives a damaged file no number
            raise
        folder = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
        raise OSError(
            f"The weights of {name} in {folder / 'models'} are damaged: {error}. "
            "Delete their file and load the network again, with a connection."
        ) from error
    except Exception as error:  # Keras raises a bare Exception when a download fails
        if "URL fetch failure" not in str(error):
            raise
        raise ConnectionError(
            f"The weights of {name} are not in Keras' cache (~/.keras/models) and "
            "could not be downloaded. Connect to the internet once, or use "
            f"{BUNDLED!r}, which comes with the course."
        ) from error
    pooling = keras.layers.GlobalAveragePooling2D
    for layer in [layer for layer in model.layers if isinstance(layer, pooling)][-1:]:
        layer.name = "avg_pool"  # some have an automatic name, another at each loading
    return _with_float32_classes(model) if include_top else model


def _with_float32_classes(model):
    """The same network; its last layer computes in float32 under any policy."""
    last = model.layers[-1]
    if last.compute_dtype == "float32":
        return model
    classes = float32_copy(last)
    outputs = classes(last.input)
    classes.set_weights(last.get_weights())
    return keras.Model(model.input, outputs, name=model.name)


def _own_preprocessing(module):
    def preprocess(images):
        # a copy: some of these functions write into their argument
        return module.preprocess_input(np.array(images, np.float32))

    return preprocess
