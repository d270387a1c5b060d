"""Which weights exist, under which licence, and where they come from.

To add weights: append a `WeightsSpec` with their licence, origin and sha256, give `url` if they may
be downloaded, `sources` if they are made of files that others publish, or `bundled` if they are
part of the package, and add an alias to `ALIASES` if several belong together. A released name is
never given to other bytes; a correction gets a new name.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from panic3d.errors import WeightsError

BUNDLED = Path(__file__).parent / "bundled"
"""Weights that are part of the package."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file that others publish, of which weights are made on the user's machine."""

    url: str
    sha256: str

    @property
    def file(self) -> str:
        """The last part of the address."""
        return self.url.rsplit("/", 1)[-1]


@dataclass(frozen=True, kw_only=True)
class WeightsSpec:
    """One network's weights."""

    name: str
    file: str
    """Relative to the weights folder, with `/`; the configuration lies beside it as .json."""
    network: str
    """What loads it: generator, feedforward, discriminator, face_finder, landmarks, matting,
    linefill, tagger, features_pca or lpips."""
    sha256: str | None
    """Of the file; None if it is not known beforehand, which `note` explains."""
    licence: str
    """Of the weights, not of the code."""
    origin: str
    made_from: str
    url: str | None = None
    """Where it may be downloaded; None if it may not be passed on."""
    sources: tuple[Source, ...] = ()
    """What `fetch` downloads and converts."""
    how_to_get: str
    note: str = ""
    bundled: bool = False
    """Part of the package: it lies in `BUNDLED` instead of the weights folder."""

    def path(self, folder: Path) -> Path:
        """Return where the file lies.

        Args:
            folder: where weights lie that are not part of the package.
        """
        return (BUNDLED if self.bundled else folder) / self.file

    def __post_init__(self) -> None:
        # A file that is downloaded must be one that can be recognised.
        assert self.url is None or self.sha256 is not None, self.name
        assert not (self.url and self.sources), self.name


_NO_LICENCE = "none given by the authors: all rights reserved, not redistributable"
_ORIGIN = (
    "PAniC-3D (CVPR 2023, arXiv:2303.14587), archive of "
    "github.com/ShuhongChen/panic3d-anime-reconstruction"
)
_HOW = (
    "download the authors' archive from the link in their repository, then run: "
    "panic3d weights convert ARCHIVE.zip"
)
_NOTE = "The digest is not known beforehand: the file is made on your machine from your archive."


def _published(name: str, network: str, made_from: str) -> WeightsSpec:
    return WeightsSpec(
        name=f"cvpr2023/{name}",
        file=f"cvpr2023/{name}.safetensors",
        network=network,
        sha256=None,
        licence=_NO_LICENCE,
        origin=_ORIGIN,
        made_from=made_from,
        how_to_get=_HOW,
        note=_NOTE,
    )


def _ours(name: str, network: str, sha256: str, made_from: str) -> WeightsSpec:
    """Weights that are part of the package, as `panic3d train pack` wrote them."""
    return WeightsSpec(
        name=name,
        file=f"{name}.safetensors",
        network=network,
        sha256=sha256,
        licence="CC0-1.0",
        origin="trained by this project on characters that its own engine made, drew and rendered",
        made_from=made_from,
        how_to_get="it is part of the package: install panic3d again",
        note="Rebuilt by the commands of docs/training.md.",
        bundled=True,
    )


OPEN_V1 = _ours(
    "open-v1",
    "feedforward",
    "808f30e9270fe24b54345a8d495debe4d3e14243264acf212aca3d0e48af7834",
    "recipe open-v1-views, averaged weights, float16",
)
"""Our reconstructor. Until the package has a version number, these bytes may change."""

PREPARATION: tuple[WeightsSpec, ...] = (
    _ours(
        "face-finder",
        "face_finder",
        "9cb14e806d0c337cb16a296eb207e05f1fb33eba978229a76e27c67bdc48f57d",
        "recipe face-finder, averaged weights, float16",
    ),
    _ours(
        "landmarks",
        "landmarks",
        "52c5b9fa3037a72b71cdbf0758948b6826d7a44efb203c4404b870aec1611367",
        "recipe landmarks, mean of two runs, float16",
    ),
    _ours(
        "matting",
        "matting",
        "3cd04604c47807b9bf25ae8d748dcda562623c210cf56fe5bd4d715e380cbfbc",
        "recipe matting, mean of two runs, float16",
    ),
    _ours(
        "linefill",
        "linefill",
        "3fbc6c315f7ebce101e90343f952974ebf98426ebc94027dc44ea3938714cd4d",
        "recipe linefill-direct, averaged weights, float16",
    ),
)
"""Our networks of portrait preparation, by the names that `panic3d.weights.preparation.FILES` has:
an `_ours(...)` for each file that lies in `BUNDLED`. The alias ``open`` follows by itself."""

LPIPS_ALEX = WeightsSpec(
    name="lpips-alex",
    file="lpips-alex.safetensors",
    network="lpips",
    sha256=None,
    licence=(
        "BSD-2-Clause (channel weights, of lpips 0.1.4); the backbone is published with "
        "torchvision, BSD-3-Clause, and was trained on ImageNet"
    ),
    origin="LPIPS (CVPR 2018, arXiv:1801.03924) on torchvision's AlexNet",
    made_from="the two files below, by convert/lpips",
    sources=(
        Source(
            url="https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
            sha256="7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
        ),
        Source(
            url="https://files.pythonhosted.org/packages/9b/13/"
            "1df50c7925d9d2746702719f40e864f51ed66f307b20ad32392f1ad2bb87/"
            "lpips-0.1.4-py3-none-any.whl",
            sha256="fd537af5828b69d2e6ffc0a397bd506dbc28ca183543617690844c08e102ec5e",
        ),
    ),
    how_to_get="run panic3d weights fetch lpips-alex (244 MB, of which 10 MB are kept)",
    note="The digest is not known beforehand: the file is made on your machine of two others, and "
    "theirs are known.",
)
"""A perceptual distance, to measure with."""

SPECS: tuple[WeightsSpec, ...] = (
    OPEN_V1,
    *PREPARATION,
    LPIPS_ALEX,
    _published(
        "reconstructor",
        "generator",
        "ecrutileE_eclustrousC_n120, network-snapshot-000200.pkl, G_ema, by convert/reconstructor",
    ),
    _published(
        "linefill", "linefill", "rmlineE_rmlineganA_n04, epoch 199, generator, by convert/linefill"
    ),
    _published("tagger", "tagger", "waning_kate_vulcan0001, epoch 22, by convert/tagger"),
    _published(
        "features_pca",
        "features_pca",
        "minna_resnet_feats_ortho/pca.pkl, 512 components, by convert/features_pca",
    ),
)
"""Every network that a command can be asked for."""

OPTIONAL: tuple[WeightsSpec, ...] = (
    _published(
        "discriminator",
        "discriminator",
        "ecrutileE_eclustrousC_n120, network-snapshot-000200.pkl, D, by convert/reconstructor",
    ),
    _published(
        "linefill_discriminator",
        "linefill_discriminator",
        "rmlineE_rmlineganA_n04, epoch 199, discriminator, by convert/linefill",
    ),
)
"""What `convert --discriminator` writes besides: for training, not for reconstruction."""

ALIASES: dict[str, tuple[str, ...]] = {
    "open": (OPEN_V1.name, *(spec.name for spec in PREPARATION)),
    "cvpr2023": tuple(spec.name for spec in SPECS if spec.name.startswith("cvpr2023/")),
}
"""Names that stand for several networks."""


def find_specs(name: str) -> tuple[WeightsSpec, ...]:
    """Return the weights that a name or alias stands for.

    Raises:
        WeightsError: there are none.
    """
    known = {spec.name: spec for spec in (*SPECS, *OPTIONAL)}
    names = ALIASES.get(name, (name,))
    if any(each not in known for each in names):
        raise WeightsError(
            f"there are no weights {name!r}, there are {', '.join([*ALIASES, *known])}: choose "
            "one of them, or give the path of a .safetensors file"
        )
    return tuple(known[each] for each in names)


def find_spec(name: str, network: str | tuple[str, ...] | None = None) -> WeightsSpec:
    """Return the weights of one name.

    Args:
        name: of the weights, or an alias for several.
        network: which of them an alias means, or several kinds, any of which will do; None takes
            no alias for several.

    Raises:
        WeightsError: there are none of that name, or it stands for several.
    """
    specs = find_specs(name)
    if len(specs) > 1 and network is not None:
        kinds = (network,) if isinstance(network, str) else network
        specs = tuple(spec for spec in specs if spec.network in kinds) or specs
    if len(specs) != 1:
        raise WeightsError(
            f"{name!r} stands for {', '.join(spec.name for spec in specs)}: choose one of them"
        )
    return specs[0]
