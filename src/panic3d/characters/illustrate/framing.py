"""From where an illustration shows its character: framings, their cameras, and their limits."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray

from panic3d.geometry.cameras import Camera, Orthographic, Perspective
from panic3d.geometry.posing import rotation

MOST_DEG = (35.0, 15.0, 20.0)
"""Yaw, pitch and roll beyond which no head is turned, as the camera sees it."""
USUAL_FACE_M = 0.155
"""Size of the face (`landmarks.face_size`) that framings are drawn for."""
CHIN_M = 0.13
"""How far chins lie below the middle of the head, whatever its size."""


@dataclass(frozen=True, kw_only=True)
class Framing:
    """From where the character is seen, and how it holds its head."""

    yaw_deg: float = 0.0
    """The head's turns in its own body, as of `Pose`."""
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    azimuth_deg: float = 0.0
    """The camera's."""
    elevation_deg: float = 0.0
    fov_deg: float = 0.0
    """0: parallel rays."""
    width_m: float = 0.7
    """Of the picture at the middle of the head."""
    right_m: float = 0.0
    """Of the picture's middle from the middle of the head."""
    up_m: float = 0.0
    box_m: float = 0.7
    """What is farther from the picture's middle than half of it is left out."""
    by_head: bool = False
    """`width_m`, `right_m` and `up_m` are meant for a head of usual size: see `scaled`."""
    expressions: tuple[tuple[str, float], ...] = ()
    """Names and weights; those that a character lacks are left out."""


ALIGNED_FRONT = Framing()
"""The orthographic front view: head straight, 0.7 m, as the conditioning picture is framed."""


def framed_camera(framing: Framing) -> Camera:
    """Return the camera of a framing; it looks at `framed_offset` from the middle of the head."""
    if framing.fov_deg <= 0:
        return Orthographic(
            azimuth_deg=framing.azimuth_deg,
            elevation_deg=framing.elevation_deg,
            width_m=framing.width_m,
        )
    return Perspective(
        azimuth_deg=framing.azimuth_deg,
        elevation_deg=framing.elevation_deg,
        fov_deg=framing.fov_deg,
        distance_m=framing.width_m / 2 / math.tan(math.radians(framing.fov_deg) / 2),
    )


def framed_offset(framing: Framing) -> NDArray[np.float64]:
    """Return where the camera looks: metres from the middle of the head, the world's axes."""
    turn = framed_camera(framing).world_from_head_turn()
    return turn @ np.array([framing.right_m, framing.up_m, 0.0])


def head_angles(rotated: Float64[np.ndarray, "3 3"]) -> tuple[float, float, float]:
    """Return yaw, pitch and roll in degrees of a rotation, as `Pose` composes them."""
    # Ry(yaw) Rz(-roll) Rx(-pitch): the first column is Ry Rz's, the middle row Rz Rx's.
    yaw = math.degrees(math.atan2(-rotated[2, 0], rotated[0, 0]))
    roll = math.degrees(-math.asin(float(np.clip(rotated[1, 0], -1, 1))))
    pitch = math.degrees(math.atan2(rotated[1, 2], rotated[1, 1]))
    return yaw, pitch, roll


MOODS = ("happy", "relaxed", "sad", "angry", "surprised", "aa", "oh", "ee", "blink", "blinkLeft")


def draw_framing(rng: np.random.Generator) -> Framing:
    """Draw a view by lot: bust-ups mostly, heads turned and tilted, some cut tightly."""
    yaw = float(np.clip(rng.normal(0, 17), -35, 35))
    share = rng.uniform(0.45, 0.9)
    # Body and head turn together, as necks do; the camera goes round for the body.
    tight = rng.random()
    if tight < 0.2:
        width = rng.uniform(0.27, 0.36)
        up = rng.normal(0.0, 0.015)
    elif tight < 0.75:
        width = rng.uniform(0.40, 0.52)
        up = 0.20 - width / 2 + rng.uniform(0.0, 0.02)
    else:
        width = rng.uniform(0.52, 0.66)
        up = 0.25 - width / 2
    expressions: tuple[tuple[str, float], ...] = ()
    if rng.random() < 0.55:
        mood = MOODS[int(rng.choice(len(MOODS), p=_MOOD_SHARES))]
        expressions = ((mood, float(rng.uniform(0.5, 1.0))),)
    return within_limits(
        Framing(
            yaw_deg=yaw * share,
            azimuth_deg=-yaw * (1 - share),
            pitch_deg=float(np.clip(rng.normal(-1, 6), -15, 15)),
            roll_deg=float(np.clip(rng.normal(0, 8), -20, 20)),
            elevation_deg=float(np.clip(rng.normal(0, 4), -10, 10)),
            fov_deg=0.0 if rng.random() < 0.3 else float(rng.uniform(12, 32)),
            width_m=float(width),
            right_m=float(rng.normal(0, 0.05) * width),
            up_m=float(up),
            box_m=1.4,
            expressions=expressions,
            by_head=True,
        )
    )


_MOOD_SHARES = (0.26, 0.12, 0.08, 0.10, 0.08, 0.12, 0.06, 0.06, 0.07, 0.05)


def head_rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> NDArray[np.float64]:
    """Return the (3, 3) turn of a head, as `posed` composes it."""
    nod = rotation(-pitch_deg, 0.0, -roll_deg)
    found: NDArray[np.float64] = rotation(0.0, yaw_deg, 0.0) @ nod
    return found


def within_limits(framing: Framing) -> Framing:
    """Return a framing whose head is turned no farther than `MOST_DEG` as the camera sees it.

    The camera's own turns count, and so does perspective: a head beside the picture's middle is
    seen from its side.
    """
    camera = framed_camera(framing)
    view = camera.world_from_head_turn().T
    seen = view @ head_rotation(framing.yaw_deg, framing.pitch_deg, framing.roll_deg)
    aside = (0.0, 0.0)
    if isinstance(camera, Perspective):
        # The head lies off the axis by as much as the picture's middle lies off the head.
        aside = (
            math.degrees(math.atan2(framing.right_m, camera.distance_m)),
            math.degrees(math.atan2(framing.up_m, camera.distance_m)),
        )
    limited = []
    for angle, most, off in zip(head_angles(seen), MOST_DEG, (*aside, 0.0), strict=True):
        room = most - abs(off)
        limited.append(min(max(angle, -room), room))
    yaw, pitch, roll = head_angles(view.T @ head_rotation(*limited))
    return replace(framing, yaw_deg=yaw, pitch_deg=pitch, roll_deg=roll)


def scaled(framing: Framing, face_m: float) -> Framing:
    """Return a framing for a face of some size, if it is meant for a usual one.

    Smaller heads are framed as usual ones are. Larger ones keep their chins where those have
    theirs, at the bottom, and grow upwards.
    """
    if not framing.by_head:
        return framing
    factor = max(face_m / USUAL_FACE_M, 1.0)
    above = (factor - 1) * CHIN_M
    return replace(
        framing,
        width_m=framing.width_m * factor,
        right_m=framing.right_m * factor,
        up_m=framing.up_m * factor + above,
        box_m=framing.box_m * factor,
        by_head=False,
    )
