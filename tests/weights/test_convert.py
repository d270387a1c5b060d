import json
import pickle
import zipfile

import numpy as np
import pytest
import torch

from campaign import _pickle_files as files
from panic3d.cli import weights as command
from panic3d.errors import ConfigError, Panic3dError, WeightsError
from panic3d.models.generator import Generator
from panic3d.weights.convert.archive import convert_source
from panic3d.weights.convert.features_pca import convert_features_pca
from panic3d.weights.convert.linefill import convert_linefill
from panic3d.weights.convert.reconstructor import convert_reconstructor
from panic3d.weights.convert.tagger import convert_tagger
from panic3d.weights.load import load_discriminator, load_generator, verify_weights
from panic3d.weights.shapes import FILTER
from tests.weights import published


def written(path, raw):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return path


@pytest.fixture(scope="module")
def snapshot():
    return published.small_snapshot()


@pytest.fixture(scope="module")
def pca():
    rng = np.random.default_rng(0)
    return rng.normal(size=(520, 2048)), rng.normal(size=2048).astype(np.float32)


def same(ours, theirs):
    return set(ours) == set(theirs) and all(torch.equal(ours[n], theirs[n]) for n in ours)


def test_a_snapshot_gives_its_running_average_by_name(snapshot, tmp_path):
    """Oracle: the tensors that the snapshot was made of; filters and label statistics left out."""
    raw, ema = snapshot
    (made,) = convert_reconstructor(written(tmp_path / "network-snapshot-000200.pkl", raw))
    assert same(made.tensors, {n: t for n, t in ema.items() if FILTER not in n})
    assert all(t.dtype == torch.float32 and t.is_contiguous() for t in made.tensors.values())
    # The live rendering options count, those of the constructor are kept.
    assert made.config["rendering"]["coarse_samples"] == 96
    assert made.training["constructor_rendering_kwargs"]["depth_resolution"] == 48
    assert made.training["rendering_kwargs"]["density_reg"] == 0.5
    assert made.training["dataset_label_std"] == list(range(25))
    assert made.config["render_resolution"] == 96
    assert "must never be run" not in json.dumps([made.config, made.training])


def test_the_discriminator_comes_on_request(snapshot, tmp_path):
    raw, _ = snapshot
    made = convert_reconstructor(written(tmp_path / "a.pkl", raw), discriminator=True)
    assert [each.network for each in made] == ["generator", "discriminator"]
    assert made[1].training["num_fp16_res"] == 4


def test_a_recorded_generator_survives_the_whole_way(golden_dir, tmp_path, capsys):
    """Oracle: the recorded state dict: into a snapshot, converted, saved, loaded, the same."""
    recorded = published.recorded_tensors(golden_dir, "generator.npz", "sd/")
    config = published.recorded_config(golden_dir, "generator.npz")
    attributes = {
        "neural_rendering_resolution": 64,
        "rendering_kwargs": config["G"]["rendering_kwargs"],
    }
    raw = files.snapshot({"G_ema": (config["G"], recorded, attributes)})
    path = written(tmp_path / "network-snapshot-000200.pkl", raw)
    command.convert(path, out=tmp_path / "out")
    assert "cvpr2023/reconstructor" in capsys.readouterr().out
    network = load_generator("cvpr2023", tmp_path / "out")  # the alias means its generator
    assert isinstance(network, Generator)
    stored = {name: tensor for name, tensor in recorded.items() if FILTER not in name}
    assert same(network.state_dict(), stored)
    assert not network.training and not any(p.requires_grad for p in network.parameters())


@pytest.mark.parametrize(
    "change, error",
    [
        ({"backbone.mapping.w_avg": None}, "lacks 1 tensors"),
        ({"backbone.mapping.w_avg": torch.zeros(17)}, r"shape \[17\], expected \[16\]"),
        ({"backbone.mapping.w_avg": torch.full((16,), torch.nan)}, "not finite"),
        ({"backbone.mapping.w_avg": torch.full((16,), 1e300, dtype=torch.float64)}, "not finite"),
        ({"backbone.synthesis.b4.resample_filter": torch.ones(4, 4)}, "is not the filter"),
        ({"dataset_label_std": torch.ones(3)}, "dataset_label_std"),
        (
            {"dataset_label_std": torch.full((25,), torch.nan)},
            "dataset_label_std holds .*not finite",
        ),
        (
            {"dataset_label_std": torch.full((25,), torch.inf)},
            "dataset_label_std holds .*not finite",
        ),
    ],
)
def test_tensors_that_do_not_fit_the_options_are_refused(change, error, tmp_path, unchecked):
    raw, _ = published.small_snapshot(**change)
    with pytest.raises(WeightsError, match=error):
        convert_reconstructor(written(tmp_path / "a.pkl", raw))


def test_an_option_that_is_not_implemented_names_the_file(tmp_path):
    options = {**published.GENERATOR_KWARGS, "num_fp16_res": 4}
    attributes = {"neural_rendering_resolution": 64, "rendering_kwargs": None}
    raw = files.snapshot({"G_ema": (options, {}, attributes)})
    with pytest.raises(ConfigError, match=r"a\.pkl: the generator has num_fp16_res = 4"):
        convert_reconstructor(written(tmp_path / "a.pkl", raw))


def shared_modules(levels):
    """A module of ten references to one module of ten references, and so on: 10^levels names."""
    bare = files.name("training.triplane", "OSGDecoder") + b")\x81"
    made = bare + b"}b"
    for depth in range(levels):
        index = (1000 + depth).to_bytes(4, "little")
        inner = [made + b"r" + index] + [b"j" + index] * 9
        members = b"".join(files.text(f"m{i}") + value + b"s" for i, value in enumerate(inner))
        made = bare + b"}" + files.text("_modules") + b"}" + members + b"sb"
    return made


def entries(**values):
    """Opcodes of a dictionary."""
    return b"}" + b"".join(files.text(key) + value + b"s" for key, value in values.items())


def test_modules_shared_a_million_times_are_refused(tmp_path):
    """A file of a few kilobytes that spells out 10^10 names."""
    state = entries(
        _modules=entries(a=shared_modules(10)),
        _init_kwargs=pickle.dumps(published.GENERATOR_KWARGS, 2)[2:-1],
        neural_rendering_resolution=b"K\x40",
    )
    meta = entries(type=files.text("class"), class_name=files.text("G"), state=state)
    network = files.call(files.name("torch_utils.persistence", "_reconstruct_persistent_obj"), meta)
    raw = files.whole(entries(G_ema=network))
    assert len(raw) < 10_000
    with pytest.raises(WeightsError, match="more than 2000 modules"):
        convert_reconstructor(written(tmp_path / "a.pkl", raw))


@pytest.mark.parametrize("zip_layout", [True, False])
@pytest.mark.parametrize("channels", [3, 4])
def test_a_line_filler_is_recognised_by_its_first_weight(channels, zip_layout, tmp_path):
    """Oracle: the tensors that the checkpoint was made of, in both of torch's layouts."""
    tensors = published.linefill_tensors(channels)
    raw = files.checkpoint(tensors, published.HYPER_PARAMETERS, zip_layout=zip_layout)
    path = written(tmp_path / "epoch=0199.ckpt", raw)
    made = convert_linefill(path, discriminator=True)
    assert [each.config["channels"] for each in made] == [channels, channels]
    assert same({**made[0].tensors, **made[1].tensors}, tensors)
    assert made[0].training["hyper_parameters"] == published.HYPER_PARAMETERS
    assert made[0].made_from.endswith("epoch 199")


def test_a_recorded_line_filler_is_converted(golden_dir, tmp_path):
    """Oracle: the recorded state dict."""
    recorded = published.recorded_tensors(golden_dir, "rmline.npz", "sd_nohull/")
    raw = files.checkpoint(recorded, published.HYPER_PARAMETERS)
    (made,) = convert_linefill(written(tmp_path / "a.ckpt", raw))
    wanted = {n: t for n, t in recorded.items() if n.startswith("generator.")}
    assert {n: t.float().tolist() for n, t in made.tensors.items()} == {
        n: t.float().tolist() for n, t in wanted.items()
    }


def test_half_precision_is_widened(tmp_path):
    """Oracle: torch's own conversion; bfloat16 and float16 are exact in float32."""
    tensors = published.linefill_tensors(3)
    for kind in (torch.bfloat16, torch.float16, torch.float64):
        narrow = {n: t.to(kind) if t.is_floating_point() else t for n, t in tensors.items()}
        path = written(tmp_path / "a.ckpt", files.checkpoint(narrow, {}))
        (made,) = convert_linefill(path)
        assert all(
            torch.equal(t, narrow[n].float()) for n, t in made.tensors.items() if "num_" not in n
        )


def test_a_view_is_read_with_its_offset_and_strides(tmp_path):
    """Oracle: the view itself; checkpoints may hold transposed and shared storages."""
    tensors = published.linefill_tensors(3)
    whole = torch.randn(3, 3, 3, 40)
    tensors["generator.0.weight"] = whole.permute(3, 0, 1, 2)[4:36]
    path = written(tmp_path / "a.ckpt", files.checkpoint(tensors, {}))
    (made,) = convert_linefill(path)
    assert torch.equal(made.tensors["generator.0.weight"], tensors["generator.0.weight"])


def test_a_tagger_is_converted(tmp_path):
    tensors = published.tagger_tensors(tags=5)
    options = {"margs": {}, "largs": {"danbooru_sfw": {"size": 288}}}
    made = convert_tagger(written(tmp_path / "a.ckpt", files.checkpoint(tensors, options)))
    assert made.config == {"tags": 5, "size": 288} and same(made.tensors, tensors)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_pca_gives_512_components(pca, protocol, order, tmp_path):
    """Oracle: the arrays themselves, in every protocol and memory order."""
    components, mean = pca
    raw = files.estimator(np.asarray(components, order=order), mean, protocol)
    made = convert_features_pca(written(tmp_path / "pca.pkl", raw))
    assert made.tensors["components"].tolist() == components[:512].astype(np.float32).tolist()
    assert made.tensors["mean"].tolist() == mean.tolist()


def test_a_pca_of_scikit_learn_is_read(tmp_path):
    """Oracle: scikit-learn's own fit."""
    decomposition = pytest.importorskip("sklearn.decomposition", reason="pip install scikit-learn")
    from panic3d.weights.convert.pickles import read_estimator

    fitted = decomposition.PCA(3).fit(np.random.default_rng(0).normal(size=(10, 5)))
    for protocol in (2, 3, 4, 5):
        path = written(tmp_path / "pca.pkl", pickle.dumps(fitted, protocol))
        state = read_estimator(path).state
        assert state["components_"].numbers().tolist() == fitted.components_.tolist()
        assert state["noise_variance_"] == float(fitted.noise_variance_)
        with pytest.raises(WeightsError, match=r"\[3, 5\].*choose the file pca"):
            convert_features_pca(path)


def test_a_whitened_pca_is_refused(pca, tmp_path):
    path = tmp_path / "pca.pkl"
    raw = files.estimator(*pca)
    path.write_bytes(raw.replace(b"whiten\x94\x89", b"whiten\x94\x88"))
    with pytest.raises(WeightsError, match="whitens"):
        convert_features_pca(path)


RUNS = "PANIC-3D/_train"
SNAPSHOT = f"{RUNS}/eg3dc/runs/ecrutileE_eclustrousC_n120/00000/network-snapshot-000200.pkl"
LINEFILL = f"{RUNS}/img2img/runs/rmlineE_rmlineganA_n04/checkpoints/epoch=0199.ckpt"
TAGGER = (
    f"{RUNS}/danbooru_tagger/runs/waning_kate_vulcan0001/checkpoints/"
    "epoch=0022-val_f2=0.4461-val_loss=0.0766.ckpt"
)
PCA = "PANIC-3D/_data/lustrous/preprocessed/minna_resnet_feats_ortho/pca.pkl"


@pytest.fixture(scope="module")
def four(snapshot, pca):
    """The four files and some that are not wanted."""
    tagger = files.checkpoint(published.tagger_tensors(tags=5), {})
    return {
        SNAPSHOT: snapshot[0],
        SNAPSHOT.replace("000200", "000100"): b"another snapshot",
        LINEFILL: files.checkpoint(published.linefill_tensors(3), published.HYPER_PARAMETERS),
        LINEFILL.replace("0199", "0189"): b"another epoch",
        TAGGER: tagger,
        PCA: files.estimator(*pca),
        "PANIC-3D/README.md": b"",
        "../../outside.pkl": b"a path that leaves the folder",
    }


def archive(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression, compresslevel=1) as target:
        for name, raw in members.items():
            # The tests' tagger is nearly empty and would pass for a bomb.
            target.writestr(name, raw, zipfile.ZIP_STORED if name == TAGGER else None)
    return path


NAMES = ["reconstructor", "linefill", "tagger", "features_pca"]


def test_the_authors_archive_becomes_four_files(four, tmp_path, capsys):
    """Oracle: every written file passes `verify`, which reads it whole."""
    source = archive(tmp_path / "PANIC3D.zip", four)
    command.convert(source, out=tmp_path / "out")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [f"cvpr2023/{name}" for name in NAMES]
    made = sorted(path.name for path in (tmp_path / "out/cvpr2023").iterdir())
    assert made == sorted(f"{name}.{end}" for name in NAMES for end in ("json", "safetensors"))
    command.verify("cvpr2023", folder=tmp_path / "out")
    command.show("cvpr2023", folder=tmp_path / "out")
    command.list_(folder=tmp_path / "out")
    listed = capsys.readouterr().out.splitlines()
    assert not [line for line in listed if line.startswith("cvpr2023/") and "not here" in line]
    about = json.loads((tmp_path / "out/cvpr2023/linefill.json").read_text())
    sizes = {"channels": 3, "width": 32, "depth": 6}
    assert about["config"] == {**sizes, "mask_input": True}
    about = json.loads((tmp_path / "out/cvpr2023/tagger.json").read_text())
    assert about["config"] == {"tags": 5, "size": 256}
    assert "not redistributable" in about["licence"]
    assert not (tmp_path.parent / "outside.pkl").exists()


def test_a_compressed_archive_and_an_unpacked_folder_give_the_same(four, tmp_path, unchecked):
    small = {name: raw for name, raw in four.items() if name != "../../outside.pkl"}
    source = archive(tmp_path / "packed.zip", small, zipfile.ZIP_DEFLATED)
    for name, raw in small.items():
        written(tmp_path / "folder" / name, raw)
    packed = list(convert_source(source, discriminator=True))
    unpacked = list(convert_source(tmp_path / "folder", discriminator=True))
    assert [each.name for each in packed] == [each.name for each in unpacked]
    assert len(packed) == 6
    for left, right in zip(packed, unpacked, strict=True):
        assert left.source_sha256 == right.source_sha256 and left.made_from == right.made_from
        assert same(left.tensors, right.tensors)


@pytest.mark.parametrize(
    "member, network", [(SNAPSHOT, "generator"), (LINEFILL, "linefill"), (PCA, "features_pca")]
)
def test_one_file_can_be_converted_by_itself(member, network, four, tmp_path):
    path = written(tmp_path / member.split("/")[-1], four[member])
    command.convert(path, out=tmp_path / "out")
    (made,) = (tmp_path / "out/cvpr2023").glob("*.safetensors")
    assert verify_weights(made, tmp_path).about.network == network


def test_a_loaded_discriminator_is_the_converted_one(four, tmp_path, unchecked):
    path = written(tmp_path / "network-snapshot-1.pkl", four[SNAPSHOT])
    command.convert(path, out=tmp_path / "out", discriminator=True)
    made = convert_reconstructor(path, discriminator=True)[1]
    network = load_discriminator("cvpr2023/discriminator", tmp_path / "out")
    assert same(network.state_dict(), made.tensors)


def test_missing_files_are_listed_with_what_was_found(four, tmp_path):
    source = archive(tmp_path / "a.zip", {SNAPSHOT: four[SNAPSHOT], PCA: four[PCA]})
    with pytest.raises(WeightsError, match=r"lacks linefill \(.*tagger \(.*found.*reconstructor"):
        list(convert_source(source))
    with pytest.raises(WeightsError, match=r"lacks reconstructor.*found of the four: none"):
        list(convert_source(archive(tmp_path / "b.zip", {"a.txt": b""})))


def test_two_candidates_are_an_error(four, tmp_path):
    twice = {**four, f"other/{LINEFILL}": four[LINEFILL]}
    with pytest.raises(WeightsError, match="2 files for linefill"):
        list(convert_source(archive(tmp_path / "a.zip", twice)))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(four, tmp_path):
    bomb = {**four, LINEFILL: bytes(4 << 20)}
    source = archive(tmp_path / "a.zip", bomb, zipfile.ZIP_DEFLATED)
    with pytest.raises(WeightsError, match="unfolds from"):
        list(convert_source(source))


def test_a_damaged_archive_is_refused(four, tmp_path, unchecked):
    whole = archive(tmp_path / "a.zip", four).read_bytes()
    for cut in (len(whole) // 2, len(whole) - 10):
        with pytest.raises(WeightsError):
            list(convert_source(written(tmp_path / "b.zip", whole[:cut])))
    broken = bytearray(whole)
    broken[broken.index(four[PCA][:64]) + 70_000] ^= 0xFF
    with pytest.raises(WeightsError, match="Bad CRC-32"):
        list(convert_source(written(tmp_path / "b.zip", bytes(broken))))


def test_a_hostile_file_in_an_archive_runs_nothing(four, tmp_path):
    sentinel = tmp_path / "sentinel"
    bad = {**four, SNAPSHOT: files.hostile(sentinel)["live os.system"]}
    with pytest.raises(Panic3dError, match="nothing of it was run"):
        list(convert_source(archive(tmp_path / "a.zip", bad)))
    assert not sentinel.exists()


def test_something_else_is_refused(tmp_path):
    for name in ("a.txt", "a.ckpt", "a.pkl", "pca.pkl"):
        with pytest.raises(WeightsError):
            list(convert_source(tmp_path / name))
        with pytest.raises(WeightsError):
            list(convert_source(written(tmp_path / name, b"no weights")))


def test_the_wrong_network_is_refused(four, tmp_path):
    linefill = written(tmp_path / "a.ckpt", four[LINEFILL])
    with pytest.raises(WeightsError, match="choose the tagger"):
        convert_tagger(linefill)
    with pytest.raises(WeightsError, match="choose the line filler"):
        convert_linefill(written(tmp_path / "b.ckpt", four[TAGGER]))
    with pytest.raises(WeightsError, match="torch checkpoint"):
        convert_reconstructor(linefill)
