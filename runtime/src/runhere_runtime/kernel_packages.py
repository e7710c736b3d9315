"""The modules that kernels find beside those of their own environment: `runhere`, and `google.colab` where wanted.

They are copied into a folder of this runtime, so that a kernel whose Python is another one than ours finds just
these, and
none of our dependencies.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import runhere

_WITHOUT = shutil.ignore_patterns("__pycache__")


def lay_out(folder: Path, *, colab_compat: bool) -> Path:
    """Fill `folder`, which must not exist yet; returns it. Removed together with the folder that it lies in."""
    assert runhere.__file__ is not None
    shutil.copytree(Path(runhere.__file__).parent, folder / "runhere", ignore=_WITHOUT)
    if colab_compat:
        # No google/__init__.py: `google` is a namespace that other packages of an environment share.
        compat = Path(__file__).parent / "colab_compat" / "google" / "colab"
        shutil.copytree(compat, folder / "google" / "colab", ignore=_WITHOUT)
    return folder
