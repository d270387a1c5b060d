"""An illustration of a character, and everything that is known of it, pixel by pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float64, UInt8
from numpy.typing import NDArray

from panic3d.characters.expressions import replaced
from panic3d.characters.illustrate.background import ground
from panic3d.characters.illustrate.fields import Plane, reduced
from panic3d.characters.illustrate.finish import finished, graded
from panic3d.characters.illustrate.framing import CHIN_M, USUAL_FACE_M, head_rotation, scaled
from panic3d.characters.illustrate.framing import Framing as Framing
from panic3d.characters.illustrate.framing import framed_camera as framed_camera
from panic3d.characters.illustrate.framing import framed_offset as framed_offset
from panic3d.characters.illustrate.framing import head_angles as head_angles
from panic3d.characters.illustrate.lines import inked
from panic3d.characters.illustrate.media import painted
from panic3d.characters.illustrate.props import in_front
from panic3d.characters.illustrate.style import IllustrationStyle
from panic3d.characters.illustrate.tags import drawing_tags
from panic3d.characters.illustrate.tones import light_of, shaded
from panic3d.characters.illustrate.view import Seen, head_of, see
from panic3d.characters.landmarks import Landmarks, face_size, project
from panic3d.characters.made import MadeCharacter
from panic3d.characters.piece import Label
from panic3d.characters.remix.dissect import head_share
from panic3d.geometry.cameras import Camera, Orthographic
from panic3d.geometry.character import Character
from panic3d.geometry.posing import Pose, PosedCharacter, head_origin, posed
from panic3d.render.raster import Rasteriser, Scene

OVERSAMPLING = 2
"""Pixels of the planes on which lines and tones are worked out, a pixel of the picture."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Illustration:
    """A drawn picture and what belongs to it; all pictures are size x size, rows from the top."""

    picture: UInt8[np.ndarray, "h w 3"]
    """As it might be found: with ground, things in front, compression."""
    drawn: UInt8[np.ndarray, "h w 3"]
    """The same without things in front, softening and compression."""
    line_free: UInt8[np.ndarray, "h w 3"]
    """`drawn` without its lines."""
    line_mask: UInt8[np.ndarray, "h w"]
    """How much of each pixel is ink, 0 to 255."""
    render: UInt8[np.ndarray, "h w 4"]
    """The plain unlit view, straight RGBA."""
    matte: UInt8[np.ndarray, "h w"]
    """How much of each pixel the character covers, whatever stands in front of it."""
    outlined: UInt8[np.ndarray, "h w"]
    """The same with the ink of its outlines, which lies half beyond it or was drawn beside it: what
    one would cut out."""
    occluder: UInt8[np.ndarray, "h w"]
    """How much of each pixel of `picture` is a hand, a thing or lettering in front."""
    landmarks: Landmarks | None
    """None where a model's landmarks are not known. What stands in front hides some."""
    rotation: Float64[np.ndarray, "3 3"]
    """Camera-from-head: x right, y up, z towards the viewer; the identity looks at the viewer."""
    head_deg: tuple[float, float, float]
    """Yaw, pitch and roll of `rotation`, as `Pose` has them."""
    camera: Camera
    origin: tuple[float, float, float]
    """What the camera looks at, metres from the middle of the head."""
    style: dict[str, Any]
    tags: tuple[str, ...] = ()
    """Danbooru's names of what this drawing shows, sorted: the character's with another mood's in
    place of its resting face's, what stands in front, the ground, the manner of drawing. Of a
    model that was not made here, only what the drawing adds."""

    def record(self) -> dict[str, Any]:
        """Return all that is no picture, as JSON can hold it."""
        camera: dict[str, Any] = {
            "elevation_deg": self.camera.elevation_deg,
            "azimuth_deg": self.camera.azimuth_deg,
            "distance_m": self.camera.distance_m,
        }
        if isinstance(self.camera, Orthographic):
            camera["width_m"] = self.camera.width_m
        else:
            camera["fov_deg"] = self.camera.fov_deg
        found: dict[str, Any] = {
            "size": int(self.matte.shape[0]),
            "rotation": [[round(float(v), 6) for v in row] for row in self.rotation],
            "head_deg": [round(angle, 4) for angle in self.head_deg],
            "camera": camera,
            "origin_m": [round(v, 6) for v in self.origin],
            "style": self.style,
            "tags": list(self.tags),
        }
        if self.landmarks is not None:
            points, visible, face = self.landmarks
            found["landmarks"] = [
                [round(float(x), 3), round(float(y), 3), int(seen)]
                for (x, y), seen in zip(points, visible, strict=True)
            ]
            found["face_size_px"] = round(face, 3)
        return found


def illustrate(
    made: MadeCharacter,
    rasteriser: Rasteriser,
    style: IllustrationStyle,
    size: int = 512,
    pose: Pose | None = None,
    scene: Scene | None = None,
) -> Illustration:
    """Draw a made character.

    Args:
        made: the character.
        rasteriser: draws the planes.
        style: every choice; `draw_style` makes them by lot.
        size: width and height, pixels.
        pose: what the style's framing does not set: arms and further bones.
        scene: the character as `rasteriser.load` has it in the pose of `framed_pose`, around the
            middle of its head, if that is there already.
    """
    return _draw(made.character, made.labels, made, rasteriser, style, size, pose, scene)


def illustrate_model(
    character: Character,
    labels: Sequence[Label],
    rasteriser: Rasteriser,
    style: IllustrationStyle,
    size: int = 512,
    pose: Pose | None = None,
) -> Illustration:
    """Draw any model, given what its materials show; its landmarks are not known."""
    return _draw(character, labels, None, rasteriser, style, size, pose, None)


def framed_pose(framing: Framing, character: Character, pose: Pose | None = None) -> Pose:
    """Return a pose with a framing's turns of the head, and those expressions that there are.

    They take the place of the pose's own expressions that move the same features.
    """
    base = Pose() if pose is None else pose
    known = {name.lower() for name in character.expressions}
    expressions = {name: w for name, w in framing.expressions if name.lower() in known}
    return Pose(
        arms_deg=base.arms_deg,
        head_yaw_deg=framing.yaw_deg,
        head_pitch_deg=framing.pitch_deg,
        head_roll_deg=framing.roll_deg,
        expressions=replaced(character, base.expressions, expressions),
        bones=base.bones,
    )


def framing_for(made: MadeCharacter, framing: Framing) -> Framing:
    """Return a framing as it is for a character: wider where the head is large."""
    if not framing.by_head:
        return framing
    points = [
        made.character.meshes[a.mesh].primitives[a.primitive].positions[a.vertex]
        for a in made.landmarks
    ]
    return scaled(framing, face_size(np.array(points, np.float64)[:, :2]))


def framing_for_model(character: Character, framing: Framing) -> Framing:
    """Return a framing as it is for any model: wider where what its head carries stands high."""
    if not framing.by_head:
        return framing
    return scaled(framing, USUAL_FACE_M * _head_size(character))


_TOP_M, _SPARE_M, _HALF_M = 0.20, 0.02, 0.14
"""Of usual framings: their upper border over the middle of the head, what is left free below it,
and half the width of what must be seen of a head."""


def _head_size(character: Character) -> float:
    """Return the size of a head with hair and all, 1 what usual framings have room for."""
    middle = head_origin(character)
    points = [np.zeros((0, 3))]
    parts = iter(posed(character, Pose()).parts)
    for mesh in character.meshes:
        for primitive in mesh.primitives:
            place = next(parts).positions.astype(np.float64)
            points.append(place[head_share(character, mesh, primitive) > 0.5])
    cloud = np.concatenate(points) - middle
    if len(cloud) < 30:
        return 1.0
    top = float(np.quantile(cloud[:, 1], 0.998))
    # What hangs from a head may be as wide as it likes: heads are measured at the eyes' height.
    level = np.abs(cloud[(np.abs(cloud[:, 1] + 0.03) < 0.04) & (cloud[:, 2] > 0), 0])
    half = float(np.quantile(level, 0.5)) if len(level) else 0.0
    high = (top + _SPARE_M + CHIN_M) / (_TOP_M + CHIN_M)
    return max(high, half / _HALF_M, 1.0)


def _draw(
    character: Character,
    labels: Sequence[Label],
    made: MadeCharacter | None,
    rasteriser: Rasteriser,
    style: IllustrationStyle,
    size: int,
    pose: Pose | None,
    scene: Scene | None,
) -> Illustration:
    if made is None:
        framing = framing_for_model(character, style.framing)
    else:
        framing = framing_for(made, style.framing)
    style = replace(style, framing=framing)
    stance = framed_pose(framing, character, pose)
    figure = posed(character, stance)
    camera, offset = framed_camera(framing), framed_offset(framing)
    origin = head_origin(character) + offset
    head = head_of(
        head_rotation(stance.head_yaw_deg, stance.head_pitch_deg, stance.head_roll_deg), offset
    )
    large = size * OVERSAMPLING
    if scene is not None:
        assert not offset.any(), "a scene that is there already is seen from the usual place"
        view = see(rasteriser, scene, figure, labels, camera, head, large, framing.box_m)
    else:
        with rasteriser.load(figure, origin) as loaded:
            view = see(rasteriser, loaded, figure, labels, camera, head, large, framing.box_m)
    seen, render, geometry = view
    marks = None
    if made is not None:
        marks = project(made, figure, camera, size, geometry, origin)
    drawn = _composed(seen, figure, labels, render, marks, style, camera, offset, size)
    tags = drawing_tags(made, style, stance.expressions, drawn.head_deg, drawn.occluder)
    return replace(drawn, tags=tags)


def _composed(
    seen: Seen,
    figure: PosedCharacter,
    labels: Sequence[Label],
    render: NDArray[np.uint8],
    marks: Landmarks | None,
    style: IllustrationStyle,
    camera: Camera,
    offset: NDArray[np.float64],
    size: int,
) -> Illustration:
    chance = [np.random.Generator(np.random.PCG64([style.seed, k])) for k in range(7)]
    colour = shaded(seen, figure, labels, style.shading, chance[0])
    colour = painted(seen, colour, style.shading.medium, chance[1])
    lines = inked(seen, style.ink, light_of(style.shading), chance[2])
    cover = seen.cover[..., None]
    ink = lines.cover[..., None]
    plain = _halved(colour * cover)
    over = _halved(lines.colour * ink)
    matte, mask = reduced(seen.cover, OVERSAMPLING), reduced(lines.cover, OVERSAMPLING)
    # Colour below ink: what is averaged over a pixel is what shows between the strokes.
    bare = _halved(colour * cover * (1 - ink))
    open_ = reduced((1 - seen.cover) * (1 - lines.cover), OVERSAMPLING)
    behind = ground(style.ground, size, chance[3])
    if style.shading.medium == "screen_tone":
        behind = np.repeat(behind.mean(-1, keepdims=True), 3, 2)
    free = plain + behind * (1 - matte)[..., None]
    drawn = bare + over + behind * open_[..., None]
    level = np.float32(255)
    graded_seed = int(chance[4].integers(2**31))

    def grade(picture: Plane) -> Plane:
        return graded(picture, style.finish, np.random.Generator(np.random.PCG64(graded_seed)))

    front = in_front(style, size, seen, marks, chance[5])
    shown = drawn if front is None else front.over(drawn)
    occluder = np.zeros((size, size), np.uint8) if front is None else _bytes(front.cover)
    if marks is not None and front is not None:
        marks = _hidden(marks, occluder)
    turn = seen.camera_from_head
    outlined = 1 - open_
    if style.cut_out and style.ground.kind == "white" and front is None:
        share = matte[..., None]
        inked_share = (1 - open_)[..., None]
        drawn8 = _bytes(grade(_filled(bare + over, inked_share)))
        picture = _on_white(finished(drawn8, style.finish, chance[6]), share)
        drawn8, outlined = _on_white(drawn8, share), matte
        free8 = _on_white(_bytes(grade(_filled(plain, share))), share)
    else:
        drawn8, free8 = _bytes(grade(drawn)), _bytes(grade(free))
        shown8 = drawn8 if front is None else _bytes(grade(shown))
        picture = finished(shown8, style.finish, chance[6])
    return Illustration(
        picture=picture,
        drawn=drawn8,
        line_free=free8,
        line_mask=np.rint(np.clip(mask, 0, 1) * level).astype(np.uint8),
        render=render,
        matte=np.rint(np.clip(matte, 0, 1) * level).astype(np.uint8),
        outlined=_bytes(outlined),
        occluder=occluder,
        landmarks=marks,
        rotation=turn,
        head_deg=head_angles(turn),
        camera=camera,
        origin=(float(offset[0]), float(offset[1]), float(offset[2])),
        style=style.to_dict(),
    )


def _hidden(marks: Landmarks, occluder: NDArray[np.uint8]) -> Landmarks:
    size = occluder.shape[0]
    column, row = np.floor(marks.points).astype(int).clip(0, size - 1).T
    return marks._replace(visible=marks.visible & (occluder[row, column] < 128))


def _filled(colour: Plane, share: Plane) -> Plane:
    """Return colours that were weighted by their shares, straight, and white where nothing is."""
    found: Plane = np.where(share > 1e-3, colour / np.maximum(share, 1e-3), np.float32(1))
    return found


def _on_white(picture: NDArray[np.uint8], share: Plane) -> NDArray[np.uint8]:
    """Lay a figure on white by its matte, whatever its own ground is."""
    return np.rint(picture * share + 255 * (1 - share)).astype(np.uint8)


def _halved(colour: Plane) -> Plane:
    return np.stack([reduced(colour[..., k], OVERSAMPLING) for k in range(3)], -1)


def _bytes(values: Plane) -> NDArray[np.uint8]:
    return np.rint(np.clip(values, 0, 1) * np.float32(255)).astype(np.uint8)
