//! The digest of a plan: SHA-256 over its normalised content, so that an approval or a token binds
//! to exactly this plan.
//!
//! Whoever sees a digest could guess what it covers, and try. So where something sensitive is in the plan, what is
//! given is HMAC-SHA-256 over that digest, with a key that is not shown.

mod content;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use evenkeel_lang::config::When;
use evenkeel_model::{InstanceAddress, Marks, Revision};
use evenkeel_state::ProviderConfigAddress;

use crate::types::{Change, Move, OutputChange, Plan, Step, StepKind};
use content::Content;

/// What the content is written as; another one gives other digests.
const FORMAT: u64 = 4;

/// What digests are keyed with. It cannot be shown.
#[derive(Clone)]
pub struct DigestKey(pub [u8; 32]);

impl DigestKey {
    /// The key as long as a block of the hash is, as RFC 2104 fills it up.
    fn block(&self) -> [u8; 64] {
        let mut block = [0; 64];
        block.iter_mut().zip(self.0).for_each(|(place, byte)| *place = byte);
        block
    }
}

impl fmt::Debug for DigestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestKey")
    }
}

/// Whether a digest of the plan covers a value with marks: one that is sensitive, or repeats what is.
pub fn covers_sensitive(plan: &Plan) -> bool {
    let objects = plan.changes.iter().flat_map(|change| [&change.before, &change.after]);
    let outputs = plan.outputs.values();
    let is_hidden = outputs.clone().any(|change| change.sensitive);
    let outputs = outputs.flat_map(|change| [&change.before, &change.after]);
    let kept = plan.kept_outputs.values();
    let mut values = objects.chain(outputs).chain(kept).flatten().chain(plan.variables.values());
    is_hidden || values.any(|value| !value.all_marks().is_empty())
}

/// The digest in hexadecimal. The plan's own `digest` does not count.
pub fn of(plan: &Plan) -> Arc<str> {
    let mut content = Content::new();
    head(&mut content, plan);
    let mut provider = Shown::default();
    content.all(&plan.changes, |content, one| change(content, one, &mut provider));
    content.all(&plan.steps, step);
    content.all(&plan.outputs, |content, (name, change)| output(content.text(name), change));
    content.all(&plan.moves, moved);
    content.all(&plan.kept_outputs, |content, (name, value)| {
        content.text(name).option(value.as_ref(), Content::value);
    });
    content.finish(plan.digest_key.get().filter(|_| covers_sensitive(plan))).into()
}

fn head(content: &mut Content, plan: &Plan) {
    content.number(FORMAT);
    match &plan.revision {
        Revision::Commit(id) => content.tag(b'c').text(id),
        Revision::Directory(id) => content.tag(b'd').text(id),
    };
    content.text(&plan.lineage).number(plan.base_serial.0).text(plan.mode.as_str());
    // Not the time: where it counts it is in the values, and otherwise the same plan may be made later.
    content.tag(u8::from(plan.partial));
    content.all(&plan.providers, |content, (address, version)| {
        content.shown(address).text(version);
    });
    // Ephemeral ones may be others when the plan is applied.
    let kept = plan.variables.iter().filter(|(_, value)| !value.marks().contains(Marks::EPHEMERAL));
    content.all(kept.collect::<Vec<_>>(), |content, (name, value)| content.text(name).value(value));
}

/// A provider address as it is written. Objects that follow each other mostly have the same.
#[derive(Default)]
struct Shown<'p>(Option<(&'p ProviderConfigAddress, String)>);

impl<'p> Shown<'p> {
    fn of(&mut self, provider: &'p ProviderConfigAddress) -> &str {
        if self.0.as_ref().is_none_or(|(known, _)| *known != provider) {
            self.0 = None;
        }
        &self.0.get_or_insert_with(|| (provider, provider.to_string())).1
    }
}

fn change<'p>(content: &mut Content, change: &'p Change, provider: &mut Shown<'p>) {
    content.shown(&change.address);
    content.option(change.deposed, |content, key| {
        content.number(u64::from(key.0));
    });
    content.text(provider.of(&change.provider));
    content.all(change.action.names(), |content, name| {
        content.text(name);
    });
    content.option(change.before.as_ref(), Content::value);
    content.option(change.after.as_ref(), Content::value);
    content.all(&change.dependencies, |content, resource| {
        content.shown(resource);
    });
    content.tag(u8::from(change.create_before_destroy)).number(change.schema_version);
    content.option(change.previous_address.as_ref(), address);
    content.option(change.importing.as_ref(), |content, importing| {
        content.text(&importing.id);
    });
}

fn step(content: &mut Content, step: &Step) {
    content.number(u64::from(step.id.0));
    let number = |content: &mut Content, change: usize| {
        content.number(change as u64);
    };
    let key = |content: &mut Content, key: evenkeel_state::DeposedKey| {
        content.number(u64::from(key.0));
    };
    match &step.kind {
        StepKind::Create { change, depose } => {
            number(content.tag(b'c'), *change);
            content.option(*depose, key);
        }
        StepKind::Update { change } => number(content.tag(b'u'), *change),
        StepKind::Delete { change, deposed } => {
            number(content.tag(b'd'), *change);
            content.option(*deposed, key);
        }
        StepKind::Read { change } => number(content.tag(b'r'), *change),
        StepKind::Provision { change, when, provisioner } => {
            content.tag(if *when == When::Create { b'p' } else { b'q' });
            number(content, *change);
            number(content, *provisioner);
        }
        StepKind::Join { resource } => {
            content.tag(b'j').shown(resource);
        }
    }
    content.all(&step.needs, |content, need| {
        content.number(u64::from(need.0));
    });
}

fn output(content: &mut Content, change: &OutputChange) {
    content.option(change.before.as_ref(), Content::value);
    content.option(change.after.as_ref(), Content::value);
    content.tag(u8::from(change.sensitive));
}

fn moved(content: &mut Content, moved: &Move) {
    address(content, &moved.from);
    address(content, &moved.to);
}

fn address(content: &mut Content, address: &InstanceAddress) {
    content.shown(address);
}
