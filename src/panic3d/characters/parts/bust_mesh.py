"""The bust as regular grids of vertices: front, back and two sleeves, like a shirt's pattern.

Every body has the same grids, so whatever is said in the coordinates of the usual body (where a
neckline runs, where a sleeve ends) holds for all; garments are the same grids farther out, with
the same skinning, so that skin never comes through.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float64, Int32
from numpy.typing import NDArray

from panic3d.characters.parts.bust_form import BustForm
from panic3d.characters.shape import HeadShape

Array = NDArray[np.float64]

NECK_COLUMNS = 6
COLUMNS = 12
"""On each side of the middle."""
NECK_ROWS = 8
YOKE_ROWS = 10
TORSO_ROWS = 11
ROWS = NECK_ROWS + YOKE_ROWS + TORSO_ROWS
ARM_COLUMNS = 16
ARM_ROWS = 2 * YOKE_ROWS
NECK_TOP_Y = 0.030
"""Where the neck ends inside the head."""
WAIST_Y = -0.425
"""Where the torso ends."""

# How much of the texture's height each row takes: little of it below the picture's border.
_ROW_WEIGHTS = np.concatenate(
    [np.full(NECK_ROWS, 1.0), np.full(YOKE_ROWS, 1.05), np.full(6, 1.1), np.full(5, 0.6)]
)
ATLAS = 384
"""Side of the texture that belongs to the grids."""
_SHEET_PX = 300  # rows of the texture for front and back, the rest for the sleeves


@dataclass(frozen=True, eq=False)
class Grids:
    """What all busts share: how vertices are joined and where they lie in the texture."""

    front: Int32[np.ndarray, "rows columns"]
    """Vertex at each node; -1 where there is none."""
    back: Int32[np.ndarray, "rows columns"]
    left: Int32[np.ndarray, "ring along"]
    """The left arm: around it from the top over the front, and from the shoulder to the wrist."""
    right: Int32[np.ndarray, "ring along"]
    faces: Int32[np.ndarray, "f 3"]
    uvs: Float64[np.ndarray, "v 2"]

    @property
    def count(self) -> int:
        """Number of vertices."""
        return len(self.uvs)


@cache
def grids() -> Grids:
    """Return the joining of all busts."""
    rows, columns = ROWS + 1, 2 * COLUMNS + 1
    exists = np.ones((rows, columns), bool)
    beside = np.abs(np.arange(columns) - COLUMNS) > NECK_COLUMNS
    exists[:NECK_ROWS, beside] = False
    count = int(exists.sum())
    front = np.full((rows, columns), -1, np.int32)
    front[exists] = np.arange(count)
    back = np.where(exists, front + count, -1).astype(np.int32)
    arm = np.arange((ARM_ROWS + 1) * (ARM_COLUMNS + 1), dtype=np.int32)
    left = (arm + 2 * count).reshape(ARM_ROWS + 1, ARM_COLUMNS + 1)
    right = left + left.size
    faces = np.concatenate(
        [_quads(front), _quads(back)[:, ::-1], _quads(left), _quads(right)[:, ::-1]]
    )
    uvs = np.zeros((2 * count + 2 * left.size, 2))
    v = sheet_rows_px()
    u = 1.0 + (ATLAS / 2 - 2.0) * np.linspace(0, 1, columns)
    for sheet, start in ((front, 0.0), (back, ATLAS / 2)):
        across, down = np.broadcast_arrays(u[None] + start, v[:, None])
        uvs[sheet[exists]] = np.stack([across[exists], down[exists]], -1)
    for sleeve in (left, right):
        across, down = np.broadcast_arrays(arm_columns_px()[None], arm_rows_px()[:, None])
        uvs[sleeve] = np.stack([across, down], -1)
    return Grids(front, back, left, right, np.ascontiguousarray(faces), uvs / ATLAS)


def _quads(sheet: Int32[np.ndarray, "r c"]) -> Int32[np.ndarray, "f 3"]:
    """Return triangles of a sheet whose rows run down and columns to the viewer's right."""
    a, b, c, d = sheet[:-1, :-1], sheet[:-1, 1:], sheet[1:, 1:], sheet[1:, :-1]
    corners = np.stack([a, b, c, d], -1).reshape(-1, 4)
    corners = corners[(corners >= 0).all(1)]
    # Rows run down and columns along +x: counter-clockwise from the front is a, d, c, b.
    faces = np.concatenate([corners[:, [0, 3, 2]], corners[:, [0, 2, 1]]])
    return np.ascontiguousarray(faces, np.int32)


def sheet_rows_px() -> Array:
    """Return where the rows of front and back lie in the texture."""
    down = np.concatenate([[0.0], np.cumsum(_ROW_WEIGHTS)])
    return 1.0 + (_SHEET_PX - 2.0) * down / down[-1]


def arm_rows_px() -> Array:
    """Return where the rows around an arm lie in the texture."""
    return _SHEET_PX + 1.0 + (ATLAS - _SHEET_PX - 2.0) * np.linspace(0, 1, ARM_ROWS + 1)


def arm_columns_px() -> Array:
    """Return where the columns along an arm lie in the texture."""
    along = np.linspace(0, 1, ARM_COLUMNS + 1)
    return 1.0 + (ATLAS - 2.0) * (1.35 * along - 0.35 * along**2)


@dataclass(frozen=True, eq=False)
class Bust:
    """The vertices of a body, from the neck's top to the waist and the wrists."""

    form: BustForm
    positions: Float64[np.ndarray, "v 3"]
    normals: Float64[np.ndarray, "v 3"]
    weights: Float64[np.ndarray, "v b"]
    bones: tuple[str, ...]
    """Of the columns of the weights."""


def lowered(bust: Bust, positions: Array, angle_deg: float = 60.0) -> Array:
    """Return the grids' vertices (v, 3) with both arms lowered by an angle."""
    moved = positions.copy()
    for side, sign in (("left", -1.0), ("right", 1.0)):
        arm = [f"{side}{name}" for name in ("UpperArm", "LowerArm", "Hand")]
        share = bust.weights[:, [bust.bones.index(bone) for bone in arm]].sum(1, keepdims=True)
        joint = bust.form.joints[f"{side}UpperArm"]
        angle = sign * np.radians(angle_deg)
        c, s = np.cos(angle), np.sin(angle)
        turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
        moved += share * ((positions - joint) @ turn.T + joint - positions)
    return moved


@cache
def usual_bust() -> Bust:
    """Return the body of the default shape: the coordinates in which garments are drawn."""
    return make_bust(HeadShape(chest=0.0))


@cache
def _joined() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each vertex the first one in its place, and for each face corner the same."""
    net = grids()
    first = np.arange(net.count)
    neck = slice(COLUMNS - NECK_COLUMNS, COLUMNS + NECK_COLUMNS + 1)
    for column in (0, -1):  # sides
        low = NECK_ROWS + YOKE_ROWS
        first[net.back[low:, column]] = net.front[low:, column]
        first[net.back[: NECK_ROWS + 1, neck][:, column]] = net.front[: NECK_ROWS + 1, neck][
            :, column
        ]
    first[net.back[NECK_ROWS, : neck.start]] = net.front[NECK_ROWS, : neck.start]
    first[net.back[NECK_ROWS, neck.stop :]] = net.front[NECK_ROWS, neck.stop :]
    yoke = slice(NECK_ROWS, NECK_ROWS + YOKE_ROWS + 1)
    for arm, column in ((net.left, -1), (net.right, 0)):
        first[arm[-1]] = arm[0]
        first[arm[: YOKE_ROWS + 1, 0]] = first[net.front[yoke, column]]
        first[arm[YOKE_ROWS:, 0]] = first[net.back[yoke, column][::-1]]
    return first, first[net.faces]


def grid_normals(positions: Array) -> Array:
    """Return unit normals (v, 3) of cloth or skin on the grids, smooth across their borders."""
    first, faces = _joined()
    corners = positions[grids().faces]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    sums = np.stack(
        [
            np.bincount(faces.ravel(), np.repeat(facing[:, axis], 3), minlength=len(positions))
            for axis in range(3)
        ],
        -1,
    )[first]
    found: Array = sums / np.maximum(np.linalg.norm(sums, axis=-1, keepdims=True), 1e-15)
    return found


def make_bust(shape: HeadShape) -> Bust:
    """Return the body of a shape."""
    form = BustForm(shape)
    origins, directions = _rays(form)
    half = _half_positions(form, origins, directions)
    net = grids()
    positions = np.zeros((net.count, 3))
    flip = np.array([-1.0, 1.0, 1.0])
    sheets: list[Array] = []
    for side in half:
        torso = side[:, : COLUMNS + 1]
        sheets.append(np.concatenate([torso[:, :0:-1] * flip, torso], 1))
    for sheet, places in zip((net.front, net.back), sheets, strict=True):
        positions[sheet[sheet >= 0]] = places[sheet >= 0]
    yoke = slice(NECK_ROWS, NECK_ROWS + YOKE_ROWS + 1)
    ring = np.concatenate([half[0][yoke, COLUMNS:], half[1][yoke, COLUMNS:][::-1][1:]])
    positions[net.left] = ring
    positions[net.right] = ring * flip
    normals = grid_normals(positions)
    weights, bones = _weights(form, positions)
    return Bust(form, positions, normals, weights, bones)


def _half_positions(form: BustForm, origins: Array, directions: Array) -> list[Array]:
    """Return the left half's front and back, (rows, columns, 3), the arm included."""
    both = np.stack([directions, directions * [1.0, 1.0, -1.0]])
    exists = _half_exists()
    found = np.zeros((2, *exists.shape, 3))
    found[:, exists] = form.surface(
        np.broadcast_to(origins[exists], (2, int(exists.sum()), 3)), both[:, exists]
    )
    seam = np.abs(directions[..., 2]) < 1e-9
    found[1][seam] = found[0][seam]
    return [found[0], found[1]]


def _half_exists() -> NDArray[np.bool_]:
    exists = np.zeros((ROWS + 1, COLUMNS + ARM_COLUMNS + 1), bool)
    exists[:, : NECK_COLUMNS + 1] = True
    exists[NECK_ROWS:, : COLUMNS + 1] = True
    exists[NECK_ROWS : NECK_ROWS + YOKE_ROWS + 1] = True
    return exists


def _rays(form: BustForm) -> tuple[Array, Array]:
    """Return for the nodes of the left half where rays start and where they point."""
    shape = form.shape
    rows, columns = ROWS + 1, COLUMNS + ARM_COLUMNS + 1
    origin, direction = np.zeros((rows, columns, 3)), np.zeros((rows, columns, 3))
    fixed = np.zeros((rows, columns), bool)
    base = NECK_ROWS + YOKE_ROWS
    joint = form.joints["leftUpperArm"]
    armpit_y = form.arm_y - 1.12 * shape.arm_radius
    neck_y = -shape.neck_length * 0.78
    # Neck: rings of the same angles.
    y = np.linspace(NECK_TOP_Y, neck_y, NECK_ROWS + 1)
    angle = np.radians(np.linspace(0, 90, NECK_COLUMNS + 1))
    ring = np.stack([np.sin(angle), np.zeros_like(angle), np.cos(angle)], -1)
    neck = slice(0, NECK_COLUMNS + 1)
    origin[: NECK_ROWS + 1, neck, 1] = y[:, None]
    origin[: NECK_ROWS + 1, neck, 2] = form.neck_middle(y)[:, None]
    direction[: NECK_ROWS + 1, neck] = ring
    fixed[:NECK_ROWS, neck] = True
    # Torso below the armpits.
    y = np.concatenate(
        [
            np.linspace(armpit_y - 0.012, min(armpit_y - 0.09, -0.27), 7),
            np.linspace(min(armpit_y - 0.09, -0.27), WAIST_Y, TORSO_ROWS - 5)[1:],
        ]
    )
    y = y[: TORSO_ROWS + 1]
    half, front, back = form.torso(y)
    share = np.linspace(0, 1, COLUMNS + 1)
    medial = np.maximum(half - (front - back) / 2, 0.0)
    angle = np.radians(90 * (0.75 * share + 0.25 * share**2))
    body = slice(0, COLUMNS + 1)
    origin[base:, body, 0] = medial[:, None] * np.minimum(1.25 * share, 1.0)
    origin[base:, body, 1] = y[:, None]
    origin[base:, body, 2] = ((front + back) / 2)[:, None]
    direction[base:, body] = np.stack([np.sin(angle), np.zeros_like(angle), np.cos(angle)], -1)
    fixed[base + 1 :, body] = True
    # Arms: rings about their axis.
    start = joint[0] + 0.028
    x = start + (form.hand_x - start) * np.linspace(0, 1, ARM_COLUMNS + 1) ** 1.12
    angle = np.radians(np.linspace(0, 180, YOKE_ROWS + 1))
    arm = slice(COLUMNS, columns)
    yoke = slice(NECK_ROWS, base + 1)
    origin[yoke, arm, 0] = x
    origin[yoke, arm, 1] = form.arm_y
    origin[yoke, arm, 2] = joint[2]
    direction[yoke, arm] = np.stack([np.zeros_like(angle), np.cos(angle), np.sin(angle)], -1)[
        :, None
    ]
    fixed[yoke, COLUMNS + 1 :] = True
    # The shoulder between them: its ridge looks up, all else is what lies between.
    ridge = np.linspace(0, 1, COLUMNS - NECK_COLUMNS + 1)
    r = shape.neck_radius
    tops = np.stack(
        [
            1.0 * r + (start - r) * ridge,
            neck_y + (form.arm_y - neck_y) * ridge,
            -0.012 + (joint[2] + 0.012) * ridge,
        ],
        -1,
    )
    tops[:, 1] -= 0.012 * (1 - ridge)
    tops[:, 0] -= 0.016 * (1 - ridge)
    lean = np.radians(40 * (1 - ridge) ** 2)
    origin[NECK_ROWS, NECK_COLUMNS : COLUMNS + 1] = tops
    direction[NECK_ROWS, NECK_COLUMNS : COLUMNS + 1] = np.stack(
        [np.sin(lean), np.cos(lean), np.zeros_like(lean)], -1
    )
    fixed[NECK_ROWS, NECK_COLUMNS : COLUMNS + 1] = True
    corner = np.array([np.sqrt(0.5), -np.sqrt(0.5), 0.0])
    direction[base, COLUMNS] = corner
    origin[base, COLUMNS] = [start - 0.030, armpit_y + 0.022, joint[2]]
    fixed[base, COLUMNS] = True
    return _relaxed(origin, direction, fixed)


def _relaxed(origin: Array, direction: Array, fixed: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Fill in what lies between fixed nodes, as a stretched skin would."""
    exists = _half_exists()
    both = np.concatenate([origin, direction], -1)
    # A first guess: between neck and ridge above and the armpits' height below.
    top, bottom = both[NECK_ROWS].copy(), both[NECK_ROWS + YOKE_ROWS].copy()
    for k in range(1, YOKE_ROWS):
        share = k / YOKE_ROWS
        both[NECK_ROWS + k, :COLUMNS] = (1 - share) * top[:COLUMNS] + share * bottom[:COLUMNS]
    free = exists & ~fixed
    free[:NECK_ROWS, :] = False
    known = exists.astype(float)
    count = np.zeros_like(known)
    padded = np.pad(known, 1)
    rows = slice(1, -1)
    count = padded[:-2, rows] + padded[2:, rows] + padded[rows, :-2] + padded[rows, 2:]
    mirror = np.array([-1.0, 1, 1, -1, 1, 1])
    lower = np.zeros_like(free)
    lower[NECK_ROWS + YOKE_ROWS, COLUMNS:] = True
    for _ in range(60):
        masked = np.pad(both * known[..., None], ((1, 1), (1, 1), (0, 0)))
        masked[1:-1, 0] = both[:, 1] * mirror * known[:, 1:2]  # across the middle
        mean = masked[:-2, rows] + masked[2:, rows] + masked[rows, :-2] + masked[rows, 2:]
        number = count.copy()
        number[:, 0] += 1
        mean = mean / np.maximum(number, 1)[..., None]
        both = np.where(free[..., None], mean, both)
    origin, direction = both[..., :3], both[..., 3:]
    direction[:, 0, 0] = 0.0
    origin[:, 0, 0] = 0.0
    # Front and back meet where rays stay in the frontal plane.
    seam = np.zeros_like(free)
    seam[: NECK_ROWS + 1, NECK_COLUMNS] = True
    seam[NECK_ROWS, NECK_COLUMNS:] = True
    seam[NECK_ROWS + YOKE_ROWS :, COLUMNS] = True
    seam[NECK_ROWS + YOKE_ROWS, COLUMNS:] = True
    direction[seam & exists, 2] = 0.0
    length = np.linalg.norm(direction, axis=-1, keepdims=True)
    return origin, direction / np.maximum(length, 1e-12)


def _weights(form: BustForm, positions: Array) -> tuple[Array, tuple[str, ...]]:
    """Return the bones' shares (v, b), which sum to 1."""
    joints = form.joints
    x, y = np.abs(positions[:, 0]), positions[:, 1]
    left = positions[:, 0] > 0

    def rise(value: Array, start: float | Array, end: float | Array) -> Array:
        t = np.clip((value - start) / (end - start), 0.0, 1.0)
        return t * t * (3 - 2 * t)

    shoulder, elbow, wrist = (
        float(joints[f"left{name}"][0]) for name in ("UpperArm", "LowerArm", "Hand")
    )
    r = form.shape.arm_radius
    # Above the joint the turn begins nearer to the neck, below it only at the armpit.
    height = np.clip((y - form.arm_y) / r, -1.0, 1.0)
    arm = rise(x, shoulder - 0.050 - 0.004 * height, shoulder + 0.038 - 0.004 * height)
    arm = arm * rise(y, joints["leftUpperArm"][1] - 2.6 * r, joints["leftUpperArm"][1] - 1.0 * r)
    arm = np.where(x > shoulder + 0.04, 1.0, arm)
    fore = rise(x, elbow - 0.035, elbow + 0.035)
    hand = rise(x, wrist - 0.02, wrist + 0.015)
    base = -form.shape.neck_length
    head = rise(y, 0.85 * base, -0.05 * base) * (x < 0.09)
    neck = rise(y, base - 0.022, 0.45 * base) * (x < 0.12)
    neck = neck * (1 - rise(x, 1.25 * form.shape.neck_radius, 2.3 * form.shape.neck_radius))
    collar = 0.75 * rise(x, 0.022, 0.8 * shoulder)
    collar = collar * rise(y, joints["leftUpperArm"][1] - 0.06, joints["leftUpperArm"][1])
    upper = rise(y, joints["upperChest"][1] - 0.05, joints["upperChest"][1] + 0.02)
    chest = rise(y, joints["chest"][1] - 0.04, joints["chest"][1] + 0.03)
    spine = rise(y, joints["spine"][1] - 0.03, joints["spine"][1] + 0.03)
    table: dict[str, Array] = {}
    rest = 1 - arm
    table["head"], rest = rest * head, rest * (1 - head)
    table["neck"], rest = rest * neck, rest * (1 - neck)
    for side, mask in (("left", left), ("right", ~left)):
        table[f"{side}Shoulder"] = rest * collar * mask
        table[f"{side}UpperArm"] = arm * (1 - fore) * mask
        table[f"{side}LowerArm"] = arm * fore * (1 - hand) * mask
        table[f"{side}Hand"] = arm * fore * hand * mask
    rest = rest * (1 - collar)
    table["upperChest"], rest = rest * upper, rest * (1 - upper)
    table["chest"], rest = rest * chest, rest * (1 - chest)
    table["spine"], table["hips"] = rest * spine, rest * (1 - spine)
    return np.stack(list(table.values()), -1), tuple(table)
