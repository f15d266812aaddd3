"""EfficientNet-Lite0, the network whose ImageNet weights come with the course."""

import keras
from keras import layers

from utils.checks import check_count

# One row a stage: blocks, kernel, stride of the first block, expansion, channels.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
BLOCKS = sum(stage[0] for stage in STAGES)


def _normalize(tensor, name):
    return layers.BatchNormalization(epsilon=1e-3, momentum=0.99, name=name)(tensor)


def _inverted_residual(tensor, kernel, stride, expansion, channels, name):
    """Widen, filter each channel alone, narrow again; add the input where shapes allow.

    The last layer carries the plain `name`, so that it can be picked by it.
    """
    inputs, wide = tensor, tensor.shape[-1] * expansion
    if expansion > 1:
        tensor = layers.Conv2D(wide, 1, use_bias=False, name=f"{name}_expand")(tensor)
        tensor = _normalize(tensor, f"{name}_expand_bn")
        tensor = layers.ReLU(6, name=f"{name}_expand_relu")(tensor)
    tensor = layers.DepthwiseConv2D(
        kernel, stride, padding="same", use_bias=False, name=f"{name}_depthwise"
    )(tensor)
    tensor = _normalize(tensor, f"{name}_depthwise_bn")
    tensor = layers.ReLU(6, name=f"{name}_depthwise_relu")(tensor)
    tensor = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_project")(tensor)
    if stride > 1 or inputs.shape[-1] != channels:
        return _normalize(tensor, name)
    return layers.Add(name=name)([_normalize(tensor, f"{name}_project_bn"), inputs])


def build_efficientnet_lite0(image_size=224):
    """EfficientNet-Lite0 with random weights, as a functional Keras model.

    The mobile relative of EfficientNet-B0: ReLU6 instead of swish and no
    squeeze-and-excitation, so that it runs fast on small hardware.

    Args:
        image_size: side of the square input, in pixels; at least 32.

    Returns:
        A `keras.Model` from `(batch, image_size, image_size, 3)`, float32
        `(x - 127) / 128`, to `(batch, 1000)` class probabilities. Layers to
        pick by name: `stem`, `block1` to `block16`, `head`, `avg_pool`,
        `predictions`.

    Raises:
        ValueError: if `image_size` is no whole number from 32.

    Source:
        Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional
        Neural Networks", ICML 2019; the Lite variant: Liu, TensorFlow blog, 2020.

    Example:

    >>> model = build_efficientnet_lite0()
    >>> model.count_params(), model.get_layer("block16").output.shape
    (4694024, (None, 7, 7, 320))
    """
    check_count(image_size, "image_size", 32)  # it halves its input five times
    inputs = keras.Input((image_size, image_size, 3), name="image")
    stem = layers.Conv2D(32, 3, 2, "same", use_bias=False, name="stem_conv")
    tensor = stem(inputs)
    tensor = layers.ReLU(6, name="stem")(_normalize(tensor, "stem_bn"))
    number = 0
    for blocks, kernel, stride, expansion, channels in STAGES:
        for block in range(blocks):
            number, step = number + 1, 1 if block else stride
            name = f"block{number}"
            tensor = _inverted_residual(tensor, kernel, step, expansion, channels, name)
    tensor = layers.Conv2D(1280, 1, use_bias=False, name="head_conv")(tensor)
    tensor = layers.ReLU(6, name="head")(_normalize(tensor, "head_bn"))
    tensor = layers.GlobalAveragePooling2D(name="avg_pool")(tensor)
    tensor = layers.Dropout(0.2, name="dropout")(tensor)
    outputs = layers.Dense(
        1000,
        activation="softmax",
        dtype="float32",  # probabilities need it, whatever the policy
        name="predictions",
    )(tensor)
    return keras.Model(inputs, outputs, name="EfficientNetLite0")
