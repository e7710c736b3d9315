"""How the C library keeps memory that the hub has freed.

glibc gives each thread a heap of its own and keeps what was freed in it: a notebook that one thread read, another made
into a document and a third wrote down counted three times. One heap whose large blocks go back at once took 22 MB for a
notebook of 1,000 cells (1.9 MB) instead of 37, and no more processor time (`make bench ARGS=collaboration`).

The runtime has a twin with figures of its own: the two never import each other, and `protocol` is only what they say.
"""

import ctypes
import os

# <malloc.h>
_TRIM_THRESHOLD = -1
_MMAP_THRESHOLD = -3
_ARENA_MAX = -8
_WANTED = {_ARENA_MAX: 1, _TRIM_THRESHOLD: 64 * 1024, _MMAP_THRESHOLD: 32 * 1024}


def give_back_what_is_free() -> bool:
    """Tell the C library to; call before threads start. False where it cannot, or a person tuned it (`MALLOC_*`)."""
    if any(name.startswith("MALLOC_") for name in os.environ):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # macOS, Windows, musl
        return False
    return all(mallopt(option, value) == 1 for option, value in _WANTED.items())
