//! The utility providers that nearly every module pulls in: random, null, time, local and tls, in one crate
//! because they are small and share how a type is written (`kind`) and served (`family`).
//!
//! Each provider is a folder, each type a file in it with its schema in `schemas/<provider>/`. Nothing here
//! belongs to a cloud: objects live in the state, but for the files of `local`, which are read and written
//! where the operator allows it ([`HostFiles`]), and the certificates of hosts that `tls` looks at.

mod family;
mod kind;
mod local;
mod null;
mod object;
mod random;
mod replace;
#[cfg(test)]
mod testing;
mod time;
mod tls;

use std::sync::Arc;

use evenkeel_provider::Provider;

pub use local::{HostFiles, RevisionFiles};

/// The providers. Only `local` needs to know what it may touch.
pub fn providers(files: HostFiles) -> Vec<Arc<dyn Provider>> {
    let families = [random::family(), null::family(), time::family(), local::family(files), tls::family()];
    families.map(family::Family::provider).into()
}
