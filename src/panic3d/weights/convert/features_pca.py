"""The published projection of tagger features: a pickled scikit-learn PCA."""

from __future__ import annotations

from pathlib import Path

from panic3d.errors import WeightsError
from panic3d.files import file_sha256
from panic3d.models.tagger import PCA_CHANNELS
from panic3d.weights.convert.arrays import Array
from panic3d.weights.convert.converted import Converted, as_tensor
from panic3d.weights.convert.pickles import read_estimator
from panic3d.weights.convert.values import Instance, shown
from panic3d.weights.shapes import features_pca_tensor_shapes


def convert_features_pca(source: Path) -> Converted:
    """Convert the PCA: its first 512 components and its mean.

    Raises:
        UnsafePickleError: the file asks for something outside the list; nothing was run.
        WeightsError: it is damaged, or has fewer or whitened components.
    """
    estimator = read_estimator(source)
    state = estimator.state if isinstance(estimator, Instance) else None
    if not isinstance(state, dict):
        raise WeightsError(f"{source} holds no fitted PCA: choose the file pca.pkl")
    shapes = features_pca_tensor_shapes()
    components, mean = state.get("components_"), state.get("mean_")
    channels = shapes["mean"][0]
    fits = (
        isinstance(components, Array)
        and isinstance(mean, Array)
        and len(components.shape) == 2
        and components.shape[0] >= PCA_CHANNELS
        and components.shape[1] == channels
        and mean.shape == (channels,)
    )
    if not fits:
        sizes = [list(a.shape) if isinstance(a, Array) else shown(a) for a in (components, mean)]
        raise WeightsError(
            f"{source} has components {sizes[0]} and mean {sizes[1]}, expected [{PCA_CHANNELS} or "
            f"more, {channels}] and [{channels}]: choose the file pca.pkl"
        )
    assert isinstance(components, Array) and isinstance(mean, Array)
    if state.get("whiten", False) is not False:
        raise WeightsError(
            f"{source} whitens its output, the published projection does not: choose the pca.pkl "
            "of the authors' archive"
        )
    first = as_tensor(source, "components_", components)[:PCA_CHANNELS].clone()
    return Converted(
        name="cvpr2023/features_pca",
        network="features_pca",
        config={"components": PCA_CHANNELS, "features": channels},
        tensors={"components": first, "mean": as_tensor(source, "mean_", mean)},
        made_from=f"first {PCA_CHANNELS} of {components.shape[0]} components of {source.name}",
        source_sha256=file_sha256(source, WeightsError),
    )
