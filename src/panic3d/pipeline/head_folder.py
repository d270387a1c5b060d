"""A head's folder: mesh, pictures, video, viewer and the head itself, each file whole or not there.

All but the report of a run come from the `Head` alone, so one that was loaded writes the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from panic3d.errors import ConfigError
from panic3d.files import atomic_write
from panic3d.formats.head_glb import head_bytes
from panic3d.formats.obj import companions
from panic3d.geometry.cameras import NAMED_VIEWS, Camera, evaluation_cameras
from panic3d.image import Picture
from panic3d.pipeline.preview import write_preview
from panic3d.pipeline.stage_clock import StageClock
from panic3d.pipeline.stage_pictures import write_files
from panic3d.pipeline.turntable import FRAMES, write_turntable
from panic3d.pipeline.viewer import write_viewer
from panic3d.pipeline.views import draw_views, write_views
from panic3d.pipeline.whole_head import Head

FolderStage = Literal["field", "mesh", "preview", "views", "viewer", "turntable"]
FOLDER_STAGES: tuple[FolderStage, ...] = (
    "field",
    "mesh",
    "preview",
    "views",
    "viewer",
    "turntable",
)
"""In the order in which they are made."""

FIELD, GLB, STAGES = "field.safetensors", "head.glb", "stages"


class Written(NamedTuple):
    """What became of a folder."""

    files: tuple[str, ...]
    """Relative to the folder, with ``/``."""
    warnings: tuple[str, ...]


def write_folder(
    head: Head,
    folder: str | Path,
    *,
    stop_after: FolderStage = "turntable",
    clock: StageClock | None = None,
    frames: int = FRAMES,
) -> Written:
    """Write everything that there is to see of a head.

    ``field.safetensors``, the files of its preparation in ``stages``, ``head.glb`` and the mesh in
    the head's other format, ``preview.png``, ``views``, ``viewer.html`` and ``turntable.mp4``.

    Args:
        head: made by a `Reconstructor`, or loaded.
        folder: made if missing; files of the same names are replaced.
        stop_after: leave what comes later out.
        clock: measures each stage.
        frames: of the turntable.

    Raises:
        ConfigError: the head was not made of a portrait.
        MeshError: the field is empty.
        Panic3dError: a file cannot be written.
    """
    folder, clock = Path(folder), clock or StageClock()
    prepared, source = head.origin.prepared, head.origin.source
    if prepared is None or source is None:
        raise ConfigError(
            "this head has no portrait, and its folder shows it: use a head that a Reconstructor "
            "made, or save its mesh alone"
        )
    wanted = FOLDER_STAGES[: FOLDER_STAGES.index(stop_after) + 1]
    files: list[str] = []
    warnings: list[str] = []
    with clock("field file"):
        write_files(head.origin.stages, folder / STAGES)
        files += [f"{STAGES}/{name}" for name in head.origin.stages]
        head.save(folder / FIELD)
        files.append(FIELD)
    if "mesh" not in wanted:
        return Written(tuple(files), ())
    with clock("mesh"):
        mesh = head.mesh()
        glb = head_bytes(mesh.textured, double_sided=mesh.painted.thin)
        with atomic_write(folder / GLB) as file:
            file.write(glb)
        files.append(GLB)
        if head.mesh_format != "glb":
            other = folder / f"head.{head.mesh_format}"
            mesh.save(other)
            files.append(other.name)
            if head.mesh_format == "obj":
                files += [path.name for path in companions(other)]
    views: dict[str, Picture] = {}
    if "preview" in wanted:
        with clock("preview"):
            if not head.is_drawn:
                views = _views(head, NAMED_VIEWS)
            write_preview(
                folder / "preview.png",
                source,
                prepared,
                head.drawer,
                None if head.is_drawn else views,
            )
            files.append("preview.png")
    if "views" in wanted:
        with clock("views"):
            cameras = evaluation_cameras()
            views = _views(head, {n: c for n, c in cameras.items() if n not in views}) | views
            for path in write_views({name: views[name] for name in cameras}, folder / "views"):
                files.append(f"views/{path.name}")
    if "viewer" in wanted:
        with clock("viewer"):
            write_viewer(glb, folder / "viewer.html", title="Head", poster=views["front"])
            files.append("viewer.html")
    if "turntable" in wanted:
        with clock("turntable"):
            video = folder / "turntable.mp4"
            note = write_turntable(mesh.textured, video, frames=frames, size=512)
            if note is None:
                files.append(video.name)
            else:
                warnings.append(note)
    return Written(tuple(files), tuple(warnings))


def _views(head: Head, cameras: Mapping[str, Camera]) -> dict[str, Picture]:
    if head.is_drawn:
        return draw_views(head.drawer, size=head.view_size, cameras=cameras)
    return {name: head.picture(camera) for name, camera in cameras.items()}
