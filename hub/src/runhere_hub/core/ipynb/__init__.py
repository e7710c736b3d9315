"""Notebook files, `.ipynb`: `files` says what the others are for."""

from runhere_hub.core.ipynb.files import (
    ParsedFile,
    conflict_markers_line,
    parse,
    parse_written,
    render,
    render_over,
    salvage,
    upgrade,
)

__all__ = [
    "ParsedFile",
    "conflict_markers_line",
    "parse",
    "parse_written",
    "render",
    "render_over",
    "salvage",
    "upgrade",
]
