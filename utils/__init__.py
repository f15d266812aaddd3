"""The plumbing that the notebooks share: data, networks, features, scores, plots, exercises.

TensorFlow reads these settings once, when it is first imported; so they stand here.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # no start-up log in the learner's first output
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"  # twice as fast in convolutions, and the same everywhere
