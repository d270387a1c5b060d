"""Portraits of which everything is known, and networks that know it."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from torch import nn

from panic3d.geometry.similarity import Similarity
from panic3d.image import Picture
from panic3d.models.face_finder import CELL, MAPS, FaceFinder, FaceFinderConfig
from panic3d.models.landmarks import LandmarkConfig, LandmarkNetwork
from panic3d.models.linefill import LineFillConfig, LineFiller
from panic3d.models.matting import MattingConfig, MattingNetwork
from panic3d.pipeline.mean_face import mean_face
from panic3d.pipeline.preparation_networks import PreparationNetworks

SKIN, HAIR, INK = (236, 196, 176), (150, 60, 70), (40, 20, 30)
STRAIGHT = np.eye(3)
_FINE = 3


@dataclass
class Made:
    """A portrait of mean faces."""

    picture: Picture
    cover: np.ndarray
    """(h, w), 0 to 1: how much of each pixel is a figure."""
    places: list[Similarity]
    """Where the render frame lies in the picture, of each face."""
    turns: list[np.ndarray]
    landmarks: list[np.ndarray]
    """Of each face."""


def made(size, places, ground="green", turns=None):
    """Draw heads of the mean face, in the frame's pixels 140 wide, with ink lines.

    Args:
        size: width and height of the picture.
        places: similarities from the render frame to the picture.
        ground: green (blocks of many greens), white, or clear.
        turns: how each head is turned; only its landmarks are.
    """
    turns = [STRAIGHT] * len(places) if turns is None else turns
    large = (size[0] * _FINE, size[1] * _FINE)
    colours = Image.new("RGB", large, SKIN)
    cover = Image.new("L", large)
    drawing, mask = ImageDraw.Draw(colours), ImageDraw.Draw(cover)
    angles = np.radians(np.arange(0, 360, 3))
    for place, turn in zip(places, turns, strict=True):
        finer = place.then(Similarity(scale=float(_FINE)))

        def line(points, finer=finer):
            return [(float(x), float(y)) for x, y in finer(np.asarray(points, np.float64))]

        head = np.stack([256 + 75 * np.cos(angles), 270 + 85 * np.sin(angles)], -1)
        hair = np.stack([256 + 80 * np.cos(angles), 245 + 85 * np.sin(angles)], -1)
        body = [(225, 330), (287, 330), (330, 420), (330, 700), (182, 700), (182, 420)]
        for shape in (hair, body, head):
            mask.polygon(line(shape), 255)
        width = max(round(2 * finer.scale), 1)
        drawing.polygon(line(body), HAIR)
        drawing.polygon(line(hair), HAIR)
        drawing.polygon(line(head), SKIN)
        drawing.line(line([(235, 340), (240, 420), (235, 500)]), INK, width)
        drawing.line(line([(200, 205), (210, 250), (203, 300)]), INK, width)
        marks = mean_face().pixels(turn)
        for part in (marks[11:17], marks[17:23]):
            drawing.polygon(line([*part[:3], *part[:2:-1]]), (30, 60, 160))
        drawing.polygon(line(marks[24:28]), (200, 30, 60))
    share = np.asarray(cover.resize(size, Image.Resampling.BOX)) / 255
    figure = np.asarray(colours.resize(size, Image.Resampling.BOX)).astype(float)
    if ground == "clear":
        rgba = np.dstack([figure, 255 * share])
    else:
        behind = np.full((size[1], size[0], 3), 255.0)
        if ground == "green":
            rng = np.random.default_rng(0)
            blocks = rng.integers(
                (20, 140, 20), (80, 230, 80), (size[1] // 8 + 1, size[0] // 8 + 1, 3)
            )
            behind = np.kron(blocks, np.ones((8, 8, 1)))[: size[1], : size[0]]
        mixed = figure * share[..., None] + behind * (1 - share[..., None])
        rgba = np.dstack([mixed, np.full(share.shape, 255.0)])
    picture = Picture(np.rint(rgba).astype(np.uint8))
    landmarks = [p(mean_face().pixels(t)) for p, t in zip(places, turns, strict=True)]
    return Made(picture, share, list(places), list(turns), landmarks)


class TrueFinder(FaceFinder):
    """Sees faces where it was told they are."""

    def __init__(self, portrait):
        nn.Module.__init__(self)
        self.config = FaceFinderConfig()
        self.one = nn.Parameter(torch.zeros(1))
        self.portrait = portrait

    def forward(self, picture, prior=None):
        scale = max(picture.shape[-2:]) / max(self.portrait.picture.size)
        maps = torch.zeros(1, MAPS, *(side // CELL for side in picture.shape[-2:]))
        maps[0, 0] = -9
        for marks in self.portrait.landmarks:
            low, high = marks.min(0) * scale / CELL, marks.max(0) * scale / CELL
            middle = (low + high) / 2
            column, row = np.floor(middle).astype(int)
            found = [2.0, *np.log(high - low), *(middle - (column, row))]
            maps[0, :, row, column] = torch.tensor(found)
        return maps


class GreenScreen(MattingNetwork):
    """Takes for ground what is green."""

    def __init__(self):
        nn.Module.__init__(self)
        self.config = MattingConfig(image_size=160)
        self.one = nn.Parameter(torch.zeros(1))
        self.seen = []

    def forward(self, picture, prior=None):
        self.seen.append(tuple(picture.shape[-2:]))
        green = picture[:, 1:2] - torch.maximum(picture[:, :1], picture[:, 2:])
        return (0.12 - green) * 60


class TrueMatte(GreenScreen):
    """Knows how much of each pixel is a figure."""

    def __init__(self, cover):
        super().__init__()
        height, width = cover.shape
        scale = self.config.image_size / max(height, width)
        levels = Image.fromarray(np.rint(cover * 255).astype(np.uint8))
        size = (round(width * scale), round(height * scale))
        self.small = np.asarray(levels.resize(size, Image.Resampling.BOX)) / 255

    def forward(self, picture, prior=None):
        rows, columns = self.small.shape
        out = torch.full((2, 1, *picture.shape[-2:]), -9.0)
        for k, small in enumerate((self.small, self.small[:, ::-1].copy())):  # the mirror image too
            out[k, 0, :rows, :columns] = torch.from_numpy(12 * small - 6)
        return out


def networks(portrait, monkeypatch, blind=False, matting=GreenScreen):
    """Return networks that know a portrait.

    Args:
        portrait: see `made`.
        monkeypatch: replaces how landmarks are looked for in a crop.
        blind: the landmark network sees something that is no face.
        matting: makes the matting network.
    """

    def look(picture, crop, network):
        factor = portrait.picture.size[0] / picture.size[0]
        middle = crop.inverse()(np.array([64.0, 64.0])) * factor
        far = [float(np.linalg.norm(p.mean(0) - middle)) for p in portrait.landmarks]
        if blind or min(far) > 0.7 * np.ptp(portrait.landmarks[int(np.argmin(far))][:, 0]):
            stray = np.random.default_rng(0).uniform(50, 70, (28, 2))
            return crop.inverse()(stray), np.full(28, 0.1), STRAIGHT
        k = int(np.argmin(far))
        in_plane = portrait.places[k].angle_deg
        c, s = np.cos(np.radians(in_plane)), np.sin(np.radians(in_plane))
        tilt = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])  # clockwise, as y is down
        return portrait.landmarks[k] / factor, np.full(28, 0.9), tilt @ portrait.turns[k]

    monkeypatch.setattr("panic3d.pipeline.faces._look", look)
    torch.manual_seed(0)
    small = LandmarkConfig(channels=(8, 8), blocks=(0, 0))
    return PreparationNetworks(
        face_finder=lambda: TrueFinder(portrait),
        landmarks=lambda: LandmarkNetwork(small),
        matting=matting,
        linefill=lambda: LineFiller(LineFillConfig(channels=4, width=8, depth=2)),
    )


def no_networks():
    """Return networks none of which may be asked for."""

    def fail():
        pytest.fail("a network is loaded that is not needed")

    return PreparationNetworks(face_finder=fail, landmarks=fail, matting=fail, linefill=fail)


def untrained_files(folder, names=("face-finder", "landmarks", "matting", "linefill")):
    """Write small untrained networks as `panic3d train pack` writes trained ones."""
    from panic3d.config import to_dict
    from panic3d.weights.store import save_weights

    torch.manual_seed(0)
    channels, blocks = (8, 8), (0, 0)
    finder = FaceFinder(FaceFinderConfig(channels=channels, blocks=blocks))
    landmarks = LandmarkNetwork(LandmarkConfig(channels=channels, blocks=blocks))
    matting = MattingNetwork(MattingConfig(channels=channels, blocks=blocks))
    kinds = {
        "face-finder": ("face_finder", finder),
        "landmarks": ("landmarks", landmarks),
        "matting": ("matting", matting),
        "linefill": ("linefill", LineFiller(LineFillConfig(channels=4, width=8, depth=2))),
    }
    for name in names:
        kind, network = kinds[name]
        about = {"name": name, "network": kind, "config": to_dict(network.config)}
        about |= {"licence": "CC0-1.0", "origin": "random numbers", "made_from": "nothing"}
        state = {
            key: value.half() if value.is_floating_point() else value
            for key, value in network.state_dict().items()
        }
        save_weights(folder / f"{name}.safetensors", state, about=about)
    return folder
