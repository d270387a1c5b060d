"""Mutated VRM files, read, posed and drawn: a picture or an error of ours, in time and memory.

Bits are flipped in headers, JSON, accessors, skins and pictures; values of the JSON are replaced by
others that JSON allows; parts are listed thousands of times. Every case runs in a process of its
own kind, so that a crash is seen.
``python -m campaign.fuzz_models`` runs all seeds and prints how they ended.
"""

from __future__ import annotations

import copy
import json
import random
import struct
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from campaign import SEEDS
from campaign._gltf_files import figure_build, glb
from panic3d.data.renders import load_subject
from panic3d.errors import Panic3dError
from panic3d.formats.vrm_write import vrm_bytes
from panic3d.geometry.posing import Pose
from panic3d.render.raster import Rasteriser
from panic3d.render.views import ViewOptions, draw_views
from panic3d.work.jobs import run_tasks

CASES = 20

SECONDS = 10.0
MEMORY_BYTES = 1 << 30

_SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "vrm"
_LARGEST_SEED = 3 << 20

Case = tuple[bytes, str]

_VALUES: tuple[Any, ...] = (
    *(-1, 0, 1, 2, 3, 255, 65535, 65536, 2**31 - 1, 2**31, 2**32, 2**53, 10**30),
    *(0.5, -0.5, 1e-300, 1e300, -1e300, float("nan"), float("inf"), 3.5e38),
    *("", "x", "\0", "a" * 1000, "data:,", "../x", None, True, False),
    *([], {}, [[]], [{}], [0] * 3, [0] * 16, [1e300] * 16, ["x"] * 4, {"index": 0}, {"node": 0}),
)


_SPARSE = {
    "count": 50,
    "indices": {"bufferView": 0, "componentType": 5123},
    "values": {"bufferView": 1},
}
_ACCESSOR_KEYS = (
    *("count", "byteOffset", "byteLength", "byteStride", "componentType", "type"),
    *("bufferView", "buffer", "normalized", "sparse"),
)
_ACCESSOR_VALUES: tuple[Any, ...] = (
    *(0, 1, 3, 4, 7, 252, 5120, 5121, 5123, 5125, 5126, 2**31, 2**40),
    *("VEC2", "VEC3", "VEC4", "MAT4", "SCALAR", True, _SPARSE),
)


def _seeds() -> list[bytes]:
    """Files that the mutations start from: both versions, by hand, by our writer, and real."""
    found = [figure_build(version).packed() for version in ("0.x", "1.0")]
    for path in sorted(_SHARED.glob("*.vrm")):
        if path.stat().st_size < _LARGEST_SEED:
            found.append(path.read_bytes())
    return found


def _split(data: bytes) -> tuple[Any, bytes]:
    (size,) = struct.unpack_from("<I", data, 12)
    return json.loads(data[20 : 20 + size]), data[28 + size :]


def _places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """List every (container, key) of a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(items):
        found.append((value, key))
        if isinstance(inner, dict | list):
            _places(inner, found)
    return found


def _json_values(chance: random.Random, data: bytes) -> bytes:
    document, binary = _split(data)
    for _ in range(chance.randint(1, 4)):
        places = _places(document, [])
        holder, key = chance.choice(places)
        kind = chance.randrange(5)
        if kind == 0 and isinstance(holder, dict):
            del holder[key]
        elif kind == 1:
            other, from_key = chance.choice(places)
            if from_key in (other if isinstance(other, dict) else range(len(other))):
                holder[key] = copy.deepcopy(other[from_key])
        elif kind == 2 and isinstance(holder[key], int | float):
            holder[key] *= chance.choice([-1, 2, 1000, 1 << 20])
            holder[key] += chance.choice([0, 1])
        else:
            holder[key] = copy.deepcopy(chance.choice(_VALUES))
    return glb(document, binary)


def _accessors(chance: random.Random, data: bytes) -> bytes:
    document, binary = _split(data)
    for _ in range(chance.randint(1, 3)):
        entry = chance.choice(document[chance.choice(["accessors", "bufferViews"])])
        entry[chance.choice(_ACCESSOR_KEYS)] = chance.choice(_ACCESSOR_VALUES)
    return glb(document, binary)


def _flipped(chance: random.Random, data: bytes, start: int, stop: int) -> bytes:
    raw = bytearray(data)
    stop = max(min(stop, len(raw)), start + 1)
    for _ in range(chance.choice([1, 2, 8, 64])):
        raw[chance.randrange(start, stop)] ^= 1 << chance.randrange(8)
    return bytes(raw)


def _header(chance: random.Random, data: bytes) -> bytes:
    (size,) = struct.unpack_from("<I", data, 12)
    start = chance.choice([0, 0, 20 + size])
    return _flipped(chance, data, start, start + 20)


def _json_bits(chance: random.Random, data: bytes) -> bytes:
    (size,) = struct.unpack_from("<I", data, 12)
    return _flipped(chance, data, 20, 20 + size)


def _view(chance: random.Random, data: bytes, index: int) -> bytes:
    """Flip bits in a buffer view, or fill it with extreme numbers."""
    (size,) = struct.unpack_from("<I", data, 12)
    document, _ = _split(data)
    view = document["bufferViews"][index]
    start = 28 + size + view.get("byteOffset", 0)
    stop = start + view["byteLength"]
    if chance.randrange(2):
        return _flipped(chance, data, start, stop)
    raw = bytearray(data)
    number = np.float32(chance.choice([np.nan, np.inf, -np.inf, 3e38, -1.0, 1e-40])).tobytes()
    for _ in range(chance.choice([1, 4, 16])):
        at = start + 4 * chance.randrange(max((stop - start) // 4, 1))
        raw[at : at + 4] = number
    return bytes(raw[: len(data)])


def _skins(chance: random.Random, data: bytes) -> bytes:
    document, _ = _split(data)
    if chance.randrange(2):
        skin = chance.choice(document["skins"])
        return _view(chance, data, document["accessors"][skin["inverseBindMatrices"]]["bufferView"])
    mesh = chance.choice(document["meshes"])
    attributes = chance.choice(mesh["primitives"])["attributes"]
    name = chance.choice(sorted(attributes))
    return _view(chance, data, document["accessors"][attributes[name]]["bufferView"])


def _images(chance: random.Random, data: bytes) -> bytes:
    document, _ = _split(data)
    return _view(chance, data, chance.choice(document["images"])["bufferView"])


def _cut(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return chance.choice([data[:at], data[:at] + data[at + chance.randrange(1, 100) :]])


def _multiplied(chance: random.Random, data: bytes) -> bytes:
    """Let a small file ask for much: the same thing many times, or large ones out of nothing."""
    document, binary = _split(data)
    times = chance.choice([10, 300, 5_000, 40_000])
    count = chance.choice([1 << 10, 1 << 16, 1 << 20, 1 << 24])
    mesh = chance.choice(document["meshes"])
    attributes = chance.choice(mesh["primitives"])["attributes"]
    kind = chance.randrange(5)
    if kind == 0:
        mesh["primitives"] *= times
    elif kind == 1:
        first = len(document["nodes"])
        twin = {"mesh": document["meshes"].index(mesh)}
        document["nodes"] += [dict(twin) for _ in range(min(times, 60_000 - first))]
        document["scenes"][0]["nodes"] += range(first, len(document["nodes"]))
    elif kind == 2:
        document["accessors"].append({"componentType": 5126, "count": count, "type": "VEC3"})
        attributes.clear()
        attributes["POSITION"] = len(document["accessors"]) - 1
        mesh["primitives"] *= min(times, 300)
    elif kind == 3:
        mesh["primitives"][0]["targets"] = [{"POSITION": attributes["POSITION"]}] * times
    else:
        name = chance.choice(["images", "textures", "materials", "skins", "nodes"])
        document[name] = document.get(name, []) * min(times, 3_000)
    return glb(document, binary)


_KINDS: dict[str, Callable[[random.Random, bytes], bytes]] = {
    "header": _header,
    "JSON bits": _json_bits,
    "JSON values": _json_values,
    "accessors": _accessors,
    "skins and vertices": _skins,
    "pictures": _images,
    "cut": _cut,
    "multiplied": _multiplied,
}


def _tester() -> Callable[[Case], tuple[str, float, int]]:
    """Return what reads, poses and draws a file and says how it ended, seconds and memory."""
    rasteriser = Rasteriser()

    def test(case: Case) -> tuple[str, float, int]:
        data, mode = case
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.vrm"
            path.write_bytes(data)
            _forget_peak()
            start = time.monotonic()
            ending = _ending(path, mode, rasteriser)
            return ending, time.monotonic() - start, _peak()

    return test


def _ending(path: Path, mode: str, rasteriser: Rasteriser) -> str:
    options = ViewOptions(
        mode="paper" if mode == "paper" else "fixed",
        size=64,
        pose=Pose(head_yaw_deg=20.0),
        kinds=("colour", "position"),
    )
    warnings.simplefilter("error", RuntimeWarning)
    try:
        subject = load_subject(path, options)
        views = list(draw_views(rasteriser, subject, "1", options))
        assert len(views) == 5
        try:
            vrm_bytes(subject.posed.character)  # what was read can be written, or is refused
        except Panic3dError:
            return "picture"
        return "picture"
    except Panic3dError as error:
        return type(error).__name__
    except Exception as error:  # what must not happen
        import traceback

        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"BUG {type(error).__name__}: {error} ({where.filename}:{where.lineno})"


def _forget_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:  # not Linux, or not allowed: then the peak is that of the process
        pass


def _peak() -> int:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def endings(seed: int, cases: int) -> list[tuple[str, str]]:
    """Run the cases of a seed; return the kind of mutation and the ending of each.

    Raises:
        AssertionError: a case crashed, hung, took too much memory or raised what is not ours.
    """
    chance = random.Random(seed)
    seeds = _seeds()
    tasks: list[Case] = []
    kinds = []
    for _ in range(cases):
        kind = chance.choice(sorted(_KINDS))
        data = _KINDS[kind](chance, chance.choice(seeds))
        tasks.append((data, chance.choice(["paper", "fixed"])))
        kinds.append(kind)
    found = []
    numbers = {id(task): k for k, task in enumerate(tasks)}
    for done in run_tasks(_tester, tasks, workers=2, timeout_s=SECONDS):
        k = numbers[id(done.task)]
        what = f"case {k} of seed {seed} ({kinds[k]})"
        assert done.result is not None, f"{what}: {done.failure}"
        ending, seconds, memory = done.result
        assert not ending.startswith("BUG"), f"{what}: {ending}"
        assert seconds <= SECONDS, f"{what} took {seconds:.1f} s"
        assert memory <= MEMORY_BYTES, f"{what} took {memory >> 20} MiB"
        found.append((kinds[k], ending))
    return found


def run(seed: int, cases: int) -> None:
    """Run one seed; see `endings`."""
    endings(seed, cases)


def main() -> int:
    """Run every seed and print the table of endings by kind of mutation."""
    table: Counter[tuple[str, str]] = Counter()
    for seed in range(SEEDS):
        table.update(endings(seed, CASES))
        print(f"seed {seed} of {SEEDS}", file=sys.stderr)
    for (kind, ending), count in sorted(table.items()):
        print(f"{kind:20} {ending:28} {count}")
    print(f"{sum(table.values())} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
