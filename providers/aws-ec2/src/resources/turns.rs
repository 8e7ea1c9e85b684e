//! One change at a time of what the service changes as a whole: it refuses a change that was made from an
//! older version, or loses one of two that meet.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::lock::{Mutex as Turn, OwnedMutexGuard};

use crate::context::Context;

/// Whose turn it is, by what is changed.
#[derive(Default)]
struct Turns(Mutex<BTreeMap<String, Arc<Turn<()>>>>);

/// Waits for the turn to change something; it ends with what this gives. Other processes are not waited for.
pub(super) async fn turn(context: &Context, id: &str) -> OwnedMutexGuard<()> {
    let turns = context.client(|_| Turns::default());
    let turn =
        turns.0.lock().unwrap_or_else(PoisonError::into_inner).entry(id.to_owned()).or_default().clone();
    turn.lock_owned().await
}
