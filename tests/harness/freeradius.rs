//! A FreeRADIUS in a temporary directory, on a port of its own.

use std::process::Command;
use std::sync::OnceLock;

use vestibule_directory::RadiusSettings;
use vestibule_domain::Secret;

use super::keeper::Keeper;

pub(crate) const RADIUS_SECRET: &str = "a shared secret";

const KEEPER: &str = r#"
set -eu
PATH=$PATH:/usr/sbin
home=$(mktemp -d -t vestibule-freeradius-XXXXXX)
trap 'stop; rm -rf "$home"' EXIT
trap '' INT
stop() { [ -z "${pid:-}" ] || { kill -9 "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; }; }
cd "$home"
echo '$INCLUDE /usr/share/freeradius/dictionary' > dictionary
printf '%s\n' "$USERS" > users
sed "s|@HOME@|$home|g; s|@PORT@|$PORT|g" > radiusd.conf <<CONF
$CONF
CONF
freeradius -d "$home" -f -l "$home/log" </dev/null >/dev/null 2>&1 &
pid=$!
echo "$home"
while read -r verb; do echo "$verb"; done
"#;

const CONF: &str = "\
libdir = /usr/lib/freeradius
localstatedir = @HOME@
logdir = @HOME@
run_dir = @HOME@
security {
  reject_delay = 0
  allow_vulnerable_openssl = yes
}
modules {
  pap {
  }
  files {
    filename = @HOME@/users
  }
}
client here {
  ipaddr = 127.0.0.1
  secret = \"a shared secret\"
  require_message_authenticator = yes
}
server default {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = @PORT@
  }
  authorize {
    files
    pap
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
  }
  post-auth {
    update reply {
      Message-Authenticator := 0x00
    }
    Post-Auth-Type REJECT {
      update reply {
        Message-Authenticator := 0x00
      }
    }
    Post-Auth-Type Challenge {
      update reply {
        Message-Authenticator := 0x00
      }
    }
  }
}
";

fn users() -> String {
    let long = "x".repeat(128);
    format!(
        "\
joe Cleartext-Password := \"correct horse\"
    User-Name := \"Joe.User\",
    Service-Type := Framed-User,
    Framed-IP-Address := 10.1.2.3,
    Framed-Pool := \"staff\",
    Class := 0x010203,
    Cisco-AVPair += \"a=1\",
    Cisco-AVPair += \"b=2\",
    Reply-Message := \"Welcome\"

ann Cleartext-Password := \"correct horse\"

short16 Cleartext-Password := \"0123456789abcdef\"

long17 Cleartext-Password := \"0123456789abcdefg\"

long128 Cleartext-Password := \"{long}\"

umlaut Cleartext-Password := \"p\u{e4}ssw\u{f6}rd\"

barred Auth-Type := Reject
    Reply-Message := \"Not today\"

asked Cleartext-Password := \"correct horse\", Response-Packet-Type := Access-Challenge
    Reply-Message := \"Your code?\",
    State := 0x01
"
    )
}

/// A running server.
pub(crate) struct FreeRadius {
    _keeper: Keeper,
    pub(crate) port: u16,
}

impl FreeRadius {
    /// The server that all tests of a run share; it remembers nothing.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<FreeRadius> = OnceLock::new();
        SHARED.get_or_init(|| {
            let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let (number, users) = (port.to_string(), users());
            let environment = [("CONF", CONF), ("USERS", &users), ("PORT", &number)];
            let keeper = Keeper::start(Command::new("sh"), KEEPER, &environment);
            let server = FreeRadius { _keeper: keeper, port };
            server.serves();
            server
        })
    }

    pub(crate) fn settings(&self) -> RadiusSettings {
        radius_settings(self.port)
    }

    /// Waits until something answers.
    fn serves(&self) {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(("127.0.0.1", self.port)).unwrap();
        // Where nothing listens, the kernel says so, and the next call on the socket fails.
        loop {
            assert!(std::time::Instant::now() < end, "FreeRADIUS does not listen");
            let sent = socket.send(b"is anybody there?");
            std::thread::sleep(std::time::Duration::from_millis(20));
            if sent.is_ok() && socket.take_error().is_ok_and(|error| error.is_none()) {
                return;
            }
        }
    }
}

pub(crate) fn radius_settings(port: u16) -> RadiusSettings {
    RadiusSettings {
        servers: vec![format!("127.0.0.1:{port}")],
        secret: Secret::new(RADIUS_SECRET),
        timeout_ms: 1_000,
        ..RadiusSettings::default()
    }
}
