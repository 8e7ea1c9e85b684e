//! The shell around the safety governor: it is asked about plans, and approvals of exactly one plan each are
//! written into the journal, and so into the audit log, found there, and used up.

use evenkeel_plan::governor::{self, Subject, Verdict};
use evenkeel_state::{Entry, approval};
use evenkeel_store::{Clock, Store, SystemClock};

use crate::args::{GovernorArgs, GovernorChoice};
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::lease::Held;
use crate::flow::planning::Planned;

/// How long an approval holds.
const APPROVAL_MS: i64 = 60 * 60 * 1000;

/// The exit code of a run that was stopped: nothing failed and nothing was changed.
pub const STOPPED: u8 = 3;

/// What the governor thinks of a plan; nothing where it is turned off.
pub fn judge(session: &Session, planned: &Planned, args: &GovernorArgs) -> Verdict {
    if args.governor == Some(GovernorChoice::Off) {
        return Verdict::default();
    }
    let subject = Subject {
        plan: &planned.plan,
        state: &planned.state,
        configuration: &planned.loaded.configuration,
        catalog: &*session.catalog,
        acting: &planned.acting,
    };
    governor::judge(subject, args.limits())
}

/// Writes down that the plan with this digest is approved for a while.
pub async fn approve(session: &Session, held: &Held, digest: &str) -> Result<(), Failure> {
    let until = SystemClock.now().plus_ms(APPROVAL_MS);
    let entry = Entry::Approved { plan_digest: digest.into(), until };
    session.store.append(&held.lease(), vec![entry]).await?;
    Ok(())
}

/// Whether a plan is approved now.
pub async fn is_approved(session: &Session, digest: &str) -> Result<bool, Failure> {
    let entries = session.store.approvals(&session.stack).await?;
    Ok(approval::holds(&entries, digest, SystemClock.now()))
}

/// Uses the approval of a plan, if there is one. Written down before anything is done: an approval that a
/// crash took with it has to be given again.
pub async fn use_approval(session: &Session, held: &Held, digest: &str) -> Result<bool, Failure> {
    if !is_approved(session, digest).await? {
        return Ok(false);
    }
    let entry = Entry::ApprovalUsed { plan_digest: digest.into() };
    session.store.append(&held.lease(), vec![entry]).await?;
    Ok(true)
}
