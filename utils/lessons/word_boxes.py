"""Where the words of a printed text are, in the order in which one reads them."""

import numpy as np
from scipy.ndimage import binary_dilation, find_objects, label
from skimage.filters import threshold_sauvola

from utils.checks import check_count, check_images

AROUND = 25  # rows and columns of the pixels that a pixel is compared with
SPECK = 5  # of ink, in pixels: less is dirt
NARROW = 0.75  # of a letter's width: what is narrower is a mark, no word


def word_boxes(text, gap):
    """A box around each word, line by line.

    A pixel is ink if it is darker than Sauvola's threshold, which follows the light
    around it. The ink is made broader until the letters of a word touch; each piece in
    one is then a word. A mark that stands off, as semicolons did in old print, belongs
    to the word before it. Pieces that follow each other at about the same height are a
    line.

    Args:
        text: gray picture `(rows, columns)` from 0 to 255, with nothing but print.
        gap: the widest gap inside a word, in columns.

    Returns:
        int array `(n, 4)`, the smallest box around each word's ink: `x_min, y_min,
        x_max, y_max`, so that `text[y_min:y_max, x_min:x_max]` is the word.

    Raises:
        ValueError: if an argument is none of these.

    Source:
        Sauvola and Pietikäinen, "Adaptive document image binarization", Pattern
        Recognition 33, 2000; computed by scikit-image.

    Example:

    >>> from utils.pages import markers
    >>> word_boxes(markers().text, gap=2)[:2].tolist()  # Let, us
    [[6, 3, 24, 14], [33, 7, 47, 15]]
    """
    gap = check_count(gap, "gap")
    text = check_images(np.asarray(text)[None], "gray", "text")[0].astype(float)
    ink = text < threshold_sauvola(text, AROUND, k=0.2, r=128)
    broad = binary_dilation(ink, np.ones((1, gap + 1)))
    broad = binary_dilation(broad, np.ones((gap + 1) // 2 * 2 + 1, bool)[:, None])
    pieces, _ = label(broad, np.ones((3, 3)))
    pieces[~ink] = 0
    boxes = [
        (columns.start, rows.start, columns.stop, rows.stop)
        for number, (rows, columns) in enumerate(find_objects(pieces), 1)
        if np.sum(pieces[rows, columns] == number) >= SPECK
    ]
    if not boxes:
        return np.zeros((0, 4), int)
    least = NARROW * _letter_width(ink)
    lines = [_with_marks(line, least) for line in _lines(boxes)]
    return np.array([box for line in lines for box in line])


def _letter_width(ink):
    letters, _ = label(ink, np.ones((3, 3)))
    return np.median(
        [columns.stop - columns.start for _, columns in find_objects(letters)]
    )


def _lines(boxes):
    """Lists of boxes from left to right; each begins where its line does."""
    lines = []
    for box in sorted(boxes):
        shared = [_shared_height(box, line[-1]) for line in lines]
        if shared and max(shared) > 0.5:
            lines[int(np.argmax(shared))].append(box)
        else:
            lines.append([box])
    return sorted(lines, key=lambda line: np.mean([box[1] + box[3] for box in line]))


def _shared_height(box, other):
    """Share of the lower box's height at which both are."""
    shared = min(box[3], other[3]) - max(box[1], other[1])
    return shared / min(box[3] - box[1], other[3] - other[1])


def _with_marks(line, least):
    """The line's boxes; what is narrower than `least` is joined with its forerunner."""
    made = line[:1]
    for box in line[1:]:
        if box[2] - box[0] < least:
            low, high = np.minimum(made[-1], box), np.maximum(made[-1], box)
            made[-1] = (*low[:2], *high[2:])
        else:
            made.append(box)
    return [tuple(int(side) for side in box) for box in made]
