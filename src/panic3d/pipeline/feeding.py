"""What networks of the paper's kind are told besides the picture: a tagger's features of it."""

from __future__ import annotations

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from panic3d.errors import WeightsError
from panic3d.image import Picture
from panic3d.models.tagger import FeatureProjection, Tagger
from panic3d.pipeline.features import feature_map
from panic3d.pipeline.preparation_networks import UsedWeights
from panic3d.weights.helpers import Helper, existing, helper_path
from panic3d.weights.load import load_feature_projection, load_tagger
from panic3d.weights.store import read_about


class Feeding:
    """A tagger and the projection of its features.

    Args:
        tagger: in eval mode.
        projection: to the channels of the condition.
        fed_by: what reports call them.
    """

    def __init__(
        self, tagger: Tagger, projection: FeatureProjection, fed_by: tuple[UsedWeights, ...] = ()
    ) -> None:
        self.tagger, self.projection, self.fed_by = tagger, projection, fed_by

    def features(self, drawing: Picture) -> Float[Tensor, "1 k h w"]:
        """Return the map of an aligned portrait with its lines; 8 x 8 places."""
        return feature_map(drawing, self.tagger, self.projection)[:1]


def load_feeding(
    name: str,
    path: Path,
    channels: int,
    folder: Path,
    *,
    asked: str = "",
    device: torch.device | str = "cpu",
) -> Feeding:
    """Load what feeds a network.

    Args:
        name: of the network that is fed.
        path: its file.
        channels: that it takes.
        folder: where named weights lie.
        asked: a set of weights, or a folder with files of their own; see
            `panic3d.weights.helpers.helper_path`.
        device: where to compute.

    Raises:
        WeightsError: one is missing or broken, or they make fewer channels.
    """
    kinds: tuple[Helper, ...] = ("tagger", "features_pca")
    files = {
        kind: existing(kind, name, helper_path(kind, name, path, folder, asked)) for kind in kinds
    }
    tagger = load_tagger(files["tagger"], folder)
    projection = load_feature_projection(files["features_pca"], folder)
    if projection.config.components < channels:
        raise WeightsError(
            f"{name} takes {channels} features and the projection makes "
            f"{projection.config.components}: give --prepare-weights a folder with those that "
            "it was trained with"
        )
    abouts = {kind: read_about(file) for kind, file in files.items()}
    return Feeding(
        tagger.to(device),
        projection.to(device),
        tuple(
            UsedWeights(kind, about.name, about.weights_sha256) for kind, about in abouts.items()
        ),
    )
