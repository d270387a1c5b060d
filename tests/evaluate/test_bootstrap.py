"""Intervals that resample assets."""

import numpy as np
import pytest

from panic3d.evaluate.bootstrap import cluster_weights, estimate, interval, resampled_means


def chance():
    return np.random.Generator(np.random.PCG64(5))


def test_two_clusters_give_the_means_counted_by_hand():
    """Oracle: clusters {1, 3} and {5}; both twice: 2 or 5, a quarter each; one of each: 3."""
    weights = cluster_weights([["a"], ["a"], ["b"]], chance(), 20_000)
    means = resampled_means(np.array([[1.0], [3.0], [5.0]]), weights)[:, 0]
    values, counts = np.unique(means, return_counts=True)
    assert values.tolist() == [2, 3, 5]
    # Three standard deviations of a share of 20 000 draws.
    assert counts / 20_000 == pytest.approx([0.25, 0.5, 0.25], abs=0.011)
    found = estimate(np.array([1.0, 3.0, 5.0]), weights)
    assert found == (3.0, 2.0, 5.0, 3)


def test_characters_of_one_asset_are_one_observation():
    """Oracle: copies of a cluster's members leave the interval as it was."""
    values = np.array([[1.0], [2.0], [4.0], [8.0]])
    once = resampled_means(values, cluster_weights([["a"], ["b"], ["c"], ["d"]], chance(), 4000))
    many = resampled_means(
        np.repeat(values, 25, 0),
        cluster_weights([[name] for name in "abcd" for _ in range(25)], chance(), 4000),
    )
    assert interval(once[:, 0]) == pytest.approx(interval(many[:, 0]))
    alone = resampled_means(
        np.repeat(values, 25, 0), cluster_weights([[] for _ in range(100)], chance(), 4000)
    )
    narrow, wide = np.diff(interval(alone[:, 0])), np.diff(interval(many[:, 0]))
    # Of independent characters the interval is that of the mean of 100.
    assert narrow == pytest.approx(2 * 1.96 * values.std() / 10, rel=0.1)
    assert wide > 3 * narrow


def test_crossed_assets_multiply():
    """Oracle: two hairs and two faces; a character counts as often as both together."""
    assets = [["hair:a", "face:x"], ["hair:a", "face:y"], ["hair:b", "face:x"], ["hair:b"]]
    weights = cluster_weights(assets, chance(), 2000)
    hair_a = weights[:, 0] + weights[:, 1]  # face counts add up to 2
    assert set(hair_a) <= {0, 2, 4}
    assert np.array_equal(weights[:, 3] * 2, 4 - hair_a)
    assert set(weights[:, 0]) == {0, 1, 2, 4}


def test_what_has_no_value_is_left_out():
    weights = cluster_weights([["a"], ["b"], ["c"]], chance(), 500)
    found = estimate(np.array([2.0, np.nan, 4.0]), weights)
    assert found.mean == 3 and found.characters == 2
    assert (found.low, found.high) == (2, 4)
    assert estimate(np.full(3, np.nan), weights).characters == 0


def test_no_resample_is_empty():
    """Product weights of few crossed assets could all vanish."""
    assets = [["hair:a", "face:x"], ["hair:b", "face:y"]]
    assert (cluster_weights(assets, chance(), 1000).sum(1) > 0).all()
