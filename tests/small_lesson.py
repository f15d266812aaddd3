"""A small notebook that has all parts of the form, for tests that break it."""

import nbformat
from course import NOTEBOOKS, digest
from form.reading import code_cells
from stamps import stamp

PATH = NOTEBOOKS / "04_Lesson.ipynb"
TERMS = """\
term,sentence,notebook,section,portuguese,also
feature map,A table of numbers.,04,What is a map?,mapa,
PCA,Fewer numbers.,04,More: Why so many?,PCA,principal component analysis
average pooling,The mean of a map.,02,Where?,agrupamento,
pooling,Fewer places.,02,Where?,agrupamento,pooled
kernel,A small table.,02,Where?,filtro,
"""
CLAIM = {"says": "a map helps", "function": "a_map_helps"}
TITLE = """\
# A lesson

<!-- badges -->
<!-- /badges -->

Why you should care."""
OBJECTIVES = """\
**You will be able to**

- draw a map;
- count it;
- shrink it.

**You need** the words

- *kernel* ([02](02_CNNAnatomy.ipynb))."""
MAP = """\
## What is a map?

A **feature map** is a table; feature maps shrink under
[average pooling](02_CNNAnatomy.ipynb), and
[pooling](../docs/glossary.md) has kernels."""
FOLDED = """\
<details><summary>Solution</summary>

```python
answer = 5
```

</details>"""
END = """\
## Recap

1. Maps are tables.

## References

- A. Author, *A book*, 2020.

## Next

05 (planned)."""


def markdown(source, part="core", **metadata):
    return nbformat.v4.new_markdown_cell(source, metadata={"part": part, **metadata})


def python(source, part="core", **metadata):
    return nbformat.v4.new_code_cell(source, metadata={"part": part, **metadata})


def exercise(number, **metadata):
    name = f"answer_{number}"
    return [
        python(f"{name} = ...  # your code", tags=["exercise"], **metadata),
        python(f"exercises.hinge.check({name})", tags=["check"]),
        markdown(FOLDED, tags=["solution"]),
    ]


def small_lesson():
    """All parts of the form, stamped and as if executed."""
    cost = {"first": 60, "again": 60, "memory": 1.0}
    cells = [
        markdown(TITLE, tags=["title"]),
        markdown(OBJECTIVES, tags=["objectives"]),
        markdown("<!-- cost -->\n<!-- /cost -->", tags=["cost-card"], cost=cost),
        markdown("<!-- contents -->\n<!-- /contents -->", tags=["contents"]),
        python("", tags=["setup"]),
        python("from utils.exercises import nn_basics as exercises", tags=["imports"]),
        markdown(MAP),
        python("my_size = None  # your bet"),
        python("size = 5\nprint(size, my_size)", claim=CLAIM),
        *exercise(1),
        *exercise(2),
        markdown("## How large?"),
        *(python(f"my_{name} = None") for name in ("width", "height", "depth")),
        python("sizes = [size, size]\nassert sum(sizes) == 10\nsizes"),
        *exercise(3, builds="a network"),
        markdown("## More: Why so many?\n\n**PCA** needs fewer.", "more"),
        python("fewer = sizes[:1]\nfewer", "more"),
        markdown("## How small?"),
        python("my_first, my_last = None, None"),
        python("my_mean = None  # from 0 to 1"),
        python("smallest = min(sizes)\nsmallest"),
        *exercise(4),
        markdown(END),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    stamp(notebook, PATH)
    for number, cell in enumerate(code_cells(notebook), 1):
        cell.execution_count = number
        cell.metadata["ran"] = digest(cell)
    return notebook
