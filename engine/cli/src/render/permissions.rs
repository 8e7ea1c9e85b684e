//! What `plan -probe-permissions` found: one table of what is missing.

use std::collections::BTreeSet;

use evenkeel_model::InstanceAddress;
use evenkeel_provider::{Missing, Probed};
use serde_json::{Value as Json, json};

use super::text::{line, pad, width};
use crate::flow::permissions::Permissions;

/// Objects that a row of the table names.
const NAMED: usize = 3;
const HEAD: [&str; 4] = ["ACTION", "RESOURCE", "NEEDED BY", "WHY"];

/// How many changes of each sort there are, in a sentence.
pub fn summary(found: &Permissions) -> String {
    let mut parts = vec![format!("{} allowed", found.granted), format!("{} missing", found.missing.len())];
    if !found.unknown.is_empty() {
        parts.push(format!("{} not to be told yet", found.unknown.len()));
    }
    if found.unasked > 0 {
        parts.push(format!("{} that nobody can be asked about", found.unasked));
    }
    format!("Permissions: {}.", parts.join(", "))
}

/// The summary, the table, the statements that are missing, and what could not be told.
pub fn text(found: &Permissions) -> String {
    let mut text = format!("\n{}\n", summary(found));
    if !found.missing.is_empty() {
        text += &format!("\n{}", table(found.missing.iter().map(row)));
    }
    let statements: BTreeSet<&str> =
        found.missing.keys().filter_map(|missing| missing.statement.as_deref()).collect();
    if !statements.is_empty() {
        let lines: String = statements.iter().map(|statement| format!("  {}\n", line(statement))).collect();
        text += &format!("\nA policy with these statements grants what no policy allows:\n\n{lines}");
    }
    if !found.unknown.is_empty() {
        let told = |((address, what), why): (&(InstanceAddress, Probed), &String)| {
            format!("  {} ({}): {}\n", line(&address.to_string()), word(*what), line(why))
        };
        let lines: String = found.unknown.iter().map(told).collect();
        text += &format!("\nThis could not be told:\n\n{lines}");
    }
    text
}

/// The same for programs.
pub fn document(found: &Permissions) -> Json {
    let missing = found.missing.iter().map(|(missing, addresses)| {
        json!({
            "action": missing.action,
            "resource": missing.resource,
            "why": missing.why,
            "statement": missing.statement.as_deref().and_then(|text| serde_json::from_str::<Json>(text).ok()),
            "addresses": addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    });
    let unknown = found.unknown.iter().map(
        |((address, what), why)| json!({"address": address.to_string(), "action": word(*what), "why": why}),
    );
    json!({
        "granted": found.granted,
        "missing": missing.collect::<Vec<_>>(),
        "unknown": unknown.collect::<Vec<_>>(),
        "unasked": found.unasked,
    })
}

fn word(what: Probed) -> &'static str {
    match what {
        Probed::Create => "create",
        Probed::Delete => "delete",
    }
}

fn row((missing, addresses): (&Missing, &BTreeSet<InstanceAddress>)) -> [String; 4] {
    let mut named: Vec<String> = addresses.iter().take(NAMED).map(ToString::to_string).collect();
    if addresses.len() > NAMED {
        named.push(format!("and {} more", addresses.len().saturating_sub(NAMED)));
    }
    let text = |text: &Option<String>, otherwise: &str| text.clone().unwrap_or_else(|| otherwise.to_owned());
    let cells = [
        text(&missing.action, "(not told)"),
        text(&missing.resource, "*"),
        named.join(", "),
        missing.why.clone(),
    ];
    cells.map(|cell| line(&cell))
}

/// Rows below a head, each column as wide as its widest cell.
fn table(rows: impl Iterator<Item = [String; 4]>) -> String {
    let rows: Vec<[String; 4]> = [HEAD.map(str::to_owned)].into_iter().chain(rows).collect();
    let widest = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..HEAD.len()).map(widest).collect();
    let told = |row: &[String; 4]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| pad(cell, *width));
        format!("  {}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> InstanceAddress {
        text.parse().expect("an address")
    }

    #[test]
    fn what_is_missing_is_one_table() {
        let mut found = Permissions { granted: 2, ..Permissions::default() };
        let missing = Missing {
            action: Some("ec2:CreateSubnet".into()),
            resource: Some("arn:aws:ec2:us-east-1:1:subnet/*".into()),
            why: "no policy allows it".into(),
            statement: Some(r#"{"Effect":"Allow"}"#.into()),
        };
        let needed = ["a", "b", "c", "d"].map(|name| address(&format!("aws_subnet.{name}")));
        found.missing.insert(missing, needed.into());
        found.unknown.insert((address("aws_instance.web"), Probed::Create), "MissingParameter.".into());
        let expected = "
Permissions: 2 allowed, 1 missing, 1 not to be told yet.

  ACTION            RESOURCE                          NEEDED BY                                             WHY
  ec2:CreateSubnet  arn:aws:ec2:us-east-1:1:subnet/*  aws_subnet.a, aws_subnet.b, aws_subnet.c, and 1 more  no policy allows it

A policy with these statements grants what no policy allows:

  {\"Effect\":\"Allow\"}

This could not be told:

  aws_instance.web (create): MissingParameter.
";
        assert_eq!(text(&found), expected);
    }

    #[test]
    fn what_is_allowed_is_told_in_a_line() {
        let found = Permissions { granted: 3, unasked: 1, ..Permissions::default() };
        assert_eq!(text(&found), "\nPermissions: 3 allowed, 0 missing, 1 that nobody can be asked about.\n");
    }
}
