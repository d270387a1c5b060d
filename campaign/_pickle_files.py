"""Honest and hostile pickled files, for the tests of the converters and for their fuzzing.

The honest ones have the layout of the published files and random numbers in them. The hostile ones
would create a file, the sentinel, if anything in them ran; with Python's own unpickler most do.
"""

from __future__ import annotations

import contextlib
import io
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

# Opcodes by hand


def text(value: str) -> bytes:
    """BINUNICODE."""
    raw = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(raw)) + raw


def number(value: int) -> bytes:
    """LONG1."""
    raw = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(raw)]) + raw


def blob(value: bytes) -> bytes:
    """BINBYTES."""
    return b"B" + struct.pack("<I", len(value)) + value


def name(module: str, attribute: str) -> bytes:
    """GLOBAL."""
    return f"c{module}\n{attribute}\n".encode()


def stack_name(module: str, attribute: str) -> bytes:
    """STACK_GLOBAL."""
    return text(module) + text(attribute) + b"\x93"


def call(function: bytes, *arguments: bytes) -> bytes:
    """REDUCE."""
    return function + b"(" + b"".join(arguments) + b"tR"


def whole(body: bytes, protocol: int = 4) -> bytes:
    """PROTO and STOP around a value."""
    return b"\x80" + bytes([protocol]) + body + b"."


# Containers


def zipped(data_pkl: bytes, storages: Mapping[str, bytes] | None = None) -> bytes:
    """A torch zip around a pickle."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", data_pkl)
        archive.writestr("archive/byteorder", b"little")
        for key, raw in (storages or {}).items():
            archive.writestr(f"archive/data/{key}", raw)
        archive.writestr("archive/version", b"3\n")
    return file.getvalue()


def legacy(body: bytes, keys: tuple[str, ...] = (), storages: bytes = b"") -> bytes:
    """The older torch layout around a pickle."""
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}
    head = [0x1950A86A20F9469CFC6C, 1001, system]
    parts = [pickle.dumps(part, 2) for part in head]
    return b"".join(parts) + body + pickle.dumps(list(keys), 2) + storages


def in_blob(body: bytes) -> bytes:
    """A snapshot pickle whose storage blob is the older torch layout around a pickle."""
    return whole(call(name("torch.storage", "_load_from_bytes"), blob(legacy(body))))


def storage_id(
    length: int, key: str = "0", kind: str = "FloatStorage", place: str = "cpu"
) -> bytes:
    """The persistent id of a storage, BINPERSID included."""
    fields = text("storage") + name("torch", kind) + text(key) + text(place) + number(length)
    return b"(" + fields + b"tQ"


def rebuilt(storage: bytes, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> bytes:
    """A tensor made of a storage."""
    sizes = [b"(" + b"".join(map(number, axis)) + b"t" for axis in (shape, strides)]
    hooks = name("collections", "OrderedDict") + b")R"
    return call(
        name("torch._utils", "_rebuild_tensor_v2"), storage, number(offset), *sizes, b"\x89", hooks
    )


# Honest files


class _Described:
    """An object whose pickle is written by its `__dict__`."""


def _as_stored(**attributes: Any) -> dict[str, Any]:
    """The `__dict__` of a torch module of the published files' time."""
    return {
        "training": False,
        "_parameters": OrderedDict(),
        "_buffers": OrderedDict(),
        "_non_persistent_buffers_set": set(),
        "_backward_hooks": OrderedDict(),
        "_forward_hooks": OrderedDict(),
        "_modules": OrderedDict(),
        **attributes,
    }


@contextlib.contextmanager
def _modules(**found: types.ModuleType) -> Iterator[None]:
    """Put modules where `import` finds them, for as long as something is pickled."""
    before = {key: sys.modules.get(key) for key in found}
    sys.modules.update(found)
    try:
        yield
    finally:
        for key, module in before.items():
            if module is None:
                del sys.modules[key]
            else:
                sys.modules[key] = module


def _module(path: str, *members: type | types.FunctionType) -> dict[str, types.ModuleType]:
    """A module with the members, and the packages above it."""
    parts = path.split(".")
    found = {}
    for count in range(1, len(parts) + 1):
        found[".".join(parts[:count])] = types.ModuleType(".".join(parts[:count]))
    for member in members:
        member.__module__ = path
        member.__qualname__ = member.__name__
        setattr(found[path], member.__name__, member)
    return found


def snapshot(
    networks: Mapping[str, tuple[dict[str, Any], Mapping[str, torch.Tensor], dict[str, Any]]],
    source_text: str = "raise SystemExit('this text must never be run')",
) -> bytes:
    """A network snapshot.

    Args:
        networks: for each of G, D, G_ema the constructor arguments, the tensors by dotted name,
            and further attributes of the root module.
        source_text: what stands where the published files have the source of their modules.
    """

    def _reconstruct_persistent_obj(meta: Any) -> None:
        raise AssertionError("called")

    class EasyDict(dict[str, Any]):
        pass

    class Persistent:
        def __reduce__(self) -> tuple[Any, ...]:
            state = dict(self.__dict__)
            meta = EasyDict(
                type="class",
                version=6,
                module_src=source_text,
                class_name=state.pop("class_name"),
                state=state,
            )
            return _reconstruct_persistent_obj, (meta,)

    class OSGDecoder:
        pass

    class ImportanceRenderer:
        pass

    class MipRayMarcher2:
        pass

    class RaySampler:
        pass

    def persistent(class_name: str) -> Any:
        made = Persistent()
        made.__dict__.update(class_name=class_name, _init_args=(), **_as_stored())
        # Gains are stored as numpy numbers.
        made.__dict__.update(weight_gain=np.float64(0.25), init_args=(), clamp=None)
        return made

    def plain(kind: type) -> Any:
        made = kind()
        made.__dict__.update(_as_stored())
        return made

    def node(path: str) -> Any:
        if path == "decoder":
            return plain(OSGDecoder)
        if path == "decoder.net":
            return torch.nn.Sequential()
        return persistent("SynthesisLayer")

    def network(
        class_name: str,
        init_kwargs: dict[str, Any],
        tensors: Mapping[str, torch.Tensor],
        attributes: dict[str, Any],
    ) -> Any:
        root = persistent(class_name)
        root._init_kwargs = EasyDict(init_kwargs)
        root.__dict__.update(attributes)
        for full, tensor in tensors.items():
            *parents, leaf = full.split(".")
            here = root
            for depth, part in enumerate(parents):
                children = here.__dict__["_modules"]
                if part not in children:
                    children[part] = node(".".join(parents[: depth + 1]))
                here = children[part]
            is_buffer = leaf in {"resample_filter", "noise_const", "w_avg", "dataset_label_std"}
            if is_buffer:
                here.__dict__["_buffers"][leaf] = tensor
            else:
                parameter = torch.nn.Parameter(tensor, requires_grad=False)
                here.__dict__["_parameters"][leaf] = parameter
        children = root.__dict__["_modules"]
        if "decoder" in children:
            children["decoder"].__dict__["_modules"]["net"]._modules["1"] = torch.nn.Softplus()
            children["renderer"] = plain(ImportanceRenderer)
            children["renderer"].plane_axes = torch.eye(3).expand(3, 3, 3).contiguous()
            children["renderer"].ray_marcher = plain(MipRayMarcher2)
            children["ray_sampler"] = plain(RaySampler)
        return root

    upstream: dict[str, types.ModuleType] = {}
    for path, members in (
        ("torch_utils.persistence", (_reconstruct_persistent_obj,)),
        ("dnnlib.util", (EasyDict,)),
        ("training.triplane", (OSGDecoder,)),
        ("training.volumetric_rendering.renderer", (ImportanceRenderer,)),
        ("training.volumetric_rendering.ray_marcher", (MipRayMarcher2,)),
        ("training.volumetric_rendering.ray_sampler", (RaySampler,)),
    ):
        for key, module in _module(path, *members).items():
            upstream.setdefault(key, module)
    with _modules(**upstream):
        classes = {"D": "DualDiscriminator"}
        data: dict[str, Any] = {
            "training_set_kwargs": EasyDict(class_name="dataset", resolution=512, use_labels=True),
            "augment_pipe": None,
        }
        for key, (init_kwargs, tensors, attributes) in networks.items():
            class_name = classes.get(key, "TriPlaneGenerator")
            data[key] = network(class_name, init_kwargs, tensors, attributes)
        return pickle.dumps(data, 4)


def checkpoint(
    tensors: Mapping[str, torch.Tensor],
    hyper_parameters: dict[str, Any],
    *,
    zip_layout: bool = True,
) -> bytes:
    """A Lightning checkpoint with its bookkeeping."""

    # As addict 2.4 pickles: the items as constructor arguments, and itself as its state.
    class Dict(dict[str, Any]):
        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self.items())

        def __getstate__(self) -> Dict:
            return self

    class ModelCheckpoint:
        pass

    def deep(value: Any) -> Any:
        return Dict({k: deep(v) for k, v in value.items()}) if isinstance(value, dict) else value

    path = "pytorch_lightning.callbacks.model_checkpoint"
    fake = {**_module("addict.addict", Dict), **_module(path, ModelCheckpoint)}
    first = next(iter(tensors.values()))
    moments = {"exp_avg": torch.zeros_like(first, dtype=torch.float32), "step": 7}
    data = {
        "epoch": 199,
        "global_step": 12345,
        "pytorch-lightning_version": "1.6.5",
        "state_dict": OrderedDict(tensors),
        "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": {"ready": 200}}}},
        "callbacks": {ModelCheckpoint: {"best": None}, "Timer{'x': 1}": {"best": np.float32(0.5)}},
        "optimizer_states": [
            {"state": {0: moments}, "param_groups": [{"lr": 1e-3, "betas": (1,)}]}
        ],
        "lr_schedulers": [],
        "native_amp_scaling_state": {"scale": 65536.0},
        "hparams_name": "hparams",
        "hyper_parameters": deep(hyper_parameters),
    }
    # nn.Module.state_dict leaves its versions as an attribute.
    data["state_dict"]._metadata = OrderedDict({"": {"version": 1}})
    file = io.BytesIO()
    with _modules(**fake):
        torch.save(data, file, _use_new_zipfile_serialization=zip_layout)
    return file.getvalue()


def estimator(components: np.ndarray, mean: np.ndarray, protocol: int = 4) -> bytes:
    """A pickled PCA, without scikit-learn."""

    class PCA:
        pass

    made = PCA()
    made.__dict__.update(
        n_components=len(components),
        whiten=False,
        random_state=None,
        components_=components,
        mean_=mean,
        noise_variance_=np.float64(0.5),
        n_samples_=10,
        _sklearn_version="1.0.2",
    )
    with _modules(**_module("sklearn.decomposition._pca", PCA)):
        return pickle.dumps(made, protocol)


# Hostile files


class Toucher:
    """A class of ours whose methods leave a trace, as an innocent class on a machine might."""

    def __init__(self, path: str = "", *more: object) -> None:
        if path:
            Path(path).touch()

    def __setstate__(self, state: dict[str, str]) -> None:
        Path(state["path"]).touch()

    def __reduce__(self) -> tuple[Any, ...]:
        return Toucher, (self.path,)  # type: ignore[attr-defined]


def hostile(sentinel: Path) -> dict[str, bytes]:
    """Pickles that ask for what no checkpoint needs, by what they try.

    Those whose name starts with "live" create the sentinel in Python's own unpickler.
    """
    path = str(sentinel)
    touch = f"open({path!r}, 'w').close()"
    here = Toucher.__module__
    system = call(name("posix", "system"), text(f"touch {path}"))
    to_getattr = name("builtins", "getattr")
    empty_state = b"}" + text("path") + text(path) + b"s"
    ordered = name("collections", "OrderedDict")
    loader = name("torch.storage", "_load_from_bytes")
    array = call(
        name("numpy.core.multiarray", "_reconstruct"),
        name("numpy", "ndarray"),
        b"K\x00\x85",
        blob(b"b"),
    )
    dtype = call(name("numpy", "dtype"), text("O8"), b"\x89", b"\x88")
    big = 1 << 60
    cases = {
        # Code
        "live os.system": system,
        "live os.system by STACK_GLOBAL": call(
            stack_name("posix", "system"), text(f"touch {path}")
        ),
        "live builtins.eval": call(name("builtins", "eval"), text(touch)),
        "live builtins.exec": call(name("builtins", "exec"), text(touch)),
        "live getattr chain": call(
            call(to_getattr, name("pathlib", "Path"), text("touch")),
            call(name("pathlib", "Path"), text(path)),
        ),
        "live dotted STACK_GLOBAL": call(
            stack_name("pathlib", "Path.touch"), call(name("pathlib", "Path"), text(path))
        ),
        "dotted STACK_GLOBAL on an allowed name": call(
            stack_name("collections", "OrderedDict.__init__"), text(path)
        ),
        "dotted GLOBAL": name("collections", "OrderedDict.fromkeys") + b")R",
        "live class of ours by REDUCE": call(name(here, "Toucher"), text(path)),
        "live class of ours by NEWOBJ and BUILD": name(here, "Toucher")
        + b")\x81"
        + empty_state
        + b"b",
        "live class of ours by NEWOBJ_EX": name(here, "Toucher") + b")}\x92" + empty_state + b"b",
        "live INST": b"(" + text(path) + f"i{here}\nToucher\n".encode(),
        "live OBJ": b"(" + name(here, "Toucher") + text(path) + b"o",
        "EXT1": b"\x82\x01",
        "EXT2": b"\x83\x01\x00",
        "EXT4": b"\x84\x01\x00\x00\x00",
        "text persistent id": b"Pposix.system\n",
        "persistent id": text("posix.system") + b"Q",
        "persistent id with a module": b"(" + text("module") + name("posix", "system") + b"tQ",
        "call of a text": text("posix.system") + b")R",
        "call of a call's result": call(ordered) + b")R",
        "live torch.load inside": call(name("runpy", "_run_code"), text(touch), b"}"),
        "codecs with another codec": call(name("_codecs", "encode"), text(path), text("rot13")),
        "import by a module's name": call(name("importlib", "import_module"), text(here)),
        # State
        "BUILD with __setstate__ on a dictionary": (
            call(ordered) + b"}" + text("__setstate__") + name("posix", "system") + b"sb"
        ),
        "BUILD of a plain dictionary": b"}" + empty_state + b"b",
        "BUILD of a name": name("collections", "OrderedDict") + empty_state + b"b",
        "BUILD of __class__ on a dictionary": (
            call(ordered) + b"}" + text("__class__") + name(here, "Toucher") + b"sb"
        ),
        # Memo
        "memo never set": b"h\x05",
        "memo far away": b"j" + struct.pack("<I", 0xFFFFFFFF),
        "memo overwritten": text("a") + b"q\x00" + text("b") + b"q\x00",
        "memo negative": text("a") + b"p-1\n",
        "memo of an empty stack": b"q\x00",
        # Depth and length
        "deep tuples": b"N" + b"\x85" * 100_000,
        "deep lists": b"]" * 30_000 + b"a" * 29_999,
        "deep dictionaries": (b"}" + text("k")) * 20_000 + b"N" + b"s" * 20_000,
        "deep marks": b"(" * 100_000,
        "deep tuple as a key": b"}N" + b"\x85" * 30_000 + b"Ns",
        "tuple as a key": b"}" + b"K\x01\x85" + b"Ns",
        "list that contains itself": b"]q\x00h\x00a",
        "dictionary that contains itself": b"}q\x00" + text("k") + b"h\x00s",
        "long text": b"X" + struct.pack("<I", 0xFFFFFFFF) + b"a",
        "long text 8": b"\x8d" + struct.pack("<Q", big) + b"a",
        "long bytes": b"B" + struct.pack("<I", 0xFFFFFFFF) + b"a",
        "long bytes 8": b"\x8e" + struct.pack("<Q", big) + b"a",
        "long bytearray": b"\x96" + struct.pack("<Q", (1 << 64) - 1) + b"a",
        "long number": b"\x8b" + struct.pack("<i", 1 << 30) + b"\x01",
        "number of negative length": b"\x8b" + struct.pack("<i", -1),
        "number of a megabyte": b"\x8b" + struct.pack("<i", 1 << 20) + b"\x01" * (1 << 20),
        "decimal of a megabyte": b"L" + b"9" * (1 << 20) + b"L\n",
        "line without an end": b"V" + b"a" * (1 << 20),
        "frame beyond the end": b"\x95" + struct.pack("<Q", big) + b"N",
        "frame within a frame": b"\x95"
        + struct.pack("<Q", 12)
        + b"\x95"
        + struct.pack("<Q", 1)
        + b"NNN",
        "frame that cuts a value": b"\x95" + struct.pack("<Q", 3) + text("abc"),
        "out-of-band buffer": b"\x97",
        "protocol in the middle": b"N0\x80\x04N",
        "many steps": b"N0" * 510_000 + b"N",
        "many dictionaries filled again": (
            b"]("
            + b"K\x01K\x02\x86" * 20_000
            + b"eq\x000"
            + ordered
            + b"q\x01"
            + b"0h\x01h\x00\x85R" * 1000
        ),
        "many copies of a text": (
            text("a" * 100_000)
            + b"q\x000"
            + name("_codecs", "encode")
            + b"q\x010"
            + (b"h\x01h\x00" + text("latin1") + b"\x86R") * 10_000
            + b"t"
        ),
        "many loads of a blob": (
            loader
            + b"q\x00"
            + blob(legacy(whole(storage_id(1)), ("0",), struct.pack("<qf", 1, 0)))
            + b"\x85q\x010"
            + b"0h\x00h\x01R" * 100_000
        ),
        "empty": b"",
        "stack underflow": b"0",
        "mark underflow": b"t",
        "unknown opcode": b"\xff",
        "odd items": b"}(K\x01u",
        # Tensors and arrays
        "tensor of a text": rebuilt(text("storage"), 0, (1,), (1,)),
        "parameter of a text": call(
            name("torch._utils", "_rebuild_parameter"), text("x"), b"\x89", b"N"
        ),
        "object dtype": dtype,
        "structured dtype": call(name("numpy", "dtype"), text("V8"), b"\x89", b"\x88"),
        "numpy array of objects": array
        + b"(K\x01K\x01\x85"
        + dtype
        + b"\x89"
        + blob(b"12345678")
        + b"tb",
        "numpy array of another class": call(
            name("numpy.core.multiarray", "_reconstruct"), ordered, b"K\x00\x85", blob(b"b")
        ),
        "numpy array larger than its bytes": (
            array
            + b"(K\x01"
            + number(big)
            + b"\x85"
            + call(name("numpy", "dtype"), text("f8"), b"\x89", b"\x88")
            + b"\x89"
            + blob(b"12345678")
            + b"tb"
        ),
        "numpy number of no type": call(
            name("numpy.core.multiarray", "scalar"), text("f8"), blob(b"1")
        ),
    }
    return {key: whole(body) for key, body in cases.items()}


def hostile_tensors() -> dict[str, bytes]:
    """Torch zips whose tensors do not lie in their storages."""
    storage = storage_id(4)
    raw = {"0": bytes(16)}
    huge = 1 << 40
    bodies = {
        "offset": rebuilt(storage, 4, (1,), (1,)),
        "negative offset": rebuilt(storage, -1, (1,), (1,)),
        "stride": rebuilt(storage, 0, (2, 2), (3, 1)),
        "negative stride": rebuilt(storage, 3, (2,), (-1,)),
        "negative size": rebuilt(storage, 0, (-2,), (1,)),
        "size": rebuilt(storage, 0, (5,), (1,)),
        "expanded": rebuilt(storage, 0, (huge,), (0,)),
        "product beyond 64 bits": rebuilt(storage, 0, (1 << 33, 1 << 33), (0, 0)),
        "axes": rebuilt(storage, 0, (1,) * 64, (1,) * 64),
        "strides missing": rebuilt(storage, 0, (2, 2), (1,)),
        "huge size": rebuilt(storage, 0, (1 << 62,), (1,)),
        "offset of an empty tensor": rebuilt(storage, huge, (0,), (1,)),
        "longer storage": rebuilt(storage_id(huge), 0, (huge,), (1,)),
        "shorter storage": rebuilt(storage_id(3), 0, (3,), (1,)),
        "missing storage": rebuilt(storage_id(4, "1"), 0, (4,), (1,)),
        "two types": storage + b"0" + rebuilt(storage_id(4, kind="IntStorage"), 0, (4,), (1,)),
        "key that is a path": rebuilt(storage_id(4, "../../etc/passwd"), 0, (4,), (1,)),
        "storage of no type": (
            b"(" + text("storage") + name("collections", "OrderedDict") + text("0") + text("cpu")
            + number(4) + b"tQ"
        ),
        "boolean length": (
            b"(" + text("storage") + name("torch", "FloatStorage") + text("0") + text("cpu")
            + b"\x88tQ"
        ),
    }  # fmt: skip
    return {key: zipped(whole(body, 2), raw) for key, body in bodies.items()}
