"""Pre-trained networks: real photographs, own preprocessing, layers, clear errors."""

import os
from importlib import resources

import keras
import numpy as np
import pytest
from PIL import Image

from utils import backbones


def test_bundled_network_recognizes_photographs():
    """18 of the 20 ImageNet validation photographs that foolbox carries."""
    backbone, right = backbones.load(), 0
    files = (resources.files("foolbox") / "data").iterdir()
    photographs = [file for file in files if file.name.startswith("imagenet")]
    for file in photographs:
        picture = Image.open(str(file)).convert("RGB")
        side = int(min(picture.size) * 0.875)
        left, top = ((length - side) // 2 for length in picture.size)
        box = (left, top, left + side, top + side)
        picture = picture.resize((224, 224), Image.Resampling.BICUBIC, box=box)
        batch = backbone.preprocess(np.asarray(picture)[None])
        scores = backbone.model.predict_on_batch(batch)
        right += int(scores.argmax()) == int(file.name.split("_")[2].split(".")[0])
    assert len(photographs) == 20 and right == 18


@pytest.mark.parametrize("name", backbones.APPLICATIONS)
def test_every_network_has_its_named_layers(name):
    backbone = backbones.load(name, weights=None)
    assert backbone.layers == backbones.APPLICATIONS[name][2]
    assert backbone.model.layers[-1].name == "predictions"
    keras.backend.clear_session()


@pytest.mark.parametrize("size", [224, 96])
def test_a_second_network_has_the_same_layers(size):
    """Keras numbers the layers without a name of their own through all networks."""
    keras.layers.GlobalAveragePooling2D()
    name, points = "MobileNetV2", backbones.APPLICATIONS["MobileNetV2"][2]
    small = backbones.load(name, size, weights=None)
    assert small.layers == (points if size == 224 else points[:-1])
    assert small.shapes()["avg_pool"] == (1280,)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("name", [backbones.BUNDLED, "MobileNetV2"])
def test_class_probabilities_are_float32_under_any_policy(name, policy):
    if policy == "mixed_bfloat16" and os.environ.get("DNNL_MAX_CPU_ISA"):
        # TensorFlow asks the processor what oneDNN can, and not this setting
        pytest.skip("oneDNN was told to do without what bfloat16 needs")
    weights = "imagenet" if name == backbones.BUNDLED else None
    keras.config.set_dtype_policy(policy)
    try:
        model = backbones.load(name, weights=weights).model
        images = np.random.default_rng(0).normal(size=(2, 224, 224, 3))
        found = model.predict(images, verbose=0)
    finally:
        keras.config.set_dtype_policy("float32")
    assert found.dtype == np.float32 and found.shape == (2, 1000)
    # in half precision the sums miss 1 by more
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert model.layers[1].compute_dtype == policy.removeprefix("mixed_")
    assert model.get_layer("predictions") is model.layers[-1]


def test_own_preprocessing():
    pixel = np.array([[[[10, 20, 30]]]], np.uint8)
    wanted = backbones.load("ResNet50", weights=None).preprocess(pixel)
    np.testing.assert_allclose(wanted.ravel(), [-73.939, -96.779, -113.68], atol=1e-3)
    assert pixel.ravel().tolist() == [10, 20, 30]


def test_missing_weights_name_the_remedy(monkeypatch):
    def offline(**arguments):
        raise Exception("URL fetch failure on https://…: None -- no route")

    monkeypatch.setattr(keras.applications, "ResNet50", offline)
    with pytest.raises(ConnectionError, match="Connect .*or use 'Efficient"):
        backbones.load("ResNet50")


def test_half_a_file_of_weights_is_called_damaged(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(
        "keras.src.utils.file_utils.config.keras_home", lambda: str(tmp_path)
    )
    name = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_96_no_top.h5"
    path = tmp_path / "models" / name
    path.parent.mkdir()
    keras.applications.MobileNetV2(
        input_shape=(96, 96, 3), include_top=False, weights=None
    ).save_weights(tmp_path / "whole.weights.h5")
    whole = (tmp_path / "whole.weights.h5").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(OSError, match="MobileNetV2 in .*models are damaged: .*Delete"):
        backbones.load("MobileNetV2", 96)


@pytest.mark.parametrize("image_size", [0, 31, 224.0, "224", True])
def test_a_side_that_is_none_is_refused(image_size):
    with pytest.raises(ValueError, match="`image_size` must be a whole number from 32"):
        backbones.load(image_size=image_size)


def test_unknown_network_is_refused():
    with pytest.raises(ValueError, match="Choose one of EfficientNetLite0.*'LeNet'"):
        backbones.load("LeNet")
