//! `evenkeel taint` and `evenkeel untaint`

use evenkeel_model::InstanceAddress;
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
        let detail = format!("There is no resource instance in the state with the address {address}.");
        let missing = Failure::plain("No such resource instance", detail);
        return if allow_missing { Ok(0) } else { Err(missing) };
    };
    let word = match status {
        ObjectStatus::Tainted => "tainted",
        ObjectStatus::Ready => "untainted",
    };
    if object.status != status {
        let object = Object { status, ..object.clone() };
        let entry =
            Entry::Observed { address: address.clone(), deposed: None, object: Some(Box::new(object)) };
        session.store.append(&held.lease(), vec![entry]).await?;
    } else if status == ObjectStatus::Ready {
        let detail = format!("Resource instance {address} is not currently tainted.");
        return Err(Failure::plain("Resource instance is not tainted", detail));
    }
    session.ui.line(&format!("Resource instance {address} has been marked as {word}."));
    Ok(0)
}
