//! The short form of `tests/chaos/canary.py`: sensitive values through the commands, and nothing of them in what
//! was written.

use std::path::Path;
use std::process::Command;

#[test]
fn no_sensitive_value_is_in_anything_that_is_written() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/chaos/canary.py");
    let run = Command::new("python3")
        .arg(script)
        .arg(env!("CARGO_BIN_EXE_evenkeel"))
        .args(["--shapes", "40"])
        .output();
    let Ok(done) = run else {
        return println!("canary: skipped, as there is no python3");
    };
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(done.status.success(), "{}{}", said(&done.stdout), said(&done.stderr));
}
