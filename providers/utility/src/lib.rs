//! The utility providers that nearly every module pulls in: random, null, time, local, tls, sops and age, in one crate
//! because they are small and share how a type is written (`kind`) and served (`family`).
//!
//! Each provider is a folder, each type a file in it with its schema in `schemas/<provider>/`. Nothing here
//! belongs to a cloud: objects live in the state, but for the files of `local`, which are read and written
//! where the operator allows it ([`HostFiles`]), the certificates of hosts that `tls` looks at, and the files and
//! values that `sops` and `age` open with keys of the operator ([`Keys`]).

mod age;
mod family;
mod kind;
mod local;
mod null;
mod object;
mod random;
mod replace;
mod sops;
#[cfg(test)]
mod testing;
mod time;
mod tls;

use std::sync::Arc;

use evenkeel_age::Keys;
use evenkeel_provider::Provider;

pub use local::{HostFiles, RevisionFiles};

/// The providers. Only `local` and `sops` need to know what they may touch, `sops` and `age` who holds the keys.
pub fn providers(files: HostFiles, keys: Arc<dyn Keys>) -> Vec<Arc<dyn Provider>> {
    let sops = sops::family(files.clone(), keys.clone());
    let families = [
        random::family(),
        null::family(),
        time::family(),
        local::family(files),
        tls::family(),
        sops,
        age::family(keys),
    ];
    families.map(family::Family::provider).into()
}
