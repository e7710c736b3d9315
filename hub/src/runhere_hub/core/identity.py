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
        session: The provider's name of its own session; None: it gives none.
    """

    issuer: str
    subject: str
    name: str
    user_name: str
    mail: str | None
    session: str | None = None


@dataclass(frozen=True)
class SignedOutThere:
    """What an identity provider says has ended at its place, checked; at least one of subject and session is there.

    Attributes:
        subject: Who signed out; None: only the session is named.
        session: Which session of theirs; None: every one.
        token_id: Names what said so: it counts once.
        expires_at: After this it does not hold any more, ms since 1970.
    """

    issuer: str
    subject: str | None
    session: str | None
    token_id: str
    expires_at: int


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

    async def signed_out(self, token: str) -> SignedOutThere:
        """Who signed out over there, as a logout token says (OpenID Connect Back-Channel Logout 1.0).

        Raises:
            LogoutRefused: Some check failed.
            Unavailable: The provider does not answer.
        """
        ...
