"""A reconstructed head as people use it: meshes, views, files."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from threading import RLock

import torch
from torch import Tensor

from panic3d.geometry.cameras import Camera, Orthographic, Perspective
from panic3d.geometry.grids import GridMode
from panic3d.image import Picture
from panic3d.models.feedforward import FeedForward
from panic3d.ops.pictures import picture_of
from panic3d.pipeline.draw import Drawer
from panic3d.pipeline.field_file import Field, read_field, write_field
from panic3d.pipeline.head import HeadField
from panic3d.pipeline.head_mesh import FinishedHead, HeadMesh, RawHead, Rotation
from panic3d.pipeline.mesh_options import MeshOptions
from panic3d.pipeline.origin import MeshFormat, Origin

_CLEAR = 1 / 255


class Head:
    """A reconstructed head; it may be used from several threads at once."""

    def __init__(
        self,
        inner: HeadField,
        camera_from_head: Rotation | None = None,
        *,
        options: MeshOptions | None = None,
        mesh_format: MeshFormat = "glb",
        origin: Origin | None = None,
    ) -> None:
        """Take a field.

        Args:
            inner: the head as the portrait shows it.
            camera_from_head: how it is turned there, which meshes undo; None looks straight ahead.
            options: of its mesh; None takes the usual ones.
            mesh_format: in which a folder has it besides ``head.glb``.
            origin: what it was made from; None knows nothing.
        """
        self.inner, self.camera_from_head = inner, camera_from_head
        self.options, self.mesh_format = options or MeshOptions(), mesh_format
        self.origin = origin or Origin()
        self._finished: dict[MeshOptions, FinishedHead] = {}
        self._lock = RLock()

    @classmethod
    def load(cls, path: str | Path, device: torch.device | str = "cpu") -> Head:
        """Read what `save` wrote: the same head, to the bit.

        Args:
            path: of a ``field.safetensors``.
            device: where to compute.

        Raises:
            WeightsError: it is missing, cut short, damaged or foreign.
        """
        field = read_field(path, device)
        return cls(
            field.inner,
            field.camera_from_head,
            options=field.mesh,
            mesh_format=field.mesh_format,
            origin=field.origin,
        )

    def save(self, path: str | Path) -> None:
        """Write the head itself, ``field.safetensors``; see `panic3d.pipeline.field_file`.

        Raises:
            ConfigError: it was not made of a portrait.
            WeightsError: the file cannot be written.
        """
        turn = self.camera_from_head
        write_field(path, Field(self.inner, turn, self.options, self.mesh_format, self.origin))

    def mesh(self, mode: GridMode = "fixed", options: MeshOptions | None = None) -> HeadMesh:
        """Return the surface, to be saved or looked at.

        Args:
            mode: ``fixed`` for a surface worth opening: whole, smooth, decimated, painted, upright;
                ``paper`` for the raw one of the paper's evaluation.
            options: of the former; None takes the head's own.
        """
        if mode != "fixed":
            return HeadMesh(RawHead(self.inner, mode))
        return HeadMesh(self._finish(options or self.options))

    def _finish(self, options: MeshOptions) -> FinishedHead:
        """Return the finished head; it is computed once for all that ask for the same."""
        with self._lock:
            made = FinishedHead(self.inner, options, self.camera_from_head)
            return self._finished.setdefault(options, made)

    @cached_property
    def drawer(self) -> Drawer:
        """Draws the finished mesh.

        Raises:
            MeshError: the field is empty.
        """
        with self._lock:
            return Drawer(self._finish(self.options).textured)

    @property
    def is_drawn(self) -> bool:
        """Views are drawings of the finished mesh; else they are rendered from the field."""
        return isinstance(self.inner.generator, FeedForward)

    @property
    def view_size(self) -> int:
        """Width and height of views, pixels."""
        inner = self.inner
        if self.is_drawn:
            return inner.settings.render_resolution or inner.generator.config.render_resolution
        return inner.generator.config.image_size

    def render(
        self,
        azimuth_deg: float = 0.0,
        elevation_deg: float = 0.0,
        *,
        orthographic: bool = False,
    ) -> Picture:
        """Return a view of the head, on nothing.

        Args:
            azimuth_deg: positive towards the subject's left.
            elevation_deg: positive from above.
            orthographic: parallel rays over the whole head box instead of a 30 degree camera.
        """
        kind: type[Camera] = Orthographic if orthographic else Perspective
        camera = kind(azimuth_deg=float(azimuth_deg), elevation_deg=float(elevation_deg))
        return self.picture(camera)

    def picture(self, camera: Camera) -> Picture:
        """Return a view of the head on nothing, with the portrait's pixels put back.

        The paper's networks have their field rendered, in the portrait's pose. Our own makes hard
        surfaces: its finished mesh is drawn.

        Args:
            camera: where to look from.
        """
        if self.is_drawn:
            return self.drawer.picture(camera, self.view_size)
        view = self.inner.view(camera)
        return _on_nothing(view.image, view.view.opacity)


def _on_nothing(image: Tensor, opacity: Tensor) -> Picture:
    """Take the white out that a rendered picture (3, s, s) is on, by its opacity (1, 1, r, r)."""
    size = tuple(image.shape[-2:])
    if opacity.shape[-2:] != size:
        opacity = torch.nn.functional.interpolate(
            opacity.float(), size, mode="bilinear", align_corners=False, antialias=True
        )
    alpha = opacity[0, 0].float().clamp(0, 1)
    bare = 1 + (image.float() - 1) / alpha.clamp_min(_CLEAR)
    return picture_of(torch.where(alpha > _CLEAR, bare, torch.ones_like(bare)), alpha)
