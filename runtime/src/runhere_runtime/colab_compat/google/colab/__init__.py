"""`google.colab` for notebooks that were written there: `files`, `output` and `userdata` work, through `runhere`.

Everything else fails at once, with a sentence that says what to use instead. On only with `runhere-runtime
--colab-compat`, since programs take the mere presence of this module for being in Colab.
"""

import importlib.abc
import sys
from types import ModuleType
from typing import NoReturn

import runhere

__all__ = ["files", "output", "userdata"]

# What their modules have and ours lack by that name. The errors are caught by name in notebooks.
_ALSO = {
    "userdata": {
        "SecretNotFoundError": runhere.userdata.SecretNotFound,
        "NotebookAccessError": runhere.userdata.SecretRefused,
        "TimeoutException": runhere.PageSilent,
    },
}
_OF_A_PORT = (
    "Where the kernel runs on the machine in front of you, open http://127.0.0.1:PORT in a tab; from elsewhere, bring "
    "the port to you with `ssh -N -L`."
)
_OF_AN_AREA = "Use an ipywidgets.Output, or IPython.display.update_display."
_INSTEAD = {
    "ai": "Use the provider's own library with a key from `userdata.get`.",
    "auth": "Sign in with the provider's own library or command line on this machine, such as `gcloud auth login`.",
    "autoviz": "Use a plotting library.",
    "data_table": "DataFrames are shown as tables already; the Variables panel opens them whole.",
    "drive": "There is no Google Drive here. Files of this machine are in the Files panel; mount a "
    "folder with rclone, or upload.",
    "files.upload_file": "Use files.upload, which lets you choose any number of files.",
    "files.view": "Open the file in the Files panel.",
    "html": "IPython.display.HTML works as it is.",
    "kernel": "Scripts in outputs have it: `await google.colab.kernel.invokeFunction(name, [args], {})`.",
    "output.disable_custom_widget_manager": "Custom widgets work as they are: leave this line out.",
    "output.enable_custom_widget_manager": "Custom widgets work as they are: leave this line out.",
    "output.no_vertical_scroll": "Leave this line out.",
    "output.redirect_to_element": _OF_AN_AREA,
    "output.serve_kernel_port_as_iframe": _OF_A_PORT,
    "output.serve_kernel_port_as_window": _OF_A_PORT,
    "output.to_default_area": _OF_AN_AREA,
    "output.to_footer_area": _OF_AN_AREA,
    "output.to_header_area": _OF_AN_AREA,
    "output.use_tags": _OF_AN_AREA,
    "patches": "Show images with IPython.display.Image, or with matplotlib.",
    "runtime": "Use Runtime > Shut down runtime… in the menu.",
    "sheets": "Use gspread or pandas on this machine.",
    "snippets": "Keep code that you use again in a module beside the notebook.",
    "sql": "Use the database's own library on this machine.",
    "syntax": "IPython's own cell magics work as they are.",
    "widgets": "ipywidgets work as they are.",
    "_message": "Ask the page with `runhere.ask`: runhere.ask('get_ipynb', '')['ipynb'] is this notebook.",
}


class UnavailableHere(ImportError):
    """A part of google.colab that this runtime does not have."""


def _refuse(name: str, otherwise: str) -> UnavailableHere:
    """The error for what stands below `google.colab` as `name`, such as `drive` or `output.use_tags`."""
    whole = f"google.colab.{name}"
    advice = _INSTEAD.get(name, otherwise)
    return UnavailableHere(f"{whole} is not available in a Runhere runtime. {advice}", name=whole)


class _Part(ModuleType):
    """One of the three: what ours has, and a sentence for what only theirs has."""

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):  # asked for by whoever shows or copies a module: to them it is just not there
            raise AttributeError(name)
        part = self.__name__.rpartition(".")[2]
        raise _refuse(f"{part}.{name}", f"It has {', '.join(self.__all__)}.")


def _part(name: str, ours: ModuleType, has: tuple[str, ...]) -> ModuleType:
    made = _Part(f"google.colab.{name}", ours.__doc__)
    also = _ALSO.get(name, {})
    made.__dict__.update({one: getattr(ours, one) for one in has}, **also, __all__=[*has, *also])
    sys.modules[made.__name__] = made
    return made


files = _part("files", runhere.files, ("upload", "download"))
output = _part("output", runhere.output, ("clear", "eval_js", "register_callback"))
userdata = _part("userdata", runhere.userdata, ("get",))


class _Explain(importlib.abc.MetaPathFinder):
    """Asked last: whatever of `google.colab` nobody else found is explained."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname.startswith("google.colab."):
            raise _refuse(fullname.split(".")[2], "Only files, output and userdata are here.")


sys.meta_path.append(_Explain())


def __getattr__(name: str) -> NoReturn:
    if name.startswith("_") and name not in _INSTEAD:
        raise AttributeError(name)
    raise _refuse(name, "Only files, output and userdata are here.")
