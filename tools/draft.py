"""Turn the text of a draft into a notebook without outputs.

    python tools/draft.py docs/drafts/06_FeatureExtraction3.txt notebooks/06_FeatureExtraction3.ipynb

A cell begins with a line `%% md` or `%% code`, followed by its metadata as JSON.
"""

import hashlib
import json
import re
import sys
from pathlib import Path

import nbformat

CELL = re.compile(r"^%% (md|code)(?: (\{.*\}))?\n", re.M)


def notebook(text):
    """The notebook that a text describes; cell ids follow from the cells' sources."""
    new, seen, cells = nbformat.v4, set(), []
    parts = CELL.split(text)
    for kind, metadata, body in zip(parts[1::3], parts[2::3], parts[3::3]):
        make = new.new_markdown_cell if kind == "md" else new.new_code_cell
        cell = make(body.strip("\n"), metadata=json.loads(metadata or "{}"))
        cell.id = hashlib.sha1(cell.source.encode()).hexdigest()[:8]
        while cell.id in seen:
            cell.id = hashlib.sha1(cell.id.encode()).hexdigest()[:8]
        seen.add(cell.id)
        cells.append(cell)
    return new.new_notebook(cells=cells)


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    nbformat.write(notebook(source.read_text("utf-8")), target)
