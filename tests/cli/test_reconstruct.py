"""``panic3d reconstruct`` as a user meets it."""

import errno
import json

import numpy as np
import pytest
from PIL import Image

from panic3d.cli.main import main
from panic3d.geometry.similarity import Similarity
from panic3d.pipeline.mean_face import mean_face
from panic3d.pipeline.reconstruct import Reconstructor
from panic3d.pipeline.whole_head import Head
from tests.pipeline.made_portraits import made, untrained_files

PLACE = Similarity(scale=1.3, angle_deg=12.0, shift=(-30.0, -150.0))


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A picture of a face, untrained networks that prepare it, and a home without any."""
    monkeypatch.setenv("PANIC3D_HOME", str(tmp_path / "home"))
    portrait = made((640, 480), [PLACE])
    Image.fromarray(portrait.picture.rgba).save(tmp_path / "portrait.png")
    Image.fromarray(np.rint(portrait.cover * 255).astype(np.uint8)).save(tmp_path / "m.png")
    untrained_files(tmp_path / "weights", ("landmarks", "linefill"))
    return tmp_path


@pytest.fixture
def given(monkeypatch):
    """What the reconstructor was given."""
    seen = []
    genuine = Reconstructor.reconstruct

    def reconstruct(self, portrait, **options):
        seen.append(portrait)
        return genuine(self, portrait, **options)

    monkeypatch.setattr(Reconstructor, "reconstruct", reconstruct)
    return seen


def run(folder, *more):
    arguments = ["reconstruct", str(folder / "portrait.png"), "--out", str(folder / "head")]
    arguments += ["--stop-after", "field"]
    return main([*arguments, "--weights", "random", "--device", "cpu", *more])


def marks():
    (x0, y0), (x1, y1), (x2, y2) = PLACE(mean_face().eyes_and_chin()).tolist()
    return ["--eyes", f"{x0},{y0},{x1},{y1}", "--chin", f"{x2},{y2}"]


def test_any_picture_is_prepared_first_and_every_stage_of_it_written(files, given, capsys):
    """Oracle: where the frame was put in the picture."""
    more = [*marks(), "--matte", str(files / "m.png"), "--prepare-weights", str(files / "weights")]
    assert run(files, *more) == 0
    (prepared,) = given
    stages = files / "head" / "stages"
    names = {path.name for path in stages.iterdir()}
    assert names == {
        *("landmarks.png", "matte.png", "aligned.png", "inside.png"),
        *("line_mask.png", "line_free.png", "prepare.json"),
    }
    with Image.open(stages / "line_free.png") as image:
        assert np.array_equal(np.asarray(image), prepared.result.rgba)
    report = json.loads((stages / "prepare.json").read_text())
    there = np.array(report["alignment"]["frame_from_portrait"])
    np.testing.assert_allclose(there, PLACE.inverse().matrix, atol=1e-5)
    head = Head.load(files / "head" / "field.safetensors")
    assert head.origin.stages == {path.name: path.read_bytes() for path in stages.iterdir()}
    assert head.origin.frame_from_source == prepared.located.alignment.to_frame
    assert head.camera_from_head is not None
    assert np.array_equal(head.camera_from_head, prepared.located.alignment.camera_from_head)
    assert "warning: no landmarks" in capsys.readouterr().out
    assert run(files, *more, "--no-line-removal") == 0
    assert given[1].lines is None


def test_networks_that_are_not_part_of_the_package_are_named_in_one_line(
    files, given, capsys, monkeypatch
):
    from panic3d.weights import specs

    monkeypatch.setitem(specs.ALIASES, "open", ("open-v1",))
    assert run(files) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "face-finder" in line and "not part of this version" in line
    assert "--prepare-weights FOLDER" in line and "--eyes" in line
    assert not given and not (files / "head").exists()


def test_an_aligned_picture_goes_as_it_is_and_needs_no_networks(files, given):
    aligned = made((512, 512), [Similarity()])
    Image.fromarray(aligned.picture.rgba).save(files / "portrait.png")
    assert run(files, "--aligned") == 0
    assert np.array_equal(given[0].rgba, aligned.picture.rgba)
    assert not (files / "head" / "stages").exists()
    Image.fromarray(np.rint(aligned.cover * 255).astype(np.uint8)).save(files / "m.png")
    assert run(files, "--aligned", "--matte", str(files / "m.png")) == 0
    assert np.array_equal(given[1].rgba[..., 3], np.rint(aligned.cover * 255))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--no-matting"], "white that its border reaches"),
        (["--face", "2"], "both choose the face"),
        (["--eyes", "1,2,3,4", "--chin", "2,8"], "two different things"),
        (["--landmarks", "x.json"], "two different things"),
        (["--stop-after", "aligned"], "a stage of it"),
    ],
)
def test_an_aligned_picture_has_nothing_to_be_looked_for(more, message, files, given, capsys):
    assert run(files, "--aligned", *more) == 1
    assert message in capsys.readouterr().err
    assert not given


def test_a_missing_picture_is_named_in_one_line(tmp_path, capsys):
    arguments = ["reconstruct", str(tmp_path / "x.png"), "--aligned", "--out", str(tmp_path / "o")]
    assert main(arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "x.png" in line
    assert not (tmp_path / "o").exists()


def test_the_stages_alone_need_no_reconstructor(files, given, capsys):
    more = [*marks(), "--matte", str(files / "m.png"), "--prepare-weights", str(files / "weights")]
    assert run(files, *more, "--stop-after", "aligned", "--weights", "no-such-weights") == 0
    assert not given
    report = json.loads((files / "head" / "report.json").read_text())
    names = {"landmarks.png", "matte.png", "aligned.png", "inside.png", "prepare.json"}
    assert {path.name for path in (files / "head" / "stages").iterdir()} == names
    assert set(report["files"]) == {f"stages/{name}" for name in names}
    assert [stage["stage"] for stage in report["stages"]] == ["prepare", "stages"]
    assert report["stages"][0]["parts"]["faces"] > 0 and report["stages"][0]["peak_bytes"] > 0
    assert [used["network"] for used in report["weights"]] == ["landmarks"]
    assert report["warnings"] and report["options"]["matte"] == str(files / "m.png")


def test_a_bad_portrait_does_not_stop_the_others(files, given, capsys):
    folder = files / "many"
    folder.mkdir()
    aligned = made((512, 512), [Similarity()]).picture.rgba
    for name in ("a.png", "a.webp", "c.png"):
        Image.fromarray(aligned).save(folder / name, lossless=True)
    (folder / "b.png").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("no picture either")
    arguments = ["--aligned", "--weights", "random", "--device", "cpu", "--stop-after", "field"]
    assert main(["reconstruct", str(folder), "--out", str(files / "o"), *arguments]) == 1
    first, last = capsys.readouterr().err.splitlines()
    assert "b.png" in first and "cannot be read as a picture" in first
    assert "1 of 4 portraits" in last
    assert {path.name for path in (files / "o").iterdir()} == {"a.png", "a.webp", "c"}
    assert all((path / "report.json").is_file() for path in (files / "o").iterdir())
    good = str(folder / "[ac].*")
    assert main(["reconstruct", good, "--out", str(files / "p"), *arguments]) == 0
    assert len(given) == 6


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (OSError(errno.EROFS, "Read-only file system"), "Read-only file system"),
    ],
)
def test_a_full_or_locked_disk_is_said_in_words_once(
    error, words, several, files, given, capsys, monkeypatch
):
    def refuse(file):
        raise error

    aligned = made((512, 512), [Similarity()]).picture.rgba
    for name in ("a.png", "b.png"):
        Image.fromarray(aligned).save(files / name)
    monkeypatch.setattr("panic3d.files.os.fsync", refuse)
    portraits = [str(files / "a.png"), str(files / "b.png")][: 1 + several]
    arguments = ["--aligned", "--weights", "random", "--out", str(files / "o")]
    assert main(["reconstruct", *portraits, *arguments, "--stop-after", "field"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line and "choose another folder" in line and "bug" not in line
    assert not [path for path in (files / "o").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
    ],
)
def test_too_little_memory_is_said_in_words(error, files, capsys, monkeypatch):
    def reconstruct(self, portrait, **options):
        raise error

    monkeypatch.setattr(Reconstructor, "reconstruct", reconstruct)
    Image.fromarray(made((512, 512), [Similarity()]).picture.rgba).save(files / "portrait.png")
    assert run(files, "--aligned") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "out of memory" in line and "close other programs" in line


def test_ctrl_c_leaves_the_old_file_and_no_half_one(files, given, capsys, monkeypatch):
    def stop(file):
        raise KeyboardInterrupt

    Image.fromarray(made((512, 512), [Similarity()]).picture.rgba).save(files / "portrait.png")
    (files / "head").mkdir()
    (files / "head" / "report.json").write_text("old")
    monkeypatch.setattr("panic3d.files.os.fsync", stop)
    assert run(files, "--aligned") == 130
    assert capsys.readouterr().err == "panic3d: stopped\n"
    (left,) = (files / "head").iterdir()
    assert left.read_text() == "old"


def test_the_folder_may_not_be_a_file(files, given, capsys):
    Image.fromarray(made((512, 512), [Similarity()]).picture.rgba).save(files / "portrait.png")
    (files / "head").write_text("a file")
    assert run(files, "--aligned") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "cannot be written" in line and "choose another folder" in line


def test_bad_arguments_end_with_two(tmp_path):
    assert main(["reconstruct", "x.png", "--device", "toaster"]) == 2
    assert main(["reconstruct", "x.png", "--stop-after", "lunch"]) == 2
    assert main(["reconstruct"]) == 1
    assert main(["reconstruct", "x.png", "--aligned", "--triangles", "1"]) == 1
    assert main(["bench", "--repeats", "many"]) == 2
    assert main(["bench", "--repeats", "0"]) == 1
