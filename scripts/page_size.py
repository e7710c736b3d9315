"""How much code a browser fetches before a notebook can be edited, gzip, and in how many files; fails over the limit
given in KB, and over `MOST_FILES`.

With a second limit: also what an output frame fetches before it shows a widget.

Read from the manifest that Vite writes (static/page/.vite/, which the hub does not serve): the page's entry and the
notebook page, which is loaded when a notebook opens, with all that they import statically, and the style sheets. What
comes later does not count: dialogs, menus, the home page, formulas, completion, Japanese.
"""

import gzip
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parent.parent / "hub" / "src" / "runhere_hub" / "static" / "page"
MANIFEST = PAGE / ".vite" / "manifest.json"
ROOTS = ("index.html", "src/app/notebook-page.tsx")
MOST_FILES = 8
"""Each is a request. With the document and the hub's answers the page asks twelve times, as many as it may."""
FRAME = PAGE.parent / "frame" / "v1"
FRAME_ROOTS = ("frame.html", "widgets/show.ts")
STYLES = "style.css"
"""Vite's name in the manifest for the one style sheet of a page that is not split by chunk."""


class ManifestUnexpected(Exception):
    """The manifest lacks a chunk that this counts from; it was renamed, or the page was built otherwise."""


def needed(manifest: Mapping[str, Mapping[str, Any]], roots: Iterable[str] = ROOTS) -> set[str]:
    """Files, relative to the page, that `roots` need before they run.

    Raises:
        ManifestUnexpected: A root is not there; counting without it would pass for the wrong reason.
    """
    waiting = list(roots)
    seen: set[str] = set()
    files: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name not in manifest:
            raise ManifestUnexpected(f"the page's manifest has no {name}")
        chunk = manifest[name]
        files |= {chunk["file"], *chunk.get("css", ())}
        waiting += chunk.get("imports", ())
    if STYLES in manifest:
        files.add(manifest[STYLES]["file"])
    return files


def weigh(folder: Path, roots: Iterable[str], limit_kb: float, what: str, most_files: float = float("inf")) -> bool:
    """Print each file that `roots` need and the sum; whether it is within the limits.

    Raises:
        ManifestUnexpected: See `needed`.
    """
    manifest = json.loads((folder / ".vite" / "manifest.json").read_text(encoding="utf-8"))
    files = needed(manifest, roots)
    sizes = {name: len(gzip.compress((folder / name).read_bytes(), 9)) for name in files}
    for name, size in sorted(sizes.items(), key=lambda item: -item[1]):
        print(f"{size / 1000:8.1f} KB gzip  {Path(name).name}")
    total_kb = sum(sizes.values()) / 1000
    print(f"{total_kb:8.1f} KB gzip  {what}, {len(files)} files (limit {limit_kb:g} KB, {most_files:g} files)")
    return total_kb <= limit_kb and len(files) <= most_files


def main() -> int:
    """Weigh the page and, with a second limit, the frame."""
    if not MANIFEST.exists():
        print("the page is not built", file=sys.stderr)
        return 1
    page_kb, frame_kb = [*(float(word) for word in sys.argv[1:]), float("inf"), float("inf")][:2]
    try:
        fits = weigh(PAGE, ROOTS, page_kb, "before a notebook can be edited", MOST_FILES)
        if len(sys.argv) > 2:
            fits = weigh(FRAME, FRAME_ROOTS, frame_kb, "before a frame shows a widget") and fits
    except ManifestUnexpected as error:
        print(f"page size: {error}; see the roots in scripts/page_size.py", file=sys.stderr)
        return 1
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main())
