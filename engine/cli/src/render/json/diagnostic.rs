//! Diagnostics for programs.

use evenkeel_lang::functions::{self, Parameter};
use evenkeel_model::{Diagnostic, Diagnostics, Evidence, ExpressionValue, Severity, Snapshot};
use serde_json::{Value as Json, json};

use super::super::snippet::{Snippet, visible};

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
        out["range"] = json!(visible(range));
        if let Some(snippet) = Snippet::of(diagnostic, snapshot) {
            out["snippet"] = snippet_with(&snippet, diagnostic.evidence.as_deref());
        }
    }
    out
}

fn snippet_with(snippet: &Snippet, evidence: Option<&Evidence>) -> Json {
    let (start, end) = snippet.highlight;
    let values = evidence.map(|evidence| evidence.values.as_slice()).unwrap_or_default();
    let mut out = json!({
        "context": snippet.context,
        "code": snippet.code,
        "start_line": snippet.start_line,
        "highlight_start_offset": start,
        "highlight_end_offset": end,
        "values": values.iter().map(value).collect::<Vec<_>>(),
    });
    if let Some(function) = evidence.and_then(|evidence| evidence.function.as_ref()) {
        out["function_call"] = call(function);
    }
    out
}

/// A function whose call failed, with its parameters where it is one that the language knows.
fn call(name: &str) -> Json {
    let mut out = json!({ "called_as": name });
    if let Some(function) = functions::lookup(name) {
        let one = |parameter: &Parameter| json!({ "name": parameter.name, "type": parameter.ty().to_json() });
        out["signature"] = json!({
            "name": name,
            "params": function.parameters.iter().map(one).collect::<Vec<_>>(),
            "return_type": function.return_type().to_json(),
        });
        if let Some(variadic) = &function.variadic {
            out["signature"]["variadic_param"] = one(variadic);
        }
    }
    out
}

fn value(value: &ExpressionValue) -> Json {
    json!({ "traversal": value.traversal, "statement": value.statement })
}

/// The whole answer of `validate -json`.
pub fn validation(diagnostics: &Diagnostics, snapshot: Option<&Snapshot>) -> Json {
    let count = |severity| diagnostics.iter().filter(|found| found.severity == severity).count();
    json!({
        "format_version": "1.0",
        "valid": !diagnostics.has_errors(),
        "error_count": count(Severity::Error),
        "warning_count": count(Severity::Warning),
        "diagnostics": diagnostics.iter().map(|found| diagnostic(found, snapshot)).collect::<Vec<_>>(),
    })
}

fn severity(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
