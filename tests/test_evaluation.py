"""Scores against chance, known cases and scikit-learn."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from utils.evaluation import equal_error_rate, expect, fold_scores, stratified_folds


def test_random_labels_score_near_chance():
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(200, 50)), rng.permutation(200) % 2
    scores = fold_scores(KNeighborsClassifier(1), features, labels)
    assert 0.38 < scores.balanced_accuracy.mean() < 0.62


def test_every_image_is_held_out_once():
    labels = np.repeat([0, 1, 2], [50, 30, 20])
    tested = np.concatenate([test for _, test in stratified_folds(labels)])
    assert sorted(tested) == list(range(100))


def test_equal_error_rate_of_known_cases():
    labels = np.repeat([0, 1], 500)
    assert equal_error_rate(labels, labels) == 0
    assert equal_error_rate(labels, -labels) == 1
    assert equal_error_rate(labels, np.zeros(1000)) == 0.5
    assert (
        abs(equal_error_rate(labels, np.random.default_rng(0).random(1000)) - 0.5)
        < 0.05
    )


def test_errors_say_what_came():
    with pytest.raises(ValueError, match=r"\(20, 4, 4, 8\)"):
        fold_scores(
            KNeighborsClassifier(1), np.zeros((20, 4, 4, 8)), np.arange(20) % 2
        )
    with pytest.raises(ValueError, match="a class with 3"):
        stratified_folds(np.repeat([0, 1], [10, 3]))
    with pytest.raises(AssertionError, match="0.500, outside the expected 0.8 to 0.9"):
        expect(0.5, 0.8, 0.9, "accuracy")
