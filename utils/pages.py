"""Printed pages, and what is written on them in someone's typing."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

from utils.files import data_file

HUCKLEBERRY_FINN = """
WELL, I got a good going-over in the morning,
from old Miss Watson, on account of my
clothes; but the widow she didn't scold, but
only cleaned off the grease and clay and
looked so sorry that I thought I would be-
have a while if I could. Then Miss Watson
she took me in the closet and prayed, but
nothing come of it. She told me to pray
every day, and whatever I asked for I would
get it. But it warn't so. I tried it. Once
I got a fish-line, but no hooks. It warn't
any good to me without hooks. I tried for
the hooks three or four times, but somehow
I couldn't make it work. By-and-by, one
day, I asked Miss Watson to try for me, but
she said I was a fool. She never told me
why, and I couldn't make it out no way.
"""
MARKERS = """
Let us first determine markers of the coins and the
background. These markers are pixels that we can label
unambiguously as either object or background. Here,
the markers are found at the two extreme parts of the
histogram of grey values:
"""


@dataclass(frozen=True)
class Page:
    """A picture of print and its words; nobody can change its arrays.

    `image` is uint8, `(rows, columns)`, gray from 0 to 255: the whole page. `text`,
    alike, is the part of it that was typed, what else it shows painted over with the
    page's median gray. `words` are the words of `text` in reading order,
    a tuple of str, with their punctuation; two parts of a word that is broken at the
    end of a line are two words.
    """

    name: str
    image: np.ndarray
    text: np.ndarray
    words: tuple
    license: str
    source: str

    def __repr__(self):
        rows, columns = self.image.shape
        return f"{self.name}: {rows:,} × {columns:,} pixels, {len(self.words)} words"


def huckleberry_finn():
    """Page 29 of *Adventures of Huckleberry Finn*, as it was printed in 1884.

    A clean scan of old type: letters without descender or ascender are ten pixels high.
    Typed are the first 17 lines of chapter III, beside and below the drawing.
    `lessons.word_boxes` finds its words with a `gap` of 3 to 6 columns.

    Returns:
        A `Page`.

    Raises:
        FileNotFoundError, OSError: if the course's file is gone or damaged.

    Source:
        M. Twain, illustrations by E. W. Kemble; scan of Project Gutenberg, from the
        test files of OCRmyPDF 17.13.0, in the public domain.

    Example:

    >>> huckleberry_finn()
    huckleberry_finn: 995 × 770 pixels, 150 words
    >>> huckleberry_finn().words[:4]
    ('WELL,', 'I', 'got', 'a')
    """
    return _huckleberry_finn()


def markers():
    """A photograph of a page about markers, from scikit-image: small and unevenly lit.

    Letters without descender or ascender are eight pixels high, the lines are bent.
    Typed is the paragraph, neither heading nor code. `lessons.word_boxes` finds its
    words with a `gap` of 2 columns, and no other.

    Returns:
        A `Page`.

    Source:
        `skimage.data.page`.

    Example:

    >>> markers()
    markers: 191 × 384 pixels, 41 words
    """
    return _markers()


@cache
def _huckleberry_finn():
    with Image.open(data_file("huckleberry_finn.jpg")) as picture:
        image = np.asarray(picture.convert("L"))
    places = (230, 248, 264, 756), (264, 332, 692, 756), (692, 14, 722, 756)
    source = "Twain 1884, Project Gutenberg, OCRmyPDF 17.13.0"
    return _page(
        "huckleberry_finn", image, places, HUCKLEBERRY_FINN, "public domain", source
    )


@cache
def _markers():
    from skimage.data import page

    source = "skimage.data.page"
    return _page(
        "markers", page(), [(46, 0, 138, 384)], MARKERS, "BSD-3-Clause", source
    )


def _page(name, image, places, words, license, source):
    """A page of which the text stands at `places`: top, left, bottom, right."""
    text = np.full_like(image, np.median(image))
    for top, left, bottom, right in places:
        text[top:bottom, left:right] = image[top:bottom, left:right]
    places = np.array(places)
    (top, left), (bottom, right) = places[:, :2].min(axis=0), places[:, 2:].max(axis=0)
    text = text[top:bottom, left:right].copy()
    image = image.copy()
    for array in (image, text):
        array.flags.writeable = False
    return Page(name, image, text, tuple(words.split()), license, source)
