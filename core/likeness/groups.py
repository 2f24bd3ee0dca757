"""From pairs of files that show one picture to groups of them, without chains."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.likeness.record import Pair


def grouped(
    pairs: Iterable[Pair],
    best_first: Callable[[Iterable[str]], list[str]],
    same: Callable[[Sequence[Pair]], Iterable[Pair]],
) -> list[list[str]]:
    """Groups of two and more, each of whose members is the same picture as its first one, which is the best.

    A picture that is only the same as some other member (a crop of a crop, say) is not put into its group: of those
    that are left over, groups are made anew.

    Args:
        same: Which of some pairs, of which nobody knows yet, are the same picture.
    """
    known = set(pairs)
    left = [best_first(members) for members in _connected(known)]
    groups: list[list[str]] = []
    while left:
        to_best = {_pair(members[0], other) for members in left for other in members[1:]}
        known |= set(same(sorted(to_best - known))) if to_best - known else set()
        rest: set[str] = set()
        for members in left:
            group = [members[0], *(other for other in members[1:] if _pair(members[0], other) in known)]
            if len(group) > 1:
                groups.append(group)
            rest.update(set(members).difference(group))
        known_of_rest = {pair for pair in known if rest.issuperset(pair)}
        left = [best_first(members) for members in _connected(known_of_rest)]
    return groups


def _pair(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)


def _connected(pairs: Iterable[Pair]) -> list[list[str]]:
    """Components of two and more, in an order that depends on nothing but the pairs."""
    parent: dict[str, str] = {}

    def root(member: str) -> str:
        while parent.setdefault(member, member) != member:
            parent[member] = parent[parent[member]]
            member = parent[member]
        return member

    for one, other in sorted(pairs):
        first, second = sorted((root(one), root(other)))
        parent[second] = first
    components: defaultdict[str, list[str]] = defaultdict(list)
    for member in sorted(parent):
        components[root(member)].append(member)
    return [components[key] for key in sorted(components)]
