"""The switch to the original lessons' data, without its download."""

import keras
import numpy as np
import pytest

from utils import datasets


def test_cifar10_is_read_from_keras_cache(archive):
    data = datasets.load("cifar10")
    assert data.images.shape == (2500, 32, 32, 3) and data.images.dtype == np.uint8
    assert np.bincount(data.labels).tolist() == [250] * 10
    assert np.array_equal(data.images[:, 0, 0, 0], data.labels * 20)  # still in pairs
    first = data.labels
    datasets.cifar10.cache_clear()
    assert np.array_equal(
        datasets.load("cifar10").labels, first
    )  # always the same sample


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
