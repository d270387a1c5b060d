"""Which triangle each pixel shows."""

import numpy as np
import pytest

from panic3d.geometry import scanlines
from panic3d.geometry.scanlines import nearest, weights_of
from panic3d.geometry.unwrap import rasterised

SIZE = (40, 60)


def soup(seed, count=60, spread=25.0):
    """Triangles of all sizes, some beyond the picture's edges, at depths of their own."""
    chance = np.random.default_rng(seed)
    middle = chance.uniform((-10, -10), (70, 50), (count, 1, 2))
    corners = middle + chance.normal(0, spread, (count, 3, 2)) * chance.uniform(0, 1, (count, 1, 1))
    places = corners.reshape(-1, 2).astype(np.float32)
    return (
        places,
        np.arange(3 * count, dtype=np.int32).reshape(-1, 3),
        chance.uniform(0, 1, 3 * count).astype(np.float32),
    )


def grid(places_per_side):
    """A sheet cut into many triangles, somewhat out of shape; it covers the picture."""
    chance = np.random.default_rng(3)
    n = places_per_side
    x, y = np.meshgrid(np.linspace(-5, 65, n), np.linspace(-5, 45, n))
    places = np.stack([x, y], -1).reshape(-1, 2)
    places += chance.uniform(-0.3, 0.3, places.shape) * 60 / n
    a = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).reshape(-1)
    faces = np.concatenate([np.stack([a, a + n, a + 1], 1), np.stack([a + 1, a + n, a + n + 1], 1)])
    return places.astype(np.float32), faces.astype(np.int32)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("spread", [2.0, 25.0, 300.0])
def test_the_nearest_triangle_shows(seed, spread):
    """Oracle: the plain twin, which looks at every pixel of every bounding box."""
    places, faces, near = soup(seed, spread=spread)
    seen = nearest(places, faces, SIZE, near)
    plain = rasterised(places, faces, SIZE, near).face.reshape(-1)
    ours = np.full(plain.shape, -1)
    ours[seen.pixel] = seen.face
    # Pixels whose middle lies on an edge within rounding may differ.
    assert (ours != plain).mean() < 0.002
    assert (plain >= 0).sum() > 20


def test_a_sheet_of_triangles_has_no_gap():
    """Invariant: neighbours share their edges, so every pixel is covered."""
    places, faces = grid(200)
    for turn in (0.0, 0.1, 0.7854, 1.3):
        c, s = np.cos(turn), np.sin(turn)
        middle = np.array([30, 20])
        turned = ((places - middle) @ np.array([[c, s], [-s, c]]) * 1.6 + middle).astype(np.float32)
        seen = nearest(turned, faces, SIZE, np.zeros(len(places), np.float32))
        assert len(seen.pixel) == SIZE[0] * SIZE[1]


def test_edges_through_the_middles_of_pixels_leave_no_gap():
    places = np.array([[0.5, 0.5], [8.5, 0.5], [8.5, 8.5], [0.5, 8.5]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    seen = nearest(places, faces, (10, 10), np.zeros(4, np.float32))
    shown = np.zeros(100, bool)
    shown[seen.pixel] = True
    assert shown.reshape(10, 10)[:9, :9].all() and shown.sum() == 81


def test_weights_find_the_pixel_again():
    """Invariant: the corners' places, mixed, are the pixel's middle."""
    places, faces = grid(30)
    seen = nearest(places, faces, SIZE, np.zeros(len(places), np.float32))
    corners = faces.T.astype(np.intp)[:, seen.face]
    weights = weights_of(places, corners, seen.pixel, SIZE[1])
    found = (places[corners] * weights[..., None]).sum(0)
    row, column = np.divmod(seen.pixel, SIZE[1])
    assert np.abs(found - np.stack([column, row], -1) - 0.5).max() < 2e-3
    assert weights.min() >= 0 and np.abs(weights.sum(0) - 1).max() < 1e-5


def test_slivers_and_points_break_nothing():
    places = np.array([[5, 5], [5, 5], [5, 5], [0, 3.5], [60, 3.5], [30, 3.5]], np.float32)
    faces = np.array([[0, 1, 2], [3, 4, 5]], np.int32)
    seen = nearest(places, faces, SIZE, np.zeros(6, np.float32))
    corners = faces.T.astype(np.intp)[:, seen.face]
    assert np.isfinite(weights_of(places, corners, seen.pixel, SIZE[1])).all()
    none = nearest(places, faces[:0], SIZE, np.zeros(6, np.float32))
    assert len(none.pixel) == 0 == len(none.face)


def test_what_is_done_at_a_time_changes_nothing(monkeypatch):
    places, faces, near = soup(7, count=300)
    whole = nearest(places, faces, SIZE, near)
    monkeypatch.setattr(scanlines, "PIECE", 50)
    again = nearest(places, faces, SIZE, near)
    assert np.array_equal(whole.pixel, again.pixel) and np.array_equal(whole.face, again.face)
