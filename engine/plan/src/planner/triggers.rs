//! `replace_triggered_by`: whether something it names changes in this plan.

use std::sync::Arc;

use evenkeel_lang::ast::{Expr, ExprKind};
use evenkeel_lang::config::{Reference, references};
use evenkeel_lang::eval::evaluate;
use evenkeel_model::{InstanceAddress, InstanceKey, Path, PathStep, ResourceAddress, Value};
use evenkeel_provider::diff;

use super::{Planner, Subject};
use crate::types::{Change, ChangeAction};

impl Planner<'_> {
    pub(crate) fn is_triggered(&self, subject: &Subject<'_>, address: &InstanceAddress) -> bool {
        let triggers = &subject.resource.lifecycle.replace_triggered_by;
        triggers.iter().any(|trigger| self.fires(subject, address, trigger))
    }

    fn fires(&self, subject: &Subject<'_>, address: &InstanceAddress, trigger: &Expr) -> bool {
        let Some(key) = references(trigger).into_iter().find_map(|found| match found.reference {
            Reference::Resource(key) => Some(key),
            _ => None,
        }) else {
            return false;
        };
        let resource = ResourceAddress {
            module: address.resource.module.clone(),
            mode: key.mode,
            kind: key.kind,
            name: key.name,
        };
        let (index, path) = self.place_inside(subject, address, trigger);
        let first = match &index {
            Some(index) => resource.instance(Some(index.clone())),
            None => resource.instance(None),
        };
        self.changes
            .from(first)
            .take_while(|change| change.address.resource == resource)
            .take_while(|change| index.is_none() || change.address.key == index)
            .any(|change| change.deposed.is_none() && changes_at(change, &path))
    }

    /// The instance and the attribute path that a trigger names behind the resource.
    fn place_inside(
        &self,
        subject: &Subject<'_>,
        address: &InstanceAddress,
        trigger: &Expr,
    ) -> (Option<InstanceKey>, Path) {
        let mut steps: Vec<Step<'_>> = Vec::new();
        let mut at = trigger;
        loop {
            match at.kind() {
                ExprKind::Attribute(inner, name) => {
                    steps.push(Step::Name(name.clone()));
                    at = inner;
                }
                ExprKind::Index(inner, key) => {
                    steps.push(Step::Key(key));
                    at = inner;
                }
                _ => break,
            }
        }
        steps.reverse();
        // The first name is the resource's own (its type is the root).
        let mut rest = steps.into_iter().skip(1).peekable();
        let mut index = None;
        if let Some(Step::Key(key)) = rest.peek() {
            index = self.instance_key(subject, address, key);
            rest.next();
        }
        let path = rest.map_while(|step| match step {
            Step::Name(name) => Some(PathStep::Attribute(name)),
            Step::Key(_) => None,
        });
        (index, Path(path.collect()))
    }

    fn instance_key(
        &self,
        subject: &Subject<'_>,
        address: &InstanceAddress,
        key: &Expr,
    ) -> Option<InstanceKey> {
        let data = crate::expand::InstanceData {
            count_index: match &address.key {
                Some(InstanceKey::Int(index)) => Some(*index),
                _ => None,
            },
            each: match &address.key {
                Some(InstanceKey::String(key)) => Some((Value::string(&**key), Value::string(&**key))),
                _ => None,
            },
        };
        let (value, _) = evaluate(key, &self.world.scope_of(subject.place, &data));
        match (value.as_str(), value.as_number().and_then(evenkeel_model::Number::to_u64)) {
            (Some(text), _) => Some(InstanceKey::String(Arc::from(text))),
            (None, Some(index)) => Some(InstanceKey::Int(index)),
            (None, None) => None,
        }
    }
}

enum Step<'e> {
    Name(Arc<str>),
    Key(&'e Expr),
}

fn changes_at(change: &Change, path: &Path) -> bool {
    let replaced_or_updated = matches!(
        change.action,
        ChangeAction::Update | ChangeAction::DeleteThenCreate | ChangeAction::CreateThenDelete
    );
    if path.0.is_empty() || !replaced_or_updated {
        return replaced_or_updated;
    }
    match (
        change.before.as_ref().and_then(|before| before.at(path)),
        change.after.as_ref().and_then(|after| after.at(path)),
    ) {
        (Some(before), Some(after)) => !after.is_wholly_known() || !diff::same(before, after),
        (None, None) => false,
        _ => true,
    }
}
