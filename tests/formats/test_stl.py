import struct

import numpy as np
import pytest

from panic3d.errors import Panic3dError
from panic3d.formats.stl import write_stl
from tests.geometry.shapes import ball


def test_triangles_are_read_back(tmp_path):
    """Oracle: the format's own layout, read by hand."""
    vertices, faces = ball(0.1, n=8)
    write_stl(vertices, faces, tmp_path / "head.stl")
    data = (tmp_path / "head.stl").read_bytes()
    assert not data.startswith(b"solid")
    assert struct.unpack_from("<I", data, 80) == (len(faces),)
    assert len(data) == 84 + 50 * len(faces)
    for k in (0, len(faces) - 1):
        numbers = np.array(struct.unpack_from("<12f", data, 84 + 50 * k), np.float32)
        assert np.array_equal(numbers[3:].reshape(3, 3), vertices[faces[k]])
        assert numbers[:3] @ vertices[faces[k]].mean(0) > 0  # outward
        assert np.linalg.norm(numbers[:3]) == pytest.approx(1, abs=1e-5)


def test_trimesh_opens_it(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    vertices, faces = ball(0.1, n=16)
    write_stl(vertices, faces, tmp_path / "head.stl")
    found = trimesh.load(tmp_path / "head.stl")
    assert found.is_watertight and found.volume == pytest.approx(4 / 3 * np.pi * 0.1**3, rel=0.05)


def test_a_file_that_cannot_be_written_is_an_error_in_words(tmp_path):
    (tmp_path / "head.stl").mkdir()
    with pytest.raises(Panic3dError, match="cannot be written"):
        write_stl(*ball(0.1, n=8), tmp_path / "head.stl")
