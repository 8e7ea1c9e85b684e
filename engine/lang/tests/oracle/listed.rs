//! Differences that are meant; docs/compatibility.md gives the reasons to users.

use super::Answer;
use super::compare::Difference;
use crate::lab::{Lab, evaluate_text};

const SENSITIVE: &str = "what comes of a sensitive value stays sensitive";

/// Why a difference is meant; `None` where it is not.
pub fn reason(text: &str, difference: &Difference, answer: &Answer) -> Option<&'static str> {
    let theirs = match answer {
        Answer::Error(error) => &**error,
        Answer::Value(_) | Answer::None(_) => "",
    };
    let unknown = text.contains("unk.") || text.contains("local.u");
    let digits = ["pow(", "log(", " % "].iter().any(|name| text.contains(name));
    Some(match () {
        () if theirs.contains("panic in function") || text.contains("merge(var.nullobj") => {
            "a function of Terraform panics"
        }
        () if text.contains("cidrsubnet(") && difference.text.starts_with("Evenkeel refuses") => {
            "cidrsubnet takes no negative numbers"
        }
        () if text.contains("cidrsubnets(\"::/0\"") || text.contains("cidrsubnets(\"0.0.0.0/0\"") => {
            "cidrsubnets can divide the whole address space"
        }
        () if unknown_variables(theirs, text) => "Terraform also evaluates with all variables unknown",
        () if difference.more_sensitive && (unknown || text.contains("merge(")) => SENSITIVE,
        () if text.contains("issensitive(") && difference.more_known => SENSITIVE,
        () if text.contains("setproduct(") && difference.more_known => {
            "setproduct of an empty collection is empty"
        }
        () if text.contains("flatten(local.uobj") => "flatten takes no object, known or not",
        () if text.contains("matchkeys(") && unknown => "matchkeys with unknown values is unknown",
        () if digits && (difference.only_digits || text.contains("${") || text.contains("var.big %")) => {
            "digits of pow, log and % beyond those of a 64-bit number"
        }
        () if text.contains(" % ") && difference.tiny => "% of fractional numbers is not rounded to 64 bits",
        () if compares_open(difference, text) => "what may become equal is not different",
        () if has_undecided_logic(text) => "&& and || decide by one side, as since Terraform 1.12",
        () => return None,
    })
}

/// Terraform validates a module with all variables unknown first, and refuses what fails then, though
/// it would not with the values that they have. So does Evenkeel where they are unknown.
fn unknown_variables(theirs: &str, text: &str) -> bool {
    let mut lab = Lab::new();
    lab.unknown_variables = true;
    !theirs.is_empty() && text.contains("var.") && evaluate_text(text, &lab).1.has_errors()
}

/// Whether an unknown value is compared with one that is partly unknown, of a type that is not known.
fn compares_open(difference: &Difference, text: &str) -> bool {
    let compared = text.contains("==") || text.contains("!=");
    compared && text.contains("local.unk") && difference.less_known
}

/// Whether `&&` or `||` stands beside something that is not simply true or false.
fn has_undecided_logic(text: &str) -> bool {
    const UNDECIDED: [&str; 4] = ["null", "module.unk.bool", "var.sbool", "\"yes\""];
    ["&&", "||"].into_iter().any(|op| {
        text.match_indices(op).any(|(at, _)| {
            let (before, after) = (text[..at].trim_end(), text[at + op.len()..].trim_start());
            UNDECIDED.iter().any(|word| before.ends_with(word) || after.starts_with(word))
        })
    })
}
