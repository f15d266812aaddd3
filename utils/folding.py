"""Batch normalization folded into the layer before it: the same answers, sooner."""

import keras
import numpy as np
from keras import layers

# what multiplies by a kernel whose last axis or axes are the output channels
LINEAR = (
    layers.Conv2D,
    layers.DepthwiseConv2D,
    layers.SeparableConv2D,
    layers.Dense,
)


def fold(model):
    """A float32 copy of a network, for inference, with fewer layers to compute.

    A trained batch normalization multiplies each channel by a constant and adds
    another. Directly behind a convolution (plain, depthwise, separable) or a
    dense layer, both constants go into that layer's kernel and bias; the merged
    layer carries the normalization's name. All else is copied as it is: a
    normalization behind anything else, a layer that computes an output of the
    model, one with an activation of its own. The model is left untouched, and
    its later changes do not reach the copy.

    Args:
        model: a functional `keras.Model`, of any dtype policy.

    Returns:
        A `keras.Model` with the same inputs and outputs, in float32; meant to be
        called with `training=False`.

    Raises:
        ValueError: if the model is not a functional one.

    Source:
        Jacob et al., "Quantization and Training of Neural Networks for Efficient
        Integer-Arithmetic-Only Inference", CVPR 2018, section 3.2.

    Example:

    >>> image = keras.Input((8, 8, 3))
    >>> tensor = layers.Conv2D(4, 3, use_bias=False, name="conv")(image)
    >>> tensor = layers.BatchNormalization(name="bn")(tensor)
    >>> model = keras.Model(image, layers.ReLU(name="relu")(tensor))
    >>> [layer.name for layer in fold(model).layers[1:]]
    ['bn', 'relu']
    """
    promised = {}  # id of a tensor not yet computed: (layer, input, the tensor)
    kept = {}  # id of a promised tensor: what it became
    copies = {}

    def copy(layer, normalization=None):
        """Made once for each use, so that a layer that is called twice stays one."""
        key = (id(layer), id(normalization))
        if key not in copies:
            if isinstance(layer, keras.Model) and layer.inputs:
                inputs = layer.inputs if len(layer.inputs) > 1 else layer.inputs[0]
                inner = keras.Model(inputs, layer.outputs, name=layer.name)
                copies[key] = fold(inner)
            elif normalization:
                changes = {"name": normalization.name, "use_bias": True}
                copies[key] = float32_copy(layer, **changes)
            else:
                copies[key] = float32_copy(layer)
        return copies[key]

    def call(layer, *args, **kwargs):
        """Stands where the model calls a layer; `args` are tensors of the copy."""
        tensor = args[0] if args else None
        if _is_scale_and_shift(layer, kwargs) and id(tensor) in promised:
            linear, tensor, _ = promised[id(tensor)]
            merged = copy(linear, layer)
            output = merged(tensor)
            merged.set_weights(_merged_weights(linear, layer))
            return output
        args, kwargs = keras.tree.map_structure(keep_promise, (args, kwargs))
        if _is_linear(layer) and layer.name not in model.output_names:
            promise = keras.KerasTensor(layer.compute_output_shape(args[0].shape))
            promised[id(promise)] = layer, args[0], promise
            return promise
        if not isinstance(layer, keras.Layer):  # an operation of keras.ops
            return layer(*args, **kwargs)
        return compute(layer, *args, **kwargs)

    def keep_promise(tensor):
        """The tensor, computed by an unmerged layer if it was only promised."""
        if id(tensor) not in promised:
            return tensor
        if id(tensor) not in kept:
            linear, source, _ = promised[id(tensor)]
            kept[id(tensor)] = compute(linear, source)
        return kept[id(tensor)]

    def compute(layer, *args, **kwargs):
        twin = copy(layer)
        output = twin(*args, **kwargs)
        if not isinstance(twin, keras.Model):
            twin.set_weights(layer.get_weights())
            if hasattr(twin, "finalize_state"):  # Normalization prepares its weights
                twin.finalize_state()
        return output

    return keras.models.clone_model(
        model,
        clone_function=lambda layer: layer,  # `call` copies what it needs
        call_function=call,
    )


def float32_copy(layer, **changes):
    """A new, unbuilt layer of the same settings that computes in float32.

    Draws no random number, since nothing is to depend on whether a copy was
    made: its weights start at zero, until `set_weights`.

    Args:
        layer: a `keras.Layer`, of any dtype policy.
        **changes: settings that the copy shall have instead.

    Returns:
        A `keras.Layer` of the same class.

    Example:

    >>> dense = layers.Dense(3, activation="relu", dtype="mixed_float16")
    >>> float32_copy(dense).compute_dtype, dense.compute_dtype
    ('float32', 'float16')
    """
    config = layer.get_config()
    for setting in config:
        if setting.endswith("_initializer") and config[setting]:
            config[setting] = "zeros"
    if "seed" in config:
        config["seed"] = 0
    if "dtype" in config:
        config["dtype"] = "float32"
    return type(layer).from_config({**config, **changes})


def _is_linear(layer):
    return (
        type(layer) in LINEAR
        and layer.activation is keras.activations.linear
        and getattr(layer, "data_format", "channels_last") == "channels_last"
        and len(layer.weights) == _kernels(layer) + layer.use_bias  # no adapter, plain
    )


def _kernels(layer):
    return 2 if isinstance(layer, layers.SeparableConv2D) else 1


def _is_scale_and_shift(layer, kwargs):
    return (
        type(layer) is layers.BatchNormalization
        and np.ravel(layer.axis)[0] in (-1, len(layer.input.shape) - 1)
        and not kwargs.get("training")  # told to use the statistics of each batch
    )


def _merged_weights(linear, normalization):
    """Weights of the one layer that does what both did."""
    weights = [weight.astype(np.float64) for weight in normalization.get_weights()]
    *learned, mean, variance = weights
    scale = 1 / np.sqrt(variance + normalization.epsilon)
    if normalization.scale:
        scale *= learned[0]
    shift = -mean * scale
    if normalization.center:
        shift += learned[-1]
    *others, kernel = linear.get_weights()[: _kernels(linear)]
    depthwise = isinstance(linear, layers.DepthwiseConv2D)  # last: inputs, multiplier
    channels = kernel.shape[-2:] if depthwise else kernel.shape[-1:]
    if linear.use_bias:
        shift += linear.get_weights()[-1] * scale
    return [*others, kernel * scale.reshape(channels), shift]
