"""Learning mattes: figures composed on any ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from panic3d.models.matting import MattingConfig, MattingNetwork, matting_loss, prior_of
from panic3d.models.unet import side_unit
from panic3d.train.camouflage import camouflaged
from panic3d.train.compose import Stock, composed
from panic3d.train.matte_hints import coarse_look, faces_seen
from panic3d.train.portraits import DrawnPortrait
from panic3d.train.scenery import with_scenery
from panic3d.train.task import WHOLE, Arrays, Batch, levels_of, picture_bytes, stacked, tiled
from panic3d.train.wear import worn

SHARE = (0.05, 0.6)
"""Least and largest pasted faces, of the picture's side."""
_FACELESS = 0.08
CLOSER, MOST_CLOSER = 0.5, 2.4
"""Share of closer looks, where the network takes such, and how much closer they are at most."""
_UNTOLD = 0.15
"""Share of them without a coarser look's alpha."""
OWN = 0.5
"""Of the others, share of those that are told what the network itself finds in a smaller picture;
the rest is told an imitation, which errs where networks do not, too."""
_OWN_SIZES = (0.3, 0.4, 0.5, 0.6)
"""Sides of these smaller pictures, in those of the close look."""
FACES = 0.65
"""Share of pictures without such whose faces are told."""
CAMOUFLAGED = 0.3
"""Share of pictures whose ground has a colour of the figure's."""
SCENERY = 0.3
"""Share of pictures with beams or handwriting behind the figure."""


class MattingTask:
    """Pictures and their mattes."""

    kind = "matting"

    def __init__(self, config: MattingConfig, portraits: Sequence[DrawnPortrait]) -> None:
        """Take the pictures to compose from."""
        self.config, self.stock = config, Stock.of(portraits)
        self.options: dict[str, Any] = {
            "share": list(SHARE),
            "faceless": _FACELESS,
            "camouflaged": CAMOUFLAGED,
            "scenery": SCENERY,
        }
        if config.reads_prior:
            self.options |= {
                "closer": CLOSER,
                "most_closer": MOST_CLOSER,
                "faces": FACES,
                "own": OWN,
            }

    def networks(self) -> dict[str, nn.Module]:
        """Make the network."""
        return {"matting": MattingNetwork(self.config)}

    def batch(self, rng: np.random.Generator, count: int, part: slice = WHOLE) -> Arrays:
        """Compose pictures."""
        return stacked([self._one(one) for one in rng.spawn(count)[part]])

    def _one(self, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
        size = self.config.image_size
        look = self.config.reads_prior and rng.random() < CLOSER
        closer = float(rng.uniform(1, MOST_CLOSER)) if look else 1.0
        canvas = composed(
            self.stock, rng, size, SHARE, faceless=_FACELESS, whole=0.4, closer=closer
        )
        matte = canvas.matte.clip(0, 1)
        if rng.random() < SCENERY:
            canvas.picture = with_scenery(canvas.picture, matte, rng)
        if rng.random() < CAMOUFLAGED:
            canvas.picture = camouflaged(canvas.picture, matte, rng)
        found = {
            "picture": levels_of(worn(canvas.pixels(), rng)),
            "matte": matte[None],
            "weights": canvas.known[None],
        }
        if self.config.reads_prior:
            told = look and rng.random() >= _UNTOLD
            own = told and rng.random() < OWN
            found["own"] = np.array(rng.choice(_OWN_SIZES) if own else 0, np.float32)
            if told and not own:
                prior = 2 * coarse_look(matte, rng) - 1
            elif rng.random() < FACES:
                prior = faces_seen(canvas, rng)
            else:
                prior = np.zeros_like(matte)
            found["prior"] = prior[None]
        return found

    def _told(self, network: nn.Module, batch: Batch) -> Tensor | None:
        """Return what the network is told, with its own coarser looks where it has these.

        Such a look is told of faces, as the first look at a picture is.
        """
        prior = batch.get("prior")
        if prior is None or not bool((batch["own"] > 0).any()):
            return prior
        told = prior.clone()
        unit, size = side_unit(self.config.channels), prior.shape[-1]
        for share in batch["own"].unique().tolist():
            if share <= 0:
                continue
            chosen = batch["own"] == share
            small = max(round(size * share / unit), 1) * unit
            with torch.no_grad():
                alpha = network(
                    functional.interpolate(batch["picture"][chosen], small, mode="area"),
                    functional.interpolate(prior[chosen], small, mode="area"),
                ).sigmoid()
            seen = functional.interpolate(alpha, size, mode="bilinear", align_corners=False)
            told[chosen] = prior_of(seen)
        return told

    def losses(
        self, player: str, networks: Mapping[str, nn.Module], batch: Batch
    ) -> dict[str, Tensor]:
        """Measure alpha, overlap and edges."""
        network = networks[player]
        logits = network(batch["picture"], self._told(network, batch))
        found = matting_loss(logits, batch["matte"], batch["weights"])
        total = found.alpha + found.overlap + 4 * found.edges
        return {
            "total": total,
            "alpha": found.alpha,
            "overlap": found.overlap,
            "edges": found.edges,
        }

    def measures(self, network: nn.Module, batch: Batch) -> dict[str, float]:
        """Compare with the truth.

        Returns:
            iou: intersection over union at one half, mean over pictures that show a figure;
            error: mean difference of alpha.
        """
        alpha = network(batch["picture"], self._told(network, batch)).sigmoid()
        matte = batch["matte"]
        known = batch["weights"] > 0
        mine, true = (alpha > 0.5) & known, (matte > 0.5) & known
        shared, either = ((a).sum((1, 2, 3)) for a in (mine & true, mine | true))
        shows = true.sum((1, 2, 3)) > 0
        iou = (shared / either.clamp(min=1))[shows]
        return {
            "iou": float(iou.mean()),
            "error": float((alpha - matte).abs()[known].mean()),
        }

    def score(self, measures: Mapping[str, float]) -> float:
        """Count the area and the edges."""
        return measures["iou"] - measures["error"]

    def sheet(self, network: nn.Module, batch: Batch) -> UInt8[np.ndarray, "h w 3"]:
        """Show picture, true matte, found matte and the figure on green."""
        alpha = network(batch["picture"], self._told(network, batch)).sigmoid()
        green = alpha.new_tensor([0.2, 0.8, 0.3])[None, :, None, None]
        laid = batch["picture"] * alpha + green * (1 - alpha)
        rows = []
        for k in range(0, len(alpha)):
            planes = (batch["picture"][k], batch["matte"][k], alpha[k], laid[k])
            rows.append([picture_bytes(plane) for plane in planes])
        half = (len(rows) + 1) // 2
        blank = [np.zeros_like(rows[0][0])] * 4
        return tiled([a + b for a, b in zip(rows[:half], [*rows[half:], blank], strict=False)])
