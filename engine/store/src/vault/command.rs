//! A command of the operator that wraps and unwraps data keys, as a key management service does.
//!
//! It is run by the shell with `EVENKEEL_KEY_OPERATION` set to `wrap` or `unwrap`, gets one line in base 64
//! on its standard input and answers with one line in base 64.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// So long a command may take.
const WAIT: Duration = Duration::from_secs(60);

/// A longer answer is no key.
const ANSWER_MAX: u64 = 64 * 1024;

/// What the command makes of some bytes. What it says on its standard error is for people and goes there.
pub(crate) fn run(line: &str, operation: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut child = Command::new("/bin/sh")
        .args(["-c", line])
        .env("EVENKEEL_KEY_OPERATION", operation)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let answer = exchange(&mut child, bytes);
    if answer.is_none() {
        // It may have ended by itself meanwhile.
        drop(child.kill());
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    let answer = answer.ok_or_else(|| format!("it gave no answer within {} seconds", WAIT.as_secs()))?;
    if !status.success() {
        return Err(format!("it failed to {operation} the data key: {status}"));
    }
    STANDARD.decode(answer.trim()).map_err(|_| "its answer is not base 64".to_owned())
}

/// Hands over the question and reads the answer; `None` where it takes too long.
fn exchange(child: &mut Child, bytes: &[u8]) -> Option<String> {
    let (mut stdin, stdout) = (child.stdin.take()?, child.stdout.take()?);
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut answer = String::new();
        // An answer that cannot be read is none, which is found out below; nobody may listen any more.
        drop(stdout.take(ANSWER_MAX).read_to_string(&mut answer));
        drop(tell.send(answer));
    });
    // A command that reads nothing has closed its end, and says itself what is wrong.
    drop(writeln!(stdin, "{}", STANDARD.encode(bytes)));
    drop(stdin);
    told.recv_timeout(WAIT).ok()
}
