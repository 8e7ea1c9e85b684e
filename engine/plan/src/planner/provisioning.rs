//! Provisioners: which of them a change runs, and what is said of those that do not run.
//!
//! `local-exec` runs where the operator's own settings allow it: the plan then holds a step for each.
//! All others never run, and are never passed over in silence. What a command is made from is
//! evaluated during apply ([`crate::finish`]).

use std::collections::BTreeMap;
use std::sync::Arc;

use evenkeel_lang::config::{Resource, When};
use evenkeel_model::{Diagnostic, InstanceAddress, Severity};
use evenkeel_state::ObjectStatus;

use super::Planner;
use crate::input::Provisioners;
use crate::order::Provisioned;
use crate::types::{Change, ChangeAction};

/// The only kind that can run.
const LOCAL: &str = "local-exec";

impl Planner<'_> {
    /// Notes the provisioners that a change runs, and those that it would run.
    pub(crate) fn note_provisioners(&mut self, change: &Change, resource: &Resource) {
        let made = matches!(change.action, ChangeAction::Create) || change.action.is_replace();
        let destroyed = self.runs_before_destroy(change);
        let mut provisioned = Provisioned::default();
        for (place, provisioner) in resource.provisioners.iter().enumerate() {
            let (runs, steps) = match provisioner.when {
                When::Create => (made, &mut provisioned.create),
                When::Destroy => (destroyed, &mut provisioned.destroy),
            };
            match runs && self.input.options.local_exec && &*provisioner.kind == LOCAL {
                true => steps.push(place),
                false if runs => {
                    let which = (provisioner.kind.clone(), change.address.clone());
                    self.not_run.insert(which, provisioner.range.clone());
                }
                false => {}
            }
        }
        if provisioned != Provisioned::default() {
            self.provisioned.insert((change.address.clone(), change.deposed), provisioned);
        }
    }

    /// Whether provisioners run before the object of a change is destroyed. They do not for one that
    /// was not made completely, and for one that was put aside: as in Terraform, what they say is about
    /// the object that is current.
    fn runs_before_destroy(&self, change: &Change) -> bool {
        let current = matches!(change.action, ChangeAction::Delete | ChangeAction::DeleteThenCreate);
        let instance = self.input.state.instances.get(&change.address);
        let object = instance.and_then(|instance| instance.current.as_ref());
        let tainted = object.is_some_and(|object| object.status == ObjectStatus::Tainted);
        current && change.deposed.is_none() && !tainted
    }

    /// Says that provisioners do not run: once for each kind, however many there are.
    pub(crate) fn tell_of_provisioners(&mut self) {
        let severity = match self.input.options.provisioners {
            Provisioners::Refuse => Severity::Error,
            Provisioners::Warn => Severity::Warning,
        };
        let mut told: BTreeMap<Arc<str>, Diagnostic> = BTreeMap::new();
        let mut more: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        for ((kind, address), range) in std::mem::take(&mut self.not_run) {
            match told.contains_key(&kind) {
                true => *more.entry(kind).or_default() += 1,
                false => drop(told.insert(kind.clone(), not_run(&kind, &address).at(range))),
            }
        }
        for (kind, mut diagnostic) in told {
            if let Some(more) = more.get(&kind) {
                diagnostic.detail.push_str(&format!(" (There are {more} more.)"));
            }
            self.diagnostics.push(Diagnostic { severity, ..diagnostic });
        }
    }
}

fn not_run(kind: &str, address: &InstanceAddress) -> Diagnostic {
    let remedy = match kind == LOCAL {
        true => {
            "Commands of a configuration run only where the operator allows it: -allow-local-exec, or \
             EVENKEEL_ALLOW_LOCAL_EXEC=1 in the environment."
        }
        false => {
            "Evenkeel runs no provisioner but local-exec. Do what it does by other means, and remove the block."
        }
    };
    let detail = format!(
        "Terraform would run the provisioner {kind} of {address} with this plan, and Evenkeel will not. {remedy}"
    );
    Diagnostic::error("Provisioners do not run", detail)
}
