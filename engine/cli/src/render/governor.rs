//! What the safety governor says of a plan: what it would destroy, why that needs an approval, and how one is
//! given.

use std::fmt::Write as _;

use evenkeel_plan::governor::{Deletion, Verdict};
use serde_json::{Value as Json, json};

use super::text;

/// So many objects are named.
const NAMED_MAX: usize = 20;

/// What a plan destroys and why that needs an approval, as the detail of a diagnostic.
pub fn governed(verdict: &Verdict) -> String {
    let mut out = String::new();
    if !verdict.deletions.is_empty() {
        let count = text::count(verdict.deletions.len(), "object");
        let _ = writeln!(out, "The plan destroys {count}:");
        // What holds data counts most.
        let mut deletions: Vec<&Deletion> = verdict.deletions.iter().collect();
        deletions.sort_by_key(|deletion| !deletion.stateful);
        for deletion in deletions.iter().take(NAMED_MAX) {
            let _ = writeln!(out, "  - {}{}", text::line(&deletion.address.to_string()), remark(deletion));
        }
        if let Some(more) = deletions.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
            let _ = writeln!(out, "  - and {more} more");
        }
        out.push('\n');
    }
    out.push_str("Why that needs an approval:\n");
    for danger in &verdict.dangers {
        let _ = writeln!(out, "  - {danger}");
    }
    out
}

fn remark(deletion: &Deletion) -> &'static str {
    match (deletion.stateful, deletion.replaced) {
        (true, true) => " (holds data; another object takes its place)",
        (true, false) => " (holds data)",
        (false, true) => " (another object takes its place)",
        (false, false) => "",
    }
}

/// The same for programs: the field `governor` of a line.
pub fn governed_json(verdict: &Verdict, digest: &str, stopped: bool) -> Json {
    let deletion = |deletion: &Deletion| {
        json!({
            "addr": deletion.address.to_string(),
            "replaced": deletion.replaced,
            "stateful": deletion.stateful,
        })
    };
    let reason = |danger: &evenkeel_plan::governor::Danger| json!({"reason": danger.as_str(), "message": danger.to_string()});
    json!({
        "stopped": stopped,
        "digest": digest,
        "deletions": verdict.deletions.iter().map(deletion).collect::<Vec<_>>(),
        "reasons": verdict.dangers.iter().map(reason).collect::<Vec<_>>(),
    })
}
