"""Where named weights lie."""

from panic3d.cli import doctor, folders, weights


def test_named_weights_lie_below_the_home_that_the_user_sets(monkeypatch, tmp_path):
    monkeypatch.setenv("PANIC3D_HOME", str(tmp_path))
    assert folders.default_folder() == tmp_path / "weights"


def test_without_one_they_lie_in_the_home_folder(monkeypatch):
    for home in (None, ""):
        if home is None:
            monkeypatch.delenv("PANIC3D_HOME", raising=False)
        else:
            monkeypatch.setenv("PANIC3D_HOME", home)
        assert folders.default_folder().parts[-4:] == (".local", "share", "panic3d", "weights")


def test_every_command_looks_there(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PANIC3D_HOME", str(tmp_path))
    weights.show("cvpr2023/tagger")
    assert str(tmp_path / "weights/cvpr2023/tagger.safetensors") in capsys.readouterr().out
    doctor.doctor()
    assert f"weights in {tmp_path / 'weights'}" in capsys.readouterr().out
