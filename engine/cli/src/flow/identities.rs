//! Whom the providers of a stack act for: remembered in the journal when something was seen or applied through
//! them, and looked up for the governor.

use std::collections::BTreeSet;
use std::sync::Mutex;

use evenkeel_plan::governor::Acting;
use evenkeel_provider::Connection;
use evenkeel_state::{Entry, Identities, ProviderConfigAddress};
use evenkeel_store::Store;

use crate::error::Failure;
use crate::flow::Session;
use crate::flow::lease::Held;
use crate::flow::planning::Planned;

/// Whom blocks act for now, beside what was written down of them. The store is only asked where a provider knows
/// whom it acts for.
pub async fn acting(session: &Session, now: Identities) -> Result<Acting, Failure> {
    let before = match now.is_empty() {
        true => Identities::new(),
        false => session.store.identities(&session.stack).await?,
    };
    Ok(Acting { before, now })
}

/// Writes down whom blocks act for of which nothing was known, where one of their objects was found.
pub async fn learn(session: &Session, held: &Held, planned: &Planned) -> Result<(), Failure> {
    let acting = &planned.acting;
    if acting.now.keys().all(|provider| acting.before.contains_key(provider)) {
        return Ok(());
    }
    let objects = planned.observed.iter().filter_map(|address| planned.state.instances.get(address));
    let seen: BTreeSet<&ProviderConfigAddress> =
        objects.filter_map(|instance| instance.current.as_ref()).map(|object| &object.provider).collect();
    let new = acting.now.iter();
    let new = new.filter(|(provider, _)| !acting.before.contains_key(*provider) && seen.contains(provider));
    write(session, held, new.map(|(provider, identity)| (provider.clone(), identity.clone())).collect()).await
}

/// Writes down whom blocks act for that a plan is carried out through: whoever lets it through has decided.
pub async fn settle(session: &Session, held: &Held, acting: &Acting) -> Result<(), Failure> {
    let changed = acting.now.iter().filter(|(provider, now)| acting.before.get(*provider) != Some(*now));
    let changed = changed.map(|(provider, now)| (provider.clone(), now.clone())).collect();
    write(session, held, changed).await
}

/// The same for the connections that a run has used.
pub async fn settle_used(session: &Session, held: &Held, used: Identities) -> Result<(), Failure> {
    let acting = acting(session, used).await?;
    settle(session, held, &acting).await
}

async fn write(session: &Session, held: &Held, identities: Identities) -> Result<(), Failure> {
    if identities.is_empty() {
        return Ok(());
    }
    let entries = identities.into_iter();
    let entries = entries.map(|(provider, identity)| Entry::Identified { provider, identity }).collect();
    session.store.append(&held.lease(), entries).await?;
    Ok(())
}

/// Whom the connections act for that a run has used.
#[derive(Default)]
pub struct Used(Mutex<Identities>);

impl Used {
    /// A connection was given out.
    pub fn saw(&self, provider: &ProviderConfigAddress, connection: &dyn Connection) {
        let Some(identity) = connection.identity() else { return };
        let mut used = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !used.contains_key(provider) {
            used.insert(provider.clone(), identity);
        }
    }

    /// All of them.
    pub fn all(&self) -> Identities {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}
