//! Stores as `terraform_remote_state` reads them.

use std::path::Path;
use std::sync::Arc;

use evenkeel_model::{Type, json};
use evenkeel_provider::BoxFuture;
use evenkeel_provider_builtin::Stores;
use evenkeel_provider_builtin::remote_state::Outputs;
use evenkeel_state::State;
use evenkeel_store::{SqliteStore, StackId, Store, SystemClock};

use crate::settings::store_options;

/// Store files of this machine.
pub struct StoreFiles;

impl Stores for StoreFiles {
    fn outputs<'a>(&'a self, store: &'a Path, stack: &'a str) -> BoxFuture<'a, Result<Outputs, String>> {
        Box::pin(async move {
            if !store.exists() {
                return Err(format!("there is no store at {}.", store.display()));
            }
            let options = store_options().map_err(|failure| {
                failure.diagnostics.iter().map(|problem| problem.detail.clone()).collect::<Vec<_>>().join(" ")
            })?;
            let opened = SqliteStore::open_read_only_with(store, Arc::new(SystemClock), options).await;
            let opened = opened.map_err(|error| format!("{error}."))?;
            let stack = StackId::from(stack);
            let stacks = opened.stacks().await.map_err(|error| format!("{error}."))?;
            if !stacks.contains(&stack) {
                return Err(format!("the store {} has no stack \"{}\".", store.display(), stack.0));
            }
            let state = opened.load(&stack).await.map_err(|error| format!("{error}."))?;
            outputs(&state)
        })
    }
}

fn outputs(state: &State) -> Result<Outputs, String> {
    let all = state.outputs.iter().map(|(name, output)| {
        let value = json::decode(&output.value, &Type::Dynamic);
        let value = value.map_err(|error| format!("output {name}: {error}."))?;
        // A state file forgets what is sensitive once it is read by Terraform; a store does not.
        Ok((name.to_string(), if output.sensitive { value.sensitive() } else { value }))
    });
    all.collect()
}
