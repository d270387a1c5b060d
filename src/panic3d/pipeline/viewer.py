"""The head in a browser, from disk, without a network: one HTML page that holds everything.

The viewer is Google's model-viewer, as npm has it (`viewer_page/LICENSES.txt` says which release
and under what terms). It is embedded whole, since browsers let no page load a script or a model
that lies beside it on a disk.
"""

from __future__ import annotations

import base64
import html
import io
import re
from pathlib import Path

from panic3d.files import atomic_write
from panic3d.image import Picture

PAGE = Path(__file__).with_name("viewer_page")
"""The folder of the page's parts."""

_POSTER_SIZE = 384


def write_viewer(
    glb: bytes, path: str | Path, *, title: str = "Head", poster: Picture | None = None
) -> None:
    """Write ``viewer.html``; the file appears whole or not at all.

    Args:
        glb: the bytes of the head's GLB file; its textures are within.
        path: of the page.
        title: of the page, plain text.
        poster: what a browser shows that cannot draw in three dimensions.

    Raises:
        Panic3dError: the file cannot be written.
    """
    page = viewer_page(glb, title=title, poster=poster)
    with atomic_write(Path(path)) as file:
        file.write(page)


def viewer_page(glb: bytes, *, title: str = "Head", poster: Picture | None = None) -> bytes:
    """Return the bytes of the page; see `write_viewer`."""
    parts = {
        "TITLE": html.escape(title).encode(),
        "GLB": base64.b64encode(glb),
        "LIBRARY": _library(),
        "POSTER": b"" if poster is None else _data_uri(poster),
    }
    page = (PAGE / "page.html").read_bytes()
    # All at once, so that nothing that looks like a mark is looked for in what was put in.
    return re.sub(rb"@([A-Z]+)@", lambda mark: parts[mark[1].decode()], page)


def _library() -> bytes:
    """Return the library's script, fit to stand in a page."""
    script = (PAGE / "model-viewer.min.js").read_bytes()
    # Its map is not there to be fetched, and no text in it may end the script.
    script = re.sub(rb"\n//# sourceMappingURL=\S*\s*$", b"\n", script)
    return script.replace(b"</script", rb"<\/script")


def _data_uri(picture: Picture) -> bytes:
    from PIL import Image

    image = Image.fromarray(picture.rgba)
    image.thumbnail((_POSTER_SIZE, _POSTER_SIZE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=85)
    return b"data:image/webp;base64," + base64.b64encode(buffer.getvalue())
