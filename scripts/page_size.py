"""How much code the page's first load needs, gzip; fails over the limit given in KB.

Follows index.html: its module scripts, what they import statically, and their style sheets. Lazy chunks do not count.
"""

import gzip
import re
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "hub" / "src" / "runhere_hub" / "static" / "page"
STATIC_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*["'](\.{1,2}/[^"']+\.js)["']""")
IN_HTML = re.compile(r"""(?:src|href)="/?([^"]+\.(?:js|css))\"""")


def first_load(index: Path) -> set[Path]:
    """Files that a browser fetches before the page can be used."""
    waiting = [index.parent / name for name in IN_HTML.findall(index.read_text(encoding="utf-8"))]
    seen: set[Path] = set()
    while waiting:
        path = waiting.pop().resolve()
        if path in seen or not path.exists():
            continue
        seen.add(path)
        if path.suffix == ".js":
            waiting += [path.parent / name for name in STATIC_IMPORT.findall(path.read_text(encoding="utf-8"))]
    return seen


def main() -> int:
    """Print each file and the sum; compare with the limit."""
    files = first_load(PAGE / "index.html")
    if not files:
        print("the page is not built", file=sys.stderr)
        return 1
    total = 0
    for path in sorted(files):
        size = len(gzip.compress(path.read_bytes(), 9))
        total += size
        print(f"{size / 1000:8.1f} KB gzip  {path.name}")
    limit_kb = float(sys.argv[1]) if len(sys.argv) > 1 else float("inf")
    print(f"{total / 1000:8.1f} KB gzip  first load, {len(files)} files (limit {limit_kb:g})")
    return 0 if total / 1000 <= limit_kb else 1


if __name__ == "__main__":
    sys.exit(main())
