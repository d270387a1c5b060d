"""A head's mesh as people get it: finished, painted, upright, in the format of their program."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from panic3d.errors import ConfigError
from panic3d.formats.head_glb import write_head
from panic3d.formats.obj import write_obj
from panic3d.formats.ply import write_ply
from panic3d.formats.stl import write_stl
from panic3d.geometry.atlas import atlas
from panic3d.geometry.charts import FrontChart, lay_out
from panic3d.geometry.face_hull import NOSE
from panic3d.geometry.grids import GridMode
from panic3d.geometry.meshes import Mesh, TexturedMesh
from panic3d.geometry.turning import turned_back
from panic3d.geometry.unwrap import Layout
from panic3d.models.feedforward import FeedForward
from panic3d.pipeline.bake import baked, colours_of
from panic3d.pipeline.finish import Surface, finished
from panic3d.pipeline.head import HeadField, exactly
from panic3d.pipeline.mean_face import BONE, mean_face, turned
from panic3d.pipeline.mesh_options import MeshOptions
from panic3d.pipeline.pinholes import plugged
from panic3d.pipeline.surface import level_set, surface_level

Rotation = Float64[np.ndarray, "3 3"]

FORMATS = (".glb", ".obj", ".ply", ".stl")
"""How names of mesh files end."""


class RawHead:
    """A surface as marching cubes leaves it, in the portrait's pose."""

    thin = False

    def __init__(self, inner: HeadField, mode: GridMode) -> None:
        self._inner, self._mode = inner, mode

    @cached_property
    def mesh(self) -> Mesh:
        """Coloured by the field."""
        return self._inner.mesh(self._mode)

    @cached_property
    def textured(self) -> TexturedMesh:
        """The portrait's pixels put back."""
        return self._inner.textured(self.mesh)


class FinishedHead:
    """A surface worth opening; see `panic3d.pipeline.finish` and `panic3d.pipeline.bake`."""

    def __init__(
        self,
        inner: HeadField,
        options: MeshOptions | None = None,
        camera_from_head: Rotation | None = None,
    ) -> None:
        """Keep what is needed; nothing is computed yet.

        Args:
            inner: the head, as the portrait shows it.
            options: None takes the usual ones.
            camera_from_head: how the head is turned in the portrait, about its bone; None looks
                straight ahead.
        """
        self._inner, self.options = inner, options or MeshOptions()
        self._turn = camera_from_head

    @cached_property
    def surface(self) -> Surface:
        """The finished surface, in the portrait's pose.

        Raises:
            MeshError: the field is empty.
        """
        inner = self._inner
        level = surface_level(inner.settings.clouds)
        alpha = None if inner.matte is None else inner.matte[0, 0].float().cpu().numpy()
        with exactly(inner.planes):
            grid = plugged(inner.surface_grid(), level, alpha)
            vertices, faces, _ = level_set(grid, level)
            middle = mean_face().points_m.mean(0, keepdims=True)
            x, y, z = turned(middle, self._turn)[0].tolist()
            return finished(
                vertices,
                faces,
                inner.field,
                inner.planes,
                level,
                self.options,
                face_m=(x, y, z),
                box_m=inner.march.box_m,
                matte=alpha,
            )

    @cached_property
    def _laid_out(self) -> tuple[Layout, FrontChart | None]:
        surface, options = self.surface, self.options
        where = (surface.vertices, surface.faces, surface.normals, options.texture_size)
        if options.unwrap == "xatlas":
            return atlas(*where), None
        inner = self._inner
        front = inner.front if inner.portrait is None else inner.portrait
        pixels = options.texture_size // 2 if front is None else front.shape[-1]
        return lay_out(*where, pixels, inner.march.box_m)

    @cached_property
    def in_portrait(self) -> TexturedMesh:
        """The painted surface as the portrait shows it.

        Raises:
            MeshError: the field is empty.
            MissingDependencyError: the unwrapping needs a package that is not there.
        """
        layout, chart = self._laid_out
        inner = self._inner
        with exactly(inner.planes):
            return baked(
                self.surface,
                layout,
                chart,
                inner.field,
                inner.planes,
                inner.pasted_front(),
                self.options.texture_size,
                self._carries_on,
                turned(mean_face().points_m[NOSE : NOSE + 1], self._turn)[0].astype(np.float32),
            )

    @property
    def _carries_on(self) -> bool:
        unseen = self.options.unseen
        ours = isinstance(self._inner.generator, FeedForward)
        return unseen == "portrait" or (unseen == "auto" and ours)

    @cached_property
    def textured(self) -> TexturedMesh:
        """The painted surface, upright unless the options keep its pose."""
        found = self.in_portrait
        if self._turn is None or self.options.keep_pose:
            return found
        x, y, z = BONE.tolist()
        vertices, normals = turned_back(found.vertices, found.normals, self._turn, (x, y, z))
        return TexturedMesh(
            vertices=vertices,
            faces=found.faces,
            normals=normals,
            uvs=found.uvs,
            texture=found.texture,
        )

    @cached_property
    def mesh(self) -> Mesh:
        """The same without seams, coloured at its vertices."""
        layout, painted, surface = self._laid_out[0], self.textured, self.surface
        vertices, normals = np.empty_like(surface.vertices), np.empty_like(surface.normals)
        vertices[layout.vertices] = painted.vertices
        normals[layout.vertices] = painted.normals
        return Mesh(
            vertices=vertices,
            faces=surface.faces,
            normals=normals,
            colours=colours_of(painted, layout.vertices, len(vertices)),
            source="finished",
        )

    @property
    def thin(self) -> bool:
        """Parts of it are sheets."""
        return self.surface.thin


class HeadMesh:
    """A mesh that can be saved."""

    def __init__(self, painted: FinishedHead | RawHead) -> None:
        """Keep a mesh.

        Args:
            painted: makes each form of it when that is first asked for.
        """
        self.painted = painted

    @property
    def mesh(self) -> Mesh:
        """The mesh, coloured at its vertices."""
        return self.painted.mesh

    @property
    def textured(self) -> TexturedMesh:
        """The mesh with its texture."""
        return self.painted.textured

    def save(self, path: str | Path) -> None:
        """Write the mesh; the format follows the name.

        ``.glb`` and ``.obj`` have the texture (OBJ in two further files, see
        `panic3d.formats.obj.companions`), ``.ply`` has colours at its vertices, ``.stl`` has none.

        Raises:
            ConfigError: the name has another ending.
            Panic3dError: a file cannot be written.
        """
        path = Path(path)
        kind = path.suffix.lower()
        if kind not in FORMATS:
            raise ConfigError(
                f"{path} ends in {path.suffix!r}: meshes are written as {', '.join(FORMATS)}"
            )
        if kind == ".glb":
            write_head(self.textured, path, double_sided=self.painted.thin)
        elif kind == ".obj":
            write_obj(self.textured, path)
        elif kind == ".ply":
            write_ply(self.mesh, path)
        else:
            write_stl(self.mesh.vertices, self.mesh.faces, path)
