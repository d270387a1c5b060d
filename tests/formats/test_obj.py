import numpy as np
import pytest
from PIL import Image

from panic3d.errors import Panic3dError
from panic3d.formats.obj import companions, write_obj
from panic3d.geometry.meshes import TexturedMesh


@pytest.fixture
def mesh():
    rng = np.random.default_rng(0)
    return TexturedMesh(
        vertices=rng.standard_normal((6, 3)).astype(np.float32),
        faces=np.array([[0, 1, 2], [3, 4, 5]], np.int32),
        normals=rng.standard_normal((6, 3)).astype(np.float32),
        uvs=rng.random((6, 2)).astype(np.float32),
        texture=rng.integers(0, 256, (16, 16, 3), np.uint8),
    )


def rows(text, kind):
    return np.array([line.split()[1:] for line in text.splitlines() if line.split()[:1] == [kind]])


def test_what_is_written_is_read_back(mesh, tmp_path):
    """Oracle: the format, read by hand; texture coordinates run up in it."""
    write_obj(mesh, tmp_path / "head.obj")
    text = (tmp_path / "head.obj").read_text()
    assert np.allclose(rows(text, "v").astype(float), mesh.vertices, atol=1e-6)
    assert np.allclose(rows(text, "vn").astype(float), mesh.normals, atol=1e-6)
    uvs = rows(text, "vt").astype(float)
    assert np.allclose(uvs[:, 0], mesh.uvs[:, 0], atol=1e-6)
    assert np.allclose(1 - uvs[:, 1], mesh.uvs[:, 1], atol=1e-6)
    assert rows(text, "f").tolist() == [["1/1/1", "2/2/2", "3/3/3"], ["4/4/4", "5/5/5", "6/6/6"]]
    assert "mtllib head.mtl" in text and "usemtl head" in text
    material = (tmp_path / "head.mtl").read_text()
    assert "newmtl head" in material and "map_Kd head_texture.png" in material
    assert np.array_equal(np.array(Image.open(tmp_path / "head_texture.png")), mesh.texture)


def test_names_with_blanks_are_referred_to_without(mesh, tmp_path):
    write_obj(mesh, tmp_path / "my own head.obj")
    assert "mtllib my_own_head.mtl\n" in (tmp_path / "my own head.obj").read_text()
    assert (tmp_path / "my_own_head.mtl").is_file()


def test_a_portrait_of_the_same_name_is_not_written_over(mesh, tmp_path):
    (tmp_path / "portrait.png").write_bytes(b"a drawing")
    write_obj(mesh, tmp_path / "portrait.obj")
    assert (tmp_path / "portrait.png").read_bytes() == b"a drawing"
    assert tmp_path / "portrait.png" not in companions(tmp_path / "portrait.obj")


def test_trimesh_opens_it_with_its_picture(mesh, tmp_path):
    trimesh = pytest.importorskip("trimesh")
    write_obj(mesh, tmp_path / "head.obj")
    found = trimesh.load(tmp_path / "head.obj", process=False)
    assert len(found.faces) == 2
    assert np.array_equal(np.array(found.visual.material.image), mesh.texture)


def test_a_file_that_cannot_be_written_is_an_error_in_words(mesh, tmp_path):
    (tmp_path / "head.obj").mkdir()
    with pytest.raises(Panic3dError, match=r"head\.obj cannot be written"):
        write_obj(mesh, tmp_path / "head.obj")
