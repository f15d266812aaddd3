"""Figures as they are stored: small, with words for those who cannot see them."""

import base64
import io

import nbformat
import numpy as np
from PIL import Image

LARGEST_IMAGE = 60_000


def quantized(png):
    """The PNG itself if it is small enough, else with as many colors as fit."""
    channels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    gray = bool(np.all(channels == channels[..., :1]))
    for colors in (256, 128, 96, 64, 48, 32, 16):
        if len(png) <= LARGEST_IMAGE:
            break
        small = (_even_grays if gray else _few_colors)(channels, colors)
        packed = io.BytesIO()
        small.save(packed, "PNG", optimize=True)
        png = packed.getvalue()
    if len(png) > LARGEST_IMAGE:
        raise ValueError(
            f"a figure has {len(png):,} bytes even in 16 colors; draw it smaller"
        )
    return png


def _even_grays(channels, levels):
    """Steps of equal height: no bands in shadows, unlike with chosen colors."""
    steps = np.rint(channels[..., 0] * ((levels - 1) / 255)).astype(np.uint8)
    picture = Image.fromarray(steps)
    shades = np.rint(np.arange(levels) * (255 / (levels - 1))).astype(int)
    picture.putpalette(np.repeat(shades, 3).tolist())
    return picture


def _few_colors(channels, colors):
    """Of two ways to choose the colors, the one whose worst pixels are less wrong.

    Colors chosen by how often they occur lose the rare ones, such as a map's ends
    beside a gray photograph.
    """
    picture = Image.fromarray(channels)
    ways = Image.Quantize.MEDIANCUT, Image.Quantize.FASTOCTREE
    found = [picture.quantize(colors, way, dither=Image.Dither.NONE) for way in ways]

    def wrong(small):
        steps = np.asarray(small.convert("RGB"), int) - channels
        return np.percentile(abs(steps).max(axis=-1), 99)

    return min(found, key=wrong)


def picture(cell):
    """The first stored picture of a cell as PNG, or None.

    >>> picture(nbformat.v4.new_code_cell("1 + 1")) is None
    True
    """
    for output in cell.get("outputs", []):
        if "image/png" in output.get("data", {}):
            return base64.b64decode(output["data"]["image/png"])
    return None


def make_small(notebook):
    """Shrink every stored picture and write its alt text beside it.

    Raises:
        ValueError: if a cell that draws has no `alt`, or a picture cannot be small.
    """
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" not in output.get("data", {}):
                continue
            if "alt" not in cell.metadata:
                raise ValueError(
                    "a figure without alt text: add `alt` to the cell's metadata\n"
                    + cell.source
                )
            png = quantized(base64.b64decode(output.data["image/png"]))
            output.data["image/png"] = base64.b64encode(png).decode()
    describe(notebook)


def describe(notebook):
    """Write each cell's alt text beside its stored picture.

    Example:

    >>> drawn = nbformat.v4.new_output("display_data", {"image/png": ""})
    >>> cell = nbformat.v4.new_code_cell(outputs=[drawn], metadata={"alt": "a dot"})
    >>> describe(nbformat.v4.new_notebook(cells=[cell]))
    >>> cell.outputs[0].metadata["image/png"]["alt"]
    'a dot'
    """
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}) and "alt" in cell.metadata:
                alt = {"image/png": {"alt": cell.metadata["alt"]}}
                output.metadata = nbformat.from_dict(alt)


def chosen(notebooks):
    """Figure (PNG) and alt text of the cell whose metadata says `readme_figure`."""
    for notebook in notebooks:
        for cell in notebook.cells:
            if cell.metadata.get("readme_figure"):
                return picture(cell), cell.metadata["alt"]
    raise ValueError("no cell's metadata says readme_figure")
