//! `terraform_data`: what a change of it looks like, and what comes of it.
//!
//! Values are compared with their types, as Terraform does: a list and a tuple of the same elements
//! are two things, and so are a known value and an unknown one.

use std::sync::{Arc, LazyLock};

use evenkeel_model::{Diagnostics, Path, PathStep, Type, Value};
use evenkeel_provider::{PlanRequest, PlannedChange};

const TRIGGERS: &str = "triggers_replace";

/// The names of the attributes, which all objects share.
static NAMES: LazyLock<[Arc<str>; 4]> = LazyLock::new(|| ["id", "input", "output", TRIGGERS].map(Arc::from));

/// What the object would become.
pub fn plan(request: &PlanRequest<'_>) -> PlannedChange {
    let input = attribute(request.config, "input");
    let triggers = attribute(request.config, TRIGGERS);
    let kept = request.prior.filter(|prior| attribute(prior, TRIGGERS) == triggers);
    let (id, output) = match kept {
        Some(prior) if attribute(prior, "input") == input => {
            (attribute(prior, "id"), attribute(prior, "output"))
        }
        Some(prior) => (attribute(prior, "id"), Value::unknown(input.ty())),
        None => (Value::unknown_not_null(Type::String), first_output(&input)),
    };
    let replace = match (request.prior, kept) {
        (Some(_), None) => vec![Path(vec![PathStep::Attribute(TRIGGERS.into())])],
        (Some(_) | None, _) => Vec::new(),
    };
    PlannedChange { planned: object(id, input, output, triggers), replace, diagnostics: Diagnostics::new() }
}

/// The object that a planned one becomes; the id is taken where the plan left it open.
pub fn made(planned: &Value, new_id: &str) -> Value {
    let input = attribute(planned, "input");
    let known = |name: &str, otherwise: Value| {
        Some(attribute(planned, name)).filter(Value::is_known).unwrap_or(otherwise)
    };
    let id = known("id", Value::string(new_id));
    let output = known("output", input.clone());
    object(id, input, output, attribute(planned, TRIGGERS))
}

fn object(id: Value, input: Value, output: Value, triggers: Value) -> Value {
    Value::object(NAMES.iter().cloned().zip([id, input, output, triggers]))
}

/// The output of a new object: of the input's type, and nothing where there is no input.
fn first_output(input: &Value) -> Value {
    if input.is_null() { input.clone() } else { Value::unknown(input.ty()) }
}

fn attribute(object: &Value, name: &str) -> Value {
    object.get(name).cloned().unwrap_or_else(|| Value::null(Type::Dynamic))
}
