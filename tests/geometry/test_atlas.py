import sys

import numpy as np
import pytest

from panic3d.errors import MeshError, MissingDependencyError
from panic3d.geometry.atlas import atlas
from panic3d.geometry.smoothing import vertex_normals
from tests.geometry.shapes import ball

VERTICES, FACES = ball(0.1, n=10)
NORMALS = vertex_normals(VERTICES, FACES)


def test_without_the_package_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "xatlas", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "xatlas'):
        atlas(VERTICES, FACES, NORMALS, 256)


def test_nothing_cannot_be_unwrapped():
    with pytest.raises(MeshError, match="nothing to unwrap"):
        atlas(VERTICES, FACES[:0], NORMALS, 256)


def test_every_triangle_has_a_place_of_its_own():
    """Oracle: the area of all triangles is the number of texels that show one."""
    pytest.importorskip("xatlas", reason="pip install xatlas")
    from panic3d.geometry.scan import scan

    layout = atlas(VERTICES, FACES, NORMALS, 256)
    assert np.array_equal(layout.vertices[layout.faces], FACES)
    assert layout.places.min() >= 0 and layout.places.max() <= 256
    a, b, c = (layout.places[layout.faces[:, k]].astype(np.float64) for k in range(3))
    u, v = b - a, c - a
    area = np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]).sum() / 2
    shown = len(scan(layout.places, layout.faces, (256, 256)).pixel)
    assert shown == pytest.approx(area, rel=0.02) and area > 0.2 * 256**2
