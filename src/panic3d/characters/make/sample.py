"""One character of a set: everything that is kept of it, as files in memory."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

from panic3d.characters.illustrate.draw import Illustration, illustrate
from panic3d.characters.illustrate.files import pictures
from panic3d.characters.illustrate.style import Ground, aligned, draw_style
from panic3d.characters.landmarks import project
from panic3d.characters.made import MadeCharacter, stream
from panic3d.characters.make.plan import Entry, SampleOptions
from panic3d.characters.saved import to_save
from panic3d.formats.vrm_write import vrm_bytes
from panic3d.geometry.posing import Pose
from panic3d.render.raster import Rasteriser
from panic3d.render.views import PictureFile, draw_views, png, render_params, subject_of
from panic3d.work.records import Json, json_bytes

ILLUSTRATION = "illustration"
"""Folder of illustrations; what belongs to them is in folders whose names begin so."""
_ABOUT = ("character", "character.json")


class Sample(NamedTuple):
    """A character of a set."""

    files: tuple[PictureFile, ...]
    about: Json
    """What the set's own lists say of it."""
    cameras: Json
    """Folder and view ("ortho/front") of every picture of the model to its camera."""
    notes: tuple[str, ...]


def member_name(folder: str, name: str) -> str:
    """Return what a file is called in a shard's sample: its description is `json`."""
    return "json" if (folder, name) == _ABOUT else f"{folder}.{name}"


def make_sample(
    made: MadeCharacter, entry: Entry, options: SampleOptions, rasteriser: Rasteriser
) -> Sample:
    """Draw a character and describe it.

    Raises:
        Panic3dError: it cannot be drawn or written.
    """
    files: list[PictureFile] = []
    cameras: Json = {}
    landmarks: Json = {}
    pose = Pose(expressions=dict(made.expression))
    subject = subject_of(made.character, pose, options.views)
    notes = list(subject.notes)
    rng = stream(entry.seed, "illustration")
    # On white, so that it and the front view's alpha make an input without background.
    style = dataclasses.replace(aligned(draw_style(rng)), ground=Ground())
    size = options.views.size
    with rasteriser.load(subject.posed, subject.origin) as scene:
        for view in draw_views(rasteriser, subject, entry.idx, options.views, notes, scene):
            files += view.files
            params = render_params(view.camera, options.views.box_m)
            for folder in sorted({view.folder, *(file.folder for file in view.files)}):
                cameras[f"{folder}/{view.name}"] = params
            if view.geometry is None:
                continue
            marks = project(made, subject.posed, view.camera, size, view.geometry, subject.origin)
            landmarks[f"{view.folder}/{view.name}"] = [
                [round(float(x), 3), round(float(y), 3), int(seen)]
                for (x, y), seen in zip(marks.points, marks.visible, strict=True)
            ]
        front = illustrate(made, rasteriser, style, size, pose, scene)
    files.append(PictureFile(ILLUSTRATION, "front.png", png(front.picture)))
    illustrations: Json = {"front": front.record()}
    for k in range(options.illustrations):
        drawn = illustrate(made, rasteriser, draw_style(rng), size, pose)
        files += _pictures(drawn, f"{k:04d}.png")
        illustrations[f"{k:04d}"] = drawn.record()
    if options.save_vrm:
        files.append(PictureFile("vrm", "character.vrm", vrm_bytes(to_save(made), "1.0")))
    about: Json = {
        "kind": entry.kind,
        "number": entry.number,
        "split": entry.split,
        "seed": entry.seed,
        "tags": list(made.tags),
        "assets": dict(made.assets),
        "sources": [dataclasses.asdict(source) for source in made.sources],
    }
    described: dict[str, Any] = about | {
        "key": entry.key,
        "expression": dict(made.expression),
        "design": dict(made.design),
        "landmarks": landmarks,
        "cameras": cameras,
        "illustrations": illustrations,
    }
    files.append(PictureFile(*_ABOUT, json_bytes(described)))
    return Sample(tuple(files), about, cameras, tuple(notes))


def _pictures(drawn: Illustration, name: str) -> list[PictureFile]:
    """Return an illustration and the pictures that are aligned with it."""
    return [
        PictureFile(
            ILLUSTRATION if kind == "picture" else f"{ILLUSTRATION}_{kind}", name, png(plane)
        )
        for kind, plane in pictures(drawn).items()
    ]
