"""Which part of a posed character is seen at a pixel."""

from dataclasses import replace

import numpy as np
import pytest

from campaign._gltf_files import figure_build
from panic3d.formats.vrm import parse_vrm
from panic3d.geometry.cameras import Orthographic
from panic3d.geometry.character import Material
from panic3d.geometry.posing import head_origin, posed


@pytest.fixture(scope="module")
def two_parts():
    """An empty part, a cube of 0.2 m, and one twice as wide and half as deep behind its front."""
    character = parse_vrm(figure_build("1.0").packed())
    (mesh,) = character.meshes
    (cube,) = mesh.primitives
    wide = replace(cube, positions=cube.positions * np.array([2, 1, 0.5], np.float32), material=0)
    none = replace(cube, faces=np.zeros((0, 3), np.int32))
    cube = replace(cube, material=0)
    material = Material(culling="none")
    return replace(
        character,
        meshes=(replace(mesh, primitives=(none, cube, wide)),),
        materials=(material,),
    )


@pytest.mark.parametrize("azimuth", [0.0, 180.0])
def test_parts_are_numbered_as_the_posed_character_lists_them(rasteriser, two_parts, azimuth):
    """Oracle: widths of 0.2 and 0.4 m of 0.7, the nearer in front; parts without faces count."""
    figure = posed(two_parts)
    with rasteriser.load(figure, head_origin(two_parts)) as scene:
        found = rasteriser.geometry(scene, Orthographic(azimuth_deg=azimuth), 70)
    row = found.part[35]
    assert row.dtype == np.int32
    expected = np.full(70, -1)
    expected[15:55] = 2
    expected[25:45] = 1
    np.testing.assert_array_equal(row, expected)
    np.testing.assert_array_equal(found.part >= 0, found.facing != 0)


def test_the_inside_of_a_part_has_its_number_too(rasteriser, two_parts):
    material = replace(two_parts.materials[0], culling="front")
    character = replace(two_parts, materials=(material,))
    with rasteriser.load(posed(character), head_origin(character)) as scene:
        found = rasteriser.geometry(scene, Orthographic(), 70)
    assert found.facing[35, 35] == -1 and found.part[35, 35] == 2  # its back wall is nearer


def test_samples_are_what_the_colour_picture_is_filtered_from(rasteriser, two_parts):
    with rasteriser.load(posed(two_parts), head_origin(two_parts)) as scene:
        samples = rasteriser.samples(scene, Orthographic(), 140)
        colour = rasteriser.colour(scene, Orthographic(), 70)
    assert samples.shape == (140, 140, 4)
    inside = colour[30:40, 20:50]
    np.testing.assert_array_equal(inside, samples[60:80:2, 40:100:2])
