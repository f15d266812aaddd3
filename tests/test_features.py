"""Frozen features: right, streamed, and never a wrong hit in the cache."""

import dataclasses
import os
import subprocess
import sys

import numpy as np
import pytest

from utils import backbones
from utils.features import extract


@pytest.fixture(scope="module")
def backbone():
    return backbones.load(image_size=64)


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (6, 40, 40), np.uint8)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    monkeypatch.setenv("TQDM_DISABLE", "1")
    return tmp_path / "features"


def test_pooling_is_the_mean_of_the_map(backbone, images):
    whole = extract(backbone, images, "block15", pooling=None)["block15"]
    pooled = extract(backbone, images, "block15")["block15"]
    np.testing.assert_allclose(whole.mean(axis=(1, 2)), pooled, atol=1e-4)


def test_order_of_images_is_kept(backbone, images):
    many = np.concatenate([images] * 5)
    found = extract(backbone, many)["avg_pool"]
    np.testing.assert_allclose(found[:6], found[24:], atol=1e-4)


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


def test_damaged_cache_is_computed_anew(backbone, images, cache):
    first = extract(backbone, images)["avg_pool"]
    (file,) = cache.iterdir()
    file.write_bytes(file.read_bytes()[:-50])
    with pytest.warns(UserWarning, match="damaged"):
        again = extract(backbone, images)["avg_pool"]
    np.testing.assert_allclose(again, first, atol=1e-5)


def test_folder_that_cannot_be_written_only_warns(backbone, images, tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("COURSE_CACHE", str(blocked))
    with pytest.warns(UserWarning, match="could not be kept"):
        assert extract(backbone, images)["avg_pool"].shape == (6, 1280)


def test_unfinished_file_is_no_hit(backbone, images, cache):
    extract(backbone, images)
    (file,) = cache.iterdir()
    os.replace(file, cache / ".unfinished-x")
    extract(backbone, images)
    assert file.exists()


@pytest.mark.parametrize(
    ("pictures", "layers", "message"),
    [
        (np.zeros((2, 8, 8, 4), np.uint8), "avg_pool", r"Received shape: \(2, 8, 8, 4\)"),
        (np.zeros((0, 8, 8), np.uint8), "avg_pool", "at least one image"),
        (np.full((1, 8, 8), 0.5), "avg_pool", "from 0 to 255"),
        (np.zeros((1, 8, 8), np.uint8), "fc2", "Received: .*fc2"),
    ],
)
def test_bad_input_is_explained(backbone, pictures, layers, message):
    with pytest.raises(ValueError, match=message):
        extract(backbone, pictures, layers)


EXTRACT = (
    "import numpy as np\n"
    "from utils import backbones\n"
    "from utils.features import extract\n"
    "images = np.random.default_rng(0).integers(0, 256, (6, 40, 40), np.uint8)\n"
    "print(extract(backbones.load(image_size=64), images)['avg_pool'].sum())"
)


def test_two_processes_share_one_cache(cache):
    command = [sys.executable, "-c", EXTRACT]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    sums = {process.communicate()[0] for process in both}
    assert [process.returncode for process in both] == [0, 0] and len(sums) == 1
    assert len(list(cache.iterdir())) == 1


def test_a_kill_in_mid_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "features.npz"
    path.write_bytes(b"old")
    code = (
        "import sys, time, pathlib\n"
        "from utils.files import write_atomically\n"
        "def write(stream):\n"
        "    stream.write(b'new' * 10**6); stream.flush(); print('half', flush=True); time.sleep(60)\n"
        "write_atomically(pathlib.Path(sys.argv[1]), write)"
    )
    writer = subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE, text=True)
    assert writer.stdout.readline() == "half\n"
    writer.kill()
    writer.wait()
    writer.stdout.close()
    assert path.read_bytes() == b"old"
