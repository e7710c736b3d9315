"""Size marks: prints what passed a "look for a seam" mark; fails past the last mark unless sizes.toml gives the reason.

Lines per file. Splitting a file along no seam to please the number is worse than the long file: then say so in
sizes.toml.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# (suffixes, is a test) -> (look, last), lines
MARKS = {("py", False): (400, 700), ("ts", False): (300, 500), ("py", True): (600, 1000), ("ts", True): (600, 1000)}
GENERATED = ("frontend/src/api/generated/",)


def is_test(path: str) -> bool:
    """Tests have roomier marks."""
    return "/tests/" in path or path.startswith(("e2e/", "bench/")) or ".test." in path


def sources() -> list[str]:
    """Tracked sources, generated ones left out."""
    listed = subprocess.run(
        ["git", "ls-files", "--", "*.py", "*.ts", "*.tsx"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [
        path for path in listed.stdout.split("\n") if path and not path.startswith(GENERATED) and (ROOT / path).exists()
    ]


def measure() -> tuple[list[str], list[str]]:
    """Lines for people: (look, fail)."""
    reasons = tomllib.loads((ROOT / "sizes.toml").read_text(encoding="utf-8")).get("reasons", {})
    look, fail = [], []
    for path in sources():
        count = len((ROOT / path).read_text(encoding="utf-8").splitlines())
        kind = "py" if path.endswith(".py") else "ts"
        look_mark, last_mark = MARKS[(kind, is_test(path))]
        if count > last_mark and path not in reasons:
            fail.append(
                f"{path}: {count} lines, the last mark is {last_mark}; "
                "split it along a seam or give the reason in sizes.toml"
            )
        elif count > look_mark:
            look.append(f"{path}: {count} lines (look for a seam from {look_mark})")
    return look, fail


def main() -> int:
    """Print both lists; the exit status tells whether a last mark was passed without a reason."""
    look, fail = measure()
    for line in look:
        print(f"look: {line}")
    for line in fail:
        print(f"TOO LONG: {line}", file=sys.stderr)
    return 1 if fail else 0


if __name__ == "__main__":
    sys.exit(main())
