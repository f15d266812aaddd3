"""The face detectors say what the packages' own networks say, and find a face."""

import io
import pickle

import build_detectors
import keras
import numpy as np
import pytest
from course import ROOT
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage.data import astronaut

from utils import detectors

FACE = np.array([175, 60, 275, 180])  # of the astronaut, drawn around her by hand


@pytest.fixture(scope="module")
def answers():
    """What the packages' networks said of `build_detectors.pictures`."""
    with np.load(ROOT / "tests" / "detectors.npz") as arrays:
        return dict(arrays)


def share_inside(box, other):
    """Share of `box` that lies in `other`."""
    low, high = np.maximum(box[:2], other[:2]), np.minimum(box[2:], other[2:])
    return np.prod(np.clip(high - low, 0, None)) / np.prod(box[2:] - box[:2])


def test_blazeface_says_what_the_packages_network_says(answers):
    small, *_ = build_detectors.pictures()
    boxes, logits = detectors.blazeface().predict(small[None], verbose=0)
    # of pixels up to 155 and logits down to -105; measured: 8e-5 and 1e-4
    np.testing.assert_allclose(boxes[0], answers["blazeface_boxes"], atol=2e-3)
    np.testing.assert_allclose(logits[0], answers["blazeface_logits"], atol=2e-3)


def test_mtcnn_says_what_the_packages_networks_say(answers):
    """But for the weights' rounding to 16 bits; unrounded, all bits were the same."""
    _, face, *crops = build_detectors.pictures()
    for network, name, batch in zip(
        detectors.mtcnn(), ("pnet", "rnet", "onet"), (face[None], *crops)
    ):
        parts = ("offsets", "face", "points")[: len(network.outputs)]
        for part, output in zip(parts, network(batch)):
            expected = answers[f"{name}_{part}"]
            np.testing.assert_allclose(output, expected, atol=6e-3)  # measured: 3e-3


def test_anchors_fire_on_the_face_alone(answers):
    boxes, logits = answers["blazeface_boxes"], answers["blazeface_logits"][:, 0]
    anchors = detectors.blazeface_anchors()
    assert len(np.unique(anchors, axis=0)) == 16 * 16 + 8 * 8
    fired = logits > 0
    center, size = boxes[fired, :2] + anchors[fired], boxes[fired, 2:4]
    found = 4 * np.concatenate([center - size / 2, center + size / 2], axis=1)
    assert fired.sum() == 8 and all(share_inside(FACE, box) > 0.6 for box in found)
    # eye, eye, nose, mouth, ear, ear: two are left of the nose, and in their order
    x, y = 4 * (boxes[fired, 4:].reshape(-1, 6, 2) + anchors[fired][:, None]).T
    assert np.all((x[4] < x[0]) & (x[0] < x[2]) & (x[2] < x[1]) & (x[1] < x[5]))
    assert np.all((y[0] < y[2]) & (y[2] < y[3]) & (y[1] < y[2]))


def suppressed(boxes, scores, most):
    """Positions that non-maximum suppression keeps."""
    kept, left = [], np.argsort(-scores)
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        inside = [share_inside(boxes[best], boxes[k]) for k in left]
        overlap = np.array(inside) * np.prod(boxes[best, 2:] - boxes[best, :2])
        areas = np.prod(boxes[left, 2:] - boxes[left, :2], axis=1)
        whole = areas + np.prod(boxes[best, 2:] - boxes[best, :2]) - overlap
        left = left[overlap <= most * whole]
    return kept


def test_the_cascade_finds_the_face():
    """Stage by stage, with the package's own thresholds, it goes down to one face."""
    proposal, *later = detectors.mtcnn()
    image, found, scores, counts = astronaut(), [], [], []
    for scale, level in detectors.pyramid(image):
        offsets, face = (np.asarray(output)[0] for output in proposal(level[None]))
        windows = detectors.proposal_windows(*face.shape[:2], scale)
        likely = face[..., 1] > 0.6
        boxes = detectors.move_sides(windows[likely], offsets[likely])
        kept = suppressed(boxes, face[likely][:, 1], 0.5)
        found.append(boxes[kept])
        scores.append(face[likely][kept, 1])
    boxes, scores = np.concatenate(found), np.concatenate(scores)
    boxes = boxes[suppressed(boxes, scores, 0.7)]
    for network, side, least in zip(later, (24, 48), (0.7, 0.8)):
        counts.append(len(boxes))
        boxes = detectors.to_squares(boxes)
        outputs = network(detectors.crops(image, boxes, side))
        offsets, face = (np.asarray(output) for output in outputs[:2])
        likely = face[:, 1] > least
        boxes = detectors.move_sides(boxes[likely], offsets[likely])
        boxes = boxes[suppressed(boxes, face[likely, 1], 0.7)]
    assert 80 < counts[0] < 130 and 1 <= counts[1] <= 5  # the package: 99, then 2
    assert len(boxes) == 1
    # the package: x from 182 to 265, y from 64 to 171
    np.testing.assert_allclose(boxes[0], [182, 64, 265, 171], atol=8)


def test_nothing_found_is_no_fault():
    none = np.zeros((0, 4))
    assert detectors.move_sides(none, none).shape == (0, 4)
    assert detectors.to_squares(none).shape == (0, 4)
    assert detectors.crops(astronaut(), none, 24).shape == (0, 24, 24, 3)


def test_a_window_is_what_its_answer_has_seen():
    """Poke: pixels of the window move the answer, those around it do not."""
    proposal, rng = detectors.mtcnn()[0], np.random.default_rng(0)
    image = rng.uniform(0, 255, (30, 34, 3)).astype(np.float32)
    row, column = 3, 5
    windows = detectors.proposal_windows(10, 12, 1)
    left, top, right, bottom = windows[row, column].astype(int)
    around = np.ones(image.shape[:2], bool)
    around[top:bottom, left:right] = False
    pokes = {"around": around}
    for name, edge in (("top", (top, slice(left, right))), ("right", (top, right - 1))):
        pokes[name] = np.zeros_like(around)
        pokes[name][edge] = True
    before, _ = proposal(image[None])
    assert before.shape[1:3] == windows.shape[:2]
    moved = {}
    for name, where in pokes.items():
        poked = np.where(where[..., None], 255 - image, image)
        after, _ = proposal(poked[None])
        moved[name] = np.abs(after - before)[0, row, column].max()
    assert moved["around"] == 0 and moved["top"] > 0 and moved["right"] > 0


@given(st.data())
def test_crops_of_whole_pixels_are_slices(data):
    image = np.random.default_rng(0).integers(0, 256, (9, 11, 3), np.uint8)
    side = data.draw(st.integers(1, 9))
    left, top = (
        data.draw(st.integers(0, 11 - side)),
        data.draw(st.integers(0, 9 - side)),
    )
    (crop,) = detectors.crops(image, [[left, top, left + side, top + side]], side)
    np.testing.assert_allclose(
        crop, image[top : top + side, left : left + side], atol=1e-3
    )


def test_crops_are_gray_outside_of_the_picture():
    image = np.full((4, 4, 3), 200, np.uint8)
    (crop,) = detectors.crops(image, [[-4, 0, 4, 8]], 8)
    assert np.all(crop[:4, 4:] == 200)
    assert np.all(crop[4:] == 127.5) and np.all(crop[:, :4] == 127.5)


def test_the_pyramid_averages_and_ends_at_twelve_pixels():
    image = np.zeros((48, 96, 3), np.uint8)
    image[::2] = 200
    levels = detectors.pyramid(image, smallest_face=24, factor=0.5)
    assert [scale for scale, _ in levels] == [0.5, 0.25]
    assert [level.shape for _, level in levels] == [(24, 48, 3), (12, 24, 3)]
    for _, level in levels:
        np.testing.assert_allclose(level, 100, atol=1e-3)
    for smallest in range(12, 49):
        assert detectors.pyramid(image, smallest)[-1][1].shape[0] >= 12


def test_a_picture_smaller_than_a_face_is_refused():
    with pytest.raises(ValueError, match="`smallest_face` must fit .* 30 pix.*: 31"):
        detectors.pyramid(np.zeros((40, 30, 3), np.uint8), 31)


def test_networks_can_be_kept(tmp_path):
    network = detectors.blazeface()
    network.save(tmp_path / "blazeface.keras")
    again = keras.models.load_model(tmp_path / "blazeface.keras")
    batch = np.random.default_rng(0).uniform(0, 255, (2, 128, 128, 3))
    for one, other in zip(network.predict(batch), again.predict(batch)):
        np.testing.assert_array_equal(one, other)


def stream_of(content):
    return io.BytesIO(pickle.dumps(content, protocol=4))


@pytest.mark.parametrize(
    "content", [print, Image.new, np.int64(3), {"a": io.BytesIO()}]
)
def test_a_pickle_with_more_than_arrays_is_refused(content):
    with pytest.raises(pickle.UnpicklingError, match="only arrays may"):
        build_detectors.ArrayUnpickler(stream_of(content)).load()


def test_a_joblib_pickle_of_arrays_is_read(tmp_path):
    import joblib

    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape).astype("f4") for shape in ((3, 3, 2, 5), (7,))]
    arrays.append(np.asfortranarray(rng.normal(size=(4, 6))))
    joblib.dump(arrays, tmp_path / "arrays")
    read = build_detectors.ArrayUnpickler(
        io.BytesIO((tmp_path / "arrays").read_bytes())
    )
    for found, expected in zip(read.load(), arrays, strict=True):
        np.testing.assert_array_equal(found, expected)
    joblib.dump([np.array([print], object)], tmp_path / "objects")
    read = build_detectors.ArrayUnpickler(
        io.BytesIO((tmp_path / "objects").read_bytes())
    )
    with pytest.raises(pickle.UnpicklingError, match="more than arrays"):
        read.load()
