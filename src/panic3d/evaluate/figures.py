"""Whatever predictors make, drawn from the evaluation's cameras: pictures, depths, normals.

Figures are drawn by the rasteriser that draws the truth, so equal shapes give equal pictures.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64, UInt8
from numpy.typing import NDArray

from panic3d.evaluate.cases import ALL_MAPS, Maps, Prediction
from panic3d.evaluate.surface_metrics import Triangles
from panic3d.evaluate.visible_truth import posed_surface
from panic3d.formats.vrm import read_model
from panic3d.geometry.cameras import Camera, evaluation_cameras
from panic3d.geometry.character import (
    Character,
    Culling,
    Material,
    MeshPart,
    Node,
    Picture8,
    Primitive,
    TextureUse,
)
from panic3d.geometry.conventions import HEAD_BOX_M
from panic3d.geometry.meshes import Mesh, TexturedMesh
from panic3d.geometry.posing import Pose, PosedCharacter, posed
from panic3d.render.raster import Geometry, Rasteriser

SIZE = 512
"""Of the pictures, pixels."""

Rgba = UInt8[np.ndarray, "h w 4"]


@dataclass(frozen=True, eq=False)
class Figure:
    """Something to be drawn, and its surface."""

    posed: PosedCharacter
    surface: Triangles
    """World frame."""
    origin: Float64[np.ndarray, "3"]
    """Of the world frame, in the posed character's own."""


def _figure(primitive: Primitive, material: Material, images: tuple[Picture8, ...] = ()) -> Figure:
    character = Character(
        nodes=(Node(parent_from_node=np.eye(4)),),
        meshes=(MeshPart(node=0, primitives=(primitive,)),),
        materials=(material,),
        images=images,
    )
    surface = Triangles(primitive.positions.astype(np.float64), primitive.faces)
    return Figure(posed(character), surface, np.zeros(3))


def of_mesh(mesh: Mesh, culling: Culling = "none") -> Figure:
    """Return a mesh with colours at its vertices as a figure."""
    colours = np.ones((len(mesh.vertices), 4), np.float32)
    colours[:, :3] = _linear(mesh.colours)
    primitive = Primitive(
        positions=mesh.vertices,
        faces=mesh.faces,
        normals=mesh.normals,
        colours=colours,
        material=0,
    )
    return _figure(primitive, Material(unlit=True, culling=culling))


def of_bare(mesh: Mesh) -> Figure:
    """Return a mesh as a figure without its colours, which is drawn sooner: in middle grey."""
    grey = float(_linear(np.array([0.5], np.float32))[0])
    primitive = Primitive(
        positions=mesh.vertices, faces=mesh.faces, normals=mesh.normals, material=0
    )
    material = Material(unlit=True, culling="none", base_colour=(grey, grey, grey, 1.0))
    return _figure(primitive, material)


def of_textured(mesh: TexturedMesh) -> Figure:
    """Return a textured mesh as a figure."""
    primitive = Primitive(
        positions=mesh.vertices,
        faces=mesh.faces,
        normals=mesh.normals,
        uvs=(mesh.uvs,),
        material=0,
    )
    # Mipmaps would mix charts that lie side by side.
    use = TextureUse(image=0, wrap=("clamp", "clamp"), mipmaps=False)
    material = Material(unlit=True, culling="none", base_texture=use)
    return _figure(primitive, material, (_picture8(mesh.texture),))


def of_file(path: Path) -> Figure:
    """Return a head's file, a GLB in the world frame, as a figure.

    Raises:
        ModelError: it cannot be read.
    """
    figure = posed(read_model(path), Pose(arms_deg=0.0))
    return of_posed(figure, np.zeros(3))


def of_posed(figure: PosedCharacter, origin: Float64[np.ndarray, "3"]) -> Figure:
    """Return a posed model as a figure; all its triangles are its surface.

    Args:
        figure: the model.
        origin: of the world frame, in the model's own.
    """
    surface, _ = posed_surface(figure, origin)
    return Figure(figure, surface, origin)


def of_triangles(surface: Triangles) -> Figure:
    """Return a bare surface as a figure, both sides drawn, for its depths."""
    primitive = Primitive(
        positions=surface.vertices.astype(np.float32), faces=surface.faces, material=0
    )
    return _figure(primitive, Material(unlit=True, culling="none"))


def of_sheet(
    picture: Rgba, depth_m: float, box_m: float = HEAD_BOX_M, by_pixel: bool = False
) -> Figure:
    """Return a picture on a plane that faces the front camera, seen from both sides.

    Args:
        picture: square, straight RGBA; covers the box.
        depth_m: the plane's z, metres.
        box_m: the picture's width, metres.
        by_pixel: give the surface triangles no wider than a pixel, for those who keep or drop whole
            ones; else they are as wide as the picture is opaque.

    Returns:
        The figure; its surface is the part of the plane where the picture is at least half opaque,
        and has no triangles if it is so nowhere.
    """
    half = box_m / 2
    corners = [[-half, half], [half, half], [half, -half], [-half, -half]]
    primitive = Primitive(
        positions=np.array([[x, y, depth_m] for x, y in corners], np.float32),
        faces=np.array([[0, 2, 1], [0, 3, 2]], np.int32),
        normals=np.tile(np.array([0, 0, 1], np.float32), (4, 1)),
        uvs=(np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32),),
        material=0,
    )
    material = Material(
        unlit=True,
        culling="none",
        alpha_mode="BLEND",
        base_texture=TextureUse(image=0, wrap=("clamp", "clamp")),
    )
    drawn = _figure(primitive, material, (_picture8(picture),))
    solid = picture[..., 3] >= 128
    return Figure(drawn.posed, _cells(solid, depth_m, box_m, by_pixel), drawn.origin)


def _cells(solid: NDArray[np.bool_], depth_m: float, box_m: float, by_pixel: bool) -> Triangles:
    """Return two triangles for each marked pixel of a picture on a plane, or for each run of them.

    A run lies in one row.
    """
    size = len(solid)
    if by_pixel:
        row, first = np.nonzero(solid)
        last = first + 1
    else:
        edges = np.diff(solid.astype(np.int8), axis=1, prepend=0, append=0)
        row, first = np.nonzero(edges == 1)
        _, last = np.nonzero(edges == -1)
    numbers = np.arange((size + 1) ** 2, dtype=np.int32).reshape(size + 1, size + 1)
    a, b = numbers[row, first], numbers[row, last]
    c, d = numbers[row + 1, last], numbers[row + 1, first]
    faces = np.concatenate([np.stack([a, c, b], 1), np.stack([a, d, c], 1)])
    corners = np.zeros(numbers.size, bool)
    corners[faces] = True
    used = np.flatnonzero(corners)
    y, x = np.divmod(used, size + 1)
    vertices = np.stack([x / size - 0.5, 0.5 - y / size, np.full(len(used), depth_m / box_m)], 1)
    return Triangles(vertices * box_m, (np.cumsum(corners, dtype=np.int32) - 1)[faces])


def _linear(srgb: NDArray[np.float32]) -> NDArray[np.float32]:
    low = srgb / 12.92
    return np.where(srgb <= 0.04045, low, ((srgb + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _picture8(pixels: NDArray[np.uint8]) -> Picture8:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG", compress_level=1)
    return Picture8(data=buffer.getvalue())


# Drawing


def drawn(
    figure: Figure,
    rasteriser: Rasteriser,
    size: int = SIZE,
    cameras: Mapping[str, Camera] | None = None,
    maps: Maps = ALL_MAPS,
) -> Prediction:
    """Draw a figure from every camera of the evaluation.

    Args:
        figure: what to draw.
        rasteriser: draws.
        size: of the pictures.
        cameras: by name; None takes the 16 of the evaluation.
        maps: which depths, normals and pictures are drawn.
    """
    cameras = evaluation_cameras() if cameras is None else cameras
    views, depths, normals = {}, {}, {}
    with rasteriser.load(figure.posed, figure.origin) as scene:
        for name, camera in cameras.items():
            if name in maps.views:
                views[name] = rasteriser.colour(scene, camera, size)
            if name in maps.depths or name in maps.normals:
                depth, normal = planes_of(rasteriser.geometry(scene, camera, size))
                if name in maps.depths:
                    depths[name] = depth
                if name in maps.normals:
                    normals[name] = normal
    return Prediction(views, figure.surface, depths, normals)


def planes_of(
    seen: Geometry,
) -> tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w 3"]]:
    """Return depths and normals, NaN where nothing is."""
    nothing = seen.facing == 0
    depth, normal = seen.depth.copy(), seen.normal.copy()
    depth[nothing] = np.nan
    normal[nothing] = np.nan
    return depth, normal
