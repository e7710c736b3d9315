"""Write requirements/*.txt: the locked, hashed versions without registry host names.

`uv.lock` names registry hosts and stays out of the repository (.gitignore); what is committed is `uv export`'s
output, which every other script installs. Run after changing dependencies in a pyproject.toml: `make lock`.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

EXPORTS = {
    # what a person's `make run` needs: the three distributions' dependencies and Node to build the page
    "run.txt": ["--no-default-groups", "--group", "page"],
    # what `make test` and `make check` need on top
    "dev.txt": ["--group", "page", "--group", "dev"],
    # what the container image and hosted runtimes hold
    "hosted.txt": ["--no-default-groups", "--only-group", "hosted"],
}


def main() -> int:
    """Lock and export; fails if a host name slipped in."""
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "lock", "--quiet"], cwd=ROOT, check=True)
    for name, selection in EXPORTS.items():
        target = ROOT / "requirements" / name
        command = [*uv, "export", "--quiet", "--format", "requirements-txt", "--no-emit-workspace", "--no-header"]
        text = subprocess.run([*command, *selection], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        if re.search(r"https?://", text):
            print(f"{name}: the export names a host; not written", file=sys.stderr)
            return 1
        target.write_text(text, encoding="utf-8")
        print(f"wrote {target.relative_to(ROOT)}: {text.count('==')} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
