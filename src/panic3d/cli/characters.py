"""Licence-clean characters: made in any number, drawn as illustrations."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import tyro

from panic3d.cli.characters_illustrate import illustrate


def make(
    count: int,
    out: Path = Path("characters"),
    seed: int = 0,
    kind: Literal["procedural", "remixed", "both"] = "procedural",
    sources: Path | None = None,
    split: Literal["train", "val", "test", "all"] = "all",
    layout: Literal["folders", "shards"] = "folders",
    made_set: Annotated[str, tyro.conf.arg(name="set")] = "made",
    views: str = "sides,rgb",
    pictures: str = "colour,alpha,depth",
    size: int = 256,
    random_views: int = 1,
    illustrations: int = 0,
    save_vrm: bool = False,
    sheet: bool = False,
    shard_characters: int = 256,
    workers: int = 0,
    cluster: str | None = None,
    retry_failed: bool = False,
    device: Literal["auto", "cpu"] = "auto",
) -> None:
    """Make characters and draw them: illustrations, views, landmarks, tags, and their licences.

    A character depends on the seed and its number alone, so a larger set begins with the smaller
    one. What is finished is not made again: a stopped command continues where it was. A set holds
    characters of one seed and engine, others are refused. The exit code is 1 if a character failed;
    which and why is in _logs/characters.jsonl of the set.

    Args:
        count: how many.
        out: they go to OUT/renders/SET/PICTURE/KIND/ID/VIEW.png, the tree that the paper's tools
            read; lists, cameras and the licence ledger are in OUT/renders/SET.
        seed: of the set.
        kind: procedural ones are made by rules alone; remixed ones from openly licensed models.
        sources: folder of VRM models that remixed ones are made from. Files whose licence or
            build does not allow it are left out and named.
        split: only those for training, checking or testing. No hairstyle or face of one split
            appears in another; all leaves out splits for which the models have no hair or face.
        layout: shards writes WebDataset shards to OUT/shards/SET instead, one sample a character.
        made_set: name of the set.
        views: some of sides (front, left, right, back), ortho (those and top), rgb (random ones),
            spin12, rgb60, separated by commas.
        pictures: some of colour, alpha, depth, position, normal, geometry, separated by commas.
        size: width and height of a picture.
        random_views: how many views rgb has.
        illustrations: free ones of each character, with their lines, mattes and landmarks,
            besides the one of the front.
        save_vrm: keep each character as a VRM 1.0 file too.
        sheet: make a picture of the first 64 of each kind.
        shard_characters: characters in a shard.
        workers: processes; 0 is one per core.
        cluster: local or ray://HOST:PORT hands the work to Ray.
        retry_failed: try again also what failed for good.
        device: cpu draws with Mesa's software driver even where there is a GPU.
    """
    from panic3d.characters.make.engines import KINDS
    from panic3d.characters.make.plan import MakePlan, SampleOptions
    from panic3d.characters.make.run import make_characters
    from panic3d.characters.make.start import check_start
    from panic3d.cli.progress import Progress
    from panic3d.cli.text import printable, words
    from panic3d.errors import CharacterError, ConfigError
    from panic3d.render.views import ViewOptions
    from panic3d.work.jobs import usable_cores

    if device == "cpu":
        os.environ["LIBGL_ALWAYS_SOFTWARE"] = "1"
    options = ViewOptions(
        views=words("views", views),
        kinds=words("pictures", pictures),  # type: ignore[arg-type]
        size=size,
        random_views=random_views,
        seed=seed,
    )
    plan = MakePlan(
        out=out,
        count=count,
        seed=seed,
        made_set=made_set,
        kinds=KINDS if kind == "both" else (kind,),
        split=split,
        sources=sources,
        options=SampleOptions(views=options, illustrations=illustrations, save_vrm=save_vrm),
        layout=layout,
        shard_characters=shard_characters,
        retry_failed=retry_failed,
        sheets=sheet,
    )
    if workers < 0:
        raise ConfigError(f"workers is {workers}, expected 0 (one per core) or more")
    start = check_start(plan)
    for note in start.notes:
        print(printable(note))
    progress = Progress(count, "characters")
    done = kept = files = failed = 0
    for outcome in make_characters(plan, workers or usable_cores(), cluster, start=start):
        progress.clear()
        if outcome.status == "failed":
            failed += 1
            print(f"{outcome.key}: {outcome.code}: {printable(outcome.message)}")
        elif outcome.status == "done":
            done, files = done + 1, files + outcome.files
        else:
            kept += 1
        progress.step(outcome.key)
    progress.clear()
    print(f"{plan.root}: {done} made, {files} files; {kept} were there, {failed} failed")
    if failed:
        raise CharacterError(f"{failed} of {count} characters failed, as listed")


COMMANDS: dict[str, Callable[..., None]] = {"make": make, "illustrate": illustrate}
"""What the group has."""
