"""An illustration's pictures and record, written to a folder."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from panic3d.characters.illustrate.draw import Illustration
from panic3d.files import atomic_write


def pictures(drawn: Illustration) -> dict[str, NDArray[np.uint8]]:
    """Return the pictures of an illustration by name."""
    return {
        "picture": drawn.picture,
        "drawn": drawn.drawn,
        "line_free": drawn.line_free,
        "lines": drawn.line_mask,
        "render": drawn.render,
        "matte": drawn.matte,
        "occluder": drawn.occluder,
    }


def write_illustration(drawn: Illustration, folder: Path) -> None:
    """Write an illustration's pictures as PNG, and `illustration.json` once all are there.

    Raises:
        Panic3dError: a file cannot be written.
    """
    for name, pixels in pictures(drawn).items():
        data = io.BytesIO()
        Image.fromarray(pixels).save(data, "PNG", compress_level=3)
        with atomic_write(folder / f"{name}.png", durable=False) as file:
            file.write(data.getvalue())
    text = json.dumps(drawn.record(), indent=1, sort_keys=True) + "\n"
    with atomic_write(folder / "illustration.json", durable=False) as file:
        file.write(text.encode())
