"""Rays through views of a take, and what is composited along them."""

import numpy as np
import pytest
import torch

from panic3d.errors import ConfigError
from panic3d.train.occupancy_render import STEEPNESS, composited
from panic3d.train.take_rays import patch_rays

from .taken import BOX, CENTRE, RADIUS_M, colours_at, take


def test_rays_meet_the_surface_where_the_view_says():
    """Oracle: the ball's closed form, from every side."""
    of, directions = take(), set()
    for seed in range(12):
        rays = patch_rays(of, 24, 10, np.random.default_rng(seed))
        directions.add(tuple(np.round(rays.direction).astype(int).tolist()))
        depth = rays.depth.reshape(-1)
        hit = depth > 0
        if not hit.any():
            continue
        points = rays.starts[hit] + depth[hit, None] * rays.direction
        far = np.linalg.norm(points - CENTRE, axis=1)
        assert np.abs(far - RADIUS_M).max() < 2e-4  # a tenth of a millimetre is a level
        inner = np.abs(points[:, [0, 2]] - CENTRE[[0, 2]]).min(1) > 1e-3
        shown = rays.rgba[:3].reshape(3, -1).T[hit] * 255
        assert np.abs(shown[inner] - colours_at(points[inner])).max() < 0.5
        assert np.array_equal(hit, rays.rgba[3].reshape(-1) > 0.5)
        # All of the box is looked through.
        ends = [rays.starts + t * rays.direction for t in (0, 1.5 * BOX)]
        assert all((np.abs(end).max(1) > BOX / 2).all() for end in ends)
    assert directions == {(0, 0, -1), (-1, 0, 0), (0, 0, 1), (1, 0, 0)}


def test_the_camera_says_where_the_patch_is():
    """Oracle: the middle of the rays' starts, and their direction."""
    for seed in range(6):
        rays = patch_rays(take(), 24, 4, np.random.default_rng(seed))
        turn, place = rays.camera[:9].reshape(3, 3), rays.camera[9:]
        np.testing.assert_allclose(-turn[:, 2], rays.direction, atol=1e-6)
        middle = turn.T @ rays.starts.mean(0)
        np.testing.assert_allclose(place * BOX / 2, middle[:2], atol=1e-6)
        assert np.abs(place).max() < 1


def test_samples_rise_and_gather_at_the_surface():
    rays = patch_rays(take(), 32, 40, np.random.default_rng(0))
    assert (np.diff(rays.places, axis=1) >= 0).all()
    depth = rays.depth.reshape(-1)
    near = np.abs(rays.places - depth[:, None]) < 0.04
    assert near[depth > 0].sum(1).mean() > 12 and rays.places.max() > 0.9
    with pytest.raises(ConfigError):
        patch_rays(take(), 129, 8, np.random.default_rng(0))


def test_a_slab_is_seen_where_it_begins():
    """Closed form: solid from 0.3 on, clear before."""
    places = torch.linspace(0, 0.9, 19).expand(1, 2, -1)
    logits = torch.full((1, 2, 19, 4), -30.0)
    logits[..., 0] = torch.where(places > 0.29, 30.0, -30.0)
    logits[..., 1] = 30.0
    within = torch.ones_like(places)
    within[:, 1] = 0  # a ray beside the box
    seen = composited(logits, places, within)
    assert seen.opacity[0].tolist() == pytest.approx([1, 0])
    assert float(seen.depth[0, 0]) == pytest.approx(0.3, abs=1e-4)
    assert torch.allclose(seen.colour[0], torch.tensor([[1.0, 0, 0], [1, 1, 1]]), atol=1e-4)


def test_weights_are_those_of_the_paper():
    """Closed form of two samples: o1 c1 + (1 - o1) o2 c2."""
    logits = torch.tensor([[[[0.1, 0.5, 0.0, 0.0], [-0.2, -0.5, 1.0, 0.0]]]])
    seen = composited(logits, torch.tensor([[[0.2, 0.5]]]), torch.ones(1, 1, 2))
    o1, o2 = (STEEPNESS * logits[0, 0, :, 0]).sigmoid()
    c1, c2 = logits[0, 0, :, 1:].sigmoid()
    opacity = o1 + (1 - o1) * o2
    assert torch.allclose(seen.opacity[0, 0], opacity)
    expected = o1 * c1 + (1 - o1) * o2 * c2 + (1 - opacity)
    assert torch.allclose(seen.colour[0, 0], expected)
    assert torch.allclose(seen.depth[0, 0], o1 * 0.2 + (1 - o1) * o2 * 0.5)
