//! Evenkeel and Terraform asked the same questions, and what differs between the answers.
//!
//! Differences that are meant are listed in `listed.rs`, each with its reason; docs/compatibility.md
//! says the same to users.

mod compare;
mod listed;
mod terraform;

use crate::generate::Generator;
use crate::lab::{Lab, evaluate_text};

pub use self::compare::render;
pub use self::terraform::Answer;

/// How many expressions Terraform plans at once.
const BATCH: usize = 1000;

/// What a comparison found.
#[derive(Default)]
pub struct Report {
    /// Expressions that were compared.
    pub compared: usize,
    /// Of those, how many Evenkeel refuses.
    pub refused: usize,
    /// How many of Terraform's answers have a type to compare.
    pub typed: usize,
    /// Expressions on which Terraform gave no answer that can be compared (it crashed, or its answer
    /// cannot be written down).
    pub unanswered: Vec<(String, String)>,
    /// Differences that are meant: the reason, and the expression.
    pub listed: Vec<(&'static str, String)>,
    /// Differences that are not meant: the expression and what differs.
    pub differences: Vec<(String, String)>,
}

/// Whether there is a Terraform to compare with.
pub fn has_terraform() -> bool {
    std::process::Command::new("terraform").arg("version").output().is_ok_and(|done| done.status.success())
}

/// Compares the first `count` expressions of a seed.
pub fn run(seed: u64, count: usize, mut progress: impl FnMut(&Report)) -> Report {
    let mut report = Report::default();
    let mut generator = Generator::new(seed);
    let mut left = count;
    while left > 0 {
        let batch: Vec<String> = (0..left.min(BATCH)).map(|_| generator.expression()).collect();
        left -= batch.len();
        run_batch(&batch, &mut report);
        progress(&report);
    }
    report
}

/// Compares these expressions.
pub fn run_batch(batch: &[String], report: &mut Report) {
    let lab = Lab::new();
    for (text, answer) in batch.iter().zip(terraform::answers(batch)) {
        let (value, problems) = evaluate_text(text, &lab);
        report.compared += 1;
        report.refused += usize::from(problems.has_errors());
        report.typed += usize::from(matches!(&answer, Answer::Value(theirs) if theirs.ty.is_some()));
        let difference = match compare::difference(&value, &problems, &answer) {
            Ok(difference) => difference,
            Err(why) => {
                report.unanswered.push((text.clone(), why));
                continue;
            }
        };
        let Some(difference) = difference else { continue };
        match listed::reason(text, &difference, &answer) {
            Some(reason) => report.listed.push((reason, text.clone())),
            None => report.differences.push((text.clone(), difference.text)),
        }
    }
}
