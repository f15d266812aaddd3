"""The form of a notebook: each rule is a function that returns its complaints."""

import base64
import re
import statistics

import comparison
import nbformat
from stamps import badges, digest, setup_cell, tags

MACHINE_PATH = re.compile(r"(?<![\w./])(/(home|root|tmp|work|Users|mnt|var)/|[A-Z]:\\)")
LARGEST_IMAGE, LARGEST_NOTEBOOK = 60_000, 1_000_000
SECTIONS = (
    "Your turn",
    "Recap",
    "Where the slides differ from today's libraries",
    "References",
    "Next",
)


def with_tag(notebook, tag):
    return [cell for cell in notebook.cells if tag in tags(cell)]


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def everything(notebook):
    """All code of a notebook as one text."""
    return "\n".join(cell.source for cell in code_cells(notebook))


def headings(notebook):
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return re.findall(r"^## (.+)$", text, re.M)


def is_valid(notebook, path):
    ids = [cell.id for cell in notebook.cells]  # before validate, which mends duplicates
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        return [f"not a valid notebook: {error.message}"]
    return [] if len(ids) == len(set(ids)) else ["two cells have the same id"]


def opens_well(notebook, path):
    first = notebook.cells[0]
    if "title" not in tags(first) or not first.source.startswith("# "):
        return ["the first cell is not a heading tagged `title`"]
    return [] if badges(path) in first.source else ["the links under the title are not this file's"]


def is_set_up(notebook, path):
    first = code_cells(notebook)[0]
    packages = first.metadata.get("packages", [])
    if "setup" not in tags(first) or first.source != setup_cell(packages):
        return ["the first code cell is not the course's set-up cell"]
    if "solar_cells" in everything(notebook) and "elpv-dataset" not in packages:
        return ["the set-up cell does not ask for elpv-dataset"]
    return [] if len(with_tag(notebook, "imports")) == 1 else ["no single cell is tagged `imports`"]


def has_parts(notebook, path):
    complaints = []
    objectives = "\n".join(cell.source for cell in with_tag(notebook, "objectives"))
    for words in ("You will be able to", "You need"):
        if words not in objectives:
            complaints.append(f"the objectives lack “{words}”")
    if not 3 <= len(re.findall(r"^- ", objectives, re.M)) <= 5:
        complaints.append("three to five objectives are needed")
    card = "\n".join(cell.source for cell in with_tag(notebook, "cost-card"))
    if not re.search(r"<!-- cost -->\n\*\*Cost\*\*.*minute.*GB.*download", card):
        complaints.append("the cost card is not measured")
    found = headings(notebook)
    complaints += [f"the section “{name}” is missing" for name in SECTIONS if name not in found]
    return complaints


def has_exercises(notebook, path):
    complaints, cells = [], notebook.cells
    stubs = [i for i, cell in enumerate(cells) if "exercise" in tags(cell)]
    if len(stubs) < 3:
        complaints.append(f"three exercises are needed; there are {len(stubs)}")
    for i in stubs:
        following = [tags(cell) for cell in cells[i + 1 : i + 3]]
        if len(following) < 2 or "check" not in following[0] or "solution" not in following[1]:
            complaints.append(f"cell {i}: an exercise needs a check and a solution right after it")
        elif not re.search(r"<details>.*```python\n.*```.*</details>", cells[i + 2].source, re.S):
            complaints.append(f"cell {i + 2}: the solution is not folded in <details>")
    questions = next((c.source for c in cells if "### Test yourself" in c.source), "")
    if questions.count("<details>") < 2:
        complaints.append("“Test yourself” needs two questions with folded answers")
    return complaints


def ran_once(notebook, path):
    cells = [cell for cell in code_cells(notebook) if cell.source.strip()]
    counts = [cell.execution_count for cell in cells]
    if counts != list(range(1, len(counts) + 1)):
        return ["not one run from top to bottom"]
    return [
        f"code cell {number} was changed and not executed since: run `make refresh`"
        for number, cell in enumerate(cells)
        if cell.metadata.get("ran") != digest(cell)
    ]


def is_clean(notebook, path):
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
        if "NBVAL_" in cell.source or {"nbval-skip", "skip-execution"} & set(tags(cell)):
            complaints.append(f"cell {i}: hides from the comparison")
    if "widgets" in notebook.metadata:
        complaints.append("widget state is stored; GitHub cannot show such a notebook")
    return complaints


def is_light(notebook, path):
    complaints = []
    for i, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            for kind, data in output.get("data", {}).items():
                if kind.startswith("image/") and kind != "image/svg+xml":
                    size = len(base64.b64decode(data))
                    if size > LARGEST_IMAGE:
                        complaints.append(f"cell {i}: an image of {size:,} bytes")
    size = len(nbformat.writes(notebook).encode())
    return complaints + ([f"{size:,} bytes in all"] if size > LARGEST_NOTEBOOK else [])


def has_alt_texts(notebook, path):
    complaints = []
    for i, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            for kind in output.get("data", {}):
                if kind.startswith("image/") and not output.metadata.get(kind, {}).get("alt"):
                    complaints.append(f"cell {i}: a figure without alt text")
        if cell.cell_type == "markdown" and re.search(
            r"!\[\s*\]\(|<img(?![^>]*\balt=)", cell.source
        ):
            complaints.append(f"cell {i}: an image without alt text")
    return complaints


def is_short(notebook, path):
    sizes = [
        len([line for line in cell.source.splitlines() if line.strip()])
        for cell in code_cells(notebook)
    ]
    complaints = [f"a code cell of {size} lines" for size in sizes if size > 20]
    if statistics.median(sizes) > 5:
        complaints.append(f"the median code cell has {statistics.median(sizes):g} lines")
    return complaints


def knows_concepts(notebook, path, inventory):
    named = {name for cell in notebook.cells for name in cell.metadata.get("concepts", [])}
    return [f"no concept {name}" for name in sorted(named - set(inventory))]


def leads_on(notebook, path):
    after = notebook.cells[-1].source.partition("## Next")[2]
    linked = re.findall(r"\]\((\d\d_\w+\.ipynb)\)", after)
    if any(not (path.parent / name).exists() for name in linked):
        return ["the next link leads nowhere"]
    return (
        []
        if linked or "(planned)" in after
        else ["the next notebook is neither linked nor planned"]
    )


def has_narrow_bounds(notebook, path):
    return [
        f"cell {number}: {fault}"
        for number, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
        for fault in comparison.too_wide(cell)
    ]


RULES = (
    is_valid, opens_well, is_set_up, has_parts, has_exercises, ran_once,
    is_clean, is_light, has_alt_texts, is_short, leads_on,
    has_narrow_bounds,
)  # fmt: skip
