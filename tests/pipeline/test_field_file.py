"""A head in a file: there and back to the bit, and what is no such file."""

import io
import json
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from panic3d.errors import ConfigError, Panic3dError, WeightsError
from panic3d.files import file_sha256
from panic3d.geometry.cameras import Orthographic
from panic3d.geometry.similarity import Similarity
from panic3d.image import Picture
from panic3d.models.cut_field import CutField
from panic3d.models.feedforward import FeedForward
from panic3d.pipeline.align import head_turn
from panic3d.pipeline.direct import DIRECT_SETTINGS
from panic3d.pipeline.head import Settings
from panic3d.pipeline.head_folder import write_folder
from panic3d.pipeline.mesh_options import MeshOptions
from panic3d.pipeline.preparation_options import PrepareOptions
from panic3d.pipeline.prepare import Preparer
from panic3d.pipeline.reconstruct import Reconstructor
from panic3d.pipeline.stage_pictures import REPORT
from panic3d.pipeline.untrained import demo_config, demo_generator
from panic3d.pipeline.whole_head import Head

from .made_portraits import made as made_portrait
from .made_portraits import networks
from .test_direct import NETWORK

pytestmark = pytest.mark.usefixtures("one_thread")

OPTIONS = MeshOptions(triangles=1200, texture_size=256)
SMALL = replace(DIRECT_SETTINGS, volume_resolution=48, render_resolution=64)
RENDERED = Settings(volume_resolution=32, coarse_samples=12, fine_samples=12, render_resolution=16)


def portrait(size=600):
    """A disc of coloured stripes on nothing; not of a size that networks read."""
    y, x = np.mgrid[:size, :size] / size - 0.5
    rgba = np.zeros((size, size, 4), np.uint8)
    rgba[..., 0] = (127 + 120 * np.sin(40 * x)).astype(np.uint8)
    rgba[..., 1] = (127 + 120 * np.cos(30 * y)).astype(np.uint8)
    rgba[..., 3] = ((x**2 + y**2) < 0.1) * np.uint8(255)
    return Picture(rgba)


@pytest.fixture(scope="module")
def reconstructor():
    """Our own network, untrained, that takes all of its silhouette for the head."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = FeedForward(NETWORK)
    last = network.decoder.net[-1]
    assert isinstance(last, torch.nn.Linear)
    with torch.no_grad():
        last.bias[0] = 2.0
    return Reconstructor(network, SMALL, weights="tiny", weights_sha256="ab" * 32)


def made(reconstructor, size=600):
    head = reconstructor.reconstruct(portrait(size), options=OPTIONS, mesh_format="obj")
    return Head(
        head.inner,
        head_turn(20.0, 5.0, 0.0),
        options=head.options,
        mesh_format=head.mesh_format,
        origin=replace(
            head.origin,
            frame_from_source=Similarity(scale=0.3, angle_deg=12.5, shift=(3.1, -4.7)),
            stages={"matte.png": b"any bytes", REPORT: b"{}"},
        ),
    )


def digests(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): file_sha256(path) for path in files}


def test_a_loaded_head_writes_its_folder_to_the_byte(reconstructor, tmp_path):
    """Invariant: there and back; the portrait and the weights are not there any more."""
    head = made(reconstructor)
    written = write_folder(head, tmp_path / "a", frames=2)
    again = Head.load(tmp_path / "a" / "field.safetensors")
    assert write_folder(again, tmp_path / "b", frames=2).files == written.files
    found = digests(tmp_path / "a")
    assert set(found) == set(written.files) and found == digests(tmp_path / "b")
    assert {"head.glb", "head.obj", "preview.png", "viewer.html", "stages/matte.png"} <= set(found)
    assert len([name for name in found if name.startswith("views/")]) == 16
    origin = again.origin
    assert origin.frame_from_source == head.origin.frame_from_source
    assert (origin.weights, origin.weights_sha256) == ("tiny", "ab" * 32)
    turn = again.camera_from_head
    assert turn is not None and np.array_equal(turn, head_turn(20.0, 5.0, 0.0))


def test_what_the_picture_does_not_show_is_kept_too(tmp_path, monkeypatch):
    """Invariant: there and back, for a network that reads it; nothing is cut there."""
    torch.manual_seed(3)
    config = replace(NETWORK, image_size=2 * NETWORK.image_size, patch=2, reads_inside=True)
    drawn = made_portrait((300, 400), [Similarity(scale=0.9, angle_deg=7.0, shift=(-60.0, -30.0))])
    prepared = Preparer(networks(drawn, monkeypatch)).prepare(
        drawn.picture, PrepareOptions(line_removal=False)
    )
    head = Reconstructor(FeedForward(config).eval(), SMALL).reconstruct(prepared, options=OPTIONS)
    shown, field = head.origin.inside, head.inner.field
    assert shown is not None and shown.min() == 0 and shown.max() == 255
    assert isinstance(field, CutField)
    row, column = np.argwhere(shown == 0)[0]
    beside = (
        torch.tensor([[(column + 0.5) / 512 - 0.5, 0.5 - (row + 0.5) / 512, 0.0]]).float() * 0.7
    )
    assert torch.equal(field.density(beside), field.inner.density(beside))
    head.save(tmp_path / "field.safetensors")
    again = Head.load(tmp_path / "field.safetensors")
    assert again.origin.inside is not None and np.array_equal(again.origin.inside, shown)
    assert isinstance(again.inner.field, CutField)
    assert torch.equal(again.inner.field.density(beside), field.density(beside))
    again.save(tmp_path / "again.safetensors")
    first, second = (tmp_path / f"{name}.safetensors" for name in ("field", "again"))
    assert first.read_bytes() == second.read_bytes()
    blind = FeedForward(replace(config, reads_inside=False)).eval()
    assert Reconstructor(blind, SMALL).reconstruct(prepared, options=OPTIONS).origin.inside is None


def test_the_bundled_network_needs_no_weights_again(tmp_path, monkeypatch):
    """Invariant: there and back; a Reconstructor cannot be made meanwhile."""
    options = MeshOptions(triangles=2000, texture_size=256)
    example = Path(__file__).parents[2] / "examples" / "portrait.png"
    head = Reconstructor.from_pretrained("open").reconstruct(example, aligned=True, options=options)
    write_folder(head, tmp_path / "a", stop_after="mesh")
    monkeypatch.setattr(Reconstructor, "__init__", None)
    again = Head.load(tmp_path / "a" / "field.safetensors")
    assert len(again.origin.weights_sha256 or "") == 64 and again.origin.weights == "open-v1"
    write_folder(again, tmp_path / "b", stop_after="mesh")
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert np.array_equal(again.render(30.0).rgba, head.render(30.0).rgba)


def test_a_rendered_head_is_the_same_too(tmp_path):
    """Invariant: there and back, with super-resolution and style vectors."""
    head = Reconstructor(demo_generator(0), RENDERED, weights="random").reconstruct(
        portrait(80), options=OPTIONS
    )
    head.save(tmp_path / "field.safetensors")
    again = Head.load(tmp_path / "field.safetensors")
    camera = Orthographic(azimuth_deg=40.0)
    seen, then = head.picture(camera).rgba, again.picture(camera).rgba
    assert np.array_equal(seen, then) and seen.shape == (demo_config().image_size,) * 2 + (4,)
    assert 0 < (seen[..., 3] > 127).mean() < 1
    again.save(tmp_path / "again.safetensors")
    first, second = (tmp_path / f"{name}.safetensors" for name in ("field", "again"))
    assert first.read_bytes() == second.read_bytes()


def test_other_programs_can_read_the_file(reconstructor, tmp_path):
    """Oracle: the safetensors package."""
    safetensors = pytest.importorskip("safetensors.torch", reason="pip install safetensors")
    head = made(reconstructor)
    head.save(tmp_path / "field.safetensors")
    tensors = safetensors.load_file(tmp_path / "field.safetensors")
    assert torch.equal(tensors["planes"], head.inner.planes)
    found = np.array(Image.open(io.BytesIO(tensors["portrait"].numpy().tobytes())))
    assert np.array_equal(found, head.origin.prepared.rgba)
    assert found[..., 3].mean() > 10


def test_a_head_without_a_portrait_has_no_field_file(reconstructor, tmp_path):
    bare = Head(made(reconstructor).inner)
    for save in (bare.save, lambda path: write_folder(bare, path)):
        with pytest.raises(ConfigError, match="no portrait"):
            save(tmp_path / "field.safetensors")
    assert not list(tmp_path.iterdir())


def changed(source, target, **values):
    """Write a field file whose metadata differ."""
    raw = source.read_bytes()
    (size,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + size])
    about = json.loads(header["__metadata__"]["panic3d"]) | values
    header["__metadata__"]["panic3d"] = json.dumps(about)
    text = json.dumps(header).encode()
    target.write_bytes(struct.pack("<Q", len(text)) + text + raw[8 + size :])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"format_version": 2}, "version 2, expected"),
        ({"format": "x"}, "expected 'panic3d-field'"),
        ({"network": "generator"}, "has no key"),
        ({"nonsense": 1}, "nonsense"),
        ({"camera_from_head": [1.0] * 9}, "no rotation"),
        ({"camera_from_head": [1.0] * 4}, "no rotation"),
        ({"config": {"plane_width": 5}}, "do not fit"),
        ({"config": {"image_size": 1 << 30}}, "at most"),
        ({"settings": {"volume_resolution": 1 << 20}}, "expected"),
        ({"mesh": {"triangles": -1}}, "MeshOptions|expected"),
    ],
)
def test_what_does_not_fit_is_refused(values, message, reconstructor, tmp_path):
    made(reconstructor).save(tmp_path / "field.safetensors")
    changed(tmp_path / "field.safetensors", tmp_path / "other.safetensors", **values)
    with pytest.raises(WeightsError, match=message) as refused:
        Head.load(tmp_path / "other.safetensors")
    assert "panic3d reconstruct" in str(refused.value)


def test_files_that_are_none_are_refused(reconstructor, tmp_path):
    path = tmp_path / "field.safetensors"
    with pytest.raises(WeightsError, match="cannot be read"):
        Head.load(path)
    made(reconstructor).save(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    header = 8 + struct.unpack("<Q", whole[:8])[0]
    for cut in (0, 5, 100, header, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(WeightsError):
            Head.load(path)
    for place in rng.integers(0, header, 60).tolist():
        broken = bytearray(whole)
        broken[place] ^= int(rng.integers(1, 256))
        path.write_bytes(broken)
        try:
            Head.load(path)  # a digit of a number may have become another
        except Panic3dError:
            pass


def test_several_portraits_at_once_are_the_same_as_one_by_one(reconstructor, tmp_path):
    """Oracle: one thread."""

    def field(job):
        size, where = job
        head = reconstructor.reconstruct(portrait(size), options=OPTIONS)
        head.mesh().save(where)
        return head

    sizes = (520, 560)
    (tmp_path / "b").mkdir()
    alone = [field((size, tmp_path / f"{size}.glb")) for size in sizes]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(field, [(size, tmp_path / "b" / f"{size}.glb") for size in sizes]))
    for size in sizes:
        one, other = tmp_path / f"{size}.glb", tmp_path / "b" / f"{size}.glb"
        assert one.read_bytes() == other.read_bytes()
    with ThreadPoolExecutor(2) as pool:
        views = list(pool.map(lambda _: alone[0].render(azimuth_deg=30.0).rgba, range(2)))
    assert all(np.array_equal(views[0], view) for view in views)
