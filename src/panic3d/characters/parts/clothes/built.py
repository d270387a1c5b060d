"""Parts of clothes that are built, not cut: lofted strips and tubes that lie on the body."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from panic3d.characters.colour import Rgb, ramp
from panic3d.characters.parts.bust_mesh import Bust, grid_normals, grids
from panic3d.characters.parts.bust_paint import vertex_places
from panic3d.characters.parts.clothes.paint import shadow_tint, tone
from panic3d.characters.piece import Piece, Surface

Array = NDArray[np.float64]
Texture = UInt8[np.ndarray, "h w 4"]


class Fit:
    """A body with what it wears so far: where further parts lie and how they move."""

    def __init__(self, bust: Bust) -> None:
        """Start with bare skin."""
        self.bust = bust
        self.form = bust.form
        self.outer = bust.positions
        self._front: tuple[Array, cKDTree] | None = None
        self._near: tuple[Array, cKDTree, Array] | None = None

    @cached_property
    def _trees(self) -> tuple[cKDTree, cKDTree, NDArray[np.int64]]:
        torso = np.flatnonzero(~vertex_places().arm)
        return cKDTree(self.bust.positions), cKDTree(self.bust.positions[torso]), torso

    def weights(self, points: Array, torso_only: bool = False) -> dict[str, Array]:
        """Return the skinning of points (v, 3): that of the skin nearest to them."""
        whole, trunk, torso = self._trees
        far, near = (trunk if torso_only else whole).query(points, k=4)
        near = torso[near] if torso_only else near
        share = 1 / (far + 0.004) ** 2
        share /= share.sum(1, keepdims=True)
        table = (self.bust.weights[near] * share[..., None]).sum(1)
        if torso_only:
            arm = [k for k, bone in enumerate(self.bust.bones) if "Arm" in bone or "Hand" in bone]
            table[:, self.bust.bones.index("upperChest")] += table[:, arm].sum(1)
            table[:, arm] = 0.0
        # Four bones are all a vertex can follow.
        weakest = np.sort(table, 1)[:, -4:-3]
        table = np.where(table >= weakest, table, 0.0)
        table /= table.sum(1, keepdims=True)
        return {bone: table[:, k] for k, bone in enumerate(self.bust.bones) if table[:, k].any()}

    def front_z(self, x: Array, y: Array) -> Array:
        """Return how far forward the outermost cloth or skin is at (x, y)."""
        net = grids()
        front = net.front[net.front >= 0]
        if self._front is None or self._front[0] is not self.outer:
            self._front = (self.outer, cKDTree(self.outer[front][:, :2]))
        far, near = self._front[1].query(np.stack([x, y], -1), k=4)
        share = 1 / (far + 0.002) ** 2
        depth = self.outer[front][near, 2]
        found: Array = (share * depth).sum(-1) / share.sum(-1)
        return found

    def off_cloth(self, points: Array, gap: Array | float, on: bool = False) -> Array:
        """Return points (v, 3) moved out of the outermost cloth or skin.

        Args:
            points: in the head frame, no farther in than the cloth is thick.
            gap: metres by which they are above it at least.
            on: draw those farther out down to the gap as well.
        """
        cloth = self.outer
        if self._near is None or self._near[0] is not cloth:
            self._near = (cloth, cKDTree(cloth), grid_normals(cloth))
        _, tree, normals = self._near
        found = points.copy()
        for _ in range(2):
            _, near = tree.query(found, k=4)
            height = ((found[:, None] - cloth[near]) * normals[near]).sum(-1)
            lack = gap - (height.mean(-1) if on else height.min(-1))
            lack = np.clip(lack, -0.04 if on else 0.0, 0.012)
            found += lack[:, None] * normals[near[:, 0]]
        return found

    def around_neck(self, angle_deg: Array, y: Array, clearance: Array | float) -> Array:
        """Return points (..., 3) around the neck, off the skin by a clearance.

        Args:
            angle_deg: 0 in front, 90 at the left.
            y: heights.
            clearance: metres.
        """
        angle, y = np.broadcast_arrays(np.radians(angle_deg), np.asarray(y, np.float64))
        clearance = np.broadcast_to(np.asarray(clearance, np.float64), y.shape)
        r = self.form.neck_radius(y) + clearance
        points = np.stack(
            [r * np.sin(angle), y, self.form.neck_middle(y) + 0.93 * r * np.cos(angle)], -1
        )
        return self.form.pushed_out(points, clearance)

    @property
    def neck(self) -> float:
        """Length of the neck against the usual one: heights on the neck scale with it."""
        return self.form.shape.neck_length / 0.072

    @property
    def size(self) -> float:
        """Size of the torso against the usual one."""
        return self.form.scale


def strip_texture(
    colour: Rgb,
    lines: tuple[tuple[float, float, Rgb], ...] = (),
    dark: tuple[float, float] = (0.25, 0.25),
    ribs: int = 0,
    seed: int = 0,
) -> Texture:
    """Return the texture (64, 64) of a strip whose rows run across it.

    Args:
        colour: of the cloth.
        lines: (from, to, colour) along the strip, at shares of its width.
        dark: how dark it is towards its first and last row.
        ribs: number of knitted ribs across; 0: none.
        seed: of the soft unevenness along it.
    """
    v = (np.arange(64) + 0.5) / 64
    tint = np.asarray(shadow_tint(colour))
    pixels = np.empty((64, 64, 3))
    pixels[:] = colour
    for start, end, line in lines:
        share = np.clip((v - start) * 64 + 0.5, 0, 1) * np.clip((end - v) * 64 + 0.5, 0, 1)
        pixels += share[:, None, None] * (np.asarray(line) - pixels)
    amount = dark[0] * np.clip(1 - v / 0.4, 0, 1) ** 1.5 + dark[1] * np.clip((v - 0.6) / 0.4, 0, 1)
    u = (np.arange(64) + 0.5) / 64
    rng = np.random.default_rng(4200 + seed)
    uneven = sum(
        rng.uniform(0.3, 1.0) * np.sin(2 * np.pi * (k * u + rng.uniform())) for k in (2, 3, 5)
    )
    amount = amount[:, None] + 0.10 * np.maximum(uneven, 0)[None] * np.ones((64, 1))
    if ribs:
        amount = amount + 0.34 * (0.5 + 0.5 * np.sin(2 * np.pi * ribs * u))[None] ** 2
    pixels *= 1 - np.clip(amount, 0, 1)[..., None] * (1 - tint)
    return _texels(pixels)


def _texels(pixels: Array) -> Texture:
    found = np.full((*pixels.shape[:2], 4), 255, np.uint8)
    found[..., :3] = np.clip(pixels * 255 + 0.5, 0, 255)
    return found


def ball_texture(colour: Rgb, shine: float = 0.8) -> Texture:
    """Return the texture of something round and shiny: dark below, a glint above."""
    v = (np.arange(32) + 0.5) / 32
    stops = [
        (0.0, tone(colour, 0.10)),
        (0.35, colour),
        (0.75, tone(colour, -0.14, 1.1)),
        (1.0, tone(colour, -0.24, 1.1)),
    ]
    pixels = np.repeat(ramp(stops, v)[:, None], 32, 1)
    u = (np.arange(32) + 0.5) / 32
    glint = np.exp(-(((u[None] - 0.15) / 0.10) ** 2) - ((v[:, None] - 0.28) / 0.11) ** 2)
    pixels += shine * glint[..., None] * (1 - pixels)
    return _texels(pixels)


def cloth_surface(name: str, texture: Texture, colour: Rgb) -> Surface:
    """Return a surface seen from both sides."""
    return Surface(
        name=name, label="cloth", texture=texture, shade=shadow_tint(colour), culling="none"
    )


def loft(
    rows: Array, surface: Surface, fit: Fit, closed: bool = False, torso_only: bool = False
) -> Piece:
    """Return the surface through rows of points.

    Args:
        rows: (n, m, 3); the outside is on the left of a row seen with the next row below it.
        surface: how it looks; its texture's rows run along with the rows.
        fit: gives the skinning.
        closed: rows are closed curves, without the first point again.
        torso_only: do not follow the arms.
    """
    if closed:
        rows = np.concatenate([rows, rows[:, :1]], 1)
    n, m = rows.shape[:2]
    ids = np.arange(n * m).reshape(n, m)
    a, b, c, d = ids[:-1, :-1], ids[:-1, 1:], ids[1:, 1:], ids[1:, :-1]
    quads = np.stack([a, b, c, d], -1).reshape(-1, 4)
    faces = np.concatenate([quads[:, [0, 3, 2]], quads[:, [0, 2, 1]]]).astype(np.int32)
    margin = 0.5 / 64
    v, u = np.meshgrid(
        np.linspace(margin, 1 - margin, n), np.linspace(margin, 1 - margin, m), indexing="ij"
    )
    points = rows.reshape(-1, 3)
    return Piece(
        surface=surface,
        positions=points,
        faces=np.ascontiguousarray(faces),
        uvs=np.stack([u, v], -1).reshape(-1, 2),
        weights=fit.weights(points, torso_only),
        group="Cloth",
    )


def tube_rows(path: Array, radii: Array, sides: int, up: Array | None = None) -> Array:
    """Return rows (sides + 1, n, 3) around a path (n, 3) whose radii are (n,) or (n, 2).

    The second radius is the one towards `up` (world's up by default). A path that ends where it
    starts gives a ring.
    """
    radii = np.broadcast_to(radii[:, None], (len(path), 2)) if radii.ndim == 1 else radii
    ahead = np.gradient(path, axis=0)
    if np.allclose(path[0], path[-1], atol=1e-6):
        ahead[[0, -1]] = path[1] - path[-2]
    ahead /= np.maximum(np.linalg.norm(ahead, axis=-1, keepdims=True), 1e-12)
    helper = np.array([0.0, 1.0, 0.0]) if up is None else up
    side = np.cross(ahead, helper)
    side /= np.maximum(np.linalg.norm(side, axis=-1, keepdims=True), 1e-9)
    top = np.cross(side, ahead)
    angle = np.linspace(0, 2 * np.pi, sides + 1)[:, None, None]
    rows: Array = (
        path[None]
        + np.cos(angle) * (radii[:, 1:] * top)[None]
        - np.sin(angle) * (radii[:, :1] * side)[None]
    )
    return rows


def ball(centre: Array, radii: Array, surface: Surface, fit: Fit, torso_only: bool = True) -> Piece:
    """Return an ellipsoid."""
    polar, turn = np.linspace(0.05, np.pi - 0.05, 7), np.linspace(0, 2 * np.pi, 11)
    sphere = np.stack(
        [
            np.sin(polar)[:, None] * np.sin(turn),
            np.cos(polar)[:, None] * np.ones_like(turn),
            np.sin(polar)[:, None] * np.cos(turn),
        ],
        -1,
    )
    return loft(centre + sphere * radii, surface, fit, torso_only=torso_only)


def pillow(
    left: Array, right: Array, bulge: Array, surface: Surface, fit: Fit, flat: float = 0.25
) -> Piece:
    """Return a stuffed strip between two edges (n, 3): front and back, closed.

    Args:
        left: one edge.
        right: the other.
        bulge: (n,) half its thickness in the middle.
        surface: how it looks.
        fit: gives the skinning.
        flat: share of the bulge that goes backwards.
    """
    across = right - left
    along = np.gradient((left + right) / 2, axis=0)
    out = np.cross(along, across)
    out *= np.where(out[:, 2:] < 0, -1, 1)
    out /= np.maximum(np.linalg.norm(out, axis=-1, keepdims=True), 1e-12)
    columns = []
    for t in np.linspace(0, 1, 7):
        columns.append(
            left + t * across + (max(np.sin(np.pi * t), 0.0) ** 0.7 * bulge)[:, None] * out
        )
    for t in (0.75, 0.25):
        columns.append(left + t * across - (flat * bulge)[:, None] * out)
    rows = np.stack(columns, 0)
    rows = np.concatenate([rows, rows[:1]], 0)
    return loft(rows, surface, fit, torso_only=True)


def shoulder_strap(
    fit: Fit, x: float, low_y: float, width: float, surface: Surface, lean: float = 0.0
) -> Piece:
    """Return a narrow strap from the chest over the shoulder to the back.

    Args:
        fit: the body.
        x: of its middle on the shoulder; negative on the right.
        low_y: height of its ends.
        width: of the strap.
        surface: how it looks.
        lean: how much nearer to the middle plane its ends are.
    """
    angle = np.radians(np.linspace(-14, 194, 25))
    near = np.cos(angle) ** 2 * np.sign(x) * lean
    across = np.array([-0.5, -0.36, 0.0, 0.36, 0.5])
    origins = np.zeros((5, 25, 3))
    origins[..., 0] = x - near[None] + width * across[:, None]
    origins[..., 1] = low_y
    origins[..., 2] = -0.006
    directions = np.zeros((5, 25, 3))
    directions[..., 1], directions[..., 2] = np.sin(angle), np.cos(angle)
    skin = fit.form.surface(origins, directions)
    above = np.array([0.0006, 0.0030, 0.0034, 0.0030, 0.0006])[:, None, None]
    return loft(skin + above * fit.form.gradient(skin), surface, fit)
