//! The key that the digest of a plan is made with, where something sensitive is in the plan. It goes with the data key
//! of the store: who can open the sensitive values of the stack could guess nothing that is not known there.

use evenkeel_plan::Plan;
use evenkeel_plan::digest::DigestKey;
use evenkeel_store::Key;

use crate::error::Failure;
use crate::flow::Session;

/// Gives a plan its key, before anybody asks for the digest. A store that cannot have one keeps nothing either: there a
/// key is drawn that ends with the process.
pub async fn prepare(session: &Session, plan: &Plan) -> Result<(), Failure> {
    if !plan.needs_digest_key() {
        return Ok(());
    }
    let key = match session.store.digest_key().await? {
        Some(key) => key,
        None => *Key::drawn().map_err(|why| Failure::plain("Cannot draw a key", why))?.bytes(),
    };
    // A plan that has its key already keeps it.
    plan.digest_key.get_or_init(|| DigestKey(key));
    Ok(())
}
