"""Reading and deleting journals over HTTP."""

HANDLERS: list[tuple[str, type]] = []
