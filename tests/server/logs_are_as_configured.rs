//! A server logs what its configuration says, unless its environment or its command line say otherwise.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use serde_json::Value;

/// What a server with this configuration says on standard error until it has begun and ended.
fn logged(config: &str, arguments: &[&str], filter: Option<&str>) -> String {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("vestibule.toml");
    std::fs::write(&file, config).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule-under-test"));
    command.arg("serve").args(arguments).env("VESTIBULE_DATA", home.path()).env_remove("VESTIBULE_LOG");
    command.envs(filter.map(|filter| ("VESTIBULE_LOG", filter))).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut server = command.spawn().unwrap();
    // It listens, or has ended.
    let mut line = String::new();
    let _ = BufReader::new(server.stdout.take().unwrap()).read_line(&mut line);
    // Once it answers, it can be told to end.
    if let Ok(mut stream) = UnixStream::connect(home.path().join("http.sock")) {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        stream.read_exact(&mut [0]).unwrap();
    }
    let _ = Command::new("kill").arg(server.id().to_string()).status();
    let mut said = String::new();
    server.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    server.wait().unwrap();
    said
}

const BEGUN: &str = "logins can be decided on";
const JSON: &str = "[log]\nformat = \"json\"\n";
const QUIET: &str = "[log]\nfilter = \"warn\"\n";

fn is_json(said: &str) -> bool {
    said.lines().all(|line| serde_json::from_str::<Value>(line).is_ok())
}

#[test]
fn a_form_in_the_file_holds_unless_the_command_line_says_otherwise() {
    let (usual, configured, told) =
        (logged("", &[], None), logged(JSON, &[], None), logged(JSON, &["--log", "text"], None));
    assert!([&usual, &configured, &told].iter().all(|said| said.contains(BEGUN)), "{usual}{configured}{told}");
    assert_eq!([&usual, &configured, &told].map(|said| is_json(said)), [false, true, false]);
}

#[test]
fn a_filter_in_the_file_holds_unless_the_environment_says_otherwise() {
    assert!(!logged(QUIET, &[], None).contains(BEGUN));
    assert!(logged(QUIET, &[], Some("info")).contains(BEGUN));
    assert!(!logged("", &[], Some("warn")).contains(BEGUN));
}

#[test]
fn what_is_no_filter_is_named() {
    let said = logged("[log]\nfilter = \"vestibule=loud\"\n", &[], None);
    assert!(said.contains("`log.filter` is no log filter"), "{said}");
    let said = logged("", &[], Some("vestibule=loud"));
    assert!(said.contains("`VESTIBULE_LOG` is no log filter"), "{said}");
    let said = logged("[log]\nformat = \"loud\"\n", &[], None);
    assert!(said.contains("line 2: unknown variant `loud`"), "{said}");
}
