"""One anime portrait in, a 3D head out: PAniC-3D (CVPR 2023) as an installable package.

Importing this package opens no file and imports no torch; both come with the first use of a name.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from panic3d.pipeline.reconstruct import Reconstructor
    from panic3d.pipeline.whole_head import Head

__version__ = "0.1.0.dev0"

__all__ = ["Head", "Reconstructor", "__version__"]

_HOMES = {
    "Head": "panic3d.pipeline.whole_head",
    "Reconstructor": "panic3d.pipeline.reconstruct",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
