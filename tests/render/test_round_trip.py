"""VRM 0.x to memory to VRM 1.0 to memory, and back to 0.x: the pictures stay the same."""

import numpy as np

from panic3d.formats.vrm import parse_vrm, read_vrm
from panic3d.formats.vrm_write import vrm_bytes
from panic3d.geometry.cameras import Orthographic, Perspective
from panic3d.geometry.posing import Pose, head_origin, posed

CAMERAS = (Orthographic(), Perspective(elevation_deg=20.0, azimuth_deg=-50.0))
SIZE = 256


def pictures(rasteriser, character):
    """Every picture of both modes, as floats."""
    expression = "blink" if "blink" in character.expressions else None
    pose = Pose(head_yaw_deg=15.0, expressions={expression: 1.0} if expression else {})
    figure, origin = posed(character, pose), head_origin(character)
    found = []
    for camera in CAMERAS:
        with rasteriser.load(figure, origin, "paper") as scene:
            found += list(rasteriser.paper_frame(scene, camera, SIZE))
        with rasteriser.load(figure, origin, "fixed") as scene:
            found.append(rasteriser.colour(scene, camera, SIZE))
            geometry = rasteriser.geometry(scene, camera, SIZE)
            found += [geometry.position, geometry.normal, geometry.facing]
    return [np.asarray(picture, np.float64) for picture in found]


def test_a_round_trip_changes_no_picture(rasteriser, shared_model):
    """Oracle: the pictures of the file itself.

    One level of 255 for rounding; where two surfaces coincide a pixel may show the other: one in
    ten thousand.
    """
    character = read_vrm(shared_model)
    before = pictures(rasteriser, character)
    new = parse_vrm(vrm_bytes(character, "1.0"))
    assert (character.source, new.source) == ("VRM 0.x", "VRM 1.0")
    old = parse_vrm(vrm_bytes(new, "0.x"))
    for again in (new, old):
        for one, other in zip(before, pictures(rasteriser, again), strict=True):
            tolerance = 1.01 if one.max() > 2 else 1e-3
            same = (np.abs(one - other) <= tolerance).reshape(SIZE * SIZE, -1).all(-1)
            assert same.mean() >= 0.9999
