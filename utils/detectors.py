"""Two small face detectors with their trained weights, as plain Keras networks.

They find *that* there is a face, and where. They return what their last layers compute:
a lesson decodes it, and suppresses what was found twice.
"""

import keras
import numpy as np
from keras import layers
from scipy.ndimage import map_coordinates
from skimage.transform import resize_local_mean

from utils.checks import check_count, check_fraction, check_images, check_numbers
from utils.files import data_file

SIDE = 128  # rows and columns of BlazeFace's input
# Of each block of BlazeFace: channels, stride.
BLOCKS = (
    *((24, 1), (28, 1), (32, 2), (36, 1), (42, 1), (48, 2), (56, 1), (64, 1)),
    *((72, 1), (80, 1), (88, 1), (96, 2), (96, 1), (96, 1), (96, 1), (96, 1)),
)
# The blocks whose maps are read: stride from the input, anchors at each place.
GRIDS = {"block11": (8, 2), "block16": (16, 6)}
WINDOW, STEP = 12, 2  # of MTCNN's first network, in pixels
GRAY = 127.5  # what a crop shows outside of its picture


def blazeface():
    """BlazeFace for front cameras: one network, one pass, 896 anchors.

    Made for faces that fill a good part of the picture. 16 blocks of a depthwise and a
    1 × 1 convolution, beside a shortcut; two grids of anchors read the last block of
    16 × 16 places and the last one of 8 × 8.

    Returns:
        A `keras.Model` from float32 `(batch, 128, 128, 3)`, RGB from 0 to 255, to a
        list of two arrays. The first, `(batch, 896, 16)`, is in pixels of the input:
        x and y of the box's center, *from the anchor's center on*; its width and
        height; and x and y, from the anchor's center on, of six points: the eye on
        the picture's left, the other eye, nose, mouth, and the ears in the order of
        the eyes. The second, `(batch, 896, 1)`, is the logit of a face. The anchors
        are those of `blazeface_anchors`, in the same order.

    Raises:
        FileNotFoundError, OSError: if the course's file is gone or damaged.

    Source:
        Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile
        GPUs", CVPR workshop, 2019. Weights: MediaPipe, Google, Apache 2.0.

    Example:

    >>> [output.shape for output in blazeface().outputs]
    [(None, 896, 16), (None, 896, 1)]
    """
    inputs = keras.Input((SIDE, SIDE, 3), name="image")
    tensor = layers.Rescaling(1 / 127.5, -1, name="scale")(inputs)
    tensor = layers.Conv2D(24, 5, 2, "same", name="stem_conv")(tensor)
    tensor = layers.ReLU(name="stem")(tensor)
    boxes, logits = [], []
    for number, (channels, stride) in enumerate(BLOCKS, 1):
        name = f"block{number}"
        tensor = _block(tensor, channels, stride, name)
        if name in GRIDS:
            step, anchors = GRIDS[name]
            found = layers.Conv2D(16 * anchors, 1, name=f"boxes_{step}_conv")(tensor)
            boxes.append(layers.Reshape((-1, 16), name=f"boxes_{step}")(found))
            found = layers.Conv2D(anchors, 1, name=f"logits_{step}_conv")(tensor)
            logits.append(layers.Reshape((-1, 1), name=f"logits_{step}")(found))
    outputs = [
        layers.Concatenate(axis=1, name="boxes")(boxes),
        layers.Concatenate(axis=1, name="logits")(logits),
    ]
    return _trained(keras.Model(inputs, outputs, name="BlazeFace"), "blazeface.npz")


def blazeface_anchors():
    """Where each of BlazeFace's anchors has its center; all are of the same size.

    Returns:
        float32 `(896, 2)`: x and y in pixels of the input, from 0 to 128. First the
        16 × 16 places, row by row, two anchors at each, then the 8 × 8, six at each.

    Source:
        Bazarevsky et al. 2019 (see `blazeface`).

    Example:

    >>> anchors = blazeface_anchors()
    >>> anchors.shape, anchors[:4].tolist()
    ((896, 2), [[4.0, 4.0], [4.0, 4.0], [12.0, 4.0], [12.0, 4.0]])
    """
    grids = []
    for step, anchors in GRIDS.values():
        y, x = np.mgrid[step / 2 : SIDE : step, step / 2 : SIDE : step]
        grids.append(np.repeat(np.stack([x.ravel(), y.ravel()], 1), anchors, axis=0))
    return np.concatenate(grids).astype(np.float32)


def mtcnn():
    """MTCNN's cascade: a network that proposes, one that refines, one that decides.

    All want RGB from 0 to 255, float32, and answer with a list of arrays. First come
    *offsets*: by how much the left, upper, right and lower side of the box should move,
    in widths (left, right) or heights (upper, lower) of the box. Second come the
    probabilities of no face and of a face. The third network adds five points: x of the
    eye on the picture's left, of the other eye, nose, and the corners of the mouth in
    the same order, then their y, all in widths or heights from the box's upper left
    corner on.

    Returns:
        Three `keras.Model`: the proposal network, from `(batch, rows, columns, 3)`
        of any size from 12 to `[(batch, r, c, 4), (batch, r, c, 2)]`, one answer for
        each window of `proposal_windows`; the refine network, from
        `(batch, 24, 24, 3)` to `[(batch, 4), (batch, 2)]`; the output network, from
        `(batch, 48, 48, 3)` to `[(batch, 4), (batch, 2), (batch, 10)]`.

    Raises:
        FileNotFoundError, OSError: if the course's file is gone or damaged.

    Source:
        Zhang, Zhang, Li and Qiao, "Joint Face Detection and Alignment Using Multitask
        Cascaded Convolutional Networks", IEEE Signal Processing Letters 23, 2016.
        Weights: PyPI mtcnn, MIT, after the authors' and FaceNet's.

    Example:

    >>> [network.count_params() for network in mtcnn()]
    [6632, 100178, 389040]
    """
    proposal = _convolutions(None, (10, 3), "pool 2 same", (16, 3), (32, 3))
    refine = _convolutions(
        24, (28, 3), "pool 3 same", (48, 3), "pool 3 valid", (64, 2), 128
    )
    output = _convolutions(
        48, (32, 3), "pool 3 same", (64, 3), "pool 3 valid", (64, 3), "pool 2 same",
        (128, 2), 256,
    )  # fmt: skip
    networks = (
        _answers("ProposalNetwork", *proposal, lambda n, **k: layers.Conv2D(n, 1, **k)),
        _answers("RefineNetwork", *refine, layers.Dense),
        _answers("OutputNetwork", *output, layers.Dense, points=True),
    )
    return tuple(_trained(network, "mtcnn.npz", network.name) for network in networks)


def pyramid(image, smallest_face=20, factor=0.709):
    """The picture at several sizes, so that faces of every size fit a 12 × 12 window.

    In the first, the smallest face has 12 pixels; in each further one, all is smaller
    by `factor`; in the last, the shorter side still has 12.

    Args:
        image: RGB `(rows, columns, 3)`, from 0 to 255.
        smallest_face: side of the smallest face to be found, in pixels, from 12.
        factor: number between 0 and 1.

    Returns:
        List of `(scale, image)`, largest first: `scale` is the float by which rows and
        columns were multiplied, then rounded down; `image` is float32 RGB, each pixel
        the mean of what it covers, from 0 to 255.

    Raises:
        ValueError: if an argument is out of range, or no face would fit.

    Source:
        Zhang et al. 2016 (see `mtcnn`).

    Example:

    >>> levels = pyramid(np.zeros((60, 90, 3), np.uint8))
    >>> [(round(scale, 3), level.shape) for scale, level in levels]
    [(0.6, (36, 54, 3)), (0.425, (25, 38, 3)), (0.302, (18, 27, 3)), \
(0.214, (12, 19, 3))]
    """
    image = _photograph(image).astype(np.float32)
    least = min(image.shape[:2])
    smallest_face = check_count(smallest_face, "smallest_face", WINDOW)
    factor = check_fraction(factor, "factor", open_ends=True)
    if smallest_face > least:
        raise ValueError(
            f"`smallest_face` must fit into `image`, whose shorter side has {least} "
            f"pixels. Received: {smallest_face}."
        )
    levels, scale = [], WINDOW / smallest_face
    while least * scale > WINDOW - 1e-6:
        shape = tuple(int(side * scale + 1e-6) for side in image.shape[:2])
        level = resize_local_mean(image, shape, preserve_range=True, channel_axis=-1)
        levels.append((scale, level.astype(np.float32)))
        scale *= factor
    return levels


def proposal_windows(rows, columns, scale):
    """What each answer of MTCNN's proposal network has seen of the original picture.

    Args:
        rows, columns: of the answers: 25 and 40 if their shape is
            `(batch, 25, 40, 4)`.
        scale: of the picture that the network was given, as `pyramid` says.

    Returns:
        float32 `(rows, columns, 4)`: `x_min, y_min, x_max, y_max` in pixels of the
        original picture. On the scaled one, each is 12 × 12, and the next one two
        pixels further.

    Raises:
        ValueError: if an argument is not a number of its kind.

    Example:

    >>> proposal_windows(2, 3, 0.5)[1, 2].tolist()
    [8.0, 4.0, 32.0, 28.0]
    """
    rows, columns = check_count(rows, "rows"), check_count(columns, "columns")
    scale = check_fraction(scale, "scale", 0, np.inf, open_ends=True)
    y, x = np.mgrid[:rows, :columns] * STEP
    windows = np.stack([x, y, x + WINDOW, y + WINDOW], axis=-1)
    return (windows / scale).astype(np.float32)


def move_sides(boxes, offsets):
    """Boxes after one of MTCNN's networks has moved their sides.

    Args:
        boxes: numbers `(n, 4)`: `x_min, y_min, x_max, y_max`.
        offsets: numbers `(n, 4)` in the same order: fractions of the box's width (x) or
            height (y).

    Returns:
        float32 `(n, 4)`, in the unit of `boxes`.

    Raises:
        ValueError: if they are not as many, or not finite numbers.

    Example:

    >>> move_sides([[10, 10, 30, 20]], [[0.1, 0, -0.1, 0.5]]).tolist()
    [[12.0, 10.0, 28.0, 25.0]]
    """
    boxes = _boxes(boxes)
    if np.shape(offsets) != (0, 4) or len(boxes):
        remedy = "Hand in one row of four offsets a box."
        offsets = check_numbers(offsets, "offsets", (len(boxes), 4), remedy)
    sides = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    return (boxes + np.asarray(offsets) * sides).astype(np.float32)


def to_squares(boxes):
    """Squares around the same centers, as wide as the longer side of each box.

    Args:
        boxes: numbers `(n, 4)`: `x_min, y_min, x_max, y_max`.

    Returns:
        float32 `(n, 4)`; they may reach beyond the picture.

    Raises:
        ValueError: if `boxes` has another shape, or numbers that are not finite.

    Example:

    >>> to_squares([[10, 10, 30, 20]]).tolist()
    [[10.0, 5.0, 30.0, 25.0]]
    """
    boxes = _boxes(boxes)
    low, high = boxes[:, :2], boxes[:, 2:]
    half = (high - low).max(axis=1, keepdims=True) / 2
    center = (low + high) / 2
    return np.concatenate([center - half, center + half], axis=1).astype(np.float32)


def crops(image, boxes, side):
    """What the boxes hold, each brought to the same square size.

    Between pixels, it interpolates linearly; outside of the picture all is gray.

    Args:
        image: RGB `(rows, columns, 3)`, from 0 to 255.
        boxes: numbers `(n, 4)`: `x_min, y_min, x_max, y_max` in pixels.
        side: rows and columns of each crop: 24 or 48 for MTCNN's networks.

    Returns:
        float32 `(n, side, side, 3)`, from 0 to 255.

    Raises:
        ValueError: if an argument has another shape or range.

    Example:

    >>> image = np.repeat(np.arange(0, 80, 10)[None, :, None], 8, 0).repeat(3, 2)
    >>> crops(image, [[2, 0, 6, 4]], 4)[0, 0, :, 0].tolist()
    [20.0, 30.0, 40.0, 50.0]
    """
    image, boxes = _photograph(image), _boxes(boxes)
    steps = (np.arange(check_count(side, "side")) + 0.5) / side
    planes = np.moveaxis(image, -1, 0).astype(np.float32)
    made = np.empty((len(boxes), side, side, 3), np.float32)
    for (left, top, right, bottom), crop in zip(boxes, made):
        # a pixel's center lies half a pixel behind its edge
        y, x = top + steps * (bottom - top) - 0.5, left + steps * (right - left) - 0.5
        places = np.meshgrid(y, x, indexing="ij")
        for channel, plane in enumerate(planes):
            crop[..., channel] = map_coordinates(
                plane, places, order=1, mode="grid-constant", cval=GRAY
            )
    return made


def _block(tensor, channels, stride, name):
    """A depthwise and a 1 × 1 convolution; the input is added, brought to its shape."""
    shortcut, before = tensor, tensor.shape[-1]
    depthwise = layers.DepthwiseConv2D(3, stride, "same", name=f"{name}_depthwise")
    tensor = layers.Conv2D(channels, 1, name=f"{name}_pointwise")(depthwise(tensor))
    if stride > 1:
        shortcut = layers.MaxPooling2D(stride, name=f"{name}_pool")(shortcut)
    if channels > before:
        shortcut = _with_empty_channels(shortcut, channels, f"{name}_channels")
    return layers.ReLU(name=name)(layers.Add(name=f"{name}_add")([shortcut, tensor]))


def _with_empty_channels(tensor, channels, name):
    """As many channels, the new ones zero.

    By layers for one axis more: `keras.ops.pad` with a convolution's output added ends
    TensorFlow 2.20 with a segmentation fault in `predict`, under oneDNN.
    """
    rows, columns, before = tensor.shape[1:]
    tensor = layers.Reshape((rows, columns, before, 1), name=f"{name}_split")(tensor)
    padding = (0, 0), (0, 0), (0, channels - before)
    tensor = layers.ZeroPadding3D(padding, name=f"{name}_pad")(tensor)
    return layers.Reshape((rows, columns, channels), name=name)(tensor)


def _convolutions(side, *parts):
    """Input and last map or vector of a network of MTCNN.

    Each part is `(filters, kernel)` of a convolution, a pooling's size and padding, or
    the units of a dense layer; a PReLU follows the first and the last.
    """
    inputs = keras.Input((side, side, 3), name="image")
    tensor, number = layers.Rescaling(1 / 128, -GRAY / 128, name="scale")(inputs), 0
    for part in parts:
        if isinstance(part, str):
            _, size, padding = part.split()
            pool = layers.MaxPooling2D(int(size), 2, padding, name=f"pool{number}")
            tensor = pool(tensor)
            continue
        number += 1
        shared = {}
        if isinstance(part, tuple):
            tensor = layers.Conv2D(*part, name=f"conv{number}")(tensor)
            shared = {"shared_axes": [1, 2]}
        else:
            # column by column, as these weights were trained
            tensor = layers.Permute((2, 1, 3), name="columns_first")(tensor)
            tensor = layers.Flatten(name="flatten")(tensor)
            tensor = layers.Dense(part, name=f"dense{number}")(tensor)
        tensor = layers.PReLU(name=f"prelu{number}", **shared)(tensor)
    return inputs, tensor


def _answers(name, inputs, tensor, layer, points=False):
    outputs = [
        layer(4, name="offsets")(tensor),
        layer(2, activation="softmax", name="face")(tensor),
    ]
    if points:
        outputs.append(layer(10, name="points")(tensor))
    return keras.Model(inputs, outputs, name=name)


def _trained(model, file, part=None):
    """The model, with the weights of that file, or of a part of it."""
    before = f"{part}/" if part else ""
    with np.load(data_file(file)) as arrays:
        for variable in model.weights:
            variable.assign(arrays[before + variable.path].astype(np.float32))
    return model


def _photograph(image):
    array = np.asarray(image)
    if array.ndim != 3 or array.shape[-1] != 3:
        raise ValueError(
            "`image` must have shape (rows, columns, 3), RGB. "
            f"Received shape: {array.shape}."
        )
    return check_images(array[None], "color", "image")[0]


def _boxes(boxes):
    """float64 `(n, 4)`; n may be 0, since a detector may find nothing."""
    if np.shape(boxes) == (0, 4):
        return np.zeros((0, 4))
    remedy = "Hand in one row a box: x_min, y_min, x_max, y_max."
    return check_numbers(boxes, "boxes", ("n", 4), remedy).astype(np.float64)
