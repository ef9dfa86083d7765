"""What belongs to what: blocks of items and paths between constructs, checked and numbered."""

from dataclasses import dataclass

import numpy as np

from ..errors import InvalidInput

SCHEMES = ("centroid", "factorial", "path")
METRICS = ("standardised", "raw")
MODES = ("A", "B")


@dataclass(frozen=True, eq=False)
class Specification:
    """A model as arrays: K constructs in the caller's order, P items block by block.

    constructs, items : names; ``blocks`` has the slice of items of each construct
    modes : "A" or "B" of each construct
    paths : (from, to) as positions, in the caller's order
    mask : (P, K), 1 where the item belongs to the construct
    precedes : (K, K), True at [i, j] where a path leads from i to j
    """

    constructs: tuple[str, ...]
    items: tuple[str, ...]
    blocks: tuple[slice, ...]
    modes: tuple[str, ...]
    paths: tuple[tuple[int, int], ...]
    mask: np.ndarray
    precedes: np.ndarray

    @property
    def endogenous(self) -> list[int]:
        """Constructs that a path leads to."""
        return np.flatnonzero(self.precedes.any(axis=0)).tolist()

    def predecessors(self, construct: int) -> np.ndarray:
        return np.flatnonzero(self.precedes[:, construct])

    def construct_of(self, item: int) -> int:
        return int(self.mask[item].argmax())


def specify(inner, outer, modes) -> Specification:
    """Checks ``inner`` and ``outer`` and numbers them.

    Raises ``InvalidInput``: ``empty_block``, ``item_in_two_blocks``, ``unknown_construct``,
    ``repeated_path``, ``cycle``, ``unconnected_construct``, ``unknown_mode``.
    """
    constructs = tuple(outer)
    empty = [name for name in constructs if not outer[name]]
    if empty or not constructs:
        raise InvalidInput("empty_block", f"no items: {empty}", constructs=empty)
    items = tuple(item for name in constructs for item in outer[name])
    twice = sorted({item for item in items if items.count(item) > 1})
    if twice:
        raise InvalidInput("item_in_two_blocks", f"items named twice: {twice}", items=twice)
    place = {name: number for number, name in enumerate(constructs)}
    paths = _paths(inner, place)
    precedes = np.zeros((len(constructs), len(constructs)), dtype=bool)
    for start, end in paths:
        precedes[start, end] = True
    _refuse_odd_shapes(precedes, constructs)
    ends = np.cumsum([len(outer[name]) for name in constructs]).tolist()
    blocks = tuple(slice(a, b) for a, b in zip([0, *ends[:-1]], ends, strict=True))
    mask = np.zeros((len(items), len(constructs)))
    for column, block in enumerate(blocks):
        mask[block, column] = 1
    return Specification(
        constructs, items, blocks, _modes(modes, constructs), paths, mask, precedes
    )


def _paths(inner, place):
    pairs = [tuple(pair) for pair in inner]
    unknown = sorted({name for pair in pairs for name in pair if name not in place})
    if unknown:
        raise InvalidInput("unknown_construct", f"no items for {unknown}", constructs=unknown)
    if len(set(pairs)) < len(pairs):
        raise InvalidInput("repeated_path", "a path is named twice")
    return tuple((place[start], place[end]) for start, end in pairs)


def _refuse_odd_shapes(precedes, constructs):
    # Constructs that nothing leads to are taken away until none is left; a cycle never is.
    left = np.ones(len(constructs), dtype=bool)
    while left.any():
        free = left & ~precedes[left].any(axis=0)
        if not free.any():
            names = [name for name, stays in zip(constructs, left, strict=True) if stays]
            raise InvalidInput("cycle", f"the paths run in a circle: {names}", constructs=names)
        left &= ~free
    alone = ~(precedes | precedes.T).any(axis=0)
    if alone.any():
        names = [name for name, stands in zip(constructs, alone, strict=True) if stands]
        raise InvalidInput("unconnected_construct", f"no path from or to {names}", constructs=names)


def _modes(modes, constructs):
    by_name = dict.fromkeys(constructs, modes) if isinstance(modes, str) else dict(modes)
    chosen = tuple(by_name.get(name, "A") for name in constructs)
    if set(by_name) - set(constructs) or set(chosen) - set(MODES):
        raise InvalidInput("unknown_mode", "modes are 'A' or 'B' for known constructs")
    return chosen
