"""Our answers to the arrays of losses.npz: of what our own training shares with the original's.

That is the resizing of a dual discriminator's pictures (every mode), and the adversarial phases:
what the generator and the discriminator are told (Gmain, Dmain) and the penalty on real pictures
(Dreg), each with the reported values and the length of every parameter's gradient.

`recordings.LEFT_OUT` names what is not answered, for our training has nothing of the kind: the
visibility mask that blends real and made pictures, the smoothness of densities (Greg: our field is
learned from labelled points, which leave no clouds), and the views' terms (Gcond, Gside, Grand):
ours compare patches of a field of occupancy rather than whole pictures after super-resolution, by
mean absolute errors; the original squares opacity and depth, and multiplies one sample's depth
with another's mask. The names of the parameters are read here, not computed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from panic3d.models.stylegan2.discriminator import DualDiscriminator
from panic3d.ops.resizing import Resizing, resized_square
from panic3d.train.adversary import convincing_loss, gradient_penalty, telling_loss
from panic3d.weights.convert.options import discriminator_from_upstream

from .recordings import Recorded, Recording

MODES: dict[str, Resizing] = {
    "antialiased": "antialiased", "none": "none", "classic": "classic", "up": "antialiased",
}  # fmt: skip
"""By the names of the recordings; a number is written with a p for its point."""


def ours(recording: Recording, recorded: Recorded) -> dict[str, Tensor]:
    out = {
        key: _resized(recording, key.removeprefix("out/filtered_resizing_"))
        for key in recording.outputs()
        if key.startswith("out/filtered_resizing_")
    }
    with torch.enable_grad():
        out |= _adversarial(recording, recorded)
    return out


def _resized(recording: Recording, mode: str) -> Tensor:
    size = recording.arrays[f"out/filtered_resizing_{mode}"].shape[-1]
    how = MODES[mode] if mode in MODES else float(mode.replace("p", "."))
    return resized_square(recording["in/resize_image"], size, how)


def _adversarial(recording: Recording, recorded: Recorded) -> dict[str, Tensor]:
    critic = DualDiscriminator(discriminator_from_upstream(recording.config["D"]).config)
    critic.load_state_dict(recording.state("sdD/"), strict=True)
    options, gain = recording.config["loss_kwargs"], recording.config["gain"]
    assert options["blur_fade_kimg"] == 0, "the recorded phases blur nothing"
    side = options["neural_rendering_resolution_final"]

    front = recording["in/gt_front_rgb_u8"].permute(0, 3, 1, 2).float() / 255
    chonk = recorded.conditions["resnet_chonk"]
    conditions = {
        "image_ortho_front": front,
        "resnet_chonk": chonk.expand(len(front), *chonk.shape[1:]),
    }
    g, camera = recorded.generator, recording["in/gen_c"]
    ws = g.mapping(recording["in/gen_z"], camera, conditions)
    planes = g.planes(ws, conditions, noise_mode="none")
    view = g.render(planes, ws, recorded.rays(camera, side), jitter=False)
    told = critic(view.image, view.image_raw, camera)
    found = {"scores/fake": told.mean(), "signs/fake": told.sign().mean()}
    loss = convincing_loss(told)
    out = _phase(recording, "Gmain", g, loss, found | {"G/loss": loss})

    real = recording["in/gt_view_rgb_u8"].permute(0, 3, 1, 2).float() / 127.5 - 1
    image = real.requires_grad_()
    raw = resized_square(real.detach(), side, options["filter_mode"]).requires_grad_()
    said = critic(image, raw, recording["in/real_c"])
    true = {"scores/real": said.mean(), "signs/real": said.sign().mean()}
    loss = telling_loss(said, told)
    out |= _phase(recording, "Dmain", critic, loss, found | true | {"D/loss": loss})

    steep = gradient_penalty(said, [image, raw])
    loss = (options["r1_gamma"] / 2 * steep).mean()
    true |= {"r1_penalty": steep.mean(), "D/reg": loss}
    return out | _phase(recording, "Dreg", critic, loss * gain["Dreg"], true)


def _phase(
    recording: Recording, phase: str, network: nn.Module, loss: Tensor, reported: dict[str, Tensor]
) -> dict[str, Tensor]:
    """Return what a phase reports, in the recorded order, and the lengths of its gradients."""
    kind = phase[0]
    names: Sequence[str] = json.loads(str(recording.arrays[f"out/param_names_{kind}"]))
    known = dict(network.named_parameters())
    parameters = [known[name] for name in names]
    gradients = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    stats = json.loads(str(recording.arrays[f"out/{phase}/stats"]))
    return {
        f"out/{phase}/stats": torch.stack([reported[name.removeprefix("Loss/")] for name in stats]),
        f"out/{phase}/grad_norms": torch.stack(
            [torch.zeros(()) if each is None else each.norm() for each in gradients]
        ),
    }
