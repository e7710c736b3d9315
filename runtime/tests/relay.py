"""Hands TCP connections on, also into another network namespace: `relay.py LISTEN TARGET`.

Each is `tcp:PORT` or `unix:PATH`.
A path of a socket is the same in every network namespace, so two of these join one namespace's loopback with another's.
"""

import asyncio
import sys


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
    except OSError:
        return  # either end may go at any time; the other is closed below
    finally:
        writer.close()


async def serve(listen: str, target: str) -> None:
    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kind, _, place = target.partition(":")
        try:
            far_reader, far_writer = await (
                asyncio.open_unix_connection(place)
                if kind == "unix"
                else asyncio.open_connection("127.0.0.1", int(place))
            )
        except OSError:
            writer.close()
            return
        await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))

    kind, _, place = listen.partition(":")
    server = (
        await asyncio.start_unix_server(take, place)
        if kind == "unix"
        else await asyncio.start_server(take, "127.0.0.1", int(place))
    )
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    await server.serve_forever()


asyncio.run(serve(*sys.argv[1:]))
