//! `fmt` against what `terraform fmt` wrote, from the conformance folder beside the checkout. Where
//! the folder is absent, the test says so and passes.

#![allow(clippy::disallowed_methods, reason = "a test may look for its data")]

use std::path::{Path, PathBuf};

use evenkeel_lang::fmt::format;
use serde_json::Value as Json;

#[test]
fn every_recorded_case() {
    let Some(folder) = folder() else {
        println!("skipped: there is no conformance folder; set EVENKEEL_SHARED to its parent");
        return;
    };
    let text = std::fs::read_to_string(folder.join("fmt.json")).unwrap();
    let suite: Json = serde_json::from_str(&text).unwrap();
    let cases = suite["cases"].as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let input = case["input"].as_str().unwrap();
        let formatted = format("<stdin>", input.as_bytes());
        match case["output"].as_str() {
            Some(expected) => {
                let formatted = formatted.unwrap();
                // Standard output always ends with a newline.
                let newline = if formatted.ends_with('\n') { "" } else { "\n" };
                assert_eq!(format!("{formatted}{newline}"), expected, "{input}");
                assert_eq!(format("<stdin>", expected.as_bytes()).as_deref(), Ok(expected), "again: {input}");
            }
            None => assert!(formatted.is_err(), "{input}"),
        }
    }
}

fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("EVENKEEL_SHARED").map_or(beside, PathBuf::from);
    Some(shared.join("conformance")).filter(|folder| folder.is_dir())
}
