"""Our answers to the arrays of ops.npz."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from panic3d.models.stylegan2.discriminator import minibatch_std
from panic3d.models.stylegan2.layers import FullyConnected, normalize_2nd_moment
from panic3d.ops.bias_act import bias_act
from panic3d.ops.modulated_conv import modulated_conv2d
from panic3d.ops.resample_conv import resample_conv2d
from panic3d.ops.upfirdn import downsample2d, filter2d, make_filter, upfirdn2d, upsample2d
from panic3d.render.composite import interval_weights, mean_depth, sample_weights
from panic3d.render.sampling import importance_depths, invert_cdf
from panic3d.render.triplane import sample_planes

from .recordings import Recorded, Recording


def blur_kernel(sigma: float) -> Tensor:
    """The Gaussian of the training loss: 2^-(t / sigma)^2 out to 3 sigma."""
    radius = math.floor(3 * sigma)
    t = torch.arange(-radius, radius + 1) / sigma
    line = torch.exp2(-t.square())
    line = line / line.sum()
    return torch.outer(line, line)


def ours(recording: Recording, recorded: Recorded) -> dict[str, Tensor]:
    fir = make_filter()
    x, xe, w, styles = (recording[f"in/{k}"] for k in ("x", "xe", "w", "styles"))
    out = {
        "out/filter": fir,
        "out/upsample2d": upsample2d(x),
        "out/downsample2d": downsample2d(x, fir),
        "out/blur_2p5": filter2d(x, blur_kernel(2.5)),
        "out/upfirdn_misc": upfirdn2d(
            x, make_filter((1.0, 2.0, 4.0)), up=2, padding=(1, 2, 0, 1), gain=3.0
        ),
    }
    for up, down in ((1, 1), (2, 1), (1, 2)):
        for flip in (1, 0):
            out[f"out/conv_up{up}_down{down}_flip{flip}"] = resample_conv2d(
                xe, w, fir, up, down, bool(flip)
            )
    out["out/modconv"] = modulated_conv2d(xe, w, styles, noise=recording["in/noise"])
    out["out/modconv_up2"] = modulated_conv2d(
        xe, w, styles, noise=recording["in/noise_up"], kernel=fir, up=2, flip_weight=False
    )
    out["out/modconv_nodemod"] = modulated_conv2d(xe, w[:, :, 1:2, 1:2], styles, demodulate=False)
    b = recording["in/b"]
    out["out/bias_lrelu"] = bias_act(x, b, "lrelu")
    out["out/bias_lrelu_clamp"] = bias_act(x, b, "lrelu", gain=2.0, clamp=0.9)
    layer = FullyConnected(6, 5, activation="lrelu", lr_multiplier=0.01)
    layer.load_state_dict({"weight": recording["in/fc_weight"], "bias": recording["in/fc_bias"]})
    out["out/fc"] = layer(recording["in/fc_x"])
    out["out/norm2"] = normalize_2nd_moment(recording["in/fc_x"])
    out["out/mbstd4"] = minibatch_std(recording["in/mb_x"], 4)
    out["out/mbstd4_b3"] = minibatch_std(recording["in/mb_x"][:3], 4)
    for depth in (1, 3):
        planes = recording[f"in/planes_d{depth}"][0]
        flat = planes.reshape(1, -1, *planes.shape[-2:])
        for use in (0, 1):
            out[f"out/planes_d{depth}_use{use}"] = sample_planes(
                flat,
                recording["in/points"],
                depth=depth,
                box_m=recording.config["box_warp"],
                distinct=bool(use),
            )
    depths, weights = recording["in/is_depths"][0, ..., 0], recording["in/is_weights"][0, ..., 0]
    u = ((torch.arange(12) + 0.5) / 12).expand(len(depths), 12)
    out["out/is_fine"] = importance_depths(depths, weights, u)[None, ..., None]
    middles = (depths[:, :-1] + depths[:, 1:]) / 2
    even = torch.linspace(0, 1, 7).expand(len(depths), 7)
    out["out/is_fine_det"] = invert_cdf(middles, weights[:, 1:-1] + 0.01, even)
    colours, raw = recording["in/rm_colors"][0], recording["in/rm_densities"][0, ..., 0]
    found = interval_weights(raw, depths)
    value = (sample_weights(found)[..., None] * colours).sum(1)
    value = 2 * (value + 1 - found.sum(-1, keepdim=True)) - 1
    out["out/rm_rgb"] = value[None]
    ray_depth = mean_depth(found, depths).clamp(depths.min(), depths.max())
    out["out/rm_depth"] = ray_depth[None, :, None]
    out["out/rm_weights"] = found[None, ..., None]
    return out
