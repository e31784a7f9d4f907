"""The decision as a post_auth script: a function on dicts, and a program that is started for each login."""

import json
import sys


def post_auth(authcred, attributes, authret, info):
    if attributes["vpn_auth"]:
        address = (authcred.get("client_hw_addr") or "").lower()
        devices = [device.lower() for name, device in authret["proplist"].items() if name.startswith("pvt_hw_addr")]
        if not address or address not in devices:
            authret["status"] = "fail"
            authret["reason"] = "this device is not registered"
    return authret


def decide(login):
    """The same on a login in JSON."""
    login = json.loads(login)
    return post_auth(login["authcred"], login["attributes"], login["authret"], login["info"])


if __name__ == "__main__":
    json.dump(decide(sys.stdin.read()), sys.stdout)
