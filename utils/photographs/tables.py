"""A CSV beside photographs: which column names them, and what the others say."""

import codecs
import csv
import io
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

FOLDER = "folder"  # where the classes are, if a table beside folders says other things
LABELS = ("label", "labels", "class", "class_name", "category", "target")


@dataclass(frozen=True)
class Table:
    """What a CSV says of pictures: `rows`, `{picture: cells}`, under `columns`.

    `place` is the column of file names, which is not among `columns`.
    """

    name: str
    rows: dict
    headings: list
    place: int

    @property
    def columns(self):
        """Headings, but that of the file names."""
        return [name for i, name in enumerate(self.headings) if i != self.place]

    def column(self, name, pictures):
        """What a column says of some pictures, a list of str.

        >>> Table("t.csv", {"a.jpg": ["a", "elm"]}, ["file", "tree"], 0).column(
        ...     "tree", ["a.jpg"]
        ... )
        ['elm']
        """
        place = self.headings.index(name)
        return [self.rows[picture][place] for picture in pictures]

    def label(self, label, groups, in_folders):
        """The column of the classes, or None if folders say them.

        Args:
            label: its name, `"folder"` for the folders, or None to find it.
            groups: a column that it is not, or anything else.
            in_folders: whether the pictures lie in several folders.

        Raises:
            ValueError: if there is no such column, or more than one may be meant.

        >>> Table("t.csv", {}, ["file", "day", "class"], 0).label(None, None, False)
        'class'
        """
        columns = ", ".join(map(repr, self.columns)) or "none"
        if label == FOLDER and label not in self.columns and in_folders:
            return None
        if label is not None:
            if label not in self.columns:
                raise ValueError(
                    f"`label` must be a column of {self.name}. "
                    f"Received: {label!r}. Columns: {columns}."
                )
            return label
        others = [
            name
            for name in self.columns
            if not (isinstance(groups, str) and name == groups)
        ]
        usual = [name for name in others if name.lower() in LABELS]
        if len(usual) == 1 or (len(others) == 1 and not in_folders):
            return (usual or others)[0]
        if in_folders and not others:
            return None
        folders = f" If folders say them, hand in {FOLDER!r}." if in_folders else ""
        raise ValueError(
            f"`label` must say which column of {self.name} holds the classes. "
            f"Received: None. Columns: {columns}.{folders}"
        )


def find_table(root, names):
    """The CSV in a folder that names pictures.

    Its columns are parted by commas, semicolons or tabs; the first row may hold
    headings. Pictures are called by their path in the folder or, where no other has
    the same, by their name with or without its ending.

    Args:
        root: `pathlib.Path` of the folder.
        names: the pictures' paths in it, `/` between parts.

    Returns:
        A `Table`, or None where none names a picture and folders may say the classes.

    Raises:
        ValueError: if pictures lie in `root` itself and no CSV there names one, several
            do, or its rows do not fit the pictures.
    """
    meant, fits, seen = _ways_to_say(names), [], []
    for path in tables(root):
        rows = _rows(path)
        counts = [sum(_plain(cell) in meant for cell in cells) for cells in zip(*rows)]
        seen.append(f"{path.name} with columns {', '.join(rows[0])}")
        if max(counts) > 0:
            fits.append((path, rows, counts.index(max(counts))))
    if not fits:
        if seen and all("/" not in name for name in names):
            raise ValueError(
                f"A table must have a column of file names, such as {names[0]!r}. "
                f"Received: {'; '.join(seen)}."
            )
        return None
    if len(fits) > 1:
        found = ", ".join(path.name for path, _, _ in fits)
        raise ValueError(
            f"One table must name the pictures. Received: {found}. "
            f"Move all but one out of {root}."
        )
    path, rows, place = fits[0]
    headings = [f"column {i + 1}" for i in range(len(rows[0]))]
    if _plain(rows[0][place]) not in meant:
        headings, *rows = rows
    if len(set(headings)) < len(headings):
        raise ValueError(
            f"The columns of {path.name} must have different names. "
            f"Received: {', '.join(headings)}."
        )
    said = [_plain(row[place]) for row in rows]
    _check_names(path.name, said, meant)
    by_picture = {meant[name]: row for name, row in zip(said, rows)}
    return Table(path.name, by_picture, headings, place)


def tables(folder):
    """Paths of the CSV files in a folder, sorted.

    >>> tables(Path(__file__).parent)
    []
    """
    return sorted(
        entry
        for entry in folder.iterdir()
        if entry.suffix.lower() in (".csv", ".tsv") and not entry.name.startswith(".")
    )


def composed(name):
    """A name in Unicode's composed form (NFC), in which keyboards write.

    A Mac's disk may hold an accent as a sign of its own, and looks the same.

    >>> len(composed("a\N{COMBINING TILDE}"))
    1
    """
    return unicodedata.normalize("NFC", name)


def some(names, most=5):
    """A few of many names, and how many more there are.

    >>> some(["a.jpg", "b.jpg", "c.jpg"], 2)
    'a.jpg, b.jpg and 1 more'
    """
    names = list(names)
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _ways_to_say(names):
    """{what a table may call it: picture}: its path, its name, its name's stem."""
    meant, doubtful = {}, set()
    for name in names:
        last = name.rpartition("/")[2]
        for key in map(composed, {name, last, Path(last).stem}):
            doubtful |= {key} & meant.keys()
            meant[key] = name
    whole = {composed(name): name for name in names}
    return {k: v for k, v in meant.items() if k not in doubtful} | whole


def _rows(path):
    """The cells of a CSV, stripped; rows without any left out."""
    content = path.read_bytes()
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")  # an older Excel
    heading = text.partition("\n")[0]
    delimiter = max(",;\t", key=heading.count)
    try:
        cells = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise OSError(f"{path} is no CSV ({error}). Save it anew as CSV.") from error
    rows = [[composed(cell.strip()) for cell in row] for row in cells]
    rows = [row for row in rows if any(row)]
    wrong = [i for i, row in enumerate(rows) if len(row) != len(rows[0])]
    if not rows:
        raise ValueError(f"{path} must name pictures. Received: an empty file.")
    if wrong:
        raise ValueError(
            f"{path} must have as many cells in each row as in the first. Received: "
            f"{len(rows[wrong[0]])} in row {wrong[0] + 1}, {len(rows[0])} in the "
            f"first. Quote cells that hold {delimiter!r}."
        )
    return rows


def _plain(cell):
    return cell.replace("\\", "/").removeprefix("./")


def _check_names(table, said, meant):
    absent = [name for name in said if name not in meant]
    if absent:
        raise ValueError(
            f"Every row of {table} must name a picture that is there, and only one. "
            f"Received: {some(map(repr, absent))}. Remove the rows, or fetch the files."
        )
    counts = Counter(meant[name] for name in said)
    if again := [name for name, n in counts.items() if n > 1]:
        raise ValueError(
            f"Every picture must stand in one row of {table}. "
            f"Received: several for {some(again)}."
        )
