"""Which networks measure, as a value that travels between processes and is opened in each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from panic3d.errors import WeightsError
from panic3d.evaluate.predictors import digest_of
from panic3d.evaluate.protocol import Networks
from panic3d.evaluate.provenance import code_digest
from panic3d.files import file_sha256
from panic3d.weights.specs import LPIPS_ALEX
from panic3d.weights.store import find_weights

VERSION = 1
"""Of what is measured: another one makes all earlier results stale."""

_CLIP_FILES = ("*.json", "*.safetensors", "*.bin")
"""What a folder of CLIP holds that its numbers depend on: how pictures are prepared, too."""


@dataclass(frozen=True, kw_only=True)
class Instruments:
    """The networks that measure; None leaves their rows out."""

    folder: Path
    """Where named weights lie."""
    lpips: str | None = None
    """A name or a file."""
    clip: str | None = None
    """A folder or a name on the hub."""
    squeezenet: Path | None = None

    @property
    def digest(self) -> str:
        """Of the code that measures, and of the networks' files, as far as they are here.

        Raises:
            WeightsError: one of them is not.
        """
        parts = [f"version {VERSION}", f"code {code_digest()}"]
        if self.lpips is not None:
            path = find_weights(_named(self.lpips), self.folder).path
            parts.append(f"lpips {file_sha256(path)}")
        if self.clip is not None:
            folder = Path(self.clip)
            files = [path for kind in _CLIP_FILES for path in sorted(folder.glob(kind))]
            found = [f"{path.name} {file_sha256(path)}" for path in files] or [self.clip]
            parts.append(f"clip {' '.join(found)}")
        if self.squeezenet is not None:
            if not self.squeezenet.is_file():
                raise WeightsError(
                    f"{self.squeezenet} does not exist: give the file of SqueezeNet's weights"
                )
            parts.append(f"squeezenet {file_sha256(self.squeezenet)}")
        return digest_of(*parts)

    def open(self) -> Networks:
        """Load the networks.

        Raises:
            WeightsError: a file is missing or broken.
            MissingDependencyError: what one of them needs is not installed.
        """
        networks = Networks()
        if self.lpips is not None:
            from panic3d.evaluate.lpips import load_lpips

            networks = replace(networks, lpips=load_lpips(_named(self.lpips), self.folder))
        if self.clip is not None:
            from panic3d.evaluate.clip import load_clip

            networks = replace(networks, clip=load_clip(self.clip))
        if self.squeezenet is not None:
            from panic3d.evaluate.squeezenet import load_squeezenet

            networks = replace(networks, squeezenet=load_squeezenet(self.squeezenet))
        return networks


def _named(lpips: str) -> str | Path:
    return Path(lpips) if Path(lpips).suffix == ".safetensors" else lpips


def lpips_if_there(folder: Path) -> str | None:
    """Return the name of LPIPS' weights if they were fetched."""
    return LPIPS_ALEX.name if LPIPS_ALEX.path(folder).is_file() else None
