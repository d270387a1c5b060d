"""A textured head as GLB."""

import numpy as np
import pytest

from panic3d.formats.head_glb import head_bytes, write_head
from panic3d.formats.vrm import read_model
from panic3d.geometry.meshes import TexturedMesh

from .khronos import faults, validate


@pytest.fixture
def mesh():
    rng = np.random.default_rng(0)
    normals = rng.standard_normal((6, 3)).astype(np.float32)
    normals[3] = 0  # marching cubes may leave one undefined
    return TexturedMesh(
        vertices=rng.standard_normal((6, 3)).astype(np.float32),
        faces=np.array([[0, 1, 2], [3, 4, 5]], np.int32),
        normals=normals,
        uvs=rng.random((6, 2)).astype(np.float32),
        texture=rng.integers(0, 256, (16, 16, 3), np.uint8),
    )


def test_a_head_is_read_back(mesh, tmp_path):
    """Invariant: there and back through our own reader."""
    write_head(mesh, tmp_path / "head.glb")
    character = read_model(tmp_path / "head.glb")
    (part,) = character.meshes
    (primitive,) = part.primitives
    assert np.array_equal(primitive.positions, mesh.vertices)
    assert np.array_equal(primitive.faces, mesh.faces)
    assert np.allclose(primitive.uvs[0], mesh.uvs)
    assert primitive.normals is not None
    assert np.allclose(np.linalg.norm(primitive.normals, axis=1), 1, atol=1e-5)
    assert character.materials[0].unlit and character.materials[0].base_texture is not None


def test_the_same_head_gives_the_same_bytes(mesh):
    assert head_bytes(mesh) == head_bytes(mesh)


def test_both_sides_are_drawn_if_asked_for(mesh, tmp_path):
    for asked in (False, True):
        write_head(mesh, tmp_path / "head.glb", double_sided=asked)
        (material,) = read_model(tmp_path / "head.glb").materials
        assert (material.culling == "none") is asked


def test_khronos_validator_has_nothing_to_say(mesh, tmp_path):
    """Oracle: Khronos' validator."""
    write_head(mesh, tmp_path / "head.glb")
    write_head(mesh, tmp_path / "sheet.glb", double_sided=True)
    for report in validate(tmp_path / "head.glb", tmp_path / "sheet.glb").values():
        assert faults(report) == []
