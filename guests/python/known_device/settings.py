"""What an administrator can set, and how it is read.

Not for: decisions. Defaults stand in the manifest alone; the host fills them in.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from componentize_py_types import Err
from wit_world.imports import config
from wit_world.imports.types import Setting

# The most slots: `pvt_hw_addr` to `pvt_hw_addr99`.
MAX_DEVICES = 99

# Name, description, default.
NAMES = [
    ("max_devices", "How many devices a user may have, 1 to 99", "1"),
    (
        "registration",
        "`automatic`: the first devices of a user are registered; `manual`: an administrator does it",
        "automatic",
    ),
    (
        "registration_networks",
        "IP addresses and networks from which devices are registered, with commas between them; empty for any",
        "",
    ),
    ("without_address", "What happens to a client that sends no hardware address: `deny` or `allow`", "deny"),
    ("check_autologin", "Whether logins by certificate alone are checked: `true` or `false`", "true"),
    ("check_session", "Whether clients that present a session token are checked: `true` or `false`", "true"),
    (
        "unknown_text",
        "What the user of an unknown device is told",
        "This device is not registered for you. Please ask your administrator.",
    ),
    (
        "elsewhere_text",
        "What the user is told who may not register a device from where it is",
        "A new device cannot be registered from here.",
    ),
    (
        "without_address_text",
        "What the user is told whose client sends no hardware address",
        "Your VPN client does not say which device this is. Please use another client.",
    ),
]


@dataclass
class Settings:
    """The settings of one call."""

    max_devices: int
    registration: str
    registration_networks: list[IPv4Network | IPv6Network]
    without_address: str
    check_autologin: bool
    check_session: bool

    def near(self, client: str | None) -> bool:
        """Whether devices are registered from this address."""
        if not self.registration_networks:
            return True
        try:
            address = ip_address(client or "")
        except ValueError:
            return False
        # The same client seen through an IPv6 socket.
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self.registration_networks)


def described() -> list[Setting]:
    """The settings as the manifest lists them."""
    return [Setting(name, description, default, secret=False) for name, description, default in NAMES]


def read() -> Settings:
    """The settings of this call, or an error that names the one that is wrong."""
    return Settings(
        max_devices=number("max_devices", 1, MAX_DEVICES),
        registration=choice("registration", "automatic", "manual"),
        registration_networks=networks("registration_networks"),
        without_address=choice("without_address", "deny", "allow"),
        check_autologin=choice("check_autologin", "true", "false") == "true",
        check_session=choice("check_session", "true", "false") == "true",
    )


def text(name: str) -> str:
    value = config.get(name)
    if value is None:
        raise Err(f"setting `{name}` is not set")
    return value


def choice(name: str, one: str, other: str) -> str:
    value = text(name)
    if value not in (one, other):
        raise Err(f"setting `{name}` is `{value}`: expected `{one}` or `{other}`")
    return value


def number(name: str, least: int, most: int) -> int:
    value = text(name)
    if not (re.fullmatch("[0-9]{1,9}", value) and least <= int(value) <= most):
        raise Err(f"setting `{name}` is `{value}`: not within {least} to {most}")
    return int(value)


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    parts = [part.strip() for part in text(name).split(",")]
    return [network(name, part) for part in parts if part]


def network(name: str, part: str) -> IPv4Network | IPv6Network:
    address, _, prefix = part.partition("/")
    try:
        most = ip_address(address).max_prefixlen
    except ValueError:
        raise Err(f"setting `{name}`: `{part}` is no IP address or network") from None
    if "/" in part and not (re.fullmatch("[0-9]{1,3}", prefix) and int(prefix) <= most):
        raise Err(f"setting `{name}`: `{part}` has no prefix of 0 to {most} bits")
    return ip_network(part, strict=False)
