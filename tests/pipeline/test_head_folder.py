"""What a head's folder has, as far as it was asked for."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from panic3d.errors import ConfigError, Panic3dError, PictureError
from panic3d.geometry.cameras import NAMED_VIEWS
from panic3d.pipeline import head_folder
from panic3d.pipeline.head_folder import FOLDER_STAGES, write_folder
from panic3d.pipeline.job import Job, run_job
from panic3d.pipeline.mesh_options import MeshOptions
from panic3d.pipeline.preparation_options import PrepareOptions
from panic3d.pipeline.reconstruct import Reconstructor
from panic3d.pipeline.untrained import demo_generator
from panic3d.pipeline.whole_head import Head

from .balls import disc, head_of
from .test_field_file import OPTIONS, RENDERED, portrait

pytestmark = pytest.mark.usefixtures("one_thread")

ALIGNED = Job(prepare=PrepareOptions(aligned=True), mesh=OPTIONS, mesh_format="ply", frames=2)


@pytest.fixture(scope="module")
def reconstructor():
    return Reconstructor(demo_generator(0), RENDERED, weights="random")


@pytest.fixture(scope="module")
def head(reconstructor):
    return reconstructor.reconstruct(portrait(80), options=OPTIONS)


def test_the_whole_job_of_a_rendered_head(reconstructor, tmp_path, monkeypatch):
    """Views are rendered from the field, and so is what the preview shows of them."""
    monkeypatch.setattr(head_folder, "write_turntable", lambda *_, **__: "there is no video")
    portrait(80).save(tmp_path / "portrait.png")
    out = tmp_path / "head"
    done = run_job(
        tmp_path / "portrait.png", out, ALIGNED, reconstructor=reconstructor, about={"seed": 0}
    )
    there = {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()}
    assert there == set(done.files)
    assert {"head.glb", "head.ply", "preview.png", "report.json"} <= there
    assert "turntable.mp4" not in there and "there is no video" in done.warnings
    for name, camera in NAMED_VIEWS.items():
        seen = reconstructor.reconstruct(portrait(80)).picture(camera).rgba
        with Image.open(out / "views" / f"{name}.png") as image:
            assert image.mode == "RGBA" and np.array_equal(np.asarray(image), seen)
    report = json.loads((out / "report.json").read_text())
    assert {*report["files"], "report.json"} == there
    assert report["weights"] == [{"network": "reconstructor", "name": "random", "sha256": None}]
    assert any("untrained" in warning for warning in report["warnings"])
    stages = ["read", "field", "field file", *FOLDER_STAGES[1:]]
    assert [stage["stage"] for stage in report["stages"]] == stages
    assert report["seconds"] == pytest.approx(sum(s["seconds"] for s in report["stages"]), abs=0.01)
    assert report["options"] == {"seed": 0} and report["versions"]["torch"] == torch.__version__


def test_later_stages_are_left_out(head, tmp_path):
    assert write_folder(head, tmp_path, stop_after="mesh").files == (
        "field.safetensors",
        "head.glb",
    )
    assert {path.name for path in tmp_path.iterdir()} == {"field.safetensors", "head.glb"}


def test_pictures_are_of_the_same_mesh_as_the_file():
    """Oracle: the head's own options, in every picture and file."""
    head = Head(head_of(disc((230, 20, 21))), options=MeshOptions(triangles=700, texture_size=256))
    assert len(head.mesh().textured.faces) <= 700
    assert head.drawer.mesh is head.mesh().textured
    assert head.drawer is head.drawer


def test_a_failed_stage_leaves_what_was_there_before(head, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise Panic3dError("no space left")

    (tmp_path / "preview.png").write_bytes(b"old")
    monkeypatch.setattr(head_folder, "write_preview", fail)
    with pytest.raises(Panic3dError, match="no space"):
        write_folder(head, tmp_path)
    assert (tmp_path / "preview.png").read_bytes() == b"old"
    assert {path.name for path in tmp_path.iterdir()} == {
        *("field.safetensors", "head.glb", "preview.png"),
    }


def test_an_empty_picture_is_refused_before_anything_is_written(reconstructor, tmp_path):
    Image.new("RGB", (128, 128), "white").save(tmp_path / "white.png")
    with pytest.raises(PictureError, match=r"white\.png shows nothing"):
        run_job(tmp_path / "white.png", tmp_path / "o", ALIGNED, reconstructor=reconstructor)
    assert not (tmp_path / "o").exists()


def test_an_aligned_picture_has_no_stages_of_preparation():
    with pytest.raises(ConfigError, match="stop after field"):
        replace(ALIGNED, stop_after="lines")
    with pytest.raises(ConfigError, match="--no-matting"):
        replace(ALIGNED, prepare=PrepareOptions(aligned=True, matting="none"))


def test_without_networks_a_picture_cannot_be_prepared(reconstructor):
    with pytest.raises(ConfigError, match="from_pretrained"):
        reconstructor.reconstruct(portrait(80), prepare=PrepareOptions())
    with pytest.raises(ConfigError, match="leave aligned or prepare out"):
        reconstructor.reconstruct(portrait(80), aligned=True, prepare=PrepareOptions())
