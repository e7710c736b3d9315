"""placeholder"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Journals:
    folder: Path
    limit_bytes: int
