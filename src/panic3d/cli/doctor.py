"""``panic3d doctor``: what is installed, what is missing, and the command that mends it."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import re
import shutil
import sys
from typing import NamedTuple

import panic3d
from panic3d.cli.text import printable
from panic3d.errors import MissingDependencyError
from panic3d.work.jobs import usable_cores


class Requirement(NamedTuple):
    """A package that something needs."""

    package: str
    """What pip calls it."""
    at_least: str
    module: str
    """What Python calls the part that is used."""


# As in pyproject.toml; a test compares them.
REQUIREMENTS = (
    Requirement("av", "14", "av"),
    Requirement("fast-simplification", "0.1.11", "fast_simplification"),
    Requirement("jaxtyping", "0.2.36", "jaxtyping"),
    Requirement("numpy", "1.26", "numpy"),
    Requirement("pillow", "11.3", "PIL.Image"),
    Requirement("scikit-image", "0.22", "skimage.measure"),
    Requirement("scipy", "1.11", "scipy.ndimage"),
    Requirement("torch", "2.6", "torch"),
    Requirement("tyro", "0.9", "tyro"),
)

OPTIONAL = (
    (Requirement("moderngl", "5.10", "moderngl"), "data", "panic3d render"),
    (Requirement("ray", "2.40", "ray"), "cluster", "--cluster"),
    (Requirement("libigl", "2.6.1", "igl"), "eval", "panic3d evaluate"),
    (Requirement("transformers", "5.4", "transformers"), "eval", "CLIP in panic3d evaluate"),
    (Requirement("lightning-fabric", "2.4", "lightning_fabric"), "train", "panic3d train"),
    (Requirement("tensorboardX", "2.6.2", "tensorboardX"), "train", "logs of panic3d train"),
)
"""Packages of the extras, the extra's name, and what needs it."""

CPU_TORCH_INDEX = "https://download.pytorch.org/whl/cpu"


class Finding(NamedTuple):
    """One line of the report."""

    subject: str
    state: str
    mend: str | None = None
    """The command that mends it; None if nothing is wrong."""


def doctor() -> None:
    """Say what is installed, what is missing, and the exact command that mends it.

    The exit code is 1 if something that panic3d cannot work without is missing.
    """
    print(f"panic3d {panic3d.__version__}, Python {platform.python_version()}, {_machine()}")
    packages = [check_package(requirement) for requirement in REQUIREMENTS]
    _report("packages", packages)
    _report("optional packages", optional_findings())
    broken = [finding.subject for finding in packages if finding.mend]
    if "torch" not in broken:
        _report("torch", torch_findings())
    if broken:
        raise MissingDependencyError(
            f"{', '.join(broken)} missing or too old: run the commands above"
        )
    # Imported here: without numpy or torch it cannot be, and then the lines above say so.
    from panic3d.cli.folders import default_folder
    from panic3d.cli.weights import COMMANDS

    print(f"\nweights in {printable(default_folder())}")
    COMMANDS["list"]()
    print("Missing ones come with panic3d weights fetch, the paper's with panic3d weights convert.")


def check_package(requirement: Requirement) -> Finding:
    """Find out whether a package is there, new enough, and can be imported."""
    package, at_least, module = requirement
    install = f'{sys.executable} -m pip install "{package}>={at_least}"'
    if package == "torch":
        install += f" --index-url {CPU_TORCH_INDEX}"
    try:
        version = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return Finding(package, "not installed", install)
    if release(version) < release(at_least):
        return Finding(package, f"{version} is older than {at_least}", f"{install} --upgrade")
    try:
        importlib.import_module(module)
    except Exception as error:  # a broken binary wheel may raise anything
        reason = " ".join(str(error).split())
        return Finding(
            package, f"{version} does not load: {reason}", f"{install} --force-reinstall"
        )
    return Finding(package, version)


def optional_findings() -> list[Finding]:
    """Say which extras are there, and whether models can be drawn."""
    found = []
    for requirement, extra, use in OPTIONAL:
        try:
            version = importlib.metadata.version(requirement.package)
        except importlib.metadata.PackageNotFoundError:
            mend = f'{sys.executable} -m pip install "panic3d[{extra}]"'
            found.append(Finding(requirement.package, f"not installed; {use} needs it", mend))
            continue
        found.append(Finding(requirement.package, version))
    if found[0].mend is None:
        found.append(_opengl())
    return found


def _opengl() -> Finding:
    try:
        from panic3d.render.raster import Rasteriser

        with Rasteriser() as rasteriser:
            return Finding("OpenGL", rasteriser.driver)
    except Exception as error:  # a broken driver may raise anything
        from panic3d.render.context import MESA_PACKAGES

        reason = printable(" ".join(str(error).split()), 200)
        return Finding("OpenGL", reason, f"sudo apt-get install {MESA_PACKAGES}")


def release(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: 2.13.0+cpu is (2, 13, 0)."""
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, match[0].split("."))) if match else ()


def torch_findings() -> list[Finding]:
    """Say on what PyTorch can compute here."""
    import torch

    found = [Finding("threads", f"{torch.get_num_threads()} of {usable_cores()} cores")]
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            device = torch.cuda.get_device_properties(index)
            size = f"{device.total_memory / 2**30:.1f} GiB"
            found.append(Finding(f"cuda:{index}", f"{device.name}, {size}"))
    elif torch.version.cuda is None and shutil.which("nvidia-smi"):
        found.append(
            Finding(
                "cuda",
                "there is an NVIDIA driver, but this PyTorch is built without CUDA",
                f"{sys.executable} -m pip install --force-reinstall torch",
            )
        )
    else:
        found.append(Finding("cuda", "none; everything runs on the CPU"))
    if torch.backends.mps.is_available():
        found.append(Finding("mps", "available"))
    return found


def _report(title: str, findings: list[Finding]) -> None:
    print(f"\n{title}")
    width = max((len(finding.subject) for finding in findings), default=0)
    for finding in findings:
        mark = "!" if finding.mend else " "
        print(f"{mark} {finding.subject:<{width}}  {finding.state}")
        if finding.mend:
            print(f"  {'':<{width}}  {finding.mend}")


def _machine() -> str:
    text = f"{platform.system()} {platform.machine()}, {usable_cores()} cores"
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        text += f", {size / 2**30:.1f} GiB of memory"
    return text
