"""Landmarks of remixed characters, which sit on vertices of other people's meshes."""

import numpy as np
import pytest

from panic3d.characters.landmarks import (
    EYES,
    JAW,
    MOUTH,
    NOSE,
    face_ids,
    face_size,
    pick_from_ids,
    project,
)
from panic3d.characters.remix import Library, make_remix
from panic3d.geometry.cameras import Orthographic
from panic3d.geometry.posing import Pose, head_origin, posed

FACES = range(500, 509)
"""Seeds whose faces are of the VRoid samples."""


@pytest.fixture(scope="module")
def differences(shared_models, rasteriser):
    """(faces, 28) distances of projected from picked landmarks, in sizes of the face."""
    camera, size, metre = Orthographic(width_m=0.36), 720, 2000.0
    library = Library.load(shared_models[0].parent)
    found = []
    for seed in FACES:
        made = make_remix(library, seed)
        figure, origin = posed(made.character, Pose()), head_origin(made.character)
        with rasteriser.load(figure, origin) as scene:
            coarse = rasteriser.geometry(scene, camera, 64)
            picked = pick_from_ids(face_ids(made, rasteriser, scene, camera, size), metre)
        points = project(made, figure, camera, size, coarse).points
        found.append(np.linalg.norm(picked - points, axis=1) / face_size(points))
    return np.array(found)


def test_landmarks_lie_on_what_is_drawn(differences):
    """Oracle: extremes of the features in id pictures; vertices are some 3 % of a face apart."""
    eyes, mouth = differences[:, EYES[0].start : EYES[1].stop], differences[:, MOUTH]
    assert not np.isnan(eyes).any()
    # Mouths of some samples are a line that no id picture shows: nothing is picked below the eyes.
    shown = ~np.isnan(mouth).any(1)
    assert shown.sum() >= 4
    assert eyes.max() < 0.02
    assert mouth[shown].max() < 0.01
    assert differences[shown, NOSE].max() < 0.01
    assert differences[shown][:, JAW].max() < 0.04
    assert differences[shown, JAW.start + 2].max() < 0.005
