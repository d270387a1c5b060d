"""Learning heads from points: a prepared drawing in, what is inside and of which colour out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import UInt8
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from panic3d.config import to_dict
from panic3d.errors import ConfigError
from panic3d.geometry.cameras import Orthographic
from panic3d.models.feedforward import FeedForward, FeedForwardConfig
from panic3d.models.grown import grown
from panic3d.pipeline.direct import DIRECT_SETTINGS, head_of_planes, on_white, plain, sized
from panic3d.train.occupancy_render import composited
from panic3d.train.supervision import restored
from panic3d.train.take_rays import patch_rays
from panic3d.train.take_wear import worn_take
from panic3d.train.takes import VIEW_AZIMUTHS, VIEW_SIZE, Take, opened
from panic3d.train.task import Arrays, Batch, picture_bytes, stacked, tiled

SHEET_HEADS = 6
JUDGED_SIZE = 64
"""Side of the views that held-out heads are judged by."""


@dataclass(frozen=True, kw_only=True)
class HeadOptions:
    """How heads are learned."""

    points: int = 3072
    """Labelled points of each take."""
    surface_points: int = 1536
    """Coloured points of each."""
    colour_weight: float = 2.0
    """Of the colours' mean absolute error, against the labels' cross entropy."""
    patch: int = 0
    """Side of the patch of a view that is rendered of each take, pixels; 0: none is."""
    samples: int = 40
    """Of each of its rays."""
    view_weight: float = 1.0
    """Of the views' errors: colours, silhouette and depth."""
    perceptual_weight: float = 0.0
    """Of the distance between the patches' features."""

    def __post_init__(self) -> None:
        if self.points < 1 or self.surface_points < 1:
            raise ConfigError(
                f"points, surface_points are {self.points}, {self.surface_points}, expected at "
                "least 1"
            )
        for name in ("colour_weight", "view_weight", "perceptual_weight"):
            if not getattr(self, name) >= 0:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected 0 or more")
        if not 0 <= self.patch <= VIEW_SIZE or not 4 <= self.samples <= 1024:
            raise ConfigError(
                f"patch, samples are {self.patch}, {self.samples}, expected 0 to {VIEW_SIZE} and 4 "
                "to 1024"
            )


Features = Callable[[Tensor], list[Tensor]]
"""Pictures (n, 3, h, w) to feature maps, finest first."""


class Start(NamedTuple):
    """A trained network that a larger one begins as."""

    network: FeedForward
    sha256: str
    """Of its weights."""


class HeadTask:
    """Takes of characters."""

    kind = "feedforward"

    def __init__(
        self,
        config: FeedForwardConfig,
        takes: Sequence[Take],
        head: HeadOptions | None = None,
        vary: bool = True,
        features: Features | None = None,
        start: Start | None = None,
    ) -> None:
        """Take what is learned from.

        Args:
            config: sizes of the network.
            takes: of characters.
            head: None takes the usual options.
            vary: off shows every take as it is, for judging.
            features: of pictures in [0, 1]; what `perceptual_weight` weighs.
            start: a smaller network to begin as, see `panic3d.models.grown`; None begins with
                chance.

        Raises:
            ConfigError: there are no takes, or no features to compare.
        """
        if not takes:
            raise ConfigError("there are no takes to learn from: build a cache of them")
        self.config, self.takes, self.vary = config, takes, vary
        self.head = HeadOptions() if head is None else head
        self.features, self._start = features, start
        if self.head.perceptual_weight and self.head.patch and features is None:
            raise ConfigError("features are weighed, but there is no network that makes them")
        self.options: dict[str, Any] = to_dict(self.head)
        if start is not None:
            self.options["start"] = start.sha256

    def networks(self) -> dict[str, nn.Module]:
        """Make the network."""
        if self._start is None:
            return {"reconstructor": FeedForward(self.config)}
        return {"reconstructor": grown(self._start.network, self.config)}

    def batch(self, rng: np.random.Generator, count: int) -> Arrays:
        """Choose takes, spoil them, choose points."""
        return stacked([self._one(rng) for _ in range(count)])

    def _one(self, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
        take = self.takes[int(rng.integers(len(self.takes)))]
        worn = worn_take(take, self.config.image_size, rng, self.vary)
        asked = rng.integers(len(take.points), size=self.head.points)
        seen = rng.integers(len(take.surface), size=self.head.surface_points)
        # What is learned is symmetric to what is asked: points in the frame of the picture.
        points = restored(take.points[asked]) @ worn.linear.T + worn.shift
        surface = restored(take.surface[seen]) @ worn.linear.T + worn.shift
        colours = (take.colours[seen].astype(np.float32) / 255) ** worn.power
        found = {
            "portrait": worn.portrait if self.config.reads_inside else worn.portrait[:4],
            "points": points.astype(np.float32),
            "inside": take.labels[asked].astype(np.float32),
            "surface": surface.astype(np.float32),
            "colours": colours.astype(np.float32),
        }
        if self.head.patch:
            rays = patch_rays(take, self.head.patch, self.head.samples, rng)
            found |= {
                "starts": (rays.starts @ worn.linear.T + worn.shift).astype(np.float32),
                "direction": (worn.linear @ rays.direction).astype(np.float32),
                "places": rays.places,
                "seen": rays.rgba,
                "seen_depth": rays.depth,
            }
            found["seen"][:3] **= worn.power[:, None, None]
        if not self.vary:
            views = opened(take.views).reshape(-1, VIEW_SIZE, VIEW_SIZE, 4)[: len(VIEW_AZIMUTHS)]
            found["views"] = np.ascontiguousarray(views.transpose(0, 3, 1, 2))
        return found

    def losses(
        self, player: str, networks: Mapping[str, nn.Module], batch: Batch
    ) -> dict[str, Tensor]:
        """Measure points, colours and views."""
        count, surface = batch["points"].shape[1], batch["surface"].shape[1]
        asked = [batch["points"], batch["surface"]]
        if "starts" in batch:
            asked.append(_along(batch).flatten(1, 2))
        logits = networks[player](batch["portrait"], torch.cat(asked, 1)).float()
        side = logits[:, :count, 0]
        colours = logits[:, count : count + surface, 1:].sigmoid()
        labels = functional.binary_cross_entropy_with_logits(side, batch["inside"])
        colour = (colours - batch["colours"]).abs().mean()
        found = {
            "labels": labels,
            "colours": colour,
            "wrong": ((side > 0) != (batch["inside"] > 0.5)).float().mean(),
        }
        total = labels + self.head.colour_weight * colour
        if "starts" in batch:
            views = self._view_losses(logits[:, count + surface :], batch)
            total = total + self.head.view_weight * (
                views["view_colours"] + 0.5 * views["view_outline"] + 4 * views["view_depth"]
            )
            if "view_features" in views:
                total = total + self.head.perceptual_weight * views["view_features"]
            found |= views
        return {"total": total, **found}

    def _view_losses(self, logits: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Compare rendered patches with true ones."""
        places, half = batch["places"], self.config.rendering.box_m / 2
        within = (_along(batch).abs().amax(-1) < half).float()
        seen = composited(logits.unflatten(1, places.shape[1:]), places, within)
        rgba, true_depth = batch["seen"], batch["seen_depth"]
        alpha = rgba[:, 3:]
        truth = 1 + (rgba[:, :3] - 1) * alpha
        mine = seen.colour.transpose(1, 2).reshape(truth.shape)
        solid = (true_depth > 0).float()
        depth = seen.depth.reshape(true_depth.shape) - true_depth
        found = {
            "view_colours": (mine - truth).abs().mean(),
            "view_outline": (seen.opacity.reshape(alpha.shape) - alpha).abs().mean(),
            # By take: the mean of several processes is that of one.
            "view_depth": (
                (depth.abs() * solid).sum((1, 2)) / solid.sum((1, 2)).clamp_min(1)
            ).mean(),
        }
        if self.features is not None and self.head.perceptual_weight:
            pairs = zip(self.features(mine), self.features(truth), strict=True)
            found["view_features"] = torch.stack(
                [(_unit(a) - _unit(b)).square().sum(1).mean() for a, b in pairs]
            ).mean()
        return found

    def measures(self, network: nn.Module, batch: Batch) -> dict[str, float]:
        """Compare with the truth.

        Returns:
            points_iou: of what is inside, over the asked points;
            colours: mean absolute error at the surface;
            iou_0, iou_90, psnr_0, psnr_90, psnr_180: of views that the take was seen in, nothing
            put back.
        """
        assert isinstance(network, FeedForward)
        planes = network.planes(batch["portrait"])
        side = network.logits(planes, batch["points"])[..., 0] > 0
        truth = batch["inside"] > 0.5
        colours = network.logits(planes, batch["surface"])[..., 1:].sigmoid()
        found = {
            "points_iou": float((side & truth).sum() / (side | truth).sum().clamp_min(1)),
            "colours": float((colours - batch["colours"]).abs().mean()),
        }
        if "views" not in batch:
            return found
        sums: dict[str, list[float]] = {}
        for k in range(min(len(planes), SHEET_HEADS)):
            mine = self.views(network, batch, planes, k)
            theirs = sized(batch["views"][k], JUDGED_SIZE)
            for azimuth, a, b in zip(VIEW_AZIMUTHS, mine, theirs, strict=True):
                solid, true = a[3] > 0.5, b[3] > 0.5
                iou = float((solid & true).sum() / (solid | true).sum().clamp_min(1))
                error = float((on_white(a[None]) - on_white(b[None])).square().mean())
                sums.setdefault(f"iou_{azimuth:.0f}", []).append(iou)
                psnr = -10 * float(np.log10(max(error, 1e-10)))
                sums.setdefault(f"psnr_{azimuth:.0f}", []).append(psnr)
        return found | {name: float(np.mean(values)) for name, values in sums.items()}

    def views(self, network: FeedForward, batch: Batch, planes: Tensor, k: int) -> Tensor:
        """Render an example of a batch as its views were, (v, 4, s, s), straight RGBA."""
        portrait = batch["portrait"][k : k + 1, :4]
        settings = plain(DIRECT_SETTINGS, JUDGED_SIZE)
        head = head_of_planes(network, planes[k : k + 1], portrait, settings)
        found = []
        for azimuth in VIEW_AZIMUTHS:
            seen = head.view(Orthographic(azimuth_deg=azimuth))
            found.append(torch.cat([seen.image.clamp(0, 1), seen.view.opacity[0]]))
        return torch.stack(found)

    def score(self, measures: Mapping[str, float]) -> float:
        """Count the shape first, then colours: 20 decibel of the views like all of a shape."""
        shape = [value for name, value in measures.items() if "iou" in name]
        psnr = [value for name, value in measures.items() if "psnr" in name]
        return float(np.mean(shape)) + (float(np.mean(psnr)) / 20 if psnr else 0.0)

    def sheet(self, network: nn.Module, batch: Batch) -> UInt8[np.ndarray, "h w 3"]:
        """Show drawings, what was made of them, and the truth, from four sides."""
        assert isinstance(network, FeedForward)
        rows = []
        planes = network.planes(batch["portrait"])
        for k in range(min(len(planes), SHEET_HEADS)):
            portrait = on_white(sized(batch["portrait"][k : k + 1, :4], VIEW_SIZE))[0]
            row = [picture_bytes(portrait)]
            mine = functional.interpolate(self.views(network, batch, planes, k), (VIEW_SIZE,) * 2)
            # Rendered pictures lie on white already.
            row += [picture_bytes(view[:3]) for view in mine]
            if "views" in batch:
                row += [picture_bytes(view) for view in on_white(batch["views"][k])]
            rows.append(row)
        return tiled(rows)


def _along(batch: Batch) -> Tensor:
    """Return the samples of a batch's rays, (n, m, k, 3)."""
    steps = batch["places"][..., None] * batch["direction"][:, None, None]
    return batch["starts"][:, :, None] + steps


def _unit(x: Tensor) -> Tensor:
    return x / (x.square().sum(1, keepdim=True) + 1e-6).sqrt()
