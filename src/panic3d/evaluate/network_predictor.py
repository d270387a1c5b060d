"""Networks that are judged: each is fed as the pipeline feeds it, and its head taken as shipped.

In fixed mode that is what `panic3d reconstruct` saves: the finished mesh and `Head.picture`, of a
turned head upright, nothing cropped. In paper mode it is the paper's protocol: the raw surface of
its sheared grid, cropped, in the portrait's pose, and pictures truncated to 8 bits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, UInt8
from numpy.typing import NDArray
from torch import Tensor

from panic3d.config import from_dict
from panic3d.errors import ConfigError, MeshError
from panic3d.evaluate.cases import Prediction
from panic3d.evaluate.figures import drawn, of_textured
from panic3d.evaluate.prediction_tree import cut_from_white
from panic3d.evaluate.predictors import (
    Given,
    Predict,
    Predictor,
    Tools,
    digest_of,
    nothing,
    triangles_of,
)
from panic3d.evaluate.regions import Mode
from panic3d.geometry.cameras import evaluation_cameras
from panic3d.image import Picture
from panic3d.models.generator_config import GeneratorConfig
from panic3d.pipeline.mean_face import FRAME
from panic3d.weights.helpers import Helper, existing, helper_path, helpers_of
from panic3d.weights.store import find_weights, read_about

if TYPE_CHECKING:
    from panic3d.models.linefill import LineFiller
    from panic3d.pipeline.feeding import Feeding
    from panic3d.pipeline.head import HeadView, Settings
    from panic3d.pipeline.reconstruct import Head, Reconstructor

_KINDS = ("generator", "feedforward")


@dataclass(frozen=True)
class Network(Predictor):
    """A packed network, by its name or file."""

    name: str
    folder: Path
    """Where named weights lie."""
    seed: int = 0
    device: str = "cpu"
    helpers: str = ""
    """Weights of the tagger, its projection and the line filler: a set, or a folder with files of
    these names. By default those of the network's own set, or those beside its file, else
    those of `cvpr2023`."""

    @property
    def path(self) -> Path:
        """The file.

        Raises:
            WeightsError: there is none.
        """
        return find_weights(self.name, self.folder, network=_KINDS).path

    @property
    def config(self) -> GeneratorConfig | None:
        """Of a network of the paper's kind; our own looks at the drawing alone.

        Raises:
            WeightsError: there are no such weights.
            ConfigError: what their description says is none.
        """
        about = read_about(self.path)
        return from_dict(GeneratorConfig, about.config) if about.network == "generator" else None

    @property
    def digest(self) -> str:
        """Of its weights and those of its helpers, the seed and the device."""
        parts: list[object] = [read_about(self.path).weights_sha256, self.seed, self.device]
        config = self.config
        if config is not None:
            check_conditions(self.name, config)
            for helper in helpers_of(config):
                path = self.helper(helper)
                # A line filler is missed only where there are lines.
                known = read_about(path).weights_sha256 if path.is_file() else "absent"
                parts.append(f"{helper} {known}")
        return digest_of("network", *parts)

    def helper(self, kind: Helper) -> Path:
        """Return where the weights of a helper are looked for.

        Raises:
            WeightsError: there is no such set.
        """
        return helper_path(kind, self.name, self.path, self.folder, self.helpers)

    def existing(self, kind: Helper) -> Path:
        """Return the weights of a helper.

        Raises:
            WeightsError: they are missing.
        """
        return existing(kind, self.name, self.helper(kind))

    def open(self, tools: Tools) -> Predict:
        """Load it, and what it needs to be fed.

        Raises:
            WeightsError: weights are missing or broken, or do not fit each other.
            ConfigError: a single picture has not what the network asks for.
        """
        return _Judged(self, tools).predict


def check_conditions(name: str, config: GeneratorConfig) -> None:
    """Refuse a network that needs what a single picture has not.

    Raises:
        ConfigError: it is such.
    """
    mode = config.conditioning
    asked = {
        "true side views": mode.true_sides,
        "auxiliary side views": mode.drawn_sides,
        "pooled features of the tagger": mode.tagger_channels > 0,
    }
    odd = [what for what, there in asked.items() if there]
    if odd:
        raise ConfigError(
            f"{name} is conditioned on {', '.join(odd)} ({config.cond_mode}), which nothing here "
            "makes of a picture: save its heads yourself and give them as --predictions"
        )


class _Judged:
    """A network in one process."""

    def __init__(self, network: Network, tools: Tools) -> None:
        import torch

        from panic3d.pipeline.feeding import load_feeding
        from panic3d.pipeline.reconstruct import Reconstructor

        self.network, self.tools = network, tools
        self.config = network.config
        self.device = torch.device(network.device)
        self._feeding: Feeding | None = None
        self._filler: LineFiller | None = None
        if self.config is not None:
            check_conditions(network.name, self.config)
            channels = self.config.conditioning.chonk_channels
            if channels:
                self._feeding = load_feeding(
                    network.name,
                    network.path,
                    channels,
                    network.folder,
                    asked=network.helpers,
                    device=self.device,
                )
        self.reconstructor: Reconstructor = Reconstructor.from_pretrained(
            network.name, folder=network.folder
        )
        self.reconstructor.generator.to(self.device)
        self.usual = replace(self.reconstructor.settings, seed=network.seed)

    @property
    def direct(self) -> bool:
        """It is of our own kind."""
        return self.config is None

    def predict(self, given: Given) -> Prediction:
        """Judge one picture."""
        head = self.head(given)
        return self._paper(head, given) if given.mode == "paper" else self._fixed(head, given)

    def head(self, given: Given) -> Head:
        """Reconstruct.

        Raises:
            WeightsError: the line filler is needed and missing.
            ConfigError: the network's views are of another size than the benchmark's.
        """
        from panic3d.pipeline.reconstruct import Head

        if self.config is not None and self.config.image_size != given.size:
            raise ConfigError(
                f"{self.network.name} draws views of {self.config.image_size} pixels, those of the "
                f"benchmark have {given.size}: they cannot be compared"
            )
        picture, features = self._fed(given)
        self.reconstructor.settings = self._settings(given)
        found = self.reconstructor.reconstruct(
            picture,
            features=features,
            seed=self.network.seed,
            aligned=True,
            inside=None if given.inside is None else _of_frame(given.inside),
        )
        turn = given.camera_from_head if given.mode == "fixed" else None
        return Head(found.inner, turn)

    def _settings(self, given: Given) -> Settings:
        from panic3d.render.volume import Clouds

        if self.direct:
            return replace(self.usual, render_resolution=given.size)
        if given.mode == "paper":
            return self.usual
        return replace(self.usual, clouds=Clouds(cull=self.usual.clouds.cull))

    def _fed(self, given: Given) -> tuple[Picture, Tensor | None]:
        """Return what a network looks at, and the tagger's features of the drawing."""
        drawing = Picture(given.picture)
        features = None if self._feeding is None else self._feeding.features(drawing)
        if given.line_free is not None:
            return Picture(given.line_free), features
        if self.config is None or not self.config.conditioning.front or given.landmarks is None:
            return drawing, features
        return self._line_free(drawing, given.landmarks, given.mode), features

    def _line_free(self, drawing: Picture, landmarks: NDArray[np.float64], mode: Mode) -> Picture:
        from panic3d.pipeline.lines import remove_lines
        from panic3d.weights.load import load_linefill

        if self._filler is None:
            path = self.network.existing("linefill")
            self._filler = load_linefill(path, self.network.folder).to(self.device)
        return remove_lines(drawing, landmarks, self._filler, mode=mode).picture

    # What is compared

    def _paper(self, head: Head, given: Given) -> Prediction:
        from panic3d.render.volume import PAPER_CLOUDS

        inner, cameras = head.inner, evaluation_cameras()
        raw = inner.looked_at(replace(inner.settings, clouds=PAPER_CLOUDS))
        try:
            surface = triangles_of(raw.mesh("paper"))
        except MeshError:  # an empty field
            surface = None
        if not self.direct:
            return Prediction(
                {n: truncated(inner.view(c).image) for n, c in cameras.items()}, surface
            )
        try:
            return Prediction({n: head.picture(c).rgba for n, c in cameras.items()}, surface)
        except MeshError:
            return replace(nothing(given.size), surface=surface)

    def _fixed(self, head: Head, given: Given) -> Prediction:
        try:
            figure = of_textured(head.mesh().textured)
        except MeshError:  # an empty field
            return nothing(given.size)
        cameras = evaluation_cameras()
        # A field cannot be turned upright, its mesh can.
        by_mesh = not self.direct and head.camera_from_head is not None
        maps = given.maps if by_mesh else given.maps._replace(views=frozenset())
        shapes = drawn(figure, self.tools.rasteriser, given.size, maps=maps)
        views = shapes.views
        if self.direct:
            views = {n: head.picture(c).rgba for n, c in cameras.items()}
        elif not by_mesh:
            views = {n: rounded(head.inner.view(c)) for n, c in cameras.items()}
        return Prediction(views, figure.surface, shapes.depths, shapes.normals)


def _of_frame(inside: UInt8[np.ndarray, "s s"]) -> UInt8[np.ndarray, "512 512"]:
    """Bring what a picture shows to the size of the render frame."""
    from PIL import Image

    if len(inside) == FRAME:
        return inside
    return np.array(Image.fromarray(inside).resize((FRAME, FRAME), Image.Resampling.BILINEAR))


def truncated(image: Float[Tensor, "3 s s"]) -> UInt8[np.ndarray, "s s 4"]:
    """Return a rendered picture, opaque, on white; truncated to 8 bits, as the paper's are."""
    rgb = image.float().cpu().numpy().transpose(1, 2, 0)
    rgba = np.full((*rgb.shape[:2], 4), 255, np.uint8)
    rgba[..., :3] = (rgb.clip(0, 1) * 255).astype(np.uint8)
    return rgba


def rounded(seen: HeadView) -> UInt8[np.ndarray, "h w 4"]:
    """Return a rendered picture with the opacity of its rays as alpha; on white it is the same."""
    from PIL import Image

    image = seen.image.float().cpu().numpy()
    opacity = seen.view.opacity[0, 0].float().cpu().numpy()
    size = image.shape[-1]
    levels = Image.fromarray(np.rint(opacity.clip(0, 1) * 255).astype(np.uint8))
    rgb = np.rint(image.transpose(1, 2, 0).clip(0, 1) * 255).astype(np.uint8)
    alpha = np.array(levels.resize((size, size), Image.Resampling.BILINEAR))
    return cut_from_white(np.ascontiguousarray(rgb), alpha)
