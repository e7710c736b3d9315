"""How the C library keeps memory that the runtime has freed.

After a flood, glibc keeps what its queues once took, in a heap for each thread (ZMQ's among them). One heap whose free
end goes back left 70 MB, with a kernel and after 80,000 messages and twice 64 MB, instead of 86; without any, it is 60.

The hub has a twin with figures of its own: the two never import each other, and `protocol` is only what they say.
"""

from __future__ import annotations

import ctypes
import os

# <malloc.h>. Blocks of a socket's reads (64 KiB) stay in the heap: to map each anew would cost more than it gives back.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_WANTED = {_ARENA_MAX: 1, _TRIM_THRESHOLD: 128 * 1024, _MMAP_THRESHOLD: 256 * 1024}


def give_back_what_is_free() -> bool:
    """Before threads start. False where the C library cannot, or where a person tuned it (`MALLOC_*`)."""
    if any(name.startswith("MALLOC_") for name in os.environ):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # macOS, Windows, musl
        return False
    return all(mallopt(option, value) == 1 for option, value in _WANTED.items())
