"""Learning to fill in removed lines: patches of aligned drawings, their lines found as in use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import UInt8
from numpy.typing import NDArray
from torch import Tensor, nn

from panic3d.config import check_choice, to_dict
from panic3d.errors import ConfigError
from panic3d.geometry.face_hull import face_hull
from panic3d.models.linefill import (
    LineFillConfig,
    LineFillDiscriminator,
    LineFillDiscriminatorConfig,
    LineFiller,
    lay_over,
    line_fill_loss,
)
from panic3d.ops.dog import dark_lines, grow
from panic3d.train.compose import picked
from panic3d.train.portraits import DrawnPortrait
from panic3d.train.task import WHOLE, Arrays, Batch, picture_bytes, planes_of, stacked, tiled

Variant = Literal["direct", "adversarial", "both"]
"""``direct``: the line-free drawing is the truth. ``adversarial``: as in the paper, whose only
truth is the drawing itself, with an adversary that knows renders. ``both``: truth and adversary."""

PATCHES = 8
"""Of one picture in a batch."""


class LineFillTask:
    """Patches around lines."""

    kind = "linefill"

    def __init__(
        self,
        config: LineFillConfig,
        portraits: Sequence[DrawnPortrait],
        variant: Variant = "direct",
        patch: int = 33,
    ) -> None:
        """Take the aligned ones of some pictures.

        Args:
            config: sizes of the filler.
            portraits: to learn from.
            variant: see `Variant`.
            patch: side of patches, pixels; odd.

        Raises:
            ConfigError: none of them is aligned, or the patches have no middle.
        """
        check_choice("variant", variant, ("direct", "adversarial", "both"))
        if patch < 9 or patch % 2 == 0:
            raise ConfigError(f"patch is {patch}, expected an odd number from 9 on")
        self.config, self.variant, self.patch = config, variant, patch
        self.portraits = [each for each in portraits if each.kind == "aligned"]
        if not self.portraits:
            raise ConfigError("none of the portraits is aligned: build another cache")
        self.adversary = LineFillDiscriminatorConfig(channels=config.channels, width=16, depth=4)
        self.options: dict[str, Any] = {"variant": variant, "patch": patch}
        if variant != "direct":
            self.options["adversary"] = to_dict(self.adversary)

    def networks(self) -> dict[str, nn.Module]:
        """Make the filler, and its adversary where it has one."""
        made: dict[str, nn.Module] = {"filler": LineFiller(self.config)}
        if self.variant != "direct":
            made["adversary"] = LineFillDiscriminator(self.adversary)
        return made

    def batch(self, rng: np.random.Generator, count: int, part: slice = WHOLE) -> Arrays:
        """Cut patches, several from a picture."""
        rows: list[dict[str, NDArray[Any]]] = []
        while len(rows) < count:
            rows += self._patches(rng, min(PATCHES, count - len(rows)))
        return stacked(rows[part])

    def _patches(self, rng: np.random.Generator, count: int) -> list[dict[str, NDArray[Any]]]:
        portrait = picked(rng, self.portraits)
        drawn, free, plain = (
            planes_of(portrait.decoded(name)) for name in ("picture", "line_free", "render")
        )
        assert portrait.points is not None
        points = portrait.points
        hull = face_hull(points, drawn.shape[1], drawn.shape[2]).astype(np.float32)[None]
        planes = {
            "picture": drawn,
            "truth": free,
            "lines": found_lines(drawn, hull, _side(rng)),
            "render": plain,
            "render_lines": found_lines(plain, hull, _side(rng)),
            "hull": hull,
        }
        every = np.concatenate(list(planes.values()))
        # Places of upper left corners whose patch has a line in its middle.
        last = [side - self.patch + 1 for side in drawn.shape[1:]]
        half = self.patch // 2
        middles = planes["lines"][0, half : half + last[0], half : half + last[1]]
        places = np.flatnonzero(middles)
        if not len(places):
            places = np.arange(last[0] * last[1])
        made = []
        for at in rng.choice(places, count):
            row, column = divmod(int(at), last[1])
            cut = every[:, row : row + self.patch, column : column + self.patch]
            if rng.random() < 0.5:
                cut = cut[..., ::-1]
            if rng.random() < 0.5:
                cut = cut[:, ::-1]
            if rng.random() < 0.5:
                cut = cut.transpose(0, 2, 1)
            cut = cut.copy()
            power = np.float32(2) ** rng.uniform(-0.5, 0.5, 3).astype(np.float32)
            for first in (0, 3, 7):
                cut[first : first + 3] **= power[:, None, None]
            parts = np.split(cut, (3, 6, 7, 10, 11))
            made.append(dict(zip(planes, parts, strict=True)))
        return made

    def losses(
        self, player: str, networks: Mapping[str, nn.Module], batch: Batch
    ) -> dict[str, Tensor]:
        """Measure filled patches."""
        filled = self._filled(networks["filler"], batch, player == "filler")
        zero = filled.new_zeros(len(filled))
        if self.variant == "direct":
            # Of the lines alone: how many pixels of a patch they cover is chance.
            off = (filled - batch["truth"]).abs().sum() / batch["lines"].sum().clamp(min=1) / 3
            return {"total": off, "l1": off}
        truth = batch["picture"] if self.variant == "adversarial" else batch["truth"]
        weight = 1.0 if self.variant == "adversarial" else 10.0
        judge = networks["adversary"]
        if player == "filler":
            found = line_fill_loss(
                filled, truth, judge(filled, batch["hull"]), zero + 1, l1_weight=weight
            )
            return {
                "total": found.total.mean(),
                "l1": found.l1.mean(),
                "adversarial": found.adversarial.mean(),
            }
        with torch.no_grad():
            real = networks["filler"](batch["render"], batch["render_lines"], batch["hull"])
            real = lay_over(batch["render"], real, batch["render_lines"])
        both = torch.cat([filled.detach(), real])
        hulls = torch.cat([batch["hull"]] * 2)
        labels = torch.cat([zero, zero + 1])
        found = line_fill_loss(both, both, judge(both, hulls), labels)
        return {"total": found.adversarial.mean()}

    def _filled(self, filler: nn.Module, batch: Batch, learn: bool) -> Tensor:
        with torch.set_grad_enabled(learn and torch.is_grad_enabled()):
            painted = filler(batch["picture"], batch["lines"], batch["hull"])
            return lay_over(batch["picture"], painted, batch["lines"])

    def measures(self, network: nn.Module, batch: Batch) -> dict[str, float]:
        """Compare with the line-free drawing, under the lines alone.

        Returns:
            psnr: of what was painted; psnr_before: of the drawing as it was.
        """
        filled = self._filled(network, batch, False).clamp(0, 1)
        count = (3 * batch["lines"].sum()).clamp(min=1)
        found = {}
        for name, picture in (("psnr", filled), ("psnr_before", batch["picture"])):
            error = ((picture - batch["truth"]).square() * batch["lines"]).sum() / count
            found[name] = float(-10 * error.clamp(min=1e-10).log10())
        return found

    def score(self, measures: Mapping[str, float]) -> float:
        """Take what the paint is judged by."""
        return measures["psnr"]

    def sheet(self, network: nn.Module, batch: Batch) -> UInt8[np.ndarray, "h w 3"]:
        """Show patches: as drawn, the lines found, filled, and the truth."""
        filled = self._filled(network, batch, False)
        rows = []
        for k in range(len(filled)):
            planes = (batch["picture"][k], batch["lines"][k], filled[k], batch["truth"][k])
            shown = [picture_bytes(plane) for plane in planes]
            rows.append([each.repeat(4, 0).repeat(4, 1) for each in shown])
        half = (len(rows) + 1) // 2
        blank = [np.zeros_like(rows[0][0])] * 4
        return tiled([a + b for a, b in zip(rows[:half], [*rows[half:], blank], strict=False)])


def _side(rng: np.random.Generator) -> int:
    """Choose how far lines are grown beyond what is found, which is what is met in use."""
    return 3 if rng.random() < 0.25 else 1


def found_lines(
    picture: NDArray[np.float32], hull: NDArray[np.float32], side: int
) -> NDArray[np.float32]:
    """Return where ink is found, (1, h, w), the face's features left out.

    Args:
        picture: (3, h, w) on white, in [0, 1].
        hull: (1, h, w).
        side: 1, or 3 to grow the lines as the paper's augmentation does.
    """
    lines = grow(dark_lines(torch.from_numpy(picture)[None]), "fixed")[0].float()
    if side > 1:
        lines = nn.functional.max_pool2d(lines, side, 1, side // 2)
    found: NDArray[np.float32] = lines.numpy() * (hull == 0)
    return found.astype(np.float32)
