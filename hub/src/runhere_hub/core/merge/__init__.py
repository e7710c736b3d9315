"""What two sides made of one thing: notebooks (`notebooks`, by cells that `align` pairs) and texts (`text`, `diff`)."""

from runhere_hub.core.merge.notebooks import (
    CONFLICT_KEY,
    RUNHERE_KEY,
    Conflict,
    MergeResult,
    longest_rising,
    mark_conflict,
    merge,
    moved,
    open_conflicts,
    same_outputs,
    same_text,
)

__all__ = [
    "CONFLICT_KEY",
    "RUNHERE_KEY",
    "Conflict",
    "MergeResult",
    "longest_rising",
    "mark_conflict",
    "merge",
    "moved",
    "open_conflicts",
    "same_outputs",
    "same_text",
]
