"""A folder of models and what one may do with them.

Only models that anyone may change and pass on, at most for naming the author, are let in: what is
made of them is as free as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panic3d.characters.made import Source
from panic3d.errors import ConfigError, ModelError
from panic3d.formats.vrm import read_vrm
from panic3d.geometry.character import Meta

if TYPE_CHECKING:
    from panic3d.characters.remix.parts import Dissected

INDEX = "INDEX.json"

_OPEN = {
    "CC0": ("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "CCBY": ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"),
}
"""Licences let in, by their name without spaces and signs: as SPDX writes them, and their text."""


@dataclass(frozen=True)
class Asset:
    """One model that may be used."""

    name: str
    """Of its file, without the ending; splits are drawn along it."""
    path: Path
    title: str
    author: str
    licence: str
    """As SPDX writes it, or "VRM-1.0" for a model whose own terms allow all."""
    url: str = ""
    """Of the licence's text."""
    address: str = ""
    """Where it was had from."""
    reference: str = ""
    """Where its licence is stated."""
    description: str = ""
    """Words of the index."""

    def source(self, what: str) -> Source:
        """Return the line of the licence ledger for what was taken of it, as "hair"."""
        return Source(
            asset=f"{self.name}:{what}",
            title=self.title,
            author=self.author,
            licence=self.licence,
            url=self.url,
            address=self.address,
            reference=self.reference,
            changed=True,  # parts are fitted, recoloured and put on another body
        )

    @cached_property
    def parts(self) -> Dissected:
        """What it is made of, taken apart once.

        Raises:
            ModelError: the file is broken.
        """
        from panic3d.characters.remix.dissect import dissect

        return dissect(read_vrm(self.path), self.name)


@dataclass(frozen=True)
class Library:
    """The models of a folder."""

    assets: Mapping[str, Asset]
    refused: Mapping[str, str]
    """File to the reason why it is left out."""

    @classmethod
    def load(cls, folder: str | Path) -> Library:
        """Look through a folder of VRM files.

        An `INDEX.json` beside them may say more surely than the files themselves whose they are;
        a file it does not list speaks for itself.

        Raises:
            ConfigError: there is no such folder, or its index cannot be read.
        """
        folder = Path(folder)
        if not folder.is_dir():
            raise ConfigError(f"{folder} is no folder: give one that holds VRM models")
        listed = _listed(folder / INDEX)
        assets: dict[str, Asset] = {}
        refused: dict[str, str] = {}
        for path in sorted(folder.glob("*.vrm")):
            try:
                found = _asset(path, listed.get(path.name))
                if isinstance(found, Asset):
                    _ = found.parts  # taken apart now: what cannot be is refused here
            except ModelError as error:
                found = f"cannot be read: {error}"
            if isinstance(found, Asset):
                assets[found.name] = found
            else:
                refused[path.name] = found
        return cls(assets=assets, refused=refused)

    @cached_property
    def heads(self) -> tuple[str, ...]:
        """Names of the assets with a head."""
        return tuple(n for n, asset in self.assets.items() if asset.parts.head is not None)

    @cached_property
    def faces(self) -> tuple[str, ...]:
        """Names of the assets whose head can wear other hair."""
        return tuple(
            n
            for n, asset in self.assets.items()
            if asset.parts.head is not None and not asset.parts.head.whole
        )

    @cached_property
    def hairs(self) -> tuple[str, ...]:
        """Names of the assets whose hair can be taken off."""
        return tuple(n for n, asset in self.assets.items() if asset.parts.hair is not None)

    def __getitem__(self, name: str) -> Asset:
        if name not in self.assets:
            raise ConfigError(
                f"there is no usable model {name!r}: choose from {', '.join(self.assets)}"
            )
        return self.assets[name]


def _listed(path: Path) -> dict[str, Mapping[str, Any]]:
    if not path.is_file():
        return {}
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["models"]
        return {str(entry["file"]): entry for entry in entries}
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{path} is no index: it needs a list 'models' whose entries name a 'file' ({error})"
        ) from error


def _asset(path: Path, entry: Mapping[str, Any] | None) -> Asset | str:
    """Return a model that may be used, or why it may not."""
    if entry is not None:
        stated = str(entry.get("licence_class", ""))
        known = _OPEN.get(_plain(stated))
        if known is None:
            return f"the index gives its licence as {stated!r}, which is not CC0 or CC BY"
        return Asset(
            name=path.stem,
            path=path,
            title=str(entry.get("title", path.stem)),
            author=str(entry.get("author", "unknown")),
            licence=known[0],
            url=str(entry.get("licence_url") or known[1]),
            address=_address(entry.get("source")),
            reference=str(entry.get("licence_reference") or ""),
            description=str(entry.get("description", "")),
        )
    meta = read_vrm(path).meta
    if meta is None:
        return "it does not say whose it is"
    known = _OPEN.get(_plain(meta.licence_name))
    if known is None and _allows_all(meta):
        known = ("VRM-1.0", meta.licence_url or "https://vrm.dev/licenses/1.0/")
    if known is None:
        return (
            f"its licence is {meta.licence_name or meta.licence_url or 'not stated'!r}: only CC0, "
            "CC BY or terms that let everyone change and redistribute it are taken"
        )
    if known[0] != "CC0-1.0" and not any(author.strip() for author in meta.authors):
        return "its author has to be named, but the file does not say who that is"
    return Asset(
        name=path.stem,
        path=path,
        title=meta.name or path.stem,
        author=", ".join(meta.authors) or "unknown",
        licence=known[0],
        url=known[1],
        address=next((each for each in meta.references if _is_url(each)), ""),
        reference=meta.licence_url if _is_url(meta.licence_url) else "",
    )


def _address(source: object) -> str:
    """Return where an index says that a model comes from: an address, or a repository there."""
    if isinstance(source, Mapping):
        source = source.get("url") or source.get("repo") or ""
    text = source if isinstance(source, str) else ""
    return f"https://github.com/{text}" if _REPOSITORY.fullmatch(text) else text


_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def _is_url(text: str) -> bool:
    return text.startswith(("https://", "http://"))


def _plain(licence: str) -> str:
    """Return a licence's name as the table has it: "CC-BY", "CC_BY 4.0" and "CC BY" are one."""
    letters = "".join(c for c in licence.upper() if c.isalnum())
    for end in ("10", "40", "30"):
        letters = letters.removesuffix(end)
    return letters


def _allows_all(meta: Meta) -> bool:
    return (
        meta.allowed_user == "everyone"
        and meta.redistribution
        and meta.modification == "allowModificationRedistribution"
        and meta.commercial_use == "corporation"
    )
