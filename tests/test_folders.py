"""A learner's own folder: class folders, a table or a zip, and what may be wrong."""

import os
import shutil
import unicodedata
import warnings
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from utils import backbones, datasets, evaluation, plots
from utils.datasets import from_folder, load
from utils.features import extract
from utils.photographs import archives, survey
from utils.photographs.survey import look_alikes


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TQDM_DISABLE", "1")
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def strict():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def picture(seed, size=(40, 30)):
    """Its own for each seed, and not like another."""
    few = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return Image.fromarray(few).resize(size, Image.Resampling.BICUBIC)


def save(path, seed, size=(40, 30)):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(seed, size).save(path)


def class_folders(root, counts=(("elm", 5), ("oak", 6)), size=(40, 30)):
    seed = 0
    for name, n in counts:
        for number in range(n):
            save(root / name / f"tree{number // 2}_{number}.png", seed, size)
            seed += 1
    return root


@pytest.fixture
def trees(tmp_path):
    return class_folders(tmp_path / "trees")


def table(root, text, n=10, ending="png", encoding="utf-8"):
    for number in range(n):
        save(root / f"p{number}.{ending}", number)
    (root / "labels.csv").write_bytes(text.encode(encoding))
    return root


def rows(form, n=10):
    return "".join(form.format(i=i, kind="ab"[i % 2], day=i // 2) for i in range(n))


def test_class_folders_become_a_data_set(trees):
    data = from_folder(trees)
    assert str(data) == "trees: 11 images of 30 × 40 × 3 pixels: 5 elm, 6 oak"
    assert data.labels.tolist() == [0] * 5 + [1] * 6 and data.groups is None
    assert data.details["file"][5] == "oak/tree0_0.png"
    assert np.array_equal(data.images[5], np.asarray(picture(5)))
    assert data.details["look_alike"].tolist() == list(range(11))
    assert data.source == str(trees)
    for array in (data.labels, data.details["file"]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[0]


def test_a_part_of_it_stays_on_disk(trees):
    data = from_folder(trees)
    part = data.take([10, 0])
    assert part.images.shape == (2, 30, 40, 3)
    assert np.array_equal(part.images[0], data.images[10])
    few = data.sample(4)
    assert len(few.images) == 4 and set(few.labels) == {0, 1}
    folds = evaluation.stratified_folds(data.labels)
    assert len(folds) == 5


def test_load_leads_to_folder_and_zip(trees, tmp_path, monkeypatch):
    archive = shutil.make_archive(tmp_path / "my", "zip", tmp_path, "trees")
    monkeypatch.chdir(tmp_path)
    for path in (trees, str(trees), f"{trees}/", "trees", "./trees", archive, "my.zip"):
        assert len(load(path)) == 11
    monkeypatch.setenv("HOME", str(tmp_path))
    assert len(load("~/trees")) == 11


@pytest.mark.parametrize("name", ["imagnet", "/no/such/folder", "", "no.zip"])
def test_load_says_that_there_is_no_such(name):
    with pytest.raises(ValueError, match="solar_cells, .*the path of a folder .*Recei"):
        load(name)


@pytest.mark.parametrize("path", [None, 3, "", ["trees"], b"trees"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(ValueError, match="`path` must be the path .*Received: "):
        from_folder(path)


def test_nothing_there_is_said():
    with pytest.raises(FileNotFoundError, match="no folder and no .zip /no/such"):
        from_folder("/no/such")


def test_clutter_is_no_picture(trees):
    for name in ("elm/.DS_Store", "elm/Thumbs.db", "oak/desktop.ini", "README.txt",
                 "elm/._tree0_0.png", "__MACOSX/elm/._a.png", ".cache/elm/a.png",
                 "oak/notes.md", "oak/tree0_0.AAE"):  # fmt: skip
        path = trees / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"none")
    assert len(from_folder(trees)) == 11


def test_links_are_followed_but_not_in_circles(trees, tmp_path):
    class_folders(tmp_path / "more", [("ash", 5)])
    os.symlink(tmp_path / "more" / "ash", trees / "yew")
    os.symlink(trees, trees / "elm" / "circle")
    with pytest.warns(UserWarning, match="look like copies"):
        assert from_folder(trees).class_names == ("elm", "oak", "yew")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_what_cannot_be_opened_is_told_and_no_pipe_is_waited_for(trees):
    os.symlink(trees / "gone.png", trees / "elm" / "nowhere.png")
    os.mkfifo(trees / "elm" / "pipe.png")
    with pytest.raises(OSError, match=r"1 of 12 .*nowhere.png \(No such file"):
        from_folder(trees)
    strange = os.fsdecode(os.fsencode(trees / "elm") + b"/\xff\n.png")
    os.rename(trees / "elm" / "tree0_0.png", strange)
    (trees / "elm" / "nowhere.png").unlink()
    for _ in range(2):
        assert len(from_folder(trees, groups=lambda path: path)) == 11


def test_class_names_that_are_numbers_stand_by_amount(tmp_path):
    data = from_folder(class_folders(tmp_path, [("10", 5), ("9", 5)]), n_splits=5)
    assert data.class_names == ("9", "10")
    assert data.labels.tolist() == [1] * 5 + [0] * 5


ACCENTS = [("folha sã", 5), ("café", 5)]


def apart(counts):
    """Names as a Mac's disk may hold them, each accent a sign of its own."""
    return [(unicodedata.normalize("NFD", name), n) for name, n in counts]


def test_accents_are_those_of_the_keyboard(tmp_path):
    root = class_folders(tmp_path / "a", [*ACCENTS[:1], *apart(ACCENTS)])
    seen = []
    data = from_folder(root, groups=lambda path: seen.append(path) or path[-6:])
    assert data.class_names == ("café", "folha sã")
    assert data.labels.tolist().count(1) == 10  # one class, of two folders
    assert all(path == unicodedata.normalize("NFC", path) for path in seen)
    assert data.images[0].shape == (30, 40, 3)


def test_a_table_may_write_accents_in_another_form(tmp_path):
    root = tmp_path / "t"
    for number in range(10):
        save(root / f"folhã{number}.png", number)
    text = "file,label\n" + rows("folhã{i}.png,{kind}\n")
    (root / "labels.csv").write_text(unicodedata.normalize("NFD", text))
    assert from_folder(root).class_names == ("a", "b")


@pytest.mark.parametrize("flag", [True, False])
def test_accents_in_an_archive(tmp_path, flag):
    root, path = class_folders(tmp_path / "a", ACCENTS), tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(root.rglob("*.png")):
            archive.write(file, file.relative_to(root).as_posix())
    if not flag:  # UTF-8 that does not say so, as some programs write it
        content = bytearray(path.read_bytes())
        for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
            place = content.find(mark)
            while place >= 0:
                content[place + offset + 1] &= ~8
                place = content.find(mark, place + 4)
        path.write_bytes(content)
    assert from_folder(path).class_names == ("café", "folha sã")


def test_a_folder_around_all_is_entered(trees, tmp_path):
    outer = tmp_path / "outer"
    outer.mkdir()
    shutil.move(trees, outer / "trees")
    assert from_folder(outer).class_names == ("elm", "oak")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda root: shutil.rmtree(root / "oak"), "each of two classes.*only 'elm'"),
        (lambda root: shutil.rmtree(root / "oak") or os.rename(root / "elm", root / "x")
         or [os.rename(p, root / p.name) for p in (root / "x").iterdir()],
         "two classes or more, or a CSV.*Received: none"),
        (lambda root: [shutil.rmtree(p) for p in list(root.iterdir())],
         "must hold pictures"),
        (lambda root: save(root / "loose.png", 99), "loose.png in .* itself"),
        (lambda root: (root / "yew").mkdir(), "Received: yew without any"),
        (lambda root: [os.rename(root / old, root / new) for old, new in
                       [("elm", "test"), ("oak", "Train")]],
         "Train, test in .* are parts. Hand in one part, such as .*/Train'"),
        (lambda root: [os.rename(root / old, root / new) for old, new in
                       [("elm", "Validação"), ("oak", "treino")]],
         "Validação, treino in .* are parts. Hand in .*/treino'"),
    ],
)  # fmt: skip
def test_folders_that_say_no_classes_are_refused(trees, change, said):
    change(trees)
    with pytest.raises(ValueError, match=said):
        from_folder(trees)


def test_small_classes_are_named_before_a_picture_is_opened(tmp_path, monkeypatch):
    root = class_folders(tmp_path / "a", [("ash", 2), ("elm", 4), ("oak", 5)])
    monkeypatch.setattr(survey, "glance", pytest.fail)
    with pytest.raises(ValueError, match="n_splits=5 .*: ash with 2, elm with 4. Add"):
        from_folder(root)
    with pytest.raises(ValueError, match="`groups` must be a function"):
        from_folder(root, groups=[1, 2], n_splits=2)


def test_unreadable_files_are_named_together(trees):
    for name in ("elm/a.jpg", "oak/b.png", "oak/c.mov", "oak/d.HEIC"):
        (trees / name).write_bytes(bytes(20))
    whole = trees / "oak" / "tree0_0.png"
    whole.write_bytes(whole.read_bytes()[:-100])
    said = r"5 of 15 files: elm/a.jpg \(cannot .*oak/b.*oak/tree0_0.png \(.*HEIC: Exp"
    with pytest.raises(OSError, match=said):
        from_folder(trees)
    for _ in range(2):
        with pytest.warns(UserWarning, match="5 of 15 files: .*They are left out"):
            data = from_folder(trees, groups=range(15), skip_unreadable=True)
        assert str(data).endswith("5 elm, 5 oak")
        assert data.groups.tolist() == "1 2 3 4 5 10 11 12 13 14".split()
    whole.unlink()  # as it was skipped, so it may go
    (trees / "elm" / "tree0_0.png").write_bytes(b"")
    with pytest.warns(UserWarning), pytest.raises(ValueError, match="elm with 4"):
        from_folder(trees, skip_unreadable=True)


def test_a_mended_file_is_read(trees):
    path = trees / "oak" / "tree0_0.png"
    good = path.read_bytes()
    path.write_bytes(bytes(len(good)))
    with pytest.raises(OSError, match="1 of 11 files: oak/tree0_0.png"):
        from_folder(trees)
    path.write_bytes(good)
    assert len(from_folder(trees)) == 11


def test_copies_are_told_with_their_remedy(trees):
    shutil.copy(trees / "elm" / "tree0_0.png", trees / "elm" / "z.png")
    again = Image.open(trees / "elm" / "tree0_1.png")
    again.save(trees / "oak" / "z.jpg", quality=80)
    with pytest.warns(UserWarning) as told:
        data = from_folder(trees)
    said = str(told[0].message)
    assert "4 of 13 photographs look like copies: elm/tree0_0.png = elm/z.png" in said
    assert "Of different classes: elm/tree0_1.png = oak/z.jpg." in said
    assert 'groups=data.details["look_alike"]' in said
    assert told[0].filename == __file__
    alike = data.details["look_alike"]
    assert alike[0] == alike[5] and alike[1] == alike[12] and len(set(alike)) == 11
    with pytest.warns(UserWarning, match="In different groups: elm/tree0_1.png = oak"):
        from_folder(trees, groups=lambda path: path[:3])


def test_the_settings_are_kept(trees):
    assert from_folder(trees, way="pad").images.way == "pad"
    for setting, said in (
        ({"way": "stretch"}, "`way` must be 'squash', 'crop' or 'pad'"),
        ({"n_splits": 1}, "`n_splits` must be a whole number from 2"),
        ({"label": "kind"}, "`label` must be a column .*holds no CSV"),
        ({"groups": "day"}, "Received: 'day'. Columns: none: there is no table"),
    ):
        with pytest.raises(ValueError, match=said):
            from_folder(trees, **setting)


@pytest.mark.parametrize(
    "groups",
    [
        lambda path: path.split("/")[1][:5],
        [0, 0, 1, 1, 2, 0, 0, 1, 1, 2, 2],
        np.array([0, 0, 1, 1, 2, 0, 0, 1, 1, 2, 2]),
    ],
)
def test_groups_are_a_function_or_a_sequence(trees, groups):
    found = from_folder(trees, groups=groups).groups
    assert [name.removeprefix("tree") for name in found] == list("00112001122")


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        (["a"] * 3, "11 values, one a picture, .*Received: 3 values"),
        (7, "Received: 7"),
        ({"elm/tree0_0.png": "a"}, "Hand in its `get`"),
        (set(range(11)), "Received: {0"),
        (np.zeros((11, 2)), "Received: array"),
        ([np.nan] * 11, "Received: none for elm/tree0_0.png"),
        (lambda path: None, "Received: none for elm/tree0_0.png.* and 6 more"),
        (lambda path: path.split("-")[1], r"fails for 'elm/tree0_0.png' \(IndexError"),
    ],
)
def test_groups_that_do_not_fit_are_refused(trees, groups, said):
    with pytest.raises(ValueError, match=f"`groups` must .*{said}"):
        from_folder(trees, groups=groups)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("file,label\n" + rows("p{i}.png,{kind}\n"), "utf-8"),
        ("label;Größe;file\r\n" + rows("{kind};1;p{i}.png\r\n"), "cp1252"),
        ("file\tkind\n\n" + rows("p{i}\t{kind}\n"), "utf-8-sig"),
        (rows("./p{i}.png,{kind}\n"), "utf-8"),  # no heading
        ('file,label\n' + rows('"p{i}.png", {kind} \n'), "utf-8"),
        ("file\tlabel\n" + rows("p{i}.png\t{kind}\n"), "utf-16"),  # Excel's Unicode
    ],
)  # fmt: skip
def test_a_table_says_the_classes(tmp_path, text, encoding):
    data = from_folder(table(tmp_path / "t", text, encoding=encoding))
    assert data.class_names == ("a", "b") and data.labels.tolist() == [0, 1] * 5


def test_columns_of_a_table_are_groups_and_details(tmp_path):
    text = "file,label,day,owner\n" + rows("p{i}.png,{kind},d{day},me\n")
    root = table(tmp_path / "t", text)
    data = from_folder(root, groups="day")
    assert data.groups.tolist() == data.details["day"].tolist()
    assert data.groups[-1] == "d4" and set(data.details["owner"]) == {"me"}
    assert from_folder(root, label="day", n_splits=2).class_names[1] == "d1"


def test_a_table_may_name_pictures_in_folders(tmp_path):
    for folder, name in (("whole", "images/p{i}.png"), ("last", "p{i}")):
        root = tmp_path / folder
        table(root / "images", "").joinpath("labels.csv").unlink()
        text = "file,label\n" + rows(name + ",{kind}\n")
        (root / "labels.csv").write_text(text)
        assert from_folder(root).labels.tolist() == [0, 1] * 5


def test_a_table_beside_class_folders_adds_columns(trees):
    names = sorted(path.relative_to(trees) for path in trees.rglob("*.png"))
    lines = [f"{name},{i // 2},me" for i, name in enumerate(names)]
    (trees / "t.csv").write_text("\n".join(["file,day,owner", *lines]))
    data = from_folder(trees, groups="day", label="folder")
    assert data.class_names == ("elm", "oak") and data.groups[-1] == "5"
    with pytest.raises(ValueError, match="`label` must say .* hand in 'folder'"):
        from_folder(trees, groups="day")
    (trees / "t.csv").write_text("\n".join(line.rpartition(",")[0] for line in lines))
    assert from_folder(trees, groups="column 2").class_names == ("elm", "oak")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,label\n" + rows("p{i}.png,{kind}\n", 12), "'p10.png', 'p11.png'. Rem"),
        ("file,label\n" + rows("p{day}.png,{kind}\n"), "in one row .*several for p0"),
        ("file,label\n" + rows("p{i}.png,\n"), "column 'label'. .*none for p0.png"),
        ("file,day,owner\n" + rows("p{i}.png,{day},me\n"), "`label` must say which"),
        ("name,kind\nx,y\n", "column of file names, such as 'p0.png'. .*name, kind"),
        ("file,label\np0.png,a,b\n", "Received: 3 in row 2, 2 in the first"),
        ("file,label,label\n" + rows("p{i}.png,{kind},a\n"), "must have different"),
        ("", "must name pictures. Received: an empty file"),
        ("file\n" + rows("p{i}.png\n"), "which column .*Columns: none"),
    ],
)  # fmt: skip
def test_tables_that_do_not_fit_are_refused(tmp_path, text, said):
    root = table(tmp_path / "t", text)
    with pytest.raises(ValueError, match=said):
        from_folder(root)


def test_a_wrong_label_and_two_tables_are_refused(tmp_path):
    root = table(tmp_path / "t", "file,label\n" + rows("p{i}.png,{kind}\n"))
    with pytest.raises(ValueError, match="`label` must be a column of labels.csv"):
        from_folder(root, label="kind")
    shutil.copy(root / "labels.csv", root / "old.csv")
    with pytest.raises(ValueError, match="One table .* labels.csv, old.csv. Move all"):
        from_folder(root)


def test_pictures_without_a_row_are_told(tmp_path):
    root = table(tmp_path / "t", "file,label\n" + rows("p{i}.png,{kind}\n"), n=12)
    with pytest.warns(UserWarning, match="csv, and left out: 2 of 12 pictures: p10"):
        assert len(from_folder(root)) == 10


def zipped(trees, members=(), name="my.zip"):
    path = trees.parent / name
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")
        for file in sorted(trees.rglob("*.png")):
            archive.write(file, file.relative_to(trees.parent))
        for member, content in members:
            archive.writestr(member, content)
    return path


def link(name):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return info


@pytest.mark.parametrize(
    ("member", "said"),
    [
        ("../a.png", "must stay in its folder. Received: the member '../a.png'"),
        ("/tmp/a.png", "must stay in its folder"),
        ("a/../../b.png", "must stay in its folder"),
        ("..\\a.png", "must stay in its folder"),
        ("C:\\a.png", "must stay in its folder"),
        ("C:a.png", "must stay in its folder"),
        (link("trees/elm/a.png"), "must hold no links. Received: the link"),
        ("trees/elm/TREE0_0.png", "must hold each file once"),
        ("trees/elm/tree0_0.png", "must hold each file once"),
    ],
)
def test_archives_that_are_not_to_be_trusted_write_nothing(trees, cache, member, said):
    path = zipped(trees, [(member, "/etc/passwd")])
    with pytest.raises(ValueError, match=f"`my.zip` {said}"):
        from_folder(path)
    assert not cache.exists()


def test_archives_are_limited_and_need_no_password(trees, cache, monkeypatch):
    path = zipped(trees, [("trees/elm/zeros.png", bytes(10**6))])
    with pytest.raises(ValueError, match="at most 0.0005 GB. Received: 0.00"):
        archives.unpack(path, limit=500_000)
    content = bytearray(zipped(trees, name="locked.zip").read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1
    (trees.parent / "locked.zip").write_bytes(content)
    with pytest.raises(ValueError, match="must not be encrypted.*password"):
        from_folder(trees.parent / "locked.zip")
    assert not cache.exists()
    full = SimpleNamespace(free=9)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: full)
    with pytest.raises(OSError, match="0.0 are free. Set COURSE_CACHE"):
        from_folder(path)


@pytest.mark.parametrize("cut", [slice(None, -200), slice(30), slice(0)])
def test_damaged_archives_leave_nothing_behind(trees, cache, cut):
    path = zipped(trees)
    path.write_bytes(path.read_bytes()[cut])
    with pytest.raises(OSError, match="my.zip is damaged"):
        from_folder(path)
    content = bytearray(zipped(trees).read_bytes())
    content[200:210] = bytes(10)
    path.write_bytes(content)
    with pytest.raises(OSError, match="my.zip is damaged"):
        from_folder(path)
    assert list((cache / "unpacked").iterdir()) == []


def test_an_archive_is_unpacked_once(trees, cache, monkeypatch):
    path = zipped(trees, [("__MACOSX/trees/elm/._a.png", "x")])
    first = from_folder(path)
    monkeypatch.setattr(zipfile, "ZipFile", pytest.fail)
    assert np.array_equal(from_folder(path).images[3], first.images[3])
    assert len(list((cache / "unpacked").iterdir())) == 1


def test_other_files_are_no_archives(trees):
    with pytest.raises(ValueError, match="must be a folder or a .zip. .*tree0_0.png"):
        from_folder(trees / "elm" / "tree0_0.png")


def test_each_file_is_looked_at_once(trees, monkeypatch):
    first = from_folder(trees)
    monkeypatch.setattr(survey, "glance", pytest.fail)
    assert from_folder(trees).images.key == first.images.key


def test_a_file_of_the_same_size_and_date_is_noticed(trees):
    path = trees / "elm" / "tree0_0.png"
    picture(0).save(path, compress_level=0)
    first, before = from_folder(trees), path.stat()
    picture(77).save(path, compress_level=0)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    again = from_folder(trees)
    assert first.images.key != again.images.key
    assert np.array_equal(again.images[0], np.asarray(picture(77)))


def test_a_stopped_survey_goes_on(trees, monkeypatch):
    seen = []

    def stopped(path, shape):
        if path.name == "tree1_2.png" and path.parent.name == "oak":
            raise KeyboardInterrupt
        return glance(path, shape)

    def counted(path, shape):
        seen.append(path)
        return glance(path, shape)

    glance = survey.glance
    monkeypatch.setattr(survey, "glance", stopped)
    with pytest.raises(KeyboardInterrupt):
        from_folder(trees)
    monkeypatch.setattr(survey, "glance", counted)
    assert len(from_folder(trees)) == 11 and len(seen) == 4  # 11, but for the first 7


@pytest.mark.parametrize("content", [b"", b"[]", b"[1, {}, 3]", b'[1, {"a": 3}]', b"{"])
def test_a_damaged_memory_is_made_anew(trees, cache, content):
    from_folder(trees)
    (memory,) = (cache / "photographs").iterdir()
    memory.write_bytes(content)
    assert len(from_folder(trees)) == 11


def test_a_cache_that_cannot_be_written_only_warns(trees, tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("COURSE_CACHE", str(blocked))
    with pytest.warns(UserWarning, match="could not be kept .*COURSE_CACHE") as told:
        from_folder(trees)
    assert told[0].filename == __file__
    with pytest.raises(OSError, match="cannot be unpacked into .*COURSE_CACHE"):
        from_folder(zipped(trees))


def test_sets_of_look_alikes_join():
    rng = np.random.default_rng(0)
    looks = rng.integers(0, 200, (700, 16, 16), np.uint8)
    looks[650] = looks[3] + 1
    looks[699] = 255 - looks[3]  # the negative
    looks[10:13] = 90
    numbers = look_alikes(looks, [str(i) for i in range(699)] + ["650"])
    assert numbers[3] == numbers[650] == numbers[699]  # one by its file
    assert len(set(numbers)) == 698
    assert numbers[:4].tolist() == [0, 1, 2, 3]


def test_figures_and_features_take_photographs(tmp_path):
    root = class_folders(tmp_path / "a", [("elm", 3)], (40, 30))
    class_folders(root, [("oak", 3)], (30, 40))
    for number in range(3):
        (root / "oak" / f"tree{number // 2}_{number}.png").unlink()
        save(root / "oak" / f"{number}.png", 50 + number, (30, 40))
    data = from_folder(root, n_splits=3)
    assert "different sizes" in str(data)
    for images in (data.images, data.images[:4], data.images[:2]):
        plots.show_images(images, title="trees")
    net = backbones.load(image_size=32, weights=None)
    found = extract(net, data.images)["avg_pool"]
    assert found.shape == (6, 1280)
    alone = extract(net, data.images[[4]])["avg_pool"]
    np.testing.assert_allclose(found[4:5], alone, atol=1e-5)
    with pytest.raises(ValueError, match="different shapes"):
        datasets.check_images(data.images)


def test_black_photographs_are_no_masks(trees):
    for name, level in (("a", 0), ("b", 1)):
        Image.new("L", (30, 30), level).save(trees / "elm" / f"{name}.png")
    data = from_folder(trees)
    net = backbones.load(image_size=32, weights=None)
    assert extract(net, data.images)["avg_pool"].shape == (13, 1280)
