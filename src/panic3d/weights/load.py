"""From a file of weights to a network that runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from panic3d.config import from_dict
from panic3d.errors import ConfigError, WeightsError
from panic3d.models.face_finder import FaceFinder, FaceFinderConfig
from panic3d.models.feedforward import FeedForward, FeedForwardConfig
from panic3d.models.generator import Generator
from panic3d.models.generator_config import GeneratorConfig
from panic3d.models.landmarks import LandmarkConfig, LandmarkNetwork
from panic3d.models.linefill import (
    LineFillConfig,
    LineFillDiscriminator,
    LineFillDiscriminatorConfig,
    LineFiller,
)
from panic3d.models.matting import MattingConfig, MattingNetwork
from panic3d.models.stylegan2.discriminator import DualDiscriminator
from panic3d.models.stylegan2.discriminator_config import DiscriminatorConfig
from panic3d.models.tagger import FeatureProjection, FeatureProjectionConfig, Tagger, TaggerConfig
from panic3d.weights.shapes import (
    discriminator_tensor_shapes,
    face_finder_tensor_shapes,
    features_pca_tensor_shapes,
    feedforward_tensor_shapes,
    generator_tensor_shapes,
    landmarks_tensor_shapes,
    linefill_discriminator_tensor_shapes,
    linefill_tensor_shapes,
    lpips_tensor_shapes,
    matting_tensor_shapes,
    tagger_tensor_shapes,
    without_filters,
)
from panic3d.weights.store import About, Weights, find_weights, open_weights, read_about

Config = TypeVar("Config")
Network = TypeVar("Network", bound=nn.Module)


def load_generator(name_or_path: str | Path, folder: Path) -> Generator:
    """Build a generator and fill it, strictly. It is in evaluation mode, on the CPU, float32.

    Args:
        name_or_path: a name such as ``cvpr2023/reconstructor``, an alias such as
            ``cvpr2023``, or the path of a .safetensors file.
        folder: where named weights lie.

    Raises:
        WeightsError: the file is missing, damaged, or of another network.
        ConfigError: its configuration is none of a generator.
    """
    return _loaded(name_or_path, folder, "generator", GeneratorConfig, Generator)


def load_feedforward(name_or_path: str | Path, folder: Path) -> FeedForward:
    """Build our own generator and fill it, strictly; see `load_generator`."""
    return _loaded(name_or_path, folder, "feedforward", FeedForwardConfig, FeedForward)


def load_reconstructor(name_or_path: str | Path, folder: Path) -> Generator | FeedForward:
    """Build whichever network the weights are of; see `load_generator`."""
    path = find_weights(name_or_path, folder, network=("generator", "feedforward")).path
    if read_about(path).network == "feedforward":
        return load_feedforward(name_or_path, folder)
    return load_generator(name_or_path, folder)


def load_discriminator(name_or_path: str | Path, folder: Path) -> DualDiscriminator:
    """Build a discriminator and fill it, strictly. It is in evaluation mode, on the CPU.

    Raises:
        WeightsError: the file is missing, damaged, or of another network.
        ConfigError: its configuration is none of a discriminator.
    """
    return _loaded(name_or_path, folder, "discriminator", DiscriminatorConfig, DualDiscriminator)


def load_linefill(name_or_path: str | Path, folder: Path) -> LineFiller:
    """Build a line filler and fill it, strictly; see `load_generator`."""
    return _loaded(name_or_path, folder, "linefill", LineFillConfig, LineFiller)


def load_linefill_discriminator(name_or_path: str | Path, folder: Path) -> LineFillDiscriminator:
    """Build a line filler's adversary and fill it, strictly; see `load_generator`."""
    return _loaded(
        name_or_path,
        folder,
        "linefill_discriminator",
        LineFillDiscriminatorConfig,
        LineFillDiscriminator,
    )


def load_face_finder(name_or_path: str | Path, folder: Path) -> FaceFinder:
    """Build a face finder and fill it, strictly; see `load_generator`."""
    return _loaded(name_or_path, folder, "face_finder", FaceFinderConfig, FaceFinder)


def load_landmarks(name_or_path: str | Path, folder: Path) -> LandmarkNetwork:
    """Build a landmark network and fill it, strictly; see `load_generator`."""
    return _loaded(name_or_path, folder, "landmarks", LandmarkConfig, LandmarkNetwork)


def load_matting(name_or_path: str | Path, folder: Path) -> MattingNetwork:
    """Build a matting network and fill it, strictly; see `load_generator`."""
    return _loaded(name_or_path, folder, "matting", MattingConfig, MattingNetwork)


def load_tagger(name_or_path: str | Path, folder: Path) -> Tagger:
    """Build the tagger and fill it, strictly; see `load_generator`."""
    return _loaded(name_or_path, folder, "tagger", TaggerConfig, Tagger)


def load_feature_projection(name_or_path: str | Path, folder: Path) -> FeatureProjection:
    """Build the projection of the tagger's features and fill it; see `load_generator`."""
    return _loaded(name_or_path, folder, "features_pca", FeatureProjectionConfig, FeatureProjection)


def verify_weights(name_or_path: str | Path, folder: Path) -> Weights:
    """Read weights of any network completely and check everything that can be checked.

    Raises:
        WeightsError: the file is missing, damaged, or does not fit its configuration.
        ConfigError: its configuration is none of its network.
    """
    path = find_weights(name_or_path, folder).path
    return open_weights(name_or_path, folder, expected=_expected(path, read_about(path)))


def _loaded(
    name_or_path: str | Path,
    folder: Path,
    kind: str,
    config: type[Any],
    network: Callable[[Any], Network],
) -> Network:
    """Build a network by its configuration and fill it; it is frozen."""
    path = find_weights(name_or_path, folder, network=kind).path
    about = read_about(path)
    if about.network != kind:
        raise WeightsError(
            f"{path} holds a {about.network[:40]!a}, expected a {kind}: choose the right file"
        )
    # Shapes are compared before the network is made, so its size is that of the file.
    expected = _expected(path, about)
    tensors = open_weights(name_or_path, folder, expected=expected, network=kind).tensors
    made = network(_config(path, about, config))
    made.load_state_dict(tensors, strict=True)
    return made.eval().requires_grad_(False)


def _expected(path: Path, about: About) -> dict[str, tuple[int, ...]]:
    """The tensors that a file must have, by its configuration."""
    if about.network == "generator":
        return without_filters(generator_tensor_shapes(_config(path, about, GeneratorConfig)))
    if about.network == "discriminator":
        config = _config(path, about, DiscriminatorConfig)
        return without_filters(discriminator_tensor_shapes(config))
    if about.network == "feedforward":
        return feedforward_tensor_shapes(_config(path, about, FeedForwardConfig))
    if about.network == "features_pca":
        return features_pca_tensor_shapes(_config(path, about, FeatureProjectionConfig))
    if about.network == "face_finder":
        return face_finder_tensor_shapes(_config(path, about, FaceFinderConfig))
    if about.network == "landmarks":
        return landmarks_tensor_shapes(_config(path, about, LandmarkConfig))
    if about.network == "matting":
        return matting_tensor_shapes(_config(path, about, MattingConfig))
    if about.network == "lpips":
        return lpips_tensor_shapes()
    if about.network == "tagger":
        return tagger_tensor_shapes(_config(path, about, TaggerConfig))
    if about.network == "linefill":
        return linefill_tensor_shapes(_config(path, about, LineFillConfig))
    if about.network == "linefill_discriminator":
        return linefill_discriminator_tensor_shapes(
            _config(path, about, LineFillDiscriminatorConfig)
        )
    raise WeightsError(
        f"{path} holds a {about.network[:40]!a}, which panic3d does not know: update panic3d"
    )


def _config(path: Path, about: About, kind: type[Config]) -> Config:
    try:
        return from_dict(kind, about.config)
    except ConfigError as error:
        raise ConfigError(f"{path.with_suffix('.json')}: {error}") from error
