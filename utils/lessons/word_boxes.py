"""Where the words of a printed page are, in the order in which one reads them."""

import numpy as np
from scipy.ndimage import binary_dilation, find_objects, label
from skimage.filters import threshold_sauvola
from skimage.measure import label

