"""Folders of photographs: which files, of which classes, and what a table adds."""

import os
import warnings
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from reprlib import repr as short

import numpy as np

from utils.photographs.archives import unpack
from utils.photographs.tables import composed, find_table, some, tables

CLUTTER = ("__macosx", "@eadir", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r")
COMPANIONS = (
    ".txt", ".md", ".csv", ".tsv", ".json", ".xml", ".html", ".yaml", ".yml", ".log",
    ".pdf", ".xmp", ".aae",
)  # fmt: skip
SPLITS = (
    "train", "training", "val", "valid", "validation", "test", "testing",
    "treino", "treinamento", "validação", "validacao", "teste",
)  # fmt: skip


@dataclass(frozen=True)
class Listing:
    """What a folder holds before any picture is opened.

    `root` is the folder, `names` the pictures' paths in it, `/` between parts, sorted;
    `classes` the name of each one's class; `columns` what a table says of each,
    `{column: list of str}`. Classes are in Unicode's composed form (NFC), in which
    keyboards write: a Mac's disk may hold an accent as a sign of its own.
    """

    root: Path
    names: list
    classes: list
    columns: dict = field(default_factory=dict)


def list_folder(path, label=None, groups=None):
    """The pictures of a folder, of class folders or of a table, or of a `.zip` of such.

    Args:
        path: str or `pathlib.Path` of the folder or `.zip`.
        label: the table's column of classes, `"folder"`, or None, which finds it.
        groups: a column that holds no classes, or None.

    Returns:
        A `Listing`.

    Raises:
        FileNotFoundError: if there is nothing at `path`.
        ValueError: if it holds no pictures, or their classes cannot be told.
        OSError: if a `.zip` or a table is damaged.
    """
    if not isinstance(path, (str, os.PathLike)) or path == "":
        raise ValueError(
            f"`path` must be the path of a folder or a .zip. Received: {short(path)}."
        )
    root = Path(path).expanduser()
    if root.is_file():
        if root.suffix.lower() != ".zip":
            raise ValueError(
                f"`path` must be a folder or a .zip. Received: the file {root}. "
                "Unpack other archives first; of a picture, hand in its folder."
            )
        root = unpack(root)
    elif not root.exists():
        raise FileNotFoundError(f"There is no folder and no .zip {root.absolute()}.")
    names = sorted(_pictures(root))
    if not names:
        raise ValueError(
            f"`path` must hold pictures. Received: {root}, which has none."
        )
    while (inner := _only_folder(root, names)) is not None:
        root, names = inner, [name.partition("/")[2] for name in names]
    table = find_table(root, names)
    if table is None:
        if label is not None:
            raise ValueError(
                "`label` must be a column of a table. "
                f"Received: {label!r}, but {root} holds no CSV that names its pictures."
            )
        return Listing(root, names, _class_folders(root, names))
    left = [name for name in names if name not in table.rows]
    if left:
        warnings.warn(
            f"Without a row in {table.name}, and left out: {len(left):,} of "
            f"{len(names):,} pictures: {some(left)}.",
            stacklevel=4,
        )
    names = [name for name in names if name in table.rows]
    columns = {name: table.column(name, names) for name in table.columns}
    label = table.label(label, groups, in_folders=_several_folders(names))
    classes = _class_folders(root, names) if label is None else columns.pop(label)
    if empty := [name for name, one in zip(names, classes) if not one]:
        raise ValueError(
            f"Every row of {table.name} needs a class in column {label!r}. "
            f"Received: none for {some(empty)}."
        )
    return Listing(root, names, classes, columns)


def in_order(class_names):
    """Class names sorted; by amount, if all are whole numbers.

    >>> in_order({"10", "9"}), in_order({"oak", "elm", "10"})
    (['9', '10'], ['10', 'elm', 'oak'])
    """
    whole = all(name.isdecimal() for name in class_names)
    return sorted(class_names, key=(lambda name: (int(name), name)) if whole else None)


def group_names(groups, listing):
    """What each picture was taken from, in words.

    Args:
        groups: function of a picture's path in the folder (str, `/` between parts),
            the name of a column, or a sequence of one value a picture, in the order of
            their paths.
        listing: a `Listing`.

    Returns:
        Array of str `(n,)`.

    Raises:
        ValueError: if it is none of these, or says nothing of a picture.

    Example:

    >>> listing = Listing(Path(), ["oak/tree1_a.jpg", "oak/tree2_a.jpg"], ["oak"] * 2)
    >>> group_names(lambda path: path[4:9], listing)
    array(['tree1', 'tree2'], dtype='<U5')
    """
    names = listing.names
    if isinstance(groups, str):
        if groups not in listing.columns:
            known = ", ".join(map(repr, listing.columns)) or "none: there is no table"
            raise ValueError(
                "`groups` must be a column of the table, a function or a sequence. "
                f"Received: {groups!r}. Columns: {known}."
            )
        values = listing.columns[groups]
    elif callable(groups):
        values = [_group_of(groups, name) for name in names]
    else:
        unordered = isinstance(groups, (Mapping, Set))
        listed = np.iterable(groups) and not unordered and np.ndim(groups) < 2
        values = list(groups) if listed else [groups]
        if not listed or len(values) != len(names):
            came = f"{len(values):,} values" if listed else short(groups)
            if isinstance(groups, Mapping):
                came += ". Hand in its `get`"
            raise ValueError(
                "`groups` must be a function of a picture's path, a column of the "
                f"table, or {len(names):,} values, one a picture, in the order of "
                f"their paths. Received: {came}."
            )
    values = ["" if value is None or value != value else str(value) for value in values]
    without = [name for name, value in zip(names, values) if not value]
    if without:
        raise ValueError(
            f"`groups` must give each picture a group. Received: none for "
            f"{some(without)}."
        )
    return np.array(values)


def _pictures(folder, before="", above=()):
    """Paths of all files that may be pictures; a link to a folder above is left."""
    above = *above, folder.resolve()
    for entry in folder.iterdir():
        if entry.name.startswith(".") or entry.name.lower() in CLUTTER:
            continue
        if entry.is_dir():
            if entry.resolve() not in above:
                yield from _pictures(entry, f"{before}{entry.name}/", above)
        elif entry.suffix.lower() in COMPANIONS:
            continue
        elif entry.is_file() or entry.is_symlink():  # to nowhere: it is to be told
            yield before + entry.name


def _only_folder(root, names):
    """The one folder in which all is, where it holds folders or a table itself."""
    tops = {name.partition("/")[0] for name in names}
    inner = root / tops.pop()
    if tops or not inner.is_dir() or tables(root):
        return None
    deeper = any(name.count("/") > 1 for name in names)
    return inner if deeper or tables(inner) else None


def _looks_like_training(name):
    return name.lower().startswith(("train", "trein"))


def _several_folders(names):
    return len({name.partition("/")[0] for name in names if "/" in name}) > 1


def _class_folders(root, names):
    loose = [name for name in names if "/" not in name]
    classes = [composed(name.partition("/")[0]) for name in names]
    found = set(classes)
    if loose and len(loose) < len(names):
        raise ValueError(
            f"Every picture must lie in a class folder. Received: {some(loose)} in "
            f"{root} itself. Move them into one, or out of it."
        )
    if loose or len(found) < 2:
        came = "none" if loose else f"only {found.pop()!r}"
        raise ValueError(
            "`path` must hold a folder for each of two classes or more, or a CSV of "
            f"file names and classes. Received: {came} in {root}."
        )
    if {name.lower() for name in found} <= set(SPLITS):
        raise ValueError(
            f"`path` must hold class folders. Received: {', '.join(sorted(found))} in "
            f"{root}, which are parts. Hand in one part, such as "
            f"{str(root / max(found, key=_looks_like_training))!r}."
        )
    empty = [
        entry.name
        for entry in sorted(root.iterdir())
        if entry.is_dir()
        and not entry.name.startswith(".")
        and entry.name.lower() not in CLUTTER
        and composed(entry.name) not in found
    ]
    if empty:
        raise ValueError(
            f"Every class folder must hold pictures. Received: {some(empty)} without "
            "any. Remove what is no class."
        )
    return classes


def _group_of(groups, name):
    try:
        return groups(composed(name))
    except Exception as error:
        raise ValueError(
            f"`groups` must be a function of a picture's path. Received: one that "
            f"fails for {name!r} ({type(error).__name__}: {error})."
        ) from error
