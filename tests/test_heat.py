"""Maps at a photograph's size, and the figure of both."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from utils.heat import enlarge, show_heat
from utils.photographs.decoding import to_square

SIZES = [(40, 40), (40, 90), (90, 41), (7, 300)]


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


@pytest.mark.parametrize("way", ["squash", "crop", "pad"])
@pytest.mark.parametrize("size", SIZES)
def test_a_place_returns_to_where_it_came_from(way, size):
    """A bright spot goes through `to_square` and, as a map, comes back to its place."""
    side, (rows, columns) = 28, size
    image = np.zeros((rows, columns, 3), np.uint8)
    place = rows // 2, columns // 2 + min(size) // 5  # inside the central square
    image[place[0] - 1 : place[0] + 2, place[1] - 1 : place[1] + 2] = 255
    heat = enlarge(to_square(image, side, way)[..., 0].astype(float), *size, way)
    assert heat.shape == size and heat.dtype == np.float32
    peak = np.argwhere(heat == np.nanmax(heat)).mean(axis=0)
    pixel = max(size) / side  # of the small square, in the photograph
    np.testing.assert_allclose(peak, place, atol=0.5 + pixel)


@pytest.mark.parametrize("way", ["squash", "crop", "pad"])
@pytest.mark.parametrize("size", SIZES)
def test_it_stays_within_its_limits_and_is_nan_where_nothing_was_seen(way, size):
    small = np.random.default_rng(0).normal(size=(5, 5))
    heat = enlarge(small, *size, way)
    seen = heat[np.isfinite(heat)]
    assert small.min() - 1e-6 <= seen.min() <= seen.max() <= small.max() + 1e-6
    wanted = min(size) ** 2 if way == "crop" else heat.size
    assert len(seen) == wanted


@pytest.mark.parametrize("heat", [np.zeros((3, 4)), np.zeros((3, 3, 2)), [[np.nan]]])
def test_another_map_is_refused(heat):
    with pytest.raises(ValueError, match="`heat` must .*Received"):
        enlarge(heat, 8, 8)


def test_all_maps_share_one_scale_around_zero():
    images = [np.full((8, 8), 90), np.full((6, 9, 3), 90)]
    heats = [np.full((8, 8), -2.0), np.linspace(-1, 1, 54).reshape(6, 9)]
    heats[1][0, 0] = np.nan
    figure = show_heat(images, heats, ["a", "b"], "where it is seen")
    shown = [panel.images[0] for panel in figure.axes if panel.images]
    limits = [shown[place].get_clim() for place in (1, 3)]
    assert limits == [(-2, 2), (-2, 2)]
    assert [shown[place].get_array().shape[:2] for place in range(4)] == [
        (8, 8), (8, 8), (6, 9), (6, 9)
    ]  # fmt: skip
    assert figure.get_suptitle() == "where it is seen"


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.filterwarnings("error")
def test_any_number_and_a_map_of_zeros(n):
    figure = show_heat(np.zeros((n, 8, 8)), np.zeros((n, 8, 8)))
    figure.canvas.draw()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"heats": np.zeros((1, 8, 8))}, "`heats` must be a list of 2 .*one an image"),
        ({"heats": np.zeros((2, 7, 8))}, r"`heats\[0\]` must .*\(8, 8\).*\(7, 8\)"),
        ({"heats": np.full((2, 8, 8), np.nan)}, "finite somewhere"),
        ({"heats": ["a", "b"]}, r"`heats\[0\]` must .*Received"),
        ({"titles": ["a"]}, "`titles` must be a list of 2"),
        ({"columns": 0}, "`columns` must be a whole number"),
        ({"side": 0}, "`side` must be a number"),
        ({"images": np.zeros((2, 8, 8)) + 0.5}, "from 0 to 255"),
    ],
)
def test_what_does_not_fit_is_explained(change, said):
    right = {"images": np.zeros((2, 8, 8)), "heats": np.zeros((2, 8, 8))}
    with pytest.raises(ValueError, match=said):
        show_heat(**(right | change))
