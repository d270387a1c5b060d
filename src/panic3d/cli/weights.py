"""``panic3d weights``: list, show, fetch, verify and convert the networks' weights."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import tyro

from panic3d.cli.folders import default_folder
from panic3d.cli.text import printable

Name = Annotated[str, tyro.conf.Positional]


def _report_progress() -> Callable[[int, int | None], None] | None:
    """A line that counts megabytes, on a terminal only."""
    if not sys.stderr.isatty():
        return None

    def report(have: int, whole: int | None) -> None:
        of = f" of {whole / 1e6:.0f}" if whole else ""
        end = "\n" if have == whole else "\r"
        print(f"{have / 1e6:.0f}{of} MB", end=end, file=sys.stderr, flush=True)

    return report


def list_(folder: Path | None = None) -> None:
    """List the weights that exist, and whether they are on this machine.

    Args:
        folder: where named weights lie; by default below $PANIC3D_HOME or ~/.local/share/panic3d.
    """
    from panic3d.weights.specs import ALIASES, SPECS

    folder = folder or default_folder()
    for spec in SPECS:
        state = "here" if spec.path(folder).is_file() else "not here"
        print(f"{spec.name:24} {state:9} licence: {spec.licence}")
    for alias, names in ALIASES.items():
        print(f"{alias:24} all of {', '.join(names)}")


def show(name: Name, folder: Path | None = None) -> None:
    """Show what weights are: origin, licence, digest, and how to get them.

    Args:
        name: of the weights, or an alias for several.
        folder: where named weights lie.
    """
    from panic3d.weights.specs import find_specs

    folder = folder or default_folder()
    for spec in find_specs(name):
        path = spec.path(folder)
        print(spec.name)
        print(f"  network    {spec.network}")
        print(f"  licence    {spec.licence}")
        print(f"  origin     {spec.origin}")
        print(f"  made from  {spec.made_from}")
        print(f"  sha256     {spec.sha256 or 'not known beforehand'}")
        for each in spec.sources:
            print(f"  of         {each.url}, sha256 {each.sha256}")
        if spec.note:
            print(f"  note       {spec.note}")
        if path.is_file():
            from panic3d.weights.store import read_about

            about = read_about(path)
            source = printable(about.made_from, 200)
            print(f"  file       {printable(path)}")
            print(f"  sha256     {printable(about.weights_sha256, 64)} (of this file)")
            print(f"  source     {source}, sha256 {printable(about.source_sha256, 64)}")
        else:
            print(f"  file       {printable(path)} (not here)")
            print(f"  to get it  {spec.how_to_get}")


def fetch(name: Name, folder: Path | None = None) -> None:
    """Download weights that may be downloaded; an interrupted download continues.

    Args:
        name: of the weights, or an alias for several.
        folder: where named weights lie; made if missing.
    """
    from panic3d.weights.fetch import fetch as fetch_spec
    from panic3d.weights.specs import find_specs

    folder = folder or default_folder()
    for spec in find_specs(name):
        print(f"{spec.name}: {printable(fetch_spec(spec, folder, _report_progress()))}")
        print(f"licence: {spec.licence}")


def verify(name: Name, folder: Path | None = None) -> None:
    """Read weights completely and compare names, shapes and digest.

    Args:
        name: of the weights, an alias for several, or the path of a .safetensors file.
        folder: where named weights lie.
    """
    from panic3d.weights.load import verify_weights
    from panic3d.weights.specs import find_specs

    folder = folder or default_folder()
    files = [name] if name.endswith(".safetensors") else [s.name for s in find_specs(name)]
    for each in files:
        opened = verify_weights(each, folder)
        count = sum(tensor.numel() for tensor in opened.tensors.values())
        print(
            f"{printable(opened.path)}: {opened.about.network}, {len(opened.tensors)} tensors, "
            f"{count} numbers, sha256 {opened.about.weights_sha256[:12]}, as it should be"
        )


def convert(
    source: Annotated[Path, tyro.conf.Positional],
    out: Path | None = None,
    discriminator: bool = False,
) -> None:
    """Convert the weights that the paper's authors published. No code in them is run.

    Args:
        source: the authors' zip, its unpacked folder, or one .pkl or .ckpt file of it.
        out: folder for named weights; by default where every command looks for them.
        discriminator: convert the discriminators too, to continue training.
    """
    from panic3d.weights.convert.archive import convert_source
    from panic3d.weights.convert.converted import save_converted
    from panic3d.weights.specs import find_spec

    folder = out or default_folder()
    for made in convert_source(source, discriminator=discriminator):
        spec = find_spec(made.name)
        saved = save_converted(made, spec, folder)
        path = printable(folder / spec.file)
        origin = printable(saved.made_from, 200)
        print(f"{spec.name}: {path}, {len(made.tensors)} tensors, from {origin}")


COMMANDS: dict[str, Callable[..., None]] = {
    "list": list_,
    "show": show,
    "fetch": fetch,
    "verify": verify,
    "convert": convert,
}
"""Subcommands by name."""
