"""Mutated configurations: read completely, or refused with a Panic3dError, never anything else.

Everything that a JSON file can hold may come in. What is accepted must come back unchanged from a
JSON file and have sizes that can be asked for.
"""

from __future__ import annotations

import json
import random
from typing import Any

from panic3d.config import from_dict, to_dict
from panic3d.errors import Panic3dError
from panic3d.models.generator_config import GeneratorConfig
from panic3d.models.stylegan2.discriminator_config import DiscriminatorConfig

CASES = 1000

KINDS: tuple[type, ...] = (GeneratorConfig, DiscriminatorConfig)

_NUMBERS: tuple[Any, ...] = (
    *(0, 1, -1, 2, 3, 4, 7, 8, 9, 64, 127, 128, 256, 512, 2**31, 2**63, 10**30, -(10**400)),
    *(0.0, -0.0, 0.5, 1.0, -1.0, 1e-300, 5e-324, 1.7e308),
    *(float("nan"), float("inf"), float("-inf")),
)
_TEXTS = (
    *("", " ", ".", "none", "None", "NaN", "true", "512", "0x10", "ortho_front", "\0", "é"),
    *("reschonk_add_\N{SUPERSCRIPT TWO}", "reschonk_add_" + "9" * 5000, "reschonk_add_-1"),
    *("resnetcond_\N{ARABIC-INDIC DIGIT THREE}", "resnetcond_0", "a" * 10_000),
)
_TOKENS = (
    *("ortho_front", "gt_sides", "dorthoA", "cond_img_norm_4", "add_4", "concatfront"),
    *("add_shuffle2_4", "mult_shuffle2_4", "inj_6b_4", "crossavg_4", "crossavgt_38"),
    *("reschonk_add_32", "reschonk_add_512", "reschonk_add_99999", "resnetcond_8", "none", "", "x"),
    *("reschonk_add_\N{SUPERSCRIPT TWO}", "resnetcond_" + "9" * 5000, " add_4", "add_4 "),
)


def run(seed: int, cases: int) -> None:
    """Try ``cases`` mutated configurations.

    Raises:
        AssertionError: one of them was not handled; the message holds it.
    """
    chance = random.Random(seed)
    for _ in range(cases):
        kind = chance.choice(KINDS)
        values = to_dict(kind())
        for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
            values = _mutated(values, chance)
        # Through JSON and back: what a file can hold, tuples as lists, NaN and all.
        values = json.loads(json.dumps(values))
        try:
            _check(kind, values)
        except Exception as error:
            raise AssertionError(
                f"{kind.__name__} from {json.dumps(values)[:2000]}: {type(error).__name__}: {error}"
            ) from error


def _check(kind: type, values: Any) -> None:
    try:
        config: Any = from_dict(kind, values)
    except Panic3dError as error:
        assert str(error), "an error without a message"
        return
    assert from_dict(kind, json.loads(json.dumps(to_dict(config)))) == config, "no way back"
    assert all(config.channels(resolution) >= 0 for resolution in config.resolutions)
    assert config.conditioning.picture_channels in (3, 9, 15)


def _mutated(values: Any, chance: random.Random) -> Any:
    """Return the values with one change somewhere."""
    if not isinstance(values, dict) or not values or chance.random() < 0.02:
        return _anything(chance, depth=3)
    values = dict(values)
    key = chance.choice(list(values))
    act = chance.randrange(10)
    if act == 0:
        del values[key]
    elif act == 1:
        values[chance.choice((key + "s", key.upper(), "", " " + key, "box_m", "é"))] = values[key]
    elif act == 2:
        other = chance.choice(list(values))
        values[key], values[other] = values[other], values[key]
    elif act == 3 and "cond_mode" in values:
        tokens = chance.choices(_TOKENS, k=chance.randrange(6))
        values["cond_mode"] = ".".join(chance.choice((["ortho_front"], [])) + tokens)
    elif isinstance(values[key], dict):
        values[key] = _mutated(values[key], chance)
    elif act < 7 and type(values[key]) in (int, float):
        values[key] = chance.choice(_NUMBERS)
    else:
        values[key] = _anything(chance, depth=3)
    return values


def _anything(chance: random.Random, depth: int) -> Any:
    """Return some JSON value."""
    act = chance.randrange(7 if depth else 5)
    if act == 0:
        return chance.choice((None, True, False))
    if act in (1, 2):
        return chance.choice(_NUMBERS)
    if act in (3, 4):
        return chance.choice(_TEXTS)
    if act == 5:
        return [_anything(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {chance.choice(_TEXTS): _anything(chance, depth - 1) for _ in range(chance.randrange(4))}
