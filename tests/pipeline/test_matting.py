"""Mattes: from alpha, from a plain ground, from the network."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage
from torch import nn

from panic3d.errors import PictureError
from panic3d.image import Picture
from panic3d.models.matting import MattingConfig, MattingNetwork
from panic3d.pipeline.matting import (
    PLAIN_LEVELS,
    Matte,
    _unlike,
    find_matte,
    framed,
    plain_ground,
    without_crumbs,
)
from panic3d.pipeline.network_matte import _look, network_alpha


def disc(size=200, radius=60.0, middle=(100.0, 110.0)):
    """Coverage of a disc, its edge soft by a pixel."""
    rows, columns = np.mgrid[:size, :size] + 0.5
    far = np.hypot(columns - middle[0], rows - middle[1])
    return (radius - far + 0.5).clip(0, 1)


def laid(cover, ground, figure=(180, 60, 40)):
    """Lay a figure on a ground."""
    colours = cover[..., None] * np.array(figure) + (1 - cover[..., None]) * np.array(ground)
    opaque = np.full((*cover.shape, 1), 255.0)
    return Picture(np.rint(np.concatenate([colours, opaque], -1)).astype(np.uint8))


def opaque(rgb):
    return np.concatenate([rgb, np.full_like(rgb[..., :1], 255)], -1)


class Coarse(MattingNetwork):
    """Says what it was told, at its own resolution and blurred."""

    def __init__(self, cover):
        nn.Module.__init__(self)
        self.config = MattingConfig(image_size=64)
        self.one = nn.Parameter(torch.zeros(1))
        self.cover = torch.from_numpy(cover).float()[None, None]

    def forward(self, picture, prior=None):
        scale = 64 / max(self.cover.shape[-2:])
        size = [round(side * scale) for side in self.cover.shape[-2:]]
        small = nn.functional.interpolate(self.cover, size=size, mode="area")
        small = nn.functional.avg_pool2d(small, 3, 1, 1, count_include_pad=False)
        out = torch.full((2, 1, *picture.shape[-2:]), -9.0)
        both = torch.cat([small, small.flip(-1)])  # the picture, and its mirror image
        out[..., : size[0], : size[1]] = torch.logit(both.clamp(0.001, 0.999))
        return out


def test_alpha_that_is_there_is_taken_to_the_bit():
    cover = disc()
    picture = laid(cover, (0, 255, 0))
    picture.rgba[..., 3] = np.rint(cover * 255)
    found = find_matte(picture)
    assert found.source == "alpha" and np.array_equal(found.alpha, picture.rgba[..., 3])
    assert found.cut(picture) is picture


@pytest.mark.parametrize("ground", [(255, 255, 255), (30, 200, 60), (0, 0, 0)])
def test_a_plain_ground_gives_the_matte_it_was_laid_with(ground):
    """Oracle: the coverage that the picture was made with; 2 of 255 are rounding's."""
    cover = disc()
    found = find_matte(laid(cover, ground))
    assert found.source == "plain"
    assert np.abs(found.alpha / 255 - cover).max() < 0.03


def test_a_figure_cut_out_of_a_ground_has_none_of_it_on_another():
    """Oracle: the same figure laid on the other ground at once."""
    cover = disc()
    picture = laid(cover, (30, 200, 60))
    cut = find_matte(picture).cut(picture).on((0, 0, 0)).rgba[..., :3].astype(int)
    best = laid(cover, (0, 0, 0)).rgba[..., :3].astype(int)
    assert np.abs(cut - best).max() < 16 and np.abs(cut - best).mean() < 0.2


def test_the_network_tells_holes_and_white_clothes_from_a_white_ground():
    """Oracle: a ring that is a hole, and a white patch at the figure's lower border that is not."""
    cover = disc() * (1 - disc(radius=20.0, middle=(100.0, 80.0)))
    picture = laid(cover, (255, 255, 255))
    rows, columns = np.mgrid[:200, :200]
    patch = (abs(columns - 100) < 20) & (rows > 140)
    truth = np.where(patch, 1.0, cover)
    picture.rgba[patch, :3] = 255
    alone = find_matte(picture).alpha / 255
    guided = find_matte(picture, Coarse(truth).eval()).alpha / 255
    assert alone[80, 100] == 1 and guided[80, 100] == 0
    assert alone[150, 100] == 0 and guided[150:195, 85:116].min() > 0.9
    assert ((guided > 0.5) != (truth > 0.5)).mean() < 0.01


def test_edges_lose_the_grounds_colour_alike_wherever_they_lie():
    """The picture is cut out in blocks; shifted by less than one, it must come out the same."""
    rng = np.random.default_rng(5)
    colours = rng.integers(0, 256, (150, 170, 3), np.uint8)
    alpha = rng.integers(0, 256, (150, 170), np.uint8)
    alpha[20:120, 10:150][rng.random((100, 140)) < 0.9] = 255
    picture = Picture(np.dstack([colours, np.full((150, 170), 255, np.uint8)]))
    whole = Matte(alpha, "network").cut(picture).rgba
    part = Picture(np.ascontiguousarray(picture.rgba[37:, 41:]))
    cut = Matte(np.ascontiguousarray(alpha[37:, 41:]), "network").cut(part).rgba
    off = np.abs(whole[37:, 41:][8:, 8:].astype(int) - cut[8:, 8:])
    assert off.max() <= 1 and (off > 0).mean() < 1e-3
    assert (whole[..., :3] != colours).any(-1)[(alpha > 0) & (alpha < 255)].mean() > 0.5


@pytest.mark.parametrize("ground", [(200, 190, 33), (200.5, 0.0, 254.5)])
def test_a_grounds_colour_may_lie_between_two_levels(ground):
    """Grey levels from far below to far above, in each channel alone."""
    levels = np.arange(256, dtype=np.uint8)
    for channel in range(3):
        rgb = np.tile(np.rint(ground).astype(np.uint8), (1, 256, 1))
        rgb[0, :, channel] = levels
        expected = np.abs(rgb.astype(float) - ground).max(-1) > PLAIN_LEVELS
        np.testing.assert_array_equal(_unlike(rgb, np.array(ground, float)), expected)


@pytest.mark.parametrize("quality", [30, 50, 75])
@pytest.mark.parametrize(
    ("ground", "figure"), [((150, 240, 210), (110, 40, 140)), ((250, 240, 225), (60, 30, 20))]
)
def test_what_compression_colours_beside_a_figure_is_ground(quality, ground, figure):
    """Oracle: the coverage of the star that was drawn before compression."""
    rows, columns = np.mgrid[:200, :200] + 0.5
    round_it = np.arctan2(rows - 110, columns - 100) / np.pi
    radius = 60 + 8 * np.abs((round_it * 9) % 2 - 1)
    cover = (radius - np.hypot(columns - 100, rows - 110) + 0.5).clip(0, 1)
    file = io.BytesIO()
    Image.fromarray(laid(cover, ground, figure).rgba[..., :3]).save(file, "JPEG", quality=quality)
    rgb = np.asarray(Image.open(file).convert("RGB"))
    found = find_matte(Picture(opaque(rgb)), Coarse(cover))
    assert found.source == "plain"
    solid = found.alpha > 127
    assert (solid != (cover > 0.5)).sum() < 0.006 * cover.sum()
    assert not solid[ndimage.distance_transform_edt(cover < 0.5) > 2.5].any()


def test_pale_clothes_beside_dark_hair_are_no_compression():
    """Oracle: a pale patch without an outline, which the network sees."""
    cover = disc()
    rows, columns = np.mgrid[:200, :200]
    patch = (abs(columns - 100) < 30) & (rows > 150)
    picture = laid(cover, (255, 255, 255), (40, 25, 60))
    picture.rgba[patch, :3] = 240
    truth = np.where(patch, 1.0, cover)
    found = find_matte(picture, Coarse(truth))
    assert found.source == "plain"
    assert (found.alpha[truth == 1] > 127).mean() > 0.99


def test_loose_things_on_a_plain_ground_are_left_out_if_the_network_is_asked():
    """Oracle: the cover, to which a dot beside the figure does not belong."""
    cover = disc()
    picture = laid(cover, (255, 255, 255))
    picture.rgba[10:16, 10:16, :3] = (60, 90, 200)
    assert find_matte(picture).alpha[12, 12] == 255
    found = find_matte(picture, Coarse(cover).eval())
    assert found.source == "plain" and np.abs(found.alpha / 255 - cover).max() < 0.03


@pytest.mark.parametrize("seen", [True, False])
def test_what_lies_on_a_plain_ground_and_is_no_figure_is_left_to_the_network(seen):
    """Oracle: the cover; an oval behind the figure is no part of it. Unless nothing is seen."""
    cover = disc(radius=40.0)
    picture = laid(cover, (255, 255, 255))
    rows, columns = np.mgrid[:200, :200]
    behind = np.hypot((rows - 107) / 78, (columns - 100) / 75) < 1
    picture.rgba[behind & (cover == 0), :3] = (60, 90, 200)
    found = find_matte(picture, Coarse(cover * seen).eval())
    assert found.source == ("network" if seen else "plain")
    expected = cover > 0.5 if seen else behind
    assert ((found.alpha > 127) != expected).mean() < 0.01


@pytest.mark.parametrize("seen", [0.0, 1.0])
def test_a_picture_of_one_colour_is_one_thing_and_no_cause_for_a_warning(seen):
    """No pixel is outside of all parts there: a mean over none of them."""
    picture = laid(np.zeros((200, 200)), (90, 90, 90))
    found = find_matte(picture, Coarse(np.full((200, 200), seen)).eval())
    assert (found.alpha == (255 if seen else 0)).all()


def busy(cover, seed=0):
    """Lay a figure on a ground of many colours, none of which is the figure's."""
    rng = np.random.default_rng(seed)
    ground = np.kron(rng.integers(60, 200, (10, 10, 3)), np.ones((20, 20, 1)))
    ground[..., 0] *= 0.4
    return laid(cover, ground, (235, 120, 100))


def test_the_networks_matte_gets_the_pictures_own_edges():
    """Oracle: the coverage at the full resolution, three times the network's."""
    cover = disc()
    picture = busy(cover)
    assert plain_ground(picture) is None
    network = Coarse(cover).eval()
    found = find_matte(picture, network)
    assert found.source == "network"
    mine, true = found.alpha > 127, cover > 0.5
    assert (mine & true).sum() / (mine | true).sum() > 0.99
    far = np.abs(np.hypot(*(np.mgrid[:200, :200] + 0.5 - np.array([110, 100])[:, None, None])) - 60)
    assert (mine == true)[far > 2].all()
    assert set(np.unique(found.alpha[far > 20])) == {0, 255}
    # A picture that is not square, of another size.
    tall = network_alpha(Picture(picture.rgba[:, 40:160]), Coarse(cover[:, 40:160]).eval())
    assert tall.shape == (200, 120) and ((tall > 0.5) == true[:, 40:160]).mean() > 0.99


def test_crumbs_beside_the_figure_are_left_out():
    """Oracle: a figure, a hat that floats above it, and letters."""
    alpha = np.zeros((200, 200), np.float32)
    alpha[80:180, 50:150] = 1
    alpha[78:80, 50:150] = 0.1
    alpha[40:60, 60:140] = 0.9
    letters = alpha.copy()
    for k in range(5):
        letters[20 + 20 * k : 28 + 20 * k, 170:180] = 0.8
        letters[19 + 20 * k, 170:180] = 0.1
    assert np.array_equal(without_crumbs(letters), alpha)
    assert np.array_equal(without_crumbs(alpha), alpha)
    assert not without_crumbs(np.zeros((9, 9), np.float32)).any()


def test_strands_thinner_than_the_networks_pixels_are_kept():
    """Oracle: the coverage at the full resolution; the network's own, enlarged, is far from it."""
    size = 200
    rows, columns = np.mgrid[:size, :size] + 0.5 - 100
    edge = 50 + 14 * np.cos(16 * np.arctan2(rows, columns))
    cover = (edge - np.hypot(rows, columns) + 0.5).clip(0, 1)
    network = Coarse(cover).eval()
    found = network_alpha(busy(cover), network)
    with torch.no_grad():
        coarse = network(torch.zeros(1, 3, 64, 64)).sigmoid()
    plain = nn.functional.interpolate(coarse, size=(size, size), mode="bilinear").numpy()[0, 0]
    wrong, before = (((alpha > 0.5) != (cover > 0.5)).sum() for alpha in (found, plain))
    assert wrong < 0.35 * before


class Doubtful(Coarse):
    """Sees little of what it was told, and all of it once it is told that there is something."""

    def __init__(self, cover):
        super().__init__(cover)
        self.config = MattingConfig(image_size=64, reads_prior=True)
        self.looks = []

    def forward(self, picture, prior=None):
        self.looks.append((tuple(picture.shape[-2:]), prior))
        if len(self.looks) == 1:
            return super().forward(picture)
        reddish = picture[:, :1] - picture[:, 2:]  # the figure's colour
        return torch.where(prior > -1.2, (reddish - 0.3) * 40, -9.0)


def test_a_small_figure_is_looked_at_closely():
    """Oracle: the coverage at the full resolution, of which the first look sees a tenth."""
    size, at = 600, (420.0, 160.0)
    cover = disc(size, 45.0, at)
    rng = np.random.default_rng(0)
    ground = np.kron(rng.integers(60, 200, (30, 30, 3)), np.ones((20, 20, 1)))
    ground[..., 0] *= 0.4
    network = Doubtful(cover).eval()
    found = network_alpha(laid(cover, ground, (235, 120, 100)), network)
    assert np.abs(found - cover).mean() < 0.001
    assert ((found > 0.5) != (cover > 0.5)).mean() < 5e-4
    (first, none), (second, prior) = network.looks
    assert none is None and first == (64, 64)
    # The part around the figure, at most at its own scale; the prior lies where the figure does.
    assert 90 < max(second) <= 160
    inside = (prior[0, 0] > 0).float()
    rows, columns = np.nonzero(inside.numpy())
    seen = [(side.min() + side.max() + 1) / 2 for side in (rows, columns)]
    assert np.abs(np.array(seen) - np.array(second) / 2).max() < 24


def test_the_network_is_told_where_faces_are():
    """Oracle: a rhombus of 28 points, of whose middle and corners is known what they are."""
    around = np.arange(28) * (2 * np.pi / 28)
    side = np.abs(np.cos(around)) + np.abs(np.sin(around))
    face = np.stack([np.cos(around), np.sin(around)], 1) / side[:, None] * 60 + [150.0, 130.0]
    cover = disc(300, 90.0, (150.0, 140.0))
    network = Doubtful(cover).eval()
    found = network_alpha(laid(cover, (40, 60, 90)), network, [face])
    assert found.shape == (300, 300)
    _, prior = network.looks[0]
    scale = 64 / 300
    assert prior.shape == (2, 1, 64, 64) and set(prior.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(prior[1], prior[0].flip(-1))
    assert float(prior[0].sum()) == pytest.approx(2 * 60**2 * scale**2, rel=0.15)  # and its rim
    assert prior[0, 0, int(130 * scale), int(150 * scale)] == 1
    assert prior[0, 0, int(90 * scale), int(110 * scale)] == 0
    # Networks that read none are not told.
    assert network_alpha(laid(cover, (40, 60, 90)), Coarse(cover).eval(), [face]).max() == 1


class OneSided(MattingNetwork):
    """Sees alpha of 0.9 in the left half of what it looks at and 0.5 in the right."""

    def __init__(self):
        nn.Module.__init__(self)
        self.config = MattingConfig(image_size=64)
        self.one = nn.Parameter(torch.zeros(1))

    def forward(self, picture, prior=None):
        left = torch.arange(picture.shape[-1]) < 20
        alpha = torch.where(left, 0.9, 0.5).expand(len(picture), 1, *picture.shape[-2:])
        return torch.logit(alpha)


def test_what_is_seen_in_the_mirror_image_counts_as_much():
    """Oracle: the mean of both sides; 40 columns, which are filled up to 64."""
    network = OneSided().eval()
    picture = Picture(np.full((64, 40, 4), 255, np.uint8))
    _, alpha = _look(picture, 1.0, network)
    torch.testing.assert_close(alpha, torch.full((1, 1, 64, 40), 0.7))


def test_without_alpha_plain_ground_or_network_it_says_what_to_do():
    with pytest.raises(PictureError, match="matting network"):
        find_matte(busy(disc()))


def in_frames(picture, *frames):
    """Put plain frames of some pixels around a picture, the innermost first."""
    rgba = picture.rgba
    for width, colour in frames:
        sides = ((width, width), (width, width), (0, 0))
        around = np.pad(rgba, sides)
        around[..., 3] = 255
        outside = np.pad(np.zeros(rgba.shape[:2], bool), width, constant_values=True)
        around[outside, :3] = colour
        rgba = around
    return Picture(rgba)


@pytest.mark.parametrize(
    "frames",
    [[(9, (0, 0, 0))], [(6, (90, 20, 20)), (7, (211, 211, 211)), (12, (20, 20, 90))]],
)
def test_a_framed_picture_is_matted_within_its_frame(frames):
    """Oracle: the coverage that the figure was laid with, nothing in the frames."""
    cover = disc()
    picture = in_frames(laid(cover, (211, 211, 211)), *frames)
    found = find_matte(picture)
    assert np.abs(found.alpha / 255 - np.pad(cover, sum(w for w, _ in frames))).max() < 0.03


def test_a_small_picture_on_an_empty_ground_is_framed_by_it():
    """Oracle: the coverage that the figure was laid with, nothing around the picture."""
    cover = disc()
    rgba = np.full((700, 900, 4), (201, 231, 205, 255), np.uint8)
    rgba[60:260, 640:840] = laid(cover, (245, 240, 235)).rgba
    found = find_matte(Picture(rgba)).alpha / 255
    assert np.abs(found[60:260, 640:840] - cover).max() < 0.03
    found[60:260, 640:840] = 0
    assert not found.any()


def test_bars_above_and_below_are_a_frame():
    """As of a film, with letters in one of them: between them the network decides."""
    cover = disc()
    busy = laid(cover, (211, 211, 211))
    slope = np.arange(200)[:, None, None] * np.array((0.5, 0.2, 0.8)) + np.array((90, 160, 60))
    busy.rgba[..., :3] = np.where(cover[..., None] > 0.5, busy.rgba[..., :3], slope)
    rgba = np.pad(busy.rgba, ((40, 40), (0, 0), (0, 0)))
    rgba[..., 3] = 255
    rgba[250:258, 60:90, :3] = 255
    picture = Picture(rgba)
    assert framed(picture) == (slice(40, 240), slice(0, 200))
    found = find_matte(picture, Coarse(cover))
    assert found.source == "network"
    assert not found.alpha[:40].any() and not found.alpha[240:].any()
    assert ((found.alpha[40:240] > 127) == (cover > 0.5)).mean() > 0.98


@pytest.mark.parametrize("rows", [slice(0, 200), slice(0, 110)])
def test_figures_are_no_frames(rows):
    """Neither one that stands free nor one that is cut by the picture's border."""
    cover = disc(radius=70.0)[rows]
    assert framed(laid(cover, (211, 211, 211))) is None


def test_a_place_of_a_tinted_grounds_very_colour_is_a_hole_though_the_network_doubts():
    """Oracle: a ring; the network takes most of the hole for the figure, not all of it."""
    ring = disc() - disc(radius=20.0)
    doubts = disc() - disc(radius=14.0)
    found = find_matte(laid(ring, (242, 242, 231)), Coarse(doubts))
    assert found.source == "plain"
    assert np.abs(found.alpha / 255 - ring).max() < 0.1
    white = find_matte(laid(ring, (255, 255, 255)), Coarse(doubts))
    assert white.alpha[110 - 18, 100] == 255  # it may be a shirt
