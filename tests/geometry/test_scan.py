import numpy as np
import pytest

from panic3d.geometry.scan import covered, scan
from panic3d.geometry.unwrap import rasterised


def soup(count=80):
    chance = np.random.default_rng(1)
    places = chance.uniform(-10, 70, (count, 1, 2)) + chance.normal(0, 12, (count, 3, 2))
    faces = np.arange(3 * count, dtype=np.int32).reshape(-1, 3)
    return places.reshape(-1, 2).astype(np.float32), faces


def test_one_sees_what_another_rasteriser_sees():
    """Oracle: `rasterised`, up to middles of pixels that lie on an edge."""
    places, faces = soup()
    near = np.random.default_rng(2).uniform(0, 1, len(places)).astype(np.float32)
    found = scan(places, faces, (50, 60), near)
    other = rasterised(places, faces, (50, 60), near)
    shown = np.full(50 * 60, -1)
    shown[found.pixel] = found.face
    assert len(np.unique(found.pixel)) == len(found.pixel)
    assert (shown.reshape(50, 60) != other.face).mean() < 0.002


def test_weights_give_back_the_pixel():
    places, faces = soup(1)
    found = scan(places * 0.5 + 20, faces, (50, 60))
    row, column = np.divmod(found.pixel, 60)
    back = ((places * 0.5 + 20)[faces[found.face]] * found.weights[..., None]).sum(1)
    assert len(row) and np.allclose(back, np.stack([column, row], -1) + 0.5, atol=1e-3)


def test_pixels_are_counted_whatever_is_in_front():
    """Oracle: each triangle seen alone."""
    places, faces = soup(12)
    alone = [len(scan(places, faces[k : k + 1], (50, 60)).pixel) for k in range(12)]
    assert covered(places, faces, (50, 60)).tolist() == pytest.approx(alone, abs=1)


def test_a_triangle_beside_the_picture_covers_nothing():
    places = np.array([[-9, -9], [-1, -9], [-9, -1]], np.float32)
    faces = np.array([[0, 1, 2]], np.int32)
    assert len(scan(places, faces, (8, 8)).pixel) == 0
    assert covered(places, faces, (8, 8)).tolist() == [0]
