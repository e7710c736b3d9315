"""Run another module as a program that ends when standard input ends: `python -m runhere_hub.cli.leashed MODULE …`.

The command line holds the other end of that pipe, so even `kill -9` of it leaves no runtime behind. Nothing of the hub
is loaded here.
"""

import contextlib
import os
import runpy
import signal
import sys
import threading


def _end_with_input() -> None:
    with contextlib.suppress(OSError, ValueError):
        while os.read(0, 4096):  # unbuffered: a lock on sys.stdin held at exit is fatal
            pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    threading.Thread(target=_end_with_input, daemon=True).start()
    runpy.run_module(module, run_name="__main__", alter_sys=True)
