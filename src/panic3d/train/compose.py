"""New pictures of drawn portraits: figures at any scale, several of them, on other grounds, cut.

Everything is known of the result: the matte, whose pixel each is, where the faces are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int16, UInt8
from PIL import Image

from panic3d.characters.illustrate.background import ground
from panic3d.characters.illustrate.style import draw_ground
from panic3d.geometry.posing import rotation
from panic3d.pipeline.mean_face import MIRRORED
from panic3d.train.bodies import lengthened
from panic3d.train.portraits import DrawnPortrait
from panic3d.train.wear import things

_LONGER = 0.4
"""Share of pasted figures that go on below their bust."""
_MIRROR = np.diag([-1.0, 1.0, 1.0])
_OF_MIRROR = np.array(MIRRORED)


class Placing(NamedTuple):
    """How a picture lies on a canvas: mirrored or not, turned, scaled, shifted."""

    matrix: Float64[np.ndarray, "2 3"]
    """x, y of the picture to x, y of the canvas, pixels."""
    angle_deg: float
    """Clockwise, as one sees it."""
    mirrored: bool

    @property
    def scale(self) -> float:
        """Pixels of the canvas for one of the picture."""
        return float(np.hypot(self.matrix[0, 0], self.matrix[1, 0]))


def placing(
    anchor: tuple[float, float],
    at: tuple[float, float],
    scale: float,
    angle_deg: float = 0.0,
    mirrored: bool = False,
) -> Placing:
    """Place a picture so that a point of it comes to lie at one of the canvas."""
    c = scale * np.cos(np.radians(angle_deg))
    s = scale * np.sin(np.radians(angle_deg))
    linear = np.array([[c, -s], [s, c]]) @ np.diag([-1.0 if mirrored else 1.0, 1.0])
    shift = np.array(at) - linear @ np.array(anchor)
    return Placing(np.concatenate([linear, shift[:, None]], 1), angle_deg, mirrored)


class Face(NamedTuple):
    """A face on a canvas."""

    points: Float32[np.ndarray, "28 2"]
    visible: Bool[np.ndarray, "28"]
    rotation: Float32[np.ndarray, "3 3"]
    number: int = 1
    """Of its figure, see `Canvas.owner`."""

    @property
    def box(self) -> Float64[np.ndarray, "4"]:
        """Left, top, right, bottom of the landmarks."""
        found = np.concatenate([self.points.min(0), self.points.max(0)])
        return found.astype(np.float64)


def placed_face(portrait: DrawnPortrait, where: Placing, number: int = 1) -> Face | None:
    """Carry what is known of a face along with its picture."""
    if portrait.points is None or portrait.visible is None or portrait.rotation is None:
        return None
    points = portrait.points @ where.matrix[:, :2].T + where.matrix[:, 2]
    visible, turn = portrait.visible, portrait.rotation.astype(np.float64)
    if where.mirrored:
        points, visible = points[_OF_MIRROR], visible[_OF_MIRROR]
        turn = _MIRROR @ turn @ _MIRROR
    turn = rotation(0.0, 0.0, -where.angle_deg) @ turn
    return Face(points.astype(np.float32), visible, turn.astype(np.float32), number)


def carried(
    plane: UInt8[np.ndarray, "h w *c"], where: Placing, size: int, outside: int = 0
) -> UInt8[np.ndarray, "s s *c"]:
    """Carry a plane to a square canvas.

    Args:
        plane: colours or one channel.
        where: how it is placed.
        size: of the canvas.
        outside: value beyond the plane.
    """
    image = Image.fromarray(plane)
    matrix = np.vstack([where.matrix, [0.0, 0.0, 1.0]])
    factor = int(1 / where.scale + 0.3) if where.scale < 0.77 else 1
    if factor > 1:  # averaged first, else fine lines would be sampled away
        image = image.reduce(factor)
        matrix = matrix @ np.diag([factor, factor, 1.0])
    back = np.linalg.inv(matrix)
    fill = outside if plane.ndim == 2 else (outside,) * plane.shape[2]
    found = image.transform(
        (size, size),
        Image.Transform.AFFINE,
        tuple(float(v) for v in back[:2].ravel()),
        Image.Resampling.BILINEAR,
        fillcolor=fill,
    )
    return np.asarray(found)


class Canvas:
    """A picture that figures are laid on, one over the other."""

    def __init__(self, picture: UInt8[np.ndarray, "s s 3"]) -> None:
        """Start with a ground."""
        size = picture.shape[0]
        self.size = size
        self.picture = picture.astype(np.float32)
        self.matte: Float32[np.ndarray, "s s"] = np.zeros((size, size), np.float32)
        self.known: Float32[np.ndarray, "s s"] = np.ones((size, size), np.float32)
        """0 where nobody can say whether the pixel belongs to a character."""
        self.owner: Int16[np.ndarray, "s s"] = np.zeros((size, size), np.int16)
        """Number of the figure that is seen, 0 the ground, -1 something in front."""
        self.faces: list[Face] = []
        self._count = 0

    def lay(
        self,
        portrait: DrawnPortrait,
        where: Placing,
        body: np.random.Generator | None = None,
    ) -> None:
        """Lay a portrait on the canvas: a cutout by its matte, others as a rectangle.

        Args:
            portrait: what is laid.
            where: on the canvas.
            body: makes a body for a cutout that ends at its picture's lower border.
        """
        self._count += 1
        colours, matte = portrait.decoded("picture"), portrait.decoded("matte")
        if body is not None and portrait.kind == "cutout":
            colours, matte = lengthened(colours, matte, body)
        colours = carried(colours, where, self.size)
        matte = carried(matte, where, self.size)
        alpha = matte.astype(np.float32) / np.float32(255)
        if portrait.kind == "cutout":
            cover = alpha
            self.matte = self.matte * (1 - alpha) + alpha
        else:
            whole = np.full(portrait.size[::-1], 255, np.uint8)
            cover = carried(whole, where, self.size) / np.float32(255)
            self.matte = self.matte * (1 - cover) + alpha
        over = cover[..., None]
        self.picture = self.picture * (1 - over) + colours * over
        hit = cover > 0.5
        self.known[hit] = 1
        if portrait.ignored:
            front = carried(portrait.decoded("ignored"), where, self.size)
            self.known[hit & (front > 8)] = 0
        self.owner[hit] = self._count
        face = placed_face(portrait, where, self._count)
        if face is not None:
            self.faces.append(face)

    def scatter(self, rng: np.random.Generator, count: int, behind: bool = False) -> None:
        """Lay things on the canvas that are no characters."""
        drawn = things(rng, self.size, count)
        alpha = drawn[..., 3:].astype(np.float32) / np.float32(255)
        self.picture = self.picture * (1 - alpha) + drawn[..., :3] * alpha
        hit = alpha[..., 0] > 0
        if not behind:
            self.owner[hit] = -1
            self.known[hit] = 0

    def shown(self, face: Face) -> float:
        """Return how much of a face's box is in the picture with nothing before it."""
        left, top, right, bottom = np.rint(face.box).astype(int).tolist()
        area = max((right - left) * (bottom - top), 1)
        part = self.owner[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
        return float((part == face.number).sum()) / area

    def pixels(self) -> UInt8[np.ndarray, "s s 3"]:
        """Return the picture."""
        return np.rint(self.picture.clip(0, 255)).astype(np.uint8)


def any_ground(rng: np.random.Generator, size: int) -> UInt8[np.ndarray, "s s 3"]:
    """Draw a ground by rules: plain, patterned, painted, or a texture."""
    choice = rng.random()
    if choice < 0.2:  # any colour at all
        return np.broadcast_to(rng.integers(0, 256, 3).astype(np.uint8), (size, size, 3)).copy()
    if choice < 0.34:
        return texture(rng, size)
    drawn = ground(draw_ground(rng), size, rng)
    return np.rint(np.clip(drawn, 0, 1) * 255).astype(np.uint8)


def texture(rng: np.random.Generator, size: int) -> UInt8[np.ndarray, "s s 3"]:
    """Draw coloured noise whose amplitude falls with frequency by lot: grain to clouds."""
    down, across = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None]
    fall = np.hypot(down, across * float(np.exp(rng.normal(0, 0.5))))
    fall[0, 0] = np.inf
    fall = fall ** -float(max(rng.uniform(-0.6, 2.2), 0))
    planes = rng.standard_normal((3, size, size), np.float32)
    found = np.fft.irfft2(np.fft.rfft2(planes) * fall, (size, size))
    found /= max(float(found.std()), 1e-9)
    # Hues that differ from place to place, or light and dark of one.
    mixed = found[:1] + float(rng.uniform(0, 1)) * (found - found[:1])
    colour, strength = rng.uniform(0.1, 0.9, 3), rng.uniform(0.03, 0.4)
    made = (colour[:, None, None] + strength * mixed).clip(0, 1)
    return np.rint(255 * made.transpose(1, 2, 0)).astype(np.uint8)


class Stock(NamedTuple):
    """Portraits by what they are good for."""

    faces: Sequence[DrawnPortrait]
    """Scenes and aligned fronts."""
    cutouts: Sequence[DrawnPortrait]
    faceless: Sequence[DrawnPortrait]

    @classmethod
    def of(cls, portraits: Sequence[DrawnPortrait]) -> Stock:
        """Sort portraits."""
        found: dict[str, list[DrawnPortrait]] = {name: [] for name in cls._fields}
        for each in portraits:
            kind = {"cutout": "cutouts", "faceless": "faceless"}.get(each.kind, "faces")
            found[kind].append(each)
        return cls(**found)


def picked(rng: np.random.Generator, portraits: Sequence[DrawnPortrait]) -> DrawnPortrait:
    """Pick one by lot."""
    return portraits[int(rng.integers(len(portraits)))]


def filling(portrait: DrawnPortrait, size: int, rng: np.random.Generator, zoom: float) -> Placing:
    """Place a picture so that it covers a canvas.

    Args:
        portrait: the picture.
        size: of the canvas.
        rng: chooses which part of it is seen, near its face if it has one.
        zoom: at least 1; 1 shows as much of it as possible.
    """
    width, height = portrait.size
    scale = size / min(height, width) * zoom
    half = size / 2 / scale
    mirrored = bool(rng.random() < 0.5)
    middle = np.array([width, height]) / 2
    if portrait.points is not None:
        box = portrait.box.astype(np.float64)
        middle = (box[:2] + box[2:]) / 2 + rng.normal(0, 0.25, 2) * half
    x = float(np.clip(middle[0], half, width - half))
    y = float(np.clip(middle[1], half, height - half))
    return placing((x, y), (size / 2, size / 2), scale, 0.0, mirrored)


class _Part:
    """A square part of a larger square, its canvas; the first figure says which part."""

    def __init__(self, rng: np.random.Generator, size: int, closer: float) -> None:
        self.canvas, self.whole = Canvas(any_ground(rng, size)), round(size * closer)
        self._corner = None if self.whole > size else np.zeros(2)
        self._rng = rng

    def placed(self, portrait: DrawnPortrait, where: Placing) -> Placing:
        """Return how a portrait lies on the canvas that is placed so on the whole."""
        size = self.canvas.size
        if self._corner is None:
            points = np.array([portrait.size]) / 2 if portrait.points is None else portrait.points
            at = where.matrix[:, :2] @ points.mean(0) + where.matrix[:, 2]
            reach = where.scale * float(np.ptp(points, axis=0).max()) if len(points) > 1 else size
            at = at + self._rng.normal(0, 0.8, 2) * reach + [0, 0.3 * reach]
            self._corner = np.clip(np.rint(at - size / 2), 0, self.whole - size)
        shift = np.concatenate([np.zeros((2, 2)), -self._corner[:, None]], 1)
        return where._replace(matrix=where.matrix + shift)


def composed(
    stock: Stock,
    rng: np.random.Generator,
    size: int,
    share: tuple[float, float] = (0.04, 0.6),
    faceless: float = 0.15,
    whole: float = 0.35,
    closer: float = 1.0,
) -> Canvas:
    """Compose a picture by lot.

    Args:
        stock: what there is.
        rng: random numbers.
        size: width and height, pixels.
        share: least and largest size of pasted faces, of the picture's side.
        faceless: share of pictures without a face.
        whole: share of pictures that are one scene, the closest filled by the face.
        closer: what is made is a part, near a figure, of a picture whose sides are so many times
            as long.
    """
    choice = rng.random()
    part = _Part(rng, size, closer)
    canvas = part.canvas
    if choice < faceless or not (stock.faces or stock.cutouts):
        if stock.faceless and rng.random() < 0.7:
            portrait = picked(rng, stock.faceless)
            where = filling(portrait, part.whole, rng, float(rng.uniform(1, 2)))
            canvas.lay(portrait, part.placed(portrait, where))
        if rng.random() < 0.6:
            canvas.scatter(rng, int(rng.integers(1, 12)), behind=True)
        return canvas
    if stock.faces and (choice < faceless + whole or not stock.cutouts):
        portrait = picked(rng, stock.faces)
        box = portrait.box
        most = min(portrait.size) / max(float((box[2:] - box[:2]).max()), 1.0)
        zoom = float(np.exp(rng.uniform(0, np.log(max(most, 1.05)))))
        canvas.lay(portrait, part.placed(portrait, filling(portrait, part.whole, rng, zoom)))
    else:
        if rng.random() < 0.4:
            canvas.scatter(rng, int(rng.integers(1, 8)), behind=True)
        count = 1 + int(rng.random() < 0.35) + int(rng.random() < 0.2)
        for _ in range(count):
            panel = bool(stock.faces) and rng.random() < 0.15
            _paste(part, picked(rng, stock.faces if panel else stock.cutouts), rng, share)
    if rng.random() < 0.25:
        canvas.scatter(rng, int(rng.integers(1, 4)))
    return canvas


def _paste(
    part: _Part, portrait: DrawnPortrait, rng: np.random.Generator, share: tuple[float, float]
) -> None:
    size = part.whole
    box = portrait.box.astype(np.float64)
    face = size * float(np.exp(rng.uniform(np.log(share[0]), np.log(share[1]))))
    scale = face / max(float((box[2:] - box[:2]).max()), 1.0)
    angle = float(rng.normal(0, 10) if rng.random() < 0.85 else rng.uniform(-60, 60))
    x, y = rng.uniform(-0.05, 1.05, 2) * size
    height = portrait.size[1]
    middle = float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2
    longer = portrait.kind == "cutout" and rng.random() < _LONGER
    if not longer and rng.random() < 0.6:  # busts that end at their picture's border, or here
        angle = 0.0 if abs(angle) < 12 else angle
        y = max(size - (height - middle[1]) * scale + 2, 0.3 * face)
    mirrored = bool(rng.random() < 0.5)
    where = placing(middle, (float(x), float(y)), scale, angle, mirrored)
    part.canvas.lay(portrait, part.placed(portrait, where), rng if longer else None)
