"""The tagger's features of a portrait, as the paper's reconstructor takes them."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from panic3d.image import Picture
from panic3d.models.tagger import FeatureProjection, Tagger, TaggerFeatures, with_mirrored
from panic3d.ops.pictures import tensor_of
from panic3d.pipeline.head import exactly

BLACK = (0, 0, 0)


def feature_map(
    picture: Picture, tagger: Tagger, projection: FeatureProjection
) -> Float[Tensor, "2 k h w"]:
    """Return the projected features of every place: `resnet_chonk` of the conditions.

    Args:
        picture: the aligned portrait with its lines. It is laid on black.
        tagger: in eval mode; it is not changed.
        projection: to the channels of the condition.

    Returns:
        Of the picture and of its mirror image, 8 x 8 places if it is square. The reconstructor
        takes the first; the second is for training on mirrored pairs.
    """
    with exactly(next(tagger.parameters())):
        found: Tensor = projection(_seen(picture, tagger).layer4)
    return found


def feature_vector(
    picture: Picture, tagger: Tagger, projection: FeatureProjection
) -> Float[Tensor, "2 k"]:
    """Return the projected mean of all places: `resnet_feats`; see `feature_map`."""
    with exactly(next(tagger.parameters())):
        found: Tensor = projection(_seen(picture, tagger).pooled)
    return found


def _seen(picture: Picture, tagger: Tagger) -> TaggerFeatures:
    like = next(tagger.parameters())
    return tagger.features(with_mirrored(tensor_of(picture.on(BLACK))).to(like))
