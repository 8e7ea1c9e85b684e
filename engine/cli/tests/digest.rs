//! The digest of a plan tells nothing about the sensitive values that it covers: it is another one in each store,
//! and the same in one.

use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

fn evenkeel(directory: &Path, arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_evenkeel"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .env("HOME", directory)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The digest that stands in the head of a new plan file, which is beside the configuration as the store is.
fn digest(configuration: &Path, store: &str, pin: &str) -> String {
    let (store, pin) = (format!("-store=../{store}"), format!("-var=pin={pin}"));
    evenkeel(configuration, &[&store, "plan", "-out=../plan", &pin]);
    let bytes = std::fs::read(configuration.join("../plan")).unwrap();
    let head = bytes.split(|byte| *byte == b'\n').nth(1).unwrap();
    let head: Json = serde_json::from_slice(head).unwrap();
    head["digest"].as_str().unwrap().to_owned()
}

/// A configuration in a directory of its own, which nothing else is written into.
fn configuration(sensitive: bool) -> tempfile::TempDir {
    let here = tempfile::tempdir().unwrap();
    let text = format!(
        "variable \"pin\" {{\n  type      = string\n  sensitive = {sensitive}\n}}\nresource \"terraform_data\" \"a\" \
         {{\n  input = var.pin\n}}\n"
    );
    std::fs::create_dir(here.path().join("c")).unwrap();
    std::fs::write(here.path().join("c/main.tf"), text).unwrap();
    here
}

#[test]
fn a_digest_over_something_sensitive_holds_in_one_store_alone() {
    let here = configuration(true);
    let directory = here.path().join("c");
    let first = digest(&directory, "a.db", "1234");
    assert_eq!(digest(&directory, "a.db", "1234"), first, "the same plan");
    assert_ne!(digest(&directory, "a.db", "1235"), first, "another value");
    assert_ne!(digest(&directory, "b.db", "1234"), first, "another store");
    assert_eq!(digest(&directory, "a.db", "1234"), first);
    evenkeel(&directory, &["-store=../a.db", "apply", "../plan"]);
    evenkeel(&directory, &["-store=../a.db", "destroy", "-auto-approve", "-var=pin=1234"]);
    let before = digest(&directory, "a.db", "1234");
    evenkeel(&directory, &["-store=../a.db", "keys", "rotate"]);
    assert_ne!(digest(&directory, "a.db", "1234"), before, "another data key");
}

#[test]
fn a_digest_without_anything_sensitive_is_the_same_everywhere() {
    let here = configuration(false);
    let directory = here.path().join("c");
    // Each store draws a lineage of its own when something is applied, and neither has one yet.
    assert_eq!(digest(&directory, "a.db", "1234"), digest(&directory, "b.db", "1234"));
}
