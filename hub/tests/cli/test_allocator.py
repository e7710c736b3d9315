"""Memory that was freed goes back: asked of a process of its own, as the setting cannot be taken back."""

import os
import subprocess
import sys

import pytest

GLIBC = sys.platform == "linux" and "CS_GNU_LIBC_VERSION" in os.confstr_names

# Blocks as large as a piece of a notebook, and a small one behind each, so that nothing is given back by chance.
PROGRAM = """
import sys, threading
from runhere_hub.cli.allocator import give_back_what_is_free
import ctypes, psutil
print(give_back_what_is_free() if sys.argv[1] == "ours" else None)
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
def work():
    blocks, between = [], []
    for _ in range(400):
        blocks.append(ctypes.c_void_p(libc.malloc(100_000)))
        between.append(ctypes.c_void_p(libc.malloc(1_000)))
        ctypes.memset(blocks[-1], 1, 100_000)
    for block in blocks:
        libc.free(block)
thread = threading.Thread(target=work); thread.start(); thread.join()
print(psutil.Process().memory_info().rss)
"""


def rss(way: str, **more: str) -> tuple[str, int]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    command = [sys.executable, "-c", PROGRAM, way]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env={**clean, **more}).stdout.split()
    return said[0], int(said[1])


@pytest.mark.skipif(not GLIBC, reason="only glibc has mallopt")
def test_large_blocks_that_were_freed_go_back() -> None:
    said, ours = rss("ours")
    assert said == "True"
    assert rss("without")[1] - ours > 20_000_000


def test_what_a_person_tuned_stays() -> None:
    assert rss("ours", MALLOC_ARENA_MAX="4")[0] == "False"
