"""The networks that prepare portraits, each loaded when it is first needed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple, TypeVar

import torch
from torch import nn

from panic3d.models.face_finder import FaceFinder
from panic3d.models.landmarks import LandmarkNetwork
from panic3d.models.linefill import LineFiller
from panic3d.models.matting import MattingNetwork
from panic3d.weights.helpers import Helper
from panic3d.weights.load import load_face_finder, load_landmarks, load_linefill, load_matting
from panic3d.weights.preparation import OURS, PreparationNetwork, find_preparation
from panic3d.weights.store import find_weights, read_about

Network = TypeVar("Network", bound=nn.Module)


class UsedWeights(NamedTuple):
    """Which weights a network has."""

    network: PreparationNetwork | Helper
    name: str
    sha256: str


class PreparationNetworks:
    """Face finder, landmark network, matting network and line filler."""

    def __init__(
        self,
        *,
        face_finder: Callable[[], FaceFinder],
        landmarks: Callable[[], LandmarkNetwork],
        matting: Callable[[], MattingNetwork],
        linefill: Callable[[], LineFiller],
        device: torch.device | str = "cpu",
    ) -> None:
        """Take what makes them; each is called once at most, whichever thread asks first.

        Args:
            face_finder: returns the network.
            landmarks: likewise.
            matting: likewise.
            linefill: likewise.
            device: where they compute.
        """
        self._makers: dict[str, Callable[[], nn.Module]] = {
            "face_finder": face_finder,
            "landmarks": landmarks,
            "matting": matting,
            "linefill": linefill,
        }
        self._made: dict[str, nn.Module] = {}
        self._device, self._lock = torch.device(device), RLock()
        self.used: list[UsedWeights] = []
        """Of the networks that were loaded from files so far."""
        self.seconds = 0.0
        """Spent on loading."""

    @classmethod
    def from_pretrained(
        cls,
        weights: str | Path = OURS,
        *,
        folder: Path,
        device: torch.device | str = "cpu",
    ) -> PreparationNetworks:
        """Load networks from files; a missing one is an error only when it is needed.

        Args:
            weights: see `panic3d.weights.preparation.find_preparation`.
            folder: where named weights lie.
            device: where they compute.
        """
        found: PreparationNetworks

        def loaded(network: PreparationNetwork, load: Callable[[Any, Path], Network]) -> Network:
            where = find_preparation(network, weights)
            made = load(where, folder)
            about = read_about(find_weights(where, folder, network=network).path)
            found.used.append(UsedWeights(network, about.name, about.weights_sha256))
            return made

        found = cls(
            face_finder=lambda: loaded("face_finder", load_face_finder),
            landmarks=lambda: loaded("landmarks", load_landmarks),
            matting=lambda: loaded("matting", load_matting),
            linefill=lambda: loaded("linefill", load_linefill),
            device=device,
        )
        return found

    @property
    def face_finder(self) -> FaceFinder:
        """Says where faces are.

        Raises:
            WeightsError: its weights are missing or broken; so for the others.
        """
        return self._network("face_finder", FaceFinder)

    @property
    def landmarks(self) -> LandmarkNetwork:
        """Finds landmarks and rotation."""
        return self._network("landmarks", LandmarkNetwork)

    @property
    def matting(self) -> MattingNetwork:
        """Tells characters from what is behind them."""
        return self._network("matting", MattingNetwork)

    @property
    def linefill(self) -> LineFiller:
        """Paints over lines."""
        return self._network("linefill", LineFiller)

    def _network(self, name: str, kind: type[Network]) -> Network:
        with self._lock:
            if name not in self._made:
                start = time.perf_counter()
                made = self._makers[name]().eval().requires_grad_(False)
                self._made[name] = made.to(self._device)
                self.seconds += time.perf_counter() - start
        found = self._made[name]
        assert isinstance(found, kind)
        return found
