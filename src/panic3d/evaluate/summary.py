"""From results of single characters to means, intervals and scores, by track and kind."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from panic3d.evaluate.bootstrap import (
    DRAWS,
    FEWEST_ASSETS,
    Estimate,
    cluster_weights,
    estimate_of,
    independent_assets,
    interval,
    resampled_means,
)
from panic3d.evaluate.measures import PAPER_MEASURES, Measure, extra_measures
from panic3d.evaluate.records import Result

GROUPS = ("all", "real", "procedural", "unseen")
GROUP_WORDS = {
    "all": "all characters",
    "real": "real assets",
    "procedural": "procedural",
    "unseen": "unseen families",
}


@dataclass(frozen=True, kw_only=True)
class Block:
    """One table: a track, a mode and a group of characters."""

    track: str
    """How the input was prepared is part of its name: "wild, ideal preparation"."""
    mode: str
    group: str
    cases: int
    assets: int
    """Different ones, faces and hair counted together."""
    independent: int
    """Of the kind of which there are fewest; below `bootstrap.FEWEST_ASSETS` no estimate has an
    interval."""
    roles: Mapping[str, str]
    """Predictor to role, in the table's order: entries, floors, oracle."""
    estimates: Mapping[str, Mapping[str, Estimate]]
    """Predictor, measure."""
    scores: Mapping[str, Mapping[str, Estimate]]
    """(own - best floor) / (oracle - best floor), over characters that all three have. Empty if
    there are no floors or no oracle."""
    best_floor: Mapping[str, str]
    """Measure to predictor."""
    failures: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "track": self.track,
            "mode": self.mode,
            "group": self.group,
            "cases": self.cases,
            "assets": self.assets,
            "independent_assets": self.independent,
            "roles": dict(self.roles),
            "estimates": _json(self.estimates),
            "scores": _json(self.scores),
            "best_floor": dict(self.best_floor),
            "failures": dict(self.failures),
        }


def _json(table: Mapping[str, Mapping[str, Estimate]]) -> dict[str, dict[str, list[Any]]]:
    """Return estimates as lists: mean, low, high, count."""
    return {
        name: {
            measure: [None if not math.isfinite(number) else number for number in value]
            for measure, value in row.items()
        }
        for name, row in table.items()
    }


def track_label(result: Result) -> str:
    """Return the name of a track and of what prepared its pictures, if anything did."""
    prepared = result.key.preparation
    return f"{result.track}, {prepared} preparation" if prepared else result.track


def measures_of(results: Sequence[Result]) -> tuple[Measure, ...]:
    """Return the paper's measures, then all others that occur."""
    names = {name for result in results for name in result.measures}
    return (*PAPER_MEASURES, *extra_measures(names))


def summarise(
    results: Sequence[Result], chance: np.random.Generator, draws: int = DRAWS
) -> list[Block]:
    """Average results.

    Args:
        results: of any number of predictors, tracks and modes.
        chance: draws the resamples; those of a table are shared by all that is in it.
        draws: resamples.

    Returns:
        A block for every track, mode and group that has characters.
    """
    blocks = []
    modes = sorted({result.mode for result in results})
    tracks = sorted({track_label(result) for result in results})
    for mode in modes:
        for track in tracks:
            there = [r for r in results if r.mode == mode and track_label(r) == track]
            for group in GROUPS:
                members = [result for result in there if _belongs(result, group)]
                if members and (group == "all" or len(members) < len(there) or group == "unseen"):
                    blocks.append(_block(members, track, mode, group, chance, draws))
    return blocks


def _belongs(result: Result, group: str) -> bool:
    if group == "unseen":
        return bool(result.unseen)
    return group in ("all", result.kind)


_ROLE_ORDER = ("entry", "floor", "oracle")


def _block(
    results: Sequence[Result],
    track: str,
    mode: str,
    group: str,
    chance: np.random.Generator,
    draws: int,
) -> Block:
    roles = {result.predictor: result.role for result in results}
    roles = dict(sorted(roles.items(), key=lambda item: _ROLE_ORDER.index(item[1])))
    of_case = {result.case: result.assets for result in results}
    cases = sorted(of_case)
    row = {case: k for k, case in enumerate(cases)}
    measures = measures_of(results)
    values = {name: np.full((len(cases), len(measures)), np.nan) for name in roles}
    failures = dict.fromkeys(roles, 0)
    for result in results:
        values[result.predictor][row[result.case]] = [
            result.measures.get(measure.name, math.nan) for measure in measures
        ]
        failures[result.predictor] += result.failure is not None
    named = [of_case[case] for case in cases]
    weights = cluster_weights(named, chance, draws)
    independent = independent_assets(named)
    if independent < FEWEST_ASSETS:  # an interval would look as if it said something
        weights = np.zeros_like(weights)
    estimates: dict[str, dict[str, Estimate]] = {}
    for name in roles:
        means = resampled_means(values[name], weights)
        found = {
            measure.name: estimate_of(values[name][:, k], means[:, k])
            for k, measure in enumerate(measures)
        }
        estimates[name] = {key: value for key, value in found.items() if value.characters}
    best = _best_floors(estimates, roles, measures)
    return Block(
        track=track,
        mode=mode,
        group=group,
        cases=len(cases),
        assets=len({asset for names in named for asset in names}),
        independent=independent,
        roles=roles,
        estimates=estimates,
        scores=_scores(values, roles, measures, best, weights),
        best_floor=best,
        failures=failures,
    )


def _best_floors(
    estimates: Mapping[str, Mapping[str, Estimate]],
    roles: Mapping[str, str],
    measures: Sequence[Measure],
) -> dict[str, str]:
    best = {}
    for measure in measures:
        found = [
            (measure.sign * estimates[name][measure.name].mean, name)
            for name, role in roles.items()
            if role == "floor" and measure.name in estimates[name]
        ]
        if found:
            best[measure.name] = max(found)[1]
    return best


def _scores(
    values: Mapping[str, Float64[np.ndarray, "n m"]],
    roles: Mapping[str, str],
    measures: Sequence[Measure],
    best: Mapping[str, str],
    weights: Float64[np.ndarray, "d n"],
) -> dict[str, dict[str, Estimate]]:
    oracle = next((name for name, role in roles.items() if role == "oracle"), None)
    if oracle is None or not best:
        return {}
    out: dict[str, dict[str, Estimate]] = {}
    for name in roles:
        row = {}
        for k, measure in enumerate(measures):
            if measure.name not in best:
                continue
            three = [values[each][:, k] for each in (name, best[measure.name], oracle)]
            found = _score(np.stack(three, 1), measure.sign, weights)
            if found is not None:
                row[measure.name] = found
        out[name] = row
    return out


def _score(
    three: Float64[np.ndarray, "n 3"], sign: int, weights: Float64[np.ndarray, "d n"]
) -> Estimate | None:
    """Return the place of the first between the second, 0, and the third, 1."""
    shared = np.isfinite(three).all(1)
    if not shared.any():
        return None
    own, floor, ceiling = three[shared].mean(0)
    if sign * (ceiling - floor) <= 1e-9:
        return None  # no room between floor and ceiling
    means = resampled_means(three[shared], weights[:, shared])
    room = sign * (means[:, 2] - means[:, 1])
    # A resample in which the ceiling lies below the floor says nothing of the place between them.
    usable = room > 1e-9
    places = sign * (means[usable, 0] - means[usable, 1]) / room[usable]
    low, high = interval(places)
    return Estimate(float((own - floor) / (ceiling - floor)), low, high, int(shared.sum()))
