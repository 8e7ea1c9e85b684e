//! What the engine demands of a provider's answers, so that a provider's mistake is found where it
//! is made and blamed on the provider.

use evenkeel_model::schema::{Attribute, Block, NestedBlock, Nesting};
use evenkeel_model::value::Kind;
use evenkeel_model::{Path, PathStep, Value};

use crate::diff;

/// An answer that breaks the contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct Violation {
    /// Where.
    pub path: Path,
    /// Why, as a clause.
    pub reason: &'static str,
}

/// Checks that a planned value agrees with configuration: what is set is taken over as it is (or
/// kept where it means the same), and only computed attributes are filled in.
pub fn planned(block: &Block, prior: Option<&Value>, config: &Value, planned: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    check_block(block, prior, config, planned, &Path::root(), &mut found);
    found
}

fn check_block(
    block: &Block,
    prior: Option<&Value>,
    config: &Value,
    planned: &Value,
    path: &Path,
    found: &mut Vec<Violation>,
) {
    for (name, attribute) in &block.attributes {
        let reason = match (config.get(name), planned.get(name)) {
            (Some(config), Some(planned)) => {
                check_attribute(attribute, prior.and_then(|p| p.get(name)), config, planned)
            }
            _ => Some("the attribute is missing from the planned value"),
        };
        if let Some(reason) = reason {
            found.push(Violation { path: path.then(PathStep::Attribute(name.clone())), reason });
        }
    }
    for (name, nested) in &block.block_types {
        let path = path.then(PathStep::Attribute(name.clone()));
        let (Some(config), Some(planned)) = (config.get(name), planned.get(name)) else { continue };
        check_nested(nested, prior.and_then(|p| p.get(name)), config, planned, &path, found);
    }
}

fn check_attribute(
    attribute: &Attribute,
    prior: Option<&Value>,
    config: &Value,
    planned: &Value,
) -> Option<&'static str> {
    if attribute.write_only {
        return (!planned.is_null()).then_some("a write-only attribute must be planned as null");
    }
    if config.is_null() {
        let free = attribute.computed || attribute.default.is_some();
        return (!free && !planned.is_null() && !says_nothing_as_before(prior, planned))
            .then_some("a value is planned for an attribute that is neither configured nor computed");
    }
    if diff::equivalent(attribute, config, planned) || prior.is_some_and(|prior| diff::same(prior, planned)) {
        return None;
    }
    (config.is_wholly_known() && attribute.equality.is_none())
        .then_some("the planned value is not the configured one")
}

/// State that Terraform wrote has an empty text, zero or false where an argument is left out.
fn says_nothing_as_before(prior: Option<&Value>, planned: &Value) -> bool {
    diff::is_blank(planned) && prior.is_some_and(|prior| diff::same(prior, planned))
}

fn check_nested(
    nested: &NestedBlock,
    prior: Option<&Value>,
    config: &Value,
    planned: &Value,
    path: &Path,
    found: &mut Vec<Violation>,
) {
    match (config.kind(), planned.kind()) {
        (Kind::Object(_), Kind::Object(_)) => {
            check_block(&nested.block, prior, config, planned, path, found);
        }
        (Kind::List(_, configs), Kind::List(_, planneds)) if !configs.is_empty() || !nested.computed => {
            if configs.len() != planneds.len() {
                found.push(Violation {
                    path: path.clone(),
                    reason: "the number of blocks differs from configuration",
                });
                return;
            }
            for (index, (config, planned)) in configs.iter().zip(planneds.iter()).enumerate() {
                let prior = prior.and_then(Value::as_elements).and_then(|elements| elements.get(index));
                check_block(&nested.block, prior, config, planned, &path.then(PathStep::Index(index)), found);
            }
        }
        (Kind::Map(_, configs), Kind::Map(_, planneds)) if !configs.is_empty() || !nested.computed => {
            if !configs.keys().eq(planneds.keys()) {
                let reason = "the labels of the blocks differ from configuration";
                found.push(Violation { path: path.clone(), reason });
                return;
            }
            for ((key, config), planned) in configs.iter().zip(planneds.values()) {
                let prior = prior.and_then(|prior| prior.get(key));
                let path = path.then(PathStep::Key(key.clone()));
                check_block(&nested.block, prior, config, planned, &path, found);
            }
        }
        (Kind::Set(_, configs), Kind::Set(_, planneds)) if !configs.is_empty() || !nested.computed => {
            check_set(nested, prior, configs, planneds, path, found);
        }
        (Kind::Unknown(..), _) | (_, Kind::Unknown(..)) => {}
        (Kind::Null(_), Kind::Null(_)) => {}
        (Kind::Null(_), _) if !nested.computed && nested.nesting_mode == Nesting::Single => {
            let reason = "a block is planned that is neither configured nor computed";
            found.push(Violation { path: path.clone(), reason });
        }
        (Kind::Object(_), Kind::Null(_)) => {
            found.push(Violation { path: path.clone(), reason: "a configured block is missing" });
        }
        _ => {}
    }
}

/// Blocks without order: each that is planned must be one that is configured, and the other way round. More
/// may be configured than planned only where unknown ones may turn out to be the same.
fn check_set(
    nested: &NestedBlock,
    prior: Option<&Value>,
    configs: &[Value],
    planneds: &[Value],
    path: &Path,
    found: &mut Vec<Violation>,
) {
    let agrees = |config: &Value, planned: &Value| {
        let mut priors = prior.and_then(Value::as_elements).into_iter().flatten();
        let check = |prior: Option<&Value>| {
            let mut found = Vec::new();
            check_block(&nested.block, prior, config, planned, path, &mut found);
            found.is_empty()
        };
        check(None) || priors.any(|prior| check(Some(prior)))
    };
    if !planneds.iter().all(|planned| configs.iter().any(|config| agrees(config, planned))) {
        let reason = "a block is planned that is not configured";
        found.push(Violation { path: path.clone(), reason });
    } else if !configs.iter().all(|config| planneds.iter().any(|planned| agrees(config, planned))) {
        found.push(Violation { path: path.clone(), reason: "a configured block is missing" });
    }
}

/// Checks that an applied value keeps what the plan promised: whatever was known stays so.
pub fn applied(planned: &Value, applied: &Value) -> Vec<Violation> {
    let mut found = refined(planned, applied);
    if found.is_empty() && !applied.is_wholly_known() {
        found.push(Violation { path: Path::root(), reason: "the value is still unknown after apply" });
    }
    found
}

/// Checks that a planned value that was completed keeps what was planned first: whatever was known
/// stays so, and unknown values may have become known.
pub fn refined(planned: &Value, completed: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    check_applied(planned, completed, &Path::root(), &mut found);
    found
}

fn check_applied(planned: &Value, applied: &Value, path: &Path, found: &mut Vec<Violation>) {
    match (planned.kind(), applied.kind()) {
        (Kind::Unknown(_, refinements), _) => {
            if applied.is_null() && refinements.as_ref().is_some_and(|r| r.not_null) {
                let reason = "the plan promised a value, now it is null";
                found.push(Violation { path: path.clone(), reason });
            }
        }
        (Kind::Object(planned), Kind::Object(applied)) => {
            for (name, planned) in planned.iter() {
                let path = path.then(PathStep::Attribute(name.clone()));
                match applied.get(name) {
                    Some(applied) => check_applied(planned, applied, &path, found),
                    None => found.push(Violation { path, reason: "the attribute is missing after apply" }),
                }
            }
        }
        (Kind::Map(_, planned), Kind::Map(_, applied)) if planned.keys().eq(applied.keys()) => {
            for (key, planned) in planned.iter() {
                if let Some(applied) = applied.get(key) {
                    check_applied(planned, applied, &path.then(PathStep::Key(key.clone())), found);
                }
            }
        }
        (Kind::List(_, planned), Kind::List(_, applied)) | (Kind::Tuple(planned), Kind::Tuple(applied))
            if planned.len() == applied.len() =>
        {
            for (index, (planned, applied)) in planned.iter().zip(applied.iter()).enumerate() {
                check_applied(planned, applied, &path.then(PathStep::Index(index)), found);
            }
        }
        (Kind::Set(_, planned), Kind::Set(_, applied)) => {
            let whole = planned.iter().all(Value::is_wholly_known);
            let more = planned.len() < applied.len();
            if (whole && planned != applied) || more {
                found.push(Violation { path: path.clone(), reason: "the set differs from the plan" });
            }
        }
        _ if diff::same(planned, applied) => {}
        _ => found.push(Violation { path: path.clone(), reason: "the value differs from the plan" }),
    }
}

#[cfg(test)]
mod tests;
