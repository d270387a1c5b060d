"""Learning heads from points and views: a prepared drawing in, what is inside and colours out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from panic3d.models.feedforward import FeedForward, FeedForwardConfig
from panic3d.models.grown import grown
from panic3d.train.adversary import (
    PENALTY_EVERY,
    AdversaryOptions,
    Critic,
    convincing_loss,
    critic_losses,
)
from panic3d.train.head_judging import head_measures, head_sheet
from panic3d.train.patches import (
    Features,
    Patch,
    feature_distance,
    made_patch,
    patch_errors,
    ray_points,
    true_patch,
)
from panic3d.train.supervision import restored
from panic3d.train.take_rays import patch_rays
from panic3d.train.take_wear import worn_take
from panic3d.train.takes import VIEW_AZIMUTHS, VIEW_SIZE, Take, opened
from panic3d.train.task import WHOLE, Arrays, Batch, stacked
from panic3d.train.warm_start import shapes_of


@dataclass(frozen=True, kw_only=True)
class HeadOptions:
    """How heads are learned."""

    points: int = 3072
    """Labelled points of each take."""
    near: float = 0.5
    """Share of those near the surface; the others are anywhere, where most are easily told."""
    surface_points: int = 1536
    """Coloured points of each."""
    inside_weight: float = 1.0
    """Of the labels' errors at points inside, against those outside: what is thin and uncertain
    vanishes where both count alike."""
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
    adversary: AdversaryOptions | None = None
    """Of the patches; None has none."""

    def __post_init__(self) -> None:
        if self.points < 1 or self.surface_points < 1:
            raise ConfigError(
                f"points, surface_points are {self.points}, {self.surface_points}, expected at "
                "least 1"
            )
        for name in ("colour_weight", "view_weight", "perceptual_weight"):
            if not getattr(self, name) >= 0:
                raise ConfigError(f"{name} is {getattr(self, name)}, expected 0 or more")
        if not 0 <= self.near <= 1:
            raise ConfigError(f"near is {self.near}, expected 0 to 1")
        if not self.inside_weight > 0:
            raise ConfigError(f"inside_weight is {self.inside_weight}, expected more than 0")
        if not 0 <= self.patch <= VIEW_SIZE or not 4 <= self.samples <= 1024:
            raise ConfigError(
                f"patch, samples are {self.patch}, {self.samples}, expected 0 to {VIEW_SIZE} and 4 "
                "to 1024"
            )
        if self.adversary is not None and (self.patch < 8 or self.patch & (self.patch - 1)):
            raise ConfigError(
                f"patch is {self.patch}, expected a power of two from 8 where there is an adversary"
            )


class Start(NamedTuple):
    """A trained network to begin as: of the same sizes, or smaller."""

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
            start: weights to begin with; those of a smaller network grow, see
                `panic3d.models.grown`. None begins with chance.

        Raises:
            ConfigError: there are no takes, or no features to compare.
        """
        if not takes:
            raise ConfigError("there are no takes to learn from: build a cache of them")
        self.config, self.takes, self.vary = config, takes, vary
        self.head = HeadOptions() if head is None else head
        self.features, self._start = features, start
        if self.head.perceptual_weight and self.head.patch and features is None:
            raise ConfigError(
                "features are weighed, but there is no network that makes them: give one"
            )
        self.options: dict[str, Any] = to_dict(self.head)
        if start is not None:
            self.options["start"] = start.sha256

    def networks(self) -> dict[str, nn.Module]:
        """Make the network, and its adversary where it has one."""
        made: dict[str, nn.Module] = {"reconstructor": self._begun()}
        if self.head.adversary is not None:
            made["critic"] = Critic(self.head.adversary, self.head.patch)
        return made

    def _begun(self) -> FeedForward:
        made = FeedForward(self.config)
        if self._start is None:
            return made
        known = self._start.network.state_dict()
        if shapes_of(known) != shapes_of(made.state_dict()):
            return grown(self._start.network, self.config)
        made.load_state_dict(known)
        return made

    def batch(self, rng: np.random.Generator, count: int, part: slice = WHOLE) -> Arrays:
        """Choose takes, spoil them, choose points."""
        found = stacked([self._one(one) for one in rng.spawn(count)[part]])
        if self.head.adversary is not None:
            # By lot, not by counting: so a batch still follows from its random numbers.
            penalised = rng.random() < 1 / PENALTY_EVERY
            found["penalised"] = np.full(len(found["portrait"]), penalised)
        return found

    def _one(self, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
        take = self.takes[int(rng.integers(len(self.takes)))]
        worn = worn_take(take, self.config.image_size, rng, self.vary)
        asked = self._asked(len(take.points), rng)
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
                "camera": rays.camera,
            }
            found["seen"][:3] **= worn.power[:, None, None]
        if not self.vary:
            views = opened(take.views).reshape(-1, VIEW_SIZE, VIEW_SIZE, 4)[: len(VIEW_AZIMUTHS)]
            found["views"] = np.ascontiguousarray(views.transpose(0, 3, 1, 2))
        return found

    def _asked(self, known: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Choose labelled points; the first half of those of a take lie near the surface."""
        near = round(self.head.points * self.head.near)
        return np.concatenate(
            [
                rng.integers(known // 2, size=near),
                rng.integers(known // 2, known, size=self.head.points - near),
            ]
        )

    def losses(
        self, player: str, networks: Mapping[str, nn.Module], batch: Batch
    ) -> dict[str, Tensor]:
        """Measure points, colours and views, or what the critic says of the views."""
        if player == "critic":
            return self._critic_losses(networks, batch)
        count, surface = batch["points"].shape[1], batch["surface"].shape[1]
        asked = [batch["points"], batch["surface"]]
        if "starts" in batch:
            asked.append(ray_points(batch))
        logits = networks[player](batch["portrait"], torch.cat(asked, 1)).float()
        side = logits[:, :count, 0]
        colours = logits[:, count : count + surface, 1:].sigmoid()
        labels = functional.binary_cross_entropy_with_logits(
            side, batch["inside"], pos_weight=side.new_tensor(self.head.inside_weight)
        )
        colour = (colours - batch["colours"]).abs().mean()
        found = {
            "labels": labels,
            "colours": colour,
            "wrong": ((side > 0) != (batch["inside"] > 0.5)).float().mean(),
        }
        total = labels + self.head.colour_weight * colour
        if "starts" in batch:
            made = self._made(logits[:, count + surface :], batch)
            views = self._view_losses(made, batch)
            total = total + self.head.view_weight * (
                views["view_colours"] + 0.5 * views["view_outline"] + 4 * views["view_depth"]
            )
            found |= views
            if "view_features" in views:
                total = total + self.head.perceptual_weight * views["view_features"]
            if self.head.adversary is not None:
                critic = _bare(networks["critic"])
                said = convincing_loss(critic.logits(made.colour, batch["camera"]))
                total = total + self.head.adversary.weight * said
                found["adversarial"] = said
        return {"total": total, **found}

    def _made(self, logits: Tensor, batch: Batch) -> Patch:
        return made_patch(logits, batch, self.config.rendering.box_m / 2)

    def _view_losses(self, made: Patch, batch: Batch) -> dict[str, Tensor]:
        """Compare rendered patches with true ones."""
        true = true_patch(batch)
        found = patch_errors(made, true)
        if self.features is not None and self.head.perceptual_weight:
            found["view_features"] = feature_distance(self.features, made.colour, true.colour)
        return found

    def _critic_losses(self, networks: Mapping[str, nn.Module], batch: Batch) -> dict[str, Tensor]:
        """Show the critic true and made patches."""
        assert self.head.adversary is not None
        with torch.no_grad():
            logits = networks["reconstructor"](batch["portrait"], ray_points(batch)).float()
            made = self._made(logits, batch).colour
        penalised = bool(batch["penalised"][0])
        judged = networks["critic"](true_patch(batch).colour, made, batch["camera"], penalised)
        return critic_losses(judged, penalised, self.head.adversary.gamma)

    def measures(self, network: nn.Module, batch: Batch) -> dict[str, float]:
        """Compare with the truth; see `panic3d.train.head_judging.head_measures`."""
        assert isinstance(network, FeedForward)
        return head_measures(network, batch)

    def score(self, measures: Mapping[str, float]) -> float:
        """Count the shape first, then colours: 20 decibel of the views like all of a shape."""
        shape = [value for name, value in measures.items() if "iou" in name]
        psnr = [value for name, value in measures.items() if "psnr" in name]
        return float(np.mean(shape)) + (float(np.mean(psnr)) / 20 if psnr else 0.0)

    def sheet(self, network: nn.Module, batch: Batch) -> UInt8[np.ndarray, "h w 3"]:
        """Show drawings, what was made of them, and the truth, from four sides."""
        assert isinstance(network, FeedForward)
        return head_sheet(network, batch)


def _bare(network: nn.Module) -> Critic:
    """Return the critic without what shares its steps among processes, for it takes none."""
    while not isinstance(network, Critic):
        assert isinstance(network.module, nn.Module)
        network = network.module
    return network
