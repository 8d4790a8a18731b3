"""Who is calling, seen through the proxies that we run ourselves."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address


def client_ip(peer: str, forwarded_for: str | None, trusted_hops: int) -> str:
    """The caller's address: the socket's peer, or the n-th X-Forwarded-For entry from the right.

    Entries further left are the caller's own words and are never believed.
    """
    if trusted_hops == 0 or not forwarded_for:
        return peer
    hops = [hop.strip() for hop in forwarded_for.split(",")]
    try:
        return str(ip_address(hops[-min(trusted_hops, len(hops))]))
    except ValueError:
        return peer


def rate_limit_key(ip: str) -> str:
    """One budget per IPv4 address, and one per IPv6 /64: whoever has one has all of it."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Network((address, 64), strict=False).network_address)
    return ip
