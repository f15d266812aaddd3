"""A small network that reads printed words, what it is shown, and how it is scored."""

import string

import keras
import numpy as np
from keras import layers
from PIL import Image

from utils.checks import check_images, check_names, check_numbers
from utils.files import data_file

# Class 0 of the network's answers is the blank, class k the character ALPHABET[k - 1].
ALPHABET = string.ascii_letters + string.digits + ".,;:!?'-()\""
ROWS, COLUMNS = 32, 192  # of a word's picture
STEP = 4  # columns from one answer to the next
# Of each block: channels of its 3 × 3 convolution, then how maxima are pooled.
BLOCKS = (24, (2, 2)), (48, (2, 2)), (64, (2, 1)), (80, (1, 1))
ALONG = (1, 5, 3)  # widths of the convolutions along the word
CHANNELS = 112


def word_reader():
    """A convolutional network that was trained on rendered words with the CTC loss.

    It was shown words of scikit-learn's texts in twelve fonts of matplotlib, printed
    large and small, sharp and blurred: `lessons.rendered_words`. It has never seen a
    scanned page. How it was trained: `tools/train_word_reader.py`; how well it reads:
    `data/README.md`.

    Returns:
        A `keras.Model` from float32 `(batch, 32, 192, 1)`, as `word_images` makes
        them, to logits `(batch, 48, 74)`: for each four columns from the left, the
        blank (class 0) and the characters of `ALPHABET` (from class 1).

    Raises:
        FileNotFoundError, OSError: if the course's file is gone or damaged.

    Source:
        Graves et al., "Connectionist Temporal Classification", ICML 2006; trained for
        this course.

    Example:

    >>> word_reader().output_shape
    (None, 48, 74)
    """
    model = build_word_reader()
    with np.load(data_file("word_reader.npz")) as arrays:
        for variable in model.weights:
            variable.assign(arrays[variable.path].astype(np.float32))
    return model


def build_word_reader():
    """The word reader's network without its weights, ready to be trained.

    Four convolutions halve the picture to 4 × 48 places; each column of places becomes
    one row of numbers, and three convolutions run along the word.

    Returns:
        A `keras.Model`: see `word_reader`.

    Example:

    >>> build_word_reader().count_params()
    231074
    """
    image = tensor = keras.Input((ROWS, COLUMNS, 1), name="image")
    for number, (channels, pool) in enumerate(BLOCKS, 1):
        name = f"block{number}"
        conv = layers.Conv2D(
            channels, 3, padding="same", use_bias=False, name=f"{name}_conv"
        )
        tensor = _normalized(conv(tensor), name)
        tensor = layers.MaxPooling2D(pool, name=f"{name}_pool")(tensor)
    tensor = layers.Permute((2, 1, 3), name="columns_first")(tensor)
    tensor = layers.Reshape((COLUMNS // STEP, -1), name="sequence")(tensor)
    for number, width in enumerate(ALONG, 1):
        name = f"along{number}"
        conv = layers.Conv1D(
            CHANNELS, width, padding="same", use_bias=False, name=f"{name}_conv"
        )
        tensor = _normalized(conv(tensor), name)
    logits = layers.Dense(1 + len(ALPHABET), name="logits")(tensor)
    return keras.Model(image, logits, name="WordReader")


def word_image(crop):
    """A word that was cut out, as the reader wants it: dark is 1, paper is 0.

    It is scaled to 32 rows; what is then wider than 192 columns is made narrower, what
    is not has paper behind it. The lightest twentieth of its pixels counts as paper,
    the darkest fiftieth as ink.

    Args:
        crop: gray picture `(rows, columns)` from 0 to 255.

    Returns:
        float32 `(32, 192, 1)`, from 0 to 1.2.

    Raises:
        ValueError: if `crop` is no such picture.

    Example:

    >>> stroke = np.full((16, 40), 200)
    >>> stroke[:, 20:24] = 40
    >>> image = word_image(stroke)
    >>> image.shape, image[16, [0, 44, 100], 0].tolist()
    ((32, 192, 1), [0.0, 1.0, 0.0])
    """
    return _scaled(_gray(crop, "crop"))


def word_images(text, boxes):
    """The words of a printed text, as the reader wants them.

    Args:
        text: gray picture `(rows, columns)` from 0 to 255.
        boxes: whole numbers `(n, 4)`, `x_min, y_min, x_max, y_max`, as
            `lessons.word_boxes` gives them.

    Returns:
        float32 `(n, 32, 192, 1)`: see `word_image`.

    Raises:
        ValueError: if `text` is no such picture, or a box holds none of it.

    Example:

    >>> word_images(np.full((20, 50), 255), [[0, 0, 30, 12], [30, 2, 50, 12]]).shape
    (2, 32, 192, 1)
    """
    text = _gray(text, "text")
    remedy = "Hand in one row a box: x_min, y_min, x_max, y_max."
    boxes = np.asarray(check_numbers(boxes, "boxes", ("n", 4), remedy))
    rows, columns = text.shape
    (left, top), (right, bottom) = boxes[:, :2].T, boxes[:, 2:].T
    inside = (0 <= left) & (left < right) & (right <= columns)
    inside &= (0 <= top) & (top < bottom) & (bottom <= rows) & (boxes % 1 == 0).all(1)
    if not inside.all():
        raise ValueError(
            f"`boxes` must be whole numbers and lie in {rows} rows and {columns} "
            f"columns. Received: {boxes[~inside][0].tolist()}."
        )
    return np.stack([_scaled(text[t:b, x:r]) for x, t, r, b in boxes.astype(int)])


def check_written(words, name):
    """A list of words of at least one character, all of `ALPHABET`.

    Args:
        words: what should be one.
        name: of the argument, for the message.

    Returns:
        List of str.

    Raises:
        ValueError: if it is none.

    Example:

    >>> check_written(["page", "29"], "words")
    ['page', '29']
    """
    words = check_names(words, name)
    for word in words:
        if not isinstance(word, str) or not word or not set(word) <= set(ALPHABET):
            raise ValueError(
                f"`{name}` must be words of the characters {ALPHABET}. "
                f"Received: {word!r}."
            )
    return [str(word) for word in words]


def encode(words):
    """Words as the numbers that the CTC loss compares with: 0 behind the last one.

    Args:
        words: list of str of characters in `ALPHABET`.

    Returns:
        int32 `(n, longest)`.

    Raises:
        ValueError: if a word has other characters.

    Example:

    >>> encode(["cab", "a"]).tolist()
    [[3, 1, 2], [1, 0, 0]]
    """
    words = check_written(words, "words")
    codes = np.zeros((len(words), max(map(len, words))), np.int32)
    for row, word in zip(codes, words):
        row[: len(word)] = [1 + ALPHABET.index(character) for character in word]
    return codes


def decode(logits):
    """Words from the reader's answers: the best class at each step, then collapsed.

    Of the same class at several steps in a row, one is kept; then blanks are dropped.

    Args:
        logits: numbers `(n, steps, classes)`, class 0 the blank.

    Returns:
        List of n str.

    Raises:
        ValueError: if `logits` has another shape, or numbers that are not finite.

    Source:
        Graves et al. 2006, best path decoding.

    Example:

    >>> steps = [3, 3, 0, 1, 0, 1, 2, 2]  # c c - a - a b b
    >>> decode(np.eye(74)[None, steps])
    ['caab']
    """
    remedy = "Hand in what the reader predicts for a batch of words."
    shape = ("n", "steps", 1 + len(ALPHABET))
    best = np.argmax(check_numbers(logits, "logits", shape, remedy), axis=-1)
    kept = best > 0
    kept[:, 1:] &= best[:, 1:] != best[:, :-1]
    return ["".join(ALPHABET[c - 1] for c in row[k]) for row, k in zip(best, kept)]


def edits(truth, read):
    """How many characters must be put in, left out or changed to make one of the other.

    Args:
        truth, read: str.

    Returns:
        An int.

    Raises:
        ValueError: if one is no str.

    Source:
        Levenshtein, Soviet Physics Doklady 10, 1966.

    Example:

    >>> edits("account", "aoount")  # the first c is an o, the second is lacking
    2
    """
    for name, text in {"truth": truth, "read": read}.items():
        if not isinstance(text, str):
            raise ValueError(f"`{name}` must be a str. Received: {text!r}.")
    before = list(range(len(read) + 1))
    for i, wanted in enumerate(truth, 1):
        row = [i]
        for j, found in enumerate(read, 1):
            changed = before[j - 1] + (wanted != found)
            row.append(min(before[j] + 1, row[-1] + 1, changed))
        before = row
    return before[-1]


def character_error(truths, reads):
    """Edits for each character of the truth, over all words.

    Args:
        truths, reads: two lists of as many str.

    Returns:
        A float: 0 if all is right; above 1 if more was read than is there.

    Raises:
        ValueError: if they are no such lists.

    Example:

    >>> character_error(["old", "Miss"], ["old", "Mice"])
    0.2857142857142857
    """
    truths = check_names(truths, "truths")
    reads = check_names(reads, "reads", len(truths), "a truth")
    for name, words in {"truths": truths, "reads": reads}.items():
        if other := [word for word in words if not isinstance(word, str)]:
            raise ValueError(f"`{name}` must hold str. Received: {other[0]!r}.")
    if not any(truths):
        raise ValueError("`truths` must hold characters. Received: empty words only.")
    return sum(map(edits, truths, reads)) / sum(map(len, truths))


def _normalized(tensor, name):
    return layers.ReLU(name=name)(layers.BatchNormalization(name=f"{name}_bn")(tensor))


def _gray(picture, name):
    """Float `(rows, columns)`, checked; few columns of gray are no colors."""
    array = np.asarray(picture)
    narrow = array.ndim == 2 and 0 < array.shape[1] < 5
    check_images((np.tile(array, 5) if narrow else array)[None], "gray", name)
    return array.astype(float)


def _scaled(gray):
    rows, columns = gray.shape
    width = min(COLUMNS, max(1, round(ROWS * columns / rows)))
    ink, paper = np.percentile(gray, (2, 95))
    dark = np.clip((paper - gray) / max(paper - ink, 1), 0, 1.2).astype(np.float32)
    resized = Image.fromarray(dark).resize((width, ROWS), Image.Resampling.BILINEAR)
    made = np.zeros((ROWS, COLUMNS, 1), np.float32)
    made[:, :width, 0] = resized
    return made
