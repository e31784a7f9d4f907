"""post_auth.py against a host of the test's own: what is asked, what is believed, and that nothing else opens the door.

    python3 -m unittest discover tests/access_server
"""

import base64
import contextlib
import io
import json
import os
import pathlib
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import types
import unittest

from stand_in import (
    FAIL,
    GENERATIONS,
    SCRIPT,
    SUCCEED,
    AccessServer,
    Authret,
    Context,
    Crstate,
    Ldap3Connection,
    Login,
    loaded,
)

TOKEN = "vst_0123456789abcdef"
NEUTRAL = "Your login could not be checked. Please tell your administrator."
# Longer than any answer takes.
DEADLINE = 1.0
# What a busy machine may take to notice.
SLACK = 1.0
LOGINS = pathlib.Path(__file__).resolve().parents[1] / "logins"


# ---- A host ---------------------------------------------------------------------------------------------------------


class Request:
    def __init__(self, head, body):
        lines = head.decode("ascii").split("\r\n")
        self.line = lines[0]
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        self.text = body.decode("ascii")
        self.body = json.loads(self.text)


class Host:
    """Answers one connection after the other, each in its own way: with an object, or as a function does."""

    def __init__(self, answers, family=socket.AF_UNIX, tls=None):
        self.answers = list(answers)
        self.requests = []
        self.tls = tls
        self.folder = tempfile.mkdtemp()
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        if family == socket.AF_UNIX:
            path = os.path.join(self.folder, "http.sock")
            self.listener.bind(path)
            self.url = "unix:" + path
        else:
            self.listener.bind(("127.0.0.1", 0))
            self.url = "https://localhost:{}".format(self.listener.getsockname()[1])
        self.listener.listen(16)
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        shutil.rmtree(self.folder)

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection:
                # A refused handshake is the client's to report.
                wrapped = self.tls.wrap_socket(connection, server_side=True) if self.tls else connection
                with wrapped:
                    self.answer(wrapped)
                    if self.tls:
                        with contextlib.suppress(ValueError):  # Closed already.
                            wrapped.unwrap()

    def answer(self, connection):
        connection.settimeout(10)
        received = b""
        while b"\r\n\r\n" not in received:
            piece = connection.recv(65536)
            if not piece:
                return
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        request = Request(head, b"{}")
        while len(body) < int(request.headers["content-length"]):
            body += connection.recv(65536)
        self.requests.append(Request(head, body))
        answer = self.answers.pop(0)
        if callable(answer):
            answer(connection, self.stopped)
        else:
            connection.sendall(response(answer))


def response(answer, status="200 OK", kind="application/json"):
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    head = "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n".format(status, kind, len(body))
    return head.encode() + body


def sends(octets):
    return lambda connection, stopped: connection.sendall(octets)


def answers(answer, **options):
    return sends(response(answer, **options))


def problem(status, code, detail):
    told = {"type": "about:blank", "title": "No", "status": int(status[:3]), "detail": detail, "code": code}
    return answers(told, status=status, kind="application/problem+json")


def resets(connection, _):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def waits(connection, stopped):
    stopped.wait(10)


def trickles(before, octets, pause=0.05):
    """Something arrives all the time, and never enough."""

    def send(connection, stopped):
        connection.sendall(before)
        while not stopped.wait(pause):
            connection.sendall(octets)

    return send


def chunked(pieces):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


# ---- Answers and logins ---------------------------------------------------------------------------------------------


def allow(user="Joe.User", proplist=None, **more):
    authret = {"status": "succeed", "user": user, "proplist": {} if proplist is None else proplist}
    return dict({"id": "d1", "decision": "allow", "authret": authret, "proplist_save": {}}, **more)


def deny(cause="denied", **texts):
    authret = dict({"status": "fail", "user": "Joe.User", "proplist": {}}, **texts)
    return {"id": "d2", "decision": "deny", "authret": authret, "cause": cause}


def challenge(text="Your code:", echo=True, state_id="s1", **more):
    authret = {"status": "fail", "user": "Joe.User", "proplist": {}}
    question = {"text": text, "echo": echo, "state_id": state_id}
    return dict({"id": "d3", "decision": "challenge", "authret": authret, "challenge": question}, **more)


def search(filter_, continuation="c1", **query):
    query = dict({"scope": "subtree", "filter": filter_, "attributes": ["memberOf"]}, **query)
    return {"id": "d4", "decision": "search", "search": {"continuation": continuation, "query": query}}


def without(answer, *path):
    """The answer, and somewhere in it one name less."""
    answer = json.loads(json.dumps(answer))
    holder = answer
    for name in path[:-1]:
        holder = holder[name]
    del holder[path[-1]]
    return answer


def changed(answer, *path_and_value):
    """The answer, and somewhere in it another value."""
    answer = json.loads(json.dumps(answer))
    *path, last, value = path_and_value
    holder = answer
    for name in path:
        holder = holder[name]
    holder[last] = value
    return answer


def login(name="laptop", entries=(), generation="ldap3"):
    told = json.loads((LOGINS / (name + ".json")).read_text(encoding="utf-8"))
    return Login.from_json(told, entries, generation)


PEOPLE = "ou=people,dc=example,dc=com"
ENTRIES = [
    ("dc=example,dc=com", {"objectClass": [b"domain"]}),
    (PEOPLE, {"objectClass": [b"organizationalUnit"]}),
    (
        "uid=Jane.User," + PEOPLE,
        {
            "uid": [b"Jane.User"],
            "memberOf": ["cn=Zürich,dc=example,dc=com".encode(), b"cn=vpn,dc=example,dc=com"],
            "mail": [b"jane@example.com"],
        },
    ),
    ("uid=max," + PEOPLE, {"uid": [b"max"], "jpegPhoto": [b"\xff\xd8\xff\xe0"]}),
]


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, str(self.folder))
        self.token_file = self.folder / "token"
        self.token_file.write_text(TOKEN + "\n")
        self.token_file.chmod(0o600)

    def server(self, host, **settings):
        given = {"HOST": host, "TOKEN_FILE": str(self.token_file), "DEADLINE_SECONDS": DEADLINE}
        return AccessServer(**dict(given, **settings))

    def logs_in(self, answers, given=None, replies=(), **settings):
        """A login at a host that answers so; the result and what the host was asked."""
        with Host(answers) as host:
            result = self.server(host.url, **settings).log_in(given or login(), replies)
        self.assertIsNone(result.exception)
        self.assertEqual(host.answers, [])
        return result, host.requests

    def assert_fails(self, result, *texts):
        """A failed login that says why in the log and nothing to the user."""
        self.assertIsNone(result.exception)
        self.assertEqual(result.outcome, "deny")
        self.assertEqual(result.authret["status"], FAIL)
        self.assertEqual(result.authret["client_reason"], NEUTRAL)
        self.assertEqual(result.proplist_save, {})
        for text in texts:
            self.assertIn(text, result.authret["reason"])
            self.assertIn(text, result.log)


# ---- What is asked --------------------------------------------------------------------------------------------------


class Asking(Case):
    def test_the_host_is_asked_in_the_words_of_its_contract(self):
        _, [request] = self.logs_in([allow()], TENANT="a tenant/1")
        self.assertEqual(request.line, "POST /v1/tenants/a%20tenant%2F1/post-auth HTTP/1.1")
        self.assertEqual(request.headers["authorization"], "Bearer " + TOKEN)
        self.assertEqual(request.headers["content-type"], "application/json")
        self.assertRegex(request.headers["idempotency-key"], "^[0-9a-f]{32}$")
        self.assertIn(int(request.headers["vestibule-deadline-ms"]), range(1, int(DEADLINE * 1000) + 1))

    def test_every_call_has_its_own_idempotency_key(self):
        keys = {self.logs_in([allow()])[1][0].headers["idempotency-key"] for _ in range(3)}
        self.assertEqual(len(keys), 3)

    def test_the_logins_of_the_command_line_arrive_as_they_are(self):
        for path in sorted(LOGINS.glob("*.json")):
            with self.subTest(path.name):
                told = json.loads(path.read_text(encoding="utf-8"))
                _, [request] = self.logs_in([allow()], Login.from_json(told))
                body = request.body
                told["authret"].update({"status": "succeed", "reason": body["authret"]["reason"]})
                told["authret"].setdefault("proplist", {})
                told["attributes"].setdefault("client_info", {})
                told["attributes"].setdefault("auth_parms", {})
                # Access Server hands in texts, without octets and without vendors.
                reply = [told for told in told["info"].get("radius_reply", ()) if "vendor" not in told]
                for attribute in reply:
                    attribute["octets"] = base64.b64encode(attribute["value"].encode()).decode()
                if reply:
                    told["info"]["radius_reply"] = reply
                if "ldap" in told["info"]:
                    told["serves_directory"] = True
                self.assertEqual(body, told)

    def test_nothing_is_null(self):
        given = login()
        given.authcred.update(client_ip_addr=None, client_hw_addr=None, static_response=None)
        given.attributes.update(client_info=None, auth_parms=None, reauth=None, log_service_name=None)
        given.authret.update(reason=None, proplist=None)
        _, [request] = self.logs_in([allow()], given)
        self.assertNotIn("null", request.text)
        self.assertEqual(request.body["attributes"], {"client_info": {}, "vpn_auth": True, "auth_parms": {}})

    def test_values_become_texts_or_are_left_out_with_a_line_in_the_log(self):
        given = login()
        given.authret["proplist"] = {
            "prop_autologin": True,
            "prop_expire": 3600,
            "ratio": 0.5,
            b"conn_group": b"staff",
            "prop_list": ["a"],
            "prop_none": None,
            "prop_octets": b"\xff",
            "prop_half": "\ud800",
        }
        result, [request] = self.logs_in([allow()], given)
        self.assertEqual(
            request.body["authret"]["proplist"],
            {"prop_autologin": "true", "prop_expire": "3600", "ratio": "0.5", "conn_group": "staff"},
        )
        for name in ("prop_list", "prop_none", "prop_octets", "prop_half"):
            self.assertIn("`authret.proplist.{}` is left out".format(name), result.log)

    def test_the_password_is_told_only_where_a_switch_says_so(self):
        for switch in (False, True):
            given = login()
            given.authcred["password"] = "correct horse"
            _, [request] = self.logs_in([allow()], given, RETAIN_PASSWORD=switch)
            self.assertEqual(request.body["authcred"].get("password"), "correct horse" if switch else None)

    def test_a_password_that_is_handed_in_all_the_same_is_not_told(self):
        with Host([allow()]) as host, contextlib.redirect_stdout(io.StringIO()):
            script = self.server(host.url).script
            given = login()
            authcred = dict(given.authcred, password="correct horse")
            script["post_auth_cr"](authcred, given.attributes, Authret(given.authret), given.info, Crstate())
        self.assertNotIn("correct horse", host.requests[0].text)

    def test_the_answer_to_a_static_challenge_is_told(self):
        given = login()
        given.authcred["static_response"] = "123456"
        _, [request] = self.logs_in([allow()], given, STATIC_CHALLENGE="Code?")
        self.assertEqual(request.body["authcred"]["static_response"], "123456")

    def test_withheld_properties_stay_here_and_stay(self):
        given = login()
        given.authret["proplist"] = {"pvt_password_digest": "5e884898da28", "conn_group": "staff"}
        result, [request] = self.logs_in([allow(proplist={"conn_group": "guests"})], given)
        self.assertNotIn("5e884898da28", request.text)
        expected = {"pvt_password_digest": "5e884898da28", "conn_group": "guests"}
        self.assertEqual(result.authret["proplist"], expected)

    def test_radius_values_come_as_lists_texts_octets_and_numbers(self):
        given = login("radius")
        given.info["radius_reply"] = {
            8: ["10.8.7.6"],
            "Filter-Id": "staff",
            25: [b"one", b"\xff\x00"],
            "27": 28800,
            79: ["no name"],
            "Vendor-Thing": "?",
        }
        result, [request] = self.logs_in([allow()], given)

        def told(code, name, value, octets):
            return {"code": code, "name": name, "value": value, "octets": base64.b64encode(octets).decode()}

        unnamed = told(79, None, "no name", b"no name")
        del unnamed["name"]
        self.assertEqual(
            request.body["info"]["radius_reply"],
            [
                told(8, "Framed-IP-Address", "10.8.7.6", b"10.8.7.6"),
                told(11, "Filter-Id", "staff", b"staff"),
                told(25, "Class", "one", b"one"),
                told(25, "Class", "0xff00", b"\xff\x00"),
                told(27, "Session-Timeout", "28800", b"\x00\x00\x70\x80"),
                unnamed,
            ],
        )
        self.assertIn("an attribute without a known code", result.log)

    def test_saml_attributes_are_looked_for_where_the_setting_says(self):
        given = login("web")
        given.info["saml"] = {"groups": ["a", "b"], "mail": "joe@example.com"}
        _, [request] = self.logs_in([allow()], given, SAML_ATTRIBUTES="info.saml")
        expected = {"groups": ["a", "b"], "mail": ["joe@example.com"]}
        self.assertEqual(request.body["info"]["saml_attributes"], expected)

    def test_a_directory_without_a_name_for_the_user_is_served_and_not_described(self):
        given = login("ldap")
        del given.info["ldap_context"].authldap.parms["uname_attr"]
        given.info["ldap_context"] = types_context(given.info["ldap_context"])
        result, [request] = self.logs_in([allow()], given)
        self.assertIs(request.body["serves_directory"], True)
        self.assertNotIn("ldap", request.body["info"])
        self.assertIn("uname_attr", result.log)

    def test_what_opens_doors_is_not_guessed(self):
        for name, value in [("vpn_auth", None), ("vpn_auth", "false"), ("vpn_auth", 2), ("reauth", "yes")]:
            given = login()
            given.attributes[name] = value
            result, requests = self.logs_in([], given)
            self.assert_fails(result, "`attributes.{}`".format(name))
            self.assertEqual(requests, [])

    def test_what_the_contract_promises_has_to_be_there(self):
        for path in [("authcred", "username"), ("authret", "user"), ("info", "auth_method"), ("authret", "status")]:
            given = login()
            del getattr(given, path[0])[path[1]]
            result, requests = self.logs_in([], given)
            self.assert_fails(result, "`{}.{}`".format(*path))
            self.assertEqual(requests, [])


def types_context(context):
    """A context that the stand-in hands in as it is."""

    class Other:
        authldap = context.authldap
        __enter__ = context.__enter__
        __exit__ = context.__exit__

    return Other()


# ---- What is believed -----------------------------------------------------------------------------------------------


class Deciding(Case):
    def test_allow_brings_properties_user_and_saves(self):
        proplist = {"conn_group": "staff", "conn_ip": "10.8.0.7"}
        saves = {"pvt_hw_addr": "00:00:5e:00:53:01", "pvt_old": ""}
        answer = changed(allow("joe", proplist, proplist_save=saves), "authret", "reason", "known device")
        result, _ = self.logs_in([answer], RENAME_USERS=True)
        self.assertEqual(result.outcome, "allow")
        self.assertEqual(result.authret["user"], "joe")
        self.assertEqual(result.authret["reason"], "known device")
        self.assertEqual(result.authret["proplist"], proplist)
        self.assertEqual(result.proplist_save, saves)

    def test_what_the_host_leaves_alone_keeps_its_type(self):
        given = login()
        given.authret["proplist"] = {"prop_lzo": True, "prop_expire": 60, "prop_gone": "x", "prop_odd": ["x"]}
        result, _ = self.logs_in([allow(proplist={"prop_lzo": "true", "prop_expire": "61"})], given)
        self.assertEqual(result.authret["proplist"], {"prop_lzo": True, "prop_expire": "61", "prop_odd": ["x"]})
        self.assertIs(result.authret["proplist"]["prop_lzo"], True)

    def test_late_properties_are_those_that_policies_chose(self):
        result, [request] = self.logs_in([allow(proplist={"conn_group": "staff"})], GROUP_SELECT=True)
        self.assertEqual(request.body["authret"]["proplist"], {})
        self.assertEqual(result.authret["proplist"], {"conn_group": "staff"})

    def test_the_dictionary_that_was_handed_in_comes_back(self):
        for answer in (allow(), deny()):
            with Host([answer]) as host, contextlib.redirect_stdout(io.StringIO()):
                script = self.server(host.url).script
                given = login()
                authret = Authret(given.authret)
                returned = script["post_auth_cr"](given.authcred, given.attributes, authret, given.info, Crstate())
            self.assertIs(returned, authret)

    def test_deny_tells_the_log_and_the_user_what_the_host_says(self):
        answer = deny("denied", reason="device `x` is unknown", client_reason="Not this device.")
        result, _ = self.logs_in([answer])
        self.assertEqual(result.outcome, "deny")
        self.assertEqual(result.authret["reason"], "denied: device `x` is unknown")
        self.assertEqual(result.authret["client_reason"], "Not this device.")
        self.assertEqual(result.authret["user"], "Joe.User")

    def test_deny_without_texts_is_a_code_and_a_neutral_text(self):
        result, _ = self.logs_in([deny("out-of-fuel")])
        self.assert_fails(result, "out-of-fuel")

    def test_a_denial_saves_nothing(self):
        result, _ = self.logs_in([dict(deny(), proplist_save={"a": "b"})])
        self.assertEqual(result.proplist_save, {})

    def test_texts_are_one_line(self):
        result, _ = self.logs_in([deny("denied", reason="a\nb\u202ec", client_reason="d\r\ne")])
        self.assertEqual(result.authret["reason"], "denied: a b c")
        self.assertEqual(result.authret["client_reason"], "d  e")
        self.assertNotIn("\nb", result.log)

    def test_a_login_that_failed_already_is_not_asked_about(self):
        given = login()
        given.authret.update(status=FAIL, reason="expired", client_reason="Your password has expired.")
        result, requests = self.logs_in([], given)
        self.assertEqual(result.authret, given.authret)
        self.assertEqual(requests, [])

    def test_a_session_remembers_what_a_policy_left(self):
        result, _ = self.logs_in([allow(session_state="c3RhdGU=")])
        given = login()
        given.state, given.info["auth_method"] = result.authret.state, "session"
        _, [request] = self.logs_in([allow()], given)
        self.assertEqual(request.body["session_state"], "c3RhdGU=")

    def test_a_state_of_another_script_is_left_alone(self):
        given = login()
        given.state = [1, 2]
        result, [request] = self.logs_in([allow()], given)
        self.assertNotIn("session_state", request.body)
        self.assertEqual(result.authret.state, [1, 2])

    def test_a_login_without_a_session_goes_on(self):
        with Host([allow(session_state="c3RhdGU=")]) as host:
            script = self.server(host.url).script
            given = login()
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                authret = script["post_auth_cr"](
                    given.authcred, given.attributes, dict(given.authret), given.info, Crstate()
                )
        self.assertEqual(authret["status"], SUCCEED)
        self.assertIn("the session's state is lost", printed.getvalue())

    def test_answers_that_the_contract_does_not_have_let_nobody_in(self):
        wrong = {
            "no decision": without(allow(), "decision"),
            "unknown decision": changed(allow(), "decision", "Allow"),
            "a list as decision": changed(allow(), "decision", ["allow"]),
            "no authret": without(allow(), "authret"),
            "a list as authret": changed(allow(), "authret", []),
            "null as authret": changed(allow(), "authret", None),
            "allow with fail": changed(allow(), "authret", "status", "fail"),
            "allow with true": changed(allow(), "authret", "status", True),
            "allow with 0": changed(allow(), "authret", "status", 0),
            "allow without status": without(allow(), "authret", "status"),
            "allow with a question": dict(allow(), challenge=challenge()["challenge"]),
            "no user": without(allow(), "authret", "user"),
            "an empty user": changed(allow(), "authret", "user", ""),
            "a number as user": changed(allow(), "authret", "user", 7),
            "no proplist": without(allow(), "authret", "proplist"),
            "a list as proplist": changed(allow(), "authret", "proplist", []),
            "a number in proplist": changed(allow(), "authret", "proplist", {"prop_expire": 7}),
            "null in proplist": changed(allow(), "authret", "proplist", {"prop_expire": None}),
            "a list to save": changed(allow(), "proplist_save", ["pvt_a"]),
            "null to save": changed(allow(), "proplist_save", None),
            "true to save": changed(allow(), "proplist_save", {"pvt_a": True}),
            "a number as reason": changed(allow(), "authret", "reason", 7),
            "a number as client_reason": changed(deny(), "authret", "client_reason", 7),
            "a number as session_state": changed(allow(), "session_state", 7),
            "no Base64": changed(allow(), "session_state", "c3RhdGU"),
            "a number as id": changed(allow(), "id", 7),
            "deny without cause": without(deny(), "cause"),
            "no challenge": without(challenge(), "challenge"),
            "no text": without(challenge(), "challenge", "text"),
            "an empty text": changed(challenge(), "challenge", "text", ""),
            "a text as echo": changed(challenge(), "challenge", "echo", "false"),
            "an empty state id": changed(challenge(), "challenge", "state_id", ""),
            "a search where no directory is": search("(uid=x)"),
        }
        for name, answer in wrong.items():
            with self.subTest(name):
                self.assert_fails(self.logs_in([answer])[0])

    def test_a_dictionary_that_takes_nothing_fails_the_login(self):
        class Stubborn(dict):
            def __setitem__(self, key, value):
                raise RuntimeError("no")

        with Host([allow(), deny()]) as host:
            script = self.server(host.url).script
            given = login()
            for _ in range(2):
                with contextlib.redirect_stdout(io.StringIO()):
                    returned = script["post_auth_cr"](
                        given.authcred, given.attributes, Stubborn(given.authret), given.info, Crstate()
                    )
                self.assertEqual(returned["status"], FAIL)

    def test_arguments_of_any_kind_fail_the_login(self):
        script = self.server("unix:/nowhere").script
        given = login()
        whole = [given.authcred, given.attributes, given.authret, given.info, Crstate()]
        for place in range(4):
            for wrong in (None, [], "text", 7, object()):
                arguments = list(whole)
                arguments[place] = wrong
                with contextlib.redirect_stdout(io.StringIO()):
                    self.assertEqual(script["post_auth_cr"](*arguments)["status"], FAIL)


class Somebody(Case):
    """Whom an answer is about."""

    def test_an_allow_is_for_the_user_who_was_asked_about(self):
        for other in ("joe.user", "Joe.User ", "root", "Joe.User\u200b"):
            with self.subTest(other):
                result, _ = self.logs_in([allow(other, {"conn_group": "staff"}, proplist_save={"pvt_a": "b"})])
                self.assert_fails(result, "lets in another user")
                self.assertEqual(result.authret["user"], "Joe.User")

    def test_a_login_that_nobody_proved_is_for_the_name_that_was_typed(self):
        for user, outcome in (("Joe", "deny"), (login().authcred["username"], "allow")):
            given = login()
            given.authret["status"] = FAIL
            self.assertEqual(self.logs_in([allow(user)], given, AUTH_NULL=True)[0].outcome, outcome)

    def test_a_name_that_the_host_composes_stays_as_it_is_spelled_here(self):
        given = login()
        given.authret["user"] = "Jo\u0308rg"
        result, _ = self.logs_in([allow("J\u00f6rg")], given)
        self.assertEqual((result.outcome, result.authret["user"]), ("allow", "Jo\u0308rg"))

    def test_another_user_needs_a_setting(self):
        result, _ = self.logs_in([allow("jane")], RENAME_USERS=True)
        self.assertEqual((result.outcome, result.authret["user"]), ("allow", "jane"))


class Late(Case):
    """An answer that came in time, and was read too late. The clock is the test's own."""

    def is_late_after(self, name, **settings):
        """A login during which the deadline passes while the function of this name in the script works."""
        with Host([allow(proplist={"conn_group": "staff"}, proplist_save={"pvt_a": "b"})]) as host:
            server = self.server(host.url, **settings)
            script, late = server.script, []
            clock = script["time"]
            monotonic = lambda: clock.monotonic() + (DEADLINE if late else 0)
            script["time"] = types.SimpleNamespace(monotonic=monotonic, sleep=clock.sleep)
            function = script[name]

            def slow(*given, **named):
                late.append(name)
                return function(*given, **named)

            script[name] = slow
            result = server.log_in(login())
        self.assertEqual(set(late), {name})
        self.assert_fails(result, "no decision within 1.0 s")
        return result

    def test_what_takes_too_long_to_read_lets_nobody_in(self):
        for name in ("_content", "_parsed", "_read", "_end"):
            with self.subTest(name):
                result = self.is_late_after(name)
                self.assertNotIn("proplist_save", result.authret)


class WithoutAuthentication(Case):
    def test_a_login_that_nobody_proved_is_not_vouched_for(self):
        proven = [("autologin", "autologin"), ("session", "session")]
        for method, told in [("local", "none"), ("pas_only", "none")] + proven:
            given = login()
            given.info["auth_method"] = method
            _, [request] = self.logs_in([allow()], given, AUTH_NULL=True)
            self.assertEqual(request.body["info"]["auth_method"], told)

    def test_methods_that_are_proven_all_the_same_can_be_named(self):
        _, [request] = self.logs_in([allow()], AUTH_NULL=True, VERIFIED_METHODS=["local"])
        self.assertEqual(request.body["info"]["auth_method"], "local")

    def test_a_method_of_an_unknown_name_proves_nothing_unless_it_is_named(self):
        for method in ["None", "null", "n\u043ene", "pas_only"]:
            given = login()
            given.info["auth_method"] = method
            result, requests = self.logs_in([], given)
            self.assertEqual(requests, [])
            self.assert_fails(result, "`VERIFIED_METHODS` does not name")
        _, [request] = self.logs_in([allow()], given, VERIFIED_METHODS=["pas_only"])
        self.assertEqual((request.body["info"]["auth_method"], request.body["info"]["proven"]), ("pas_only", True))

    def test_a_failed_login_is_asked_about_without_anybody_vouching(self):
        given = login()
        given.authret["status"] = FAIL
        result, [request] = self.logs_in([allow("Joe")], given, AUTH_NULL=True, RENAME_USERS=True)
        self.assertNotIn("authret", request.body)
        self.assertEqual((result.outcome, result.authret["user"]), ("allow", "Joe"))


class Challenges(Case):
    def test_a_question_is_put_and_its_answer_handed_back(self):
        saves = {"pvt_asked": "yes"}
        result, requests = self.logs_in([challenge(proplist_save=saves)])
        self.assertEqual(result.outcome, "challenge")
        self.assertEqual(result.challenges, [{"text": "Your code:", "echo": True}])
        self.assertEqual(result.proplist_save, saves)
        self.assertNotIn("crstate", requests[0].body)

        result, requests = self.logs_in([challenge(), allow()], replies=["123456"])
        self.assertEqual(result.outcome, "allow")
        self.assertEqual(requests[1].body["crstate"], {"state_id": "s1", "response": "123456"})
        self.assertEqual(requests[1].body["authret"], requests[0].body["authret"])
        self.assertTrue(result.crstate.expired)

    def test_a_second_question_replaces_the_first(self):
        rounds = [challenge(), challenge("Again:", False, "s2"), deny()]
        result, requests = self.logs_in(rounds, replies=["wrong", "wronger"])
        self.assertEqual([asked["echo"] for asked in result.challenges], [True, False])
        self.assertEqual(requests[2].body["crstate"], {"state_id": "s2", "response": "wronger"})
        self.assertEqual(result.outcome, "deny")
        self.assertTrue(result.crstate.expired)

    def test_no_answer_is_an_empty_answer(self):
        for reply in (None, ""):
            _, requests = self.logs_in([challenge(), deny()], replies=[reply])
            self.assertEqual(requests[1].body["crstate"], {"state_id": "s1", "response": ""})

    def test_a_failure_after_a_question_fails_and_ends_the_question(self):
        result, _ = self.logs_in([challenge(), resets], replies=["123456"])
        self.assert_fails(result)
        self.assertTrue(result.crstate.expired)

    def test_nobody_is_asked_who_is_not_there(self):
        for method in ("autologin", "session"):
            given = login()
            given.info["auth_method"] = method
            result, _ = self.logs_in([challenge()], given)
            self.assert_fails(result, "nobody is there")
            self.assertEqual(result.challenges, [])

    def test_a_question_denies_where_challenges_are_off(self):
        self.assert_fails(self.logs_in([challenge()], CHALLENGES=False)[0], "`CHALLENGES` is off")

    def test_a_question_that_is_not_taken_lets_nobody_in(self):
        class Deaf(Crstate):
            def challenge_post_auth(self, authret, text, echo=False):
                pass

        class Broken(Crstate):
            def challenge_post_auth(self, authret, text, echo=False):
                raise RuntimeError("no")

        class Endless(Crstate):
            def __init__(self):
                super().__init__()
                self["vestibule_state_id"] = "s1"

            def expire(self):
                raise RuntimeError("no")

        for answer, crstate in [(challenge(), Deaf()), (challenge(), Broken()), (allow(), Endless())]:
            with Host([answer]) as host, contextlib.redirect_stdout(io.StringIO()):
                given = login()
                returned = self.server(host.url).script["post_auth_cr"](
                    given.authcred, given.attributes, Authret(given.authret), given.info, crstate
                )
            self.assertEqual(returned["status"], FAIL)


class Loading(unittest.TestCase):
    def test_one_entry_point_is_there_and_switches_are_as_set(self):
        script = loaded({})
        self.assertIn("post_auth_cr", script)
        for name in ("post_auth", "x509_track", "STATIC_CHALLENGE", "STATIC_CHALLENGE_ECHO"):
            self.assertNotIn(name, script)
        for name in ("SYNCHRONOUS", "GROUP_SELECT", "AUTH_NULL", "RETAIN_PASSWORD"):
            self.assertIs(script[name], False)

        script = loaded({"CHALLENGES": False, "X509_TRACK": ["CN", "+sha1"], "STATIC_CHALLENGE": "Code?"})
        self.assertIn("post_auth", script)
        self.assertNotIn("post_auth_cr", script)
        self.assertEqual(script["x509_track"](), ["CN", "+sha1"])
        self.assertEqual((script["STATIC_CHALLENGE"], script["STATIC_CHALLENGE_ECHO"]), ("Code?", False))

    def test_a_script_with_wrong_settings_loads_and_fails_every_login(self):
        wrong = [
            ("HOST", "http://host.example.com"),
            ("HOST", "https://user:secret@host.example.com"),
            ("HOST", "https://host.example.com/path"),
            ("HOST", "https://host.example.com:port"),
            ("HOST", "https://"),
            ("HOST", "unix:relative.sock"),
            ("HOST", ""),
            ("HOST", None),
            ("HOST", 7),
            ("TENANT", ""),
            ("TENANT", ".."),
            ("TENANT", None),
            ("DEADLINE_SECONDS", 0),
            ("DEADLINE_SECONDS", -1),
            ("DEADLINE_SECONDS", "8"),
            ("DEADLINE_SECONDS", 1e9),
            ("DEADLINE_SECONDS", None),
            ("TOKEN", "two words"),
            ("TOKEN", "with\nline"),
            ("TOKEN", b"octets"),
            ("TOKEN_FILE", "/nowhere/token"),
            ("TOKEN_FILE", "/dev/null"),
            ("TOKEN_FILE", None),
            ("WITHHOLD", None),
            ("VERIFIED_METHODS", None),
            ("CA_FILE", "/nowhere/ca.pem"),
            ("CA_FILE", "/etc/passwd"),
        ]
        for name, value in wrong:
            with self.subTest(name=name, value=value):
                settings = {"TOKEN": TOKEN, "HOST": "https://localhost:1", "AUTH_NULL": True}
                if name == "TOKEN_FILE":
                    settings["TOKEN"] = ""
                result = AccessServer(**dict(settings, **{name: value})).log_in(login())
                self.assertIsNone(result.exception)
                self.assertEqual((result.outcome, result.authret["client_reason"]), ("deny", NEUTRAL))
                self.assertNotIn("secret", result.log)


# ---- The directory --------------------------------------------------------------------------------------------------


class Directories(Case):
    def searches(self, queries, entries=ENTRIES, **settings):
        """What the host is answered to these searches, in every generation the same."""
        told = []
        for generation in GENERATIONS:
            given = login("ldap", entries, generation)
            result, requests = self.logs_in(list(queries) + [allow("Jane.User")], given, **settings)
            self.assertEqual(result.outcome, "allow", result.log)
            self.assertTrue(result.info["ldap_context"].left.wait(5))
            told.append([request.body for request in requests[1:]])
        return told

    def test_searches_are_served_in_all_generations(self):
        queries = [
            search("(uid=jane.user)", "c/1", attributes=["MEMBEROF", "none"]),
            search("(&(uid=*)(!(uid=max)))", "c2", base=PEOPLE, scope="one-level", attributes=["mail", "uid"]),
            search("(objectClass=*)", "c3", base="uid=max," + PEOPLE, scope="base"),
        ]
        for answers in self.searches(queries):
            groups = {"name": "MEMBEROF", "values": ["cn=Zürich,dc=example,dc=com", "cn=vpn,dc=example,dc=com"]}
            self.assertEqual(answers[0], {"entries": [{"dn": "uid=Jane.User," + PEOPLE, "attributes": [groups]}]})
            mail, uid = {"name": "mail", "values": ["jane@example.com"]}, {"name": "uid", "values": ["Jane.User"]}
            self.assertEqual(answers[1], {"entries": [{"dn": "uid=Jane.User," + PEOPLE, "attributes": [mail, uid]}]})
            self.assertEqual(answers[2], {"entries": []})

    def test_continuations_are_asked_where_the_host_says(self):
        given = login("ldap", ENTRIES)
        _, requests = self.logs_in([search("(uid=max)", "c/1"), search("(uid=max)", "c2"), allow()], given, TENANT="t")
        self.assertEqual(requests[1].line, "POST /v1/tenants/t/post-auth/c%2F1 HTTP/1.1")
        self.assertEqual(requests[2].line, "POST /v1/tenants/t/post-auth/c2 HTTP/1.1")
        self.assertEqual(requests[2].headers["authorization"], "Bearer " + TOKEN)
        self.assertNotIn("idempotency-key", requests[1].headers)

    def test_octets_that_are_no_text_arrive_as_octets(self):
        for generation in ("ldap3", "python-ldap"):
            given = login("ldap", ENTRIES, generation)
            query = search("(uid=max)", attributes=["jpegPhoto"])
            _, requests = self.logs_in([query, allow()], given)
            photo = {"name": "jpegPhoto", "values": [{"octets": "/9j/4A=="}]}
            self.assertEqual(requests[1].body["entries"][0]["attributes"], [photo])

    def test_no_attributes_are_names_alone(self):
        for answers in self.searches([search("(uid=max)", attributes=[])]):
            self.assertEqual(answers[0], {"entries": [{"dn": "uid=max," + PEOPLE, "attributes": []}]})

    def test_a_search_for_names_does_not_fetch_all_attributes(self):
        asked = []

        class Noting(Ldap3Connection):
            def search(self, *arguments, **options):
                asked.append(options["attributes"])
                return super().search(*arguments, **options)

        given = login("ldap", ENTRIES)
        given.info["ldap_context"].opened = Noting
        self.logs_in([search("(uid=max)", attributes=[]), search("(uid=max)", attributes=["*"]), allow()], given)
        self.assertEqual(asked, [["1.1"], ["1.1"]])

    def test_a_base_that_is_not_there_has_nothing_below(self):
        for answers in self.searches([search("(uid=max)", base="ou=none,dc=example,dc=com")]):
            self.assertEqual(answers[0], {"entries": []})

    def test_names_that_no_attribute_has_are_not_looked_up(self):
        odd = ["__class__", "entry_dn", "*", "+", "a b", "", "_entry", "uid;"]
        for answers in self.searches([search("(uid=max)", attributes=odd)]):
            self.assertEqual(answers[0], {"entries": [{"dn": "uid=max," + PEOPLE, "attributes": []}]})

    def test_a_search_that_fails_is_told_to_the_host(self):
        for answers in self.searches([search("(uid=a(b)")]):
            self.assertEqual(list(answers[0]), ["error"])
            self.assertIn("ValueError", answers[0]["error"]["unavailable"])

    def test_too_many_entries_are_none(self):
        many = [("uid=u{},dc=example,dc=com".format(n), {"uid": [b"u"]}) for n in range(1001)]
        large = [("uid=u,dc=example,dc=com", {"uid": [b"u"], "memberOf": [b"x" * 1200000]})]
        for entries, text in [(many, "more than 1000 entries"), (large, "more than 1048576 bytes")]:
            for answers in self.searches([search("(uid=u)")], entries):
                self.assertIn(text, answers[0]["error"]["unavailable"])

    def test_nothing_found_is_told_from_a_failed_search(self):
        class Failing(Ldap3Connection):
            def search(self, *_, **__):
                self.result = {"result": 51, "description": "busy"}
                return False

        class Silent(Ldap3Connection):
            def search(self, *_, **__):
                return False

        for kind, text in [(Failing, "LDAP result 51: busy"), (Silent, "does not say")]:
            given = login("ldap", ENTRIES)
            given.info["ldap_context"].opened = kind
            _, requests = self.logs_in([search("(uid=max)"), allow()], given)
            self.assertIn(text, requests[1].body["error"]["unavailable"])

    def test_a_value_that_the_library_has_changed_is_not_guessed_back(self):
        class Dated(GENERATIONS["plain-ldap3"]):
            def search(self, *args, **options):
                super().search(*args, **options)
                self.entries = [type("Entry", (), {"entry_dn": "uid=x", "memberOf": type("A", (), {"value": 1.5})})()]
                return True

        given = login("ldap", ENTRIES)
        given.info["ldap_context"].opened = Dated
        _, requests = self.logs_in([search("(uid=max)"), allow()], given)
        self.assertIn("`memberOf` has a value of type float", requests[1].body["error"]["unavailable"])

    def test_a_directory_that_is_down_is_told_to_the_host_each_time(self):
        def refuses(_):
            raise ConnectionError("nobody there")

        given = login("ldap")
        given.info["ldap_context"].opened = refuses
        _, requests = self.logs_in([search("(uid=max)"), search("(uid=max)", "c2"), deny()], given)
        for request in requests[1:]:
            self.assertIn("nobody there", request.body["error"]["unavailable"])

    def test_a_context_that_is_none_is_told_to_the_host(self):
        given = login("ldap")
        given.info["ldap_context"] = object()
        _, requests = self.logs_in([search("(uid=max)"), deny()], given)
        self.assertIn("error", requests[1].body)

    def test_a_directory_that_hangs_fails_in_time(self):
        released = threading.Event()
        self.addCleanup(released.set)

        def hangs(_):
            released.wait(20)

        given = login("ldap")
        given.info["ldap_context"].opened = hangs
        began = time.monotonic()
        result, _ = self.logs_in([search("(uid=max)")], given)
        self.assertLess(time.monotonic() - began, DEADLINE + SLACK)
        self.assert_fails(result, "the directory did not answer within 1.0 s")

    def test_the_context_is_left_when_the_login_fails(self):
        given = login("ldap", ENTRIES)
        result, _ = self.logs_in([search("(uid=max)"), resets], given)
        self.assert_fails(result)
        self.assertTrue(result.info["ldap_context"].left.wait(5))

    def test_searches_come_to_an_end(self):
        given = login("ldap", ENTRIES)
        result, requests = self.logs_in([search("(uid=max)")] * 65, given, DEADLINE_SECONDS=20)
        self.assert_fails(result, "more than 64 times")
        self.assertEqual(len(requests), 65)

        result, requests = self.logs_in([search("(uid=max)")] * 64 + [allow("Jane.User")], given, DEADLINE_SECONDS=20)
        self.assertEqual(result.outcome, "allow")

    def test_one_deadline_holds_for_all_rounds(self):
        def slowly(connection, stopped):
            stopped.wait(0.3)
            connection.sendall(response(search("(uid=max)")))

        given = login("ldap", ENTRIES)
        began = time.monotonic()
        with Host([slowly] * 20) as host:
            result = self.server(host.url).log_in(given)
            self.assertLess(time.monotonic() - began, DEADLINE + SLACK)
        self.assert_fails(result, "within 1.0 s")

    def test_a_search_that_the_contract_does_not_have_fails(self):
        good = search("(uid=x)")
        wrong = [
            without(good, "search"),
            without(good, "search", "query"),
            without(good, "search", "continuation"),
            changed(good, "search", "continuation", ".."),
            changed(good, "search", "continuation", ""),
            changed(good, "search", "continuation", 7),
            changed(good, "search", "query", "scope", "children"),
            changed(good, "search", "query", "filter", None),
            changed(good, "search", "query", "base", None),
            changed(good, "search", "query", "attributes", "memberOf"),
            changed(good, "search", "query", "attributes", [7]),
        ]
        for answer in wrong:
            with self.subTest(answer=answer):
                self.assert_fails(self.logs_in([answer], login("ldap", ENTRIES))[0])


# ---- The transport --------------------------------------------------------------------------------------------------


OK = b"HTTP/1.1 200 OK\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
TOO_LARGE = "more than 2097152 bytes"
FAILURES = {
    "nothing": (sends(b""), "no HTTP"),
    "a reset": (resets, ""),
    "silence": (waits, "within 1.0 s"),
    "garbage": (sends(b"\x00\xff" * 5000), "no HTTP"),
    "garbage with lines": (sends(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), "no HTTP"),
    "an endless line": (trickles(OK + b"X: ", b"x" * 65536, 0), ""),
    "a trickling status": (trickles(b"", b"H"), "within 1.0 s"),
    "a trickling head": (trickles(OK, b"X: y\r\n"), ""),
    "a trickling head of one byte": (trickles(OK + b"X: ", b"y"), "within 1.0 s"),
    "endless heads": (trickles(OK, b"X: y\r\n" * 4096, 0), "no HTTP"),
    "endless extensions of a chunk": (trickles(CHUNKED + b"1;", b"x" * 65536, 0), ""),
    "endless trailers": (trickles(CHUNKED + b"0\r\n", b"X: y\r\n" * 4096, 0), ""),
    "a chunk announced as huge": (sends(CHUNKED + b"ffffffffffff\r\n "), ""),
    "a chunk of less than nothing": (trickles(CHUNKED + b"-1\r\n", b" " * 65536, 0), ""),
    "chunks of one byte": (trickles(CHUNKED, b"1\r\n \r\n" * 8192, 0), ""),
    "a length of less than nothing": (sends(OK + b"Content-Length: -1\r\n\r\n" + b" " * 10), "no JSON object"),
    "a trickling body": (trickles(OK + b"Content-Length: 9999\r\n\r\n{", b" "), "within 1.0 s"),
    "trickling chunks": (trickles(CHUNKED, b"1\r\n \r\n"), "within 1.0 s"),
    "trickling interim responses": (trickles(b"", INTERIM), "within 1.0 s"),
    "a flood of interim responses": (trickles(b"", INTERIM * 4096, 0), TOO_LARGE),
    "a body announced as huge": (sends(OK + b"Content-Length: 2097153\r\n\r\n"), TOO_LARGE),
    "an endless body": (trickles(OK + b"\r\n", b" " * 65536, 0), TOO_LARGE),
    "endless chunks": (trickles(CHUNKED, b"8000\r\n" + b" " * 32768 + b"\r\n", 0), TOO_LARGE),
    "a body too large by one byte": (sends(chunked([b" " * 65536] * 32 + [b" "])), TOO_LARGE),
    "a body that breaks off": (sends(response(allow()).replace(b"Length: ", b"Length: 9")), "breaks off"),
    "chunks that break off": (sends(chunked([json.dumps(allow()).encode()])[:-7]), "no HTTP"),
    "no body": (answers(b""), "no JSON object"),
    "no JSON": (answers(b"<html>"), "no JSON object"),
    "no UTF-8": (answers(b'{"decision": "\xff"}'), "no JSON object"),
    "half of the JSON": (answers(json.dumps(allow()).encode()[:-1]), "no JSON object"),
    "two objects": (answers(json.dumps(allow()).encode() * 2), "no JSON object"),
    "a name twice": (answers(b'{"decision": "deny", ' + json.dumps(allow()).encode()[1:]), "no JSON object"),
    "a list": (answers([allow()]), "no JSON object"),
    "a text": (answers("allow"), "no JSON object"),
    "true": (answers(True), "no JSON object"),
    "null": (answers(None), "no JSON object"),
    "a number too long by one digit": (
        answers(b'{"id": ' + b"1" * 33 + b", " + json.dumps(allow()).encode()[1:]),
        "no JSON object",
    ),
    "a fraction too long": (answers(b"[0." + b"1" * 31 + b"]"), "no JSON object"),
    "nested too deep": (answers(b"[" * 200000), "no JSON object"),
    "201": (answers(allow(), status="201 Created"), "status 201"),
    "204": (sends(b"HTTP/1.1 204 No Content\r\n\r\n"), "status 204"),
    "302": (sends(b"HTTP/1.1 302 Found\r\nLocation: http://localhost/\r\nContent-Length: 0\r\n\r\n"), "status 302"),
    "401": (problem("401 Unauthorized", "unauthorized", "no such token"), "status 401: unauthorized: no such token"),
    "403 that allows": (answers(allow(), status="403 Forbidden"), "status 403"),
    "500 without a problem": (answers(b"oops", status="500 Internal Server Error", kind="text/plain"), "status 500"),
    "503": (problem("503 Service Unavailable", "overloaded", "try later"), "status 503: overloaded: try later"),
    "a problem of wrong types": (answers({"code": 7, "detail": []}, status="500 No"), "status 500"),
}


class Transport(Case):
    def fails_in_time(self, host, text, **settings):
        began = time.monotonic()
        result = self.server(host, **settings).log_in(login())
        self.assertLess(time.monotonic() - began, DEADLINE + SLACK)
        self.assert_fails(result, text)
        self.assertNotIn(TOKEN, result.log + repr(result.authret))
        return result

    def test_every_failure_is_a_failed_login_in_time(self):
        for name, (behaviour, text) in FAILURES.items():
            with self.subTest(name), Host([behaviour]) as host:
                self.fails_in_time(host.url, text)

    def test_the_largest_body_is_read(self):
        body = json.dumps(allow()).encode()
        body += b" " * (2 * 1024 * 1024 - len(body))
        for octets in (response(body), chunked([body[i : i + 65536] for i in range(0, len(body), 65536)])):
            self.assertEqual(self.logs_in([sends(octets)])[0].outcome, "allow")

    def test_a_host_that_is_not_there_fails(self):
        self.fails_in_time("unix:" + str(self.folder / "none.sock"), "No such file")
        (self.folder / "file").write_text("")
        self.fails_in_time("unix:" + str(self.folder / "file"), "Connection refused")
        self.fails_in_time("unix:/" + "x" * 200, "")

    def test_a_socket_that_nobody_accepts_fails_in_time(self):
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as listener:
            listener.bind(str(self.folder / "full.sock"))
            listener.listen(0)
            waiting = [socket.socket(socket.AF_UNIX) for _ in range(4)]
            for other in waiting:
                self.addCleanup(other.close)
                other.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    other.connect(str(self.folder / "full.sock"))
            self.fails_in_time("unix:" + str(self.folder / "full.sock"), "within 1.0 s")

    def test_a_large_request_is_not_waited_for_longer(self):
        def reads_nothing():
            connection, _ = listener.accept()
            self.addCleanup(connection.close)

        given = login()
        given.attributes["client_info"]["UV_LARGE"] = "x" * 8000000
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as listener:
            listener.bind(str(self.folder / "deaf.sock"))
            listener.listen(1)
            threading.Thread(target=reads_nothing, daemon=True).start()
            began = time.monotonic()
            result = self.server("unix:" + str(self.folder / "deaf.sock")).log_in(given)
            self.assertLess(time.monotonic() - began, DEADLINE + SLACK)
            self.assert_fails(result, "within 1.0 s")

    @unittest.skipUnless(os.geteuid() == 0, "only root can be somebody else")
    def test_a_socket_of_somebody_else_is_not_told_anything(self):
        self.folder.chmod(0o755)
        os.chown(str(self.folder), 65534, 65534)
        path = self.folder / "theirs.sock"
        program = (
            "import os, socket, sys; os.setuid(65534); s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]);"
            "s.listen(1); print(flush=True); c, _ = s.accept(); c.settimeout(3); print(len(c.recv(9)), flush=True)"
        )
        # The path itself may belong to root: who listens is what counts.
        for user, text in [("vestibule", "served by user 65534"), (65534, None)]:
            child = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE)
            with child:
                child.stdout.readline()
                os.chown(str(path), 0, 0)
                result = self.server("unix:" + str(path), HOST_USER=user).log_in(login())
                received = int(child.stdout.readline())
            path.unlink()
            if text:
                self.assert_fails(result, text)
            self.assertEqual(received, 0 if text else 9)

    def test_a_token_that_everybody_can_read_is_mentioned(self):
        self.token_file.chmod(0o644)
        self.assertIn("everybody", self.logs_in([allow()])[0].log)


class Tls(Transport):
    @classmethod
    def setUpClass(cls):
        cls.keys = tempfile.mkdtemp()
        cls.good = cls.certificate("good", "localhost")
        cls.other_name = cls.certificate("other", "elsewhere.example.com")
        cls.stranger = cls.certificate("stranger", "localhost")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.keys)

    @classmethod
    def certificate(cls, name, host):
        path = os.path.join(cls.keys, name)
        settings = path + ".cnf"
        with open(settings, "w") as file:
            file.write(
                "[req]\nprompt=no\ndistinguished_name=name\nx509_extensions=more\n[name]\nCN={0}\n[more]\n"
                "subjectAltName=DNS:{0}\nbasicConstraints=critical,CA:true\n".format(host)
            )
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-config", settings]
        subprocess.run(
            command + ["-keyout", path + ".key", "-out", path + ".pem"],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return path

    def host(self, answers, path=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if hasattr(ssl, "PROTOCOL_TLS_SERVER") else ssl.PROTOCOL_TLS)
        path = path or self.good
        context.load_cert_chain(path + ".pem", path + ".key")
        return Host(answers, socket.AF_INET, context)

    def logs_in(self, answers, given=None, replies=(), **settings):
        with self.host(answers) as host:
            result = self.server(host.url, CA_FILE=self.good + ".pem", **settings).log_in(given or login(), replies)
        return result, host.requests

    def test_every_failure_is_a_failed_login_in_time(self):
        for name, (behaviour, text) in FAILURES.items():
            # What a reset looks like under TLS is OpenSSL's affair.
            with self.subTest(name), self.host([behaviour]) as host:
                self.fails_in_time(host.url, text, CA_FILE=self.good + ".pem")

    def test_a_host_is_asked_over_tls(self):
        result, [request] = self.logs_in([allow(proplist={"conn_group": "staff"})])
        self.assertEqual((result.outcome, result.authret["proplist"]), ("allow", {"conn_group": "staff"}))
        self.assertTrue(request.headers["host"].startswith("localhost:"))

    def test_a_certificate_of_nobody_known_is_refused(self):
        good, other = self.good + ".pem", self.other_name + ".pem"
        for path, trusted in [(self.stranger, good), (self.good, ""), (self.other_name, other)]:
            with self.host([allow()], path) as host:
                self.fails_in_time(host.url, "certificate is refused", CA_FILE=trusted)
            self.assertEqual(host.requests, [])

    def test_a_host_without_tls_is_told_nothing(self):
        with Host([allow()], socket.AF_INET) as host:
            self.fails_in_time(host.url, "", CA_FILE=self.good + ".pem")
        self.assertEqual(host.requests, [])

    def test_a_handshake_that_takes_too_long_fails(self):
        with contextlib.closing(socket.socket()) as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
            url = "https://localhost:{}".format(listener.getsockname()[1])
            self.fails_in_time(url, "within 1.0 s", CA_FILE=self.good + ".pem")

    def test_nobody_listening_fails(self):
        with contextlib.closing(socket.socket()) as unused:
            unused.bind(("127.0.0.1", 0))
            url = "https://localhost:{}".format(unused.getsockname()[1])
            self.fails_in_time(url, "Connection refused", CA_FILE=self.good + ".pem")

    def test_a_name_that_nobody_has_fails(self):
        self.fails_in_time("https://nowhere.invalid", "", CA_FILE=self.good + ".pem")

    def test_a_look_up_that_hangs_fails_in_time(self):
        released = threading.Event()
        self.addCleanup(released.set)
        server = self.server("https://localhost:1", CA_FILE=self.good + ".pem")
        real, slow = socket.getaddrinfo, lambda *_: released.wait(20)
        socket.getaddrinfo = slow
        try:
            began = time.monotonic()
            result = server.log_in(login())
        finally:
            socket.getaddrinfo = real
        self.assertLess(time.monotonic() - began, DEADLINE + SLACK)
        self.assert_fails(result, "within 1.0 s")

    def test_the_second_address_is_tried(self):
        with self.host([allow()]) as host:
            port = int(host.url.rsplit(":", 1)[1])
            server = self.server(host.url, CA_FILE=self.good + ".pem")
            real = socket.getaddrinfo
            # Linux lets a full queue's next connection wait, as an address that leads nowhere would.
            silent = socket.socket()
            self.addCleanup(silent.close)
            silent.bind(("127.0.0.1", 0))
            silent.listen(0)
            for _ in range(4):
                waiting = socket.socket()
                self.addCleanup(waiting.close)
                waiting.setblocking(False)
                waiting.connect_ex(silent.getsockname())
            addresses = [silent.getsockname(), ("127.0.0.1", port)]
            found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]
            socket.getaddrinfo = lambda *_: found
            try:
                result = server.log_in(login())
            finally:
                socket.getaddrinfo = real
        self.assertEqual(result.outcome, "allow")


# ---- Secrets --------------------------------------------------------------------------------------------------------


class Secrets(Case):
    SECRETS = [TOKEN, "correct horse", "one-time 4711", "static 0815", "c2Vzc2lvbiBzZWNyZXQ="]

    def given(self):
        given = login()
        given.authcred.update(password=self.SECRETS[1], static_response=self.SECRETS[3])
        given.state = {"vestibule": self.SECRETS[4]}
        return given

    def test_secrets_are_not_printed_whatever_the_host_says(self):
        echo = " ".join(self.SECRETS)
        ends = [
            allow(),
            deny("denied", reason=echo, client_reason=echo),
            changed(deny(), "cause", echo),
            changed(allow(), "id", echo),
            problem("500 No", echo, echo),
            answers(echo.encode()),
            sends(echo.encode()),
            resets,
        ]
        # The second round hands in neither the password nor the static response, and cannot know them.
        rounds = [([], [0, 1, 3, 4]), ([challenge()], [0, 2, 4])]
        for end in ends:
            for before, known in rounds:
                result, _ = self.logs_in(
                    before + [end], self.given(), [self.SECRETS[2]], RETAIN_PASSWORD=True, STATIC_CHALLENGE="Code?"
                )
                printed = result.log + repr([result.authret.get(name) for name in ("reason", "client_reason")])
                for index in known:
                    self.assertNotIn(self.SECRETS[index], printed)

    def test_an_unexpected_error_is_named_without_its_text(self):
        class Telltale(Crstate):
            def get(self, key, default=None):
                raise RuntimeError("correct horse")

        with Host([]) as host, contextlib.redirect_stdout(io.StringIO()) as printed:
            given = self.given()
            authret = self.server(host.url).script["post_auth_cr"](
                given.authcred, given.attributes, Authret(given.authret), given.info, Telltale()
            )
        self.assertEqual(authret["status"], FAIL)
        self.assertRegex(authret["reason"], "^unexpected: RuntimeError at line [0-9]+ of the script$")
        self.assertNotIn("correct horse", printed.getvalue())

    def test_secrets_are_in_no_repr(self):
        script = loaded({"TOKEN": ""})
        call = script["Call"]()
        call.hide("correct horse")
        self.assertNotIn("correct horse", repr(call) + repr(script["Wire"](call, None)))

    def test_a_secret_is_hidden_wherever_it_overlaps_and_ends(self):
        call = loaded({})["Call"]()
        for secret in ("sk_live_", "sk_live_4eC39", "39Hq-tail", "abc", "x" * 3000):
            call.hide(secret)
        self.assertEqual(call.clean("key sk_live_4eC39Hq-tail!", 99), "key ***!")
        self.assertEqual(call.clean("abc", 99), "abc")
        self.assertEqual(call.clean("y" * 390 + "x" * 3000, 100), "y" * 100)
        self.assertEqual(call.clean("x" * 3000 + "y" * 3000, 100)[:4], "***")

    def test_a_log_that_cannot_be_written_changes_nothing(self):
        class Closed(io.StringIO):
            def write(self, _):
                raise OSError("no space")

        for answer, status in [(allow(), SUCCEED), (deny(), FAIL)]:
            with Host([answer]) as host, contextlib.redirect_stdout(Closed()):
                given = login()
                authret = self.server(host.url).script["post_auth_cr"](
                    given.authcred, given.attributes, Authret(given.authret), given.info, Crstate()
                )
            self.assertEqual(authret["status"], status)


# ---- Many at once, and from the command line ------------------------------------------------------------------------


class Together(Case):
    def test_logins_do_not_mix(self):
        """Each answer names the user who asked."""

        class Echo(Host):
            def answer(self, connection):
                self.answers = [None]
                self.answers[0] = lambda c, _: c.sendall(response(allow(self.requests[-1].body["authret"]["user"])))
                super().answer(connection)

        with Echo([]) as host:
            server = self.server(host.url, DEADLINE_SECONDS=20)
            users = ["user{}".format(number) for number in range(40)]
            got = {}

            def log_in(user):
                given = login()
                authret = Authret(given.authret, user=user)
                got[user] = server.script["post_auth_cr"](
                    given.authcred, given.attributes, authret, given.info, Crstate()
                )

            with contextlib.redirect_stdout(io.StringIO()):
                threads = [threading.Thread(target=log_in, args=(user,)) for user in users]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
        self.assertEqual({user: authret["user"] for user, authret in got.items()}, {user: user for user in users})
        self.assertEqual({authret["status"] for authret in got.values()}, {SUCCEED})


class CommandLine(Case):
    def run_stand_in(self, host, *more):
        program = str(pathlib.Path(__file__).with_name("stand_in.py"))
        command = [sys.executable, program, "--host", host, "--tenant", "default", "--token-file", str(self.token_file)]
        finished = subprocess.run(command + list(more), stdout=subprocess.PIPE, check=True, universal_newlines=True)
        [line] = finished.stdout.splitlines()
        return json.loads(line)

    def test_a_whole_login_is_one_line_of_json(self):
        with Host([challenge(), allow(proplist={"conn_group": "staff"}, proplist_save={"a": "b"})]) as host:
            told = self.run_stand_in(host.url, "--login", str(LOGINS / "laptop.json"), "--answer", "123456")
        self.assertEqual((told["outcome"], told["status"], told["exception"]), ("allow", "succeed", None))
        self.assertEqual(told["challenges"], [{"text": "Your code:", "echo": True}])
        self.assertEqual((told["proplist"], told["proplist_save"]), ({"conn_group": "staff"}, {"a": "b"}))
        self.assertEqual(host.requests[1].body["crstate"]["response"], "123456")

    def test_entries_are_searched(self):
        entries = self.folder / "entries.json"
        held = [{"name": "uid", "values": ["max", {"octets": "/w=="}]}]
        entries.write_text(json.dumps([{"dn": "uid=max,dc=example,dc=com", "attributes": held}]))
        for generation in sorted(GENERATIONS):
            with Host([search("(uid=max)"), deny()]) as host:
                told = self.run_stand_in(
                    host.url, "--login", str(LOGINS / "ldap.json"), "--entries", str(entries), "--ldap", generation
                )
            self.assertEqual((told["outcome"], told["reason"]), ("deny", "denied"))
            self.assertEqual(len(host.requests[1].body["entries"]), 1)

    def test_settings_can_be_given(self):
        with Host([allow()]) as host:
            self.run_stand_in(host.url, "--login", str(LOGINS / "laptop.json"), "--set", "AUTH_NULL=True")
        self.assertEqual(host.requests[0].body["info"]["auth_method"], "none")


if __name__ == "__main__":
    unittest.main()
