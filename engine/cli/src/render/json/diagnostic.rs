//! Diagnostics for programs.

use evenkeel_model::{Diagnostic, Severity, Snapshot};
use serde_json::{Value as Json, json};

use super::super::diagnostic::snippet;

/// One diagnostic, as in Terraform's `-json` output.
pub fn diagnostic(diagnostic: &Diagnostic, snapshot: Option<&Snapshot>) -> Json {
    let mut out = json!({
        "severity": severity(diagnostic),
        "summary": diagnostic.summary,
        "detail": diagnostic.detail,
    });
    if let Some(address) = &diagnostic.address {
        out["address"] = json!(address);
    }
    if let Some(range) = &diagnostic.range {
        out["range"] = json!(range);
        if let Some(snippet) = snippet(range, snapshot) {
            let (start, end) = snippet.highlight;
            out["snippet"] = json!({
                "context": snippet.context,
                "code": snippet.code,
                "start_line": snippet.start_line,
                "highlight_start_offset": start,
                "highlight_end_offset": end,
                "values": [],
            });
        }
    }
    out
}

fn severity(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
