//! `evenkeel version`

use evenkeel_provider::Providers;

use crate::error::Failure;
use crate::ui::Ui;

pub fn run(providers: &Providers, ui: &Ui) -> Result<u8, Failure> {
    let versions: Vec<(String, String)> = providers
        .0
        .iter()
        .map(|(address, provider)| (address.to_string(), provider.spec().version().to_owned()))
        .collect();
    ui.version(env!("CARGO_PKG_VERSION"), &versions);
    Ok(0)
}
