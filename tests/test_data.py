"""Shipped files: rebuilt bit for bit, checked on load."""

import csv
import shutil

import build_data
import numpy as np
import packing
import pytest
import tensorflow as tf

from utils import datasets
from utils.files import DATA, data_file


@pytest.mark.parametrize("name", build_data.BUILDERS)
def test_rebuilt_bit_for_bit(name, tmp_path):
    if name == "fashion_mnist.npz" and not build_data.FASHION.exists():
        pytest.skip("needs Debian's dataset-fashion-mnist")
    for package in build_data.FROM_ARCHIVES.get(name, ()):
        if not packing.archive_path(package).exists():
            pytest.skip(f"needs {package}, which `tools/packing.py` downloads")
    if name == "mtcnn.npz":
        pytest.importorskip("lz4")
    if name == "blazeface.npz" and not hasattr(tf, "lite"):
        pytest.importorskip("ai_edge_litert")
    build_data.BUILDERS[name](tmp_path / name)
    assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()


def test_datasheet_names_every_checksum():
    sheet = (DATA / "README.md").read_text("utf-8")
    for line in (DATA / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert digest in sheet and name in sheet


def test_every_shipped_file_has_a_checksum_and_a_maker():
    listed = [line.split("  ")[1] for line in open(DATA / "SHA256SUMS")]
    made = [*build_data.BUILDERS, *build_data.TRAINED, *build_data.TRANSCRIBED]
    assert [name.strip() for name in listed] == made
    beside = {"README.md", "SHA256SUMS"}
    assert {p.name for p in DATA.iterdir() if p.is_file()} == set(made) | beside


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
    """Every row has a source, top-5 errs less than top-1; three tables never mix."""
    with data_file("imagenet_errors.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["table"] for row in rows} == {"winners", "decks", "keras"}
    assert len({(row["table"], row["network"], row["pixels"]) for row in rows}) == len(
        rows
    )
    for row in rows:
        assert row["errors from"] and bool(row["parameters"]) == bool(
            row["parameters from"]
        )
        assert (
            row["table"] == "winners"
            or 0 < float(row["top5"]) < float(row["top1"]) < 100
        )


def table(name):
    with data_file(name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_tables_of_layers_agree_with_themselves():
    """Table 6 has its twelve rows, Table 7's columns the means printed under them."""
    rows = table("santos2020_table6.csv")
    assert len({(row["network"], row["layer"]) for row in rows}) == len(rows) == 12
    assert all(0 < float(row["spread"]) < float(row["mean"]) < 100 for row in rows)
    values = np.array(
        [list(row.values())[1:] for row in table("santos2020_table7.csv")], float
    )
    np.testing.assert_allclose(values[:-1].mean(axis=0), values[-1], atol=0.0051)


def test_tables_of_transfer_name_the_same_scenes():
    """All scenes meet; tables 2 and 4 together are the transfers of table 1."""
    pairs = [
        [tuple(row.values())[:2] for row in table(f"santos2020_cdfg_table{number}.csv")]
        for number in range(1, 6)
    ]
    scenes = {source for source, _ in pairs[0]}
    assert (
        set(pairs[0]) == {(a, b) for a in scenes for b in scenes}
        and len(pairs[0]) == 16
    )
    assert sorted(pairs[1] + pairs[3]) == sorted((a, b) for a, b in pairs[0] if a != b)
    assert len({frozenset(pair) for pair in pairs[2] + pairs[4]}) == 6
