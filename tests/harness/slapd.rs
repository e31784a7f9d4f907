//! A slapd in a temporary directory, on ports of its own.

use std::net::TcpListener;
use std::process::Command;
use std::sync::OnceLock;

use vestibule_directory::LdapSettings;
use vestibule_domain::Secret;

use super::keeper::Keeper;

/// The password of the service account.
pub(crate) const SERVICE_PASSWORD: &str = "service horse";

/// Runs the server until its standard input ends, and does to it what it reads there. A certificate is made by `openssl`.
const KEEPER: &str = r#"
set -eu
PATH=$PATH:/usr/sbin:/usr/lib/openldap
home=$(mktemp -d -t vestibule-slapd-XXXXXX)
trap 'stop; rm -rf "$home"' EXIT
trap '' INT
stop() { [ -z "${pid:-}" ] || { kill -9 "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; }; }
start() { slapd -d 0 -f "$home/slapd.conf" -h "ldap://127.0.0.1:$PORT ldaps://127.0.0.1:$TLS_PORT" & pid=$!; }
cd "$home"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=localhost" \
  -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" -addext "basicConstraints=critical,CA:FALSE" \
  -keyout key.pem -out cert.pem 2>/dev/null
mkdir data
sed "s|@HOME@|$home|g" > slapd.conf <<CONF
$CONF
CONF
slapadd -f slapd.conf -l /dev/stdin <<LDIF
$LDIF
LDIF
start
echo "$home"
while read -r verb; do
  case $verb in stop) stop; pid= ;; start) start ;; pause) kill -STOP "$pid" ;; esac
  echo "$verb"
done
"#;

const CONF: &str = "\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
TLSCertificateFile @HOME@/cert.pem
TLSCertificateKeyFile @HOME@/key.pem
database mdb
maxsize 16777216
suffix dc=example,dc=com
directory @HOME@/data
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact=cn=service,dc=example,dc=com read by self read by * none
";

fn ldif() -> String {
    let mut ldif = format!(
        "dn: dc=example,dc=com
objectClass: organization
objectClass: dcObject
o: example
dc: example

dn: cn=service,dc=example,dc=com
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: service
userPassword: {SERVICE_PASSWORD}

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn: ou=other,dc=example,dc=com
objectClass: organizationalUnit
ou: other

dn: ou=groups,dc=example,dc=com
objectClass: organizationalUnit
ou: groups

dn: cn=staff,ou=groups,dc=example,dc=com
objectClass: groupOfNames
cn: staff
member: uid=Joe.User,ou=people,dc=example,dc=com
"
    );
    let people = [
        ("Joe.User", "people"),
        ("ann", "people"),
        ("twin", "people"),
        ("twin", "other"),
        ("star*)(uid=ann", "people"),
        ("back\\slash, comma", "people"),
    ];
    for (uid, unit) in people {
        let place = ldap_value(uid);
        // What the overlay keeps while the server runs; this is put there before it does.
        let more = match uid {
            "Joe.User" => "memberOf: cn=staff,ou=groups,dc=example,dc=com\n",
            "ann" => "uid: Ann.Other\nuid: A.Other\n",
            _ => "",
        };
        ldif += &format!(
            "
dn: uid={place},ou={unit},dc=example,dc=com
objectClass: inetOrgPerson
uid: {uid}
cn: {uid}
sn: {uid}
userPassword: correct horse
jpegPhoto:: /9j/4A==
{more}"
        );
    }
    ldif
}

/// A value in a distinguished name, by hand: what is tested should not test itself.
fn ldap_value(value: &str) -> String {
    value
        .chars()
        .flat_map(|c| {
            if ",\\+*()=".contains(c) { format!("\\{:02x}", c as u32) } else { c.to_string() }
                .chars()
                .collect::<Vec<_>>()
        })
        .collect()
}

/// A running server.
pub(crate) struct Slapd {
    keeper: Keeper,
    pub(crate) port: u16,
    pub(crate) tls_port: u16,
}

impl Slapd {
    /// The server that all tests of a run share; they only read.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Slapd> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    pub(crate) fn start() -> Self {
        let (port, tls_port) = (free_port(), free_port());
        let (number, tls_number, ldif) = (port.to_string(), tls_port.to_string(), ldif());
        let environment = [("CONF", CONF), ("LDIF", &ldif), ("PORT", &number), ("TLS_PORT", &tls_number)];
        let server = Self { keeper: Keeper::start(Command::new("sh"), KEEPER, &environment), port, tls_port };
        server.serves();
        server
    }

    /// How the service account finds users here.
    pub(crate) fn settings(&self) -> LdapSettings {
        settings(&format!("ldap://127.0.0.1:{}", self.port))
    }

    pub(crate) fn certificate(&self) -> std::path::PathBuf {
        format!("{}/cert.pem", self.keeper.home).into()
    }

    pub(crate) fn stops(&mut self) {
        self.keeper.obeys("stop");
    }

    pub(crate) fn starts_again(&mut self) {
        self.keeper.obeys("start");
        self.serves();
    }

    /// Takes connections, and says nothing on them.
    pub(crate) fn falls_silent(&mut self) {
        self.keeper.obeys("pause");
    }

    /// Waits until both ports are open.
    fn serves(&self) {
        for port in [self.port, self.tls_port] {
            let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
            while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
                assert!(std::time::Instant::now() < end, "slapd does not listen");
                std::thread::yield_now();
            }
        }
    }
}

/// How a service account finds users on a server.
pub(crate) fn settings(server: &str) -> LdapSettings {
    LdapSettings {
        servers: vec![server.to_owned()],
        bind_dn: Some("cn=service,dc=example,dc=com".to_owned()),
        bind_password: Some(Secret::new(SERVICE_PASSWORD)),
        search_base: "dc=example,dc=com".to_owned(),
        ..LdapSettings::default()
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
