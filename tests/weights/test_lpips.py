"""From the two published files to one of ours. Oracle: the tensors that were put into them."""

from __future__ import annotations

import dataclasses
import functools
import http.server
import json
import threading
import zipfile
from collections import OrderedDict

import pytest
import torch

from panic3d.cli.main import main
from panic3d.errors import DownloadError, UnsafePickleError, WeightsError
from panic3d.files import file_sha256
from panic3d.weights import specs
from panic3d.weights.convert.lpips import MEMBER, convert_lpips
from panic3d.weights.fetch import fetch
from panic3d.weights.load import verify_weights
from panic3d.weights.shapes import ALEXNET_CONVOLUTIONS
from panic3d.weights.store import open_weights

PLACES = (0, 3, 6, 8, 10)


def alexnet(seed=0):
    """A checkpoint as torchvision publishes it, its classifier much smaller."""
    generator = torch.Generator().manual_seed(seed)
    state: OrderedDict[str, torch.Tensor] = OrderedDict()
    for place, (outputs, inputs, side, _, _) in zip(PLACES, ALEXNET_CONVOLUTIONS, strict=True):
        weight = torch.randn(outputs, inputs, side, side, generator=generator)
        state[f"features.{place}.weight"] = torch.nn.Parameter(weight)
        state[f"features.{place}.bias"] = torch.nn.Parameter(
            torch.randn(outputs, generator=generator)
        )
    for place in (1, 4, 6):
        state[f"classifier.{place}.weight"] = torch.zeros(2, 3)
    return state


def linear(seed=0):
    """The weights of the channels as the package has them."""
    generator = torch.Generator().manual_seed(seed)
    return OrderedDict(
        (f"lin{layer}.model.1.weight", torch.rand(1, entry[0], 1, 1, generator=generator))
        for layer, entry in enumerate(ALEXNET_CONVOLUTIONS)
    )


def published(folder, backbone=None, channels=None, member=MEMBER, zip_layout=True):
    """Write both files; returns their paths."""
    folder.mkdir(exist_ok=True)
    paths = folder / "alexnet-owt-7be5be79.pth", folder / "lpips-0.1.4-py3-none-any.whl"
    torch.save(backbone or alexnet(), paths[0], _use_new_zipfile_serialization=zip_layout)
    inner = folder / "inner.pth"
    torch.save(channels or linear(), inner, _use_new_zipfile_serialization=False)
    with zipfile.ZipFile(paths[1], "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr("lpips/__init__.py", "raise SystemExit")
        wheel.write(inner, member)
    inner.unlink()
    return paths


class Quiet(http.server.SimpleHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012 (emptied by the fixture)

    def log_message(self, *arguments):
        self.asked.append(self.path)


@pytest.fixture
def served(tmp_path, monkeypatch):
    """`lpips-alex` whose sources lie on a server of this machine."""
    paths = published(tmp_path / "server")
    Quiet.asked.clear()
    handler = functools.partial(Quiet, directory=str(tmp_path / "server"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        sources = tuple(
            specs.Source(
                url=f"http://127.0.0.1:{server.server_port}/{path.name}", sha256=file_sha256(path)
            )
            for path in paths
        )
        spec = dataclasses.replace(specs.LPIPS_ALEX, sources=sources)
        monkeypatch.setattr(specs, "SPECS", (spec,))
        yield spec
        server.shutdown()
        thread.join()


def expect(tensors):
    backbone, channels = alexnet(), linear()
    assert len(tensors) == 15
    for layer, place in enumerate(PLACES):
        for kind in ("weight", "bias"):
            ours = tensors[f"convolutions.{layer}.{kind}"]
            assert torch.equal(ours, backbone[f"features.{place}.{kind}"])
        theirs = channels[f"lin{layer}.model.1.weight"]
        assert torch.equal(tensors[f"channel_weights.{layer}"], theirs[0, :, 0, 0])


@pytest.mark.parametrize("zip_layout", [True, False])
def test_both_layouts_of_the_backbone_are_read(zip_layout, tmp_path):
    made = convert_lpips(*published(tmp_path, zip_layout=zip_layout))
    expect(made.tensors)
    assert made.tensors["channel_weights.0"].untyped_storage().nbytes() == 4 * 64


def test_the_command_fetches_converts_and_says_the_licence(served, tmp_path, capsys):
    folder = tmp_path / "weights"
    assert main(["weights", "fetch", "lpips-alex", "--folder", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "BSD-2-Clause" in printed and "ImageNet" in printed
    assert sorted(path.name for path in folder.iterdir()) == [
        "lpips-alex.json",
        "lpips-alex.safetensors",
    ]
    expect(open_weights("lpips-alex", folder).tensors)
    about = json.loads((folder / "lpips-alex.json").read_text())
    assert all(source.sha256 in about["made_from"] for source in served.sources)
    assert main(["weights", "verify", "lpips-alex", "--folder", str(folder)]) == 0
    assert main(["weights", "show", "lpips-alex", "--folder", str(folder)]) == 0
    assert served.sources[0].url in capsys.readouterr().out
    # It is there: nothing is asked for again. A damaged one is made anew.
    asked = len(Quiet.asked)
    fetch(served, folder)
    assert len(Quiet.asked) == asked == 2
    made = folder / "lpips-alex.safetensors"
    made.write_bytes(made.read_bytes()[:-1])
    fetch(served, folder)
    assert len(Quiet.asked) == 4
    verify_weights("lpips-alex", folder)


def test_a_file_that_was_put_there_by_hand_is_not_downloaded(served, tmp_path):
    by_hand = tmp_path / "weights" / "lpips-alex.sources"
    by_hand.mkdir(parents=True)
    name = served.sources[0].file
    (by_hand / name).write_bytes((tmp_path / "server" / name).read_bytes())
    fetch(served, tmp_path / "weights")
    assert [line.strip("/") for line in Quiet.asked] == [served.sources[1].file]
    assert not by_hand.exists()


def test_a_changed_source_is_refused(served, tmp_path):
    path = tmp_path / "server" / served.sources[1].file
    path.write_bytes(path.read_bytes() + b"!")
    with pytest.raises(DownloadError, match="expected"):
        fetch(served, tmp_path / "weights", attempts=1)
    assert not (tmp_path / "weights" / "lpips-alex.safetensors").exists()


def test_what_is_not_the_published_layout_is_refused(tmp_path):
    more = alexnet() | {"features.12.weight": torch.zeros(1)}
    with pytest.raises(WeightsError, match="unknown"):
        convert_lpips(*published(tmp_path, backbone=more))
    other = linear() | {"lin1.model.1.weight": torch.zeros(1, 64, 1, 1)}
    with pytest.raises(WeightsError, match="lin1"):
        convert_lpips(*published(tmp_path, channels=other))
    with pytest.raises(WeightsError, match="no member"):
        convert_lpips(*published(tmp_path, member="lpips/weights/v0.0/alex.pth"))
    with pytest.raises(WeightsError, match="dictionary of tensors"):
        convert_lpips(*published(tmp_path, backbone={"epoch": 3}))


class Program:
    def __reduce__(self):
        return (print, ("run",))


def test_nothing_in_either_file_is_run(tmp_path, capsys):
    with pytest.raises(UnsafePickleError):
        convert_lpips(*published(tmp_path, channels={"lin0.model.1.weight": Program()}))
    with pytest.raises(UnsafePickleError):
        convert_lpips(*published(tmp_path, backbone={"features.0.weight": Program()}))
    assert not capsys.readouterr().out


def test_the_published_digests_are_whole_and_agree_with_the_names():
    """Oracle: the backbone's name has its digest's first digits, PyPI's address one by BLAKE2."""
    backbone, wheel = specs.LPIPS_ALEX.sources
    assert len(backbone.sha256) == len(wheel.sha256) == 64
    assert backbone.sha256.startswith(backbone.file.removesuffix(".pth").rsplit("-", 1)[-1])
    assert len("".join(wheel.url.split("/")[-4:-1])) == 64
