"""The published tagger: a Lightning checkpoint of `waning_kate`, a ResNet-50."""

from __future__ import annotations

from pathlib import Path

from panic3d.config import from_dict, to_dict
from panic3d.errors import WeightsError
from panic3d.files import file_sha256
from panic3d.models.tagger import FEATURE_CHANNELS, TaggerConfig
from panic3d.weights.convert.checkpoints import epoch_of, option, read_arrays
from panic3d.weights.convert.converted import Converted, as_tensors, plain
from panic3d.weights.shapes import tagger_tensor_shapes


def convert_tagger(source: Path) -> Converted:
    """Convert the tagger's checkpoint. The number of tags is read off its last layer.

    Raises:
        UnsafePickleError: the file asks for something outside the list; nothing was run.
        WeightsError: it is damaged, or holds another network.
        ConfigError: it was trained on pictures of an absurd size.
    """
    arrays, checkpoint = read_arrays(source)
    head = arrays.get("resnet.fc.weight")
    if head is None or len(head.shape) != 2 or head.shape[1] != FEATURE_CHANNELS:
        raise WeightsError(
            f"{source} has {'no' if head is None else 'an odd'} resnet.fc.weight, expected [tags, "
            f"{FEATURE_CHANNELS}]: choose the tagger's checkpoint"
        )
    options = plain("hyper_parameters", checkpoint.get("hyper_parameters", {}))
    size = option(options, "largs", "danbooru_sfw", "size", usual=TaggerConfig.size)
    config = from_dict(TaggerConfig, {"tags": head.shape[0], "size": size})
    return Converted(
        name="cvpr2023/tagger",
        network="tagger",
        config=to_dict(config),
        tensors=as_tensors(source, arrays, tagger_tensor_shapes(config)),
        made_from=f"{source.name}, {epoch_of(checkpoint)}",
        source_sha256=file_sha256(source, WeightsError),
        training={"hyper_parameters": options},
    )
