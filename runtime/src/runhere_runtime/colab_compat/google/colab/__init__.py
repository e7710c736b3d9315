"""`google.colab` for notebooks that were written there: `files`, `output` and `userdata` work, through `runhere`.

Everything else fails at once, with a sentence that says what to use instead. On only with `runhere-runtime --colab-
compat`, since
programs take the mere presence of this module for being in Colab.
"""

import importlib.abc
import importlib.machinery
import sys
from typing import NoReturn

from runhere import files, output, userdata

__all__ = ["files", "output", "userdata"]

_INSTEAD = {
    "auth": "Sign in with the provider's own library or command line on this machine, such as `gcloud auth login`.",
    "drive": "There is no Google Drive here. Files of this machine are in the Files panel; mount a "
    "folder with rclone, or upload.",
    "runtime": "Use Runtime > Shut down in the menu.",
    "ai": "Use the provider's own library with a key from `userdata.get`.",
    "sheets": "Use gspread or pandas on this machine.",
    "data_table": "DataFrames are shown as tables already; the Variables panel opens them whole.",
    "widgets": "ipywidgets work as they are.",
    "syntax": "IPython's own cell magics work as they are.",
    "snippets": "There are no snippets here.",
    "html": "IPython.display.HTML works as it is.",
    "patches": "Show images with IPython.display.Image, or with matplotlib.",
    "autoviz": "Use a plotting library.",
    "kernel": "There is no such module here.",
}


class UnavailableHere(ImportError):
    """A part of google.colab that this runtime does not have."""


def _sentence(name: str) -> str:
    advice = _INSTEAD.get(name, "Only files, output and userdata are here.")
    return "google.colab." + name + " is not available in a Runhere runtime. " + advice


class _Explain(importlib.abc.MetaPathFinder):
    """Asked last: whatever of `google.colab` nobody else found is explained."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname.startswith("google.colab."):
            raise UnavailableHere(_sentence(fullname.split(".")[2]), name=fullname)


sys.meta_path.append(_Explain())
for _name, _module in (("files", files), ("output", output), ("userdata", userdata)):
    sys.modules["google.colab." + _name] = _module


def __getattr__(name: str) -> NoReturn:
    if name.startswith("_"):
        raise AttributeError(name)
    raise UnavailableHere(_sentence(name), name="google.colab." + name)
