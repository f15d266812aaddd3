"""Frozen features: right, streamed, and never a wrong hit in the cache."""

import dataclasses
import gc
import os
import subprocess
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

from utils import backbones, features
from utils.exercises.values import copied
from utils.features import _workers, extract, resize


@pytest.fixture(scope="module")
def whole():
    return backbones.load(image_size=64)


def begun(whole):
    """A copy of its first five blocks, with other classes: sooner traced."""
    maps = whole.model.get_layer("block5").output
    pooled = keras.layers.GlobalAveragePooling2D(name="avg_pool")(maps)
    drawn = keras.initializers.GlorotUniform(seed=0)
    settings = {"kernel_initializer": drawn, "name": "predictions"}
    classes = keras.layers.Dense(9, activation="softmax", **settings)(pooled)
    model = copied(keras.Model(whole.model.input, classes))
    blocks = [f"block{number}" for number in range(1, 6)]
    layers = ("stem", *blocks, "avg_pool", "predictions")
    return dataclasses.replace(whole, model=model, layers=layers)


@pytest.fixture(scope="module")
def backbone(whole):
    return begun(whole)


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (6, 40, 40), np.uint8)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    monkeypatch.setenv("TQDM_DISABLE", "1")
    monkeypatch.setattr(features, "_workers", lambda: 1)  # each traces the network
    return tmp_path / "features"


def plainly(backbone, images, layer):
    """Without any of the engine: the network itself, all images at once."""
    tapped = keras.Model(backbone.model.input, backbone.model.get_layer(layer).output)
    batch = backbone.preprocess(resize(images, backbone.image_size))
    return np.asarray(tapped(batch, training=False))


LAYERS = ("predictions", "block1", "stem_bn", "block15", "block3", "stem_conv", "head")


@pytest.mark.parametrize("shape", [(11, 40, 40), (11, 90, 50, 3)])
def test_features_are_those_of_the_network(whole, shape):
    pictures = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    net = dataclasses.replace(whole, layers=LAYERS)  # a normalization, a convolution
    maps = extract(net, pictures, LAYERS, pooling=None)
    pooled = extract(net, pictures, LAYERS)
    assert list(maps) == list(pooled) == list(LAYERS)
    for layer in LAYERS:
        wanted = plainly(whole, pictures, layer)
        assert maps[layer].dtype == pooled[layer].dtype == np.float32
        np.testing.assert_allclose(maps[layer], wanted, atol=1e-3)
        if wanted.ndim == 4:
            wanted = wanted.mean(axis=(1, 2))
        np.testing.assert_allclose(pooled[layer], wanted, atol=1e-3)
        alone = extract(net, pictures, layer, cache=False)[layer]
        np.testing.assert_allclose(alone, pooled[layer], atol=1e-4)


@pytest.mark.parametrize("cached", [True, False])
def test_a_changed_network_has_other_features(whole, images, cached):
    """Weights, statistics of a normalization, an activation: nothing goes stale."""
    net = begun(whole)
    convolution = net.model.get_layer("block5_project")
    projected = net.model.get_layer("block3_project_bn")
    found = [extract(net, images, cache=cached)["avg_pool"]]
    convolution.kernel.assign(convolution.kernel * 1.1)
    found.append(extract(net, images, cache=cached)["avg_pool"])
    projected.moving_mean.assign(projected.moving_mean + 0.1)
    found.append(extract(net, images, cache=cached)["avg_pool"])
    np.testing.assert_allclose(found[-1], plainly(net, images, "avg_pool"), atol=1e-3)
    for one, other in zip(found, found[1:]):
        assert np.abs(one - other).max() > 0.01


def test_a_changed_activation_is_noticed(whole, images):
    net = begun(whole)
    extract(net, images, "predictions", cache=False)
    net.model.get_layer("predictions").activation = keras.activations.linear
    logits = extract(net, images, "predictions", cache=False)["predictions"]
    np.testing.assert_allclose(logits, plainly(net, images, "predictions"), atol=1e-3)
    assert logits.min() < 0


def test_the_engine_is_made_once_and_dies_with_its_network(whole, images, monkeypatch):
    made = []
    fold = features.fold
    monkeypatch.setattr(features, "fold", lambda model: made.append(1) or fold(model))
    net = begun(whole)
    for pictures in (images, images[:3], np.concatenate([images] * 3)):
        extract(net, pictures, cache=False)
    assert len(made) == 1
    extract(net, images, "block3", cache=False)
    assert len(made) == 2
    alive = weakref.ref(net.model)
    del net
    gc.collect()
    assert alive() is None


def test_later_weights_do_not_depend_on_a_hit(backbone, images):
    """A model made after an extraction starts alike, however that one went."""
    starts = []
    for _ in range(2):  # computed, then read
        keras.utils.set_random_seed(0)
        extract(backbone, images, ("block3", "predictions"))
        starts.append(keras.layers.Dense(3))
        starts[-1].build((None, 4))
    first, second = (layer.kernel.numpy() for layer in starts)
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("loaded", ["float32", None])
def test_any_policy_gives_the_features_of_float32(whole, images, policy, loaded):
    wanted = plainly(whole, images, "block15").mean(axis=(1, 2))
    keras.config.set_dtype_policy(loaded or policy)
    try:
        net = backbones.load(image_size=64)
        keras.config.set_dtype_policy(policy)
        found = extract(net, images, "block15", cache=False)["block15"]
    finally:
        keras.config.set_dtype_policy("float32")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=1e-3)


@pytest.mark.parametrize(
    ("processors", "quota", "workers"),
    [
        (1, "max 100000", 1),
        (2, "max 100000", 2),
        (96, "max 100000", 4),
        (96, "300000 100000", 3),
        (96, "150000 100000", 2),  # one and a half
        (96, "20000 100000", 1),
        (96, "-1", 4),  # the older layout from here on
        (96, "200000", 2),
        (3, "1600000", 3),
        (96, None, 4),  # no container
    ],
)
def test_the_pool_fits_the_machine(processors, quota, workers, tmp_path, monkeypatch):
    monkeypatch.setattr(features, "CGROUP", tmp_path)
    if quota and " " in quota:
        (tmp_path / "cpu.max").write_text(quota + "\n")
    elif quota:
        (tmp_path / "cpu").mkdir()
        (tmp_path / "cpu/cpu.cfs_quota_us").write_text(quota + "\n")
        (tmp_path / "cpu/cpu.cfs_period_us").write_text("100000\n")
    allowed = set(range(processors))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: allowed, raising=False)
    assert _workers() == workers
    monkeypatch.delattr(os, "sched_getaffinity")  # as on macOS and Windows
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    assert _workers() == workers


def test_pooling_is_the_mean_of_the_map(backbone, images):
    maps = extract(backbone, images, "block5", pooling=None)["block5"]
    pooled = extract(backbone, images, "block5")["block5"]
    np.testing.assert_allclose(maps.mean(axis=(1, 2)), pooled, atol=1e-4)


def test_both_poolings_stand_side_by_side(backbone, images):
    layers = ("block4", "avg_pool")
    unpooled = extract(backbone, images, layers, pooling=None)
    found = extract(backbone, images, layers, pooling=("avg", "max"))
    maps = unpooled["block4"]
    both = np.hstack([maps.mean(axis=(1, 2)), maps.max(axis=(1, 2))])
    np.testing.assert_allclose(found["block4"], both, atol=1e-4)
    np.testing.assert_allclose(found["avg_pool"], unpooled["avg_pool"], atol=1e-4)


def test_each_layer_can_have_its_pooling(backbone, images, monkeypatch):
    """One pass gives what several would, and is found again by each of them."""
    layers = {"block2": ("avg", "max"), "block3": "max", "block4": None}
    wanted = {
        layer: extract(backbone, images, layer, way, cache=False)[layer]
        for layer, way in layers.items()
    }
    found = extract(backbone, images, [*layers, "avg_pool"], layers)
    for layer, values in wanted.items():
        np.testing.assert_allclose(found[layer], values, atol=1e-4)
    monkeypatch.setattr(features, "_compute", None)  # from here on nothing is computed
    extract(backbone, images)
    extract(backbone, images, "block2", pooling="max")
    extract(backbone, images, ("block4", "block2"), {"block4": None})


def test_an_averaging_layer_is_kept_as_the_averaged_maps(backbone, images, monkeypatch):
    maps = extract(backbone, images, "block5")["block5"]
    monkeypatch.setattr(features, "_compute", None)  # from here on nothing is computed
    found = extract(backbone, images, ("block5", "avg_pool"))
    np.testing.assert_array_equal(found["avg_pool"], maps)
    found["block5"][:] = 0
    assert found["avg_pool"].any()


def test_order_of_images_is_kept(backbone, images):
    many = np.concatenate([images] * 5)
    found = extract(backbone, many)["avg_pool"]
    np.testing.assert_allclose(found[:6], found[24:], atol=1e-4)


def test_threads_do_not_disturb_each_other(whole, monkeypatch):
    """Every sum of a block is read a second time while other batches run.

    In TensorFlow 2.20 two threads in one compiled function then gave wrong features,
    or crashed.
    """
    monkeypatch.setattr(features, "_workers", lambda: 4)
    pictures = np.random.default_rng(0).integers(0, 256, (40, 64, 64), np.uint8)
    blocks = [name for name in whole.layers if name.startswith("block")]
    both = {"layers": blocks, "pooling": ("avg", "max"), "cache": False}
    wanted = extract(whole, pictures, **both)

    def repeat(_):
        return extract(whole, np.concatenate([pictures] * 20), **both)

    with ThreadPoolExecutor(2) as pool:  # two calls at once, four threads each
        for found in pool.map(repeat, range(2)):
            for name, values in found.items():
                parts = values.reshape(20, *wanted[name].shape)
                np.testing.assert_allclose(parts - wanted[name], 0, atol=1e-3)


def test_second_call_reads_the_cache(backbone, images, cache):
    first = extract(backbone, images)["avg_pool"]
    (file,) = cache.iterdir()
    before = file.stat().st_mtime_ns
    assert np.array_equal(extract(backbone, images)["avg_pool"], first)
    assert file.stat().st_mtime_ns == before


def test_any_change_is_a_miss(backbone, images, cache):
    one_pixel = images.copy()
    one_pixel[0, 0, 0] ^= 1
    raw = dataclasses.replace(backbone, preprocess=lambda x: np.asarray(x, np.float32))
    for net, pictures in (
        (backbone, images),
        (backbone, images[::-1]),
        (backbone, images.astype(np.float32)),
        (backbone, one_pixel),
        (raw, images),
        (backbones.load(image_size=96), images),
    ):
        extract(net, pictures)
    assert len(list(cache.iterdir())) == 6


def test_features_of_another_engine_are_not_read(backbone, images, cache, monkeypatch):
    extract(backbone, images)
    monkeypatch.setattr(features, "ENGINE", features.ENGINE + 1)
    extract(backbone, images)
    assert len(list(cache.iterdir())) == 2


def test_damaged_cache_is_computed_anew(backbone, images, cache):
    first = extract(backbone, images)["avg_pool"]
    (file,) = cache.iterdir()
    file.write_bytes(file.read_bytes()[:-50])
    with pytest.warns(UserWarning, match="damaged"):
        again = extract(backbone, images)["avg_pool"]
    np.testing.assert_allclose(again, first, atol=1e-5)


def test_a_blocked_folder_only_warns(backbone, images, tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("COURSE_CACHE", str(blocked))
    with pytest.warns(UserWarning, match="could not be kept"):
        assert extract(backbone, images)["avg_pool"].shape == (6, 40)


def test_unfinished_file_is_no_hit(backbone, images, cache):
    extract(backbone, images)
    (file,) = cache.iterdir()
    os.replace(file, cache / ".unfinished-x")
    extract(backbone, images)
    assert file.exists()


def bright_only(images):
    return np.where(images > 200, images, np.float32(0))


def test_the_whole_range_of_preprocessing_is_in_the_key(backbone, images, cache):
    other = dataclasses.replace(backbone, preprocess=bright_only)
    zero = dataclasses.replace(backbone, preprocess=lambda x: x * np.float32(0))
    for net in (other, zero):  # they agree on all values up to 200
        extract(net, images)
    assert len(list(cache.iterdir())) == 2


def test_architecture_and_precision_are_in_the_key(whole, images, cache):
    net = begun(whole)
    extract(net, images, "predictions")
    net.model.get_layer("predictions").activation = keras.activations.linear
    extract(net, images, "predictions")  # the same name, weights and preprocessing
    keras.config.set_dtype_policy("mixed_float16")
    try:
        extract(begun(whole), images, "predictions")
    finally:
        keras.config.set_dtype_policy("float32")
    assert len(list(cache.iterdir())) == 3


def joined(place):
    """Three convolutions in a row; the last one's maps are added to another's."""
    maps = [keras.Input((8, 8, 2))]
    for _ in range(3):
        maps.append(keras.layers.Conv2D(2, 1)(maps[-1]))
    return keras.Model(maps[0], keras.layers.Add()([maps[place], maps[3]]))


def test_automatic_names_are_not_in_the_key():
    """Keras numbers its layers on: conv2d, conv2d_1, in the next network conv2d_3."""
    networks = [joined(1), joined(1), joined(2)]  # the last differs in one link alone
    first, again, other = map(features._architecture, networks)
    assert networks[1].layers[1].name not in first and first == again != other


def test_what_was_not_asked_for_is_computed_anew(backbone, images, cache):
    first = extract(backbone, images, ("block2", "block3"))
    second, third = sorted(cache.iterdir(), key=lambda file: file.stem[-1])
    third.write_bytes(second.read_bytes())
    with pytest.warns(UserWarning, match="not those that were asked for"):
        again = extract(backbone, images, "block3")["block3"]
    np.testing.assert_allclose(again, first["block3"], atol=1e-5)
    for values in (first["block3"][:3], first["block3"].astype(float)):
        np.savez(third, features=values, name=third.stem)
        with pytest.warns(UserWarning, match="not those that were asked for"):
            again = extract(backbone, images, "block3")["block3"]
        np.testing.assert_allclose(again, first["block3"], atol=1e-5)


def test_no_permission_is_not_called_damage(backbone, images, cache, monkeypatch):
    extract(backbone, images)

    def forbidden(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(np, "load", forbidden)
    with pytest.warns(UserWarning, match=r"cannot be read \(Permission denied\)"):
        extract(backbone, images)


def test_too_little_memory_is_not_called_damage(backbone, images, cache, monkeypatch):
    extract(backbone, images)

    def full(path):
        raise MemoryError

    monkeypatch.setattr(np, "load", full)
    with pytest.raises(MemoryError):
        extract(backbone, images)


@pytest.mark.parametrize(
    ("layers", "pooling", "message"),
    [
        ("fc2", "avg", "Layers of .*avg_pool.* Received: fc2"),
        ((), "avg", "Layers of .* Received: "),
        (None, "avg", "Layers of .* Received: None"),
        ("avg_pool", "sum", r"one of 'avg', 'max', \('avg', 'max'\), None, .* 'sum'"),
        ("block3", {"block3": "sum"}, "such as {'block3': None}. Received: {'block3'"),
        ("block3", {"block4": None}, "layers that are asked for.* Received: {'block4'"),
    ],
)
def test_unknown_layers_and_poolings_are_refused(
    backbone, images, layers, pooling, message
):
    with pytest.raises(ValueError, match=message):
        extract(backbone, images, layers, pooling)


def test_images_in_place_of_the_network_are_refused(backbone, images):
    with pytest.raises(ValueError, match="the images come second. Received: ndarray"):
        extract(images, backbone)


EXTRACT = (
    "import numpy as np\n"
    "from utils import backbones\n"
    "from utils.features import extract\n"
    "images = np.random.default_rng(0).integers(0, 256, (6, 40, 40), np.uint8)\n"
    "print(extract(backbones.load(image_size=64), images)['avg_pool'].sum())"
)


def test_two_processes_share_one_cache(cache):
    command, pipe = [sys.executable, "-c", EXTRACT], subprocess.PIPE
    both = [subprocess.Popen(command, stdout=pipe, text=True) for _ in range(2)]
    sums = {process.communicate()[0] for process in both}
    assert [process.returncode for process in both] == [0, 0] and len(sums) == 1
    assert len(list(cache.iterdir())) == 1
