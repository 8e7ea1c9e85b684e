//! What loading alone cannot see in the recorded small configurations, validation does.

mod common;

use evenkeel_lang::config::load;
use evenkeel_model::{Revision, Snapshot};
use evenkeel_plan::{Options, ValidationSubject, validate_configuration};

const CASES: &str = include_str!("../../lang/tests/data/configurations.txt");

fn files(case: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in case.lines().take_while(|line| !line.starts_with("=> ")) {
        match (line.strip_prefix("--- "), files.last_mut()) {
            (Some(path), _) => files.push((path.to_owned(), String::new())),
            (None, Some((_, text))) => *text += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    files
}

#[test]
fn what_values_show_is_found_without_a_plan() {
    let catalog = common::builtin::catalog();
    let open = |case: &&str| case.contains("\n=> here: ok, until it is evaluated");
    let cases: Vec<&str> = CASES.split("\n### ").skip(1).filter(open).collect();
    assert!(cases.len() > 50, "{} cases", cases.len());
    for case in cases {
        let name = case.lines().next().unwrap_or_default();
        let files = files(case);
        let files = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        let snapshot = Snapshot::from_files(Revision::Directory("0".into()), files);
        let (configuration, mut diagnostics) = load(&snapshot, "");
        diagnostics.extend(validate_configuration(ValidationSubject {
            snapshot: &snapshot,
            configuration: &configuration,
            catalog: &*catalog,
            options: &Options::default(),
        }));
        assert!(diagnostics.has_errors(), "{name}");
    }
}

#[test]
fn functions_of_the_person_and_of_the_built_in_provider_are_there() {
    let text = r#"
        terraform {
          required_providers {
            here = { source = "terraform.io/builtin/terraform" }
          }
        }
        output "o" {
          value = "${pathexpand("~/x")}${provider::here::encode_tfvars({ a = 1 })}"
        }
    "#;
    let snapshot = Snapshot::from_files(Revision::Directory("0".into()), [("main.tf", text)]);
    let (configuration, problems) = load(&snapshot, "");
    assert!(!problems.has_errors(), "{problems:?}");
    let options = Options { home: Some("/home/person".into()), ..Options::default() };
    let subject = ValidationSubject {
        snapshot: &snapshot,
        configuration: &configuration,
        catalog: &*common::builtin::catalog(),
        options: &options,
    };
    let found = validate_configuration(subject);
    assert!(found.is_empty(), "{found:?}");
}
