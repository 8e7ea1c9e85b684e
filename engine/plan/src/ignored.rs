//! Whether what `ignore_changes` names is there, as far as the schema says.

use evenkeel_lang::config::{IgnoreChanges, IgnoredPath, Resource};
use evenkeel_lang::eval::did_you_mean;
use evenkeel_model::schema::Block;
use evenkeel_model::{Diagnostic, Diagnostics, PathStep, Type};

/// Names that lead nowhere are errors; what only the provider decides need not be ignored.
pub(crate) fn check(block: &Block, resource: &Resource) -> Diagnostics {
    let mut all = Diagnostics::new();
    let IgnoreChanges::Paths(paths) = &resource.lifecycle.ignore_changes else { return all };
    let whole = block.implied_type();
    for IgnoredPath { path, range } in paths {
        let end = path.0.iter().try_fold(whole.clone(), |ty, step| inside(&ty, step));
        if let Err(problem) = end {
            all.push(problem.at(range.clone()));
        }
        if let [PathStep::Attribute(name)] = &path.0[..]
            && block.attributes.get(name).is_some_and(|found| found.computed && !found.optional)
        {
            let detail = format!(
                "{name} is decided by the provider alone, so that there is no change to ignore. The element has no \
                 effect and can be removed."
            );
            let warning = Diagnostic::warning("Redundant ignore_changes element", detail);
            all.push(warning.at(resource.range.clone()));
        }
    }
    all
}

/// The type that a step leads to.
fn inside(ty: &Type, step: &PathStep) -> Result<Type, Diagnostic> {
    match (ty, step) {
        (Type::Dynamic, _) => Ok(Type::Dynamic),
        (Type::Object(object), PathStep::Attribute(name) | PathStep::Key(name)) => {
            object.attributes.get(name).cloned().ok_or_else(|| no_attribute(name, object.attributes.keys()))
        }
        (Type::Map(element), PathStep::Attribute(_) | PathStep::Key(_))
        | (Type::List(element), PathStep::Index(_)) => Ok((**element).clone()),
        (Type::Tuple(elements), PathStep::Index(index)) => {
            elements.get(*index).cloned().ok_or_else(|| no_index(&format!("There is no element {index}.")))
        }
        (Type::Set(_), _) => {
            Err(no_index("Elements of a set have no index; the set can be ignored as a whole only."))
        }
        (_, PathStep::Attribute(name)) => Err(Diagnostic::error(
            "Unsupported attribute",
            format!("A value of type {ty} has no attributes, so there is no \"{name}\" in it."),
        )),
        _ => Err(no_index(&format!("A value of type {ty} has no such index."))),
    }
}

fn no_attribute<'n>(name: &str, known: impl Iterator<Item = &'n std::sync::Arc<str>>) -> Diagnostic {
    let near = did_you_mean(name, known.map(|name| &**name));
    let hint = near.map(|near| format!(" Did you mean \"{near}\"?")).unwrap_or_default();
    let detail =
        format!("This object has no argument, nested block, or exported attribute named \"{name}\".{hint}");
    Diagnostic::error("Unsupported attribute", detail)
}

fn no_index(detail: &str) -> Diagnostic {
    Diagnostic::error("Invalid index", detail)
}

#[cfg(test)]
mod tests {
    use evenkeel_lang::config::load;
    use evenkeel_model::{Revision, Snapshot};

    use super::*;

    /// The summaries of what is wrong with an element.
    fn problems(element: &str) -> Vec<String> {
        let schema = r#"{"attributes": {
            "id": {"type": "string", "computed": true},
            "tags": {"type": ["map", "string"], "optional": true},
            "rules": {"type": ["list", ["object", {"port": "number"}]], "optional": true},
            "names": {"type": ["set", "string"], "optional": true},
            "open": {"type": "dynamic", "optional": true}
        }}"#;
        let block: Block = serde_json::from_str(schema).unwrap();
        let text =
            format!("resource \"x_y\" \"z\" {{\n lifecycle {{\n ignore_changes = [{element}]\n }}\n}}\n");
        let snapshot = Snapshot::from_files(Revision::Directory("0".into()), [("main.tf", &*text)]);
        let (configuration, diagnostics) = load(&snapshot, "");
        assert!(!diagnostics.has_errors(), "{diagnostics:?}");
        let resource = configuration.root().resources.values().next().unwrap();
        check(&block, resource).into_iter().map(|found| found.summary).collect()
    }

    #[test]
    fn elements_lead_to_something() {
        for good in ["tags", "tags.a", "tags[\"a\"]", "rules[3].port", "names", "open.a[0].b"] {
            assert!(problems(good).is_empty(), "{good}");
        }
        for (bad, summary) in [
            ("tag", "Unsupported attribute"),
            ("tags.a.b", "Unsupported attribute"),
            ("rules[0].prot", "Unsupported attribute"),
            ("rules.port", "Unsupported attribute"),
            ("tags.a[0]", "Invalid index"),
            ("names[0]", "Invalid index"),
            ("id", "Redundant ignore_changes element"),
        ] {
            assert_eq!(problems(bad), [summary], "{bad}");
        }
    }
}
