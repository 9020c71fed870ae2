"""Where an RPC URL of the configuration may lead: public addresses, and hosts that PRICE_HOST_ALLOWLIST lists.

The same rule as for sources: a URL that somebody types into a form must not reach into the network behind the oracle.
What stands in the environment is the operator's own word and is not asked.
"""

from __future__ import annotations

from apps.sources.addresses import is_listed, is_public
from apps.sources.names import addresses_of
from oracle_project import env

LOOKUP_S = 3.0


class RpcAddressRefused(OSError):
    """A host leads inside the network, and no list names it."""


def checked_addresses(host: str, port: int) -> list[str]:
    """Return the addresses of a host. Raises RpcAddressRefused, or OSError (TimeoutError too) when it has none.

    One private address refuses the host: a name that is half private is not to be trusted with the other half.
    """
    try:
        found = addresses_of(host, port, timeout_s=LOOKUP_S)
    except ValueError as exc:
        raise OSError(f"{host} does not resolve") from exc
    refused = [address for address in found if not is_public(address)]
    if refused and not is_listed(host, port, env.listing("PRICE_HOST_ALLOWLIST")):
        raise RpcAddressRefused(f"{host} leads to {refused[0]}, which PRICE_HOST_ALLOWLIST does not list")
    return found
