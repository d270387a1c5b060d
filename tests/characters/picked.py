"""How far projected landmarks lie from those picked in pictures of parts."""

import numpy as np

from panic3d.characters.landmarks import face_ids, face_size, pick_from_ids, project
from panic3d.geometry.cameras import Orthographic
from panic3d.geometry.posing import Pose, head_origin, posed

SIZE = 720
"""A quarter of a millimetre a pixel."""


def off_picks(rasteriser, made, expression=None):
    """(28,) distances in sizes of the face; not a number where nothing can be picked.

    The character is drawn as it was delivered, without what is worn over the face: hair, clothes,
    accessories, ears and lashes are told by their labels.
    """
    figure = posed(made.character, Pose(expressions=expression or {}))
    points = made.landmark_points(figure)
    low, high = points.min(0), points.max(0)
    origin = head_origin(made.character)
    origin[1] = (low[1] + high[1]) / 2
    width = 1.15 * float(max(high[1] - low[1], 2 * np.abs([low[0], high[0]]).max()))
    camera = Orthographic(width_m=width)
    # Heights in a face are given for its own size; some characters are enlarged or shrunk.
    scale = float(made.design["face"]["scale"]) if "face" in made.design else 1.0
    with rasteriser.load(figure, origin) as scene:
        coarse = rasteriser.geometry(scene, camera, 64)
        ids = face_ids(made, rasteriser, scene, camera, SIZE)
    picked = pick_from_ids(ids, scale * SIZE / width)
    projected = project(made, figure, camera, SIZE, coarse, origin).points
    return np.linalg.norm(picked - projected, axis=1) / face_size(projected)
