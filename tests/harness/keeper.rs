//! A shell script that keeps a server: it says where the server lives, does what it is told line by line, and ends the server when its
//! standard input ends, however whoever started it ended.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub(crate) struct Keeper {
    shell: Child,
    orders: Option<ChildStdin>,
    done: BufReader<ChildStdout>,
    /// Where the server lives.
    pub(crate) home: String,
}

impl Keeper {
    /// Runs `sh -c script` in some command, and waits for the first line.
    pub(crate) fn start(mut command: Command, script: &str, environment: &[(&str, &str)]) -> Self {
        command.args(["-c", script]).envs(environment.iter().copied()).current_dir("/");
        let mut shell = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (orders, done) = (shell.stdin.take(), BufReader::new(shell.stdout.take().unwrap()));
        let mut keeper = Self { shell, orders, done, home: String::new() };
        keeper.home = keeper.hear();
        keeper
    }

    /// Tells the script something, and waits until it is done.
    pub(crate) fn obeys(&mut self, verb: &str) {
        writeln!(self.orders.as_mut().unwrap(), "{verb}").unwrap();
        assert_eq!(self.hear(), verb);
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.done.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "the server did not start; its keeper says why above");
        line.trim_end().to_owned()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.shell.wait();
    }
}
