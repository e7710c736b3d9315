"""The 40 ms stall, alone: four small frames in answer to one, with Nagle's algorithm and without."""

from __future__ import annotations

import socket
import statistics
import threading
import time

FRAMES = 4
FRAME = b"\x82\x04abcd"


def serve(listener: socket.socket, *, nodelay: bool) -> None:
    """Answer each byte by four frames, each its own write, as Jupyter servers do (busy, input, reply, idle)."""
    peer, _ = listener.accept()
    with peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, nodelay)
        while peer.recv(1):
            for _ in range(FRAMES):
                peer.sendall(FRAME)
                time.sleep(0.0002)  # they are made one after the other


def measure_ms(*, nodelay: bool, count: int = 30) -> float:
    """Median from asking to the last byte of the fourth frame."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), kwargs={"nodelay": nodelay})
        thread.start()
        took = []
        with socket.create_connection(listener.getsockname()) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            for _ in range(count):
                started = time.perf_counter()
                client.sendall(b"x")
                missing = FRAMES * len(FRAME)
                while missing:
                    missing -= len(client.recv(missing))
                took.append((time.perf_counter() - started) * 1000)
        thread.join()
    return statistics.median(took)


if __name__ == "__main__":
    print(f"four frames: {measure_ms(nodelay=False):.2f} ms with Nagle, {measure_ms(nodelay=True):.3f} ms without")
