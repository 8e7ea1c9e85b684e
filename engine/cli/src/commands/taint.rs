//! `evenkeel taint` and `evenkeel untaint`

use evenkeel_model::{Diagnostic, InstanceAddress};
use evenkeel_provider::Providers;
use evenkeel_state::{Entry, Object, ObjectStatus};
use evenkeel_store::Store;

use crate::args::{Global, TaintArgs};
use crate::error::Failure;
use crate::flow::Session;
use crate::flow::lease::Held;
use crate::ui::Ui;

pub async fn run(
    global: &Global,
    args: &TaintArgs,
    status: ObjectStatus,
    providers: Providers,
    ui: &Ui,
) -> Result<u8, Failure> {
    let address: InstanceAddress = args
        .address
        .parse()
        .map_err(|error| Failure::plain("Invalid resource instance address", format!("{error}.")))?;
    let session = Session::open(global, &args.location, None, providers, ui).await?;
    let held = Held::take(&session, args.lock_timeout).await?;
    let result = mark(&session, &held, &address, status, args.allow_missing).await;
    held.finish(result).await
}

async fn mark(
    session: &Session,
    held: &Held,
    address: &InstanceAddress,
    status: ObjectStatus,
    allow_missing: bool,
) -> Result<u8, Failure> {
    let state = session.state().await?;
    let object = state.instances.get(address).and_then(|instance| instance.current.as_ref());
    let Some(object) = object else {
        return missing(session, address, allow_missing);
    };
    let what = match status {
        ObjectStatus::Tainted => "marked as tainted",
        ObjectStatus::Ready => "successfully untainted",
    };
    if object.status != status {
        let object = Object { status, ..object.clone() };
        let entry =
            Entry::Observed { address: address.clone(), deposed: None, object: Some(Box::new(object)) };
        session.store.append(&held.lease(), vec![entry]).await?;
    } else if status == ObjectStatus::Ready {
        let detail =
            format!("Resource instance {address} is not currently tainted, and so it cannot be untainted.");
        return Err(Failure::plain("Resource instance is not tainted", detail));
    }
    session.ui.line(&format!("Resource instance {address} has been {what}."));
    Ok(0)
}

fn missing(session: &Session, address: &InstanceAddress, allow_missing: bool) -> Result<u8, Failure> {
    let summary = "No such resource instance";
    if allow_missing {
        let detail = format!(
            "Resource instance {address} was not found, but this is not an error because -allow-missing was set."
        );
        session.ui.diagnostics(&Diagnostic::warning(summary, detail).into(), None);
        return Ok(0);
    }
    Err(Failure::plain(
        summary,
        format!(
            "There is no resource instance in the state with the address {address}. If the resource configuration has just \
             been added, you must run \"evenkeel apply\" once to create the corresponding instance(s) before they can be \
             tainted."
        ),
    ))
}
