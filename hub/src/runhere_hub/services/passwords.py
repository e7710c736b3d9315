"""Passwords: argon2id, in a thread, so that hashing (some 50 ms) holds nobody else up."""

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

_AT_ONCE = 4
"""Each hash takes 64 MiB: so many run side by side, whatever arrives."""


class Passwords:
    """Hashes and checks passwords. One for the whole app."""

    def __init__(self, hasher: "PasswordHasher | None" = None) -> None:
        from argon2 import PasswordHasher  # takes 50 ms, which a hub for one person need not spend

        self._hasher = hasher or PasswordHasher()
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._nobodys: str | None = None

    async def hashed(self, password: str) -> str:
        """The text that is kept in place of a password."""
        async with self._room:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def is_right(self, kept: str | None, password: str) -> bool:
        """True when this is the password. Without one to compare it takes as long, so that nobody learns who exists."""
        if kept is None:
            if self._nobodys is None:
                self._nobodys = await self.hashed("nobody has this password")
            await self._verified(self._nobodys, password)
            return False
        return await self._verified(kept, password)

    def is_outdated(self, kept: str) -> bool:
        """True when a hash was made with lower costs than today's."""
        return self._hasher.check_needs_rehash(kept)

    async def _verified(self, kept: str, password: str) -> bool:
        async with self._room:
            return await asyncio.to_thread(self._verify, kept, password)

    def _verify(self, kept: str, password: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerifyMismatchError  # as above

        try:
            return self._hasher.verify(kept, password)
        except (VerifyMismatchError, InvalidHashError):
            return False
