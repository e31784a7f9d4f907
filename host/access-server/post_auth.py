"""Vestibule's front door on OpenVPN Access Server: a post_auth script that lets nobody in without the host's answer.

Not for: deciding. Policies do that, on the host. README.md beside this file tells how to install and test it.
Needs Python 3.6 and its standard library.
"""

# ---- Settings: all there is to edit ---------------------------------------------------------------------------------

# Where the host listens: `unix:/path` or `https://name:port`. Nothing is ever sent in clear over a network.
HOST = "unix:/run/vestibule/http.sock"
# Who may serve that socket beside root and Access Server's own user: a user's name or number.
HOST_USER = "vestibule"
# Whose policies decide.
TENANT = "default"
# A file with the tenant's token. TOKEN may hold the token itself: whoever reads the server's configuration has it then.
TOKEN_FILE = "/etc/vestibule/access-server.token"
TOKEN = ""
# With https: the certificate authorities to trust, as PEM, and no others. Empty: those of the system.
CA_FILE = ""
# For everything that one call does. Afterwards the login fails.
DEADLINE_SECONDS = 8

# Whether policies may put questions after the password. False: a policy that puts one denies.
CHALLENGES = True
# Whether policies choose groups: Access Server then looks up the properties after this script rather than before.
GROUP_SELECT = False
# Whether Access Server lets everybody through to the policies without looking at the password.
AUTH_NULL = False
# With AUTH_NULL: methods that Access Server proves all the same. All others are handed on as method `none`, unproven. And always:
# methods of other names than the contract's (local, ldap, radius, pam, saml, autologin, session) that Access Server proves.
VERIFIED_METHODS = ["autologin", "session"]
# Whether the password is handed on.
RETAIN_PASSWORD = False
# A question that stands in every profile and is answered with the password, and whether the answer is shown.
STATIC_CHALLENGE = ""
STATIC_CHALLENGE_ECHO = False
# Certificate fields to hand on, by OpenSSL's names: "CN", "sha1"; "+CN" for the whole chain.
X509_TRACK = []
# Where Access Server puts the attributes of a SAML login: `attributes` or `info`, then keys. Nothing published says so.
SAML_ATTRIBUTES = "attributes.saml.attributes"
# Whether policies may let a login in as another user than the one who logs in.
RENAME_USERS = False
# The user's properties that stay here.
WITHHOLD = ["pvt_password_digest"]

# ---- End of the settings --------------------------------------------------------------------------------------------

import base64
import http.client
import io
import json
import os
import pwd
import queue
import re
import socket
import ssl
import struct
import threading
import time
import traceback
import unicodedata
import urllib.parse

from pyovpn.plugin import FAIL, SUCCEED

# A login waits for the host in a worker thread; the server must not.
SYNCHRONOUS = False

# What users read when something is broken: nothing that would help to break it.
NEUTRAL = "Your login could not be checked. Please tell your administrator."

# Bodies of responses; heads and framing come on top of it.
MAX_RESPONSE_BYTES = 2 * 1024 * 1024
MAX_OVERHEAD_BYTES = 64 * 1024
# What a number may have, digits and all: turning a long one into a number takes time with its square.
MAX_NUMBER_CHARACTERS = 32
# What is sent of a search: the host reads no more than a policy may have anyway.
MAX_ENTRIES = 1000
MAX_ENTRIES_BYTES = 1024 * 1024
MAX_ROUNDS = 64
MAX_REASON = 1024
MAX_CLIENT_REASON = 512
# Directory connections and name look-ups cannot be interrupted, only left behind. No more than this many may be.
MAX_THREADS = 64

# The methods that the host knows by name. Of another one nobody knows whether it proves anything, unless an administrator says so.
KNOWN_METHODS = ("local", "ldap", "radius", "pam", "saml", "none", "autologin", "session")

# Where crstate keeps the handle of the question.
STATE_KEY = "vestibule_state_id"

# RFC 2865 and RFC 2869: what a reply may carry. Policies may ask for an attribute by its name.
RADIUS_NAMES = {
    1: "User-Name",
    6: "Service-Type",
    7: "Framed-Protocol",
    8: "Framed-IP-Address",
    9: "Framed-IP-Netmask",
    10: "Framed-Routing",
    11: "Filter-Id",
    12: "Framed-MTU",
    13: "Framed-Compression",
    18: "Reply-Message",
    19: "Callback-Number",
    20: "Callback-Id",
    22: "Framed-Route",
    24: "State",
    25: "Class",
    26: "Vendor-Specific",
    27: "Session-Timeout",
    28: "Idle-Timeout",
    29: "Termination-Action",
    85: "Acct-Interim-Interval",
    88: "Framed-Pool",
}
RADIUS_CODES = {name: code for code, name in RADIUS_NAMES.items()}


class Failure(Exception):
    """Why a login fails without the host having said so. Its text is for the log."""


class Call:
    """One login: when it ends, and what its log lines must not contain."""

    def __init__(self):
        self.began = time.monotonic()
        self.secrets = []

    def remaining(self):
        """The seconds left, more than none."""
        if not (type(DEADLINE_SECONDS) in (int, float) and 0 < DEADLINE_SECONDS <= 300):
            raise Failure("setting `DEADLINE_SECONDS` takes a number above 0, up to 300")
        left = self.began + DEADLINE_SECONDS - time.monotonic()
        if left <= 0:
            raise self.too_late()
        return left

    def too_late(self):
        return Failure("there was no decision within {} s".format(DEADLINE_SECONDS))

    def hide(self, secret):
        """Keeps a text out of the log. Shorter ones would garble it, and show by the gaps."""
        if isinstance(secret, str) and len(secret) >= 4:
            self.secrets.append(secret)
        return secret

    def clean(self, text, most):
        """One line without secrets and without characters that move the cursor or the eye."""
        longest = max([len(secret) for secret in self.secrets] or [0])
        seen = text[: most * 4 + longest]
        hidden = [False] * len(seen)
        for secret in self.secrets:
            start, done = seen.find(secret), 0
            while start >= 0:
                # Where two of them overlap, no character is marked twice.
                for index in range(max(start, done), start + len(secret)):
                    hidden[index] = True
                done = start + len(secret)
                start = seen.find(secret, start + 1)
        kept = []
        for index, character in enumerate(seen[: most * 4]):
            if not hidden[index]:
                kept.append(character if character.isprintable() else " ")
            elif index == 0 or not hidden[index - 1]:
                kept.append("***")
        return "".join(kept)[:most]

    def log(self, text):
        """Access Server writes what is printed into its log."""
        try:
            print("vestibule: " + self.clean(text, MAX_REASON), flush=True)
        except Exception:
            pass  # A log that cannot be written decides nothing.


# ---- What Access Server calls ----------------------------------------------------------------------------------------


def _entry(authcred, attributes, authret, info, crstate):
    """Whatever happens, what is returned is the host's own answer or a failed login."""
    call = Call()
    try:
        return _login(call, authcred, attributes, authret, info, crstate)
    except Failure as failure:
        reason = str(failure)
    except BaseException as error:  # An exception would fail the login too, but show its text, which may be anything.
        reason = "unexpected: " + _place(error)
    return _failed(call, authret, crstate, reason, NEUTRAL)


# Scripts define one of the two, and nobody says what Access Server would make of both.
if globals().get("CHALLENGES", True):

    def post_auth_cr(authcred, attributes, authret, info, crstate):
        return _entry(authcred, attributes, authret, info, crstate)

else:

    def post_auth(authcred, attributes, authret, info):
        return _entry(authcred, attributes, authret, info, None)


if globals().get("X509_TRACK"):

    def x509_track():
        return list(X509_TRACK)


if not globals().get("STATIC_CHALLENGE"):
    # Access Server may look at whether the name is there.
    globals().pop("STATIC_CHALLENGE", None)
    globals().pop("STATIC_CHALLENGE_ECHO", None)


def _login(call, authcred, attributes, authret, info, crstate):
    call.remaining()
    for value, name in [(authcred, "authcred"), (attributes, "attributes"), (authret, "authret"), (info, "info")]:
        if not isinstance(value, dict):
            raise Failure("Access Server hands in no `{}`".format(name))
    status = authret.get("status")
    # What Access Server proves itself, and has found wrong, no policy puts right.
    if status == FAIL and (not AUTH_NULL or _text(info.get("auth_method")) in VERIFIED_METHODS):
        return authret
    if status not in (SUCCEED, FAIL):
        raise Failure("Access Server hands in no `authret.status`")

    request, kept = _request(call, authcred, attributes, authret, info, crstate)
    answer = _ask(call, request, info)
    # Reading and looking through an answer takes time too, and what comes too late lets nobody in.
    call.remaining()

    decision = answer["decision"]
    call.log(
        "decision `{}` for `{}`: {} after {:.0f} ms".format(
            answer.get("id", "?"), authret.get("user"), decision, (time.monotonic() - call.began) * 1000
        )
    )
    if decision == "deny":
        told = answer["authret"]
        reason = ": ".join(text for text in (answer["cause"], told.get("reason")) if text)
        return _failed(call, authret, crstate, reason, told.get("client_reason") or NEUTRAL)
    if decision == "challenge":
        return _challenged(request, authret, crstate, answer)
    return _allowed(call, request, authret, crstate, answer, kept)


def _allowed(call, request, authret, crstate, answer, kept):
    told = answer["authret"]
    asked = request.get("authret", {}).get("user") or request["authcred"]["username"]
    # The host has one form for each name; here it stays as it is spelled here.
    user = asked if _one_form(asked) == _one_form(told["user"]) else told["user"]
    if user != asked and not RENAME_USERS:
        raise Failure("the host lets in another user than the one who logs in, and setting `RENAME_USERS` is off")
    _end(crstate)
    if "session_state" in answer:
        try:
            authret.state = {"vestibule": answer["session_state"]}
        except AttributeError:
            call.log("the session's state is lost: this `authret` keeps none")
    proplist = dict(kept.untold)
    for name, value in told["proplist"].items():
        # What the host left as it was stays what it was, a truth value or a number too.
        proplist[name] = kept.originals[name] if kept.texts.get(name) == value else value
    if proplist or "proplist" in authret:
        authret["proplist"] = proplist
    authret["user"] = user
    for name, most in [("reason", MAX_REASON), ("client_reason", MAX_CLIENT_REASON)]:
        if name in told:
            authret[name] = call.clean(told[name], most)
    call.remaining()
    authret["status"] = SUCCEED
    return _with_saves(authret, answer)


def _challenged(request, authret, crstate, answer):
    if crstate is None:
        raise Failure("a policy puts a question, and setting `CHALLENGES` is off")
    if request["info"]["auth_method"] in ("autologin", "session"):
        raise Failure("a policy puts a question, and nobody is there to answer it")
    challenge = answer["challenge"]
    crstate[STATE_KEY] = challenge["state_id"]
    crstate.challenge_post_auth(authret, _one_line(challenge["text"]), echo=challenge["echo"])
    if authret.get("status") == SUCCEED:
        raise Failure("Access Server took the question and left the login at success")
    return _with_saves(authret, answer)


def _with_saves(authret, answer):
    saves = answer.get("proplist_save")
    return (authret, saves) if saves else authret


def _failed(call, authret, crstate, reason, client_reason):
    reason = call.clean(reason, MAX_REASON)
    client_reason = call.clean(client_reason, MAX_CLIENT_REASON)
    call.log("login fails: " + reason)
    try:
        _end(crstate)
    except BaseException as error:
        call.log("the challenge could not be ended: " + _place(error))
    try:
        authret["status"] = FAIL
        authret["reason"] = reason
        authret["client_reason"] = client_reason
        if authret["status"] == FAIL:
            return authret
    except BaseException:
        pass  # Not the dictionary of the contract: a new one says the same.
    return {"status": FAIL, "user": "", "reason": reason, "client_reason": client_reason}


def _end(crstate):
    """The question of an earlier round is answered, or will never be."""
    if crstate is not None and crstate.get(STATE_KEY):
        crstate.expire()


def _place(error):
    """What an exception is and where, without its text: that may quote what the log must not hold."""
    ours = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == _HERE]
    return "{} at line {} of the script".format(type(error).__name__, ours[-1] if ours else "?")


_HERE = _place.__code__.co_filename


# ---- The request -----------------------------------------------------------------------------------------------------


class Kept:
    """The properties by what became of them: told to the host as texts, or not told."""

    def __init__(self):
        self.originals = {}
        self.texts = {}
        self.untold = {}


def _request(call, authcred, attributes, authret, info, crstate):
    method = _text(info.get("auth_method"))
    if not method:
        raise Failure("Access Server hands in no `info.auth_method`")
    if AUTH_NULL and method not in VERIFIED_METHODS:
        method = "none"

    request = {
        "authcred": _authcred(call, authcred),
        "attributes": _attributes(call, attributes),
        "info": _info(call, attributes, info, method),
    }
    kept = Kept()
    if authret["status"] == SUCCEED:
        request["authret"] = _authret(call, authret, kept)
    else:
        # With AUTH_NULL alone: nobody vouches for this login, and its properties are the host's affair.
        kept.untold = dict(authret.get("proplist") or {})
    if info.get("ldap_context") is not None:
        request["serves_directory"] = True

    state_id = crstate.get(STATE_KEY) if crstate is not None else None
    if state_id:
        response = call.hide(_text(crstate.response() or ""))
        if response is None:
            raise Failure("the answer to the question is no text")
        request["crstate"] = {"state_id": state_id, "response": response}
    state = getattr(authret, "state", None)
    if isinstance(state, dict) and isinstance(state.get("vestibule"), str):
        request["session_state"] = call.hide(state["vestibule"])
    return request, kept


def _authcred(call, authcred):
    names = ["username", "client_ip_addr", "client_hw_addr", "static_response"]
    if RETAIN_PASSWORD:
        names.append("password")
    for name in ("static_response", "password"):
        call.hide(_text(authcred.get(name)))
    told = _texts(call, "authcred", {name: authcred[name] for name in names if authcred.get(name) is not None})
    if not told.get("username"):
        raise Failure("Access Server hands in no `authcred.username`")
    return told


def _attributes(call, attributes):
    told = {
        "client_info": _properties(call, "attributes.client_info", attributes.get("client_info")),
        "vpn_auth": _truth(attributes, "vpn_auth"),
        "auth_parms": _properties(call, "attributes.auth_parms", attributes.get("auth_parms")),
    }
    if attributes.get("reauth") is not None:
        told["reauth"] = _truth(attributes, "reauth")
    if attributes.get("log_service_name") is not None:
        told.update(_texts(call, "attributes", {"log_service_name": attributes["log_service_name"]}))
    return told


def _truth(attributes, name):
    """Policies open doors by these: a guess could open one."""
    value = attributes.get(name)
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    raise Failure("Access Server hands in no truth value as `attributes.{}`".format(name))


def _authret(call, authret, kept):
    told = {"status": "succeed"}
    names = ("user", "reason", "client_reason")
    told.update(_texts(call, "authret", {name: authret[name] for name in names if authret.get(name) is not None}))
    if not told.get("user"):
        raise Failure("Access Server hands in no `authret.user`")
    if "reason" in told:
        # It is for the log alone, where no more is kept.
        told["reason"] = told["reason"].encode("utf-8")[:MAX_REASON].decode("utf-8", "ignore")
    proplist = authret.get("proplist")
    if proplist is None:
        proplist = {}
    if not isinstance(proplist, dict):
        raise Failure("Access Server hands in no properties as `authret.proplist`")
    for name, value in proplist.items():
        if name in WITHHOLD:
            kept.untold[name] = value
            continue
        text = _texts(call, "authret.proplist", {name: value}, kept.texts)
        kept.texts.update(text)
        if text:
            kept.originals.update(dict.fromkeys(text, value))
        else:
            kept.untold[name] = value
    told["proplist"] = kept.texts
    return told


def _info(call, attributes, info, method):
    told = {"auth_method": method}
    if method not in KNOWN_METHODS:
        if method not in VERIFIED_METHODS:
            raise Failure("`info.auth_method` is `{}`, which setting `VERIFIED_METHODS` does not name".format(method))
        told["proven"] = True
    if info.get("user_dn") is not None:
        ldap = {
            "user_dn": _text(info["user_dn"]),
            "search_base": _text(info.get("search_base")),
            "uname_attr": _uname_attr(info.get("ldap_context")),
        }
        missing = sorted(name for name, value in ldap.items() if not value)
        if missing:
            call.log("`info.ldap` is left out: Access Server hands in no " + ", ".join(missing))
        else:
            told["ldap"] = ldap
    if info.get("radius_reply"):
        told["radius_reply"] = _radius(call, info["radius_reply"])
    saml = _saml(call, attributes, info)
    if saml:
        told["saml_attributes"] = saml
    return told


def _uname_attr(context):
    try:
        return _text(context.authldap.parms["uname_attr"])
    except Exception:
        return None


def _radius(call, reply):
    """By code, or by name as older Access Servers had it; a list of values or one."""
    if not isinstance(reply, dict):
        raise Failure("Access Server hands in no attributes as `info.radius_reply`")
    told = []
    for key, values in reply.items():
        code = RADIUS_CODES.get(key) if isinstance(key, str) else key
        if isinstance(key, str) and re.fullmatch("[0-9]{1,3}", key):
            code = int(key)
        if type(code) is not int or code < 0:
            call.log("`info.radius_reply` has an attribute without a known code: it is left out")
            continue
        for value in values if isinstance(values, (list, tuple)) else [values]:
            octets = _octets(value)
            if octets is None:
                call.log("`info.radius_reply.{}` is left out: {}".format(code, type(value).__name__))
                continue
            attribute = {"code": code}
            if code in RADIUS_NAMES:
                attribute["name"] = RADIUS_NAMES[code]
            text = _text(value)
            attribute["value"] = "0x" + octets.hex() if text is None else text
            attribute["octets"] = base64.b64encode(octets).decode("ascii")
            told.append(attribute)
    return told


def _octets(value):
    """As on the wire, as far as that can be known: a text is its UTF-8, a number has four octets."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if type(value) is int and 0 <= value < 2**32:
        return struct.pack("!I", value)
    return value.encode("utf-8") if isinstance(value, str) and _text(value) is not None else None


def _saml(call, attributes, info):
    first, *keys = str(SAML_ATTRIBUTES).split(".")
    found = {"attributes": attributes, "info": info}.get(first)
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        return {}
    told = {}
    for name, values in found.items():
        name = _text(name)
        texts = [_text(value) for value in (values if isinstance(values, (list, tuple)) else [values])]
        if name is None or None in texts:
            call.log("a value of the SAML attribute `{}` is left out: it is no text".format(name))
        if name is not None:
            told[name] = [text for text in texts if text is not None]
    return told


def _properties(call, where, value):
    if value is None:
        return {}
    if not isinstance(value, dict):
        call.log("`{}` is left out: {}".format(where, type(value).__name__))
        return {}
    return _texts(call, where, value)


def _texts(call, where, values, taken=()):
    """Names and values as texts, without those that have none."""
    told = {}
    for name, value in values.items():
        text, converted = _text(name), _text(value)
        if text is None or converted is None or text in told or text in taken:
            call.log("`{}.{}` is left out: {}".format(where, text, type(value).__name__))
        else:
            told[text] = converted
    return told


def _text(value):
    """A value as text, or None."""
    try:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (int, float)):
            return str(value)
        if isinstance(value, (bytes, bytearray)):
            return bytes(value).decode("utf-8")
        if isinstance(value, str):
            value.encode("utf-8")
            return value
    except ValueError:  # Not UTF-8, or a number beyond what Python prints.
        pass
    return None


def _one_form(name):
    """A user name as the host compares it: composed, of ordinary width, with ordinary spaces."""

    def ordinary(character):
        if "\uff01" <= character <= "\uffee":
            return unicodedata.normalize("NFKC", character)
        return " " if unicodedata.category(character) == "Zs" else character

    return unicodedata.normalize("NFC", "".join(map(ordinary, name)))


def _one_line(text):
    return "".join(character if character.isprintable() else " " for character in text)


# ---- The answer ------------------------------------------------------------------------------------------------------


def _ask(call, request, info):
    """The decision, after as many searches as it takes."""
    path = "/v1/tenants/{}/post-auth".format(_segment(TENANT, "setting `TENANT`"))
    headers = {
        "Authorization": "Bearer " + call.hide(_token(call)),
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
    directory = None
    if request.get("serves_directory"):
        directory = Directory(call, info["ldap_context"], _text(info.get("search_base")))
    try:
        once = dict(headers, **{"Idempotency-Key": os.urandom(16).hex()})
        answer = _read(_post(call, path, once, _encoded(request)), directory)
        for _ in range(MAX_ROUNDS):
            if answer["decision"] != "search":
                return answer
            search = answer["search"]
            found = directory.search(search["query"])
            onward = "{}/{}".format(path, _segment(search["continuation"], "`search.continuation`"))
            answer = _read(_post(call, onward, headers, found), directory)
        if answer["decision"] != "search":
            return answer
        raise Failure("the host searches more than {} times".format(MAX_ROUNDS))
    finally:
        if directory is not None:
            directory.close()


def _encoded(value):
    return json.dumps(value).encode("ascii")


def _segment(text, what):
    """One segment of a path, which nothing can leave."""
    if not isinstance(text, str) or _text(text) is None or not 0 < len(text) <= 256 or text in (".", ".."):
        raise Failure("{} is no name".format(what))
    return urllib.parse.quote(text, safe="")


def _token(call):
    token = TOKEN
    if not token:
        try:
            with open(TOKEN_FILE, "rb") as file:
                if os.fstat(file.fileno()).st_mode & 0o004:
                    call.log("everybody on this machine can read the file of setting `TOKEN_FILE`")
                token = file.read(8192).decode("ascii").strip()
        except OSError as error:
            raise Failure("the file of setting `TOKEN_FILE` cannot be read: {}".format(error.strerror))
        except UnicodeDecodeError:
            token = None
    if not isinstance(token, str) or not re.fullmatch("[!-~]{1,4096}", token):
        raise Failure("the token is not one word of ASCII")
    return token


def _read(answer, directory):
    """Believes nothing that the contract does not say."""
    decision = _member(answer, "decision", str)
    _member(answer, "id", str, optional=True)
    if decision == "search":
        if directory is None:
            raise Failure("the host searches where there is no directory")
        query = _member(_member(answer, "search", dict), "query", dict)
        _member(answer["search"], "continuation", str)
        _member(query, "base", str, optional=True)
        if _member(query, "scope", str) not in Directory.SCOPES:
            raise Failure("the host's answer has an unknown `scope`")
        _member(query, "filter", str)
        _all(_member(query, "attributes", list, optional=True) or [], str, "attributes")
        return answer
    if decision not in ("allow", "challenge", "deny"):
        raise Failure("the host's answer has an unknown `decision`")

    authret = _member(answer, "authret", dict)
    status = _member(authret, "status", str)
    for name in ("reason", "client_reason"):
        _member(authret, name, str, optional=True)
    if decision == "deny":
        _member(answer, "cause", str)
        return answer
    if decision == "challenge":
        challenge = _member(answer, "challenge", dict)
        for name in ("text", "state_id"):
            if not _member(challenge, name, str):
                raise Failure("the host's answer has an empty `{}`".format(name))
        _member(challenge, "echo", bool)
    elif status != "succeed" or "challenge" in answer:
        raise Failure("the host's answer contradicts itself")
    elif not _member(authret, "user", str):
        raise Failure("the host's answer has an empty `user`")
    else:
        proplist = _member(authret, "proplist", dict)
        _all(proplist.values(), str, "proplist")
    saves = _member(answer, "proplist_save", dict, optional=True)
    _all((saves or {}).values(), str, "proplist_save")
    if _member(answer, "session_state", str, optional=True) is not None:
        try:
            base64.b64decode(answer["session_state"], validate=True)
        except ValueError:
            raise Failure("the host's answer has a `session_state` that is no Base64")
    return answer


def _member(holder, name, kind, optional=False):
    if optional and name not in holder:
        return None
    value = holder.get(name)
    if type(value) is not kind:
        raise Failure("the host's answer has no `{}` of type {}".format(name, kind.__name__))
    return value


def _all(values, kind, name):
    if any(type(value) is not kind for value in values):
        raise Failure("the host's answer has something else than texts in `{}`".format(name))


# ---- HTTP ------------------------------------------------------------------------------------------------------------


def _post(call, path, headers, body):
    """The object that the host answers with status 200."""
    try:
        authority, wire = _connected(call)
        try:
            connection = http.client.HTTPConnection("localhost")
            connection.sock = wire
            # The host begins nothing, and saves nothing, for which nobody waits any more.
            patience = {"Vestibule-Deadline-Ms": str(max(1, int(call.remaining() * 1000)))}
            connection.request("POST", path, body, dict(headers, Host=authority, Connection="close", **patience))
            response = connection.getresponse()
            content = _content(response)
        finally:
            wire.sock.close()
    except socket.timeout:
        raise call.too_late()
    except ssl.CertificateError as error:
        raise Failure("the host's certificate is refused: {}".format(getattr(error, "verify_message", "") or error))
    except ssl.SSLError as error:
        if error.reason == "CERTIFICATE_VERIFY_FAILED":  # Python 3.6 has no class for it.
            raise Failure("the host's certificate is refused: its issuer is unknown, or it is out of date")
        raise Failure("the host does not speak TLS as it should: {}".format(error.reason or "no reason given"))
    except http.client.HTTPException as error:
        raise Failure("the host's response is no HTTP: {}".format(type(error).__name__))
    except OSError as error:
        raise Failure("the connection to the host fails: {}".format(error.strerror or type(error).__name__))

    if response.status != 200:
        raise Failure("the host answers with status {}{}".format(response.status, _problem(content)))
    call.remaining()
    answer = _parsed(content)
    if type(answer) is not dict:
        raise Failure("the host's answer is no JSON object")
    return answer


def _content(response):
    content = bytearray()
    too_large = Failure("the host's response has more than {} bytes".format(MAX_RESPONSE_BYTES))
    if response.length is not None and response.length > MAX_RESPONSE_BYTES:
        raise too_large
    while True:
        piece = response.read(65536)
        content += piece
        if len(content) > MAX_RESPONSE_BYTES:
            raise too_large
        if not piece:
            break
    if response.length:
        raise Failure("the host's response breaks off")
    return bytes(content)


def _parsed(content):
    """What the JSON says, or None. A name given twice could mean either value."""

    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a name occurs twice")
        return dict(pairs)

    def number(kind):
        def read(text):
            if len(text) > MAX_NUMBER_CHARACTERS:
                raise ValueError("a number is too long")
            return kind(text)

        return read

    try:
        text = content.decode("utf-8")
        return json.loads(text, object_pairs_hook=once, parse_int=number(int), parse_float=number(float))
    except (ValueError, RecursionError):
        return None


def _problem(content):
    problem = _parsed(content)
    if type(problem) is not dict:
        return ""
    texts = [problem.get(name) for name in ("code", "detail")]
    return "".join(": " + text for text in texts if isinstance(text, str) and text)


def _connected(call):
    """What stands in `Host`, and a connection to a host that is who it should be."""
    if isinstance(HOST, str) and HOST.startswith("unix:/"):
        return "localhost", Wire(call, _connected_unix(call, HOST[len("unix:") :]))
    try:
        address = urllib.parse.urlsplit(HOST)
        name, port = address.hostname, address.port or 443
        plain = not (address.username or address.password or address.query or address.fragment)
        plain = plain and address.scheme == "https" and address.path in ("", "/")
    except (ValueError, TypeError, AttributeError):
        name, plain = None, False
    if not (plain and name):
        raise Failure("setting `HOST` takes `unix:/path` or `https://name:port`")
    return address.netloc, Wire(call, _connected_tls(call, name, port))


def _connected_unix(call, path):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        while True:
            sock.settimeout(call.remaining())
            try:
                sock.connect(path)
                break
            except BlockingIOError:  # The host's queue is full: Linux does not wait here by itself.
                time.sleep(min(0.01, call.remaining()))
        # Who began to listen, as the kernel saw it: a path's owner could change between a look and the connection.
        size = struct.calcsize("3i")
        _, uid, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
        if uid not in (0, os.geteuid(), _uid(HOST_USER)):
            raise Failure("the socket is served by user {}, not by root or the user of setting `HOST_USER`".format(uid))
        return sock
    except BaseException:
        sock.close()
        raise


def _uid(user):
    if type(user) is int:
        return user
    try:
        return pwd.getpwnam(user).pw_uid
    except (KeyError, TypeError, ValueError):
        return None


def _connected_tls(call, name, port):
    try:
        context = ssl.create_default_context(cafile=CA_FILE or None)
    except OSError as error:
        reason = getattr(error, "reason", None) or error.strerror
        raise Failure("the file of setting `CA_FILE` cannot be read: {}".format(reason))
    if hasattr(ssl, "TLSVersion"):
        context.minimum_version = ssl.TLSVersion.TLSv1_2
    else:  # Python 3.6.
        context.options |= ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1
    sock = _connected_tcp(call, _looked_up(call, name, port))
    try:
        sock.settimeout(call.remaining())
        wrapped = context.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)
    except BaseException:
        sock.close()
        raise
    try:
        wrapped.settimeout(call.remaining())
        wrapped.do_handshake()
        return wrapped
    except BaseException:
        wrapped.close()
        raise


def _looked_up(call, name, port):
    found = queue.Queue()

    def look_up():
        try:
            found.put(socket.getaddrinfo(name, port, 0, socket.SOCK_STREAM))
        except Exception as error:
            found.put(error)

    _beside(call, look_up)
    try:
        addresses = found.get(timeout=call.remaining())
    except queue.Empty:
        raise call.too_late()
    if isinstance(addresses, OSError):
        raise Failure("the host's name is not known: {}".format(addresses.strerror))
    if isinstance(addresses, Exception) or not addresses:
        raise Failure("the host's name is no name")
    return addresses


def _connected_tcp(call, addresses):
    """One address after the other, each with its share of the time: the first may lead nowhere."""
    for index, (family, kind, protocol, _, address) in enumerate(addresses):
        left = len(addresses) - index
        try:
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(call.remaining() / left)
                sock.connect(address)
                return sock
            except BaseException:
                sock.close()
                raise
        except OSError:
            if left == 1:
                raise


_threads = threading.BoundedSemaphore(MAX_THREADS)


def _beside(call, work):
    """Runs what cannot be interrupted where it can be left behind."""
    if not _threads.acquire(timeout=call.remaining()):
        raise Failure("{} searches and name look-ups wait already".format(MAX_THREADS))

    def run():
        try:
            work()
        finally:
            _threads.release()

    try:
        threading.Thread(target=run, daemon=True).start()
    except BaseException:
        _threads.release()
        raise


class Wire:
    """What `http.client` takes for a socket. The deadline holds for the call, not for each of its reads."""

    def __init__(self, call, sock):
        self.call = call
        self.sock = sock

    def sendall(self, data):
        rest = memoryview(data)
        while rest:
            self.sock.settimeout(self.call.remaining())
            rest = rest[self.sock.send(rest) :]

    def makefile(self, *_args, **_kwargs):
        return io.BufferedReader(Received(self.call, self.sock))

    def close(self):
        """`http.client` lets go of a socket before it has read the response. Whoever opened it closes it."""


class Received(io.RawIOBase):
    """The bytes that come in, up to a limit."""

    def __init__(self, call, sock):
        super().__init__()
        self.call = call
        self.sock = sock
        self.left = MAX_RESPONSE_BYTES + MAX_OVERHEAD_BYTES

    def readable(self):
        return True

    def readinto(self, buffer):
        self.sock.settimeout(self.call.remaining())
        count = self.sock.recv_into(buffer)
        self.left -= count
        if self.left < 0:
            raise Failure("the host's response has more than {} bytes".format(MAX_RESPONSE_BYTES))
        return count


# ---- The directory ---------------------------------------------------------------------------------------------------


class Directory:
    """Searches on Access Server's own connection.

    The context is entered once, left once, and by one thread: nobody promises that it could be entered again. That
    thread is another one, as no LDAP library can be relied on to return in time.
    """

    # As python-ldap numbers them, and as ldap3 names them.
    SCOPES = {"base": (0, "BASE"), "one-level": (1, "LEVEL"), "subtree": (2, "SUBTREE")}
    # RFC 4512, section 2.5: a name or a number, and options. Nothing else is looked up on an object of the library's.
    DESCRIPTION = r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)(?:;[A-Za-z0-9-]+)*"

    def __init__(self, call, context, search_base):
        self.call = call
        self.context = context
        self.search_base = search_base
        self.questions = queue.Queue()
        self.answers = queue.Queue()
        self.serves = False

    def search(self, query):
        """The body to answer the host with."""
        base = query.get("base", self.search_base)
        if base is None:
            return _encoded(_unavailable("Access Server names no search base"))
        if not self.serves:
            _beside(self.call, self.serve)
            self.serves = True
        self.questions.put((base, query["scope"], query["filter"], query.get("attributes", [])))
        try:
            answer = self.answers.get(timeout=self.call.remaining())
        except queue.Empty:
            raise Failure("the directory did not answer within {} s".format(DEADLINE_SECONDS))
        if "error" in answer:
            self.call.log("a search fails: " + answer["error"]["unavailable"])
            answer["error"]["unavailable"] = self.call.clean(answer["error"]["unavailable"], MAX_REASON)
        body = _encoded(answer)
        if len(body) > MAX_ENTRIES_BYTES:
            return _encoded(_unavailable("the search finds more than {} bytes".format(MAX_ENTRIES_BYTES)))
        return body

    def close(self):
        if self.serves:
            self.questions.put(None)

    def serve(self):
        trouble = None
        question = self.questions.get()
        try:
            with self.context as connection:
                while question is not None:
                    self.answers.put(_searched(connection, *question))
                    question = self.questions.get()
        except BaseException as error:
            trouble = _unavailable("the directory cannot be reached: " + _said(error))
        while question is not None:
            self.answers.put(trouble or _unavailable("the directory cannot be reached"))
            question = self.questions.get()


def _unavailable(text):
    return {"error": {"unavailable": text}}


def _said(error):
    return str(error) if isinstance(error, Failure) else "{}: {}".format(type(error).__name__, error)


def _searched(connection, base, scope, filter_, attributes):
    asked = [name for name in attributes if re.fullmatch(Directory.DESCRIPTION, name)]
    try:
        find = _find_python_ldap if hasattr(connection, "search_ext_s") else _find_ldap3
        # RFC 4511, section 4.5.1.8: `1.1` asks for no attribute; nothing would ask for all.
        found = find(connection, base, scope, filter_, asked or ["1.1"])
        if len(found) > MAX_ENTRIES:
            return _unavailable("the search finds more than {} entries".format(MAX_ENTRIES))
        return {"entries": [_entry_told(dn, values_of, asked) for dn, values_of in found]}
    except Exception as error:
        return _unavailable(_said(error))


def _entry_told(dn, values_of, asked):
    if not _text(dn):
        raise Failure("an entry has no distinguished name")
    held = [(name, values_of(name)) for name in asked]
    told = [{"name": name, "values": [_value(name, value) for value in values]} for name, values in held if values]
    return {"dn": _text(dn), "attributes": told}


def _value(name, value):
    """A text where it is valid UTF-8. What the library has turned into something else is not guessed back."""
    if isinstance(value, (bytes, bytearray)):
        text = _text(value)
        return {"octets": base64.b64encode(value).decode("ascii")} if text is None else text
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (str, int)) and _text(value) is not None:
        return _text(value)
    raise Failure("attribute `{}` has a value of type {}".format(name, type(value).__name__))


def _find_python_ldap(connection, base, scope, filter_, asked):
    """Before Access Server 2.8."""
    try:
        found = connection.search_ext_s(base, Directory.SCOPES[scope][0], filter_, asked)
    except Exception as error:
        if type(error).__name__ == "NO_SUCH_OBJECT":
            return []
        raise
    # A referral has no name.
    return [(dn, _ignoring_case(attributes)) for dn, attributes in found if dn is not None]


def _find_ldap3(connection, base, scope, filter_, asked):
    """From Access Server 2.8 on."""
    options = {} if scope == "subtree" else {"search_scope": Directory.SCOPES[scope][1]}
    succeeded = connection.search(base, filter_, attributes=asked, **options)
    # False says that nothing was found, or that the search failed: to a policy these are opposites.
    result = getattr(connection, "result", None)
    code = result.get("result") if isinstance(result, dict) else None
    if code == 32:
        return []
    if code not in (0, None):
        raise Failure("LDAP result {}: {}".format(code, result.get("description")))
    if code is None and not succeeded:
        raise Failure("the library does not say whether the search failed")
    return [(entry.entry_dn, _ldap3_values(entry)) for entry in connection.entries]


def _ldap3_values(entry):
    def held(name):
        try:
            return getattr(entry, name)
        except Exception:  # An error of the library's own: the entry has no such attribute.
            return None

    def values(name):
        attribute = held(name)
        value = None if attribute is None else attribute.value
        if value is None:
            return []
        return list(value) if isinstance(value, (list, tuple)) else [value]

    raw = held("entry_raw_attributes")
    return _ignoring_case(raw) if hasattr(raw, "items") else values


def _ignoring_case(attributes):
    """RFC 4512, section 2.5: names of attributes are compared without case."""
    held = {}
    for name, values in attributes.items():
        held[_text(name).lower()] = values if isinstance(values, (list, tuple)) else [values]
    return lambda name: held.get(name.lower(), [])
