"""A kept model: the same answers after loading, here and without the course."""

import dataclasses
import json
import subprocess
import sys
import textwrap
import zipfile

import keras
import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from utils import backbones, datasets, keep
from utils.features import extract, resize
from utils.photographs import lazy
from utils.photographs.decoding import read, to_square

LAYER = "block5"
NAMES = ("desert", "beach")


@pytest.fixture(scope="module")
def backbone():
    return backbones.load(image_size=64)


@pytest.fixture(scope="module")
def scenes():
    return datasets.scenes(60)


@pytest.fixture(scope="module")
def classifier(backbone, scenes):
    rows = extract(backbone, scenes.images, LAYER, cache=False)[LAYER]
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.01))
    return classifier.fit(rows, scenes.labels)


@pytest.fixture(scope="module")
def kept(backbone, classifier):
    scores = {"balanced accuracy": np.float32(0.9)}
    return keep.join(backbone, LAYER, classifier, NAMES, threshold=0.7, scores=scores)


@pytest.fixture
def path(kept, tmp_path):
    keep.save(kept, tmp_path / "kept.keras")
    return tmp_path / "kept.keras"


@pytest.fixture
def photographs(tmp_path):
    """Paths of pictures of many sizes, one of them lying on its side."""
    rng = np.random.default_rng(1)
    paths = []
    for number, size in enumerate(((60, 40), (64, 64), (33, 90))):
        small = datasets.scenes(4, seed=number).images[number]
        picture = Image.fromarray(small).resize(size)
        paths.append(tmp_path / f"{number}.png")
        picture.save(paths[-1])
    exif = Image.Exif()
    exif[0x0112] = 6
    paths.append(tmp_path / "lies.jpg")
    noise = rng.integers(0, 256, (30, 80, 3), np.uint8)
    Image.fromarray(noise).save(paths[-1], exif=exif, quality=95)
    return paths


def test_it_says_what_scikit_learn_says(kept, backbone, classifier, scenes):
    rows = extract(backbone, scenes.images, LAYER, cache=False)[LAYER]
    found = keep.probabilities(kept, scenes.images)
    np.testing.assert_allclose(found, classifier.predict_proba(rows), atol=1e-5)
    assert found.dtype == np.float32
    assert (found.argmax(axis=1) == scenes.labels).mean() > 0.9


def test_all_that_was_kept_comes_back(kept, path, scenes):
    loaded = keep.load(path)
    assert repr(loaded) == repr(kept)
    for field in dataclasses.fields(keep.Kept)[1:]:
        assert getattr(loaded, field.name) == getattr(kept, field.name)
    np.testing.assert_array_equal(
        keep.probabilities(loaded, scenes.images),
        keep.probabilities(kept, scenes.images),
    )
    heats = [keep.explain(one, scenes.images[0]) for one in (kept, loaded)]
    np.testing.assert_array_equal(*heats)
    keep.save(loaded, path)  # over itself
    assert repr(keep.load(path)) == repr(kept)


def test_it_predicts_without_the_course(kept, path, photographs):
    """The lines of the docstring, by a Python that sees neither course nor settings."""
    lines = keep.__doc__.partition("wrote it:\n")[2].partition("\n\nThey take")[0]
    lines = textwrap.dedent(lines).replace("photograph.jpg", photographs[3].name)
    assert "utils" not in lines and "keep" not in lines
    lines += "\nimport sys\nassert 'utils' not in sys.modules"
    lines += "\nprint(model(np.asarray(square)[None])['map'].shape)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", lines],
        cwd=path.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    *_, said, shape = done.stdout.splitlines()
    ((name, probability),) = keep.predict(
        dataclasses.replace(kept, threshold=0), photographs[3]
    )
    assert said.split()[0] == name
    assert float(said.split()[1]) == pytest.approx(probability, abs=1e-5)
    assert shape == "(1, 8, 8, 2)"


def test_what_it_is_about_can_be_read_without_keras(path):
    with zipfile.ZipFile(path) as archive:
        about = json.loads(archive.read("metadata.json"))["kept"]
    assert about == {
        "format": 1,
        "class_names": ["desert", "beach"],
        "image_size": 64,
        "way": "squash",
        "threshold": 0.7,
        "scores": {"balanced accuracy": pytest.approx(0.9)},
    }


def on_disk(paths, way="squash"):
    files = [
        lazy.File(path, lazy.stamp_of(path), "", *read(path).shape[:2])
        for path in paths
    ]
    return lazy.Photographs(files, way)


def test_all_ways_to_hand_in_photographs_say_the_same(kept, photographs):
    arrays = [read(path) for path in photographs]
    wanted = keep.probabilities(kept, arrays)
    squares = np.stack([to_square(array, 64) for array in arrays])
    for same in (
        photographs,
        tuple(map(str, photographs)),
        iter(photographs),
        on_disk(photographs),
        np.array(photographs, dtype=object),
        np.array(list(map(str, photographs))),
        squares,
        list(squares.astype(float)),
    ):
        np.testing.assert_array_equal(keep.probabilities(kept, same), wanted)
    one = keep.probabilities(kept, photographs[0])
    np.testing.assert_allclose(one, wanted[:1], atol=1e-6)
    raw = kept.model.predict(squares, verbose=0)["probabilities"]
    np.testing.assert_allclose(raw, wanted, atol=1e-6)


@pytest.mark.parametrize("shape", [(3, 50, 30), (3, 50, 30, 3)])
def test_photographs_are_resized_as_for_extract(kept, shape):
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    found = keep.probabilities(kept, images)
    wanted = keep.probabilities(kept, resize(images, 64))
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("way", ["crop", "pad"])
def test_it_is_shown_what_the_training_was_shown(kept, photographs, way):
    other = dataclasses.replace(kept, way=way)
    squares = [to_square(read(path), 64, way) for path in photographs]
    found = keep.probabilities(other, photographs)
    np.testing.assert_array_equal(found, keep.probabilities(kept, squares))
    assert abs(found - keep.probabilities(kept, photographs)).max() > 1e-3


def test_many_are_answered_in_order_and_alike(kept, scenes):
    whole = keep.probabilities(kept, scenes.images)  # more than one batch
    reverse = keep.probabilities(kept, scenes.images[::-1])
    np.testing.assert_allclose(whole, reverse[::-1], atol=1e-5)


def test_below_the_threshold_it_is_not_sure(kept, scenes):
    found = keep.probabilities(kept, scenes.images)
    sureness = found.max(axis=1)
    middle = float(np.median(sureness))
    answers = keep.predict(dataclasses.replace(kept, threshold=middle), scenes.images)
    names = np.array(NAMES)[found.argmax(axis=1)]
    wanted = np.where(sureness >= middle, names, "not sure")
    assert [name for name, _ in answers] == wanted.tolist()
    assert 0 < np.mean(wanted == "not sure") < 1
    np.testing.assert_array_equal([p for _, p in answers], sureness)
    always = keep.predict(dataclasses.replace(kept, threshold=0), scenes.images)
    assert [answer.name for answer in always] == names.tolist()
    assert type(always[0].name) is str and type(always[0].probability) is float


def test_the_map_has_the_photographs_size_and_the_class_that_is_asked(kept, scenes):
    image = np.repeat(np.repeat(scenes.images[1], 3, axis=0), 5, axis=1)
    likeliest = kept.class_names[keep.probabilities(kept, [image])[0].argmax()]
    heat = keep.explain(kept, image)
    assert heat.shape == image.shape[:2] and heat.dtype == np.float32
    np.testing.assert_array_equal(heat, keep.explain(kept, image, likeliest))
    desert, beach = (keep.explain(kept, image, name) for name in NAMES)
    np.testing.assert_allclose(desert, -beach, atol=1e-5)  # of two classes
    small = kept.model.predict(to_square(image, 64)[None], verbose=0)["map"][0, :, :, 1]
    assert beach.min() >= small.min() - 1e-6 and beach.max() <= small.max() + 1e-6
    np.testing.assert_allclose(beach.mean(), small.mean(), atol=0.1)


def test_a_map_is_of_one_photograph(kept, photographs):
    for several in (photographs[:2], np.zeros((2, 8, 8, 3), np.uint8)):
        with pytest.raises(ValueError, match="`photograph` must be one: .* several"):
            keep.explain(kept, several)


def test_a_map_is_that_of_the_upright_photograph(kept, photographs):
    image = read(photographs[3])
    assert image.shape == (80, 30, 3)
    heat = keep.explain(kept, photographs[3])
    np.testing.assert_array_equal(heat, keep.explain(kept, image))
    cropped = keep.explain(dataclasses.replace(kept, way="crop"), image)
    assert np.isnan(cropped[:25]).all() and np.isfinite(cropped[25:55]).all()


@pytest.mark.parametrize("classes", [2, 4])
def test_the_threshold_is_the_lowest_that_will_do(classes):
    rng = np.random.default_rng(0)
    for _ in range(50):
        found = np.round(rng.dirichlet(np.full(classes, 0.5), 40), 1)
        found /= found.sum(axis=1, keepdims=True)
        labels = np.where(
            rng.random(40) < 0.7, found.argmax(1), rng.integers(classes, size=40)
        )
        allowed = rng.choice([0.05, 0.1, 0.2])
        sure, wrong = found.max(axis=1), found.argmax(axis=1) != labels
        fits = [t for t in np.unique(sure) if wrong[sure >= t].mean() <= allowed]
        if fits:
            assert keep.choose_threshold(found, labels, allowed) == min(fits)
        else:
            with pytest.raises(ValueError, match="`mistakes`.*at best"):
                keep.choose_threshold(found, labels, allowed)


def test_the_threshold_holds_for_the_pictures_that_chose_it(kept, scenes):
    found = keep.probabilities(kept, scenes.images)
    truth = scenes.labels.copy()
    truth[np.argsort(found.max(axis=1))[:10:2]] ^= 1  # five of the least sure are wrong
    chosen = keep.choose_threshold(found, truth, 0.02)
    answers = keep.predict(dataclasses.replace(kept, threshold=chosen), scenes.images)
    given = [(name, NAMES[t]) for (name, _), t in zip(answers, truth)]
    given = [pair for pair in given if pair[0] != "not sure"]
    assert 0 < len(given) < 60
    assert np.mean([name != right for name, right in given]) <= 0.02


def rewrite(path, change):
    """Change what a file says of itself."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(entries["metadata.json"])
    change(metadata)
    entries["metadata.json"] = json.dumps(metadata)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


CHANGES = {
    "older": (lambda m: m["kept"].update(format=0), "format 0; .* reads format 1"),
    "newer": (lambda m: m["kept"].update(format=2), "format 2; .*copy that kept it"),
    "a name less": (
        lambda m: m["kept"].update(class_names=["a"]),
        "does not fit its model: `class_names` must be a list of 2 str",
    ),
    "no way": (lambda m: m["kept"].pop("way"), "does not fit its model: 'way'"),
    "odd threshold": (lambda m: m["kept"].update(threshold=7), "`threshold` must"),
    "nothing": (lambda m: m.pop("kept"), "not written by `keep.save`, or Keras has"),
    "no dict": (lambda m: m.update(kept=3), "does not say what its classes are"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_it_says_of_itself_is_checked(path, name):
    change, said = CHANGES[name]
    rewrite(path, change)
    with pytest.raises(ValueError, match=said):
        keep.load(path)


def test_a_file_that_keras_saved_is_told(kept, path):
    kept.model.save(path)
    with pytest.raises(ValueError, match="Keras has saved it once more"):
        keep.load(path)


def test_a_file_that_was_cut_off_is_told(path):
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(OSError, match="cut off or damaged"):
        keep.load(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"class_names": ("a",)}, "`class_names` must be a list of 2 str"),
        ({"class_names": "ab"}, "`class_names` must be a list of 2 str"),
        ({"class_names": ("a", "a")}, "2 different str"),
        ({"class_names": (0, 1)}, "2 different str"),
        ({"class_names": {"a", "b"}}, "in the order of the labels. Received: {'"),
        ({"class_names": ("a", "not sure")}, "Give that class another name"),
        ({"threshold": 70}, "`threshold` must .* Hand in 0.7"),
        ({"way": "stretch"}, "`way` must be 'squash', 'crop' or 'pad'"),
        ({"scores": 0.9}, "`scores` must be a dict"),
        ({"scores": {"accuracy": "high"}}, r"`scores\['accuracy'\]` must be a number"),
        ({"model": None}, "`model` must be a Keras model that `joining.one_model`"),
        ({"model": keras.Sequential()}, "`model` must be"),
    ],
)
def test_what_does_not_fit_together_is_explained(kept, change, said):
    with pytest.raises(ValueError, match=said):
        dataclasses.replace(kept, **change)


def test_names_must_be_those_of_the_labels(backbone, classifier, scenes):
    rows = extract(backbone, scenes.images, LAYER, cache=False)[LAYER]
    text = np.array(["b", "a"])[scenes.labels]
    by_name = LogisticRegression(max_iter=999).fit(rows, text)
    kept = keep.join(backbone, LAYER, by_name, ("a", "b"))
    assert [name for name, _ in keep.predict(kept, scenes.images[:2])] == ["b", "a"]
    with pytest.raises(ValueError, match=r"labels 0 to 1.*one fitted on \['a', 'b'\]"):
        keep.join(backbone, LAYER, by_name, ("b", "a"))
    from_1 = LogisticRegression(max_iter=999).fit(rows, scenes.labels + 1)
    with pytest.raises(ValueError, match=r"labels 0 to 1.*one fitted on \[1, 2\]"):
        keep.join(backbone, LAYER, from_1, NAMES)


@pytest.mark.parametrize(
    ("photographs", "said"),
    [
        ([], "`photographs` must be a list of at least one str"),
        (None, "Received: None"),
        ([Image.new("P", (9, 9))], "Received: a Pillow image. Hand in its path"),
        (["a.png", np.zeros((9, 9))], "all paths or all arrays"),
        (np.zeros((9, 9, 3)), r"For a single image: `photographs\[None\]`"),
        (np.full((1, 9, 9), 0.5), "`photographs` must hold values from 0 to 255"),
        (datasets.scenes(2), "Received: a data set. Hand in its `images`"),
    ],
)
def test_other_photographs_are_refused(kept, photographs, said):
    with pytest.raises(ValueError, match=said):
        keep.predict(kept, photographs)


def test_a_file_that_is_no_picture_is_named(kept, photographs, tmp_path):
    (tmp_path / "notes.jpg").write_text("no picture")
    with pytest.raises(OSError, match="notes.jpg cannot be read as a picture"):
        keep.predict(kept, [*photographs, tmp_path / "notes.jpg"])
    with pytest.raises(FileNotFoundError, match="gone.jpg"):
        keep.predict(kept, tmp_path / "gone.jpg")
    with pytest.raises(ValueError, match=r"Received: the folder .*iterdir\(\)\)`"):
        keep.predict(kept, tmp_path)


def test_a_model_alone_is_not_enough(kept, photographs):
    for function in (keep.predict, keep.probabilities, keep.explain):
        with pytest.raises(ValueError, match="`kept` must be what `keep.join` or"):
            function(kept.model, photographs[0])
    with pytest.raises(ValueError, match="`kept` must be"):
        keep.save(kept.model, "model.keras")


def test_a_class_that_there_is_not_is_told(kept, photographs):
    said = "`class_name` must be one of desert, beach. Received: 'sea'"
    with pytest.raises(ValueError, match=said):
        keep.explain(kept, photographs[0], "sea")
    with pytest.raises(
        ValueError, match=r"one of desert, beach. Received: \['beach'\]"
    ):
        keep.explain(kept, photographs[0], ["beach"])


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([[0.2, 0.2]], "add up to 1. Received: .*0.4 to 0.4. Hand in .*predict_proba"),
        ([[2, -1]], "`probabilities` must be rows"),
        ([[1.0]], "`probabilities` must be rows"),
        ([0.2, 0.8], "`probabilities` must have shape"),
    ],
)
def test_other_probabilities_are_refused(found, said):
    with pytest.raises(ValueError, match=said):
        keep.choose_threshold(found, [0] * len(found))
