import math

import numpy as np
import pytest
from skimage.measure import marching_cubes as lewiner

from panic3d.errors import MeshError
from panic3d.geometry.meshes import Mesh, marching_cubes


def ball(shape, centre, radius):
    """Distance inside the surface of a sphere, in samples."""
    axes = np.meshgrid(*(np.arange(s, dtype=np.float64) for s in shape), indexing="ij")
    away = np.sqrt(sum((a - c) ** 2 for a, c in zip(axes, centre, strict=True)))
    return (radius - away).astype(np.float32)


def mesh_of(vertices, faces):
    count = len(vertices)
    return Mesh(
        vertices=np.asarray(vertices, np.float32),
        faces=np.asarray(faces, np.int32),
        normals=np.zeros((count, 3), np.float32),
        colours=np.zeros((count, 3), np.float32),
    )


CENTRE, RADIUS = (19.3, 21.7, 20.1), 14.0


def test_a_spheres_vertices_lie_on_it():
    """Oracle: the analytic sphere; linear interpolation errs by about 1 / (8 radius) samples."""
    vertices, faces, normals = marching_cubes(ball((40, 42, 41), CENTRE, RADIUS), 0.0)
    assert vertices.dtype == normals.dtype == np.float32
    assert faces.dtype == np.int32
    away = np.linalg.norm(vertices - CENTRE, axis=1)
    assert np.abs(away - RADIUS).max() < 0.02
    assert (faces >= 0).all() and (faces < len(vertices)).all()


def test_a_spheres_area_and_volume_are_the_closed_form():
    """Oracle: 4 pi r^2 and 4/3 pi r^3, as closely as 2000 flat triangles can come."""
    vertices, faces, _ = marching_cubes(ball((40, 42, 41), CENTRE, RADIUS), 0.0)
    mesh = mesh_of(vertices, faces[:, ::-1])
    assert mesh.area() == pytest.approx(4 * math.pi * RADIUS**2, rel=0.01)
    assert mesh.signed_volume() == pytest.approx(4 / 3 * math.pi * RADIUS**3, rel=0.01)


def test_faces_and_normals_of_a_sphere_look_inward():
    """Oracle: the direction from the centre. In index axes scikit-image winds them inward."""
    vertices, faces, normals = marching_cubes(ball((40, 42, 41), CENTRE, RADIUS), 0.0)
    assert mesh_of(vertices, faces).signed_volume() < 0
    outward = (vertices - CENTRE) / RADIUS
    cosine = (normals * outward).sum(1)
    assert np.abs(cosine).min() > 0.95
    assert len(set(np.sign(cosine))) == 1


@pytest.mark.parametrize("level", [-3.5, 0.0, 2.25])
def test_the_level_chooses_the_surface(level):
    """Oracle: the distance field's level is a smaller or larger sphere."""
    vertices, _, _ = marching_cubes(ball((40, 42, 41), CENTRE, RADIUS), level)
    away = np.linalg.norm(vertices - CENTRE, axis=1)
    assert np.abs(away - (RADIUS - level)).max() < 0.02


@pytest.mark.parametrize(
    "volume",
    [
        ball((30, 24, 40), (9.4, 13.2, 25.9), 4.6),
        np.maximum(ball((30, 24, 40), (5, 6, 7), 3.3), ball((30, 24, 40), (22, 18, 30), 5.2)),
        ball((16, 16, 16), (1.2, 8.0, 14.7), 6.0),  # cut by the border
        np.pad(np.full((1, 1, 1), 1, np.float32), 6, constant_values=-1000),
        np.random.default_rng(0).normal(-1, 1, (9, 12, 10)).astype(np.float32),
        np.pad(np.random.default_rng(1).normal(0, 1, (5, 6, 7)), 8, constant_values=-9).astype(
            "f4"
        ),
    ],
    ids=["off-centre", "two", "cut", "voxel", "noise", "noise-inside"],
)
def test_looking_only_where_the_surface_is_changes_nothing(volume):
    """Oracle: scikit-image on the whole volume."""
    level = 0.25
    vertices, faces, normals, _ = lewiner(
        volume, level=level, gradient_direction="descent", allow_degenerate=False
    )
    found = marching_cubes(volume, level)
    np.testing.assert_allclose(found[0], vertices, atol=1e-5)
    np.testing.assert_array_equal(found[1], faces)
    np.testing.assert_allclose(found[2], normals, atol=1e-5)


def test_the_volume_is_not_written_to():
    volume = ball((10, 10, 10), (4, 5, 6), 2.5)
    before = volume.copy()
    marching_cubes(volume, 0.0)
    np.testing.assert_array_equal(volume, before)


@pytest.mark.parametrize(
    ("volume", "message"),
    [
        (np.zeros((4, 4), np.float32), "three axes"),
        (np.zeros((4, 4, 1), np.float32), "three axes"),
        (np.zeros((0, 4, 4), np.float32), "three axes"),
        (np.full((4, 4, 4), 0.5, np.float32), "no sample"),
        (np.full((4, 4, 4), -1, np.float32), "no sample"),
        (np.ones((4, 4, 4), np.float32), "every sample"),
    ],
)
def test_a_volume_without_a_surface_is_refused(volume, message):
    with pytest.raises(MeshError, match=message):
        marching_cubes(volume, 0.5)


BOX_CORNERS = [(x, y, z) for x in (0, 2) for y in (0, 3) for z in (0, 5)]
BOX_FACES = [
    *[(0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1)],
    *[(2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3)],
]


@pytest.mark.parametrize("offset", [(0, 0, 0), (10, -20, 5)])
def test_a_boxs_area_and_volume_are_the_closed_form(offset):
    """Oracle: 2 x 3 x 5, wherever it stands; negative turned inside out."""
    corners = np.array(BOX_CORNERS) + offset
    mesh = mesh_of(corners, BOX_FACES)
    assert mesh.area() == pytest.approx(62)
    assert mesh.signed_volume() == pytest.approx(30)
    inside_out = mesh_of(corners, np.array(BOX_FACES)[:, ::-1])
    assert inside_out.signed_volume() == pytest.approx(-30)
