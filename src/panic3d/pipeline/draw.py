"""Pictures of a textured mesh without a graphics driver: for previews, on any machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from panic3d.geometry.cameras import Camera, Orthographic
from panic3d.geometry.meshes import TexturedMesh
from panic3d.geometry.scanlines import PIECE, nearest, weights_of
from panic3d.image import Picture

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Numbers = NDArray[np.intp]

SAMPLES = 1024
"""Along a picture's side, at least; so a small picture of a fine texture does not flicker."""
SUPERSAMPLING = (2, 4)
"""Least and most samples along each side of a pixel."""

_ODD, _EVEN, _HALF = np.uint32(0x00FF00FF), np.uint32(0x0000FF00), np.uint32(0x00800080)


class Hits(NamedTuple):
    """Some of what a camera sees of a mesh: one entry for each sample."""

    pixel: Numbers
    """(n,) row times the picture's width plus column, in samples."""
    corners: Numbers
    """(3, n) vertices of the nearest triangle."""
    weights: Floats
    """(3, n) of the corners, on the surface; their sum is 1."""
    depth: Floats
    """(n,) metres along the camera's axis."""


class Drawer:
    """A textured mesh, ready to be drawn from many sides; safe to use from several threads."""

    def __init__(self, mesh: TexturedMesh) -> None:
        """Take a mesh in the world frame."""
        self.mesh = mesh
        height, width = mesh.texture.shape[:2]
        packed = np.zeros((height, width, 4), np.uint8)
        packed[..., :3] = mesh.texture
        self._texels = packed.view(np.uint32).reshape(-1)
        # Column by column: what is looked up for a million samples lies together.
        self._faces, self._uvs = mesh.faces.T.astype(np.intp), mesh.uvs.T.copy()
        self._normals = mesh.normals.T.copy()

    def hits(self, camera: Camera, size: int) -> Iterator[Hits]:
        """Find the surface at the middle of each sample, from either side.

        Args:
            camera: from where; all of the mesh lies in front of it.
            size: width and height, samples.

        Returns:
            All samples that are not empty, some at a time.
        """
        mesh = self.mesh
        matrix = np.linalg.inv(camera.world_from_camera())
        x, y, z = (mesh.vertices @ matrix[:3, :3].T + matrix[:3, 3]).T
        flat = isinstance(camera, Orthographic)
        if isinstance(camera, Orthographic):
            scale: NDArray[np.float64] | float = 1 / camera.width_m
            nearness = -z
        else:
            scale, nearness = camera.focal / z, 1 / z  # the inverse of depth is what runs evenly
        places = (np.stack([x * scale + 0.5, y * scale + 0.5], -1) * size).astype(np.float32)
        near = nearness.astype(np.float32)
        seen = nearest(places, mesh.faces, (size, size), near)
        for start in range(0, len(seen.pixel), PIECE):
            pixel = seen.pixel[start : start + PIECE]
            corners = self._faces.take(seen.face[start : start + PIECE], axis=1)
            weights = weights_of(places, corners, pixel, size)
            shares = near.take(corners) * weights
            total = shares.sum(0)
            if flat:
                yield Hits(pixel, corners, weights, -total)
            else:
                yield Hits(pixel, corners, shares / total, 1 / total)

    def colours(self, hits: Hits) -> Bytes:
        """Look the texture up, (n, 3) sRGB."""
        packed = self._looked_up(_mixed(self._uvs, hits))
        return packed.view(np.uint8).reshape(-1, 4)[:, :3]

    def normals(self, hits: Hits, camera: Camera) -> Floats:
        """Return unit normals in the camera's axes, (n, 3): x right, y up, z towards it."""
        turn = (camera.world_from_camera()[:3, :3] * (1, -1, -1)).astype(np.float32)
        found = _mixed(self._normals, hits).T @ turn
        length = np.linalg.norm(found, axis=1, keepdims=True)
        out: Floats = found / np.maximum(length, np.float32(1e-9))
        return out

    def picture(
        self, camera: Camera, size: int, paint: Callable[[Hits], Bytes] | None = None
    ) -> Picture:
        """Draw the mesh, unlit, both sides of its triangles, on nothing.

        Args:
            camera: from where; all of the mesh lies in front of it.
            size: width and height, pixels.
            paint: gives some samples their colours, (n, 3); None takes the texture's.
        """
        from PIL import Image

        least, most = SUPERSAMPLING
        fold = min(max(-(-SAMPLES // size), least), most)
        shape = (size * fold, size * fold)
        large = np.zeros((shape[0] * shape[1], 4), np.uint8)
        for hits in self.hits(camera, size * fold):
            rgba = np.full((len(hits.pixel), 4), 255, np.uint8)
            rgba[:, :3] = (paint or self.colours)(hits)
            large.view(np.uint32)[hits.pixel, 0] = rgba.view(np.uint32)[:, 0]
        # Nothing is half clear yet, and what is clear is black: that is premultiplied.
        image = Image.frombuffer("RGBa", shape, large, "raw", "RGBa", 0, 1)
        return Picture(np.array(image.reduce(fold).convert("RGBA")))

    def _looked_up(self, uvs: Floats) -> NDArray[np.uint32]:
        """Look the texture up between its texels, packed."""
        height, width = self.mesh.texture.shape[:2]
        x, fx = _places(uvs[0], width)
        y, fy = _places(uvs[1], height)
        at = y * width + x
        right, below = int(width > 1), width if height > 1 else 0
        look = self._texels.take
        upper = _blend(look(at), look(at + right), fx)
        lower = _blend(look(at + below), look(at + (below + right)), fx)
        return _blend(upper, lower, fy)


def draw_mesh(mesh: TexturedMesh, camera: Camera, size: int) -> Picture:
    """Draw a mesh once; see `Drawer.picture`."""
    return Drawer(mesh).picture(camera, size)


def _mixed(values: Floats, hits: Hits) -> Floats:
    """Mix the corners' values: of (c, v) of the vertices (c, n) of the samples."""
    a, b, c = hits.corners
    u, v, w = hits.weights
    return np.stack([own.take(a) * u + own.take(b) * v + own.take(c) * w for own in values])


def _places(along: Floats, size: int) -> tuple[NDArray[np.intp], NDArray[np.uint32]]:
    """Return the texels below texture coordinates, and 256ths of the way to the next ones."""
    fine = (along * np.float32(256 * size) - np.float32(127.5)).astype(np.int32)
    fine = fine.clip(0, 256 * (size - 1))
    low = np.minimum(fine >> 8, np.int32(max(size - 2, 0)))
    return low.astype(np.intp), (fine - (low << 8)).astype(np.uint32)


def _blend(
    a: NDArray[np.uint32], b: NDArray[np.uint32], share: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    """Mix packed bytes, 256ths of the second: red and blue at once, then green."""
    rest = np.uint32(256) - share
    odd = ((a & _ODD) * rest + (b & _ODD) * share + _HALF) >> np.uint32(8)
    # Green's product takes the 16 bits above its byte, which are free.
    even = (a & _EVEN) * rest + (b & _EVEN) * share + np.uint32(0x8000)
    out: NDArray[np.uint32] = (odd & _ODD) | ((even >> np.uint32(8)) & _EVEN)
    return out
