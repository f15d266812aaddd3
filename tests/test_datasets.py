"""The switch to the original lessons' data, without its download."""

import io
import pickle
import tarfile

import keras
import numpy as np
import pytest

from utils import datasets


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """CIFAR-10's archive in Keras' cache: right format, made-up content, another checksum."""
    folder = tmp_path / "datasets"
    folder.mkdir()
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    with tarfile.open(
        folder / "cifar-10-batches-py-target_archive", "w:gz", compresslevel=1
    ) as tar:
        for name in names:
            labels = np.arange(10_000) % 10
            data = np.repeat(labels[:, None].astype(np.uint8) * 20, 3072, axis=1)
            content = pickle.dumps({b"data": data, b"labels": labels.tolist()})
            entry = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    monkeypatch.setattr("keras.src.utils.file_utils.config.keras_home", lambda: str(tmp_path))
    monkeypatch.setattr("keras.src.utils.file_utils.validate_file", lambda *_, **__: True)
    datasets.cifar10.cache_clear()
    yield
    datasets.cifar10.cache_clear()


def test_cifar10_is_read_from_keras_cache(archive):
    data = datasets.load("cifar10")
    assert data.images.shape == (2500, 32, 32, 3) and data.images.dtype == np.uint8
    assert np.bincount(data.labels).tolist() == [250] * 10
    assert np.array_equal(data.images[:, 0, 0, 0], data.labels * 20)  # still in pairs
    first = data.labels
    datasets.cifar10.cache_clear()
    assert np.array_equal(datasets.load("cifar10").labels, first)  # always the same sample


def test_cifar10_offline_names_the_remedy(monkeypatch):
    def offline():
        raise Exception("URL fetch failure on https://…: None -- no route")

    monkeypatch.setattr(keras.datasets.cifar10, "load_data", offline)
    datasets.cifar10.cache_clear()
    with pytest.raises(ConnectionError, match="set DATASET = 'solar_cells'"):
        datasets.load("cifar10")


def test_unknown_data_set_is_refused():
    with pytest.raises(ValueError, match="solar_cells.*Received: 'imagenet'"):
        datasets.load("imagenet")


def test_loaders_hand_out_what_nobody_can_change():
    with pytest.raises(ValueError, match="read-only"):
        datasets.mnist().images[0] = 0
