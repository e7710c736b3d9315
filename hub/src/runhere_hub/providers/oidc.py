"""OpenID Connect: authorization code with PKCE, everything that comes back checked (OpenID Connect Core 1.0, 3.1.3.7);
and the provider's word that somebody signed out (OpenID Connect Back-Channel Logout 1.0).

    address ── browser signs in over there ── claims: code + verifier ─▶ token endpoint ─▶ ID token
               signature by the provider's keys, `iss`, `aud`, `azp`, `exp`, `iat`, `nonce` ─▶ Claims

The provider's document and keys are kept for a while; keys are fetched again when a token names one that is not known.
"""

import json
from typing import Any

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from runhere_hub.core.errors import LogoutRefused, SignInRefused, Unavailable
from runhere_hub.core.identity import Claims, SignedOutThere

RETURN_PATH = "/signed-in"
_ANSWER_WITHIN_S = 10.0
_LARGEST_ANSWER_BYTES = 1024 * 1024
_CLOCKS_DIFFER_S = 60
# Signatures that only the provider can make: never `none`, never one made with the secret that we share.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_NO_LOGOUT = "This is no logout token of the identity provider for this hub."
_DOES_NOT_HOLD = "The answer of the place where you signed in does not hold. Begin again."


class OidcProvider:
    """One provider, as `core.identity.IdentityProvider`. Opens a connection for each question."""

    def __init__(self, issuer: str, client_id: str, client_secret: str, name: str, public_origin: str) -> None:
        self._issuer = issuer
        self._client = (client_id, client_secret)
        self._name = name
        self._return_url = f"{public_origin}{RETURN_PATH}"
        self._about: dict[str, Any] | None = None
        self._keys: KeySet | None = None

    @property
    def name(self) -> str:
        """What the button says."""
        return self._name

    async def address(self, *, state: str, nonce: str, verifier: str) -> str:
        """See `IdentityProvider`."""
        about = await self._metadata()
        url = add_params_to_uri(
            about["authorization_endpoint"],
            [
                ("response_type", "code"),
                ("client_id", self._client[0]),
                ("redirect_uri", self._return_url),
                ("scope", "openid profile email"),
                ("state", state),
                ("nonce", nonce),
                ("code_challenge", create_s256_code_challenge(verifier)),
                ("code_challenge_method", "S256"),
            ],
        )
        return str(url)

    async def claims(self, *, code: str, nonce: str, verifier: str) -> Claims:
        """See `IdentityProvider`."""
        about = await self._metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._return_url,
            "code_verifier": verifier,
        }
        answer = await self._post(about["token_endpoint"], form)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise SignInRefused(_DOES_NOT_HOLD)
        header, said = await self._verified(token)
        checked = CodeIDToken(
            said,
            header,
            options={
                "iss": {"essential": True, "value": self._issuer},
                "aud": {"essential": True, "value": self._client[0]},
            },
            params={"nonce": nonce, "client_id": self._client[0], "access_token": answer.get("access_token")},
        )
        try:
            checked.validate(leeway=_CLOCKS_DIFFER_S)
        except (AuthlibBaseError, JoseError) as error:
            raise SignInRefused(_DOES_NOT_HOLD) from error
        return _claims(self._issuer, said)

    async def signed_out(self, token: str) -> SignedOutThere:
        """See `IdentityProvider`."""
        try:
            header, said = await self._verified(token)
        except SignInRefused as error:
            raise LogoutRefused(_NO_LOGOUT) from error
        rules = JWTClaimsRegistry(
            leeway=_CLOCKS_DIFFER_S,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._client[0]},
            iat={"essential": True},
            exp={"essential": True},
        )
        try:
            rules.validate(said)
        except JoseError as error:
            raise LogoutRefused(_NO_LOGOUT) from error
        if not _is_logout(header, said):
            raise LogoutRefused(_NO_LOGOUT)
        expires_at = (int(said["exp"]) + _CLOCKS_DIFFER_S) * 1000
        return SignedOutThere(self._issuer, said.get("sub"), said.get("sid"), said["jti"], expires_at)

    async def _verified(self, token: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and members of a token whose signature the provider's keys made."""
        for fresh in (False, True):
            keys = await self._key_set(fresh=fresh)
            try:
                signed = jws.deserialize_compact(token, keys, algorithms=_ALGORITHMS)
                said = json.loads(signed.payload)
            except (JoseError, ValueError) as error:
                if fresh:  # the keys are of now, so it is the token
                    raise SignInRefused(_DOES_NOT_HOLD) from error
                continue
            if isinstance(said, dict):
                return dict(signed.headers()), said
        raise SignInRefused(_DOES_NOT_HOLD)

    async def _metadata(self) -> dict[str, Any]:
        if self._about is None:
            about = await self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            if about.get("issuer") != self._issuer or not all(isinstance(about.get(name), str) for name in names):
                raise self._silent()
            self._about = about
        return self._about

    async def _key_set(self, *, fresh: bool) -> KeySet:
        if self._keys is None or fresh:
            about = await self._metadata()
            found = await self._get(about["jwks_uri"])
            try:
                self._keys = KeySet.import_key_set(found)  # type: ignore[arg-type]  # checked by the call
            except (JoseError, KeyError, TypeError, ValueError) as error:
                raise self._silent() from error
        return self._keys

    async def _get(self, url: str) -> dict[str, Any]:
        return await self._ask("GET", url, None)

    async def _post(self, url: str, form: dict[str, str]) -> dict[str, Any]:
        return await self._ask("POST", url, form)

    async def _ask(self, method: str, url: str, form: dict[str, str] | None) -> dict[str, Any]:
        """One question; redirects are not followed. An error of the provider's is not repeated: it may name secrets."""
        try:
            async with httpx.AsyncClient(timeout=_ANSWER_WITHIN_S, follow_redirects=False) as client:
                auth = httpx.BasicAuth(*self._client) if form is not None else None
                response = await client.request(
                    method, url, data=form, auth=auth, headers={"Accept": "application/json"}
                )
        except httpx.HTTPError as error:
            raise self._silent() from error
        if form is not None and 400 <= response.status_code < 500:
            raise SignInRefused(_DOES_NOT_HOLD)
        if response.status_code != 200 or len(response.content) > _LARGEST_ANSWER_BYTES:
            raise self._silent()
        try:
            found = response.json()
        except ValueError as error:
            raise self._silent() from error
        if not isinstance(found, dict):
            raise self._silent()
        return found

    def _silent(self) -> Unavailable:
        return Unavailable(f"{self._name} does not answer as it should. Try again, or sign in with a password.")


def _is_logout(header: dict[str, Any], said: dict[str, Any]) -> bool:
    """Whether a verified token is about a sign-out: the ID token of a sign-in is not one (Back-Channel Logout, 2.4)."""
    events = said.get("events")
    names = [said[name] for name in ("sub", "sid") if name in said]
    return (
        str(header.get("typ", "logout+jwt")).lower() in ("logout+jwt", "jwt")
        and isinstance(events, dict)
        and isinstance(events.get(_LOGOUT_EVENT), dict)
        and "nonce" not in said
        and bool(names)
        and all(isinstance(one, str) and one for one in (*names, said.get("jti")))
    )


def _claims(issuer: str, said: dict[str, Any]) -> Claims:
    def text(name: str) -> str:
        value = said.get(name)
        return value if isinstance(value, str) else ""

    mail = text("email") if said.get("email_verified") is True else ""
    return Claims(
        issuer=issuer,
        subject=str(said["sub"]),
        name=text("name") or text("preferred_username"),
        user_name=text("preferred_username") or text("email") or text("name"),
        mail=mail or None,
        session=text("sid") or None,
    )
