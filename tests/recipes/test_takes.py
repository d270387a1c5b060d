"""Takes of the engine's characters: all of one lies in the frame of its drawing."""

import numpy as np
import pytest

from panic3d.geometry.cameras import Orthographic
from panic3d.recipes.takes import RANDOM_VIEWS, drawn_takes, take_maker
from panic3d.train.supervision import projected, restored
from panic3d.train.takes import DEPTH_STEPS, VIEW_AZIMUTHS, VIEW_SIZE, opened


@pytest.fixture(scope="module")
def takes(rasteriser):
    return [
        take
        for number in (1, 3)
        for take in drawn_takes("procedural", "train", None, number, rasteriser)
    ]


def views(take):
    return opened(take.views).reshape(-1, VIEW_SIZE, VIEW_SIZE, 4)


def test_the_drawing_lies_on_the_front_view(takes):
    """Oracle: the same character, drawn by the renderer in the frame."""
    for number, take in enumerate(takes):
        wild = number % 2 == 0
        seen = opened(take.inside)[::2, ::2] == 255
        drawn = opened(take.inked)[::2, ::2, 3] > 127
        front = views(take)[0, ..., 3] > 127
        assert seen.mean() > 0.1
        both, either = (drawn & front & seen).sum(), ((drawn | front) & seen).sum()
        assert both / either > (0.9 if wild else 0.97)  # drawings may have a perspective
        assert not drawn[opened(take.inside)[::2, ::2] == 0].any()
        render = opened(take.render)[::2, ::2]
        solid = seen & (render[..., 3] == 255) & (views(take)[0, ..., 3] == 255)
        far = np.abs(render[solid][:, :3].astype(int) - views(take)[0][solid][:, :3])
        assert np.median(far) <= 6


def test_targets_are_complete_where_the_drawing_is_cut(takes):
    wild = takes[::2]
    cut = [opened(take.inside)[::2, ::2] == 0 for take in wild]
    assert all((views(take)[0, ..., 3] > 127)[c].any() for take, c in zip(wild, cut, strict=True))


def test_points_are_inside_what_every_view_shows(takes):
    """Property: what is inside hides behind the surface, from anywhere."""
    for take in takes:
        points = restored(take.points[take.labels])
        assert 200 < len(points) < len(take.points) / 2
        depths = opened(take.depths).reshape(-1, VIEW_SIZE, VIEW_SIZE) / DEPTH_STEPS
        assert len(depths) == len(VIEW_AZIMUTHS) + RANDOM_VIEWS == len(take.cameras)
        for (azimuth, elevation), depth in zip(take.cameras, depths, strict=True):
            camera = Orthographic(azimuth_deg=float(azimuth), elevation_deg=float(elevation))
            u, v, z = projected(points, camera)
            column, row = (np.floor(x * VIEW_SIZE).astype(int) for x in (u, v))
            inside = (np.minimum(column, row) >= 0) & (np.maximum(column, row) < VIEW_SIZE)
            surface = depth[row[inside], column[inside]]
            # Thin strands are between the pixels of one of both.
            assert ((surface > 0) & (surface < z[inside] + 0.004)).mean() > 0.95


def test_surface_colours_are_those_of_the_views(takes):
    for take in takes:
        points = restored(take.surface)
        back = points[:, 2] < np.quantile(points[:, 2], 0.2)
        u, v, z = projected(points[back], Orthographic(azimuth_deg=180.0))
        column, row = (np.floor(x * VIEW_SIZE).astype(int) for x in (u, v))
        depth = opened(take.depths).reshape(-1, VIEW_SIZE, VIEW_SIZE)[2] / DEPTH_STEPS
        shown = np.abs(depth[row, column] - z) < 0.004
        assert shown.sum() > 50
        theirs = views(take)[2][row, column, :3].astype(int)
        far = np.abs(theirs - take.colours[back])[shown].max(1)
        assert np.median(far) < 16


def test_a_number_stands_for_its_takes(rasteriser, takes):
    again = take_maker("procedural", "train")(1, rasteriser)
    for one, other in zip(takes[:2], again, strict=True):
        assert all(np.array_equal(a, getattr(other, name)) for name, a in vars(one).items())
    wild, straight = again
    assert np.allclose(straight.rotation, np.eye(3), atol=1e-6)
    assert np.linalg.det(wild.rotation) == pytest.approx(1)
