"""From a portrait to a head: weights, the picture as a condition, and what artists call on it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from panic3d.errors import PictureError
from panic3d.geometry.cameras import Camera, Orthographic, Perspective
from panic3d.geometry.grids import GridMode
from panic3d.image import Picture, read_picture
from panic3d.models.feedforward import FeedForward
from panic3d.models.generator import Generator
from panic3d.ops.pictures import picture_of, tensor_of
from panic3d.pipeline.direct import (
    DIRECT_SETTINGS,
    portrait_tensor,
    reconstruct_directly,
    sized,
    with_matte,
)
from panic3d.pipeline.draw import draw_mesh
from panic3d.pipeline.head import HeadField, Settings, reconstruct
from panic3d.pipeline.head_mesh import FinishedHead, HeadMesh, RawHead, Rotation
from panic3d.pipeline.mesh_options import MeshOptions
from panic3d.pipeline.prepare import Prepared
from panic3d.pipeline.untrained import demo_generator
from panic3d.weights.load import load_reconstructor
from panic3d.weights.store import DEFAULT_FOLDER

RANDOM = "random"
"""The name of an untrained network, for trying the machinery."""


SMALLEST_FRONT, LARGEST_FRONT = 512, 1024
"""Sizes between which a portrait is put back, pixels."""


class Head:
    """A reconstructed head."""

    def __init__(self, inner: HeadField, camera_from_head: Rotation | None = None) -> None:
        """Take a field.

        Args:
            inner: the head as the portrait shows it.
            camera_from_head: how it is turned there, which meshes undo; None looks straight ahead.
        """
        self.inner, self.camera_from_head = inner, camera_from_head
        self._finished: dict[MeshOptions, FinishedHead] = {}

    def mesh(self, mode: GridMode = "fixed", options: MeshOptions | None = None) -> HeadMesh:
        """Return the surface, to be saved or looked at.

        Args:
            mode: ``fixed`` for a surface worth opening: whole, smooth, decimated, painted, upright;
                ``paper`` for the raw one of the paper's evaluation.
            options: of the former; None takes the usual ones.
        """
        if mode != "fixed":
            return HeadMesh(RawHead(self.inner, mode))
        return HeadMesh(self._finish(options or MeshOptions()))

    def _finish(self, options: MeshOptions) -> FinishedHead:
        """Return the finished head; it is computed once for all that ask for the same."""
        made = FinishedHead(self.inner, options, self.camera_from_head)
        return self._finished.setdefault(options, made)

    def render(
        self,
        azimuth_deg: float = 0.0,
        elevation_deg: float = 0.0,
        *,
        orthographic: bool = False,
    ) -> Picture:
        """Return a view of the head.

        Args:
            azimuth_deg: positive towards the subject's left.
            elevation_deg: positive from above.
            orthographic: parallel rays over the whole head box instead of a 30 degree camera.
        """
        kind: type[Camera] = Orthographic if orthographic else Perspective
        camera = kind(azimuth_deg=float(azimuth_deg), elevation_deg=float(elevation_deg))
        return self.picture(camera)

    def picture(self, camera: Camera) -> Picture:
        """Return a view of the head, with the portrait's pixels put back.

        The paper's networks have their field rendered, on white. Our own makes hard surfaces: its
        textured mesh is drawn, on nothing.

        Args:
            camera: where to look from.
        """
        inner = self.inner
        if isinstance(inner.generator, FeedForward):
            size = inner.settings.render_resolution or inner.generator.config.render_resolution
            return draw_mesh(self._finish(MeshOptions()).textured, camera, size)
        return picture_of(inner.view(camera).image)


class Reconstructor:
    """A generator, ready to turn portraits into heads."""

    def __init__(
        self, generator: Generator | FeedForward, settings: Settings | None = None
    ) -> None:
        """Take a generator; it is put into eval mode.

        Args:
            generator: the paper's, or our own.
            settings: how heads are looked at; None takes what suits the generator.
        """
        self.generator = generator.eval().requires_grad_(False)
        usual = DIRECT_SETTINGS if isinstance(generator, FeedForward) else Settings()
        self.settings = settings or usual

    @classmethod
    def from_pretrained(
        cls,
        name: str | Path,
        settings: Settings | None = None,
        *,
        folder: Path | None = None,
        seed: int = 0,
    ) -> Reconstructor:
        """Load a reconstructor.

        Args:
            name: a name that ``panic3d weights list`` prints, the path of a ``.safetensors``
                file that ``panic3d weights convert`` wrote, or ``random`` for a small untrained
                network.
            settings: how heads are looked at; None takes what suits the network.
            folder: where named weights lie; None takes `DEFAULT_FOLDER` in the home folder.
            seed: of the untrained network.

        Raises:
            WeightsError: there are no such weights, or they are broken.
        """
        if str(name) == RANDOM:
            return cls(demo_generator(seed), settings)
        where = Path.home() / DEFAULT_FOLDER if folder is None else folder
        return cls(load_reconstructor(name, where), settings)

    def reconstruct(
        self,
        portrait: str | Path | Picture | Prepared,
        *,
        features: Tensor | None = None,
        seed: int = 0,
    ) -> Head:
        """Turn an aligned portrait into a head.

        Args:
            portrait: what a `panic3d.pipeline.prepare.Preparer` made of any picture; or the head
                from the front in the render frame: square, the paper's 0.7 m window, on a
                transparent or white background.
            features: the tagger's map (1, K, 8, 8), for networks conditioned on it.
            seed: of the latent, for networks that have one.

        Raises:
            PictureError: the picture cannot be read or is not square.
            ShapeError: the network needs features and there are none.
        """
        if isinstance(portrait, Prepared):
            portrait = portrait.result
        picture = portrait if isinstance(portrait, Picture) else read_picture(portrait)
        width, height = picture.size
        if width != height:
            raise PictureError(
                f"the portrait has {width} x {height} pixels, an aligned one is square: crop it "
                "to the head"
            )
        if isinstance(self.generator, FeedForward):
            whole = portrait_tensor(with_matte(picture))
            whole = sized(whole, min(max(width, SMALLEST_FRONT), LARGEST_FRONT))
            return Head(reconstruct_directly(self.generator, whole, self.settings))
        front = self._front(self.generator, picture)
        conditions = {"image_ortho_front": front}
        if features is not None:
            conditions["resnet_chonk"] = features
        return Head(reconstruct(self.generator, conditions, self.settings, seed=seed))

    def _front(self, generator: Generator, picture: Picture) -> Tensor:
        front = tensor_of(picture.on((255, 255, 255)))
        size = generator.config.image_size
        if picture.size[0] != size:
            front = torch.nn.functional.interpolate(
                front, (size, size), mode="bilinear", align_corners=False, antialias=True
            )
        return front.to(next(generator.parameters()))
