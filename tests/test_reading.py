"""The word reader reads as well as is said, and what it is scored by is right."""

import numpy as np
import pytest
import tensorflow as tf
import train_word_reader
from hypothesis import given
from hypothesis import strategies as st

from utils import pages, reading
from utils.lessons import rendered_words, word_training

WORDS = st.text(st.sampled_from(reading.ALPHABET), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def reader():
    return reading.word_reader()


HELD_OUT = {"background", "seven", "target", "vacation"}
SAID = {"rendered": 0.019, "huckleberry_finn": 0.042, "markers": 0.020}
# Five of Huckleberry Finn's 568 characters, three of the 198 of `markers`; another
# version of scikit-learn has other words, of Pillow or matplotlib other prints.
ROOM = {"rendered": 0.01, "huckleberry_finn": 0.01, "markers": 0.015}
STEPS = 80


def test_the_shipped_reader_reads_as_well_as_the_datasheet_says(reader):
    """Recipe, seed and these scores stand in data/README.md.

    Under other arithmetics all scores were the same. A weight that is lost or misplaced
    changes them by far more than the room here.
    """
    errors = {
        name: error for name, (error, _) in train_word_reader.scores(reader).items()
    }
    for name, said in SAID.items():
        assert errors[name] == pytest.approx(said, abs=ROOM[name]), name


def test_another_training_learns():
    """The recipe in small: the same four words, until the network has most by heart.

    Asked as in training, since its running means are not yet those of these words.
    Silence alone brings the loss to about 20.
    """
    words = ["one", "Two", "3", "if"]
    images, codes = rendered_words.render(words, 1), reading.encode(words)
    model = word_training.untrained(STEPS)
    history = model.fit(images, codes, epochs=STEPS, batch_size=4, verbose=0).history
    read = reading.decode(np.asarray(model(images, training=True)))
    assert history["loss"][0] > 100 and history["loss"][-1] < 6
    assert sum(a == b for a, b in zip(words, read)) >= 2


def test_no_word_is_in_both_parts():
    parts = {p: rendered_words.words(p) for p in ("train", "test")}
    plain = {
        part: {rendered_words._plain(word) for word in words}
        for part, words in parts.items()
    }
    assert not plain["train"] & plain["test"]
    share = len(plain["test"]) / (len(plain["train"]) + len(plain["test"]))
    assert share == pytest.approx(0.2, abs=0.03)


def test_a_word_stays_in_its_part():
    """In any version of scikit-learn, since the words of the test are listed."""
    assert {"data", "The", "of"} <= set(rendered_words.words("train"))
    assert HELD_OUT <= set(rendered_words.words("test"))


def test_the_pages_are_written_with_the_readers_characters():
    typed = "".join(pages.huckleberry_finn().words + pages.markers().words)
    assert set(typed) <= set(reading.ALPHABET)
    shown = "".join(rendered_words.words("train"))
    assert set(typed) <= set(shown)


@pytest.mark.parametrize("font", rendered_words.FONTS)
def test_every_font_has_every_character(font):
    """Each drawn, and no two alike (a missing one is drawn as a box, or not at all)."""
    drawn = [
        np.asarray(rendered_words._drawn(character, rendered_words._font(font)))
        for character in reading.ALPHABET
    ]
    contents = {(picture.shape, picture.tobytes()) for picture in drawn}
    assert len(contents) == len(drawn) and all(picture.any() for picture in drawn)


def test_words_are_printed_the_same_again_and_otherwise_by_another_seed():
    first, again, other = (rendered_words.render(["page"], s) for s in (3, 3, 4))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert first.dtype == np.float32 and first.min() == 0 and first.max() <= 1.2


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_what_is_encoded_is_decoded(words):
    """With a blank after each character, so that doubles stay double."""
    codes = reading.encode(words)
    steps = np.stack([codes, np.zeros_like(codes)], axis=-1).reshape(len(words), -1)
    assert reading.decode(np.eye(1 + len(reading.ALPHABET))[steps]) == words


def test_decoding_is_that_of_tensorflow(reader):
    images = rendered_words.render(rendered_words.words("test")[::20], 5)
    logits = reader.predict(images, verbose=0)
    last_is_blank = np.roll(logits, -1, axis=-1).transpose(1, 0, 2)
    lengths = np.full(len(images), logits.shape[1])
    (found,), _ = tf.nn.ctc_greedy_decoder(last_is_blank, lengths)
    rows = tf.sparse.to_dense(found, -1).numpy()
    expected = ["".join(reading.ALPHABET[c] for c in row if c >= 0) for row in rows]
    assert reading.decode(logits) == expected


@pytest.mark.parametrize(
    ("truth", "read", "edits"),
    [
        ("kitten", "sitting", 3),
        ("", "abc", 3),
        ("abc", "", 3),
        ("same", "same", 0),
        ("abcd", "bcd", 1),
        ("ab", "ba", 2),
    ],
)
def test_edits_by_hand(truth, read, edits):
    assert reading.edits(truth, read) == edits


@given(WORDS, WORDS, WORDS)
def test_edits_are_a_distance(a, b, c):
    assert (reading.edits(a, b) == 0) == (a == b)
    assert reading.edits(a, b) == reading.edits(b, a)
    assert reading.edits(a, c) <= reading.edits(a, b) + reading.edits(b, c)


def test_a_wide_word_is_made_narrower_and_a_short_one_has_paper_behind_it():
    stripes = np.full((10, 400), 250.0)
    stripes[:, ::8] = stripes[:, 1::8] = 20
    assert reading.word_image(stripes)[:, -8:].max() > 0.3
    assert np.all(reading.word_image(stripes[:, :20])[:, 64:] == 0)


def test_light_and_contrast_do_not_matter():
    word = np.asarray(rendered_words._drawn("light", rendered_words._font("cmr10")))
    bright, faint = 255 - word * 0.9, 180 - word * 0.3
    np.testing.assert_allclose(
        reading.word_image(bright), reading.word_image(faint), atol=1e-5
    )


def test_a_stroke_of_three_columns_is_gray_and_no_color():
    for columns in ([40], [200, 40], [200, 30, 200], [200, 40, 40, 200]):
        stroke = np.tile(np.array(columns, float), (12, 1))
        assert reading.word_image(stroke).shape == (32, 192, 1)
