"""`make check`: every check that is not a test. A check that is not here does not exist.

Usage: python scripts/check.py [--fix] [name …]. `--fix` lets formatters and linters mend what they can.
"""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import setup

PYTHON_SOURCES = ["hub", "runtime", "protocol", "scripts", "e2e", "bench"]
TYPED = ["hub/src", "runtime/src", "protocol/src"]
# First load of the page: code the browser needs before a notebook can be edited, gzip.
FIRST_LOAD_LIMIT_KB = 350
# What an output frame needs before it shows a widget, gzip; fetched once for all of them.
WIDGET_FRAME_LIMIT_KB = 170


def command(*words: str | Path, cwd: Path = setup.ROOT) -> Callable[[], bool]:
    """A check that is a command: true if it ended well."""
    return lambda: subprocess.run([str(word) for word in words], cwd=cwd, check=False).returncode == 0


def in_venv(module: str, *words: str) -> Callable[[], bool]:
    """A check that is a Python module of the environment."""
    return command(setup.python(), "-m", module, *words)


def in_page(script: str, *words: str) -> Callable[[], bool]:
    """A check that is a Node program of the page."""
    return lambda: command(*setup.node(script, *words), cwd=setup.FRONTEND)()


def tracked_files() -> list[str]:
    """Every tracked file that exists."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=setup.ROOT, check=True, capture_output=True, text=True)
    return [name for name in listed.stdout.split("\0") if name and (setup.ROOT / name).is_file()]


def no_registry_hosts() -> bool:
    """No tracked file names a package registry's host, and no npm lock has download addresses."""
    hosts = re.compile(rb"py[p]i\.org|python[h]osted|registry\.n[p]mjs|deb\.de[b]ian")
    found = [name for name in tracked_files() if hosts.search((setup.ROOT / name).read_bytes())]
    locks = [name for name in tracked_files() if Path(name).name == "package-lock.json"]
    found += [f'{name} ("resolved")' for name in locks if b'"resolved"' in (setup.ROOT / name).read_bytes()]
    for name in found:
        print(f"names a registry host: {name}", file=sys.stderr)
    return not found


def checks(*, fix: bool) -> dict[str, Callable[[], bool]]:
    """Name -> check, in the order in which they run: quick ones first."""
    ruff_words = ["check", "--fix"] if fix else ["check"]
    format_words = ["format"] if fix else ["format", "--check"]
    biome_words = ["check", "--write", "."] if fix else ["check", "."]
    return {
        "python format": in_venv("ruff", *format_words, *PYTHON_SOURCES),
        "python lint": in_venv("ruff", *ruff_words, *PYTHON_SOURCES),
        "sizes": command(setup.python(), "scripts/check_sizes.py"),
        "spelling": in_venv("codespell_lib", *spelled_files()),
        "hosts": no_registry_hosts,
        "imports, python": command(setup.python().parent / "lint-imports"),
        "schema": command(setup.python(), "scripts/schema.py", "--check"),
        "types, python": in_venv("mypy", *TYPED),
        "page lint": in_page("node_modules/@biomejs/biome/bin/biome", *biome_words),
        "page types": in_page("node_modules/typescript/bin/tsc", "--noEmit"),
        "imports, page": in_page(
            "node_modules/dependency-cruiser/bin/dependency-cruise.mjs",
            "src",
            "frame",
            "--config",
            ".dependency-cruiser.cjs",
        ),
        "page size": command(
            setup.python(), "scripts/page_size.py", str(FIRST_LOAD_LIMIT_KB), str(WIDGET_FRAME_LIMIT_KB)
        ),
    }


def spelled_files() -> list[str]:
    """English prose and code; the Japanese strings and locks are left out."""
    suffixes = {".py", ".md", ".ts", ".tsx", ".toml"}
    skipped = ("frontend/src/i18n/ja", "requirements/")
    return [name for name in tracked_files() if Path(name).suffix in suffixes and not name.startswith(skipped)]


def main() -> int:
    """Run every check, or the named ones, to the end; sum up."""
    words = sys.argv[1:]
    setup.python_packages("dev")
    setup.page()
    fix = "--fix" in words
    named = [word for word in words if word != "--fix"]
    failed = []
    for name, check in checks(fix=fix).items():
        if named and name not in named:
            continue
        setup.say(f"check: {name}")
        started = time.monotonic()
        if not check():
            failed.append(name)
        setup.say(f"check: {name} {'FAILED' if name in failed else 'ok'} ({time.monotonic() - started:.1f} s)")
    print(f"\n{'all checks passed' if not failed else 'FAILED: ' + ', '.join(failed)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(setup.guarded(main))
