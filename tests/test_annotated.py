"""Trees in boxes and nuclei in a mask are what was packed, and what is said of them."""

import numpy as np
import packing
import pytest
from build_annotated import crop_boxes, pack_photograph
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.measure import label

from utils import annotated

PHOTOGRAPHS = st.tuples(st.integers(1, 5), st.integers(1, 5), st.just(3))


@given(arrays(np.uint8, PHOTOGRAPHS))
def test_packing_loses_nothing(photograph):
    kept = photograph.copy()
    unpacked = annotated._unpack(pack_photograph(photograph))
    np.testing.assert_array_equal(unpacked, photograph)
    np.testing.assert_array_equal(photograph, kept)


def test_boxes_end_where_the_crop_ends():
    """Of a crop from column 10 and row 20, 30 wide and 40 high, by hand."""
    boxes = np.array([
        [15, 25, 20, 30],  # inside
        [5, 25, 15, 35],  # half of it left of the crop: the least that stays
        [4, 25, 15, 35],  # more than half: gone
        [35, 55, 45, 65],  # a quarter is in the lower right corner: gone
        [30, 50, 42, 62],  # 100 of 144 pixels are in that corner
        [50, 70, 60, 80],  # outside
    ])  # fmt: skip
    cut, visible = crop_boxes(boxes, 10, 20, 30, 40)
    assert cut.tolist() == [[5, 5, 10, 10], [0, 5, 5, 15], [20, 30, 30, 40]]
    np.testing.assert_allclose(visible, [1, 0.5, 100 / 144])


@pytest.mark.parametrize(("part", "cut"), [("train", 5), ("test", 17)])
def test_trees_lie_in_their_photograph(part, cut):
    trees = annotated.trees(part)
    rows, columns, _ = trees.image.shape
    (left, top, right, bottom), whole = trees.boxes.T, trees.visible == 1
    assert trees.boxes.dtype == trees.visible.dtype == np.float32
    assert np.all((left >= 0) & (left < right) & (right <= columns))
    assert np.all((top >= 0) & (top < bottom) & (bottom <= rows))
    inner = (left > 0) & (top > 0) & (right < columns) & (bottom < rows)
    assert whole[inner].all() and (~whole).sum() == cut
    assert trees.visible.min() >= 0.5


def test_nuclei_are_numbered_and_in_one_piece():
    nuclei = annotated.nuclei()
    assert np.array_equal(np.unique(nuclei.mask), np.arange(126))
    pieces = [label(nuclei.mask == k).max() for k in range(1, 126)]
    assert pieces == [1] * 125
    inside = nuclei.mask > 0
    assert nuclei.image[inside].mean() > 2 * nuclei.image[~inside].mean()
    edges = [nuclei.mask[[0, -1]].ravel(), nuclei.mask[:, [0, -1]].ravel()]
    assert len(np.unique(np.concatenate(edges))) - 1 == 13
    assert len(np.intersect1d(nuclei.mask[:, 255], nuclei.mask[:, 256])) - 1 == 5


@pytest.mark.parametrize("load", [annotated.trees, annotated.nuclei])
def test_what_is_handed_out_cannot_be_written(load):
    data = load()
    for array in [v for v in vars(data).values() if isinstance(v, np.ndarray)]:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    assert load() is data  # read once


@pytest.mark.parametrize("part", ["validation", 0, None, ["train"]])
def test_unknown_parts_are_refused(part):
    with pytest.raises(ValueError, match="`part` must be 'train' or 'test'. Received"):
        annotated.trees(part)


@pytest.mark.parametrize("package", ["mtcnn", "ocrmypdf", "emoji-datasource-google"])
def test_another_archive_is_refused(package, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    path = packing.archive_path(package)
    path.parent.mkdir()
    path.write_bytes(b"another version")
    with pytest.raises(OSError, match=f"{package}-.*Delete it"):
        packing.fetched(package)


def test_what_npm_must_bring_is_said_where_it_is_not(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    monkeypatch.setattr(packing.shutil, "which", lambda _: None)
    with pytest.raises(OSError, match="downloaded by npm, which is not installed"):
        packing.tarball("emoji-datasource-twitter")
