"""What counts of a network that a learner built: its weights, and what it computes.

Two networks are compared under the *same* random weights: each kernel is drawn from a
seed made of its shape and of how many of this shape came before it. So a block of
layers, `keras.ops`, or `keras.activations` is right if it computes the right thing.
"""

import keras
import numpy as np

from utils.exercises.values import Wrong, describe


def network(x, y):
    """The learner's block as a Keras model.

    Args:
        x: `keras.Input` that the block was called on.
        y: what came back.

    Raises:
        Wrong: if it is no output of layers that begin at x.
    """
    if isinstance(y, keras.Model) and y.inputs:
        x, y = y.inputs, y.outputs[0]
    if not keras.utils.is_keras_tensor(y):
        raise Wrong(
            f"the block must return the output of a layer; received {describe(y)}"
        )
    try:
        model = keras.Model(x, y)
        keras.ops.convert_to_numpy(model(np.zeros((1, *model.input_shape[1:]))))
        return model
    except Exception:
        raise Wrong(
            "what came back does not come from x: layers must be called on x"
        ) from None


def leaves(layer):
    """All layers inside, those of models in the model too, from input to output."""
    inner = getattr(layer, "layers", None)
    return [leaf for each in inner for leaf in leaves(each)] if inner else [layer]


def kernels_of(model):
    """List of `(key, kernel, bias or None)`; the key is shape and number of it."""
    found, seen = [], {}
    for layer in leaves(model):
        for weight in layer.weights:
            if "kernel" in weight.name:
                shape = tuple(weight.shape)
                if isinstance(layer, keras.layers.Dense):  # on maps, a 1 × 1
                    shape = (1, 1, *shape)
                if getattr(layer, "groups", 1) == shape[-1] > 1:  # as if depthwise
                    shape = (*shape[:-2], shape[-1], 1)
                seen[shape] = seen.get(shape, 0) + 1
                bias = getattr(layer, "bias", None)
                found.append(((*shape, seen[shape]), weight, bias))
    return found


def computed(model, biased=(), training=False):
    """The output for random maps, under weights drawn by the kernels' keys.

    Args:
        model: Keras model; its weights change.
        biased: keys of the kernels whose bias is drawn as well; the others' are 0.
        training: as Keras has it.
    """
    for key, kernel, bias in kernels_of(model):
        draw = np.random.default_rng(key)
        kernel.assign(draw.normal(0, 0.5, key[:-1]).reshape(kernel.shape))
        if bias is not None:
            bias.assign(draw.normal(0, 1, bias.shape) * (key in biased))
    maps = np.random.default_rng(0).normal(size=(1, *model.input_shape[1:]))
    return keras.ops.convert_to_numpy(model(maps.astype("float32"), training=training))


def reference(block, x, *arguments):
    """The network of the solution for an input; built once."""
    key = block, id(x), arguments
    if key not in _REFERENCES:
        _REFERENCES[key] = x, keras.Model(x, block(x, *arguments))
    return _REFERENCES[key][1]


_REFERENCES = {}


def facts(y, x, right, may_have_biases=True):
    """What counts of a block, as a view returns it.

    Args:
        y: what the learner's block returned.
        x: `keras.Input` that it was called on.
        right: the solution's `reference`. It gets the learner's biases: a block may
            have some, or none.
        may_have_biases: if not, they count as parameters too many.
    """
    model = network(x, y)
    kernels, keys = kernels_of(model), [key for key, *_ in kernels_of(right)]
    biased = [key for key, _, bias in kernels if bias is not None]
    count = sum(int(np.prod(kernel.shape)) for _, kernel, _ in kernels)
    biases = sum(int(np.prod(bias.shape)) for _, _, bias in kernels if bias is not None)
    output = computed(model)
    told = {
        "weights in kernels": count,
        "the shape of the output": " × ".join(map(str, model.output_shape[1:])),
        "the kernels": ", ".join(
            sorted(" × ".join(map(str, k[:-1])) for k, *_ in kernels)
        ),
        "parameters besides the kernels": model.count_params() - count,
        "the output for random weights": output,
    }
    if sorted(keys) != sorted(key for key, *_ in kernels):
        return told  # wrong anyway; time is dear
    told["the same in training and in use"] = _alike(output, computed(model, (), True))
    if may_have_biases:
        told["parameters besides the kernels"] -= biases
        biased_outputs = computed(model, biased), computed(right, biased)
        told["the biases where they belong"] = _alike(*biased_outputs)
    return told


def _alike(one, other):
    scale = 1e-3 * (np.abs(other).max() + 1)
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-3, atol=scale)
