"""Three-way merge of texts: by lines (diff3), then by words where both changed the same lines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from runhere_hub.core.merge.diff import Hunk, hunks, lines, tokens


def merge_text(base: str, ours: str, theirs: str) -> str | None:
    """`base` with the changes of both, or None where they changed the same place in different ways.

    Changes that touch each other (no unchanged line, then no unchanged word between them) count as the same place.
    Where both inserted there, and one insertion begins or ends with the other, the longer one has what both wanted: so
    stands a document beside a file that was written while its notebook was being typed in, if the hub then crashed
    before it could note the write.
    """
    if ours == theirs or theirs == base:
        return ours
    if ours == base:
        return theirs
    return _merge(base, ours, theirs, lines, lambda b, o, t: _merge(b, o, t, tokens, None))


_Split = Callable[[str], list[str]]
_Finer = Callable[[str, str, str], str | None]


def _merge(base: str, ours: str, theirs: str, split: _Split, finer: _Finer | None) -> str | None:
    b, o, t = split(base), split(ours), split(theirs)
    merged: list[str] = []
    at = 0
    for region in _regions(hunks(b, o), hunks(b, t)):
        merged += b[at : region.start]
        both = _merge_region(
            "".join(b[region.start : region.end]),
            "".join(_side(region, region.ours, b, o)),
            "".join(_side(region, region.theirs, b, t)),
            finer,
        )
        if both is None:
            return None
        merged.append(both)
        at = region.end
    return "".join(merged + b[at:])


def _merge_region(base: str, ours: str, theirs: str, finer: _Finer | None) -> str | None:
    if ours == theirs or theirs == base:
        return ours
    if ours == base:
        return theirs
    if finer:
        return finer(base, ours, theirs)
    return None if base else _longer_insertion(ours, theirs)


def _longer_insertion(ours: str, theirs: str) -> str | None:
    for longer, shorter in ((ours, theirs), (theirs, ours)):
        if longer.startswith(shorter) or longer.endswith(shorter):
            return longer
    return None


@dataclass
class _Region:
    """A stretch of the base that at least one side changed, with the changes of each."""

    start: int
    end: int
    ours: list[Hunk] = field(default_factory=list)
    theirs: list[Hunk] = field(default_factory=list)


def _regions(ours: Sequence[Hunk], theirs: Sequence[Hunk]) -> list[_Region]:
    found: list[_Region] = []
    both = [(hunk, False) for hunk in ours] + [(hunk, True) for hunk in theirs]
    for hunk, is_theirs in sorted(both, key=lambda pair: (pair[0].a_start, pair[0].a_end)):
        if not found or hunk.a_start > found[-1].end:
            found.append(_Region(hunk.a_start, hunk.a_end))
        region = found[-1]
        region.end = max(region.end, hunk.a_end)
        (region.theirs if is_theirs else region.ours).append(hunk)
    return found


def _side(region: _Region, changes: Sequence[Hunk], base: Sequence[str], side: Sequence[str]) -> Sequence[str]:
    """What one side has in the place of this stretch of the base."""
    if not changes:
        return base[region.start : region.end]
    first, last = changes[0], changes[-1]
    return side[first.b_start - (first.a_start - region.start) : last.b_end + (region.end - last.a_end)]
