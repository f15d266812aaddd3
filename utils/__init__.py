"""The plumbing that the notebooks share: data, networks, features, scores, figures.

TensorFlow reads these settings once, when it is first imported; so they stand here.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"  # whatever the learner's own keras.json says
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # no log in the first output
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # twice as fast in convolutions
