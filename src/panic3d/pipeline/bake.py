"""Painting a laid out head: the portrait's own pixels in front, what it does not show elsewhere."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from panic3d.geometry.charts import FACING, FrontChart
from panic3d.geometry.face_hull import NOSE
from panic3d.geometry.gutters import RINGS, filled
from panic3d.geometry.meshes import TexturedMesh
from panic3d.geometry.scan import Scan, scan
from panic3d.geometry.unwrap import Layout
from panic3d.geometry.visibility import DepthMap, depth_map, on_picture
from panic3d.pipeline.finish import Surface
from panic3d.pipeline.front_colours import FAINT, Paint, bled, resized
from panic3d.pipeline.mean_face import mean_face
from panic3d.pipeline.seams import carried
from panic3d.pipeline.skin import unlike_skin
from panic3d.pipeline.strands import contrast, crown_of, strands
from panic3d.pipeline.texture import Front
from panic3d.pipeline.unseen_colours import continued
from panic3d.render.volume import Field

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]
Numbers = NDArray[np.intp]

SLANTED = (0.2, 0.4)
"""Cosines to the front camera between which the portrait takes over, and is carried on from: where
a pixel of it would be stretched to several it shows as a comb, and what meets there, a cheek and
the hair before it, is drawn with a line."""
_AROUND = 3 / 512
"""Of the portrait's width, around a vertex: the mean there is what the field's colour is held
against."""
_EDGE = 5 / 512
"""Of the portrait's width: nearer to the figure's edge what it shows is not carried on, for there
it is shaded or outlined; twice as far it is in full."""
_REACH = 8 / 512
"""Of the portrait's width: so far its colours are bled over what it does not show, as where a
picture ends above the shoulders; twice as far they are gone. Further they would make streaks."""
_AHEAD_M = 0.03
"""So far before a head's middle the network is believed where it sees skin; behind, networks that
learned little repeat the face."""
_LOOK = 1024
"""Pixels across, if the portrait has half as many, at which one looks what hides what: coarser ones
show as teeth below the chin, and far finer ones than the portrait's let its edges run over."""


def baked(
    surface: Surface,
    layout: Layout,
    chart: FrontChart | None,
    field: Field,
    like: torch.Tensor,
    front: Front | None,
    size: int,
    carry_on: bool = False,
    nose_m: Floats | None = None,
) -> TexturedMesh:
    """Paint a surface.

    In the front chart every texel is a pixel of the portrait. Elsewhere texels have the portrait's
    colour where the front camera sees them, and the field's, tinted to meet the portrait's, where
    it does not.

    Args:
        surface: in the portrait's frame.
        layout: of the surface.
        chart: where the portrait lies in it; None for a layout without.
        field: gives the colours.
        like: has the device and dtype that the field wants.
        front: the portrait; None leaves it out.
        size: side of the texture, texels.
        carry_on: what the camera does not see takes the portrait's colours from around instead,
            see `panic3d.pipeline.unseen_colours`.
        nose_m: (3,) where the nose is in the portrait's frame: by the face skin is told from hair
            then. None: the mean face's that looks straight ahead.
    """
    if nose_m is None:
        nose_m = mean_face().points_m[NOSE].astype(np.float32)
    texels = scan(layout.places, layout.faces, (size, size))
    if front is None:
        chart = None
    elif chart is not None:
        front = resized(front, chart.portrait_size)
    texture, known = np.zeros((size * size, 3), np.uint8), np.zeros(size * size, bool)
    laid = np.zeros(len(surface.faces), bool) if chart is None else chart.faces
    if front is not None:
        paint = bled(front.colour, front.alpha)
        looked = max(len(front.alpha), min(2 * len(front.alpha), _LOOK))
        depth = depth_map(surface.vertices, surface.faces, front.box_m, looked)
        around = _around(surface, field, like, depth, paint)
        unseen = around.continued(surface, nose_m) if carry_on else None
        if chart is not None:
            _lay(paint, chart, texture.reshape(size, size, 3), known.reshape(size, size))
            covered = texels.pixel
            # There the portrait is in place, and where no corner is slanted it stays as it is.
            facing = surface.normals[:, 2][surface.faces].min(1)
            near = _nearness(surface.vertices, paint, front.box_m)[surface.faces].min(1)
            texels = _some(texels, ~(laid & (facing >= SLANTED[1]) & (near == 1))[texels.face])
    corners, weights = surface.faces[texels.face], texels.weights
    points = _mixed(surface.vertices, corners, weights)
    if front is not None:
        normals = _mixed(surface.normals, corners, weights)
        share = _share(points, normals, depth, paint, laid[texels.face])[:, None]
        if chart is not None:
            doubtful = ~laid[texels.face] | (share[:, 0] < 1)
            texels = _some(texels, doubtful)
            _open(known.reshape(size, size), covered, texels.pixel)
            corners, weights = corners[doubtful], weights[doubtful]
            points, share = points[doubtful], share[doubtful]
    if front is None:
        colours = _colours(field, points, like)
    else:
        if unseen is None:
            tint = _mixed(around.tint, corners, weights)
            colours = (_colours(field, points, like) + tint).clip(0, 1)
        else:
            colours = _with_strands(_mixed(unseen, corners, weights), points, surface)
        colours += share * (_bilinear(paint.colour, points, front.box_m) - colours)
    texture[texels.pixel] = _levels(colours)
    known[texels.pixel] = True
    return TexturedMesh(
        vertices=surface.vertices[layout.vertices],
        faces=layout.faces,
        normals=surface.normals[layout.vertices],
        uvs=(layout.places / size).clip(0, 1).astype(np.float32),
        texture=filled(texture.reshape(size, size, 3), known.reshape(size, size)),
    )


def _with_strands(carried_on: Floats, points: Floats, surface: Surface) -> Floats:
    """Return (m, 3) colours (m, 4) with strands of the contrast that is their last column."""
    colours, strength = carried_on[:, :3], carried_on[:, 3:]
    lighter = strands(points, crown_of(surface.vertices))[:, None]
    found: Floats = (colours * (1 + strength * lighter)).clip(0, 1)
    return found


def colours_of(mesh: TexturedMesh, of: Ints, vertices: int) -> Floats:
    """Return (v, 3) what a texture shows at vertices, sRGB in [0, 1].

    Args:
        mesh: its vertices at seams are doubled.
        of: (w,) which vertex each of them is.
        vertices: how many there are.
    """
    size = len(mesh.texture)
    column, row = (mesh.uvs * size).astype(np.int32).T.clip(0, size - 1)
    shown = mesh.texture[row, column].astype(np.float64) / 255
    count = np.maximum(np.bincount(of, minlength=vertices), 1)
    total = [np.bincount(of, shown[:, k], vertices) for k in range(3)]
    out: Floats = (np.stack(total, 1) / count[:, None]).astype(np.float32)
    return out


def _levels(colours: Floats) -> NDArray[np.uint8]:
    return np.rint(colours.clip(0, 1) * 255).astype(np.uint8)


def _colours(field: Field, points: Floats, like: torch.Tensor) -> Floats:
    with torch.no_grad():
        found = field.value(torch.from_numpy(np.ascontiguousarray(points)).to(like))[:, :3]
    out: Floats = found.clamp(0, 1).float().cpu().numpy()
    return out


def _lay(paint: Paint, chart: FrontChart, texture: NDArray[np.uint8], known: Bools) -> None:
    """Put the portrait into its chart, pixel for texel."""
    left, top, right, bottom = chart.box
    last = len(paint.alpha) - 1
    rows, columns = (np.arange(*ends).clip(0, last) for ends in ((top, bottom), (left, right)))
    column, row = chart.corner
    where = (slice(row, row + bottom - top), slice(column, column + right - left))
    texture[where] = _levels(paint.colour[rows[:, None], columns])
    known[where] = True


def _mixed(values: Floats, corners: Ints, weights: Floats) -> Floats:
    """Return (m, c) values of vertices (v, c) between a face's corners (m, 3)."""
    found = values[corners[:, 0]] * weights[:, :1]
    for k in (1, 2):
        found += values[corners[:, k]] * weights[:, k : k + 1]
    out: Floats = found.astype(np.float32, copy=False)
    return out


def _some(texels: Scan, which: Bools) -> Scan:
    return Scan(texels.pixel[which], texels.face[which], texels.weights[which])


def _open(known: Bools, covered: Numbers, doubtful: Numbers) -> None:
    """Take back what the portrait laid down next to texels that will have other colours."""
    from scipy.ndimage import binary_dilation

    size = known.shape[1]
    row, column = np.divmod(doubtful, size)
    area = (slice(0, int(row.max(initial=0)) + RINGS + 1), slice(None))
    other = np.zeros_like(known[area])
    other[row, column] = True
    near = binary_dilation(other, np.ones((3, 3), bool), iterations=RINGS)
    near.reshape(-1)[covered[covered < near.size]] = False
    known[area] &= ~near


class _Around(NamedTuple):
    """What vertices know of the portrait around their place in it."""

    shown: Floats
    """(v, 3) its colours there, if it shows them."""
    contrast: Floats
    """(v,) how much they change there from lock to lock."""
    held: Floats
    """(v,) how much these are the figure's very own, 0 to 1."""
    own: Floats
    """(v, 3) the field's colours."""
    tint: Floats
    """(v, 3) what is to be added to those."""

    def continued(self, surface: Surface, nose_m: Floats) -> Floats:
        """Return (v, 4) the portrait's colours and their contrast, carried on to all vertices.

        Skin beside the face is the network's, and has no strands.
        """
        own = (self.own + self.tint).clip(0, 1)
        shown = np.concatenate([self.shown, self.contrast[:, None]], 1)
        found = continued(shown, self.held, own, surface.vertices, surface.faces)
        other = unlike_skin(own, self.held, found[:, :3], surface.vertices, nose_m)
        z = surface.vertices[:, 2]
        ahead = ((z - np.median(z)) / _AHEAD_M).clip(0, 1)
        found[:, :3] += ((1 - other) * ahead * (1 - self.held))[:, None] * (own - found[:, :3])
        found[:, 3] *= other
        return found


def _around(
    surface: Surface, field: Field, like: torch.Tensor, depth: DepthMap, paint: Paint
) -> _Around:
    from scipy.ndimage import distance_transform_edt, uniform_filter

    size = len(paint.alpha)
    own = paint.own.astype(np.float32)[..., None]
    side = 2 * max(round(_AROUND * size), 3) + 1
    total = uniform_filter(paint.colour * own, (side, side, 0), mode="nearest")
    weight = uniform_filter(own, (side, side, 0), mode="nearest")
    column, row = on_picture(surface.vertices, depth.box_m, size).astype(int).T.clip(0, size - 1)
    seen = ~depth.hidden(surface.vertices, surface.normals) & (surface.normals[:, 2] > FACING)
    seen &= weight[row, column, 0] > 0.5 / side
    shown = total[row, column] / np.maximum(weight[row, column], 1e-6)
    colours = _colours(field, surface.vertices, like)
    facing = _facing(surface.normals[:, 2])
    sure = seen & (facing > 0.5)
    tint = carried(shown - colours, sure if sure.any() else seen, surface.vertices, surface.faces)
    # The picture's border is no edge of the figure.
    figure = np.pad(paint.alpha >= FAINT, 1, mode="edge")
    within = distance_transform_edt(figure)[1:-1, 1:-1][row, column] / (size * _EDGE)
    held = (seen * (within - 1).clip(0, 1) * facing).astype(np.float32)
    changes = contrast(paint.colour, paint.own)[row, column]
    return _Around(shown, changes, held if held.any() else seen.astype(np.float32), colours, tint)


def _share(points: Floats, normals: Floats, depth: DepthMap, paint: Paint, laid: Bools) -> Floats:
    """Return how much of each point's colour the portrait gives, 0 to 1."""
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    normals = (normals / np.maximum(length, 1e-9)).astype(np.float32)
    facing = _facing(normals[:, 2])
    alpha = _bilinear(paint.alpha[..., None], points, depth.box_m)[:, 0]
    seen = laid | (~depth.hidden(points, normals) & (alpha >= FAINT))
    out: Floats = facing * seen * _nearness(points, paint, depth.box_m)
    return out.astype(np.float32)


def _facing(cosine: Floats) -> Floats:
    """Return 0 where a surface is too slanted for the portrait to 1."""
    t = ((cosine - SLANTED[0]) / (SLANTED[1] - SLANTED[0])).clip(0, 1)
    out: Floats = t * t * (3 - 2 * t)
    return out


def _nearness(points: Floats, paint: Paint, box_m: float) -> Floats:
    """Return 1 where the portrait's colours are its own or bled a little, 0 far from there."""
    size = len(paint.alpha)
    column, row = on_picture(points, box_m, size).astype(int).T.clip(0, size - 1)
    out: Floats = (2 - paint.away[row, column] / np.float32(_REACH)).clip(0, 1)
    return out


def _bilinear(picture: Floats, points: Floats, box_m: float) -> Floats:
    """Return (m, c) what the front picture shows at points."""
    size = len(picture)
    place = (on_picture(points, box_m, size) - 0.5).clip(0, size - 1)
    low = np.minimum(place.astype(np.int32), size - 2)
    (x, y), (fx, fy) = low.T, (place - low).astype(np.float32).T[..., None]
    upper = picture[y, x] * (1 - fx) + picture[y, x + 1] * fx
    lower = picture[y + 1, x] * (1 - fx) + picture[y + 1, x + 1] * fx
    out: Floats = upper * (1 - fy) + lower * fy
    return out
