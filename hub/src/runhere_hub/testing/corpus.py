"""Real notebooks that nobody here wrote, for tests: where `RUNHERE_CORPUS` says, or beside the repository."""

import os
from pathlib import Path

_BESIDE = Path(__file__).resolve().parents[4].parent / "shared" / "notebooks"


def corpus() -> list[Path]:
    """Every notebook file of the corpus, in order; none where there is no corpus."""
    root = Path(os.environ.get("RUNHERE_CORPUS") or _BESIDE)
    return sorted(root.glob("**/*.ipynb"))


def read_exact(path: Path) -> str:
    """The file's text with its line ends as they are."""
    return path.read_bytes().decode()
