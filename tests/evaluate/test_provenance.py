"""Which code measured, and of which commit."""

import shutil

import pytest

from panic3d.evaluate.provenance import CODE, FILES, PACKAGE, code_digest, git_commit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def package(tmp_path):
    """A package with a module in each subpackage."""
    root = tmp_path / "repository" / "src" / "panic3d"
    for name in CODE:
        (root / name).mkdir(parents=True)
        (root / name / "work.py").write_text("x = 1\n")
    for name in FILES:
        shutil.copy(PACKAGE / name, root / name)
    (root / "evaluate" / "report.py").write_text("tells\n")
    return root


def digest(package):
    return code_digest.__wrapped__(package)


@pytest.mark.parametrize("name", CODE)
def test_other_code_is_another_digest(package, name):
    before = digest(package)
    assert digest(package) == before
    (package / name / "work.py").write_text("x = 2\n")
    changed = digest(package)
    assert changed != before
    (package / name / "work.py").rename(package / name / "play.py")
    assert digest(package) not in (before, changed)


def test_what_only_tells_changes_nothing(package):
    before = digest(package)
    (package / "evaluate" / "report.py").write_text("tells more\n")
    assert digest(package) == before


@pytest.mark.parametrize("name", ["image.py", "picture_files.py", "pipeline/mean_face.json"])
def test_single_files_that_numbers_depend_on_count(package, name):
    before = digest(package)
    (package / name).write_text("{}")
    assert digest(package) != before


def test_modules_that_only_tell_are_there():
    from panic3d.evaluate.provenance import _TELLING

    assert all((PACKAGE / "evaluate" / name).is_file() for name in _TELLING)
    assert all((PACKAGE / name).is_dir() for name in CODE)


def test_the_commit_is_read_without_git(package):
    """Oracle: the layouts that git documents: a branch, a packed one, none, another tree."""
    git = package.parents[1] / ".git"
    assert git_commit(package) is None
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    assert git_commit(package) is None
    (git / "packed-refs").write_text(f"# pack-refs\n{COMMIT} refs/heads/main\n")
    assert git_commit(package) == COMMIT
    later = COMMIT[::-1]
    (git / "refs" / "heads" / "main").write_text(f"{later}\n")
    assert git_commit(package) == later
    (git / "HEAD").write_text(f"{COMMIT}\n")
    assert git_commit(package) == COMMIT
    (git / "HEAD").write_text("something else\n")
    assert git_commit(package) is None


def test_the_commit_of_a_further_working_tree(package, tmp_path):
    main = tmp_path / "main" / ".git"
    own = main / "worktrees" / "further"
    (main / "refs" / "heads").mkdir(parents=True)
    own.mkdir(parents=True)
    (package.parents[1] / ".git").write_text(f"gitdir: {own}\n")
    (own / "HEAD").write_text("ref: refs/heads/side\n")
    (own / "commondir").write_text("../..\n")
    (main / "refs" / "heads" / "side").write_text(f"{COMMIT}\n")
    assert git_commit(package) == COMMIT
