"""A learner's own folder: checked, looked at once, and told what is wrong with it."""

import warnings
from collections import Counter

import numpy as np

from utils.checks import check_count
from utils.photographs.decoding import EXPORT, HEIC, check_way
from utils.photographs.folders import group_names, in_order, list_folder
from utils.photographs.lazy import File, Photographs
from utils.photographs.survey import look_alikes, survey
from utils.photographs.tables import some


def gather(path, groups, label, way, n_splits, skip_unreadable):
    """What `datasets.from_folder` makes a `Dataset` of; its arguments and errors.

    Returns:
        `{field of a Dataset: value}`.
    """
    way, n_splits = check_way(way), check_count(n_splits, "n_splits", 2)
    listing = list_folder(path, label, groups)
    check_classes(listing.classes, n_splits)
    if groups is not None:
        groups = group_names(groups, listing)
    seen = survey(listing.root, listing.names)
    faults = {name: one.fault for name in listing.names if (one := seen[name]).fault}
    if faults:
        _tell(faults, len(listing.names), skip_unreadable)
    kept = np.flatnonzero([name not in faults for name in listing.names])
    names = [listing.names[i] for i in kept]
    classes = [listing.classes[i] for i in kept]
    check_classes(classes, n_splits)
    groups = None if groups is None else groups[kept]
    looks = np.stack([seen[name].gray() for name in names])
    alike = look_alikes(looks, [seen[name].digest for name in names])
    _warn_of_copies(names, classes, groups, alike)
    files = [
        File(listing.root / name, one.stamp, one.digest, one.rows, one.columns)
        for name in names
        if (one := seen[name])
    ]
    class_names = in_order(set(classes))
    numbers = {name: number for number, name in enumerate(class_names)}
    columns = {k: np.array(v)[kept] for k, v in listing.columns.items()}
    return {
        "name": listing.root.resolve().name,
        "images": Photographs(files, way),
        "labels": [numbers[name] for name in classes],
        "class_names": tuple(class_names),
        "license": "not stated",
        "source": str(path),
        "groups": groups,
        "details": columns | {"file": np.array(names), "look_alike": alike},
    }


def check_classes(classes, n_splits):
    """Enough pictures of each class, and two classes at least.

    Args:
        classes: the class of each picture.
        n_splits: folds that each of them must reach.

    Example:

    >>> check_classes(["elm", "oak", "oak", "oak"], 2)
    Traceback (most recent call last):
    ValueError: Every class needs at least n_splits=2 pictures. Received: elm with 1. \
Add pictures, leave the class out, or hand in a smaller `n_splits`.
    """
    counts = Counter(classes)
    few = [
        f"{one} with {counts[one]}"
        for one in in_order(counts)
        if counts[one] < n_splits
    ]
    if few:
        raise ValueError(
            f"Every class needs at least n_splits={n_splits} pictures. Received: "
            f"{some(few)}. Add pictures, leave the class out, or hand in a smaller "
            "`n_splits`."
        )
    if len(counts) < 2:
        raise ValueError(
            "There must be at least two classes. "
            f"Received: only {', '.join(counts) or 'pictures that cannot be read'}."
        )


def _tell(faults, n, skip):
    listed = some(f"{name} ({fault})" for name, fault in faults.items())
    what = f"Not to be read as pictures: {len(faults):,} of {n:,} files: {listed}."
    if skip:
        warnings.warn(f"{what} They are left out.", stacklevel=4)
        return
    heic = any(name.lower().endswith(HEIC) for name in faults)
    raise OSError(
        f"{what} {f'HEIC: {EXPORT} ' if heic else ''}"
        "Mend or remove them, or leave them out with `skip_unreadable=True`."
    )


def _warn_of_copies(names, classes, groups, alike):
    """If photographs look alike, name some, and say what to do about the leak."""
    sets = [np.flatnonzero(alike == number) for number in np.unique(alike)]
    sets = [one for one in sets if len(one) > 1]
    if not sets:
        return
    mixed = [one for one in sets if len({classes[i] for i in one}) > 1]
    split = [one for one in sets if groups is not None and len(set(groups[one])) > 1]
    said = [
        f"{sum(map(len, sets)):,} of {len(names):,} photographs look like copies: "
        f"{_examples(sets, names)}"
    ]
    if mixed:
        said.append(f"Of different classes: {_examples(mixed, names)}")
    if split:
        said.append(f"In different groups: {_examples(split, names)}")
    if groups is None:
        said.append(
            "Copies in two folds make a score too good: look at them, and hold them "
            'together with `fold_scores(…, groups=data.details["look_alike"])`'
        )
    warnings.warn(". ".join(said) + ".", stacklevel=4)


def _examples(sets, names):
    return some((" = ".join(names[i] for i in one[:3]) for one in sets), 3)
