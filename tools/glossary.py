"""The terms that a beginner meets: one sentence each, and where they are introduced."""

import csv
import re

from course import NOTEBOOKS, ROOT

TABLE = ROOT / "docs" / "glossary.csv"
PAGE = ROOT / "docs" / "glossary.md"
MOST_WORDS = 25
COLUMNS = ("term", "sentence", "notebook", "section", "portuguese", "also")


def terms(table=TABLE):
    """The rows of the glossary's table.

    Args:
        table: path of a CSV file with the columns `COLUMNS`.

    Returns:
        A list of dictionaries in the table's order; `also` is a list of spellings.

    Raises:
        ValueError: if the columns are others.

    Example:

    >>> row = terms()[0]
    >>> sorted(row) == sorted(COLUMNS) and isinstance(row["also"], list)
    True
    """
    with table.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ValueError(
                f"The glossary needs the columns {', '.join(COLUMNS)}. "
                f"Received: {', '.join(reader.fieldnames or ())}"
            )
        rows = list(reader)
    for row in rows:
        spellings = (row["also"] or "").split("|")
        row["also"] = [name for name in spellings if name.strip()]
    return rows


def order(term):
    """The key by which terms are sorted: capitals like small letters.

    Args:
        term: a term.

    Returns:
        A string to sort by.

    Example:

    >>> sorted(["kernel", "Keras", "k-means"], key=order)
    ['k-means', 'Keras', 'kernel']
    """
    return term.casefold()


def stands(row, text):
    """Whether a term, or another spelling of it, stands in a text.

    As `pattern` finds it, with emphasis or code marks inside, too.

    Args:
        row: one of `terms()`.
        text: Markdown or code.

    Returns:
        True or False.

    Example:

    >>> row = {"term": "feature map", "also": ["CNN"]}
    >>> stands(row, "*Feature* maps shrink"), stands(row, "a cnn"), stands(row, "CNNs")
    (True, False, True)
    """
    return bool(pattern(row).search(re.sub(r"[*`]", "", text)))


def pattern(row):
    """The regular expression that finds a term in any spelling.

    Whole words count, also in the plural; a hyphen is part of a word. A spelling
    without a capital may begin a sentence; one with capitals is taken as it is.

    Args:
        row: one of `terms()`.

    Returns:
        A compiled pattern without groups.

    Example:

    >>> found = pattern({"term": "fold", "also": ["PCA"]})
    >>> found.findall("Folds, k-fold, unfold, a PCA, a pca")
    ['Folds', 'PCA']
    """
    return re.compile("|".join(map(_spelled, (row["term"], *row["also"]))))


def _spelled(name):
    """The pattern of one spelling and its plural."""
    words = r"\s+".join(map(re.escape, name.split()))
    flags = "" if name != name.lower() else "i"
    return rf"(?<![\w-])(?{flags}:{words}(?:s|es)?)(?![\w-])"


def sections(notebook):
    """The text of each section of a notebook: heading, Markdown and code.

    Args:
        notebook: as nbformat reads it.

    Returns:
        `{heading: text}` in order; before the first heading the key is `""`.

    Example:

    >>> import nbformat
    >>> cells = [
    ...     nbformat.v4.new_markdown_cell("A title\\n\\n## One\\nfirst"),
    ...     nbformat.v4.new_code_cell("second"),
    ... ]
    >>> sections(nbformat.v4.new_notebook(cells=cells))
    {'': 'A title\\n\\n', 'One': 'One\\nfirst\\nsecond\\n'}
    """
    texts, section = {"": ""}, ""
    for cell in notebook.cells:
        for line in cell.source.splitlines():
            if cell.cell_type == "markdown" and line.startswith("## "):
                section = line.removeprefix("## ").strip()
                texts.setdefault(section, "")
                line = section
            texts[section] += line + "\n"
    return texts


def notebook_path(number, folder=NOTEBOOKS):
    """The path of the notebook with a number.

    Args:
        number: two digits, such as `"02"`.
        folder: where the notebooks are.

    Returns:
        Its path.

    Raises:
        ValueError: if not exactly one notebook has this number.

    Example:

    >>> notebook_path("02").name
    '02_CNNAnatomy.ipynb'
    """
    paths = sorted(folder.glob(f"{number}_*.ipynb"))
    if not re.fullmatch(r"\d\d", number) or len(paths) != 1:
        found = [path.name for path in paths]
        raise ValueError(f"One notebook needs the number {number!r}. Received: {found}")
    return paths[0]


def faults(rows, texts):
    """What is wrong with the glossary, against the notebooks.

    Args:
        rows: as `terms()` returns them.
        texts: `{number of a notebook: sections of it}`.

    Returns:
        One sentence for each fault.

    Example:

    >>> row = {"term": "loss", "sentence": "A number that says how wrong an answer is."}
    >>> row |= {"notebook": "00", "section": "One", "portuguese": "perda", "also": []}
    >>> faults([row], {"00": {"One": "the loss"}})
    []
    >>> faults([row], {"00": {"One": "nothing"}})
    ["loss: does not stand in 00, 'One'"]
    """
    found = []
    names = [row["term"] for row in rows]
    if names != sorted(names, key=order):
        found.append("the terms are not sorted")
    doubles = sorted({name for name in names if names.count(name) > 1})
    found += [f"{name}: stands twice" for name in doubles]
    for row in rows:
        found += [f"{row['term']}: {fault}" for fault in _row_faults(row, texts)]
    return found


def _row_faults(row, texts):
    """What is wrong with one row."""
    sentence, number, section = row["sentence"], row["notebook"], row["section"]
    if not sentence.endswith(".") or len(sentence.split()) > MOST_WORDS:
        yield f"needs one sentence of at most {MOST_WORDS} words, with a period"
    if not row["portuguese"].strip():
        yield "has no Portuguese term"
    if number not in texts:
        yield f"there is no notebook {number}"
    elif section not in texts[number]:
        yield f"{number} has no section {section!r}"
    elif not stands(row, texts[number][section]):
        yield f"does not stand in {number}, {section!r}"


def page():
    """The text of docs/glossary.md."""
    rows = terms()
    lines = [
        "# Glossary",
        "",
        f"{len(rows)} terms, each with the section that introduces it and with the "
        "Portuguese term, since two of the decks are in Portuguese. Generated by "
        "`make refresh` from `docs/glossary.csv`.",
        "",
        "| term | in one sentence | introduced in | in Portuguese |",
        "|---|---|---|---|",
    ]
    for row in rows:
        path = notebook_path(row["notebook"])
        also = f" ({', '.join(row['also'])})" if row["also"] else ""
        where = f"[{path.stem}](../notebooks/{path.name}), *{row['section']}*"
        cells = (f"**{row['term']}**{also}", row["sentence"], where, row["portuguese"])
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
