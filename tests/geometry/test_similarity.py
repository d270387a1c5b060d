"""Similarities: composed, inverted, found from points, misled by none of them."""

import numpy as np
import pytest

from panic3d.errors import ConfigError, ShapeError
from panic3d.geometry.similarity import Similarity, fit_robustly, fit_similarity, is_mirrored

SOME = Similarity(scale=1.7, angle_deg=-37.0, shift=(12.0, -250.0))
OTHER = Similarity(scale=0.02, angle_deg=170.0, shift=(-3.0, 9000.0))


def scattered(count=28, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 2)) * 60 + 300


def test_there_and_back_is_where_one_was():
    points = scattered()
    for one in (SOME, OTHER):
        np.testing.assert_allclose(one.inverse()(one(points)), points, atol=1e-8)
        np.testing.assert_allclose(one.inverse().matrix @ one.matrix, np.eye(3), atol=1e-8)


def test_one_after_the_other_is_the_product_of_their_matrices():
    np.testing.assert_allclose(SOME.then(OTHER).matrix, OTHER.matrix @ SOME.matrix, atol=1e-8)
    np.testing.assert_allclose(SOME.then(OTHER)(scattered()), OTHER(SOME(scattered())))


def test_positive_angles_turn_clockwise_as_one_sees_it():
    """Oracle: what is to the right goes below; y is down."""
    np.testing.assert_allclose(
        Similarity(angle_deg=90.0)(np.array([[1.0, 0.0]])), [[0, 1]], atol=1e-12
    )


def test_rows_and_columns_of_whole_pixels_are_the_papers():
    """Oracle: the middle of the pixel in row 3, column 5 is x 5.5, y 3.5."""
    row, column, one = SOME.row_column_matrix @ [3.0, 5.0, 1.0]
    np.testing.assert_allclose((column + 0.5, row + 0.5), SOME(np.array([5.5, 3.5])))
    assert one == 1


@pytest.mark.parametrize(("scale", "angle_deg"), [(0.0, 0.0), (-1.0, 0.0), (1.0, float("nan"))])
def test_numbers_that_are_no_similarity_are_refused(scale, angle_deg):
    with pytest.raises(ConfigError, match="expected finite numbers and a scale above 0"):
        Similarity(scale=scale, angle_deg=angle_deg)


@pytest.mark.parametrize("truth", [SOME, OTHER, Similarity(angle_deg=180.0)])
@pytest.mark.parametrize("find", [fit_similarity, lambda a, b: fit_robustly(a, b).similarity])
def test_exact_points_are_met_exactly(truth, find):
    """Oracle: the similarity that carried them."""
    points = scattered()
    found = find(points, truth(points))
    np.testing.assert_allclose(found.matrix, truth.matrix, rtol=1e-9, atol=1e-7)


def test_least_squares_are_least():
    """Oracle: no neighbour of the solution in its four numbers has a smaller weighted sum."""
    rng = np.random.default_rng(1)
    points, targets, weights = scattered(), scattered(seed=5), rng.uniform(0.1, 1, 28)
    best = fit_similarity(points, targets, weights)

    def cost(one):
        return float(weights @ ((one(points) - targets) ** 2).sum(1))

    for step in (1e-3, -1e-3):
        for near in (
            Similarity(scale=best.scale * (1 + step), angle_deg=best.angle_deg, shift=best.shift),
            Similarity(scale=best.scale, angle_deg=best.angle_deg + 10 * step, shift=best.shift),
            best.then(Similarity(shift=(step, 0.0))),
            best.then(Similarity(shift=(0.0, step))),
        ):
            assert cost(near) > cost(best)


@pytest.mark.parametrize("count", [1, 5, 9, 13])
def test_outliers_have_no_say(count):
    """Oracle: the similarity that carried the others; 13 of 28 are anywhere, some together."""
    rng = np.random.default_rng(count)
    points = scattered(seed=count)
    targets = SOME(points)
    wrong = rng.choice(28, count, replace=False)
    targets[wrong] += rng.uniform(200, 900, (count, 2))
    found = fit_robustly(points, targets)
    np.testing.assert_allclose(found.similarity.matrix, SOME.matrix, rtol=1e-7, atol=1e-5)
    assert (found.weights[wrong] == 0).all() and (np.delete(found.weights, wrong) > 0.9).all()
    assert found.error < 1e-6
    plain = fit_similarity(points, targets)
    assert np.abs(plain.matrix - SOME.matrix).max() > 1


def test_what_is_no_farther_off_than_usual_keeps_its_say():
    """Oracle: least squares, nearly; exact neighbours do not make a point 3 px away an outlier."""
    points = scattered()
    targets = SOME(points)
    targets[4] += [3.0, 0.0]
    spreads = np.full(28, 3.0)
    found = fit_robustly(points, targets, spreads)
    assert found.weights[4] > 0.8
    np.testing.assert_allclose(
        found.similarity.matrix, fit_similarity(points, targets).matrix, atol=0.2
    )
    assert fit_robustly(points, targets).weights[4] == 0


def test_points_without_weight_take_no_part():
    points = scattered()
    targets = SOME(points)
    weights = np.ones(28)
    weights[:20] = 0
    targets[:20] = 7.0
    found = fit_robustly(points, targets, None, weights)
    np.testing.assert_allclose(found.similarity.matrix, SOME.matrix, rtol=1e-7, atol=1e-5)


def test_a_mirror_image_is_told_from_a_turned_one():
    points = scattered()
    assert not is_mirrored(points, SOME(points))
    assert is_mirrored(points * [-1.0, 1.0], SOME(points))
    assert is_mirrored(points * [1.0, -1.0], SOME(points))


@pytest.mark.parametrize(
    ("points", "weights"),
    [
        (np.full((28, 2), 5.0), np.ones(28)),
        (np.full((28, 2), np.nan), np.ones(28)),
        (scattered(), np.zeros(28)),
        (scattered(), -np.ones(28)),
        (scattered(1), np.ones(1)),
    ],
    ids=["one place", "nan", "no weight", "negative", "one point"],
)
def test_points_that_determine_nothing_are_refused(points, weights):
    targets = scattered(len(points), 3)
    with pytest.raises(ShapeError):
        fit_similarity(points, targets, weights)
    with pytest.raises(ShapeError):
        fit_robustly(points, targets, None, weights)
