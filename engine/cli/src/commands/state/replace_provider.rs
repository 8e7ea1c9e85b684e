//! `evenkeel state replace-provider`: objects get another provider, as when a fork takes over.

use std::collections::BTreeSet;
use std::io::BufRead;

use evenkeel_model::ProviderAddress;
use evenkeel_state::{Entry, Object, State};

use crate::args::StateChangeArgs;
use crate::error::Failure;
use crate::flow::Session;

/// Says what would change, asks, and changes it.
pub async fn run(
    session: &Session,
    [from, to]: [&str; 2],
    auto_approve: bool,
    change: &StateChangeArgs,
) -> Result<(), Failure> {
    let (from, to) = (parsed("from", from)?, parsed("to", to)?);
    let ui = &session.ui;
    let resources = resources(&session.state().await?, &from);
    if resources.is_empty() {
        ui.line("No matching resources found.");
        return Ok(());
    }
    let names: String = resources.iter().map(|resource| format!("  {resource}\n")).collect();
    ui.text(&format!(
        "Evenkeel will perform the following actions:\n\n  ~ Updating provider:\n    - {from}\n    + {to}\n\nChanging {} \
         resources:\n\n{names}",
        resources.len()
    ));
    if !auto_approve && !approved(session) {
        ui.line("Cancelled replacing providers.");
        return Ok(());
    }
    super::rewrite(session, change.lock_timeout, |state| entries(state, &from, &to)).await?;
    ui.line(&format!("\nSuccessfully replaced provider for {} resources.", resources.len()));
    Ok(())
}

fn parsed(which: &str, text: &str) -> Result<ProviderAddress, Failure> {
    text.parse().map_err(|error| {
        let detail = format!(
            "{error}. A provider is HOST/NAMESPACE/TYPE, such as registry.terraform.io/hashicorp/aws."
        );
        Failure::plain(format!("Invalid \"{which}\" provider \"{text}\""), detail)
    })
}

fn resources(state: &State, from: &ProviderAddress) -> BTreeSet<String> {
    let uses = |object: &Object| object.provider.provider == *from;
    let all = state
        .instances
        .iter()
        .filter(|(_, instance)| instance.current.iter().chain(instance.deposed.values()).any(uses));
    all.map(|(address, _)| address.resource.to_string()).collect()
}

fn entries(state: &State, from: &ProviderAddress, to: &ProviderAddress) -> Vec<Entry> {
    let mut entries = Vec::new();
    for address in state.instances.keys() {
        for (deposed, object) in super::objects(state, address) {
            if object.provider.provider == *from {
                let mut object = object.clone();
                object.provider.provider = to.clone();
                entries.push(Entry::Observed {
                    address: address.clone(),
                    deposed,
                    object: Some(Box::new(object)),
                });
            }
        }
    }
    entries
}

fn approved(session: &Session) -> bool {
    session.ui.raw(
        "\nDo you want to make these changes?\nOnly 'yes' will be accepted to continue.\n\nEnter a value: ",
    );
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    session.ui.line("");
    read.is_ok() && line.trim() == "yes"
}
