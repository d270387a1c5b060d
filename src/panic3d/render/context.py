"""An OpenGL context without a window: a GPU's driver or Mesa's software driver."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from panic3d.errors import MissingDependencyError, RenderError

if TYPE_CHECKING:
    import moderngl

MESA_PACKAGES = "libegl1 libgl1 libgl1-mesa-dri"
"""Debian's and Ubuntu's names of the OpenGL library and its software driver."""


def open_context() -> moderngl.Context:
    """Open a context of OpenGL 3.3.

    Raises:
        MissingDependencyError: moderngl is not installed.
        RenderError: there is no OpenGL 3.3 here; the message names the packages that bring it.
    """
    try:
        import moderngl
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            "moderngl, which draws models, is not installed: run pip install 'panic3d[data]'"
        ) from error
    try:
        if not sys.platform.startswith("linux"):
            return moderngl.create_context(standalone=True, require=330)
        options: dict[str, Any] = {
            "backend": "egl",
            # By the names of the libraries themselves; those without a number come with headers.
            "libgl": "libGL.so.1",
            "libegl": "libEGL.so.1",
        }
        return moderngl.create_context(standalone=True, require=330, **options)
    except Exception as error:  # moderngl and its backends raise bare exceptions
        raise RenderError(
            f"no OpenGL 3.3 could be opened ({error}): install a driver, on Debian and Ubuntu "
            f"apt-get install {MESA_PACKAGES}"
        ) from error
