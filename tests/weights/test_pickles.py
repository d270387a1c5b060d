import pickle
import struct

import numpy as np
import pytest
import torch

from campaign import _pickle_files as files
from panic3d.errors import WeightsError
from panic3d.weights.convert import names
from panic3d.weights.convert.arrays import Array
from panic3d.weights.convert.machine import Machine
from panic3d.weights.convert.pickles import read_checkpoint, read_snapshot
from panic3d.weights.convert.values import Budget

VALUES = {
    "text": "größer \N{SNOWMAN} \N{GRINNING FACE}\n\\u0041",
    "numbers": [0, 1, -1, 255, 256, 65536, -(2**31), 2**40, -(2**63), 2**300, 0.1, -1e300],
    "truth": [True, False, None],
    "nested": {"tuple": (), "tuples": ((1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)), "list": [[], [[]]]},
    3: {"integer key": 1},
    None: 0.5,
}


def read(raw, table=names.CHECKPOINT):
    machine = Machine(memoryview(raw), table, Budget(len(raw)))
    return machine.run()


@pytest.mark.parametrize("protocol", range(6))
def test_plain_data_of_every_protocol_is_read(protocol):
    """Oracle: what was pickled."""
    assert read(pickle.dumps(VALUES, protocol)) == VALUES


def test_text_that_python_2_wrote_is_read():
    """Oracle: the standard unpickler; the published weights of LPIPS hold such text."""
    raw = b"\x80\x02}U\x03oneU\x00s."
    assert read(raw) == pickle.loads(raw) == {"one": ""}
    with pytest.raises(WeightsError, match="not ASCII"):
        read(b"\x80\x02U\x02\xc3\xa4.")


@pytest.mark.parametrize("protocol", range(2, 6))
def test_sets_and_bytes_are_read(protocol):
    """Oracle: what was pickled; sets become frozen where the file calls for one."""
    found = read(pickle.dumps([{1, "a"}, frozenset({2}), b"", b"\x00\xff" * 300], protocol))
    assert [set(found[0]), found[1]] == [{1, "a"}, frozenset({2})]
    assert [bytes(found[2]), bytes(found[3])] == [b"", b"\x00\xff" * 300]


def test_large_and_shared_values_are_read():
    """Oracle: what was pickled; long lists come in batches, long bytes outside frames."""
    shared = ["x" * 100_000]
    value = [list(range(5000)), {i: str(i) for i in range(3000)}, shared, shared]
    found = read(pickle.dumps(value, 4))
    assert found == value and found[2] is found[3]


@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "i1", "i4", "i8", "u1", "u8", "?"])
def test_numpy_arrays_are_read(protocol, kind):
    """Oracle: the array itself, in both memory orders and without axes."""
    array = (np.arange(6).reshape(2, 3) - 2).astype(kind)
    for value in (array, np.asfortranarray(array), array[0], np.zeros((0, 3), kind), array[1, 2]):
        found = read(pickle.dumps(value, protocol))
        if isinstance(found, Array):
            assert found.numbers().dtype == value.dtype
            assert np.array_equal(found.numbers(), value)
        else:
            assert found == value.item() and type(found) is type(value.item())


@pytest.mark.parametrize("zip_layout", [True, False])
@pytest.mark.parametrize(
    "kind", ["float32", "float64", "float16", "bfloat16", "int64", "int32", "uint8", "bool"]
)
def test_torch_tensors_are_read(kind, zip_layout, tmp_path):
    """Oracle: the tensor itself: whole, a view, transposed, without axes, empty."""
    tensor = (torch.arange(24).reshape(4, 6) % 5).to(getattr(torch, kind))
    views = [tensor, tensor[1:3, ::2], tensor.T, tensor[2, 3], tensor[:0], tensor[3]]
    path = tmp_path / "a.ckpt"
    torch.save({"views": views}, path, _use_new_zipfile_serialization=zip_layout)
    for found, view in zip(read_checkpoint(path)["views"], views, strict=True):
        wanted = view.float() if kind == "bfloat16" else view
        assert np.array_equal(found.numbers(), wanted.numpy())


@pytest.mark.parametrize("place", ["cuda:0", "cuda:7", "cpu", "mps"])
def test_a_storage_on_a_gpu_is_read_on_any_machine(place, tmp_path):
    """Oracle: its numbers; the published snapshot was written with a tensor left on its GPU."""
    body = files.whole(files.storage_id(2, place=place), 2)
    raw = files.legacy(body, ("0",), struct.pack("<q2f", 2, 1.5, -2))
    storage = files.call(files.name("torch.storage", "_load_from_bytes"), files.blob(raw))
    path = tmp_path / "a.pkl"
    path.write_bytes(files.whole(files.rebuilt(storage, 0, (2,), (1,))))
    assert read_snapshot(path).numbers().tolist() == [1.5, -2]


def test_bookkeeping_of_lightning_is_data(tmp_path):
    options = {"margs": {"lr": 1e-3, "deep": {"list": [1, {"a": 2}]}}, "empty": {}}
    path = tmp_path / "a.ckpt"
    path.write_bytes(files.checkpoint({"a": torch.zeros(2)}, options))
    found = read_checkpoint(path)
    assert found["hyper_parameters"] == options
    callbacks = {getattr(key, "path", key): value for key, value in found["callbacks"].items()}
    path_of = "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint"
    assert callbacks == {path_of: {"best": None}, "Timer{'x': 1}": {"best": 0.5}}
    assert found["state_dict"].attributes == {"": {"version": 1}} or (
        found["state_dict"].attributes == {"_metadata": {"": {"version": 1}}}
    )


def test_the_source_text_in_a_snapshot_is_not_kept(tmp_path):
    path = tmp_path / "a.pkl"
    path.write_bytes(files.snapshot({"G_ema": ({}, {"a": torch.zeros(1)}, {})}, "SECRET" * 10))
    network = read_snapshot(path)["G_ema"]
    assert network.kind == "TriPlaneGenerator"
    assert "SECRET" not in repr(network.state) and set(network.__slots__) == {
        "arguments",
        "kind",
        "state",
    }
