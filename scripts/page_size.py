"""How much code a browser fetches before a notebook can be edited, gzip; fails over the limit given in KB.

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


def main() -> int:
    """Print each file and the sum; compare with the limit."""
    if not MANIFEST.exists():
        print("the page is not built", file=sys.stderr)
        return 1
    try:
        files = needed(json.loads(MANIFEST.read_text(encoding="utf-8")))
    except ManifestUnexpected as error:
        print(f"page size: {error}; see ROOTS in scripts/page_size.py", file=sys.stderr)
        return 1
    sizes = {name: len(gzip.compress((PAGE / name).read_bytes(), 9)) for name in files}
    for name, size in sorted(sizes.items(), key=lambda item: -item[1]):
        print(f"{size / 1000:8.1f} KB gzip  {Path(name).name}")
    total_kb = sum(sizes.values()) / 1000
    limit_kb = float(sys.argv[1]) if len(sys.argv) > 1 else float("inf")
    print(f"{total_kb:8.1f} KB gzip  before a notebook can be edited, {len(files)} files (limit {limit_kb:g})")
    return 0 if total_kb <= limit_kb else 1


if __name__ == "__main__":
    sys.exit(main())
