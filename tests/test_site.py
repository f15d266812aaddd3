"""The site and the slides, as far as they can be judged without a browser."""

import base64
import hashlib
import io
import re
import runpy

import build_site
import nbformat
import pytest
from course import NOTEBOOKS, ROOT
from PIL import Image
from small_lesson import markdown, python, small_lesson

pytest.importorskip("latex2mathml", reason="needs docs/requirements.txt")
import build_slides

FRONT = (ROOT / "docs" / "index.md").read_text("utf-8")
# of npm's reveal.js 5.2.1
SHIPPED = {
    "reveal.js": "46538b52db48724192f59bf46f5e851a18e302777c46f4a34c32709d010d6a29",
    "reveal.css": "68f915a11ebf7203c0446576b7e952ff61c5dd02134a8a226ffaf62ed42136d2",
}


def figure_cell(**metadata):
    """A code cell that drew and printed."""
    buffer = io.BytesIO()
    Image.new("L", (4, 4)).save(buffer, "PNG")
    png = base64.b64encode(buffer.getvalue()).decode()
    cell = python("draw()", alt='A "map" & <more>.', **metadata)
    cell.outputs = [
        nbformat.v4.new_output("display_data", {"image/png": png}),
        nbformat.v4.new_output("stream", name="stdout", text="size 5, your bet: None"),
    ]
    return cell


@pytest.fixture(scope="module")
def lesson():
    """The small lesson with a figure, a quote, formulas, a long table and more."""
    notebook = small_lesson()
    rows = "\n".join(f"| row {n} | {'word ' * 20}|" for n in range(30))
    box = "> **Check the slide.** It says $a < b$."
    more = markdown("**Secret** of a part that nobody shows.", "more")
    cells = [
        markdown("**Your bet.** How large?"),
        python("my_guess = None"),
        figure_cell(),
        markdown("It is five. Nobody needs a slide for this. " + "Word " * 60),
        markdown(f"{box}\n\nA table:\n\n| a | b |\n|---|---|\n{rows}"),
        python("def area(side):\n    return side**2"),
        python("hidden = 1"),
        more,
    ]
    at = [cell.source for cell in notebook.cells].index("## How large?") + 1
    notebook.cells[at:at] = cells
    return notebook


@pytest.fixture(scope="module")
def deck(lesson):
    page = build_slides.deck(lesson, "A lesson")
    return page, re.findall(r"<section.*?</section>", page, re.S)


def kinds(slides):
    return [re.match(r'<section class="(\w+)', slide)[1] for slide in slides]


def test_a_deck_shows_one_idea_a_slide(deck):
    _, slides = deck
    kind = kinds(slides)
    assert kind[:4] == ["title", "text", "question", "text"]
    assert kind.count("question") == 3 and kind.count("exercise") == 0
    at = kind.index("bet")
    assert kind[at + 1] == "figure" and "Your bet." in slides[at]
    assert 'alt="A &quot;map&quot; &amp; &lt;more&gt;."' in slides[at + 1]
    assert "<pre>size 5</pre>" in slides[at + 1]  # nobody's bet is not shown
    body, notes = slides[at + 1].split('<aside class="notes">')
    assert "It is five." in body and "Nobody needs" not in body
    assert "Nobody needs" in notes


@pytest.mark.parametrize(
    ("kind", "body", "lines", "printed", "left"),
    [
        ("text", "<p>A row.</p>", ["A row."], "(9, 4)", ["text"]),
        ("text", "", ["A row."] * 12, "9 rows", ["text", "printed"]),  # no room
        ("figure", "<img>", [], "9 rows", ["figure"]),
        ("figure", "<img><pre>9</pre>", [], "9 rows", ["figure", "printed"]),
        ("bet", "", [], "(9, 4)", ["bet", "printed"]),  # not given away, not lost
        ("exercise", "", [], "9 rows", ["exercise", "printed"]),
        ("exercise", "", [], "(9, 4)", ["exercise"]),
    ],
)
def test_a_printed_line_is_no_slide_of_its_own(kind, body, lines, printed, left):
    before = build_slides.Slide(kind, body, lines, "How many?")
    slide = build_slides.Slide(
        "printed", f"<pre>{printed}</pre>", [printed], "How many?", ["a note"], True
    )
    found = build_slides.joined([before, slide])
    assert [one.kind for one in found] == left
    assert found[-1].notes == ["a note"]
    shown = kind in ("text", "figure") or len(left) == 2
    assert (printed in found[-1].body) == shown


def test_a_printed_line_stays_in_its_section():
    slide = build_slides.Slide("printed", "<pre>9</pre>", ["9 rows"], "Why?", bare=True)
    before = build_slides.Slide("text", "", [], "How many?")
    assert build_slides.joined([before, slide]) == [before, slide]


def test_a_long_table_is_cut_and_keeps_its_head(deck):
    _, slides = deck
    tables = [slide for slide in slides if "<table>" in slide]
    assert len(tables) > 1 and all("<th>a</th>" in slide for slide in tables)
    rows = [re.findall(r"<td>row (\d+)</td>", slide) for slide in tables]
    assert [int(n) for row in rows for n in row] == list(range(30))
    assert "A table:" in tables[0] and "A table:" not in tables[1]


def test_what_is_no_slide(deck):
    page, slides = deck
    shown = "".join(re.sub("<aside.*?</aside>", "", s, flags=re.S) for s in slides)
    for hidden in ("hidden", "Secret", "sys.path", "A. Author", "Solution", "Cost"):
        assert hidden not in page, hidden
    assert "area" in shown and "Maps are tables." in shown  # a definition; the recap
    assert "<math" in shown and "$" not in shown


def test_a_deck_fetches_nothing(deck):
    page, _ = deck
    loaded = re.findall(r'(?:src|<link[^>]* href)="([^"]{,40})', page)
    names = {name for name in loaded if not name.startswith("data:")}
    assert names == {f"reveal/{n}" for n in ("reveal.js", "reveal.css", "slides.css")}
    for name in ("reveal.css", "slides.css"):
        style = (build_slides.REVEAL / name).read_text("utf-8")
        assert not re.search(r"@import|url\((?!data:)", style), name


@pytest.mark.parametrize("name", SHIPPED)
def test_reveal_is_as_it_was_released(name):
    content = (build_slides.REVEAL / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHIPPED[name]


def test_decks_are_written_beside_what_they_load(lesson, tmp_path):
    path = tmp_path / "04_Lesson.ipynb"
    nbformat.write(lesson, path)
    index = build_slides.build([path], tmp_path / "slides")
    assert 'href="04_Lesson.html"' in index.read_text("utf-8")
    made = {p.relative_to(index.parent).as_posix() for p in index.parent.rglob("*")}
    assert {"04_Lesson.html", "reveal/reveal.js", "reveal/LICENSE"} <= made


def test_a_page_begins_with_the_number_of_its_notebook():
    notebook = small_lesson()
    build_site.prepare(notebook, "04")
    assert notebook.cells[0].source.startswith("# 04 A lesson\n")


def test_figures_of_the_front_page_are_stored_ones():
    names = {name for _, name, _ in build_site.FIGURE.findall(FRONT)}
    stored = {n: nbformat.read(NOTEBOOKS / f"{n}.ipynb", 4) for n in names}
    text, files = build_site.front(FRONT, stored)
    assert len(files) == 3 and "stored:" not in text and text.count(":alt: ") == 3
    assert all(Image.open(io.BytesIO(png)).format == "PNG" for png in files.values())
    assert "<!--" not in text and len(re.findall(r"^\| \[\d\d_", text, re.M)) == 16


def test_a_figure_that_is_gone_is_named():
    lesson = nbformat.v4.new_notebook(cells=[python("1 + 1")])
    with pytest.raises(ValueError, match="cell gone of 04_A, which has no stored"):
        build_site.front("```{figure} stored:04_A/gone", {"04_A": lesson})


def test_every_page_links_to_what_is_there():
    """A link to a page that is gone is Sphinx' to find; one to a file is ours."""
    broken = [
        f"{page.name}: {target}"
        for page in (ROOT / "docs").rglob("*.md")
        for target, _ in build_site.LINK.findall(page.read_text("utf-8"))
        if "/" in target and not (page.parent / target).exists()
    ]
    assert broken == []


def test_a_doi_is_asked_of_its_registry():
    settings = runpy.run_path(str(ROOT / "docs" / "conf.py"))
    asked = settings["asked"]
    assert asked(None, "https://doi.org/10.1/a(b)").endswith("/api/handles/10.1/a(b)")
    assert asked(None, "https://arxiv.org/abs/1512.03385") is None
    assert settings["linkcheck_retries"] >= 3
