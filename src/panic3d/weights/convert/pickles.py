"""The kinds of pickled file that the paper's authors published, read without running them.

A network snapshot is one plain pickle with every tensor as a blob inside; a Lightning checkpoint
is a zip of a pickle and its storages (or, in the older layout, one after the other); the PCA, the
benchmark's alignments and predicted meshes are plain pickles of numpy arrays. All come out as
plain data and `Array` records.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from panic3d.errors import UnsafePickleError, WeightsError
from panic3d.weights.convert import names
from panic3d.weights.convert.arrays import STORAGE_ELEMENTS, Storage, element_size, is_size
from panic3d.weights.convert.machine import Machine, Names, PersistentLoad
from panic3d.weights.convert.values import Budget, Global, Rule, shown
from panic3d.weights.convert.zipped import open_zip, stored_member

MAX_FILE_BYTES = 4 << 30
"""The released snapshot and checkpoints are a tenth of this."""

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_PROTOCOL = 1001


def read_snapshot(path: Path) -> Any:
    """Read `network-snapshot-*.pkl`: a dictionary of networks as `Instance` records.

    Raises:
        UnsafePickleError: the file asks for something outside the list; nothing was run.
        WeightsError: it is missing, cut short or damaged.
    """
    with _about(path):
        data = _bytes_of(path)
        if _looks_zipped(data):
            raise WeightsError(
                "found a torch checkpoint, expected a network snapshot (one plain pickle): "
                "choose the file network-snapshot-*.pkl"
            )
        table = {**names.SNAPSHOT, ("torch.storage", "_load_from_bytes"): _STORAGE_BLOB}
        return _whole(Machine(memoryview(data), table, Budget(len(data))))


def read_estimator(path: Path) -> Any:
    """Read a pickled scikit-learn PCA as an `Instance` whose state holds `Array` records.

    Raises:
        UnsafePickleError: the file asks for something outside the list; nothing was run.
        WeightsError: it is missing, cut short or damaged.
    """
    with _about(path):
        data = _bytes_of(path)
        return _whole(Machine(memoryview(data), names.ESTIMATOR, Budget(len(data))))


def read_plain(path: Path) -> Any:
    """Read a pickle of dictionaries, text, numbers and arrays: alignments, predicted meshes.

    Arrays come as `Array` records, single numpy values as plain numbers and text.

    Raises:
        UnsafePickleError: the file asks for something outside the list; nothing was run.
        WeightsError: it is missing, cut short or damaged.
    """
    with _about(path):
        data = _bytes_of(path)
        table = {**names.PLAIN_DATA, ("torch.storage", "_load_from_bytes"): _STORAGE_BLOB}
        return _whole(Machine(memoryview(data), table, Budget(len(data))))


def read_checkpoint(path: Path) -> Any:
    """Read a file written by `torch.save`, in its zip or its older layout.

    Raises:
        UnsafePickleError: the file asks for something outside the list; nothing was run.
        WeightsError: it is missing, cut short or damaged.
    """
    with _about(path):
        data = _bytes_of(path)
        budget = Budget(len(data))
        if _looks_zipped(data):
            return _read_zipped(data, budget)
        return _read_legacy(memoryview(data), names.CHECKPOINT, budget)


@contextmanager
def _about(path: Path) -> Iterator[None]:
    """Put the file's name before what is said about it."""
    try:
        yield
    except UnsafePickleError as error:
        raise UnsafePickleError(f"{path}: {error}") from error
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}") from error
    except OSError as error:
        raise WeightsError(
            f"{path} cannot be read ({error.strerror or error}): check the path and its permissions"
        ) from error


def _bytes_of(path: Path) -> bytes:
    # Read rather than mapped: a file that shrinks under a map ends the process.
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise WeightsError(
            f"the file has {size} bytes, a released checkpoint has less than {MAX_FILE_BYTES}: "
            "choose the right file"
        )
    with path.open("rb") as file:
        return file.read(size)


def _looks_zipped(data: bytes) -> bool:
    return data[:4] in (b"PK\3\4", b"PK\5\6")


def _whole(machine: Machine) -> Any:
    """Read a pickle that must fill its file."""
    value = machine.run()
    left = len(machine.data) - machine.position
    if left:
        raise WeightsError(
            f"{left} bytes follow the pickle, expected none: the file is "
            "damaged or of another kind; use the file from the authors' archive"
        )
    return value


class _Storages:
    """The storages that a torch pickle refers to by number."""

    def __init__(self) -> None:
        self.by_key: dict[str, Storage] = {}

    def load(self, identifier: object) -> Storage:
        """Turn ('storage', type, key, place, length) into a record; the place is of no interest."""
        known = (
            type(identifier) is tuple
            and (len(identifier) == 5 or (len(identifier) == 6 and identifier[5] is None))
            and identifier[0] == "storage"
            and type(identifier[1]) is Global
            and identifier[1].module in ("torch", "torch.cuda")
            and identifier[1].name in STORAGE_ELEMENTS
            and type(identifier[2]) is str
            and identifier[2].isascii()
            and identifier[2].isdigit()
            and len(identifier[2]) <= 20
            and type(identifier[3]) is str
            and is_size(identifier[4])
        )
        if not known:
            raise UnsafePickleError(
                "the pickle refers to something else than a plain storage outside itself: nothing "
                "of it was run; use the file from the authors' archive"
            )
        assert isinstance(identifier, tuple)
        _, kind, key, _, length = identifier[:5]
        element = STORAGE_ELEMENTS[kind.name]
        storage = self.by_key.setdefault(key, Storage(element, length))
        if (storage.element, storage.length) != (element, length):
            raise WeightsError(
                f"storage {shown(key)} is described in two ways: use the file from the authors' "
                "archive"
            )
        return storage


def _read_zipped(raw: bytes, budget: Budget) -> Any:
    """A torch zip: NAME/data.pkl, and its storages NAME/data/0, NAME/data/1 and so on."""
    data = memoryview(raw)
    with open_zip(io.BytesIO(raw)) as archive:
        members = {info.filename: info for info in archive.infolist()}
    if sum(info.file_size for info in members.values()) > len(data):
        raise WeightsError(
            "the checkpoint's members are larger than the file: use the file from the authors' "
            "archive"
        )
    pickles = [name for name in members if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(pickles) != 1:
        raise WeightsError(
            f"the zip archive has {len(pickles)} members NAME/data.pkl, expected 1: this is no "
            "torch checkpoint; choose the .ckpt file"
        )
    folder = pickles[0].removesuffix("data.pkl")
    order = members.get(f"{folder}byteorder")
    if order is not None and bytes(_checked(data, order)) != b"little":
        raise WeightsError(
            "the checkpoint was written on a big-endian machine, expected little-endian: save it "
            "again on an ordinary machine"
        )
    storages = _Storages()
    budget.read(members[pickles[0]].file_size)
    machine = Machine(_checked(data, members[pickles[0]]), names.CHECKPOINT, budget, storages.load)
    value = _whole(machine)
    for key, storage in storages.by_key.items():
        info = members.get(f"{folder}data/{key}")
        if info is None or info.file_size != storage.size:
            raise WeightsError(
                f"storage {key} has {info.file_size if info else 'no'} bytes, expected "
                f"{storage.size}: the checkpoint is damaged; copy or download it again"
            )
        storage.data = stored_member(data, info)
        storage.checksum = info.CRC
    return value


def _checked(data: memoryview, info: zipfile.ZipInfo) -> memoryview:
    """A small member, its checksum compared."""
    holder = Storage("uint8", info.file_size)
    holder.data, holder.checksum = stored_member(data, info), info.CRC
    holder.numbers()
    return holder.data


def _next_pickle(
    data: memoryview,
    allowed: Names,
    budget: Budget,
    position: int,
    load: PersistentLoad | None = None,
) -> tuple[Any, int]:
    """Read one of several pickles in a row; returns its value and where it ended."""
    machine = Machine(data, allowed, budget, load, position)
    return machine.run(), machine.position


def _read_legacy(data: memoryview, table: Names, budget: Budget) -> Any:
    """The layout before torch 1.6: five pickles, then each storage's length and bytes."""
    magic, position = _next_pickle(data, {}, budget, 0)
    if type(magic) is not int or magic != _LEGACY_MAGIC:
        raise WeightsError(
            "the file is neither a zip nor starts with torch's mark: this is no torch checkpoint; "
            "choose the .ckpt file"
        )
    version, position = _next_pickle(data, {}, budget, position)
    if type(version) is not int or version != _LEGACY_PROTOCOL:
        raise WeightsError(
            f"the checkpoint has layout {shown(version)}, expected {_LEGACY_PROTOCOL}: save it "
            "again with a current PyTorch"
        )
    system, position = _next_pickle(data, {}, budget, position)
    if type(system) is not dict or system.get("little_endian") is not True:
        raise WeightsError(
            "the checkpoint was not written on a little-endian machine: save it again on an "
            "ordinary machine"
        )
    storages = _Storages()
    value, position = _next_pickle(data, table, budget, position, storages.load)
    keys, position = _next_pickle(data, {}, budget, position)
    if type(keys) is not list or not all(type(key) is str for key in keys):
        raise WeightsError("the checkpoint lists no storages: use the file from the archive")
    if len(set(keys)) != len(keys) or set(keys) != set(storages.by_key):
        raise WeightsError(
            f"the checkpoint lists {len(keys)} storages and refers to {len(storages.by_key)} "
            "others: use the file from the authors' archive"
        )
    for key in keys:
        storage = storages.by_key[key]
        stated = int.from_bytes(data[position : position + 8], "little")
        position += 8
        if stated != storage.length or storage.size > len(data) - position:
            raise WeightsError(
                f"storage {key} states {stated} numbers of {element_size(storage.element)} bytes "
                f"where {storage.length} were announced and {max(0, len(data) - position)} bytes "
                "are left: the file is cut short or damaged; copy or download it again"
            )
        storage.data = data[position : position + storage.size]
        position += storage.size
    if position != len(data):
        raise WeightsError(
            f"{len(data) - position} bytes follow the last storage, expected none: the file is "
            "damaged; copy or download it again"
        )
    return value


def _load_from_bytes(arguments: tuple[Any, ...], budget: Budget) -> Storage:
    """What `torch.storage._load_from_bytes` is allowed to mean: one storage in the older layout."""
    if len(arguments) != 1 or type(arguments[0]) is not memoryview:
        raise UnsafePickleError(
            "the pickle loads a storage from something else than bytes: nothing of it was run; "
            "use the file from the authors' archive"
        )
    budget.read(len(arguments[0]))  # the same blob may be handed over any number of times
    value = _read_legacy(arguments[0], names.STORAGES, budget)
    if type(value) is not Storage:
        raise UnsafePickleError(
            f"a blob in the pickle holds a {type(value).__name__}, expected one storage: nothing "
            "of it was run; use the file from the authors' archive"
        )
    return value


_STORAGE_BLOB = Rule(call=_load_from_bytes)
