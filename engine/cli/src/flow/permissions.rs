//! `plan -probe-permissions`: whether the clouds would allow what is planned.
//!
//! What is asked is what the plan would make and remove; nothing of it is done. Changes in place are not asked about,
//! and neither is what a service has no way to tell.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_model::{InstanceAddress, Value};
use evenkeel_plan::{Change, Input, StepKind};
use evenkeel_provider::{Missing, Permission, ProbeRequest, Probed};
use evenkeel_state::ProviderConfigAddress;
use futures_util::{StreamExt, stream};

use super::Session;
use super::planning::Planned;
use crate::error::Failure;

/// What the clouds said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// How many changes are allowed.
    pub granted: usize,
    /// What is not allowed, with the objects that need it.
    pub missing: BTreeMap<Missing, BTreeSet<InstanceAddress>>,
    /// What could not be told, and why.
    pub unknown: BTreeMap<(InstanceAddress, Probed), String>,
    /// How many changes nobody can be asked about.
    pub unasked: usize,
}

/// Asks about everything that a plan makes and removes.
pub async fn probe(session: &Session, planned: &Planned, parallelism: usize) -> Result<Permissions, Failure> {
    let configs = configs(session, planned)?;
    let requests: Vec<_> = requests(planned).collect();
    let asked = stream::iter(requests).map(|(provider, request)| {
        let config = configs.get(provider);
        async move {
            let about = (request.address.clone(), request.what);
            (about, ask(session, provider, config, request).await)
        }
    });
    let answers: Vec<_> = asked.buffered(parallelism.max(1)).collect().await;
    Ok(answers.into_iter().fold(Permissions::default(), Permissions::with))
}

impl Permissions {
    fn with(mut self, (about, answer): ((InstanceAddress, Probed), Option<Permission>)) -> Self {
        match answer {
            Some(Permission::Granted) => self.granted = self.granted.saturating_add(1),
            Some(Permission::Missing(missing)) => {
                self.missing.entry(missing).or_default().insert(about.0);
            }
            Some(Permission::Unknown(why)) => {
                self.unknown.insert(about, why);
            }
            None => self.unasked = self.unasked.saturating_add(1),
        }
        self
    }
}

/// What there is to ask about, and whom.
fn requests(planned: &Planned) -> impl Iterator<Item = (&ProviderConfigAddress, ProbeRequest)> {
    let about = |step: &StepKind| match step {
        StepKind::Create { change, .. } => Some((*change, Probed::Create)),
        StepKind::Delete { change, .. } => Some((*change, Probed::Delete)),
        _ => None,
    };
    let changes = planned.plan.steps.iter().filter_map(move |step| about(&step.kind));
    changes.filter_map(|(change, what)| {
        let change = planned.plan.changes.get(change)?;
        Some((&change.provider, request(change, what)?))
    })
}

fn request(change: &Change, what: Probed) -> Option<ProbeRequest> {
    let object = match what {
        Probed::Create => change.after.as_ref(),
        Probed::Delete => change.before.as_ref(),
    };
    let object = object?.clone().unmark_deep().0;
    let address = change.address.clone();
    Some(ProbeRequest { kind: address.resource.kind.clone(), address, what, object })
}

async fn ask(
    session: &Session,
    provider: &ProviderConfigAddress,
    config: Option<&Value>,
    request: ProbeRequest,
) -> Option<Permission> {
    let Some(config) = config else {
        let why = "the provider is configured with what only apply will tell".to_owned();
        return Some(Permission::Unknown(why));
    };
    match session.pool.connection(&provider.provider, config).await {
        Ok(connection) => connection.probe(request).await,
        Err(error) => Some(Permission::Unknown(error.to_string())),
    }
}

/// What the provider blocks say that the plan uses.
fn configs(session: &Session, planned: &Planned) -> Result<BTreeMap<ProviderConfigAddress, Value>, Failure> {
    let input = Input {
        snapshot: &planned.loaded.snapshot,
        configuration: &planned.loaded.configuration,
        state: &planned.state,
        catalog: &session.catalog,
        variables: &planned.variables,
        options: &planned.options,
        answers: &planned.answers,
    };
    let wanted = planned.plan.changes.iter().map(|change| change.provider.clone()).collect();
    evenkeel_plan::provider_configs(&input, &wanted)
        .map_err(|diagnostics| Failure::in_files(diagnostics, &planned.loaded.snapshot))
}
