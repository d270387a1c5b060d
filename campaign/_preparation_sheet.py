"""A contact sheet of the drawings: landmarks and marks, matte, aligned, line-free."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from campaign._preparation_drawings import MarkedFace, read_marks
from campaign._preparation_scores import MIDDLES, middles_of
from campaign._preparation_tools import Tools
from panic3d.errors import ConfigError, PictureError
from panic3d.image import Picture
from panic3d.pipeline.align import align
from panic3d.pipeline.faces import FoundFace
from panic3d.pipeline.warp import warp

ROOT = Path(__file__).resolve().parents[1]

CELL = 300
"""Pixels."""
_ROWS = 7
"""Of a column of drawings; each takes four cells."""
_PARTS = 4
_GREEN, _RED, _MAGENTA, _BLUE = (0, 170, 0), (230, 0, 0), (255, 0, 255), (0, 90, 255)
_GROUND = (90, 160, 110)


def check_outside(path: Path) -> None:
    """Refuse a sheet inside the repository: others' drawings are on it.

    Raises:
        ConfigError: it would be.
    """
    if path.resolve().is_relative_to(ROOT):
        raise ConfigError(f"{path} lies in the repository, which holds no drawings: write it away")


def draw_sheet(folder: Path, tools: Tools, path: Path) -> None:
    """Draw the sheet.

    Args:
        folder: of the drawings.
        tools: what finds; parts without a tool stay grey.
        path: of the picture to write, outside the repository.

    Raises:
        ConfigError: it would be inside.
        PictureError: a drawing is missing.
    """
    check_outside(path)
    rows = [
        (file.stem, drawing_row(picture, marked, tools))
        for file, picture, marked in read_marks(folder)
    ]
    columns = -(-len(rows) // _ROWS)
    sheet = Image.new("RGB", (columns * _PARTS * CELL, _ROWS * (CELL + 14)), (255, 255, 255))
    pen = ImageDraw.Draw(sheet)
    for k, (name, cells) in enumerate(rows):
        left, top = (k // _ROWS) * _PARTS * CELL, (k % _ROWS) * (CELL + 14)
        pen.text((left + 4, top + 1), name, fill=(0, 0, 0))
        for j, cell in enumerate(cells):
            sheet.paste(cell, (left + j * CELL, top + 14))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def drawing_row(picture: Picture, marked: Sequence[MarkedFace], tools: Tools) -> list[Image.Image]:
    """Return the cells of a drawing: face, matte, aligned, line-free."""
    cells = [Image.new("RGB", (CELL, CELL), (200, 200, 200)) for _ in range(_PARTS)]
    faces = [] if tools.faces is None else list(tools.faces(picture))
    cells[0] = _face_cell(picture, marked, faces)
    cut = picture
    if tools.matte is not None:
        cut = tools.matte(picture, faces).cut(picture)
        small = Image.fromarray(cut.on(_GROUND).rgba[..., :3])
        small.thumbnail((CELL, CELL))
        cells[1].paste(small)
    if not faces:
        return cells
    face = faces[0]
    try:
        found = align(face.landmarks, face.camera_from_head, face.confidence)
    except PictureError:
        return cells
    view = warp(cut, found.to_frame).picture
    cells[2] = _shrunk(view)
    if tools.fillers:
        remove = next(iter(tools.fillers.values()))
        cells[3] = _shrunk(remove(view, found.to_frame(face.landmarks)))
    return cells


def _shrunk(picture: Picture) -> Image.Image:
    white = Image.fromarray(picture.on((255, 255, 255)).rgba[..., :3])
    return white.resize((CELL, CELL), Image.Resampling.LANCZOS)


def _face_cell(
    picture: Picture, marked: Sequence[MarkedFace], faces: Sequence[FoundFace]
) -> Image.Image:
    """Cut the first marked face out, with what was found in green and red, marks in magenta."""
    size = marked[0].size
    middle = np.mean([marked[0].middles[name] for name in MIDDLES], axis=0) - [0, 0.15 * size]
    left, top = middle - 0.95 * size
    zoom = CELL / (1.9 * size)
    white = Image.fromarray(picture.on((255, 255, 255)).rgba[..., :3])
    box = (left, top, left + 1.9 * size, top + 1.9 * size)
    cell = white.transform(
        (CELL, CELL), Image.Transform.EXTENT, box, Image.Resampling.BICUBIC, fillcolor=(200,) * 3
    )
    pen = ImageDraw.Draw(cell)

    def dot(point: np.ndarray, colour: tuple[int, int, int], reach: float, whole: bool) -> None:
        x, y = ((np.asarray(point) - (left, top)) * zoom).tolist()
        around = (x - reach, y - reach, x + reach, y + reach)
        if whole:
            pen.ellipse(around, fill=colour)
        else:
            pen.ellipse(around, outline=colour, width=2)

    for face in faces:
        for point, sure in zip(face.landmarks, face.confidence, strict=True):
            dot(point, _GREEN if sure >= 0.5 else _RED, 2.2, True)
        for point in middles_of(face.landmarks).values():
            dot(point, _BLUE, 3.0, True)
    for one in marked:
        for point in one.middles.values():
            dot(point, _MAGENTA, 4.5, False)
    if faces:
        for axis, colour in zip(faces[0].camera_from_head.T, (_RED, _GREEN, _BLUE), strict=True):
            end = (34 + 28 * float(axis[0]), 34 - 28 * float(axis[1]))
            pen.line([(34, 34), end], fill=colour, width=3)
    return cell
