"""Features of photographs on disk: few in memory, stopped and continued, shared."""

import dataclasses
import json
import subprocess
import sys
import weakref

import numpy as np
import pytest
from PIL import Image

from utils import backbones, feature_files, features
from utils.features import extract, resize
from utils.photographs import lazy
from utils.photographs.decoding import read, to_square
from utils.photographs.lazy import File, Photographs, stamp_of

LAYERS = ("block3", "avg_pool")


@pytest.fixture(scope="module")
def backbone():
    return backbones.load(image_size=32)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TQDM_DISABLE", "1")
    return tmp_path / "cache" / "features"


@pytest.fixture
def images(tmp_path):
    """40 photographs, upright and across in turn."""
    files = []
    for number in range(40):
        rows, columns = (60, 80) if number % 2 else (80, 60)
        pixels = np.random.default_rng(number).integers(0, 256, (rows, columns, 3))
        path = tmp_path / f"{number:02}.png"
        Image.fromarray(pixels.astype(np.uint8)).save(path)
        files.append(File(path, stamp_of(path), f"digest {number}", rows, columns))
    return Photographs(files)


@pytest.mark.parametrize("way", ["squash", "crop", "pad"])
def test_features_are_those_of_the_square_pictures(backbone, images, way):
    images = Photographs(images.files, way)
    squares = np.stack([to_square(image, 32, way) for image in images])
    assert np.array_equal(resize(images, 32), squares)
    wanted = extract(backbone, squares, LAYERS, cache=False)
    found = extract(backbone, images, LAYERS)
    for layer in LAYERS:
        np.testing.assert_allclose(found[layer], wanted[layer], atol=1e-5)


def test_only_as_many_pictures_are_in_memory_as_there_are_workers(
    backbone, images, monkeypatch
):
    alive, most = [], []

    def counted(path):
        image = read(path)
        alive.append(path)
        weakref.finalize(image, alive.remove, path)
        most.append(len(alive))
        return image

    monkeypatch.setattr(lazy, "read", counted)
    monkeypatch.setattr(features, "_workers", lambda: 3)
    extract(backbone, images, cache=False)
    assert len(most) == 40 and max(most) <= 3


class Stop(BaseException):
    """As a KeyboardInterrupt, which would end pytest."""


def test_a_stopped_run_goes_on(backbone, images, cache, monkeypatch):
    monkeypatch.setattr(features, "PART", 16)
    seen = []

    def watched(path):
        seen.append(path.stem)
        if len(seen) > 35:
            raise Stop
        return read(path)

    wanted = extract(backbone, images, LAYERS, cache=False)
    monkeypatch.setattr(lazy, "read", watched)
    with pytest.raises(Stop):
        extract(backbone, images, LAYERS)
    assert len(list(cache.iterdir())) == 4  # two parts of two layers
    seen.clear()
    found = extract(backbone, images, LAYERS)
    assert seen == sorted(seen) and seen[0] == "32" and len(seen) == 8
    assert len(list(cache.iterdir())) == 2  # the whole of each layer
    for layer in LAYERS:
        np.testing.assert_allclose(found[layer], wanted[layer], atol=1e-5)
    seen.clear()
    assert np.array_equal(extract(backbone, images)["avg_pool"], found["avg_pool"])
    assert not seen


def test_a_damaged_part_is_computed_anew(backbone, images, cache, monkeypatch):
    monkeypatch.setattr(features, "PART", 16)
    monkeypatch.setattr(features, "store", lambda path, values: False)  # as if killed
    first = extract(backbone, images)["avg_pool"]
    parts = sorted(cache.iterdir())
    assert [part.stem.split("-", 2)[2] for part in parts] == ["0-of-40", "16-of-40"]
    parts[0].write_bytes(parts[0].read_bytes()[:-50])
    monkeypatch.setattr(features, "store", feature_files.store)
    with pytest.warns(UserWarning, match="0-of-40.npz are damaged") as told:
        again = extract(backbone, images)["avg_pool"]
    assert [one.filename for one in told if one.category is UserWarning] == [__file__]
    np.testing.assert_allclose(again, first, atol=1e-5)
    assert len(list(cache.iterdir())) == 1


def test_arrays_go_on_as_well(backbone, cache, monkeypatch):
    monkeypatch.setattr(features, "PART", 16)
    pictures = np.random.default_rng(0).integers(0, 256, (40, 32, 32), np.uint8)
    failing = dataclasses.replace(backbone, preprocess=stops_after(backbone, 3))
    with pytest.raises(Stop):
        extract(failing, pictures)
    assert list(cache.iterdir())
    wanted = extract(backbone, pictures, cache=False)["avg_pool"]
    found = extract(backbone, pictures)["avg_pool"]
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def stops_after(backbone, calls):
    left = list(range(calls))

    def preprocess(images):
        if images.shape[1] == 32:  # the key asks for 16 x 16
            if not left:
                raise Stop
            left.pop()
        return backbone.preprocess(images)

    return preprocess


def test_a_blocked_folder_warns_once_a_layer(backbone, images, tmp_path, monkeypatch):
    monkeypatch.setattr(features, "PART", 8)
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("COURSE_CACHE", str(blocked))
    with pytest.warns(UserWarning, match="could not be kept") as told:
        assert extract(backbone, images)["avg_pool"].shape == (40, 1280)
    assert len(told) == 2  # a part, and the whole
    assert {one.filename for one in told} == {__file__}


def test_a_photograph_that_has_changed_is_named(backbone, images):
    Image.new("L", (3, 3)).save(images.files[20].path)
    with pytest.raises(OSError, match="20.png has changed"):
        extract(backbone, images)


def test_content_order_and_way_are_in_the_key(backbone, images, cache):
    files = images.files
    renamed = [dataclasses.replace(file, digest="same") for file in files]
    for pictures in (
        images,
        Photographs(files[::-1]),
        Photographs(files, "pad"),
        images.take(range(20)),
        Photographs(renamed),
    ):
        extract(backbone, pictures)
    extract(backbone, Photographs(files))
    assert len(list(cache.iterdir())) == 5


DEVICES = """
import json
import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, two)

from utils import backbones, features
from utils.runtime import Runtime

net, strategy = backbones.load(image_size=32), Runtime("CPU", 2, 0).strategy()
images = np.random.default_rng(0).integers(0, 256, (40, 32, 32), np.uint8)
one = features.extract(net, images, "block3", cache=False)["block3"]
shared = features.extract(net, images, "block3", cache=False, strategy=strategy)
with strategy.scope():
    inside = features.extract(net, images, "block3", cache=False, strategy=strategy)
idle, _ = features._engines[net.model][1:]
functions = [idle.get() for _ in range(idle.qsize())]
found = {
    "apart": [float(np.abs(x["block3"] - one).max()) for x in (shared, inside)],
    "weights": [sorted({t.device for t in f.captured_inputs}) for f in functions],
    "work": [sorted({o.device for o in f.graph.get_operations() if o.type == "Conv2D"})
             for f in functions],
}
print(json.dumps(found))
"""


def test_two_devices_share_the_work():
    done = subprocess.run(
        [sys.executable, "-c", DEVICES], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert max(found["apart"]) < 1e-4
    for places in (found["weights"], found["work"]):
        used = {place.rpartition(":")[2] for (place,) in places}
        assert used == {"0", "1"}


@pytest.mark.parametrize("strategy", ["mirrored", 2, "GPU:0"])
def test_what_is_no_strategy_is_refused(backbone, images, strategy):
    with pytest.raises(ValueError, match="`strategy` must be what .*Received: "):
        extract(backbone, images, strategy=strategy)


def test_the_default_strategy_changes_nothing(backbone, images):
    import tensorflow as tf

    wanted = extract(backbone, images, cache=False)["avg_pool"]
    strategy = tf.distribute.get_strategy()
    found = extract(backbone, images, cache=False, strategy=strategy)["avg_pool"]
    np.testing.assert_array_equal(found, wanted)
