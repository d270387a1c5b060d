import dataclasses
import json
import struct

import pytest
import safetensors.torch
import torch

from panic3d.errors import ConfigError, WeightsError
from panic3d.weights import specs
from panic3d.weights.load import load_generator, verify_weights
from panic3d.weights.specs import ALIASES, SPECS, find_spec, find_specs
from panic3d.weights.store import open_weights, read_about, save_weights

ABOUT = {
    "name": "example",
    "network": "features_pca",
    "config": {"components": 512, "features": 2048},
    "licence": "CC0-1.0",
    "origin": "random numbers",
    "made_from": "nothing",
}

TENSORS = {
    "a.weight": torch.arange(6.0).reshape(2, 3),
    "b": torch.tensor(3.5),
    "count.num_batches_tracked": torch.tensor(7),
    "empty": torch.zeros(0, 4),
    "half": torch.tensor([1.5, -2.0], dtype=torch.float16),
    "brain": torch.tensor([1.5], dtype=torch.bfloat16),
    "strided": torch.arange(6.0).reshape(2, 3).T,
}


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "example.safetensors"
    save_weights(path, TENSORS, about=ABOUT)
    return path


def test_there_and_back(saved):
    """Oracle: the tensors that were saved."""
    about, tensors, path = open_weights(saved, saved.parent)
    assert path == saved and about.config == ABOUT["config"] and about.licence == "CC0-1.0"
    assert set(tensors) == set(TENSORS)
    for name, tensor in TENSORS.items():
        assert torch.equal(tensors[name], tensor) and tensors[name].dtype == tensor.dtype
        assert tensors[name].is_contiguous()


def test_the_file_is_one_that_safetensors_reads_and_the_other_way_round(saved):
    """Oracle: the safetensors package."""
    theirs = safetensors.torch.load_file(saved)
    assert all(torch.equal(theirs[name], TENSORS[name]) for name in TENSORS)
    contiguous = {name: tensor.contiguous() for name, tensor in TENSORS.items()}
    saved.write_bytes(safetensors.torch.save(contiguous, metadata={"made": "elsewhere"}))
    ours = open_weights(saved, saved.parent, check_digest=False).tensors
    assert all(torch.equal(ours[name], TENSORS[name]) for name in TENSORS)


def test_saving_again_replaces_both_files_and_leaves_nothing_else(saved):
    save_weights(saved, {"a": torch.ones(1)}, about=ABOUT)
    assert list(open_weights(saved, saved.parent).tensors) == ["a"]
    assert sorted(p.name for p in saved.parent.iterdir()) == [
        "example.json",
        "example.safetensors",
    ]


def test_an_interrupted_save_leaves_the_old_file(saved, monkeypatch):
    before = saved.read_bytes()

    def stop(handle):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        save_weights(saved, {"a": torch.ones(1000)}, about=ABOUT)
    assert saved.read_bytes() == before and len(list(saved.parent.iterdir())) == 2


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, torch.ones(1)])
@pytest.mark.parametrize("field", ["config", "training"])
def test_what_json_cannot_hold_is_refused_and_leaves_the_old_pair(saved, field, value):
    before = {path.name: path.read_bytes() for path in saved.parent.iterdir()}
    with pytest.raises(WeightsError, match=r"example\.json cannot hold"):
        save_weights(saved, {"a": torch.ones(3)}, about={**ABOUT, field: {"value": value}})
    assert {path.name: path.read_bytes() for path in saved.parent.iterdir()} == before


def test_a_type_that_a_file_cannot_hold_is_refused(tmp_path):
    with pytest.raises(WeightsError, match=r"torch\.float64"):
        save_weights(
            tmp_path / "a.safetensors", {"a": torch.ones(1, dtype=torch.float64)}, about=ABOUT
        )
    with pytest.raises(WeightsError, match="no suffix"):
        save_weights(tmp_path / "a.bin", {}, about=ABOUT)


def test_every_truncation_is_refused(saved):
    whole = saved.read_bytes()
    for length in range(0, len(whole), 5):
        saved.write_bytes(whole[:length])
        with pytest.raises(WeightsError, match=r"example\.safetensors"):
            open_weights(saved, saved.parent, check_digest=False)
    saved.write_bytes(whole + b"\0")
    with pytest.raises(WeightsError, match="its header describes"):
        open_weights(saved, saved.parent, check_digest=False)


def test_a_flipped_bit_is_noticed(saved):
    raw = bytearray(saved.read_bytes())
    raw[-1] ^= 1
    saved.write_bytes(raw)
    with pytest.raises(WeightsError, match="make both again"):
        open_weights(saved, saved.parent)


def with_header(header, data=b"", size=None):
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw) if size is None else size) + raw + data


def one(**changes):
    return {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"PK\3\4 a foreign file",
        with_header({}, size=1 << 63),
        with_header({}, size=1 << 20),
        with_header(b"", bytes(8)),
        with_header(b"\xff\xfe"),
        with_header(b"[]"),
        with_header(b"[" * 100_000),
        with_header(b'{"a":' * 100_000),
        with_header(b'{"a": NaN}'),
        with_header(b'{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,8]}}', bytes(8)),
        with_header(b'{"a":{"dtype":"F32","shape":[Infinity],"data_offsets":[0,8]}}', bytes(8)),
        with_header(b'{"a": 1, "a": 1}'),
        with_header({"a": 1}),
        with_header({"a": {}}),
        with_header(one(extra=1), bytes(8)),
        with_header(one(dtype="F64"), bytes(8)),
        with_header(one(dtype=["F32"]), bytes(8)),
        with_header(one(shape=[3]), bytes(8)),
        with_header(one(shape=[-2]), bytes(8)),
        with_header(one(shape=[True, 2]), bytes(8)),
        with_header(one(shape=[2.0]), bytes(8)),
        with_header(one(shape=[1] * 9 + [2]), bytes(8)),
        with_header(one(shape=[1 << 40, 1 << 40]), bytes(8)),
        with_header(one(shape=[1 << 47, 1 << 47, 0], data_offsets=[0, 0])),
        with_header(one(shape=[0, 1 << 25, 1 << 25], data_offsets=[0, 0])),
        with_header(one(data_offsets=[8, 0]), bytes(8)),
        with_header(one(data_offsets=[0, 8, 8]), bytes(8)),
        with_header(one(data_offsets=[4, 12]), bytes(12)),
        with_header(one(shape=[1 << 46], data_offsets=[0, 1 << 48]), bytes(8)),
        with_header(one(shape=[1 << 45], data_offsets=[0, 1 << 47]), bytes(8)),
        with_header({**one(), "b": one()["a"]}, bytes(8)),
        with_header({**one(), "b": one(data_offsets=[4, 12])["a"]}, bytes(12)),
        with_header({**one(), "b": one(data_offsets=[12, 20])["a"]}, bytes(20)),
        with_header(one(), bytes(9)),
    ],
)
def test_a_foreign_or_dishonest_file_is_refused_before_it_is_read(raw, saved):
    saved.write_bytes(raw)
    with pytest.raises(WeightsError, match=r"example\.safetensors"):
        open_weights(saved, saved.parent, check_digest=False)


def side_changes():
    yield lambda v: v.update(extra=1), "extra"
    yield lambda v: v.pop("licence"), "licence"
    yield lambda v: v.update(format_version=2), "expected 'panic3d-weights' version 1"
    yield lambda v: v.update(format="other"), "of format 'other'"
    yield lambda v: v.update(config=[]), "config is a list"
    yield lambda v: v.update(name=3), "name is a int"
    yield lambda v: v.update(weights_sha256="0" * 64), "make both again"


@pytest.mark.parametrize("change, message", list(side_changes()))
def test_a_json_that_says_something_else_is_refused(change, message, saved):
    side = saved.with_suffix(".json")
    values = json.loads(side.read_text())
    change(values)
    side.write_text(json.dumps(values))
    with pytest.raises(WeightsError, match=message):
        open_weights(saved, saved.parent)


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff", b"{" * 50_000, b'{"a": NaN}'])
def test_a_json_that_is_none_is_refused(raw, saved):
    saved.with_suffix(".json").write_bytes(raw)
    with pytest.raises(WeightsError, match=r"example\.json"):
        open_weights(saved, saved.parent)


def test_a_missing_half_of_the_pair_is_refused(saved):
    saved.with_suffix(".json").unlink()
    with pytest.raises(WeightsError, match="copy both files together"):
        open_weights(saved, saved.parent)
    with pytest.raises(WeightsError, match="does not exist"):
        open_weights(saved.parent / "other.safetensors", saved.parent)


def test_tensors_are_compared_with_the_expected_ones(saved):
    shapes = {name: tuple(tensor.shape) for name, tensor in TENSORS.items()}
    open_weights(saved, saved.parent, expected=shapes)
    missing = {**shapes, "more": (1,)}
    unknown = {name: shape for name, shape in shapes.items() if name != "b"}
    for wrong, message in (
        (missing, "lacks 1 tensors"),
        (unknown, "1 unknown"),
        ({**shapes, "b": (1,)}, r"b is F32 \[\], expected floating point \[1\]"),
    ):
        with pytest.raises(WeightsError, match=message):
            open_weights(saved, saved.parent, expected=wrong)


def test_a_counter_and_a_float_are_not_exchanged(tmp_path):
    path = tmp_path / "a.safetensors"
    save_weights(path, {"x.num_batches_tracked": torch.tensor(1.0)}, about=ABOUT)
    with pytest.raises(WeightsError, match="expected I64"):
        open_weights(path, tmp_path, expected={"x.num_batches_tracked": ()})


@pytest.mark.parametrize(
    "network, config, error",
    [
        ("generator", {"z_dim": 1, "unheard_of": 2}, ConfigError),
        ("generator", {"mapping_layers": 10**9}, ConfigError),
        ("linefill", {"channels": 3, "width": 32}, ConfigError),
        ("linefill", {"channels": 3, "width": 32, "depth": 10**9}, ConfigError),
        ("tagger", {"tags": "many"}, ConfigError),
        ("unheard_of", {}, WeightsError),
        ("features_pca", {}, WeightsError),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(network, config, error, tmp_path):
    path = tmp_path / "a.safetensors"
    save_weights(path, {"a": torch.ones(1)}, about={**ABOUT, "network": network, "config": config})
    with pytest.raises(error):
        verify_weights(path, tmp_path)


def test_the_wrong_network_is_refused(saved):
    with pytest.raises(WeightsError, match="expected a generator"):
        load_generator(saved, saved.parent)


def test_a_name_that_is_not_here_says_how_to_get_it(tmp_path):
    with pytest.raises(WeightsError, match="panic3d weights convert"):
        open_weights("cvpr2023/reconstructor", tmp_path)
    with pytest.raises(WeightsError, match="there are no weights 'open-v9'"):
        open_weights("open-v9", tmp_path)


@pytest.fixture
def known(monkeypatch, tmp_path):
    """Weights whose digest is known beforehand, and where they lie."""
    path = tmp_path / "known/known.safetensors"
    tensors = {"components": torch.ones(512, 2048), "mean": torch.zeros(2048)}
    about = save_weights(path, tensors, about={**ABOUT, "name": "known/known"})
    spec = dataclasses.replace(
        SPECS[-1], name="known/known", file="known/known.safetensors", sha256=about.weights_sha256
    )
    monkeypatch.setattr(specs, "SPECS", (spec,))
    return path


def test_a_name_stands_for_one_digest(known, tmp_path):
    assert verify_weights("known/known", tmp_path).about.name == "known/known"
    tensors = {"components": torch.ones(512, 2048), "mean": torch.ones(2048)}
    save_weights(known, tensors, about={**ABOUT, "name": "known/known"})
    for read in (open_weights, verify_weights):
        with pytest.raises(WeightsError, match=r"known/known has .*damaged or of another release"):
            read("known/known", tmp_path)
    open_weights("known/known", tmp_path, check_digest=False)
    assert verify_weights(known, tmp_path).tensors["mean"].sum() == 2048  # a path is any file


def test_foreign_text_is_escaped_and_short_in_errors(saved):
    side = saved.with_suffix(".json")
    values = json.loads(side.read_text())
    values.update(name="\x1b[2J" + "a" * 5000, weights_sha256="\x1b]0;title\x07")
    side.write_text(json.dumps(values))
    with pytest.raises(WeightsError, match="make both again") as caught:
        open_weights(saved, saved.parent)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 500


def test_an_alias_means_its_generator(tmp_path):
    """The lookup alone; a converted one is loaded by alias in test_convert."""
    assert find_spec("cvpr2023", "generator").name == "cvpr2023/reconstructor"
    assert find_spec("cvpr2023/tagger", "generator").name == "cvpr2023/tagger"
    with pytest.raises(WeightsError, match="choose one of them"):
        find_spec("cvpr2023", "discriminator")
    with pytest.raises(WeightsError, match=r"reconstructor\.safetensors does not exist"):
        load_generator("cvpr2023", tmp_path)


def test_the_alias_stands_for_four_networks():
    assert [s.name for s in find_specs("cvpr2023")] == list(ALIASES["cvpr2023"])
    assert len(find_specs("cvpr2023")) == 4
    with pytest.raises(WeightsError, match="choose one of them"):
        find_spec("cvpr2023")
    for spec in find_specs("cvpr2023"):
        assert spec.sha256 is None and "not known" in spec.note and spec.url is None


def test_what_is_saved_says_where_it_comes_from(saved):
    about = read_about(saved)
    assert about.origin == "random numbers" and len(about.weights_sha256) == 64
    assert about.panic3d_version and about.source_sha256 is None
