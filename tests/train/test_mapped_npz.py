"""Arrays that are read where they lie."""

from typing import Any

import numpy as np
import pytest

from panic3d.train.mapped_npz import mapped_npz

ARRAYS: dict[str, Any] = {
    "whole": np.arange(7, dtype=np.int16).reshape(7, 1),
    "columns": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "none": np.zeros((0, 5), np.float32),
    "one": np.array(3, np.uint8),
    "flags": np.array([[True, False, True]]),
}


def test_arrays_are_those_that_numpy_reads(tmp_path):
    """Oracle: `numpy.load`."""
    np.savez(tmp_path / "x.npz", **ARRAYS)
    found = mapped_npz(tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz") as known:
        assert list(found) == known.files
        for name, array in found.items():
            assert array.dtype == known[name].dtype and np.array_equal(array, known[name])
    with pytest.raises(ValueError, match="read-only"):
        found["whole"][0] = 1


def test_what_is_no_such_file_is_refused(tmp_path):
    path = tmp_path / "x.npz"
    np.savez_compressed(path, **ARRAYS)
    with pytest.raises(ValueError, match="compressed"):
        mapped_npz(path)
    np.savez(path, **ARRAYS)
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\0" * 400 + whole[500:])
    with pytest.raises(ValueError, match=r"."):
        mapped_npz(path)
    path.write_bytes(whole[:200])
    with pytest.raises(ValueError, match="no archive"):
        mapped_npz(path)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="no archive"):
        mapped_npz(path)
    np.savez(path, words=np.array(["a", None], object))
    with pytest.raises(ValueError, match="no array of numbers"):
        mapped_npz(path)
    with pytest.raises(OSError, match="missing"):
        mapped_npz(tmp_path / "missing.npz")
