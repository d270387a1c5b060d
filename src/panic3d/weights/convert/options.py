"""The published networks' constructor options, translated to our configurations.

Every option is used, checked to be the one value we implement, or returned as a training option;
an unknown one is an error, so nothing is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from panic3d.config import from_dict
from panic3d.errors import ConfigError
from panic3d.models.generator_config import GeneratorConfig
from panic3d.models.stylegan2.discriminator_config import DiscriminatorConfig

HALF_PRECISION_CLAMP = 256.0
"""What the original clamps to wherever it may run in half precision."""

STYLEGAN2_MAPPING_LAYERS = 8

_SUPERRESOLUTION = "training.superresolution.SuperresolutionHybrid8XDC"

_RENDERING_TRAINING = (
    "image_resolution", "gpc_reg_prob", "density_reg", "density_reg_p_dist", "reg_type",
    "avg_camera_radius", "avg_camera_pivot",
)  # fmt: skip
_GENERATOR_TRAINING = ("fused_modconv_default", "sr_kwargs", "sr_num_fp16_res")
_DISCRIMINATOR_TRAINING = ("block_kwargs", "num_fp16_res")


class _Options:
    """Options that are crossed off as they are used."""

    def __init__(self, what: str, values: object) -> None:
        if not isinstance(values, Mapping):
            raise ConfigError(
                f"{what} is a {type(values).__name__}, expected a dictionary of options: use the "
                "file from the authors' archive"
            )
        self.what = what
        self.left = dict(values)

    def take(self, key: str, *default: Any) -> Any:
        """Use an option; without a default it must be there."""
        if key not in self.left and not default:
            raise ConfigError(
                f"{self.what} lacks {key!r}: the checkpoint is of another program; use the one "
                "from the authors' archive"
            )
        return self.left.pop(key, *default)

    def flag(self, key: str, *default: Any) -> bool:
        """Use an option that is on or off, written as truth value or 0 and 1."""
        value = self.take(key, *default)
        if type(value) not in (bool, int) or value not in (0, 1):
            raise ConfigError(f"{self.what} has {key} = {value!r}, expected true or false")
        return bool(value)

    def only(self, key: str, value: object, *default: Any) -> None:
        """Make sure that an option has the one value that we implement."""
        found = self.take(key, *default)
        if found != value:
            raise ConfigError(
                f"{self.what} has {key} = {found!r}, panic3d implements {value!r} alone: this "
                "checkpoint cannot be converted"
            )

    def finish(self, *training: str) -> dict[str, Any]:
        """Return the options for training alone; any other that is left is an error."""
        rest = {key: self.left.pop(key) for key in training if key in self.left}
        if self.left:
            raise ConfigError(
                f"{self.what} has {', '.join(map(repr, sorted(map(str, self.left))))}, which "
                "panic3d does not implement: this checkpoint cannot be converted"
            )
        return rest


def _mapping_layers(values: object) -> Any:
    options = _Options("mapping_kwargs", values)
    layers = options.take("num_layers", STYLEGAN2_MAPPING_LAYERS)
    options.finish()
    return layers


class GeneratorOptions(NamedTuple):
    """The published generator's options, sorted."""

    config: GeneratorConfig
    training: dict[str, Any]
    """Those that do not change what it computes."""


def generator_from_upstream(
    init_kwargs: Mapping[str, Any],
    rendering_kwargs: Mapping[str, Any] | None,
    render_resolution: int,
) -> GeneratorOptions:
    """Translate the published generator's options.

    Args:
        init_kwargs: its constructor arguments.
        rendering_kwargs: its rendering options as last used; None takes the constructor's.
        render_resolution: side of its raw picture, pixels.

    Raises:
        ConfigError: an option is missing, unknown or not implemented.
    """
    options = _Options("the generator", init_kwargs)
    constructor_rendering = options.take("rendering_kwargs", {})
    live = constructor_rendering if rendering_kwargs is None else rendering_kwargs
    rendering = _Options("rendering_kwargs", live)
    rendering.only("disparity_space_sampling", False)
    rendering.only("clamp_mode", "softplus")
    rendering.only("superresolution_module", _SUPERRESOLUTION)
    rendering.only("directionless", False, False)
    rendering.only("c_gen_conditioning_force_ffhq", False, False)
    options.only("num_fp16_res", 0)
    half = options.left.get("sr_num_fp16_res", 0)
    if type(half) is not int or half < 0:
        raise ConfigError(f"the generator has sr_num_fp16_res = {half!r}, expected 0 or more")
    values = {
        "cond_mode": options.take("cond_mode"),
        "z_dim": options.take("z_dim"),
        "w_dim": options.take("w_dim"),
        "camera_dim": options.take("c_dim"),
        "mapping_layers": _mapping_layers(options.take("mapping_kwargs", {})),
        "channel_base": options.take("channel_base"),
        "channel_max": options.take("channel_max"),
        "conv_clamp": options.take("conv_clamp", None),
        "plane_resolution": options.take("backbone_resolution"),
        "plane_width": options.take("triplane_width"),
        "plane_depth": rendering.take("triplane_depth", 1),
        "distinct_planes": rendering.flag("use_triplane"),
        "decoder_lr_multiplier": rendering.take("decoder_lr_mul", 1),
        "image_size": options.take("img_resolution"),
        "image_channels": options.take("img_channels"),
        "superres_channels": options.take("sr_channels_hidden"),
        "superres_clamp": HALF_PRECISION_CLAMP if half else None,
        "superres_antialias": rendering.flag("sr_antialias"),
        "superres_noise": rendering.take("superresolution_noise_mode"),
        "tanh_output": rendering.flag("tanh_rgb_output", 0),
        "camera_conditioning": not rendering.flag("c_gen_conditioning_zero"),
        "camera_scale": rendering.take("c_scale", 0),
        "render_resolution": render_resolution,
        "rendering": {
            "box_m": rendering.take("box_warp"),
            "near_m": rendering.take("ray_start"),
            "far_m": rendering.take("ray_end"),
            "coarse_samples": rendering.take("depth_resolution"),
            "fine_samples": rendering.take("depth_resolution_importance"),
            "white_background": rendering.flag("white_back"),
            "density_noise": rendering.take("density_noise", 0),
        },
    }
    superres = options.left.get("sr_kwargs", {})
    _Options("sr_kwargs", superres).finish("channel_base", "channel_max", "fused_modconv_default")
    training = options.finish(*_GENERATOR_TRAINING)
    training["rendering_kwargs"] = rendering.finish(*_RENDERING_TRAINING)
    if dict(live) != dict(constructor_rendering):
        # The original changed its options after construction; what it ran with is what counts.
        training["constructor_rendering_kwargs"] = dict(constructor_rendering)
    return GeneratorOptions(from_dict(GeneratorConfig, values), training)


class DiscriminatorOptions(NamedTuple):
    """The published discriminator's options, sorted."""

    config: DiscriminatorConfig
    training: dict[str, Any]
    """Those that do not change what it computes."""


def discriminator_from_upstream(kwargs: Mapping[str, Any]) -> DiscriminatorOptions:
    """Translate the published discriminator's constructor arguments.

    Raises:
        ConfigError: an option is missing, unknown or not implemented.
    """
    options = _Options("the discriminator", kwargs)
    epilogue = _Options("epilogue_kwargs", options.take("epilogue_kwargs", {}))
    values = {
        "cond_mode": options.take("cond_mode"),
        "camera_dim": options.take("c_dim"),
        "image_size": options.take("img_resolution"),
        "image_channels": options.take("img_channels"),
        "channel_base": options.take("channel_base"),
        "channel_max": options.take("channel_max"),
        "conv_clamp": options.take("conv_clamp", None),
        "mapping_layers": _mapping_layers(options.take("mapping_kwargs", {})),
        "group_size": epilogue.take("mbstd_group_size", 4),
        "camera_noise": options.take("disc_c_noise", 0),
    }
    epilogue.finish()
    _Options("block_kwargs", options.left.get("block_kwargs", {})).finish("freeze_layers")
    training = options.finish(*_DISCRIMINATOR_TRAINING)
    return DiscriminatorOptions(from_dict(DiscriminatorConfig, values), training)
