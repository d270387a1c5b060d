"""Where commands look for files that no argument names."""

from __future__ import annotations

import os
from pathlib import Path


def default_folder() -> Path:
    """Where named weights lie: below ``$PANIC3D_HOME``, else ``~/.local/share/panic3d``."""
    home = os.environ.get("PANIC3D_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share" / "panic3d") / "weights"
