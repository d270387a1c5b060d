"""From a portrait to a head: weights, and the picture as a condition."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from panic3d.errors import ConfigError, PictureError
from panic3d.image import Picture, read_picture
from panic3d.models.feedforward import FeedForward
from panic3d.models.generator import Generator
from panic3d.ops.pictures import tensor_of
from panic3d.pipeline.direct import (
    DIRECT_SETTINGS,
    plane_tensor,
    portrait_tensor,
    reconstruct_directly,
    sized_picture,
    with_matte,
)
from panic3d.pipeline.feeding import Feeding, load_feeding
from panic3d.pipeline.head import Settings, reconstruct
from panic3d.pipeline.head_mesh import Rotation
from panic3d.pipeline.mean_face import FRAME
from panic3d.pipeline.mesh_options import MeshOptions
from panic3d.pipeline.origin import MeshFormat, Origin, small_source
from panic3d.pipeline.own_pixels import largest_front, own_pixels, own_size
from panic3d.pipeline.preparation_options import PrepareOptions
from panic3d.pipeline.prepare import Prepared, Preparer
from panic3d.pipeline.stage_pictures import stage_files
from panic3d.pipeline.untrained import demo_generator
from panic3d.pipeline.whole_head import Head
from panic3d.weights.load import load_reconstructor
from panic3d.weights.preparation import preparation_set
from panic3d.weights.store import DEFAULT_FOLDER, find_weights, read_about

__all__ = ["RANDOM", "Head", "Reconstructor"]

RANDOM = "random"
"""The name of an untrained network, for trying the machinery."""


class Reconstructor:
    """A generator, ready to turn portraits into heads; several threads may share it."""

    def __init__(
        self,
        generator: Generator | FeedForward,
        settings: Settings | None = None,
        *,
        preparer: Preparer | None = None,
        weights: str = "",
        weights_sha256: str | None = None,
        feeding: Callable[[], Feeding] | None = None,
    ) -> None:
        """Take a generator; it is put into eval mode.

        Args:
            generator: the paper's, or our own.
            settings: how heads are looked at; None takes what suits the generator.
            preparer: of portraits that are not aligned; None takes none.
            weights: what reports call the generator's weights.
            weights_sha256: their digest.
            feeding: loads what makes features of a portrait, for generators that take some; None:
                they are given with each.
        """
        self.generator = generator.eval().requires_grad_(False)
        usual = DIRECT_SETTINGS if isinstance(generator, FeedForward) else Settings()
        self.settings = settings or usual
        self.preparer, self.weights, self.weights_sha256 = preparer, weights, weights_sha256
        self._feeding: Feeding | None = None
        self._load_feeding = feeding
        self._loading = threading.Lock()

    @classmethod
    def from_pretrained(
        cls,
        name: str | Path,
        settings: Settings | None = None,
        *,
        folder: Path | None = None,
        seed: int = 0,
        prepare_weights: str | Path | None = None,
        device: torch.device | str = "cpu",
    ) -> Reconstructor:
        """Load a reconstructor.

        Args:
            name: a name that ``panic3d weights list`` prints, the path of a ``.safetensors``
                file that ``panic3d weights convert`` wrote, or ``random`` for a small untrained
                network.
            settings: how heads are looked at; None takes what suits the network.
            folder: where named weights lie; None takes `DEFAULT_FOLDER` in the home folder.
            seed: of the untrained network.
            prepare_weights: of the networks that prepare portraits, each loaded when it is first
                needed; see `panic3d.weights.preparation.find_preparation`. None takes what
                belongs to the name. A folder may have the tagger of the paper's networks too, and
                its projection (``tagger.safetensors``, ``features_pca.safetensors``).
            device: where to compute.

        Raises:
            WeightsError: there are no such weights, or they are broken.
        """
        where = Path.home() / DEFAULT_FOLDER if folder is None else folder
        preparer = Preparer.from_pretrained(
            prepare_weights or preparation_set(str(name)), folder=where, device=device
        )
        generator: Generator | FeedForward
        feeding: Callable[[], Feeding] | None = None
        if str(name) == RANDOM:
            generator, called, digest = demo_generator(seed), RANDOM, None
        else:
            path = find_weights(name, where, network=("generator", "feedforward")).path
            about = read_about(path)
            generator, called, digest = (
                load_reconstructor(name, where),
                about.name,
                about.weights_sha256,
            )
            if isinstance(generator, Generator):
                feeding = _feeding_of(generator, str(name), path, where, prepare_weights, device)
        return cls(
            generator.to(device),
            settings,
            preparer=preparer,
            weights=called,
            weights_sha256=digest,
            feeding=feeding,
        )

    def feeding(self) -> Feeding | None:
        """Return what makes features of portraits; loaded when it is first needed.

        Raises:
            WeightsError: weights for it are missing or broken.
        """
        with self._loading:
            if self._feeding is None and self._load_feeding is not None:
                self._feeding = self._load_feeding()
        return self._feeding

    def reconstruct(
        self,
        portrait: str | Path | Picture | Prepared,
        *,
        features: Tensor | None = None,
        seed: int = 0,
        aligned: bool = False,
        inside: UInt8[np.ndarray, "512 512"] | None = None,
        prepare: PrepareOptions | None = None,
        options: MeshOptions | None = None,
        mesh_format: MeshFormat = "glb",
        source: str = "",
    ) -> Head:
        """Turn a portrait into a head.

        Args:
            portrait: any picture of a character; or what a `panic3d.pipeline.prepare.Preparer`
                made of one.
            features: the tagger's map (1, K, 8, 8), for networks conditioned on it; None makes it
                of the portrait with its lines.
            seed: of the latent, for networks that have one.
            aligned: the picture already is the head from the front in the render frame: square,
                the paper's 0.7 m window, on a transparent or white background. So is every picture
                for a Reconstructor that has nothing to prepare pictures with.
            inside: of an aligned picture, how much of each pixel of the render frame the picture
                shows that it was made of, 255 is all; None: all of it.
            prepare: how to find, align and cut out the head; None takes the usual ways.
            options: of the mesh; None takes the usual ones.
            mesh_format: in which a folder has the mesh besides ``head.glb``.
            source: the portrait's name, for its records.

        Raises:
            PictureError: the picture cannot be read, shows no face, or is not square.
            WeightsError: weights that prepare the picture, or make features of it, are missing.
            ShapeError: the network needs features and there are none.
            ConfigError: `aligned` and `prepare` are both given, or nothing prepares pictures; or
                `inside` is given with a picture that is prepared, which tells it.
        """
        if aligned and prepare is not None:
            raise ConfigError("an aligned picture is not prepared: leave aligned or prepare out")
        if prepare is not None and self.preparer is None:
            raise ConfigError(
                "this Reconstructor has nothing that prepares pictures: make it by "
                "from_pretrained, or give an aligned picture and leave prepare out"
            )
        if self.preparer is not None and not aligned and not isinstance(portrait, Prepared):
            portrait = self.preparer.prepare(portrait, prepare or PrepareOptions())
        prepared = portrait if isinstance(portrait, Prepared) else None
        if prepared is not None and inside is not None:
            raise ConfigError("what a prepared picture shows is known: leave inside out")
        drawing = None if prepared is None or prepared.aligned is None else prepared.aligned.picture
        if isinstance(portrait, Prepared):
            portrait = portrait.result
        picture = portrait if isinstance(portrait, Picture) else read_picture(portrait)
        width, height = picture.size
        if width != height:
            raise PictureError(
                f"the portrait has {width} x {height} pixels, an aligned one is square: crop it "
                "to the head"
            )
        turn: Rotation | None = None
        origin = Origin(
            source=small_source(picture),
            weights=self.weights,
            weights_sha256=self.weights_sha256,
        )
        if prepared is not None:
            turn = prepared.located.alignment.camera_from_head
            origin = replace(
                origin,
                source=small_source(prepared.portrait.picture),
                frame_from_source=prepared.located.alignment.to_frame,
                stages=stage_files(prepared, {"file": source}),
            )
        front = _put_back(picture, prepared, options or MeshOptions())
        origin = replace(origin, prepared=front)
        whole = portrait_tensor(front.rgba)
        if isinstance(self.generator, FeedForward):
            view = None if prepared is None else portrait_tensor(with_matte(picture))
            if self.generator.config.reads_inside:
                shown = inside if prepared is None else _shown(prepared)
                origin = replace(origin, inside=shown)
            inner = reconstruct_directly(
                self.generator,
                whole,
                self.settings,
                view=view,
                inside=None if origin.inside is None else plane_tensor(origin.inside),
            )
        else:
            conditions = {"image_ortho_front": self._front(self.generator, picture)}
            feeding = self.feeding() if features is None else None
            if feeding is not None:
                features = feeding.features(drawing or Picture(with_matte(picture)))
            if features is not None:
                conditions["resnet_chonk"] = features
            inner = reconstruct(
                self.generator, conditions, self.settings, seed=seed, portrait=whole
            )
        return Head(inner, turn, options=options, mesh_format=mesh_format, origin=origin)

    def _front(self, generator: Generator, picture: Picture) -> Tensor:
        front = tensor_of(picture.on((255, 255, 255)))
        size = generator.config.image_size
        if picture.size[0] != size:
            front = torch.nn.functional.interpolate(
                front, (size, size), mode="bilinear", align_corners=False, antialias=True
            )
        return front.to(next(generator.parameters()))


def _feeding_of(
    generator: Generator,
    name: str,
    path: Path,
    folder: Path,
    prepare_weights: str | Path | None,
    device: torch.device | str,
) -> Callable[[], Feeding] | None:
    """Return what loads the tagger that a generator takes features of; None if it takes none."""
    channels = generator.config.conditioning.chonk_channels
    if not channels:
        return None
    own = prepare_weights is not None and (Path(prepare_weights) / "tagger.safetensors").is_file()
    asked = str(prepare_weights) if own else ""
    return partial(load_feeding, name, path, channels, folder, asked=asked, device=device)


def _shown(prepared: Prepared) -> UInt8[np.ndarray, "512 512"] | None:
    """Return what of the frame a portrait shows; None if it is all of it."""
    aligned = prepared.aligned
    return None if aligned is None or aligned.inside.min() == 255 else aligned.inside


def _put_back(picture: Picture, prepared: Prepared | None, options: MeshOptions) -> Picture:
    """Return the portrait as it is put back, cut out; in bytes, as the field file holds it."""
    if prepared is None:
        most = largest_front(options.texture_size)
        return sized_picture(with_matte(picture), min(max(picture.size[0], FRAME), most))
    size = own_size(prepared.located.alignment.to_frame, options.texture_size)
    return Picture(with_matte(own_pixels(prepared, size, options.ink)))
