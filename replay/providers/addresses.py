"""Which addresses a model may be asked at: a name is looked up, and what it stands for is judged."""

from __future__ import annotations

import ipaddress
from typing import Final, TypeAlias

from spotlight.errors import ModelRefused

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

# Where clouds hand out credentials to whoever asks from inside: no model lives there, so nothing allows them.
# AWS, Azure, GCP and OpenStack; AWS tasks; AWS over IPv6; Alibaba; Oracle.
METADATA: Final = frozenset(
    ipaddress.ip_address(address)
    for address in ("169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "192.0.0.192")
)
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


def check_address(address: str, host: str, *, allow_private: bool, is_key_in_clear: bool = False) -> None:
    """Check that a model may be asked at an address that `host` was found to have.

    `is_key_in_clear`: a key would go there unencrypted, which only a private address may see.

    Raises: ModelRefused where it may not.
    """
    found = _inner(ipaddress.ip_address(address.partition("%")[0]))
    if found in METADATA:
        raise ModelRefused(f"{host} is {found}, where a cloud keeps credentials: no model is asked there")
    is_public = found.is_global and not found.is_multicast
    if not is_public and not allow_private:
        raise ModelRefused(
            f"{host} is {found}, an address of this machine or of a private network",
            hint="allow it with --allow-private-address (allow_private=True) if your model runs there",
        )
    if is_public and is_key_in_clear:
        raise ModelRefused(f"a key would go to {host} unencrypted", hint="write https:// in the base URL")


def _inner(address: _Address) -> _Address:
    """Return the IPv4 address that an IPv6 address carries, else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.teredo[1] if address.teredo is not None else address
