"""Shipped files: rebuilt bit for bit, checked on load."""

import csv
import shutil

import build_data
import numpy as np
import pytest

from utils import datasets
from utils.files import DATA, data_file


@pytest.mark.parametrize("name", build_data.BUILDERS)
def test_rebuilt_bit_for_bit(name, tmp_path):
    if name == "fashion_mnist.npz" and not build_data.FASHION.exists():
        pytest.skip("needs Debian's dataset-fashion-mnist")
    build_data.BUILDERS[name](tmp_path / name)
    assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()


def test_datasheet_names_every_checksum():
    sheet = (DATA / "README.md").read_text("utf-8")
    for line in (DATA / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert digest in sheet and name in sheet


def test_damaged_file_is_noticed(tmp_path):
    shutil.copy(DATA / "SHA256SUMS", tmp_path)
    with pytest.raises(FileNotFoundError, match="git checkout"):
        data_file("mnist.npz", tmp_path)
    (tmp_path / "mnist.npz").write_bytes(b"half")
    with pytest.raises(OSError, match="damaged"):
        data_file("mnist.npz", tmp_path)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_parts_are_balanced(name):
    for part in ("train", "test"):
        data = getattr(datasets, name)(part)
        assert data.images.dtype == np.uint8 and len(set(np.bincount(data.labels))) == 1


def test_imagenet_errors_are_plausible():
    """Every row has a source, and top-5 errs less than top-1; three tables that never mix."""
    with data_file("imagenet_errors.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["table"] for row in rows} == {"winners", "decks", "keras"}
    assert len({(row["table"], row["network"], row["pixels"]) for row in rows}) == len(rows)
    for row in rows:
        assert row["errors from"] and bool(row["parameters"]) == bool(row["parameters from"])
        assert row["table"] == "winners" or 0 < float(row["top5"]) < float(row["top1"]) < 100
