"""Lets users in from devices that are registered for them, and registers the first ones.

Not for: proving anything about a device. The client chooses what it sends as its hardware address.
"""

import re
from dataclasses import replace

import settings
import wit_world
from componentize_py_types import Err
from wit_world.imports import log
from wit_world.imports.log import Level
from wit_world.imports.types import Login, Manifest, Outcome, Status

# The user's properties with devices: this one and, from 2 on, those with a number at the end.
SLOT = "pvt_hw_addr"


class WitWorld(wit_world.WitWorld):
    def manifest(self) -> Manifest:
        return Manifest(
            name="known-device",
            version="1.0.0",
            description="Lets users in from devices that are registered for them",
            group_select=False,
            auth_null=False,
            retain_password=False,
            static_challenge=None,
            x509_track=[],
            wants_directory=False,
            wants_http=[],
            wants_properties=[SLOT + "*"],
            settings=settings.described(),
        )

    def post_auth(self, login: Login) -> Outcome:
        try:
            # A browser has no hardware address, and no tunnel to protect.
            return decide(login) if login.attributes.vpn_auth else allow(login)
        except Err:
            raise
        except Exception as error:
            # What leaves here as anything but `Err` is a trap.
            raise Err(f"{type(error).__name__}: {error}")


def decide(login: Login) -> Outcome:
    """Decides on a VPN login. A re-authentication is checked like the first one."""
    given = settings.read()
    if login.info.auth_method == "autologin" and not given.check_autologin:
        return allow(login)
    if login.info.auth_method == "session" and not given.check_session:
        return allow(login)

    address = normalised(login.authcred.client_hw_addr or "")
    if not address:
        if given.without_address == "allow":
            return allow(login)
        return deny(login, "without_address_text", "the client sends no hardware address")

    known = devices(login)
    if address in known.values():
        return allow(login)

    unknown = f"device `{address}` of `{login.authret.user}` is unknown and"
    if given.registration == "manual":
        return deny(login, "unknown_text", f"{unknown} registration is manual")
    if len(known) >= given.max_devices:
        return deny(login, "unknown_text", f"{unknown} {len(known)} of {given.max_devices} devices are registered")
    if not given.near(login.authcred.client_ip_addr):
        client = login.authcred.client_ip_addr or "an unknown address"
        return deny(login, "elsewhere_text", f"{unknown} `{client}` is not within `registration_networks`")

    slot = first_free(known)
    log.write(Level.INFO, "a device is registered", [("user", login.authret.user), ("slot", slot), ("address", address)])
    return allow(login, {slot: address})


def allow(login: Login, saves: dict[str, str] | None = None) -> Outcome:
    """Changes nothing about the login, and stores these properties."""
    return Outcome(login.authret, list((saves or {}).items()), challenge=None, session_state=None)


def deny(login: Login, text: str, reason: str) -> Outcome:
    """Tells the user what the setting `text` holds, and the log why."""
    authret = replace(login.authret, status=Status.FAIL, reason=reason, client_reason=settings.text(text))
    return Outcome(authret, proplist_save=[], challenge=None, session_state=None)


def devices(login: Login) -> dict[int, str]:
    """The user's devices by the number of their slot. Slots beyond `max_devices` count: an administrator may have filled them."""
    known = {}
    for name, address in login.authret.proplist:
        slot = re.fullmatch(SLOT + "([1-9][0-9]*)?", name)
        if slot and slot[1] != "1" and address.strip():
            known[int(slot[1] or 1)] = normalised(address)
    return known


def first_free(known: dict[int, str]) -> str:
    number = 1
    while number in known:
        number += 1
    return SLOT if number == 1 else f"{SLOT}{number}"


def normalised(address: str) -> str:
    """One spelling for all that mean the same device: a MAC in lower case with colons, anything else in lower case."""
    address = address.strip().lower()
    groups = re.split("[:.-]", address)
    digits = "".join(groups)
    if re.fullmatch("[0-9a-f]{12}", digits) and all(len(group) in (2, 4, 12) for group in groups):
        return ":".join(re.findall("..", digits))
    return address
