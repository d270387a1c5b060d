"""One case judged: a picture with a face, one without, a whole preparation by the clock."""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np

from campaign._preparation_scores import (
    alignment_scores,
    box_of,
    face_size,
    landmark_scores,
    match,
    matte_scores,
    overlap,
    true_tilt_deg,
    turn_scores,
)
from campaign._preparation_tools import Tools
from campaign._preparation_truth import TruePicture
from panic3d.errors import PictureError
from panic3d.geometry.similarity import Similarity
from panic3d.image import Picture
from panic3d.pipeline.align import align
from panic3d.pipeline.faces import FoundFace
from panic3d.pipeline.matting import Matte
from panic3d.pipeline.mean_face import FRAME, mean_face
from panic3d.pipeline.warp import warp

Row = dict[str, Any]


def judge_scene(true: TruePicture, tools: Tools) -> Row:
    """Judge all that is found in a picture with one face.

    Returns:
        What it shows, and truth_…: how far the alignment by the true landmarks is from the
        engine's own frame. Then, as far as there are tools: found, whether the largest face is the
        true one, seen, whether any is, others, how many are not; of a found face the scores of
        `landmark_scores`, `turn_scores` and `alignment_scores`, the last against the true
        landmarks' alignment, and as frame_… against the engine's own; of the matte `matte_scores`.
    """
    row: Row = {
        "name": true.name,
        "group": true.group,
        "share": face_size(true.points) / max(true.picture.size),
        "visible": float(true.visible.mean()),
    }
    truth = align(true.points, true.rotation).to_frame
    row |= {f"truth_{k}": v for k, v in alignment_scores(truth, true.to_frame).items()}
    faces = [] if tools.faces is None else list(tools.faces(true.picture))
    if tools.faces is not None:
        which = match(faces, true.points)
        boxes = [overlap(face.box, box_of(true.points)) for face in faces]
        row |= {
            "found": which == 0,
            "seen": which is not None,
            "overlap": max(boxes, default=0.0),
            "others": len(faces) - (which is not None),
        }
        if which is not None:
            row |= _face_scores(true, faces[which], truth)
    if tools.matte is not None:
        matte = tools.matte(true.picture, faces)
        row["matte"] = matte.source
        row |= matte_scores(matte.alpha, true.matte, true.ignored)
    return row


def _face_scores(true: TruePicture, face: FoundFace, truth: Similarity) -> Row:
    row: Row = dict(landmark_scores(face.landmarks, true.points, true.visible))
    row |= turn_scores(face.camera_from_head, true.rotation)
    try:
        found = align(face.landmarks, face.camera_from_head, face.confidence)
    except PictureError as error:
        return row | {"unaligned": str(error)}
    row |= alignment_scores(found.to_frame, truth)
    row["upright_deg"] = true_tilt_deg(found, true.rotation)
    against = alignment_scores(found.to_frame, true.to_frame)
    return row | {f"frame_{name}": value for name, value in against.items()}


def judge_faceless(picture: Picture, tools: Tools) -> Row:
    """Count the faces that are found where there is none."""
    assert tools.faces is not None
    faces = tools.faces(picture)
    return {"others": len(faces), "score": max((face.score for face in faces), default=0.0)}


def timed(picture: Picture, tools: Tools, repeats: int = 3) -> dict[str, float]:
    """Prepare a picture several times; return each stage's median seconds, and the total's.

    Stages whose tool is missing are left out. Of the processor's time, which others on the machine
    do not lengthen as they do the clock's, all threads count.
    """
    runs = []
    for _ in range(repeats):
        start = time.process_time()
        run = _timed_once(picture, tools)
        runs.append(run | {"total": sum(run.values()), "processor": time.process_time() - start})
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def _timed_once(picture: Picture, tools: Tools) -> dict[str, float]:
    seconds: dict[str, float] = {}
    start = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal start
        now = time.perf_counter()
        seconds[name] = now - start
        start = now

    landmarks = _middle_face(picture)
    turn, confidence = np.eye(3), np.ones(28)
    faces: list[FoundFace] = []
    if tools.faces is not None:
        faces = list(tools.faces(picture))
        if faces:
            _, _, landmarks, confidence, turn = faces[0]
        lap("faces")
    matte = Matte(np.full(picture.size[::-1], 255, np.uint8), "network")
    if tools.matte is not None:
        matte = tools.matte(picture, faces)
        lap("matte")
    try:
        to_frame = align(landmarks, turn, confidence).to_frame
    except PictureError:
        landmarks = _middle_face(picture)
        to_frame = align(landmarks).to_frame
    view = warp(matte.cut(picture), to_frame).picture
    lap("align")
    if tools.fillers:
        next(iter(tools.fillers.values()))(view, to_frame(landmarks))
        lap("lines")
    return seconds


def _middle_face(picture: Picture) -> np.ndarray:
    """Return the mean face in the middle of a picture, in case that none is found."""
    return mean_face().pixels() * (min(picture.size) / FRAME)
