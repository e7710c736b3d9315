"""The kernel's socket."""

HANDLERS: list[tuple[str, type]] = []
