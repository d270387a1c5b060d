"""``panic3d reconstruct`` as a user meets it."""

from panic3d.cli.main import main


def test_a_picture_that_is_not_aligned_is_refused_in_one_line(tmp_path, capsys):
    assert main(["reconstruct", str(tmp_path / "x.png"), "--out", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "--aligned" in line


def test_a_missing_picture_is_named_in_one_line(tmp_path, capsys):
    arguments = ["reconstruct", str(tmp_path / "x.png"), "--aligned", "--out", str(tmp_path / "o")]
    assert main(arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "x.png" in line
    assert not (tmp_path / "o").exists()


def test_bad_arguments_end_with_two(tmp_path):
    assert main(["reconstruct", "x.png", "--device", "toaster"]) == 2
    assert main(["bench", "--repeats", "many"]) == 2
    assert main(["bench", "--repeats", "0"]) == 1
