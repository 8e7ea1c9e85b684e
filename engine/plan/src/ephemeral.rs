//! Where ephemeral values may go: through everything that is not kept, and into write-only arguments.
//!
//! An ephemeral value is in no plan, no state and no output. A write-only argument hands one over to the
//! provider, and is null wherever it would be kept.

use evenkeel_model::schema::Block;
use evenkeel_model::value::Kind;
use evenkeel_model::{Diagnostic, Diagnostics, Marks, SourceRange, Value};

/// The ephemeral values in a decoded block that would be kept. Without place: the caller knows it.
pub(crate) fn refuse_in(block: &Block, config: &Value) -> Diagnostics {
    let mut found = Diagnostics::new();
    if is_in(config) {
        refuse_below(block, config, "", &mut found);
    }
    found
}

/// Whether a value is ephemeral, or anything in it is.
pub(crate) fn is_in(value: &Value) -> bool {
    value.all_marks().contains(Marks::EPHEMERAL)
}

/// The value as it is handed to a provider: that it is ephemeral has been seen to.
pub(crate) fn accepted(value: Value) -> Value {
    if !is_in(&value) {
        return value;
    }
    value.map_bottom_up(&mut |value| {
        let (value, marks) = value.unmark();
        value.with_marks(marks.without(Marks::EPHEMERAL))
    })
}

/// A module was given an ephemeral value for a variable that does not take any.
pub(crate) fn not_for_variable(name: &str, range: SourceRange) -> Diagnostic {
    let detail = format!(
        "The input variable \"{name}\" is not declared as accepting ephemeral values, so it cannot be set to a result \
         derived from one. Declare it with ephemeral = true."
    );
    Diagnostic::error("Ephemeral value not allowed", detail).at(range)
}

/// An output of a module that is not declared to be ephemeral refers to an ephemeral value.
pub(crate) fn not_for_output(name: &str, range: SourceRange) -> Diagnostic {
    let detail = format!(
        "The output \"{name}\" is not declared as returning an ephemeral value, so it cannot be set to a result derived \
         from one. Declare it with ephemeral = true."
    );
    Diagnostic::error("Ephemeral value not allowed", detail).at(range)
}

fn refuse_below(block: &Block, config: &Value, path: &str, found: &mut Diagnostics) {
    for (name, _) in block.attributes.iter().filter(|(_, attribute)| !attribute.write_only) {
        if config.get(name).is_some_and(is_in) {
            let detail = format!(
                "Ephemeral values are not valid for \"{path}{name}\", because it is not a write-only attribute and must \
                 be persisted to state. Use a value that may be kept, or ephemeralasnull() where null will do."
            );
            found.push(Diagnostic::error("Invalid use of ephemeral value", detail));
        }
    }
    for (name, nested) in &block.block_types {
        let Some(value) = config.get(name) else { continue };
        match value.kind() {
            Kind::Object(_) => refuse_below(&nested.block, value, &format!("{path}{name}."), found),
            Kind::List(_, elements) | Kind::Set(_, elements) => {
                for (index, element) in elements.iter().enumerate() {
                    refuse_below(&nested.block, element, &format!("{path}{name}[{index}]."), found);
                }
            }
            Kind::Map(_, entries) => {
                for (key, element) in entries.iter() {
                    refuse_below(&nested.block, element, &format!("{path}{name}[\"{key}\"]."), found);
                }
            }
            _ => {}
        }
    }
}
