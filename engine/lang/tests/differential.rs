//! Evenkeel and Terraform give the same answers to random expressions. The long form is
//! `cargo run -p evenkeel-lang --example differential`.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test may start Terraform")]
#![allow(dead_code, reason = "shared with other tests that use more of it")]

mod generate;
mod lab;
mod oracle;

/// A few hundred expressions, where there is a Terraform to ask.
#[test]
fn random_expressions_are_answered_as_terraform_does() {
    if !oracle::has_terraform() {
        println!("skipped: there is no terraform on the PATH");
        return;
    }
    let report = oracle::run(20_261_121, 400, |_| {});
    assert!(report.compared == 400 && report.typed > 100);
    assert!(report.differences.is_empty(), "{:#?}", report.differences);
}

/// What once differed, with the answers that Terraform gave.
#[test]
fn recorded_answers() {
    let lab = lab::Lab::new();
    for line in include_str!("oracle/recorded.txt").lines().filter(|line| !line.starts_with('#')) {
        let (text, answer) = line.split_once("  =>  ").expect("EXPRESSION  =>  ANSWER");
        let (value, problems) = lab::evaluate_text(text, &lab);
        assert_eq!(oracle::render(&value, &problems), answer, "{text}");
    }
}
