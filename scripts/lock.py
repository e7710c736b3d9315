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
    # what makes wheels of our own packages, in the container image's first stage
    "build.txt": ["--no-default-groups", "--only-group", "build"],
    # what the container image and hosted runtimes hold
    "hosted.txt": ["--no-default-groups", "--only-group", "hosted"],
}
# What tests run beside us, in environments of their own: their versions are nobody else's.
APART = {"jupyterhub.txt": "jupyterhub.in"}


def main() -> int:
    """Lock and export; fails if a host name slipped in."""
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "lock", "--quiet"], cwd=ROOT, check=True)
    export = ["export", "--quiet", "--format", "requirements-txt", "--no-emit-workspace", "--no-header"]
    compiling = ["pip", "compile", "--quiet", "--generate-hashes", "--universal", "--no-header", "--no-annotate"]
    commands = {name: [*export, *selection] for name, selection in EXPORTS.items()}
    commands |= {
        name: [*compiling, "--python-version", "3.11", f"requirements/{source}"] for name, source in APART.items()
    }
    for name, words in commands.items():
        target = ROOT / "requirements" / name
        text = subprocess.run([*uv, *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        if re.search(r"https?://", text):
            print(f"{name}: the export names a host; not written", file=sys.stderr)
            return 1
        target.write_text(text, encoding="utf-8")
        print(f"wrote {target.relative_to(ROOT)}: {text.count('==')} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
