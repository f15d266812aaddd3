"""The file and its outputs: valid, of one run, clean, light, described, bounded."""

import base64
import re

import comparison
import figures
import nbformat
from course import digest, tags

from .reading import code_cells, numbered

MACHINE_PATH = re.compile(r"(?<![\w./])(/(home|root|tmp|work|Users|mnt|var)/|[A-Z]:\\)")
LARGEST_NOTEBOOK = 1_000_000  # bytes


def is_valid(notebook, path):
    """A notebook by nbformat's schema, each cell with an id of its own."""
    # Before validate, which mends duplicates.
    ids = [cell.id for cell in notebook.cells]
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        return [f"not a valid notebook: {error.message}"]
    return [] if len(ids) == len(set(ids)) else ["two cells have the same id"]


def ran_once(notebook, path):
    """One run from top to bottom, of the cells as they stand."""
    cells = [cell for cell in code_cells(notebook) if cell.source.strip()]
    counts = [cell.execution_count for cell in cells]
    if counts != list(range(1, len(counts) + 1)):
        return ["not one run from top to bottom: run `make refresh`"]
    return [
        f"code cell {number} was changed and not executed since: run `make refresh`"
        for number, cell in enumerate(cells)
        if cell.metadata.get("ran") != digest(cell)
    ]


def is_clean(notebook, path):
    """No stderr, traceback, machine's path or widget; nothing hides from nbval."""
    complaints = []
    for i, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                complaints.append(f"cell {i}: stderr is stored")
            if output.output_type == "error" and "raises-exception" not in tags(cell):
                complaints.append(f"cell {i}: a traceback is stored")
            texts = [output.get("text", ""), *map(str, output.get("data", {}).values())]
            texts = [text for text in texts if len(text) < 50_000]  # not images
            if any(MACHINE_PATH.search(text) for text in texts):
                complaints.append(f"cell {i}: a machine's path in the output")
        if MACHINE_PATH.search(cell.source):
            complaints.append(f"cell {i}: a machine's path")
        if re.search(r"\btf\.keras\b", cell.source):
            complaints.append(f"cell {i}: write keras, not tf.keras")
        hidden = {"nbval-skip", "skip-execution"} & set(tags(cell))
        if "NBVAL_" in cell.source or hidden:
            complaints.append(f"cell {i}: hides from the comparison")
    if "widgets" in notebook.metadata:
        complaints.append("widget state is stored; GitHub cannot show such a notebook")
    return complaints


def is_light(notebook, path):
    """No image and no notebook is too large for a quick page."""
    complaints = []
    for i, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            for kind, data in output.get("data", {}).items():
                if kind.startswith("image/") and kind != "image/svg+xml":
                    size = len(base64.b64decode(data))
                    if size > figures.LARGEST_IMAGE:
                        complaints.append(f"cell {i}: an image of {size:,} bytes")
    size = len(nbformat.writes(notebook).encode())
    return complaints + ([f"{size:,} bytes in all"] if size > LARGEST_NOTEBOOK else [])


def has_alt_texts(notebook, path):
    """Every figure and every image, and nothing else, says in words what it shows."""
    complaints = []
    for i, cell in enumerate(notebook.cells):
        if "alt" in cell.metadata and not figures.picture(cell):
            complaints.append(f"cell {i}: alt text without a figure")
        for output in cell.get("outputs", []):
            for kind in output.get("data", {}):
                alt = output.metadata.get(kind, {}).get("alt")
                if kind.startswith("image/") and not alt:
                    complaints.append(f"cell {i}: a figure without alt text")
        unsaid = re.search(r"!\[\s*\]\(|<img(?![^>]*\balt=)", cell.source)
        if cell.cell_type == "markdown" and unsaid:
            complaints.append(f"cell {i}: an image without alt text")
    return complaints


def has_narrow_bounds(notebook, path):
    """No fraction may move so far that it says little."""
    return [
        f"cell {number}: {fault}"
        for number, cell in numbered(notebook)
        for fault in comparison.too_wide(cell)
    ]
