"""The closed lists of names that a checkpoint may mention, and what each is allowed to mean.

Every entry is a function or record of this package. A name is compared as text; nothing is
imported, so a module of the same name on this machine plays no part.
"""

from __future__ import annotations

from typing import Any

from panic3d.errors import UnsafePickleError
from panic3d.weights.convert import arrays
from panic3d.weights.convert.machine import Names
from panic3d.weights.convert.values import (
    Budget,
    Global,
    Instance,
    Record,
    Rule,
    checked_key,
    shown,
)

_NOTHING_RAN = "nothing of it was run; use the file from the authors' archive"


def _pairs(target: Record | dict[Any, Any], pairs: Any, budget: Budget) -> None:
    """Fill a dictionary from key-value pairs, at the price of one step each."""
    if isinstance(pairs, dict):
        pairs = list(pairs.items())
    if not isinstance(pairs, list | tuple):
        raise UnsafePickleError(f"the pickle fills a dictionary from no pairs: {_NOTHING_RAN}")
    budget.step(len(pairs))
    for pair in pairs:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise UnsafePickleError(f"the pickle fills a dictionary from no pairs: {_NOTHING_RAN}")
        target[checked_key(pair[0])] = pair[1]


def _ordered_dict(arguments: tuple[Any, ...], budget: Budget) -> Record:
    record = Record("collections.OrderedDict")
    for pairs in arguments:
        _pairs(record, pairs, budget)
    return record


def _default_dict(arguments: tuple[Any, ...], budget: Budget) -> Record:
    # The first argument is the factory of missing values, which nobody here will ask for.
    return _ordered_dict(arguments[1:], budget)


def _new_record(kind: Global, arguments: tuple[Any, ...], budget: Budget) -> Record:
    """A dictionary class: the arguments are dictionaries, or pairs (addict) with text first."""
    record = Record(kind.path)
    for argument in arguments:
        is_pair = isinstance(argument, tuple) and len(argument) == 2
        _pairs(record, [argument] if is_pair else argument, budget)
    return record


def _new_instance(kind: Global, arguments: tuple[Any, ...], budget: Budget) -> Instance:
    del budget
    return Instance(kind.path, arguments)


def _set(arguments: tuple[Any, ...], budget: Budget) -> frozenset[Any]:
    items = arguments[0] if len(arguments) == 1 else ()
    if not isinstance(items, list | tuple):
        raise UnsafePickleError(f"the pickle makes a set of no list: {_NOTHING_RAN}")
    budget.step(len(items))
    return frozenset(map(checked_key, items))


def _encode(arguments: tuple[Any, ...], budget: Budget) -> memoryview:
    """`_codecs.encode(text, 'latin1')`: how protocol 2 writes bytes."""
    if (
        len(arguments) != 2
        or type(arguments[0]) is not str
        or arguments[1] not in ("latin1", "latin-1")
    ):
        raise UnsafePickleError(f"the pickle encodes text in an unusual way: {_NOTHING_RAN}")
    budget.allocate(len(arguments[0]))
    try:
        return memoryview(arguments[0].encode("latin-1"))
    except UnicodeEncodeError:
        raise UnsafePickleError(f"the pickle encodes text as no bytes: {_NOTHING_RAN}") from None


def _no_bytes(arguments: tuple[Any, ...], budget: Budget) -> memoryview:
    """`bytes()`: how protocol 2 writes no bytes."""
    del budget
    if arguments:
        raise UnsafePickleError(f"the pickle makes bytes of something: {_NOTHING_RAN}")
    return memoryview(b"")


def _size(arguments: tuple[Any, ...], budget: Budget) -> tuple[int, ...]:
    """`torch.Size`: a shape."""
    del budget
    if len(arguments) != 1 or not arrays.is_shape(arguments[0]):
        raise UnsafePickleError(f"the pickle holds a size that is none: {_NOTHING_RAN}")
    return arguments[0]


def _described(path: str) -> Rule:
    """A harmless call, kept as a description."""
    return Rule(call=lambda arguments, budget: Instance(path, arguments))


def _persistent_object(arguments: tuple[Any, ...], budget: Budget) -> Instance:
    """The snapshot's modules: class name and state. The source text in there is left behind."""
    del budget
    meta = arguments[0] if len(arguments) == 1 else None
    if not isinstance(meta, dict):
        raise UnsafePickleError(f"the pickle holds a network without a description: {_NOTHING_RAN}")
    name, state = meta.get("class_name"), meta.get("state")
    if meta.get("type") != "class" or type(name) is not str or not isinstance(state, dict):
        raise UnsafePickleError(
            f"the pickle holds a network of type {shown(meta.get('type'))} and class "
            f"{shown(name)}, expected a class with its state: {_NOTHING_RAN}"
        )
    return Instance(name, (), state)


_NAME_ONLY = Rule()
_OBJECT = Rule(instance=_new_instance)
_DICTIONARY = Rule(instance=_new_record)

_PLAIN: Names = {
    ("collections", "OrderedDict"): Rule(call=_ordered_dict, instance=_new_record),
    ("_codecs", "encode"): Rule(call=_encode),
    **{
        (module, name): rule
        for module in ("builtins", "__builtin__")
        for name, rule in (
            ("bytes", Rule(call=_no_bytes)),
            ("set", Rule(call=_set)),
            ("frozenset", Rule(call=_set)),
        )
    },
}

_NUMPY: Names = {
    ("numpy", "dtype"): Rule(call=arrays.element_type),
    ("numpy", "ndarray"): _NAME_ONLY,
    **{
        (f"numpy.{core}.{module}", name): Rule(call=rule)
        for core in ("core", "_core")
        for module, name, rule in (
            ("multiarray", "_reconstruct", arrays.reconstruct),
            ("multiarray", "scalar", arrays.scalar),
            ("numeric", "_frombuffer", arrays.from_buffer),
        )
    },
}

STORAGES: Names = {
    (module, name): _NAME_ONLY
    for module in ("torch", "torch.cuda")
    for name in arrays.STORAGE_ELEMENTS
}
"""All that a single storage saved on its own may mention."""

_TENSORS: Names = {
    ("torch._utils", "_rebuild_tensor_v2"): Rule(call=arrays.tensor),
    ("torch._utils", "_rebuild_parameter"): Rule(call=arrays.parameter),
    ("torch", "Size"): Rule(call=_size),
    ("torch", "device"): _described("torch.device"),
    **{
        ("torch", name): _NAME_ONLY
        for name in ("float32", "float64", "float16", "bfloat16", "int64", "int32", "uint8", "bool")
    },
}

SNAPSHOT: Names = {
    **_PLAIN,
    **_NUMPY,
    **_TENSORS,
    ("torch_utils.persistence", "_reconstruct_persistent_obj"): Rule(call=_persistent_object),
    ("dnnlib.util", "EasyDict"): _DICTIONARY,
    **{
        name: _OBJECT
        for name in (
            ("torch.nn.modules.container", "Sequential"),
            ("torch.nn.modules.activation", "Softplus"),
            ("training.triplane", "OSGDecoder"),
            ("training.volumetric_rendering.renderer", "ImportanceRenderer"),
            ("training.volumetric_rendering.ray_marcher", "MipRayMarcher2"),
            ("training.volumetric_rendering.ray_sampler", "RaySampler"),
        )
    },
}
"""Names in `network-snapshot-*.pkl`; the reader adds `torch.storage._load_from_bytes`."""

CHECKPOINT: Names = {
    **_PLAIN,
    **_NUMPY,
    **_TENSORS,
    **STORAGES,
    ("collections", "defaultdict"): Rule(call=_default_dict),
    **{
        (module, name): _NAME_ONLY
        for module in ("builtins", "__builtin__")
        for name in ("dict", "list", "int", "float", "str", "bool")
    },
    **{
        name: _DICTIONARY
        for name in (
            ("addict.addict", "Dict"),
            ("pytorch_lightning.utilities.parsing", "AttributeDict"),
            ("lightning_fabric.utilities.data", "AttributeDict"),
        )
    },
    ("argparse", "Namespace"): _OBJECT,
    **{
        (f"pytorch_lightning.callbacks.{module}", name): _NAME_ONLY
        for module, name in (
            ("model_checkpoint", "ModelCheckpoint"),
            ("early_stopping", "EarlyStopping"),
            ("lr_monitor", "LearningRateMonitor"),
            ("timer", "Timer"),
            ("gradient_accumulation_scheduler", "GradientAccumulationScheduler"),
        )
    },
    **{
        ("pathlib", name): _described(f"pathlib.{name}")
        for name in ("PosixPath", "PurePosixPath", "WindowsPath", "PureWindowsPath")
    },
}
"""Names in a Lightning checkpoint: tensors, hyper-parameters and bookkeeping."""

ESTIMATOR: Names = {
    **_PLAIN,
    **_NUMPY,
    **{
        (f"sklearn.decomposition.{module}", name): _OBJECT
        for module, name in (
            ("_pca", "PCA"),
            ("pca", "PCA"),
            ("_incremental_pca", "IncrementalPCA"),
            ("incremental_pca", "IncrementalPCA"),
        )
    },
    **{
        ("numpy.random._pickle", name): _described(f"numpy.random._pickle.{name}")
        for name in ("__randomstate_ctor", "__bit_generator_ctor")
    },
}
"""Names in a pickled scikit-learn PCA."""

PLAIN_DATA: Names = {
    **_PLAIN,
    **_NUMPY,
    **_TENSORS,
    ("numpy", "dtype"): Rule(call=arrays.element_or_text_type),
    **{
        (f"numpy.{core}.multiarray", "scalar"): Rule(call=arrays.scalar_or_text)
        for core in ("core", "_core")
    },
    ("collections", "defaultdict"): Rule(call=_default_dict),
    ("addict.addict", "Dict"): _DICTIONARY,
    **{
        (module, name): _NAME_ONLY
        for module in ("builtins", "__builtin__")
        for name in ("dict", "list", "int", "float", "str", "bool")
    },
    **{
        ("pathlib", name): _described(f"pathlib.{name}")
        for name in ("PosixPath", "PurePosixPath", "WindowsPath", "PureWindowsPath")
    },
}
"""Names in files of plain data: dictionaries, text, numbers, numpy arrays and torch tensors; the
reader adds `torch.storage._load_from_bytes`."""
