"""Which weights the networks of preparation take."""

import pytest

from panic3d.errors import WeightsError
from panic3d.weights import specs
from panic3d.weights.preparation import FILES, find_preparation, preparation_set
from panic3d.weights.specs import WeightsSpec


@pytest.fixture
def released(monkeypatch):
    """As if the four networks were part of the package."""
    ours = tuple(
        WeightsSpec(
            name=name,
            file=f"{name}.safetensors",
            network=network,
            sha256="0" * 64,
            licence="CC0-1.0",
            origin="here",
            made_from="nothing",
            how_to_get="install panic3d again",
            bundled=True,
        )
        for network, name in FILES.items()
    )
    monkeypatch.setattr(specs, "SPECS", (*specs.SPECS, *ours))
    members = ("open-v1", *(spec.name for spec in ours))
    monkeypatch.setitem(specs.ALIASES, "open", members)


def test_a_set_names_its_networks_and_takes_the_others_from_ours(released):
    """Oracle: which of them the paper released: the line filler."""
    for network, name in FILES.items():
        assert find_preparation(network, "open") == name
        assert find_preparation(network, "open-v1") == name
        paper = "cvpr2023/linefill" if network == "linefill" else name
        assert find_preparation(network, "cvpr2023") == paper


@pytest.mark.parametrize("network", FILES)
def test_what_is_not_released_is_said_with_what_else_may_be_done(network, monkeypatch):
    monkeypatch.setitem(specs.ALIASES, "open", ("open-v1",))
    with pytest.raises(WeightsError, match=rf"{FILES[network]}, .* not part of .* or "):
        find_preparation(network, "open")


def test_a_folder_has_files_of_those_names(tmp_path):
    (tmp_path / "landmarks.safetensors").touch()
    found = find_preparation("landmarks", tmp_path)
    assert found == tmp_path / "landmarks.safetensors"
    assert find_preparation("landmarks", str(tmp_path)) == found
    with pytest.raises(WeightsError, match=r"no matting\.safetensors.*--no-matting"):
        find_preparation("matting", tmp_path)


def test_what_is_neither_a_set_nor_a_folder_is_refused(tmp_path):
    for weights in ("no-such-set", tmp_path / "nothing", "first.safetensors"):
        with pytest.raises(WeightsError, match="there are no weights"):
            find_preparation("matting", weights)


def test_a_reconstructor_brings_its_set():
    assert preparation_set("cvpr2023") == "cvpr2023"
    assert preparation_set("open-v1") == "open-v1"
    assert preparation_set("runs/head.safetensors") == "open"
    assert preparation_set("random") == "open"


def test_ours_has_the_reconstructor_and_every_released_network():
    assert specs.ALIASES["open"] == ("open-v1", *(spec.name for spec in specs.PREPARATION))
    assert specs.find_spec("open", ("generator", "feedforward")) is specs.OPEN_V1
    for spec in specs.PREPARATION:
        assert FILES.get(spec.network) == spec.name and spec.bundled  # type: ignore[call-overload]
