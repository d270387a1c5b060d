"""The full-size networks, on weights that a formula makes, against numbers of the original code.

Oracle of every test: appendix B of the project's description of the original, numbers that the
published code gave on a CPU in float32. The weights are a hash of their names: no file is needed.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from panic3d.geometry.cameras import Camera, Orthographic, Perspective
from panic3d.geometry.grids import grid_points
from panic3d.geometry.meshes import marching_cubes
from panic3d.geometry.rays import Rays, camera_rays
from panic3d.models.fields import PlaneField, TableField
from panic3d.models.generator import Generator, View, unit_range
from panic3d.models.stylegan2.discriminator import DualDiscriminator
from panic3d.models.stylegan2.discriminator_config import DiscriminatorConfig
from panic3d.ops.resizing import resized_square
from panic3d.pipeline.paste import Pasted, paste_front
from panic3d.recipes.generators import released
from panic3d.render.composite import EMPTY
from panic3d.render.density_grid import paper_density, sample_grid
from panic3d.render.march import March
from panic3d.render.sampling import Uniforms
from panic3d.render.volume import Clouds, ray_opacity, render_rays

RESOLUTION = 32
SAMPLES = 24
RELATIVE = 1e-4
ABSOLUTE = 2e-5
HARD_MASK = 0.002
"""Share of pixels that may fall on the other side of a threshold."""


def hashed(name: str, count: int) -> Tensor:
    """Zero mean, unit variance, the same everywhere: appendix B.1."""
    h = np.arange(count, dtype=np.uint64) * np.uint64(2654435761)
    h = (h + np.uint64(zlib.crc32(name.encode()))).astype(np.uint32)
    for _ in range(2):
        h ^= h >> np.uint32(16)
        h *= np.uint32(0x45D9F3B)
    h ^= h >> np.uint32(16)
    v = (2 * (h.astype(np.float64) + 0.5) / 2**32 - 1) * np.sqrt(3.0)
    return torch.from_numpy(v.astype(np.float32))


def fill(network: nn.Module) -> None:
    """Give every tensor of a network its value of appendix B.1."""
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            v = hashed(name, tensor.numel()).reshape(tensor.shape)
            mapped = "mapping" in name and ".fc" in name
            if name.endswith("affine.bias"):
                v = 1 + 0.1 * v
            elif name.endswith("noise_strength"):
                v = torch.full_like(v, 0.05)
            elif name.endswith(".bias"):
                v = v * (10 if mapped else 0.1)
            elif mapped:
                v = v * 100
            if name == "decoder.net.2.weight":
                v[0] *= 20
            elif name == "decoder.net.2.bias":
                v[0] -= 45
            tensor.copy_(v)


@dataclass
class Scene:
    """The filled generator and everything that several tests look at."""

    generator: Generator

    @cached_property
    def conditions(self) -> dict[str, Tensor]:
        i = torch.arange(512, dtype=torch.float64)[:, None]
        j = torch.arange(512, dtype=torch.float64)
        c = torch.arange(3, dtype=torch.float64)[:, None, None]
        front = 0.5 + 0.45 * torch.sin(0.05 * i + 0.03 * j + 2 * c)
        chonk = hashed("cond.chonk", 512 * 64).reshape(1, 512, 8, 8)
        return {"image_ortho_front": front.float()[None], "resnet_chonk": chonk}

    @cached_property
    def ws(self) -> Tensor:
        g = self.generator
        return g.mapping(g.latents([0]), torch.zeros(1, 25), self.conditions)

    @cached_property
    def planes(self) -> Tensor:
        return self.generator.planes(self.ws, self.conditions, noise_mode="none")

    @cached_property
    def planes_const(self) -> Tensor:
        return self.generator.planes(self.ws, self.conditions, noise_mode="const")

    @cached_property
    def field(self) -> PlaneField | TableField:
        return self.generator.field(self.planes[0], force_sigmoid=True)

    @property
    def march(self) -> March:
        return replace(self.generator.march, coarse_samples=SAMPLES, fine_samples=SAMPLES)

    def uniforms(self, rays: int) -> Uniforms:
        fine = torch.linspace(0, 1, SAMPLES).expand(rays, SAMPLES)
        return Uniforms(torch.full((rays, SAMPLES), 0.5), fine)

    def view(self, rays: Rays, clouds: Clouds) -> View:
        uniforms = self.uniforms(len(rays.origins))
        seen = render_rays(self.field, *rays, self.march, uniforms, clouds=clouds)
        return self.generator.view_of([seen], self.ws)

    def paste(self, view: View, rays: Rays, clouds: Clouds) -> Pasted:
        def look(towards: Rays, marked: Tensor) -> Tensor:
            uniforms = self.uniforms(marked.shape[1])
            origins, directions = towards.origins[0], towards.directions[0]
            found = ray_opacity(
                self.field, origins, directions, self.march, uniforms, clouds=clouds
            )
            return found[None]

        return paste_front(
            unit_range(view.image),
            self.conditions["image_ortho_front"],
            view.position,
            view.opacity,
            Rays(rays.origins[None], rays.directions[None]),
            look,
            near_m=self.march.near_m,
            box_m=self.march.box_m,
            everywhere=True,
        )


@pytest.fixture(scope="module")
def scene():
    generator = Generator(released()).eval()
    fill(generator)
    return Scene(generator)


@pytest.fixture(autouse=True)
def without_gradients():
    with torch.inference_mode():
        yield


def close(found, expected, absolute: float = ABSOLUTE) -> None:
    found = torch.as_tensor(found).double().flatten()
    expected = torch.as_tensor(expected, dtype=torch.float64).flatten()
    torch.testing.assert_close(found, expected, rtol=RELATIVE, atol=absolute)


def test_a_seed_gives_the_same_latent_as_numpy(scene):
    close(scene.generator.latents([0])[0, :4], [1.764052, 0.400157, 0.978738, 2.240893])


def test_styles_are_the_originals(scene):
    w = scene.ws[0]
    assert w.shape == (14, 512)
    assert torch.equal(w, w[:1].expand(14, 512))
    close(w[0, :6], [-0.267739, 0.500498, 1.833634, 0.255480, 1.188241, 2.134218])
    close([w[0].mean(), w[0].std(correction=0)], [0.428922, 0.894742])


def test_truncated_styles_are_the_originals(scene):
    g = scene.generator
    ws = g.mapping(g.latents([0]), torch.zeros(1, 25), scene.conditions, truncation_psi=0.7)
    close(ws[0, 0, :4], [0.189796, 0.540180, 0.984981, 0.571591])


@pytest.mark.parametrize(
    ("planes", "statistics", "column", "spots"),
    [
        (
            "planes_const",
            [0.343956, 2.667559, -10.047726, 13.045305],
            [-1.503471, 6.726089, -3.384258, -3.013854, -0.729615, 2.382992],
            [-1.578963, -0.498199, -0.446698],
        ),
        (
            "planes",
            [0.339517, 2.657074, -9.369011, 12.231476],
            [-1.588532, 6.806757, -3.700888, -2.842176, -0.637866, 2.404584],
            [-1.563963, -0.596652, -0.153382],
        ),
    ],
)
def test_planes_are_the_originals(scene, planes, statistics, column, spots):
    found = getattr(scene, planes)
    close([found.mean(), found.std(), found.min(), found.max()], statistics)
    close(found[0, :6, 100, 37], column)
    close(found[0, [20, 60, 143], 5, 250], spots)


POINTS = ((0.0, 0.0, 0.0), (0.1, -0.05, 0.2), (-0.3, 0.31, -0.12), (0.349, 0.0, 0.0), (0.4, 0, 0))


@pytest.mark.parametrize("kind", ["table", "plain"])
def test_density_and_features_at_points_are_the_originals(scene, kind):
    field = scene.field
    if kind == "plain":
        config = scene.generator.config
        field = PlaneField(
            scene.planes[0],
            scene.generator.decoder,
            depth=config.plane_depth,
            box_m=config.rendering.box_m,
            distinct=config.distinct_planes,
            force_sigmoid=True,
        )
    points = torch.tensor(POINTS)
    # The density's row is scaled up by 20, and its rounding with it.
    expected = [8.633976, -14.792540, -17.464025, -2.571335, -14.415968]
    close(field.density(points), expected, absolute=2e-4)
    close(field.value(points[:1])[0, :3], [0.849268, 0.278222, 0.496519])


def test_the_widened_sigmoid_of_training_gives_the_originals_features(scene):
    found = scene.generator.field(scene.planes[0]).value(torch.zeros(1, 3))
    close(found[0, :3], [0.849966, 0.277778, 0.496512])


PAPER = Clouds(crop_m=0.1, cull=0.5)
SOLID = Clouds(crop_m=0.1, binarize=0.4)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A view and what the original shows of it; means and standard deviations in pairs."""

    camera: Camera
    clouds: Clouds = Clouds()
    raw: tuple[float, float]
    raw_16_16: tuple[float, float, float]
    raw_3_28: tuple[float, float, float]
    opacity: tuple[float, float]
    depth: tuple[float, float, float, float]
    """Mean, standard deviation, smallest, largest."""
    xyz_16_16: tuple[float, float, float]
    depth_opacity_16_16: tuple[float, float]
    image: tuple[float, float]
    image_256_256: tuple[float, float, float]
    image_40_450: tuple[float, float, float]
    masks: tuple[float, float, float, float, float] | None = None
    """Means of the masks of opacity, edges, occlusion and deviation, and of their product."""


CASES = {
    "C": Case(
        camera=Orthographic(),
        raw=(0.728547, 0.249218),
        raw_16_16=(0.919035, 0.663904, 0.724544),
        raw_3_28=(0.923614, 0.391857, 0.517841),
        opacity=(0.524679, 0.384889),
        depth=(0.966457, 0.132526, 0.699467, 1.295794),
        xyz_16_16=(-0.510714, 0.499893, -0.488652),
        depth_opacity_16_16=(1.033660, 0.494697),
        image=(1.021111, 1.969166),
        image_256_256=(1.723797, -2.203892, 3.389379),
        image_40_450=(1.179454, -0.539228, 1.599357),
    ),
    "D": Case(
        camera=Perspective(elevation_deg=20.0, azimuth_deg=30.0),
        raw=(0.684021, 0.244099),
        raw_16_16=(0.776320, 0.396668, 0.600521),
        raw_3_28=(0.941256, 0.346651, 0.626256),
        opacity=(0.625583, 0.363089),
        depth=(0.948304, 0.161308, 0.652506, 1.405566),
        xyz_16_16=(-0.273803, 0.254670, -0.286777),
        depth_opacity_16_16=(0.922560, 0.759959),
        image=(0.960511, 1.886106),
        image_256_256=(1.487575, -1.851447, 2.809602),
        image_40_450=(1.346332, -0.412947, 1.490350),
    ),
    "E": Case(
        camera=Orthographic(azimuth_deg=90.0),
        clouds=PAPER,
        raw=(0.786690, 0.249795),
        raw_16_16=(0.874650, 0.460173, 0.556927),
        raw_3_28=(1.0, 1.0, 1.0),
        opacity=(0.432326, 0.408085),
        depth=(1.105433, 0.324042, 0.772700, 1.521739),
        xyz_16_16=(-0.228683, 0.165939, -0.165939),
        depth_opacity_16_16=(0.934888, 0.825037),
        image=(1.123128, 2.147392),
        image_256_256=(1.753624, -2.215693, 3.419279),
        image_40_450=(1.599932, -1.860554, 4.589173),
        masks=(0.124538, 0.675465, 0.836914, 0.0, 0.0),
    ),
    "F": Case(
        camera=Orthographic(),
        clouds=PAPER,
        raw=(0.811293, 0.244690),
        raw_16_16=(0.936427, 0.716878, 0.768345),
        raw_3_28=(1.0, 1.0, 1.0),
        opacity=(0.362659, 0.401091),
        depth=(1.191610, 0.282043, 0.779715, 1.521739),
        xyz_16_16=(-0.579795, 0.570502, -0.561700),
        depth_opacity_16_16=(1.031654, 0.424851),
        image=(1.153540, 2.217015),
        image_256_256=(1.711468, -2.212087, 3.586164),
        image_40_450=(1.599932, -1.860554, 4.589173),
        masks=(0.113556, 0.736427, 0.847656, 0.001953, 0.0),
    ),
    "G": Case(
        camera=Perspective(),
        clouds=SOLID,
        raw=(0.497619, 0.276264),
        raw_16_16=(0.687309, 0.125140, 0.354675),
        raw_3_28=(0.731506, 0.278571, 0.485886),
        opacity=(0.877503, 0.326172),
        depth=(0.972277, 0.220496, 0.763714, 1.521739),
        xyz_16_16=(-0.007224, -0.007223, -0.137321),
        depth_opacity_16_16=(0.862739, 1.0),
        image=(0.724081, 1.618102),
        image_256_256=(0.949569, 0.298853, 0.217845),
        image_40_450=(0.050150, 0.682665, 0.797818),
        masks=(0.818974, 0.842991, 0.840820, 0.837891, 0.623070),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_view_is_the_originals(scene, name):
    case = CASES[name]
    view = scene.view(camera_rays(case.camera, RESOLUTION), case.clouds)
    raw, image = unit_range(view.image_raw), unit_range(view.image)
    depth, opacity = view.depth, view.opacity
    close([raw.mean(), raw.std()], case.raw)
    close(raw[0, :, 16, 16], case.raw_16_16)
    close(raw[0, :, 3, 28], case.raw_3_28)
    close([opacity.mean(), opacity.std()], case.opacity)
    close([depth.mean(), depth.std(), depth.min(), depth.max()], case.depth)
    close(view.xyz[0, :, 16, 16], case.xyz_16_16)
    close([depth[0, 0, 16, 16], opacity[0, 0, 16, 16]], case.depth_opacity_16_16)
    close([image.mean(), image.std()], case.image)
    if case.clouds is not SOLID:  # G's pixels are recorded after the pasting
        close(image[0, :, 256, 256], case.image_256_256, absolute=1e-4)
        close(image[0, :, 40, 450], case.image_40_450, absolute=1e-4)


@pytest.mark.parametrize("name", ["E", "F", "G"])
def test_a_pasted_view_is_the_originals(scene, name):
    """Oracle: the appendix; a hard threshold may put 0.2 % of the pixels on its other side."""
    case = CASES[name]
    rays = camera_rays(case.camera, RESOLUTION)
    view = scene.view(rays, case.clouds)
    pasted = scene.paste(view, rays, case.clouds)
    masks = torch.stack(
        [
            pasted.mask_opacity.mean(),
            pasted.mask_edges.mean(),
            pasted.mask_occlusion.mean(),
            pasted.mask_deviation.mean(),
            pasted.mask.mean(),
        ]
    )
    assert case.masks is not None
    assert (masks - torch.tensor(case.masks)).abs().max() < HARD_MASK
    close(pasted.image[0, :, 256, 256], case.image_256_256, absolute=1e-4)
    close(pasted.image[0, :, 40, 450], case.image_40_450, absolute=1e-4)
    if name == "G":
        assert abs(float(pasted.image.mean()) - 0.655175) < HARD_MASK
        assert abs(float(pasted.image.std()) - 1.172157) < 5 * HARD_MASK
        close([pasted.lookup.mean(), pasted.lookup.std()], [0.499013, 0.315383])
    else:
        close([pasted.image.mean(), pasted.image.std()], case.image)


def test_the_volume_is_the_originals(scene):
    box = scene.march.box_m
    field = scene.generator.field(scene.planes_const[0], force_sigmoid=True)
    raw = sample_grid(field, 32, box, "paper").raw.flip(0)  # the original's runs along -x
    close([raw[16, 16, 16], raw[10, 20, 12]], [3.746956, 15.142368], absolute=2e-4)
    close([raw.mean(), raw.std()], [-5.800515, 12.468896])
    points = grid_points(32, box, "paper")
    turned = points.flip(0)
    close(turned[0, 0, 0], [0.35, -0.35, -0.35], absolute=1e-6)
    close(turned[31, 31, 31], [-0.327441, 0.371875, 0.350000], absolute=1e-6)
    close(turned[5, 6, 7], [0.241485, -0.209577, -0.191935], absolute=1e-6)
    close(field.value(points.reshape(-1, 3)).mean(), 0.530072)


def test_the_surface_of_the_volume_is_the_originals(scene):
    box = scene.march.box_m
    field = scene.generator.field(scene.planes_const[0], force_sigmoid=True)
    grid = sample_grid(field, 32, box, "paper", clouds=PAPER)
    density = paper_density(grid.raw, PAPER).flip(0)
    assert int((density > 0).sum()) == 1088
    assert int((density == EMPTY).sum()) == 32**3 - 1088
    index, faces, _ = marching_cubes(density.numpy(), 0.5)
    assert (len(index), len(faces)) == (2022, 3988)
    vertices = index / 32 * box - box / 2
    close(vertices.min(0), [-0.240636, -0.328136, -0.240636], absolute=1e-6)
    close(vertices.max(0), [0.153136, 0.306261, 0.218761], absolute=1e-6)


def test_logits_of_the_discriminator_are_the_originals():
    discriminator = DualDiscriminator(DiscriminatorConfig()).eval()
    fill(discriminator)
    n = torch.arange(4, dtype=torch.float64)[:, None, None, None]
    c = torch.arange(3, dtype=torch.float64)[:, None, None]
    i = torch.arange(512, dtype=torch.float64)[:, None]
    j = torch.arange(512, dtype=torch.float64)
    image = (0.9 * torch.sin(0.02 * (n + 1) * i + 0.013 * j + 2 * c)).float()
    labels = hashed("D.c", 100).reshape(4, 25)
    with torch.inference_mode():
        logits = discriminator(image, resized_square(image, 96), labels)
    close(logits, [-0.696286, -0.332872, -0.345445, -0.184459])
