"""The switch to the original lessons' data, without its download; the others' data."""

import build_emoji
import keras
import numpy as np
import pytest
from PIL import Image

from utils import datasets


def test_cifar10_is_read_from_keras_cache(archive):
    data = datasets.load("cifar10")
    assert data.images.shape == (2500, 32, 32, 3) and data.images.dtype == np.uint8
    assert np.bincount(data.labels).tolist() == [250] * 10
    assert np.array_equal(data.images[:, 0, 0, 0], data.labels * 20)  # still in pairs
    first = data.labels
    datasets._cifar10_parts.cache_clear()
    again = datasets.load("cifar10").labels
    assert np.array_equal(again, first)  # always the same sample


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (
            Exception("URL fetch failure on https://…: None -- no route"),
            ConnectionError,
            "set DATASET = 'solar_cells'",
        ),
        (MemoryError(), MemoryError, "^$"),  # not the connection's fault
    ],
)
def test_cifar10_names_the_cause(monkeypatch, fault, kind, said):
    def fail():
        raise fault

    monkeypatch.setattr(keras.datasets.cifar10, "load_data", fail)
    datasets._cifar10_parts.cache_clear()
    with pytest.raises(kind, match=said):
        datasets.load("cifar10")


@pytest.mark.parametrize("name", ["imagenet", ["mnist"], None])
def test_unknown_data_set_is_refused(name):
    with pytest.raises(ValueError, match="solar_cells, mnist.*Received: .*"):
        datasets.load(name)


@pytest.mark.parametrize("name", [n for n in datasets.LOADERS if n != "cifar10"])
def test_loaders_hand_out_what_nobody_can_change(name):
    data = datasets.load(name)
    columns = [data.images, data.labels, *data.details.values()]
    for array in columns if data.groups is None else [*columns, data.groups]:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[0]


def test_likely_modules_are_as_many_of_each_kind_as_were_published():
    cells = datasets.solar_cells()
    modules = cells.details["likely_module"]
    kinds = [set(cells.groups[modules == module]) for module in range(44)]
    assert [len(kind) for kind in kinds] == [1] * 44
    assert sum(kind == {"mono"} for kind in kinds) == 18
    assert 48 <= np.bincount(modules).min() <= np.bincount(modules).max() <= 72


def test_photographs_are_in_memory_once():
    cells, strict = datasets.solar_cells(), datasets.solar_cells(threshold=1)
    assert np.shares_memory(cells.images, strict.images)
    assert strict.labels.sum() == (cells.details["defect_probability"] == 1).sum()
    assert np.shares_memory(datasets.mnist().images, datasets.mnist("train").images)


def test_emoji_are_drawn_twice_and_never_alike():
    pairs = [datasets.emoji(vendor) for vendor in build_emoji.VENDORS]
    for data in pairs:
        assert build_emoji.only_once(data.images).all()
        assert (data.images[:, 0, 0] == 255).mean() > 0.9  # corners are white
    google, twitter = pairs
    assert np.array_equal(google.labels, twitter.labels)
    assert not any(map(np.array_equal, google.images, twitter.images))
    names, counts = np.unique(google.details["name"], return_counts=True)
    assert names[counts > 1].tolist() == ["man in tuxedo"]  # so the standard has it
    assert "flags" not in google.class_names and len(google.class_names) == 8
    assert datasets.load("emoji").source == google.source


def test_drawings_are_laid_on_white():
    """By hand: opaque, half transparent, invisible."""
    picture = Image.new("RGBA", (3, 1))
    for column, opacity in enumerate((255, 128, 0)):
        picture.putpixel((column, 0), (10, 200, 255, opacity))
    row = [[10, 200, 255], [132, 227, 255], [255, 255, 255]]
    assert build_emoji.on_white(picture).tolist() == [row]


@pytest.mark.parametrize("vendor", ["apple", 0, None, ["google"]])
def test_unknown_vendors_are_refused(vendor):
    with pytest.raises(ValueError, match="must be 'google' or 'twitter'. Received"):
        datasets.emoji(vendor)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The package of the solar cells, with two cells of its own; the path of one."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "data"
    (folder / "images").mkdir(parents=True)
    rows = []
    for number in (1, 2):
        path = folder / "images" / f"cell{number:04}.png"
        pixels = rng.integers(0, 256, (300, 300), np.uint8)
        Image.fromarray(pixels).save(path)
        rows.append(f"images/{path.name} 0.0 mono")
    (folder / "labels.csv").write_text("\n".join(rows))
    monkeypatch.setattr(datasets.resources, "files", lambda _: tmp_path)
    datasets._photographs.cache_clear()
    yield path
    datasets._photographs.cache_clear()


def test_a_truncated_photograph_is_named(package):
    package.write_bytes(package.read_bytes()[:4000])
    with pytest.raises(OSError, match="cell0002.png is damaged .*--force-reinstall"):
        datasets.solar_cells()


@pytest.mark.parametrize("size", [(300, 1), (1, 300), (299, 300)])
def test_a_photograph_of_another_size_is_named(package, size):
    Image.new("L", size).save(package)
    with pytest.raises(OSError, match="cell0002.png is damaged .*--force-reinstall"):
        datasets.solar_cells()


def test_a_missing_photograph_is_named(package):
    package.unlink()
    with pytest.raises(FileNotFoundError, match="cell0002.png is missing.*reinstall"):
        datasets.solar_cells()


@pytest.mark.parametrize("threshold", [50, 0, -1, np.nan, "half", None, [0.5]])
def test_thresholds_are_fractions(threshold):
    with pytest.raises(ValueError, match="`threshold` must"):
        datasets.solar_cells(threshold)


PICTURES = np.arange(48, dtype=np.uint8).reshape(3, 4, 4)


def walls(**changes):
    parts = {"images": PICTURES, "labels": [0, 1, 1], "class_names": ("white", "gray")}
    return datasets.Dataset(
        name="walls", license="CC0", source="a camera", **{**parts, **changes}
    )


def test_the_arrays_of_the_caller_can_still_be_written():
    mine = PICTURES.copy()
    data = walls(images=mine, groups=["a", "b", "b"], details={"height": [1, 2, 3]})
    mine[0] = 7
    assert data.images[0, 0, 0] == 7
    assert data.take([2]).details["height"].tolist() == [3]
    assert data.take([False, True, False]).groups.tolist() == ["b"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"images": PICTURES.astype(float)}, "`images` must be uint8.*np.rint"),
        ({"labels": [1, 2, 2]}, "`labels` must lie from 0 to 1.*`labels - 1`"),
        ({"labels": [0, 1]}, "`labels` must hold 3 labels"),
        ({"class_names": "white"}, "`class_names` must be a list of at least one str"),
        ({"groups": ["a"]}, r"`groups` must have shape \(3,\)"),
        ({"details": {"height": 3}}, r"`details\['height'\]` must have shape \(3,\)"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        walls(**changes)


@pytest.mark.parametrize("positions", [[], [3], [-1], [0.5], [True], 1, "all"])
def test_positions_that_are_none_are_refused(positions):
    with pytest.raises(ValueError, match="`positions` must .*Received"):
        walls().take(positions)


@pytest.mark.parametrize("size", [0.2, 1, 1001, 995])
def test_sizes_that_cannot_be_drawn_are_refused(size):
    with pytest.raises(ValueError, match="`size` must be"):
        datasets.mnist("test").sample(size)
