"""Picture files of every kind become upright RGB; a sequence of them stays on disk."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from utils.features import resize
from utils.photographs.decoding import WAYS, glance, read, to_square
from utils.photographs.lazy import File, Photographs, stamp_of

SMOOTH = np.random.default_rng(0).integers(0, 256, (3, 4, 3), np.uint8)
PIXELS = np.asarray(Image.fromarray(SMOOTH).resize((40, 30), Image.Resampling.BICUBIC))
PICTURE = Image.fromarray(PIXELS)


@pytest.mark.parametrize(
    ("ending", "options"),
    [
        ("png", {}),
        ("webp", {"lossless": True}),
        ("bmp", {}),
        ("tif", {}),
        ("ppm", {}),
        ("txt", {"format": "PNG"}),  # told by content
    ],
)
def test_pixels_come_as_they_were_saved(tmp_path, ending, options):
    path = tmp_path / f"a.{ending}"
    PICTURE.save(path, **options)
    found = read(path)
    assert found.dtype == np.uint8 and np.array_equal(found, PIXELS)
    assert np.array_equal(read(str(path)), found)


def test_a_jpeg_comes_nearly_so(tmp_path):
    PICTURE.save(tmp_path / "a.jpg", quality=95, subsampling=0)
    assert np.abs(read(tmp_path / "a.jpg").astype(int) - PIXELS).mean() < 3


@pytest.mark.parametrize("mode", ["L", "LA", "1", "P", "CMYK"])
def test_every_mode_becomes_rgb(tmp_path, mode):
    picture = PICTURE.convert(mode)
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    picture.save(path)
    wanted = np.asarray(picture.convert("RGB"))
    assert np.array_equal(read(path), wanted)


@pytest.mark.parametrize("ending", ["png", "webp", "gif"])
def test_what_is_transparent_shows_white(tmp_path, ending):
    alpha = np.repeat([0, 255], 20)[None].repeat(30, axis=0).astype(np.uint8)
    clear = Image.new("RGBA", (40, 30), (200, 30, 30))
    clear.putalpha(Image.fromarray(alpha))
    clear.save(tmp_path / f"a.{ending}", lossless=True)
    found = read(tmp_path / f"a.{ending}")
    assert (found[:, :20] == 255).all()
    assert np.abs(found[:, 20:].astype(int) - [200, 30, 30]).max() < 9


def test_half_transparent_is_half_white(tmp_path):
    Image.new("RGBA", (2, 2), (0, 0, 0, 128)).save(tmp_path / "a.png")
    assert read(tmp_path / "a.png")[0, 0].tolist() == [127, 127, 127]


@pytest.mark.parametrize("ending", ["png", "tif", "pgm"])
def test_16_bits_become_8(tmp_path, ending):
    deep = PIXELS[..., 0].astype(np.uint16) * 257
    path = tmp_path / f"a.{ending}"
    if ending == "pgm":
        path.write_bytes(b"P5 40 30 65535\n" + deep.byteswap().tobytes())
    else:
        Image.fromarray(deep).save(path)
    assert np.array_equal(read(path), np.repeat(PIXELS[..., :1], 3, axis=-1))


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_32_bits_are_refused(tmp_path, kind):
    Image.fromarray(PIXELS[..., 0].astype(kind)).save(tmp_path / "a.tif")
    with pytest.raises(OSError, match="a.tif cannot be read .* 32-bit .* save it"):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize("ending", ["gif", "webp", "png", "tif"])
def test_of_several_frames_the_first_counts(tmp_path, ending):
    first, second = (Image.new("RGB", (20, 10), color) for color in ("red", "blue"))
    path = tmp_path / f"a.{ending}"
    first.save(path, save_all=True, append_images=[second])
    assert read(path).shape == (10, 20, 3)
    assert np.abs(read(path)[5, 5].astype(int) - [255, 0, 0]).max() < 4


TURNS = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a),
}


@pytest.mark.parametrize("ending", ["png", "tif", "webp", "jpg"])
@pytest.mark.parametrize("orientation", TURNS)
def test_pictures_stand_upright(tmp_path, ending, orientation):
    tag = Image.Exif()
    tag[274] = orientation
    path = tmp_path / f"a.{ending}"
    PICTURE.save(path, exif=tag, **({} if ending == "tif" else {"quality": 95}))
    wanted = TURNS[orientation](PIXELS)
    found = read(path)
    assert found.shape == wanted.shape
    lossy = ending in ("webp", "jpg")
    assert np.abs(found.astype(int) - wanted).mean() < (15 if lossy else 0.01)
    rows, columns, gray = glance(path, (3, 4))
    assert (rows, columns) == wanted.shape[:2] and gray.shape == (3, 4)
    small = Image.fromarray(wanted).convert("L").resize((4, 3), Image.Resampling.BOX)
    assert np.abs(gray.astype(int) - small).max() < (15 if lossy else 2)


def test_a_large_turned_jpeg_is_glanced_at_with_its_whole_size(tmp_path):
    tag = Image.Exif()
    tag[274] = 6
    PICTURE.resize((1600, 1599)).save(tmp_path / "a.jpg", exif=tag)
    assert glance(tmp_path / "a.jpg", (2, 2))[:2] == (1600, 1599)


def test_a_broken_exif_block_does_not_matter(tmp_path):
    PICTURE.save(tmp_path / "a.jpg", exif=b"Exif\0\0MM no such thing")
    assert read(tmp_path / "a.jpg").shape == (30, 40, 3)


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "gif", "bmp", "tif"])
@pytest.mark.parametrize("share", [0, 0.1, 0.8])
def test_a_file_that_is_cut_off_is_named(tmp_path, ending, share):
    path = tmp_path / f"a.{ending}"
    PICTURE.save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    for look in (read, lambda file: glance(file, (2, 2))):
        with pytest.raises(OSError, match=f"a.{ending} cannot be read as a picture"):
            look(path)


def test_what_is_no_picture_is_refused_with_a_remedy(tmp_path):
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(99))
    with pytest.raises(OSError, match="a.heic cannot .* Settings > Camera > Formats"):
        read(tmp_path / "a.heic")
    (tmp_path / "a.jpg").write_text("%!PS-Adobe-3.0 EPSF-3.0")  # runs no interpreter
    with pytest.raises(OSError, match="identify image file. Open it elsewhere"):
        read(tmp_path / "a.jpg")
    with pytest.raises(FileNotFoundError, match="none.jpg"):
        read(tmp_path / "none.jpg")
    for wrong in (None, 3, b"a.jpg", PIXELS):
        with pytest.raises(ValueError, match="`path` must be the path .* Received: "):
            read(wrong)


def chunk(kind, content):
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [9_500, 60_000])
def test_more_pixels_than_a_camera_has_are_not_unpacked(tmp_path, side):
    size = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = {b"IHDR": size, b"IDAT": zlib.compress(b""), b"IEND": b""}
    content = b"".join(chunk(*each) for each in chunks.items())
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + content)
    with pytest.raises(OSError, match=r"a.png cannot be read as a picture: .*pixels"):
        read(tmp_path / "a.png")


def test_squash_is_the_resize_of_the_course():
    assert np.array_equal(to_square(PIXELS, 17), resize(PIXELS[None], 17)[0])


def test_crop_and_pad_keep_proportions():
    middle = PIXELS[:, 5:35]
    assert np.array_equal(to_square(PIXELS, 16, "crop"), to_square(middle, 16))
    padded = to_square(PIXELS, 16, "pad")
    assert (padded[:2] == 0).all() and (padded[14:] == 0).all()
    wanted = PICTURE.resize((16, 12), Image.Resampling.BICUBIC)
    assert np.array_equal(padded[2:14], np.asarray(wanted))
    tall = to_square(np.ascontiguousarray(PIXELS.transpose(1, 0, 2)), 16, "pad")
    assert (tall[:, :2] == 0).all() and tall[:, 2:14].any()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("shape", [(1, 500, 3), (500, 1, 3), (1, 1, 3), (7, 7, 3)])
def test_any_picture_becomes_a_square(way, shape):
    image = np.full(shape, 200, np.uint8)
    for side in (1, 5):
        square = to_square(image, side, way)
        assert square.shape == (side, side, 3) and square.max() == 200


def test_a_square_picture_is_the_same_in_all_ways():
    squares = [to_square(PIXELS[:, :30], 16, way) for way in WAYS]
    assert np.array_equal(squares[0], squares[1])
    assert np.array_equal(squares[0], squares[2])


@pytest.mark.parametrize("way", ["stretch", None, ["pad"]])
def test_other_ways_are_refused(way):
    with pytest.raises(ValueError, match="`way` must be 'squash', 'crop' or 'pad'"):
        to_square(PIXELS, 8, way)


def saved(folder, shapes):
    files = []
    for number, (rows, columns) in enumerate(shapes):
        path = folder / f"{number}.png"
        Image.new("L", (columns, rows), 10 * number + 5).save(path)
        files.append(File(path, stamp_of(path), str(number), rows, columns))
    return files


def test_photographs_of_one_size_behave_like_an_array(tmp_path):
    images = Photographs(saved(tmp_path, [(3, 4)] * 5))
    array = np.stack([np.full((3, 4, 3), 10 * i + 5, np.uint8) for i in range(5)])
    assert images.shape == array.shape and images.dtype == array.dtype
    assert len(images) == 5 and images.ndim == 4
    mask = np.array([True, False, True, False, False])
    for key in (0, -1, np.int64(2), slice(1, 4), slice(None, None, -2), [0, 3, 3], mask,
                np.array([4, -5]), [], slice(0, 0)):  # fmt: skip
        assert np.array_equal(images[key], array[key])
        assert images[key].shape == array[key].shape
    assert np.array_equal(np.asarray(images), array)
    assert np.asarray(images, np.float32).dtype == np.float32
    assert np.array_equal(np.stack(list(images)), array)
    assert np.array_equal(images.take([4, 1])[0], array[4])
    assert np.array_equal(resize(images, 2), resize(array, 2))
    assert repr(images) == "5 photographs of 3 × 4 pixels, on disk"


def test_photographs_of_different_sizes_come_as_a_list(tmp_path):
    images = Photographs(saved(tmp_path, [(3, 4), (4, 3), (3, 4)]), "pad")
    assert images.shape == (3, None, None, 3)
    assert images.sizes.tolist() == [[3, 4], [4, 3], [3, 4]]
    assert [image.shape for image in images[:2]] == [(3, 4, 3), (4, 3, 3)]
    assert images[[0, 2]].shape == (2, 3, 4, 3)
    assert resize(images, 8).shape == (3, 8, 8, 3)
    assert images.take([1]).way == "pad"
    with pytest.raises(ValueError, match=r"different sizes .*features.resize"):
        np.asarray(images)
    assert "different sizes" in repr(images)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (5, IndexError),
        (-6, IndexError),
        ([5], ValueError),
        ([0.5], ValueError),
        ("0", ValueError),
        (None, ValueError),
        ((slice(None), 0), ValueError),
        ([True, False], ValueError),
    ],
)
def test_positions_that_are_none_are_refused(tmp_path, key, kind):
    images = Photographs(saved(tmp_path, [(3, 4)] * 5))
    with pytest.raises(kind):
        images[key]


def test_what_is_no_file_is_refused():
    for wrong in ([], ["a.jpg"]):
        with pytest.raises(ValueError, match="`files` must be at least one `File`"):
            Photographs(wrong)


def test_more_than_the_memory_holds_is_refused(tmp_path, monkeypatch):
    images = Photographs(saved(tmp_path, [(3, 4)] * 5))

    class Memory:
        available = 100

    monkeypatch.setattr("psutil.virtual_memory", Memory)
    with pytest.raises(MemoryError, match="5 photographs as one array need .*`take`"):
        np.asarray(images)


def test_a_file_that_has_changed_or_gone_is_named(tmp_path):
    images = Photographs(saved(tmp_path, [(3, 4)] * 2))
    Image.new("L", (40, 30)).save(tmp_path / "1.png")
    assert images[0].shape == (3, 4, 3)
    with pytest.raises(OSError, match="1.png has changed since .*from_folder` again"):
        images[1]
    (tmp_path / "0.png").unlink()
    with pytest.raises(FileNotFoundError, match="0.png"):
        images.square(0, 8)


def test_the_key_is_of_content_order_and_way(tmp_path):
    files = saved(tmp_path, [(3, 4)] * 3)
    keys = {
        Photographs(files).key,
        Photographs(files[::-1]).key,
        Photographs(files[:2]).key,
        Photographs(files, "pad").key,
    }
    assert len(keys) == 4 and Photographs(files).key in keys
