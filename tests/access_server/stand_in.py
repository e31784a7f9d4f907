"""Stands in for Access Server as the caller of a post_auth script, as far as public notes and scripts show its ways.

Loads the script as Access Server does, as one text without a file, asks for whole logins, and believes nothing it
returns that the contract does not say. On the command line it runs one login against a real host and prints one line of
JSON.

Not for: primary authentication. Whoever gets here has passed it.
"""

import argparse
import ast
import base64
import contextlib
import copy
import io
import json
import pathlib
import re
import sys
import threading
import types

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "host" / "access-server" / "post_auth.py"

SUCCEED = 0
FAIL = 1


class Authret(dict):
    """A dictionary that takes attributes: those last as long as the session."""


class Crstate:
    """What links the rounds of a challenge. It has the operations that scripts use, and no others."""

    def __init__(self):
        self.values = {}
        self.answer = None
        self.question = None
        self.expired = False

    def __contains__(self, key):
        return key in self.values

    def __getitem__(self, key):
        return self.values[key]

    def __setitem__(self, key, value):
        # It outlives the process that put the question.
        self.values[key] = json.loads(json.dumps(value))

    def get(self, key, default=None):
        return self.values.get(key, default)

    def response(self):
        return self.answer

    def expire(self):
        self.expired = True

    def challenge_post_auth(self, authret, text, echo=False):
        self.question = {"text": text, "echo": echo}
        authret["status"] = FAIL
        authret["reason"] = "challenge"
        name = base64.b64encode(authret["user"].encode()).decode()
        flags = "E,R" if echo else "R"
        authret["client_reason"] = "CRV1:{}:{}:{}:{}".format(flags, "stand-in", name, text)


# ---- The two generations of the directory ---------------------------------------------------------------------------


class Context:
    """`info['ldap_context']`: entered once, by one thread, and left by the same."""

    def __init__(self, entries=(), uname_attr="uid", opened=None):
        self.authldap = types.SimpleNamespace(parms={"uname_attr": uname_attr})
        self.entries = list(entries)
        self.entered_by = None
        self.left = threading.Event()
        self.opened = opened or Ldap3Connection

    def __enter__(self):
        if self.entered_by is not None:
            raise RuntimeError("the context is entered twice")
        self.entered_by = threading.get_ident()
        return self.opened(self.entries)

    def __exit__(self, *_):
        if self.entered_by != threading.get_ident():
            raise RuntimeError("the context is left by another thread")
        self.left.set()


class NO_SUCH_OBJECT(Exception):
    """As python-ldap raises it."""


class PythonLdapConnection:
    """Like python-ldap's `LDAPObject`."""

    def __init__(self, entries):
        self.entries = entries

    def search_ext_s(self, base, scope, filterstr="(objectClass=*)", attrlist=None):
        found = searched(self.entries, base, {0: "base", 1: "one-level", 2: "subtree"}[scope], filterstr)
        if found is None:
            raise NO_SUCH_OBJECT({"desc": "No such object"})
        told = [(dn, {name: list(values) for name, values in chosen(held, attrlist)}) for dn, held in found]
        return told + [(None, ["ldap://elsewhere.example.com/dc=example,dc=com"])]


class Ldap3Connection:
    """Like ldap3's `Connection`."""

    def __init__(self, entries):
        self.held = entries
        self.entries = []
        self.result = None

    def search(self, search_base, search_filter, search_scope="SUBTREE", attributes=None):
        scope = {"BASE": "base", "LEVEL": "one-level", "SUBTREE": "subtree"}[search_scope]
        found = searched(self.held, search_base, scope, search_filter)
        if found is None:
            self.result = {"result": 32, "description": "noSuchObject"}
        else:
            self.result = {"result": 0, "description": "success"}
        self.entries = [Ldap3Entry(dn, dict(chosen(held, attributes))) for dn, held in found or ()]
        return bool(self.entries)


class Ldap3Entry:
    """Like ldap3's `Entry`."""

    def __init__(self, dn, attributes):
        self.entry_dn = dn
        self.entry_raw_attributes = attributes

    def __getattr__(self, name):
        for held, values in self.entry_raw_attributes.items():
            if held.lower() == name.lower():
                texts = [value.decode("utf-8") for value in values]
                return types.SimpleNamespace(value=texts[0] if len(texts) == 1 else texts)
        raise LookupError("no attribute " + name)


class PlainLdap3Connection(Ldap3Connection):
    """No more of ldap3 than scripts are known to use: entries with a name, and values as texts."""

    def search(self, *args, **options):
        found = super().search(*args, **options)
        self.entries = [PlainLdap3Entry(entry) for entry in self.entries]
        return found


class PlainLdap3Entry:
    def __init__(self, entry):
        self.entry_dn = entry.entry_dn
        self._entry = entry

    def __getattr__(self, name):
        if name.startswith("entry_"):
            raise LookupError(name)
        return getattr(self._entry, name)


GENERATIONS = {
    "ldap3": Ldap3Connection,
    "plain-ldap3": PlainLdap3Connection,
    "python-ldap": PythonLdapConnection,
}


def searched(entries, base, scope, text):
    """Entries of this scope for which the filter holds, or None where there is no such base."""
    below = {"base": lambda depth: depth == 0, "one-level": lambda depth: depth == 1, "subtree": lambda depth: True}
    holds, rest = parsed_filter(text)
    if rest:
        raise ValueError("a filter goes on after its end")
    path = dn_path(base)
    under = [(dn, held, dn_path(dn)) for dn, held in entries if dn_path(dn)[: len(path)] == path]
    if not under:
        return None
    return [(dn, held) for dn, held, at in under if below[scope](len(at) - len(path)) and holds(held)]


def dn_path(dn):
    """From the root down. Good for names without escapes."""
    return [part.strip().lower() for part in reversed(dn.split(","))]


def chosen(held, names):
    wanted = [name.lower() for name in names or ()]
    return [(name, values) for name, values in held.items() if name.lower() in wanted]


def parsed_filter(text):
    """A function of an entry, and the rest of the text: and, or, not, presence and equality (RFC 4515)."""
    if text[:2] in ("(&", "(|", "(!"):
        parts, rest = [], text[2:]
        while rest.startswith("("):
            part, rest = parsed_filter(rest)
            parts.append(part)
        combined = {
            "&": lambda held: all(part(held) for part in parts),
            "|": lambda held: any(part(held) for part in parts),
            "!": lambda held: not parts[0](held),
        }[text[1]]
        if not rest.startswith(")"):
            raise ValueError("a filter has no end")
        return combined, rest[1:]
    simple = re.match(r"\(([A-Za-z0-9.;-]+)=([^()]*)\)", text)
    if not simple:
        raise ValueError("no filter")
    name, asserted = simple.groups()
    octets = re.sub(rb"\\([0-9a-fA-F]{2})", lambda hit: bytes([int(hit.group(1), 16)]), asserted.encode())

    def holds(held):
        values = [value for _, values in chosen(held, [name]) for value in values]
        return bool(values) if asserted == "*" else octets.lower() in [value.lower() for value in values]

    return holds, text[simple.end() :]


# ---- Access Server --------------------------------------------------------------------------------------------------


def with_settings(text, settings):
    """The script as an administrator would edit it."""
    for name, value in settings.items():
        text, count = re.subn("(?m)^{} = .*$".format(name), lambda _: "{} = {!r}".format(name, value), text)
        if count != 1:
            raise ValueError("the script has no setting `{}`".format(name))
    return text


def loaded(settings, path=SCRIPT):
    """The script's names."""
    plugin = types.ModuleType("pyovpn.plugin")
    plugin.SUCCEED, plugin.FAIL = SUCCEED, FAIL
    package = types.ModuleType("pyovpn")
    package.plugin = plugin
    sys.modules.update({"pyovpn": package, "pyovpn.plugin": plugin})
    script = {}
    exec(compile(with_settings(path.read_text(encoding="utf-8"), settings), "<string>", "exec"), script)
    return script


class Login:
    """What Access Server knows when it calls the script: dictionaries as the contract has them."""

    def __init__(self, authcred, attributes, authret, info, state=None):
        self.authcred = authcred
        self.attributes = attributes
        self.authret = authret
        self.info = info
        self.state = state

    @classmethod
    def from_json(cls, login, entries=(), generation="ldap3"):
        """From the JSON form that `vestibule try --login` reads, in Access Server's own spelling."""
        login = copy.deepcopy(login)
        attributes, authret, told = login["attributes"], login["authret"], login["info"]
        authret.setdefault("reason", "{} auth succeeded".format(told["auth_method"]))
        authret["status"] = {"succeed": SUCCEED, "fail": FAIL}[authret.get("status", "succeed")]
        info = {"auth_method": told["auth_method"]}
        if "ldap" in told:
            info["user_dn"] = told["ldap"]["user_dn"]
            info["search_base"] = told["ldap"]["search_base"]
            opened = GENERATIONS[generation]
            info["ldap_context"] = Context(entries, told["ldap"]["uname_attr"], opened)
        for attribute in told.get("radius_reply", ()):
            # By code alone: what Access Server makes of a vendor's attributes is not known.
            if "vendor" not in attribute:
                info.setdefault("radius_reply", {}).setdefault(attribute["code"], []).append(attribute["value"])
        if "saml_attributes" in told:
            attributes["saml"] = {"attributes": told["saml_attributes"]}
        state = {"vestibule": login["session_state"]} if "session_state" in login else None
        return cls(login["authcred"], attributes, authret, info, state)


class Result:
    """What became of a login."""

    def __init__(self):
        self.outcome = "deny"
        self.authret = None
        self.proplist_save = {}
        self.challenges = []
        self.exception = None
        self.log = ""
        self.crstate = None

    def to_json(self):
        authret = self.authret
        told = {
            "outcome": self.outcome,
            "status": "succeed" if authret["status"] == SUCCEED else "fail",
            "user": authret.get("user"),
            "reason": authret.get("reason"),
            "client_reason": authret.get("client_reason"),
            "proplist": authret.get("proplist", {}),
            "proplist_save": self.proplist_save,
            "challenges": self.challenges,
            "exception": self.exception,
            "log": self.log.splitlines(),
        }
        state = getattr(authret, "state", None)
        if isinstance(state, dict) and "vestibule" in state:
            told["session_state"] = state["vestibule"]
        return told


class AccessServer:
    """One server with one script."""

    def __init__(self, **settings):
        self.script = loaded(settings)

    def log_in(self, login, answers=()):
        """A whole login. A question without an answer ends it with outcome `challenge`."""
        result, crstate = Result(), Crstate()
        answers = list(answers)
        first = True
        while True:
            self.round(login, crstate, first, result)
            if crstate.question is None or result.exception or result.authret["status"] == SUCCEED:
                result.outcome = "allow" if result.authret["status"] == SUCCEED else "deny"
                return result
            result.challenges.append(crstate.question)
            if not answers or crstate.expired:
                result.outcome = "challenge"
                return result
            first, crstate.question, crstate.answer = False, None, answers.pop(0)

    def round(self, login, crstate, first, result):
        """One call, in a worker thread as long as the script does not ask for another."""
        authcred, attributes = copy.deepcopy(login.authcred), copy.deepcopy(login.attributes)
        info = dict(login.info)
        context = info.get("ldap_context")
        if isinstance(context, Context):
            info["ldap_context"] = Context(context.entries, context.authldap.parms["uname_attr"], context.opened)
        # The second transaction brings the answer and nothing else.
        if not first or not self.script.get("RETAIN_PASSWORD"):
            authcred.pop("password", None)
        if not first or not self.script.get("STATIC_CHALLENGE") or not attributes.get("vpn_auth"):
            authcred.pop("static_response", None)
        authret = Authret(copy.deepcopy(login.authret))
        if self.script.get("GROUP_SELECT"):
            authret.pop("proplist", None)
        if login.state is not None:
            authret.state = copy.deepcopy(login.state)
        result.authret, result.proplist_save, result.crstate, result.info = authret, {}, crstate, info

        arguments = [authcred, attributes, authret, info]
        function = self.script.get("post_auth_cr")
        if function:
            arguments.append(crstate)
        else:
            function = self.script["post_auth"]
        printed = io.StringIO()
        worker = threading.Thread(target=self.call, args=(function, arguments, result))
        with contextlib.redirect_stdout(printed):
            worker.start()
            worker.join()
        result.log += printed.getvalue()

    def call(self, function, arguments, result):
        try:
            returned = function(*arguments)
            authret, saves = returned if isinstance(returned, tuple) else (returned, {})
            if not (isinstance(authret, dict) and isinstance(saves, dict) and authret["status"] in (SUCCEED, FAIL)):
                raise TypeError("the script returns what the contract does not have")
            result.authret, result.proplist_save = authret, saves
        except BaseException as error:
            result.exception = repr(error)
            result.authret = Authret(status=FAIL, user=arguments[2].get("user"), reason=str(error))


def entries_from_json(text):
    """Entries in the host's JSON form, with octets in Base64."""
    entries = json.loads(text)

    def octets(value):
        return value.encode() if isinstance(value, str) else base64.b64decode(value["octets"])

    return [
        (entry["dn"], {held["name"]: [octets(value) for value in held["values"]] for held in entry["attributes"]})
        for entry in entries
    ]


def setting(text):
    name, _, value = text.partition("=")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        raise argparse.ArgumentTypeError("`{}` is not NAME=LITERAL".format(text))


def main():
    parser = argparse.ArgumentParser(description="Runs one login through post_auth.py and prints what became of it.")
    parser.add_argument("--host", required=True, help="unix:/path or https://name:port")
    parser.add_argument("--tenant", default="default")
    parser.add_argument("--token-file", required=True)
    parser.add_argument("--login", required=True, help="a login in the form of `vestibule try --login`")
    parser.add_argument("--answer", action="append", default=[], help="to the next question; may be repeated")
    parser.add_argument("--ca-file", default="")
    parser.add_argument("--deadline", type=float, default=8)
    parser.add_argument("--entries", help="a file with a list of directory entries")
    parser.add_argument("--ldap", choices=sorted(GENERATIONS), default="ldap3")
    parser.add_argument("--set", action="append", type=setting, default=[], metavar="NAME=LITERAL")
    given = parser.parse_args()

    settings = {
        "HOST": given.host,
        "TENANT": given.tenant,
        "TOKEN_FILE": given.token_file,
        "CA_FILE": given.ca_file,
        "DEADLINE_SECONDS": given.deadline,
    }
    settings.update(given.set)
    entries = entries_from_json(pathlib.Path(given.entries).read_text(encoding="utf-8")) if given.entries else ()
    login = json.loads(pathlib.Path(given.login).read_text(encoding="utf-8"))
    result = AccessServer(**settings).log_in(Login.from_json(login, entries, given.ldap), given.answer)
    print(json.dumps(result.to_json()))


if __name__ == "__main__":
    main()
