"""How often Python looks for garbage in cycles, and in what.

A full look goes through every object that the program ever made and lives; nothing else runs meanwhile. Modules, tables
and routes are 110,000 objects: 30 ms in which no key press passed, each time that a notebook was opened or written.
"""

import gc

_LOOK_AFTER = 10_000  # objects more than went; Python's own 700 is for programs that are short of memory


def spare_what_stays() -> None:
    """Never look again at what lives now: call once, when everything is loaded and nobody was served yet."""
    gc.freeze()
    gc.set_threshold(_LOOK_AFTER, *gc.get_threshold()[1:])
