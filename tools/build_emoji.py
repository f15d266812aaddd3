"""Builder of the emoji that two artists have drawn, pair by pair."""

import io
import json
from collections import Counter

import numpy as np
from packing import save_arrays, tarball
from PIL import Image

VENDORS = ("google", "twitter")
# Flags are the same everywhere; components are bare patches of skin color.
LEFT_OUT = ("Flags", "Component")


def on_white(picture):
    """RGB uint8 `(rows, columns, 3)` of a drawing, white where it is transparent."""
    pixels = np.asarray(picture.convert("RGBA")).astype(np.uint16)
    color, opacity = pixels[..., :3], pixels[..., 3:]
    return ((color * opacity + 255 * (255 - opacity) + 127) // 255).astype(np.uint8)


def read_drawings(vendor):
    """`(entries, {file: RGB})` of a vendor's archive, each entry a dict."""
    drawings = {}
    with tarball(f"emoji-datasource-{vendor}") as archive:
        for member in archive:
            if member.name == "package/emoji.json":
                entries = json.load(archive.extractfile(member))
            elif member.name.startswith(f"package/img/{vendor}/64/"):
                content = io.BytesIO(archive.extractfile(member).read())
                drawings[member.name.rsplit("/", 1)[1]] = on_white(Image.open(content))
    return entries, drawings


def only_once(drawings):
    """Mask `(n,)`: True where no other of these pictures is the same."""
    contents = [drawing.tobytes() for drawing in drawings]
    counts = Counter(contents)
    return np.array([counts[content] == 1 for content in contents])


def build_emoji(path):
    """The pairs in the order of the Unicode standard, uint8 `(n, 64, 64, 3)` a vendor.

    An emoji whose drawing is, pixel by pixel, that of another one is left out, for both
    vendors: it could not be told from the other.
    """
    drawn = {}
    for vendor in VENDORS:
        entries, drawn[vendor] = read_drawings(vendor)
    entries = [e for e in entries if e["category"] not in LEFT_OUT]
    entries = [e for e in entries if all(e[f"has_img_{v}"] for v in VENDORS)]
    entries.sort(key=lambda entry: entry["sort_order"])
    images = {v: np.stack([drawn[v][e["image"]] for e in entries]) for v in VENDORS}
    kept = np.all([only_once(images[vendor]) for vendor in VENDORS], axis=0)
    categories = [e["category"] for e in entries]
    class_names, labels = np.unique(np.array(categories)[kept], return_inverse=True)
    names = np.array([e["name"] for e in entries])[kept]
    save_arrays(
        path,
        **{vendor: images[vendor][kept] for vendor in VENDORS},
        labels=labels.astype(np.uint8),
        class_names=np.char.lower(class_names),
        names=np.char.lower(names),
    )
