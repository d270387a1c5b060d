import io
import pickle
import struct
import time
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest
import torch

from campaign import _pickle_files as files
from panic3d.errors import UnsafePickleError, WeightsError
from panic3d.weights.convert import arrays, values
from panic3d.weights.convert.pickles import read_checkpoint, read_estimator, read_snapshot

# The shape checker would turn a wrong type into an error of its own, and slow every step down.
pytestmark = pytest.mark.usefixtures("unchecked")

NAMES = list(files.hostile(Path("sentinel")))

# Where a pickle may sit, and who would read it there.
PLACES = {
    "bare": (lambda body: body, (read_snapshot, read_estimator)),
    "zip": (files.zipped, (read_checkpoint,)),
    "older layout": (files.legacy, (read_checkpoint,)),
    "storage blob": (files.in_blob, (read_snapshot,)),
}

MEMORY_BYTES = 200 << 20
SECONDS = 10


def refused(read, path, memory=False):
    """Read and return the error, watching time and, if asked, memory."""
    if memory:
        tracemalloc.start()
    start = time.monotonic()
    try:
        with pytest.raises(WeightsError) as caught:
            read(path)
        assert not memory or tracemalloc.get_traced_memory()[1] < MEMORY_BYTES
    finally:
        tracemalloc.stop()
    assert time.monotonic() - start < SECONDS
    return str(caught.value)


@pytest.fixture
def few_steps(monkeypatch):
    """A fifth of the steps a file may have, for the sake of the tests' time."""
    monkeypatch.setattr(values, "MAX_STEPS", 200_000)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_pickle_is_refused_and_nothing_of_it_runs(name, place, tmp_path, few_steps):
    """Oracle: the sentinel that the pickle would create does not exist."""
    sentinel = tmp_path / "sentinel"
    wrap, readers = PLACES[place]
    path = tmp_path / "network-snapshot-000200.pkl"
    path.write_bytes(wrap(files.hostile(sentinel)[name]))
    for read in readers:
        message = refused(read, path, memory=place == "bare" and read is read_estimator)
        assert not sentinel.exists()
        assert message.startswith(str(path)) and len(message) < 1000 and "\n" not in message


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("live")])
def test_the_standard_unpickler_would_have_run_it(name, tmp_path):
    """The cases above are no straw men: here the same bytes do create the sentinel."""
    sentinel = tmp_path / "sentinel"
    try:
        pickle.loads(files.hostile(sentinel)[name])
    except Exception as error:
        assert name == "live torch.load inside", error
    assert sentinel.exists()


def test_a_forbidden_name_is_named(tmp_path):
    path = tmp_path / "a.pkl"
    path.write_bytes(files.hostile(tmp_path / "sentinel")["live os.system"])
    with pytest.raises(UnsafePickleError, match=r"'posix\.system'.*nothing of it was run"):
        read_snapshot(path)


@pytest.mark.parametrize("name", files.hostile_tensors())
def test_a_tensor_outside_its_storage_is_refused(name, tmp_path):
    path = tmp_path / "a.ckpt"
    path.write_bytes(files.hostile_tensors()[name])
    refused(read_checkpoint, path, memory=True)


def legacy_storage(stated, raw, announced=4, keys=("0",)):
    return files.legacy(
        files.whole(files.storage_id(announced), 2), keys, struct.pack("<q", stated) + raw
    )


@pytest.mark.parametrize(
    "blob",
    [
        legacy_storage(1 << 60, bytes(16), announced=1 << 47),
        legacy_storage(-1, bytes(16)),
        legacy_storage(5, bytes(20)),
        legacy_storage(4, bytes(15)),
        legacy_storage(4, bytes(17)),
        legacy_storage(4, bytes(16), keys=()),
        legacy_storage(4, bytes(16), keys=("0", "0")),
        legacy_storage(4, bytes(16), keys=("1",)),
        legacy_storage(4, bytes(16))[:-30],
        b"",
        files.legacy(files.whole(files.text("no storage"), 2)),
        files.in_blob(files.whole(files.storage_id(4), 2)),
    ],
)
def test_a_storage_blob_that_does_not_add_up_is_refused(blob, tmp_path):
    path = tmp_path / "a.pkl"
    loader = files.name("torch.storage", "_load_from_bytes")
    path.write_bytes(files.whole(files.call(loader, files.blob(blob))))
    refused(read_snapshot, path)


def test_an_honest_storage_blob_is_accepted(tmp_path):
    """The counterpart of the blobs above: what is refused there is not the shape of the test."""
    path = tmp_path / "a.pkl"
    loader = files.name("torch.storage", "_load_from_bytes")
    honest = legacy_storage(4, struct.pack("<4f", 1, 2, 3, 4))
    tensor = files.rebuilt(files.call(loader, files.blob(honest)), 1, (2,), (2,))
    path.write_bytes(files.whole(tensor))
    assert read_snapshot(path).numbers().tolist() == [2, 4]


def many_loads(blob, count):
    """A snapshot that loads one blob again and again."""
    loader = files.name("torch.storage", "_load_from_bytes")
    body = loader + b"q\x00" + files.blob(blob) + b"\x85q\x010" + b"0h\x00h\x01R" * count
    return files.whole(body)


def test_a_blob_is_not_read_over_and_over(tmp_path):
    """Some 30 steps each time, however long it is: the million steps alone would be 30 GB."""
    long_text = files.text("a" * 1_000_000)
    blob = files.legacy(files.whole(long_text + b"0" + files.storage_id(1)), ("0",), bytes(12))
    path = tmp_path / "a.pkl"
    path.write_bytes(many_loads(legacy_storage(4, bytes(16)), 2))
    assert read_snapshot(path).length == 4
    blob = blob.replace(bytes(12), struct.pack("<qf", 1, 0))
    path.write_bytes(many_loads(blob, 1000))
    assert "over and over" in refused(read_snapshot, path)


@pytest.mark.parametrize("kind", ["FloatStorage", "BFloat16Storage", "BoolStorage"])
def test_a_storage_is_checked_and_decoded_once_for_all_its_tensors(kind, monkeypatch):
    """A thousand names of one storage must not cost a thousand times its size."""
    storage = arrays.Storage(arrays.STORAGE_ELEMENTS[kind], 4)
    storage.data = memoryview(bytes(storage.size))
    storage.checksum = zlib.crc32(storage.data)
    first = storage.numbers()
    monkeypatch.setattr(arrays, "_decode", None)
    monkeypatch.setattr(zlib, "crc32", None)
    assert storage.numbers() is first
    assert arrays.Array(storage, 1, (2,), (2,)).numbers().tolist() == [0, 0]


@pytest.mark.parametrize("shape", [(1 << 47, 1 << 47, 0), (0, 1 << 30, 1 << 30)])
def test_an_empty_tensor_of_absurd_shape_is_refused(shape, tmp_path):
    body = files.rebuilt(files.storage_id(4), 0, shape, (1,) * len(shape))
    path = tmp_path / "a.ckpt"
    path.write_bytes(files.zipped(files.whole(body, 2), {"0": bytes(16)}))
    refused(read_checkpoint, path)


def rezipped(change, compression=zipfile.ZIP_STORED):
    """A torch zip, its members changed on the way."""
    source = io.BytesIO()
    torch.save({"a": torch.arange(4.0)}, source)
    target = io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", compression) as new:
        for info in old.infolist():
            for name, raw in change(info.filename, old.read(info)):
                new.writestr(name, raw)
    return target.getvalue()


def broken_zips():
    honest = rezipped(lambda name, raw: [(name, raw)])
    flipped = bytearray(honest)
    flipped[honest.index(struct.pack("<4f", 0, 1, 2, 3)) + 2] ^= 1
    yield "compressed", rezipped(lambda name, raw: [(name, raw)], zipfile.ZIP_DEFLATED)
    yield (
        "big-endian",
        rezipped(lambda name, raw: [(name, b"big" if name.endswith("byteorder") else raw)]),
    )
    yield "no pickle", rezipped(lambda name, raw: [] if "data.pkl" in name else [(name, raw)])
    yield (
        "two pickles",
        rezipped(
            lambda name, raw: [(name, raw), ("b/data.pkl", raw)] if "pkl" in name else [(name, raw)]
        ),
    )
    yield "half", honest[: len(honest) // 2]
    yield "no directory", honest[:-30]
    yield "only the mark", b"PK\3\4"
    yield "only the end", b"PK\5\6" + bytes(18)
    at = honest.rindex(b"PK\5\6")
    yield "huge directory", honest[: at + 12] + struct.pack("<I", 0xFFFFFFF0) + honest[at + 16 :]
    first = honest.index(b"PK\1\2")
    encrypted = bytearray(honest)
    encrypted[first + 8] |= 1
    yield "encrypted", bytes(encrypted)
    method = bytearray(honest)
    method[first + 10] = 99
    yield "unknown method", bytes(method)

    yield from broken_long_zips(honest)


def long_zip(honest, *, shift=0, extensible=b"", between=b""):
    """The same archive with a zip64 end record, as torch writes it for large files."""
    at = honest.rindex(b"PK\5\6")
    count, size, offset = struct.unpack("<HII", honest[at + 10 : at + 20])
    record = b"PK\6\6" + struct.pack(
        "<QHHIIQQQQ", 44 + len(extensible), 45, 45, 0, 0, count, count, size, offset
    )
    locator = b"PK\6\7" + struct.pack("<IQI", 0, at + shift, 1)
    return honest[:at] + record + extensible + between + locator + honest[at:]


def broken_long_zips(honest):
    yield "long record elsewhere", long_zip(honest, shift=1)
    yield "long record before the archive", long_zip(honest, shift=-(1 << 40) % (1 << 64))
    yield "extensible data", long_zip(honest, extensible=bytes(8))
    yield "data after the long record", long_zip(honest, between=bytes(56))
    # The record that is pointed at is honest, another one lies where Python before 3.12 looks.
    decoy = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 0, 0, 0, 0)
    yield "two long records", long_zip(honest, between=decoy)


def test_an_honest_long_zip_is_accepted(tmp_path):
    """The counterpart: the archives above are refused for their ends alone."""
    honest = rezipped(lambda name, raw: [(name, raw)])
    path = tmp_path / "a.ckpt"
    path.write_bytes(long_zip(honest))
    assert read_checkpoint(path)["a"].numbers().tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("name, raw", list(broken_zips()), ids=lambda value: str(value)[:20])
def test_a_damaged_checkpoint_zip_is_refused(name, raw, tmp_path):
    path = tmp_path / "a.ckpt"
    path.write_bytes(raw)
    refused(read_checkpoint, path)


def test_a_flipped_bit_in_a_storage_is_noticed(tmp_path):
    raw = bytearray(rezipped(lambda name, raw: [(name, raw)]))
    raw[raw.index(struct.pack("<4f", 0, 1, 2, 3)) + 2] ^= 1
    path = tmp_path / "a.ckpt"
    path.write_bytes(raw)
    with pytest.raises(WeightsError, match="checksum"):
        read_checkpoint(path)["a"].numbers()


def test_every_truncation_of_a_snapshot_is_refused(tmp_path):
    tensors = {"mapping.weight": torch.arange(6.0).reshape(2, 3)}
    honest = files.snapshot({"G_ema": ({"z_dim": 512}, tensors, {})})
    path = tmp_path / "a.pkl"
    for length in range(0, len(honest), 7):
        path.write_bytes(honest[:length])
        with pytest.raises(WeightsError):
            read_snapshot(path)
    path.write_bytes(honest + b".")
    with pytest.raises(WeightsError, match="1 bytes follow"):
        read_snapshot(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for read in (read_checkpoint, read_estimator, read_snapshot):
        with pytest.raises(WeightsError, match="cannot be read"):
            read(tmp_path / "missing.pkl")
        with pytest.raises(WeightsError, match="cannot be read"):
            read(tmp_path)
