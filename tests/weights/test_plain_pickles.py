"""Pickles of plain data: alignments and meshes of the authors' archive."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from campaign import _pickle_files as files
from panic3d.errors import UnsafePickleError, WeightsError
from panic3d.weights.convert import values
from panic3d.weights.convert.arrays import Array
from panic3d.weights.convert.pickles import read_plain

pytestmark = pytest.mark.usefixtures("unchecked")


@pytest.fixture
def written(tmp_path):
    """Write a value as a pickle and return its path."""

    def write(value: object, protocol: int = 4) -> Path:
        path = tmp_path / "a.pkl"
        path.write_bytes(pickle.dumps(value, protocol))
        return path

    return write


@pytest.mark.parametrize("protocol", range(2, 6))
def test_an_alignment_is_read(protocol, written):
    """Oracle: what was pickled, with numpy's numbers and names as plain ones."""
    matrix = np.array([[1.5, 0, 3], [0, 1.5, 4], [0, 0, 1]])
    entry = {
        "source": np.str_("virtualyoutuber/größer/x/0001"),
        "site": np.bytes_(b"genshin-impact"),
        "transformation": matrix,
        "area_of_interest": ((np.int64(3), 4), (np.float32(5.5), 6.0)),
        "_alignment": {"source": {"keypoints": torch.arange(6.0).reshape(1, 2, 3)}},
    }
    found = read_plain(written({"daredemoE/x": entry}, protocol))["daredemoE/x"]
    assert found["source"] == "virtualyoutuber/größer/x/0001" and type(found["source"]) is str
    assert found["site"] == "genshin-impact"
    assert np.array_equal(found["transformation"].numbers(), matrix)
    assert found["area_of_interest"] == ((3, 4), (5.5, 6.0))
    points = found["_alignment"]["source"]["keypoints"]
    assert isinstance(points, Array) and points.numbers().tolist() == [[[0, 1, 2], [3, 4, 5]]]


@pytest.mark.parametrize("name", list(files.hostile(Path("sentinel"))))
def test_a_hostile_pickle_is_refused_and_nothing_of_it_runs(name, tmp_path, monkeypatch):
    """Oracle: the sentinel that the pickle would create does not exist."""
    monkeypatch.setattr(values, "MAX_STEPS", 200_000)
    sentinel = tmp_path / "sentinel"
    path = tmp_path / "a.pkl"
    path.write_bytes(files.hostile(sentinel)[name])
    with pytest.raises(WeightsError, match=r"a\.pkl"):
        read_plain(path)
    assert not sentinel.exists()


@pytest.mark.parametrize(
    "value",
    [
        np.array(["a", "b"]),
        np.array([{}], object),
        np.array([(1, 2.0)], [("a", "i4"), ("b", "f4")]),
        np.datetime64("2023-01-01"),
        torch.nn.Linear(1, 1),
    ],
)
def test_other_kinds_of_array_are_refused(value, written):
    with pytest.raises(UnsafePickleError, match="nothing of it was run"):
        read_plain(written({"a": value}))


@pytest.mark.parametrize(
    ("code", "raw"),
    [("U2", b"\xff\xff\xff\xff\0\0\0\0"), ("U2", b"a\0\0\0"), ("S4", b"\xff\xfe\xfd\xfc")],
)
def test_numpy_text_that_is_no_text_is_refused(code, raw, tmp_path):
    """Oracle: a length that does not fit, code points that do not exist."""
    kind = files.call(files.name("numpy", "dtype"), files.text(code), b"\x89", b"\x88")
    body = files.call(files.name("numpy.core.multiarray", "scalar"), kind, files.blob(raw))
    path = tmp_path / "a.pkl"
    path.write_bytes(files.whole(body))
    with pytest.raises(WeightsError):
        read_plain(path)


def test_a_pickle_cut_short_is_refused(written):
    path = written({"a": np.zeros(100)})
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(WeightsError, match="cut short"):
        read_plain(path)
