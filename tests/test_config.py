import json
import math
from dataclasses import dataclass
from typing import Literal

import pytest

from panic3d.config import from_dict, to_dict
from panic3d.errors import ConfigError
from panic3d.models.generator_config import GeneratorConfig
from panic3d.models.stylegan2.discriminator_config import DiscriminatorConfig
from panic3d.recipes.generators import released


@dataclass(frozen=True, kw_only=True)
class Inner:
    ratio: float = 0.5
    name: str | None = None


@dataclass(frozen=True, kw_only=True)
class Outer:
    count: int
    inner: Inner = Inner()
    switch: bool = False
    kind: Literal["a", "b", 3] = "a"
    pair: tuple[int, float] = (1, 2.0)
    many: tuple[str, ...] = ()
    either: int | str = 0

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ConfigError(f"count is {self.count}, expected 0 or more")


FULL = Outer(
    count=3,
    inner=Inner(ratio=2.5, name="x"),
    switch=True,
    kind=3,
    pair=(4, 5.5),
    many=("p", "q"),
    either="text",
)


@pytest.mark.parametrize(
    "config", [Outer(count=0), FULL, GeneratorConfig(), released(), DiscriminatorConfig()]
)
def test_a_configuration_survives_json(config):
    """Oracle: there and back."""
    assert from_dict(type(config), json.loads(json.dumps(to_dict(config)))) == config


def test_absent_fields_take_their_defaults():
    assert from_dict(Outer, {"count": 1}) == Outer(count=1)
    assert from_dict(Outer, {"count": 1, "inner": {}}) == Outer(count=1)


def test_an_integer_may_stand_for_a_float_and_becomes_one():
    found = from_dict(Inner, {"ratio": 2})
    assert found.ratio == 2.0 and type(found.ratio) is float


def test_a_list_may_stand_for_a_tuple():
    assert from_dict(Outer, {"count": 1, "pair": [7, 8], "many": ["z"]}).pair == (7, 8.0)


def test_the_dictionary_is_not_written_to():
    values = {"count": 1, "inner": {"ratio": 1}}
    from_dict(Outer, values)
    assert values == {"count": 1, "inner": {"ratio": 1}}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"count": 1, "cuont": 2}, "Outer has no key 'cuont'; it has count, inner"),
        ({"count": 1, "inner": {"rate": 1}}, "Inner has no key 'rate'"),
        ({}, "Outer needs count"),
        ({"count": -1}, "count is -1"),
        ({"count": 1.0}, "Outer.count is 1.0, expected int"),
        ({"count": True}, "Outer.count is True, expected int"),
        ({"count": "1"}, "Outer.count is '1'"),
        ({"count": None}, "Outer.count is None"),
        ({"count": 1, "switch": 1}, "Outer.switch is 1, expected bool"),
        ({"count": 1, "kind": "c"}, "Outer.kind is 'c'"),
        ({"count": 1, "kind": 3.0}, "Outer.kind is 3.0"),
        ({"count": 1, "pair": [1]}, "Outer.pair"),
        ({"count": 1, "pair": [1, 2, 3]}, "Outer.pair"),
        ({"count": 1, "pair": ["1", 2]}, "Outer.pair is '1'"),
        ({"count": 1, "pair": 1}, "Outer.pair"),
        ({"count": 1, "many": "text"}, "Outer.many"),
        ({"count": 1, "many": [1]}, "Outer.many"),
        ({"count": 1, "either": 1.5}, "Outer.either"),
        ({"count": 1, "either": None}, "Outer.either"),
        ({"count": 1, "inner": {"ratio": math.nan}}, "Inner.ratio is nan"),
        ({"count": 1, "inner": {"ratio": math.inf}}, "Inner.ratio is inf"),
        ({"count": 1, "inner": {"ratio": 10**400}}, "Inner.ratio"),
        ({"count": 1, "inner": {"ratio": True}}, "Inner.ratio is True"),
        ({"count": 1, "inner": {"ratio": None}}, "Inner.ratio is None"),
        ({"count": 1, "inner": {"name": 5}}, "Inner.name is 5"),
        ({"count": 1, "inner": 5}, "Inner needs a JSON object, found int"),
        ({"count": 1, "inner": None}, "Inner needs a JSON object, found NoneType"),
        ([], "Outer needs a JSON object, found list"),
        (None, "Outer needs a JSON object"),
    ],
)
def test_a_value_that_does_not_belong_is_named_and_refused(unchecked, values, message):
    with pytest.raises(ConfigError, match=message):
        from_dict(Outer, values)


@pytest.mark.parametrize("values", [{1: 2, "count": 1}, {None: 2, "count": 1}])
def test_keys_that_are_no_text_are_refused(unchecked, values):
    with pytest.raises(ConfigError, match="no key"):
        from_dict(Outer, values)


def test_a_nested_refusal_comes_through():
    with pytest.raises(ConfigError, match="coarse_samples is 2"):
        from_dict(GeneratorConfig, {"rendering": {"coarse_samples": 2}})
