"""Batch normalization folded away: the same answers, for every pattern and network."""

import random

import keras
import numpy as np
import pytest
from keras import layers

from utils import backbones
from utils.folding import float32_copy, fold

IMAGE = (12, 12, 6)


def scatter(model, seed=0):
    """Weights as training leaves them: no normalization is the identity."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            scatter(layer)
        elif isinstance(layer, layers.BatchNormalization):
            channels = layer.moving_mean.shape
            layer.moving_mean.assign(rng.normal(0, 0.2, channels))
            layer.moving_variance.assign(rng.uniform(0.5, 2, channels))
            if layer.scale:
                layer.gamma.assign(rng.uniform(0.5, 1.5, channels))
            if layer.center:
                layer.beta.assign(rng.normal(0, 0.2, channels))
        elif isinstance(layer, layers.Normalization) and layer.weights:
            mean, variance, count = layer.get_weights()
            layer.set_weights([mean + 0.3, variance + 0.5, count])
            layer.finalize_state()
        elif getattr(layer, "use_bias", False):
            layer.bias.assign(rng.normal(0, 0.2, layer.bias.shape))
    return model


def same(model, size=IMAGE):
    """The folded copy, after it answered as the model does."""
    keras.utils.set_random_seed(0)
    scatter(model)
    batch = np.random.default_rng(1).normal(size=(3, *size)).astype(np.float32)
    wanted = keras.tree.flatten(model(batch, training=False))
    folded = fold(model)
    found = keras.tree.flatten(folded(batch, training=False))
    for one, other in zip(wanted, found, strict=True):
        np.testing.assert_allclose(other, one, atol=1e-4)
    return folded


def normalizations(model):
    return sum(isinstance(layer, layers.BatchNormalization) for layer in model.layers)


def behind(layer, **settings):
    image = keras.Input(IMAGE)
    tensor = layers.BatchNormalization(name="bn", **settings)(layer(image))
    return keras.Model(image, layers.ReLU()(tensor))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"scale": False},
        {"center": False, "epsilon": 0.1},
        {"scale": False, "center": False, "axis": 3},
    ],
)
@pytest.mark.parametrize(
    "make",
    [
        lambda **bias: layers.Conv2D(4, 3, 2, "same", **bias),
        lambda **bias: layers.Conv2D(4, 3, groups=2, dilation_rate=2, **bias),
        lambda **bias: layers.DepthwiseConv2D(3, 2, depth_multiplier=3, **bias),
        lambda **bias: layers.SeparableConv2D(4, 3, depth_multiplier=2, **bias),
        lambda **bias: layers.Dense(5, **bias),
    ],
)
def test_a_normalization_goes_into_the_layer_before_it(make, settings, bias):
    folded = same(behind(make(use_bias=bias), **settings))
    assert normalizations(folded) == 0
    assert len(folded.layers) == 3 and folded.get_layer("bn").use_bias


@pytest.mark.parametrize(
    ("layer", "settings"),
    [
        (layers.Conv2D(4, 3, activation="relu"), {}),
        (layers.Conv2DTranspose(4, 3), {}),
        (layers.MaxPooling2D(), {}),
        (layers.Conv2D(4, 3, padding="same"), {"axis": 1}),
    ],
)
def test_a_normalization_behind_anything_else_stays(layer, settings):
    assert normalizations(same(behind(layer, **settings))) == 1


def test_two_normalizations_in_a_row():
    image = keras.Input(IMAGE)
    tensor = layers.BatchNormalization()(layers.Conv2D(4, 3)(image))
    folded = same(keras.Model(image, layers.BatchNormalization()(tensor)))
    assert normalizations(folded) == 1


def test_statistics_of_the_batch_stay_when_the_network_asks_for_them():
    image = keras.Input(IMAGE)
    tensor = layers.BatchNormalization()(layers.Conv2D(4, 3)(image), training=True)
    assert normalizations(same(keras.Model(image, tensor))) == 1


def test_an_output_keeps_its_meaning():
    image = keras.Input(IMAGE)
    raw = layers.Conv2D(4, 3, name="raw")(image)
    normal = layers.BatchNormalization(name="normal")(raw)
    folded = same(keras.Model(image, [raw, normal, layers.ReLU()(normal)]))
    assert {"raw", "normal"} <= {layer.name for layer in folded.layers}


def test_a_convolution_that_others_need_as_well_is_kept_for_them():
    image = keras.Input(IMAGE)
    raw = layers.Conv2D(4, 3, padding="same", name="raw")(image)
    normal = layers.BatchNormalization()(raw)
    same(keras.Model(image, layers.Add()([normal, raw, layers.ReLU()(raw)])))


def test_layers_that_are_called_twice():
    image = keras.Input(IMAGE)
    convolve = layers.Conv2D(6, 3, padding="same")
    normalize = layers.BatchNormalization()
    tensor = normalize(convolve(normalize(convolve(image))))
    folded = same(keras.Model(image, tensor))
    assert len(folded.layers) == 2


@pytest.mark.parametrize("kind", ["sequential", "functional"])
def test_networks_within_a_network(kind):
    inner = keras.Sequential(
        [keras.Input(IMAGE), layers.Conv2D(4, 3), layers.BatchNormalization()],
        name="inner",
    )
    if kind == "functional":
        inner = keras.Model(inner.inputs[0], inner.outputs[0], name="inner")
    image = keras.Input(IMAGE)
    folded = same(keras.Model(image, layers.ReLU()(inner(layers.Dropout(0.5)(image)))))
    assert normalizations(folded.get_layer("inner")) == 0


def test_operations_that_are_no_layers():
    image = keras.Input(IMAGE)
    tensor = layers.BatchNormalization()(layers.Conv2D(4, 3)(image / 2.0))
    same(keras.Model(image, keras.ops.concatenate([tensor, tensor + 1.0])))


@pytest.mark.parametrize("name", [backbones.BUNDLED, *backbones.APPLICATIONS])
def test_every_network_answers_the_same(name):
    size = 75 if name in ("InceptionV3", "Xception") else 64
    backbone = backbones.load(name, image_size=size, weights=None)
    outputs = [backbone.model.get_layer(layer).output for layer in backbone.layers]
    model = scatter(keras.Model(backbone.model.input, outputs))
    batch = np.random.default_rng(1).uniform(0, 255, (2, size, size, 3))
    batch = backbone.preprocess(batch)
    folded = fold(model)
    for layer, one, other in zip(
        backbone.layers,
        model(batch, training=False),
        folded(batch, training=False),
    ):
        one, other = np.asarray(one), np.asarray(other)
        largest = np.abs(one).max()
        assert largest > 0, layer
        assert np.abs(one - other).max() < 1e-3 * max(1, largest), layer
    if "DenseNet" not in name and "VGG" not in name:
        assert normalizations(model) > 40 * normalizations(folded)
    keras.backend.clear_session()


def test_the_copy_shares_nothing_and_leaves_the_model_as_it_was():
    model = behind(layers.Conv2D(4, 3))
    before = [weight.copy() for weight in scatter(model).get_weights()]
    fold(model).layers[1].kernel.assign(np.zeros((3, 3, 6, 4)))
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_copy_draws_no_random_number():
    image = keras.Input(IMAGE)
    tensor = layers.Dropout(0.5)(layers.Conv2D(4, 3)(image))
    model = keras.Model(image, layers.Dense(3)(layers.GaussianNoise(0.1)(tensor)))
    random.seed(0)
    state = random.getstate()
    fold(model)
    assert random.getstate() == state


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_a_copy_computes_in_float32(policy):
    keras.config.set_dtype_policy(policy)
    try:
        model = scatter(behind(layers.Conv2D(4, 3)))
        folded = fold(model)
        batch = np.random.default_rng(0).normal(size=(2, *IMAGE))
        answer = folded(batch)
    finally:
        keras.config.set_dtype_policy("float32")
    _, *computing = folded.layers  # the input has nothing to compute
    assert {layer.compute_dtype for layer in computing} == {"float32"}
    plain = behind(layers.Conv2D(4, 3))
    plain.set_weights(model.get_weights())
    np.testing.assert_allclose(answer, plain(batch), atol=1e-5)
    assert float32_copy(model.layers[1]).compute_dtype == "float32"
    assert model.layers[1].compute_dtype == policy.removeprefix("mixed_")
