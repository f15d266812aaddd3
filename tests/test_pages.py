"""Words of printed pages: typed, found and in order."""

import numpy as np
import pytest

from utils import pages
from utils.lessons.word_boxes import word_boxes

PAGES = (pages.huckleberry_finn, 5), (pages.markers, 2)


@pytest.mark.parametrize(("load", "gap"), PAGES)
def test_every_word_is_found_in_its_place(load, gap):
    """A word of more characters is wider, line by line and as a whole."""
    page = load()
    boxes = word_boxes(page.text, gap)
    assert len(boxes) == len(page.words)
    lengths = np.array([len(word) for word in page.words])
    assert np.corrcoef(lengths, boxes[:, 2] - boxes[:, 0])[0, 1] > 0.95
    middles, lefts = boxes[:, [1, 3]].mean(axis=1), boxes[:, 0]
    new = np.flatnonzero(np.diff(lefts) < 0) + 1  # what stands left of its forerunner
    lines = np.split(np.arange(len(boxes)), new)
    assert [len(line) for line in lines] == typed_lines(load)
    assert np.all(np.diff([middles[line].mean() for line in lines]) > 10)


def typed_lines(load):
    """How many words each line has that was typed."""
    text = {"huckleberry_finn": pages.HUCKLEBERRY_FINN, "markers": pages.MARKERS}
    return [len(line.split()) for line in text[load.__name__].strip().splitlines()]


@pytest.mark.parametrize(
    ("load", "gaps"), [(PAGES[0][0], range(3, 7)), (PAGES[1][0], [2])]
)
def test_the_gaps_that_are_said_are_right_and_their_neighbors_wrong(load, gaps):
    page = load()
    found = [
        len(word_boxes(page.text, gap)) == len(page.words)
        for gap in range(min(gaps) - 1, max(gaps) + 2)
    ]
    assert found == [False, *[True] * len(gaps), False]


def test_boxes_of_a_drawn_text():
    """By hand: two lines, the second not level, with a semicolon that stands off."""
    text = np.full((60, 120), 230, np.uint8)
    text[10:20, 10:18] = text[10:20, 20:28] = 40  # two letters, one word
    text[10:20, 40:48] = 40
    text[40:50, 5:13] = text[42:52, 30:38] = text[44:54, 60:68] = 40  # it falls
    text[46:56, 72:75] = 40  # the mark
    text[5, 100] = 40  # dirt
    boxes = word_boxes(text, 3).tolist()
    first = [[10, 10, 28, 20], [40, 10, 48, 20]]
    assert boxes == [*first, [5, 40, 13, 50], [30, 42, 38, 52], [60, 44, 75, 56]]


def test_on_empty_paper_there_is_no_word():
    assert word_boxes(np.full((40, 40), 230), 3).shape == (0, 4)


def test_what_was_not_typed_is_painted_over():
    page = pages.huckleberry_finn()
    paper = np.median(page.image)
    assert np.all(page.text[40:450, :80] == paper)  # where the drawing is
    assert np.array_equal(page.text[470:480, :600], page.image[700:710, 14:614])


@pytest.mark.parametrize("load", [load for load, _ in PAGES])
def test_what_is_handed_out_cannot_be_written(load):
    page = load()
    for array in (page.image, page.text):
        assert array.dtype == np.uint8 and array.ndim == 2
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    assert load() is page  # read once
