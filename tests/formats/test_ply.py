import struct

import numpy as np
import pytest

from panic3d.errors import Panic3dError
from panic3d.formats.ply import write_ply
from panic3d.geometry.meshes import Mesh

SIZES = {"float": ("<f", 4), "uchar": ("<B", 1), "int": ("<i", 4)}


def parse(path):
    """Read a binary little-endian PLY by its own header; knows nothing of the writer."""
    data = path.read_bytes()
    end = data.index(b"end_header\n") + len(b"end_header\n")
    lines = data[:end].decode("ascii").splitlines()
    assert lines[:2] == ["ply", "format binary_little_endian 1.0"]
    elements: list = []
    for line in lines[2:-1]:
        word, *rest = line.split()
        if word == "element":
            elements.append((rest[0], int(rest[1]), []))
        elif word == "property":
            elements[-1][2].append(rest)
        else:
            assert word == "comment"
    at = end

    def take(kind):
        nonlocal at
        code, size = SIZES[kind]
        (number,) = struct.unpack_from(code, data, at)
        at += size
        return number

    out: dict = {}
    for name, count, properties in elements:
        rows = out[name] = []
        for _ in range(count):
            row = {}
            for kind, *rest in properties:
                if kind == "list":
                    row[rest[2]] = [take(rest[1]) for _ in range(take(rest[0]))]
                else:
                    row[rest[0]] = take(kind)
            rows.append(row)
    assert at == len(data), "bytes are left over"
    return out


def some_mesh(vertices=7, faces=5):
    rng = np.random.default_rng(0)
    return Mesh(
        vertices=rng.normal(size=(vertices, 3)).astype(np.float32),
        faces=rng.integers(0, max(vertices, 1), (faces, 3)).astype(np.int32),
        normals=rng.normal(size=(vertices, 3)).astype(np.float32),
        colours=rng.random((vertices, 3)).astype(np.float32),
    )


def test_what_is_written_is_read_back(tmp_path):
    """Oracle: an independent parser; floats to the last bit, corners in their order."""
    mesh, path = some_mesh(), tmp_path / "head.ply"
    write_ply(mesh, path)
    found = parse(path)
    assert list(found) == ["vertex", "face"]
    for k, row in enumerate(found["vertex"]):
        assert [row[n] for n in ("x", "y", "z")] == mesh.vertices[k].tolist()
        assert [row[n] for n in ("nx", "ny", "nz")] == mesh.normals[k].tolist()
        colours = [row[n] for n in ("red", "green", "blue")]
        assert np.abs(np.array(colours) - mesh.colours[k] * 255).max() <= 0.5
    assert [row["vertex_indices"] for row in found["face"]] == mesh.faces.tolist()
    assert len(found["vertex"]) == 7 and len(found["face"]) == 5


def test_colours_are_rounded_to_8_bits(tmp_path):
    """Oracle: closed form at the ends and around the middle of a step."""
    mesh = some_mesh(2, 1)
    mesh.colours[:] = [[0.0, 1.0, 0.5], [10.4 / 255, 10.6 / 255, 254.6 / 255]]
    write_ply(mesh, tmp_path / "head.ply")
    rows = parse(tmp_path / "head.ply")["vertex"]
    found = [[row[n] for n in ("red", "green", "blue")] for row in rows]
    assert found == [[0, 255, 128], [10, 11, 255]]


@pytest.mark.parametrize(("vertices", "faces"), [(0, 0), (3, 0), (1, 1)])
def test_small_meshes_have_a_whole_file(tmp_path, vertices, faces):
    write_ply(some_mesh(vertices, faces), tmp_path / "head.ply")
    found = parse(tmp_path / "head.ply")
    assert (len(found["vertex"]), len(found["face"])) == (vertices, faces)


def test_arrays_in_another_memory_order_are_written_alike(tmp_path):
    """Oracle: the plain array; marching cubes hands over views with negative strides."""
    mesh = some_mesh()
    turned = Mesh(
        vertices=np.asfortranarray(mesh.vertices),
        faces=mesh.faces[:, ::-1].copy()[:, ::-1],
        normals=mesh.normals[::-1].copy()[::-1],
        colours=np.asfortranarray(mesh.colours),
    )
    write_ply(mesh, tmp_path / "a.ply")
    write_ply(turned, tmp_path / "b.ply")
    assert (tmp_path / "a.ply").read_bytes() == (tmp_path / "b.ply").read_bytes()


def test_a_file_that_cannot_be_written_is_an_error_in_words(tmp_path):
    (tmp_path / "head.ply").mkdir()
    with pytest.raises(Panic3dError, match=r"head\.ply cannot be written"):
        write_ply(some_mesh(), tmp_path / "head.ply")
    assert [p.name for p in tmp_path.iterdir()] == ["head.ply"]
