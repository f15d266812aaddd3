"""Generated scenes: repeatable, varied, and what their labels say."""

import numpy as np
import pytest

from utils.datasets import scenes


@pytest.fixture(scope="module")
def data():
    return scenes(120, seed=3, dusk=0.5)


def test_same_seed_same_scenes(data):
    again = scenes(120, seed=3, dusk=0.5)
    assert np.array_equal(data.images, again.images)
    assert np.array_equal(data.groups, again.groups)
    assert not np.array_equal(data.images, scenes(120, seed=4, dusk=0.5).images)


def test_a_scene_does_not_depend_on_how_many_there_are(data):
    assert np.array_equal(scenes(10, seed=3, dusk=0.5).images, data.images[:10])


def test_no_two_scenes_are_alike(data):
    assert len({image.tobytes() for image in data.images}) == len(data)


def test_it_is_a_data_set(data):
    assert data.images.dtype == np.uint8 and data.images.shape == (120, 48, 48, 3)
    assert np.bincount(data.labels).tolist() == [60, 60]
    assert set(data.groups) == {"day", "dusk"}
    assert len(data.take([1, 3, 5])) == 3


def test_horizon_and_sand_vary(data):
    assert np.ptp(data.details["horizon"]) > 0.25
    assert data.details["sand"][data.labels == 1].std() > 0.1


def test_beaches_have_less_sand_than_deserts(data):
    sand = data.details["sand"]
    assert sand[data.labels == 1].mean() < sand[data.labels == 0].mean() - 0.15


def test_by_day_sand_is_red_and_sea_is_not():
    data = scenes(60, seed=0)
    red, _, blue = np.moveaxis(data.images.astype(float), -1, 0)
    top, bottom = np.s_[:, :4], np.s_[:, -3:]
    assert np.all((blue - red)[top].mean(axis=(1, 2)) > 0)  # the sky
    assert np.all(
        (red - blue)[bottom][data.labels == 0].mean(axis=(1, 2)) > 0
    )  # the dunes
    middle = [
        image[int(48 * h) + 2] for image, h in zip(data.images, data.details["horizon"])
    ]
    below = np.mean(middle, axis=1)  # just below the horizon: dunes or sea
    assert np.mean((below[:, 2] > below[:, 0]) == data.labels) > 0.95


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"n": 1}, "`n` must be a whole number from 2"),
        ({"n": 0.5}, "`n` must be a whole number from 2"),
        ({"dusk": 30}, "`dusk` .* Hand in 0.3"),
        ({"side": 8}, "`side` must be a whole number from 16"),
    ],
)
def test_bad_input_is_explained(bad, said):
    with pytest.raises(ValueError, match=said):
        scenes(**bad)
