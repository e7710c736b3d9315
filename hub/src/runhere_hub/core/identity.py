"""Who somebody is."""

from dataclasses import dataclass
from typing import Protocol

from runhere_hub.core.ids import PersonId


@dataclass(frozen=True)
class Person:
    """One person as others see them.

    Attributes:
        color: `#rrggbb`, the colour of their cursor.
    """

    id: PersonId
    name: str
    color: str


@dataclass(frozen=True)
class Claims:
    """What an identity provider says of somebody, checked: signature, issuer, audience, time and nonce hold.

    Attributes:
        issuer, subject: Who it is; nothing else identifies anybody.
        mail: Only when the provider has verified it.
    """

    issuer: str
    subject: str
    name: str
    user_name: str
    mail: str | None


class IdentityProvider(Protocol):
    """Where people sign in elsewhere (OpenID Connect)."""

    @property
    def name(self) -> str:
        """What the button says."""
        ...

    async def address(self, *, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes to sign in.

        Raises:
            Unavailable: The provider does not answer.
        """
        ...

    async def claims(self, *, code: str, nonce: str, verifier: str) -> Claims:
        """Who came back with this code.

        Raises:
            SignInRefused: Some check failed, or the code was used before.
            Unavailable: The provider does not answer.
        """
        ...
