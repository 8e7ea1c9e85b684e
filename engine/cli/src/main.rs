//! The `evenkeel` binary: the providers it has, and nothing else.

use std::process::ExitCode;

use evenkeel_provider::Providers;

/// Planning makes and drops very many small values.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    evenkeel_cli::run(providers(), std::env::args_os().collect())
}

fn providers() -> Providers {
    let mut providers = Providers::default();
    for provider in native() {
        providers.0.insert(provider.spec().address().clone(), provider);
    }
    providers
}

#[cfg(feature = "aws")]
fn native() -> Vec<std::sync::Arc<dyn evenkeel_provider::Provider>> {
    vec![evenkeel_provider_aws::provider()]
}

#[cfg(not(feature = "aws"))]
fn native() -> Vec<std::sync::Arc<dyn evenkeel_provider::Provider>> {
    Vec::new()
}
