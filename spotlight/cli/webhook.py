"""A JSON document sent to an address that somebody named, and to nowhere else."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from typing import Final
from urllib.parse import SplitResult, urlsplit

import orjson

from spotlight.errors import SpotlightError

TIMEOUT_S: Final = 10.0
_PORTS: Final = {"http": 80, "https": 443}


def post_json(
    url: str, document: object, *, allow_private: bool = False, timeout_s: float = TIMEOUT_S
) -> None:
    """Send a document as JSON by POST; what an error says names the host alone, since the rest may be secret.

    The host is looked up once, and its address checked and used: a name that points into a private
    network is refused without `allow_private`. Redirects are not followed.

    Raises: SpotlightError where it was not delivered.
    """
    parts = _checked(url)
    host, port = str(parts.hostname), _port(parts)
    address = _address(host, port, allow_private=allow_private)
    body = orjson.dumps(document, default=str)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"content-type": "application/json", "user-agent": "spotlight-check"}
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        plain = socket.create_connection((address, port), timeout=timeout_s)
        if parts.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        else:
            connection.sock = plain
        connection.request("POST", target, body, headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as exc:
        raise SpotlightError(
            f"the webhook at {host} was not reached: {type(exc).__name__}", hint=_HINT
        ) from None
    finally:
        connection.close()
    if 300 <= status < 400:
        raise SpotlightError(f"the webhook at {host} redirects ({status}), which is not followed", hint=_HINT)
    if not 200 <= status < 300:
        raise SpotlightError(f"the webhook at {host} answered {status}", hint=_HINT)


_HINT: Final = "nobody was told; check the address, and what listens there"


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  (reading it checks it)
    except ValueError:
        raise SpotlightError("the webhook is no address", hint="it begins with https://") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise SpotlightError("the webhook is no http or https address", hint="it begins with https://")
    if parts.username or parts.password:
        raise SpotlightError(
            "the webhook's address holds a user or password", hint="put the secret into its path"
        )
    if any(character <= " " or character == "\x7f" for character in url):
        raise SpotlightError("the webhook's address holds a space or control character", hint="encode it")
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port if parts.port is not None else _PORTS[parts.scheme]


def _address(host: str, port: int, *, allow_private: bool) -> str:
    """Return the first address of a host; raises SpotlightError where one of them is not public."""
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise SpotlightError(f"there is no host {host!r}", hint=_HINT) from None
    if not allow_private and not all(map(_is_public, found)):
        raise SpotlightError(
            f"the webhook at {host} is in a private network",
            hint="if that is meant, say --allow-private",
        )
    return found[0]


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(ip, "ipv4_mapped", None) or ip
    return bool(inner.is_global and not inner.is_multicast)
