"""English words as print would show them: rendered, blurred, slanted, faded and cut."""

import re
from functools import cache
from importlib import resources
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

from utils.checks import check_count
from utils.files import data_file
from utils.reading import check_written, word_image

# Of those that matplotlib ships: upright, bold, slanted; with serifs and without.
FONTS = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique",
    "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic",
    "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic",
    "cmr10", "cmb10", "cmss10",
)  # fmt: skip
LONGEST = 14  # characters
SIZE = 48  # pixels of an em, before the word is printed small


def words(part="train"):
    """Different words of the texts in which scikit-learn describes its data sets.

    As they stand there, with their capitals and punctuation. About a fifth is kept for
    the test, however it is written. Which words these are stands in the file of the
    reader's weights, so that they are the same in any version of scikit-learn.

    Args:
        part: `"train"` or `"test"`.

    Returns:
        A sorted list of str, from 1 to 14 characters of `reading.ALPHABET`.

    Raises:
        ValueError: if there is no such part.

    Example:

    >>> {"Data", "data", "data,"} <= set(words("train"))
    True
    >>> set(words("train")) & set(words("test"))
    set()
    """
    if not isinstance(part, str) or part not in ("train", "test"):
        raise ValueError(f"`part` must be 'train' or 'test'. Received: {part!r}")
    return list(_words()[part])


def render(texts, seed=0):
    """A picture of each word, every one printed in another way.

    Drawn by chance are: font, size in pixels (from hardly legible to large), weight of
    the ink, slant, blur, shade of ink and paper, light from one side, grain, and how
    closely the word is cut out.

    Args:
        texts: list of str of characters in `reading.ALPHABET`.
        seed: int from 0; another seed prints the same words in other ways.

    Returns:
        float32 `(n, 32, 192, 1)`, as `reading.word_image` makes them.

    Raises:
        ValueError: if `texts` is no list of such words, or `seed` no such number.

    Example:

    >>> render(["page", "29"]).shape
    (2, 32, 192, 1)
    """
    texts = check_written(texts, "texts")
    rng = np.random.default_rng(check_count(seed, "seed", 0))
    return np.stack([word_image(_print(text, rng)) for text in texts])


@cache
def _words():
    """{part: sorted words}."""
    folder = resources.files("sklearn.datasets") / "descr"
    texts = [f.read_text("utf-8") for f in folder.iterdir() if f.name.endswith(".rst")]
    found = {t for text in texts for t in text.split() if _is_word(t)}
    with np.load(data_file("word_reader.npz")) as arrays:
        kept = set(arrays["held_out"].tolist())
    return {
        "train": sorted(word for word in found if _plain(word) not in kept),
        "test": sorted(word for word in found if _plain(word) in kept),
    }


def _is_word(token):
    """Letters or digits, perhaps with a hyphen, an apostrophe or a mark behind."""
    form = r"[(\"]?[A-Za-z0-9]+(['-][A-Za-z0-9]+)*[.,;:!?)\"]?[.,;:]?"
    return len(token) <= LONGEST and re.fullmatch(form, token) is not None


def _plain(word):
    return re.sub("[^a-z0-9]", "", word.lower())


@cache
def _font(name):
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"
    return ImageFont.truetype(str(path), SIZE, layout_engine=ImageFont.Layout.BASIC)


def _print(text, rng):
    """One word as gray values from 0 to 255, cut out about as tightly as it goes."""
    picture = _slanted(_drawn(text, _font(FONTS[rng.integers(len(FONTS))])), rng)
    rows = rng.uniform(10, 36)  # of the printed word
    sides = max(2, round(rows * picture.width / picture.height)), round(rows)
    small = np.asarray(picture.resize(sides, Image.Resampling.BOX), np.float32) / 255
    edge = 4
    ink = gaussian_filter(np.pad(small, edge), rng.uniform(0.2, 0.04 * rows))
    ink = (ink / max(ink.max(), 1e-3)) ** rng.uniform(0.6, 1.6)  # light or heavy
    cut = rng.integers(-1, 3, 4) if rows > 14 else rng.integers(0, 2, 4)
    top, bottom, left, right = edge - cut
    ink = ink[top : ink.shape[0] - bottom, left : ink.shape[1] - right]
    paper, contrast = rng.uniform(120, 255), rng.uniform(0.35, 0.95)
    light = 1 + rng.uniform(-0.15, 0.15) * np.linspace(-1, 1, ink.shape[1])
    gray = paper * light * (1 - contrast * ink)
    return np.clip(gray + rng.normal(0, rng.uniform(0, 8), gray.shape), 0, 255)


def _drawn(text, font):
    """The word in white on black, at `SIZE`, without margins."""
    left, top, right, bottom = font.getbbox(text)
    picture = Image.new("L", (right - left + 2, bottom - top + 2))
    ImageDraw.Draw(picture).text((1 - left, 1 - top), text, 255, font)
    return picture.crop(picture.getbbox())


def _slanted(picture, rng):
    """Sheared and stretched a little; then without margins again."""
    slant, wide = rng.normal(0, 0.07), np.exp(rng.normal(0, 0.12))
    tilt = rng.normal(0, 0.012)
    width, height = picture.size
    reach = abs(slant) * height
    size = round((width + reach) * wide) + 1, round(height + abs(tilt) * width) + 1
    across = 1 / wide, slant, -max(slant, 0) * height
    down = tilt / wide, 1, -max(tilt, 0) * width
    moved = picture.transform(
        size, Image.Transform.AFFINE, (*across, *down), Image.Resampling.BILINEAR
    )
    return moved.crop(moved.getbbox())
