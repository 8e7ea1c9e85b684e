//! Compares Evenkeel's evaluation with that of the `terraform` on the PATH, on random expressions:
//! `cargo run -p evenkeel-lang --example differential -- --count 10000 --seed 1`.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a program for developers")]
#![allow(dead_code, reason = "shared with tests that use more of it")]

#[path = "../tests/generate/mod.rs"]
mod generate;
#[path = "../tests/lab/mod.rs"]
mod lab;
#[path = "../tests/oracle/mod.rs"]
mod oracle;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)
    };
    let number = |name: &str, otherwise: u64| option(name).and_then(|n| n.parse().ok()).unwrap_or(otherwise);
    if !oracle::has_terraform() {
        println!("skipped: there is no terraform on the PATH");
        return;
    }
    let progress = |report: &oracle::Report| {
        eprintln!("{} compared, {} differ", report.compared, report.differences.len());
    };
    if let Some(file) = option("--render") {
        let lab = lab::Lab::new();
        for text in std::fs::read_to_string(file).expect("a file of expressions").lines() {
            let (value, problems) = lab::evaluate_text(text, &lab);
            println!("{text}  =>  {}", oracle::render(&value, &problems));
        }
        return;
    }
    let report = match option("--file") {
        Some(file) => {
            let text = std::fs::read_to_string(file).expect("a file of expressions, one per line");
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            let mut report = oracle::Report::default();
            oracle::run_batch(&lines, &mut report);
            report
        }
        None => oracle::run(number("--seed", 1), number("--count", 1000) as usize, progress),
    };
    print(&report);
    std::process::exit(i32::from(!report.differences.is_empty()));
}

fn print(report: &oracle::Report) {
    for (text, difference) in &report.differences {
        println!("DIFFERS {text}\n    {difference}");
    }
    for (text, why) in &report.unanswered {
        println!("UNANSWERED {text}\n    {why}");
    }
    let mut reasons = std::collections::BTreeMap::<_, usize>::new();
    for (reason, _) in &report.listed {
        *reasons.entry(*reason).or_default() += 1;
    }
    for (reason, count) in reasons {
        println!("LISTED {count} times: {reason}");
    }
    println!(
        "{} expressions compared ({} refused by Evenkeel, {} with types), {} without a comparable answer, {} differences",
        report.compared,
        report.refused,
        report.typed,
        report.unanswered.len(),
        report.differences.len()
    );
}
