"""What cannot be tested where the site's packages are not, as with Colab's versions."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("latex2mathml") else ["build_slides.py"]
