//! Conditions: validations, preconditions, postconditions and the assertions of `check` blocks; what
//! is known of each, while planning and when everything is applied.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_lang::config::CheckRule;
use evenkeel_lang::eval::{evaluate, evidence};
use evenkeel_model::value::Kind;
use evenkeel_model::{Diagnostic, Diagnostics, InstanceAddress, Severity, Type, Value, convert};

use crate::graph::StaticPath;
use crate::scope::InstanceScope;
use crate::types::{Check, CheckKind, CheckStatus, Checked};
use crate::world::{World, module_prefix};

/// What is known of all conditions so far.
#[derive(Default)]
pub struct Conditions(BTreeMap<(CheckKind, Arc<str>), BTreeMap<Arc<str>, Checked>>);

impl Conditions {
    /// Notes what was found about one instance; what was found before stays.
    pub fn note(&mut self, kind: CheckKind, of: &str, instance: &str, found: Checked) {
        let instances = self.0.entry((kind, of.into())).or_default();
        let known = instances.entry(instance.into()).or_default();
        known.status = known.status.max(found.status);
        known.problems.extend(found.problems);
    }

    /// As the plan lists them: everything that has conditions, come to or not.
    pub fn into_checks(mut self, all: impl IntoIterator<Item = (CheckKind, String, bool)>) -> Vec<Check> {
        let mut checks = BTreeMap::new();
        for (kind, address, reached) in all {
            let address: Arc<str> = address.into();
            let instances = self.0.remove(&(kind, address.clone())).unwrap_or_default();
            let reached = reached || !instances.is_empty();
            checks.insert((kind, address.clone()), Check { kind, address, reached, instances });
        }
        checks.into_values().collect()
    }
}

/// Checks conditions: what is wrong, and what is known of them together.
pub fn check_rules(
    rules: &[CheckRule],
    scope: &InstanceScope<'_>,
    summary: &str,
    address: &str,
) -> (Diagnostics, Checked) {
    let mut diagnostics = Diagnostics::new();
    let mut checked = Checked::default();
    for rule in rules {
        let status = check_rule(rule, scope, (summary, address), &mut diagnostics, &mut checked.problems);
        checked.status = checked.status.max(status);
    }
    (diagnostics, checked)
}

fn check_rule(
    rule: &CheckRule,
    scope: &InstanceScope<'_>,
    (summary, address): (&str, &str),
    diagnostics: &mut Diagnostics,
    problems: &mut Vec<Arc<str>>,
) -> CheckStatus {
    let (condition, found) = evaluate(&rule.condition, scope);
    if found.has_errors() {
        diagnostics.extend(found);
        return CheckStatus::Error;
    }
    let condition = convert::convert(&condition, &Type::Bool);
    match condition.as_ref().map(Value::kind) {
        Ok(Kind::Bool(true)) => CheckStatus::Pass,
        Ok(Kind::Unknown(..)) => CheckStatus::Unknown,
        Ok(Kind::Bool(false)) => {
            let message = error_message(rule, scope, diagnostics);
            problems.extend(message.as_deref().map(Arc::from));
            let detail = message.unwrap_or_else(|| "The error message cannot be determined yet.".to_owned());
            let range = rule.condition.range().clone();
            let mut failed = Diagnostic::error(summary, detail).at(range).about(address);
            failed.evidence = Some(evidence(&rule.condition, scope));
            diagnostics.push(failed);
            CheckStatus::Fail
        }
        Ok(_) | Err(_) => {
            let detail = "The condition expression must return either true or false.";
            let range = rule.condition.range().clone();
            diagnostics.push(Diagnostic::error("Invalid condition result", detail).at(range).about(address));
            CheckStatus::Error
        }
    }
}

/// What to say; nothing where that is not known yet.
fn error_message(
    rule: &CheckRule,
    scope: &InstanceScope<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    let (message, found) = evaluate(&rule.error_message, scope);
    let usable = !found.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    diagnostics.extend(found);
    match (usable && message.all_marks().is_empty(), message.as_str()) {
        (true, text) => text.map(str::to_owned),
        (false, _) => Some("The error message refers to sensitive values, so it is not shown.".to_owned()),
    }
}

/// What stops a run elsewhere is only told by a check.
pub fn as_warnings(diagnostics: Diagnostics) -> Diagnostics {
    let warning = |diagnostic| Diagnostic { severity: Severity::Warning, ..diagnostic };
    Diagnostics(diagnostics.into_iter().map(warning).collect())
}

/// `module.a.` for a static path.
pub fn static_prefix(path: &StaticPath) -> String {
    path.iter().map(|name| format!("module.{name}.")).collect()
}

impl World {
    /// Notes what is known of the conditions of something in a module that has no instances of its own.
    pub fn note_conditions(&mut self, place: usize, kind: CheckKind, name: &str, found: Checked) {
        let of = format!("{}{name}", static_prefix(&self.modules[place].path));
        let instance = format!("{}{name}", module_prefix(&self.modules[place].address));
        self.conditions.note(kind, &of, &instance, found);
    }

    /// Notes what is known of the conditions of a resource instance.
    pub fn note_resource_conditions(&mut self, address: &InstanceAddress, found: Checked) {
        let resource = &address.resource;
        let path: StaticPath = resource.module.without_keys().into();
        let root = evenkeel_model::ResourceAddress { module: Default::default(), ..resource.clone() };
        let of = format!("{}{root}", static_prefix(&path));
        self.conditions.note(CheckKind::Resource, &of, &address.to_string(), found);
    }

    /// Evaluates the assertions of a `check` block in one instance of its module.
    pub fn evaluate_check(&mut self, place: usize, name: &Arc<str>) -> Diagnostics {
        let module = self.modules[place].module.clone();
        let Some(check) = module.checks.get(name) else { return Diagnostics::new() };
        let address = format!("{}check.{name}", module_prefix(&self.modules[place].address));
        let mut diagnostics = Diagnostics::new();
        let mut all = Checked::default();
        for rule in &check.asserts {
            let rule = std::slice::from_ref(rule);
            let scope = self.scope(place);
            let (found, checked) = check_rules(rule, &scope, "Check block assertion failed", &address);
            diagnostics.extend(as_warnings(found));
            if checked.status == CheckStatus::Unknown && !self.settling {
                diagnostics.push(known_after_apply(rule, &address));
            }
            all.status = all.status.max(checked.status);
            all.problems.extend(checked.problems);
        }
        self.note_conditions(place, CheckKind::Check, &format!("check.{name}"), all);
        diagnostics
    }
}

fn known_after_apply(rules: &[CheckRule], address: &str) -> Diagnostic {
    let detail = "The condition could not be evaluated at this time: something that it refers to is known only \
                  after apply.";
    let range = rules.first().map(|rule| rule.condition.range().clone());
    Diagnostic::warning("Check block assertion known after apply", detail).at(range).about(address)
}
