"""Builders of the pictures whose places are known: trees in boxes, nuclei in a mask."""

import io
from xml.etree import ElementTree

import numpy as np
from packing import save_arrays, wheel
from PIL import Image
from skimage.segmentation import relabel_sequential

FOLDER = "deepforest/data/"
# part: (file in DeepForest without ending, first column, first row, columns, rows)
TREES = {
    # The west of this photograph is meadow; the crop keeps the file below 10 MB.
    "train": ("2019_YELL_2_528000_4978000_image_crop2", 952, 0, 1347, 2472),
    # Of all squares of 1,024 pixels, one that cuts fewest trees.
    "test": ("2019_YELL_2_541000_4977000_image_crop", 219, 11, 1024, 1024),
}
LEAST = 0.5  # share of a box that must lie in the crop


def crop_boxes(boxes, left, top, columns, rows):
    """Boxes as a crop sees them, cut at its edge, and which share of each is left."""
    moved = boxes - np.array([left, top, left, top])
    cut = np.clip(moved, 0, np.array([columns, rows, columns, rows]))
    areas = [np.prod(b[:, 2:] - b[:, :2], axis=1) for b in (cut, moved)]
    visible = areas[0] / areas[1]
    kept = visible >= LEAST
    return cut[kept].astype(np.uint16), visible[kept].astype(np.float32)


def pack_photograph(image):
    """uint8 `(3, rows, columns)` that compresses well, without loss.

    Planes red minus green, green, blue minus green; in each row, the difference from
    the pixel to the left. All modulo 256. `utils.annotated` undoes it.
    """
    planes = np.moveaxis(image, -1, 0).copy()
    planes[[0, 2]] -= planes[1]
    return np.diff(planes, axis=2, prepend=np.uint8(0))


def build_trees(part):
    """The builder of one part of the trees."""

    def build(path):
        name, left, top, columns, rows = TREES[part]
        with wheel("deepforest") as archive:
            picture = Image.open(io.BytesIO(archive.read(f"{FOLDER}{name}.png")))
            image = np.asarray(picture)
            table = ElementTree.fromstring(archive.read(f"{FOLDER}{name}.xml"))
        sides = ("xmin", "ymin", "xmax", "ymax")
        boxes = np.array(
            [[int(box.findtext(s)) for s in sides] for box in table.iter("bndbox")]
        )
        boxes, visible = crop_boxes(boxes, left, top, columns, rows)
        crop = image[top : top + rows, left : left + columns]
        save_arrays(path, packed=pack_photograph(crop), boxes=boxes, visible=visible)

    return build


def build_nuclei(path):
    """StarDist's test image and mask; the nuclei renumbered from 1 without gaps."""
    arrays = {}
    with wheel("stardist") as archive:
        for name, file in (("image", "img2d"), ("mask", "mask2d")):
            content = archive.read(f"stardist/data/images/{file}.tif")
            arrays[name] = np.asarray(Image.open(io.BytesIO(content)))
    arrays["mask"], _, _ = relabel_sequential(arrays["mask"].copy())
    for name, array in arrays.items():
        if array.max() > 255:
            raise ValueError(f"the {name} does not fit into 8 bits")
    save_arrays(path, **{k: v.astype(np.uint8) for k, v in arrays.items()})
