"""The 28 facial landmarks of a VRoid-like head, found in its meshes and made vertices of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from panic3d.characters.remix.mesh import open_loops
from panic3d.errors import ModelError

if TYPE_CHECKING:
    from panic3d.characters.remix.parts import HeadParts, Part

Doubles = NDArray[np.float64]

_OVER_NOSE_M, _OVER_MOUTH_M = 0.008, 0.002
"""Heights of the jaw's landmarks, the same as of procedural faces."""


class Spot(NamedTuple):
    """A place on the surface of a part."""

    part: int
    face: int
    share: Doubles
    """(3,) of its corners."""


class Found(NamedTuple):
    """Parts with the landmarks among their vertices."""

    parts: tuple[Part, ...]
    landmarks: tuple[tuple[int, int], ...]
    """(part, vertex) each, in the order of `MadeCharacter.landmarks`."""


def find_landmarks(parts: Sequence[Part]) -> Found:
    """Find the landmarks.

    Jaw: where the face's outline, seen from the front, passes a height just above the nose's tip
    and that of the mouth, and the chin's lowest point. Brows: ends and middle of what is painted.
    Eyes: both corners with the upper lid's highest point between them, then the lower lid's lowest
    point and those half-way from it to the corners. Nose: the foremost point. Mouth: corners and
    the middles of both lips.

    Raises:
        ModelError: the face's skin lacks openings for eyes and mouth, or there are no brows.
    """
    face = next((k for k, part in enumerate(parts) if part.role == "face"), None)
    brow = next((k for k, part in enumerate(parts) if part.role == "brow"), None)
    if face is None or brow is None:
        raise ModelError("the head lacks a face or brows by VRoid's names of materials")
    skin = parts[face]
    right, left, mouth = openings(skin)
    lids = {side: _lid_points(skin, loop) for side, loop in (("right", right), ("left", left))}
    lips = _lip_points(skin, mouth)
    eye_y = float(skin.positions[left, 1].mean())
    mouth_y = float(skin.positions[mouth, 1].mean())
    samples = _Samples(skin, face)
    nose = samples.best(
        lambda p: np.where(
            (np.abs(p[:, 0]) < 0.004) & (p[:, 1] > mouth_y + 0.006) & (p[:, 1] < eye_y),
            p[:, 2],
            -np.inf,
        )
    )
    nose_y = samples.at(nose)[1]
    outline = [
        samples.outline(nose_y + _OVER_NOSE_M, -1.0),
        samples.outline(mouth_y + _OVER_MOUTH_M, -1.0),
        samples.best(
            lambda p: np.where((np.abs(p[:, 0]) < 0.0025) & (p[:, 2] > 0.05), -p[:, 1], -np.inf)
        ),
        samples.outline(mouth_y + _OVER_MOUTH_M, 1.0),
        samples.outline(nose_y + _OVER_NOSE_M, 1.0),
    ]
    brows = _brow_spots(parts[brow], brow)
    places: list[Spot | tuple[int, int]] = [*outline, *brows]
    for side in ("right", "left"):
        places += [(face, vertex) for vertex in lids[side]]
    places.append(nose)
    places += [(face, vertex) for vertex in lips]
    return _inserted(parts, places)


class FoundWhole(NamedTuple):
    """As `Found`, with the height of the head's skin."""

    parts: tuple[Part, ...]
    landmarks: tuple[tuple[int, int], ...]
    height: float


def find_landmarks_of_whole(parts: Sequence[Part]) -> FoundWhole:
    """Find the landmarks of a head told apart by colour: eyes by what is painted as one.

    Raises:
        ModelError: brows or a mouth are missing.
    """
    where: dict[str, list[int]] = {}
    for k, part in enumerate(parts):
        where.setdefault(part.role, []).append(k)
    if len(where.get("brow", [])) < 2 or not where.get("mouth"):
        raise ModelError("a head told apart by colour lacks brows or a mouth")
    face = max(where["face"], key=lambda k: float(np.ptp(parts[k].positions[:, 1])))
    skin = parts[face]
    size = float(np.ptp(skin.positions[:, 1]))

    def by_side(role: str) -> list[int]:
        return sorted(where[role], key=lambda k: float(parts[k].positions[:, 0].mean()))

    lids: list[tuple[int, int]] = []
    for k in (by_side("iris")[0], by_side("iris")[-1]):
        shape = parts[k].positions
        for share, side in ((0.0, 0), (0.5, 1), (1.0, 0), (0.25, -1), (0.5, -1), (0.75, -1)):
            lids.append((k, _extreme(shape, share, side)))
    brows = [
        (k, _extreme(parts[k].positions, share, 0))
        for k in (by_side("brow")[0], by_side("brow")[-1])
        for share in (0.0, 0.5, 1.0)
    ]
    mouth = max(where["mouth"], key=lambda k: float(np.ptp(parts[k].positions[:, 0])))
    lips = [
        (mouth, _extreme(parts[mouth].positions, share, side))
        for share, side in ((0.0, 0), (0.5, 1), (1.0, 0), (0.5, -1))
    ]
    mouth_y = float(parts[mouth].positions[:, 1].mean())
    eye_y = float(np.mean([parts[k].positions[v, 1] for k, v in lids]))
    samples = _Samples(skin, face)
    nose = samples.best(
        lambda p: np.where(
            (np.abs(p[:, 0]) < 0.03 * size) & (p[:, 1] > mouth_y) & (p[:, 1] < eye_y),
            p[:, 2],
            -np.inf,
        )
    )
    low = float(skin.positions[:, 1].min())
    band = 0.02 * size
    outline: list[Spot | tuple[int, int]] = []
    for y, towards in (
        (float(samples.at(nose)[1]) + 0.03 * size, -1.0),
        (mouth_y + 0.01 * size, -1.0),
        (low, 0.0),
        (mouth_y + 0.01 * size, 1.0),
        (float(samples.at(nose)[1]) + 0.03 * size, 1.0),
    ):
        if towards:
            outline.append(samples.outline(y, towards, band))
        else:
            middle = skin.positions[:, 2].max() * 0.4
            outline.append(
                samples.best(
                    lambda p, z=middle: np.where(
                        (np.abs(p[:, 0]) < 0.03 * size) & (p[:, 2] > z), -p[:, 1], -np.inf
                    )
                )
            )
    found = _inserted(parts, [*outline, *brows, *lids, nose, *lips])
    crown = max(
        float(part.positions[:, 1].max()) for part in parts if part.role in ("face", "neck")
    )
    return FoundWhole(found.parts, found.landmarks, crown - low)


def _extreme(points: Doubles, share: float, side: int) -> int:
    """Return the vertex at a share of the width; the highest there (1), lowest (-1) or any (0)."""
    low, high = points[:, 0].min(), points[:, 0].max()
    off = np.abs(points[:, 0] - (low + share * (high - low))) / (high - low)
    if side == 0:
        return int(off.argmin())
    near = off < max(0.12, float(off.min()) + 1e-6)
    return int(np.where(near, side * points[:, 1], -np.inf).argmax())


def openings(skin: Part) -> tuple[NDArray[np.int64], ...]:
    """Return the rims of the right eye, the left eye and the mouth."""
    loops = open_loops(skin.positions, skin.faces)
    middles = [skin.positions[loop].mean(0) for loop in loops]
    small = [k for k, loop in enumerate(loops) if np.ptp(skin.positions[loop, 0]) < 0.08]
    eyes = sorted((k for k in small if abs(middles[k][0]) > 0.018), key=lambda k: -len(loops[k]))[
        :2
    ]
    mouths = [k for k in small if abs(middles[k][0]) < 0.01]
    if len(eyes) < 2 or not mouths:
        raise ModelError("the face's skin has no openings for two eyes and a mouth")
    right, left = sorted(eyes, key=lambda k: float(middles[k][0]))
    if not middles[right][0] < 0 < middles[left][0]:
        raise ModelError("the openings of the face's skin are not two eyes")
    mouth = max(mouths, key=lambda k: len(loops[k]))
    return loops[right], loops[left], loops[mouth]


def halves(points: Doubles) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the upper and the lower half of a rim, each from image left to right."""
    first, last = int(points[:, 0].argmin()), int(points[:, 0].argmax())
    n = len(points)
    one = (first + np.arange((last - first) % n + 1)) % n
    other = (last + np.arange((first - last) % n + 1)) % n
    other = other[::-1]
    if points[one, 1].mean() < points[other, 1].mean():
        one, other = other, one
    return one, other


def _nearest(points: Doubles, chain: NDArray[np.int64], share: float) -> int:
    x = points[chain, 0]
    return int(chain[np.abs(x - (x[0] + share * (x[-1] - x[0]))).argmin()])


def _lid_points(skin: Part, loop: NDArray[np.int64]) -> list[int]:
    points = skin.positions[loop]
    upper, lower = halves(points)
    x = points[lower, 0]
    bottom = float(points[lower[points[lower, 1].argmin()], 0])
    share = (bottom - x[0]) / (x[-1] - x[0])
    chosen = [int(upper[0]), int(upper[points[upper, 1].argmax()]), int(upper[-1])]
    chosen += [_nearest(points, lower, s) for s in (share / 2, share, (1 + share) / 2)]
    return [int(loop[k]) for k in chosen]


def _lip_points(skin: Part, loop: NDArray[np.int64]) -> list[int]:
    points = skin.positions[loop]
    upper, lower = halves(points)
    corner = _nearest(points, upper, 0.0), _nearest(points, upper, 1.0)
    chosen = [corner[0], _nearest(points, upper, 0.5), corner[1], _nearest(points, lower, 0.5)]
    return [int(loop[k]) for k in chosen]


class _Samples:
    """Points spread over all triangles of a part."""

    def __init__(self, part: Part, number: int) -> None:
        n = 7
        i, j = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
        i, j = i[i + j < n], j[i + j < n]
        self.shares = np.stack([i, j, n - 1 - i - j], -1) / (n - 1) * 0.97 + 0.01
        self.part, self.number = part, number
        self.points = np.einsum("sk,fkx->fsx", self.shares, part.positions[part.faces]).reshape(
            -1, 3
        )

    def alpha(self) -> NDArray[np.uint8]:
        """Return how opaque the texture is at each point."""
        part = self.part
        uvs = np.einsum("sk,fkx->fsx", self.shares, part.uvs[part.faces]).reshape(-1, 2)
        height, width = part.paint.texture.shape[:2]
        row = np.clip((uvs[:, 1] * height).astype(np.int64), 0, height - 1)
        column = np.clip((uvs[:, 0] * width).astype(np.int64), 0, width - 1)
        found: NDArray[np.uint8] = part.paint.texture[row, column, 3]
        return found

    def best(self, score: object) -> Spot:
        """Return the point of the highest score."""
        values = score(self.points)  # type: ignore[operator]
        k = int(values.argmax())
        if not np.isfinite(values[k]):
            raise ModelError("a landmark of the face was not found")
        return Spot(self.number, k // len(self.shares), self.shares[k % len(self.shares)])

    def at(self, spot: Spot) -> Doubles:
        found: Doubles = spot.share @ self.part.positions[self.part.faces[spot.face]]
        return found

    def outline(self, y: float, side: float, band: float = 0.0012) -> Spot:
        """Return the point farthest to a side at about a height."""
        return self.best(lambda p: np.where(np.abs(p[:, 1] - y) < band, side * p[:, 0], -np.inf))


@lru_cache(maxsize=64)
def with_brows(head: HeadParts, other: HeadParts) -> HeadParts | None:
    """Return a head with the brows painted on another, landmarks moved to where they now are.

    None if they would reach down to the eyes: faces differ in how high their brows are painted.
    """
    if other is head:
        return head
    number = next(k for k, part in enumerate(head.parts) if part.role == "brow")
    part = replace(head.parts[number], paint=other.part("brow").paint)
    samples = _Samples(part, number)
    painted = samples.points[samples.alpha() > 127]
    if len(painted) < 40:
        return None
    for lid in (12, 18):
        eye = head.landmark(lid)
        over = painted[np.abs(painted[:, 0] - eye[0]) < 0.02]
        if len(over) and over[:, 1].min() < eye[1] + 0.004:
            return None
    parts = [*head.parts[:number], part, *head.parts[number + 1 :]]
    found = _inserted(parts, _brow_spots(part, number))
    return replace(
        head,
        parts=found.parts,
        landmarks=(*head.landmarks[:5], *found.landmarks, *head.landmarks[11:]),
    )


def _brow_spots(part: Part, number: int) -> list[Spot]:
    """Return ends and middle of both brows, image left to right, by what is painted."""
    samples = _Samples(part, number)
    alpha = samples.alpha()
    points = samples.points
    spots = []
    for side in (-1.0, 1.0):
        painted = np.flatnonzero((alpha > 127) & (side * points[:, 0] > 0))
        if len(painted) < 8:
            painted = np.flatnonzero(side * points[:, 0] > 0)
        x = points[painted, 0]
        for share in (0.02, 0.5, 0.98):
            aim = np.quantile(x, [0.0, 1.0]) @ [1 - share, share]
            column_of = painted[np.abs(x - aim) < 0.0015]
            if not len(column_of):
                column_of = painted[[int(np.abs(x - aim).argmin())]]
            middle = np.median(points[column_of, 1])
            k = int(column_of[np.abs(points[column_of, 1] - middle).argmin()])
            spots.append(
                Spot(number, k // len(samples.shares), samples.shares[k % len(samples.shares)])
            )
    return spots


def _inserted(parts: Sequence[Part], places: Sequence[Spot | tuple[int, int]]) -> Found:
    """Make a vertex of every spot; a triangle that holds one becomes three."""
    grown = list(parts)
    landmarks: list[tuple[int, int]] = []
    taken: set[tuple[int, int]] = set()
    for place in places:
        if not isinstance(place, Spot):
            landmarks.append(place)
            continue
        part = grown[place.part]
        if (place.part, place.face) in taken:
            landmarks.append((place.part, int(part.faces[place.face][int(place.share.argmax())])))
            continue
        taken.add((place.part, place.face))
        a, b, c = (int(v) for v in part.faces[place.face])
        new = len(part.positions)
        faces = part.faces.copy()
        faces[place.face] = (a, b, new)
        faces = np.concatenate([faces, np.array([(b, c, new), (c, a, new)], np.int32)])

        def between(
            values: Doubles, corners: tuple[int, ...] = (a, b, c), share: Doubles = place.share
        ) -> Doubles:
            return np.concatenate([values, (share @ values[list(corners)])[None]])

        grown[place.part] = replace(
            part,
            positions=between(part.positions),
            faces=faces,
            uvs=between(part.uvs),
            morphs={name: between(move) for name, move in part.morphs.items()},
            strands=None,  # of no use in a face
        )
        landmarks.append((place.part, new))
    return Found(tuple(grown), tuple(landmarks))
