"""What every recipe says of its network, for people who use the weights."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Described:
    """A network's name, purpose and limits."""

    name: str
    """Of its weights."""
    purpose: str
    """What the network does; goes on after "The network"."""
    failures: str
    """Where it is known to fail."""

    @property
    def run(self) -> str:
        """What its runs are called: as the weights, unless several runs lead to them."""
        return self.name
