"""Made-up results for tests of tables and reports."""

from __future__ import annotations

from panic3d.evaluate.records import Key, Result

ROLES = {"ours": "entry", "billboard": "floor", "mean head": "floor", "oracle": "oracle"}


def result(
    case: str,
    predictor: str = "ours",
    *,
    track: str = "aligned",
    mode: str = "fixed",
    kind: str = "procedural",
    assets: tuple[str, ...] = ("a",),
    preparation: str = "",
    failure: str | None = None,
    **measures: float,
) -> Result:
    """Return a result; measures are given as front_psnr for front.psnr."""
    return Result(
        case=case,
        track=track,
        mode=mode,
        kind=kind,
        assets=assets,
        unseen=tuple(name for name in assets if name.endswith("new")),
        predictor=predictor,
        role=ROLES.get(predictor, "entry"),
        key=Key("b", predictor, "", preparation, case, track, mode),
        measures={name.replace("_", ".", 1): value for name, value in measures.items()},
        seconds=1.0,
        failure=failure,
    )
