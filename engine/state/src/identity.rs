//! Whom the provider blocks of a stack act for: an account, as its provider names it. The journal has a line for
//! each block that is new or acts for somebody else.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::entry::Entry;
use crate::object::ProviderConfigAddress;

/// An identity by provider block; blocks whose provider knows none are not among them.
pub type Identities = BTreeMap<ProviderConfigAddress, Arc<str>>;

/// Whom each block acted for last, as the entries of a journal say in their order.
pub fn last<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Identities {
    let mut found = Identities::new();
    for entry in entries {
        if let Entry::Identified { provider, identity } = entry {
            found.insert(provider.clone(), identity.clone());
        }
    }
    found
}
