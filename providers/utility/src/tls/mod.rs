//! The tls provider: keys and certificates, which live in the state, and a look at the certificates of hosts.
//!
//! Certificates have the form that the public provider gives them: the same names in the same order, the same
//! extensions, the same algorithms for the same keys.

mod certificate;
mod chain;
mod describe;
mod extensions;
mod fetch;
mod key;
mod locally_signed;
mod pem;
mod private_key;
mod public_key;
mod renewal;
mod request;
mod self_signed;
mod ssh;
mod subject;

use evenkeel_provider::ProviderError;

use crate::family::Family;
use crate::object::invalid;

/// The provider.
pub(crate) fn family() -> Family {
    Family::new("tls", "4.2.1", include_str!("../../../../schemas/tls/provider.json"))
        .resource("tls_cert_request", request::CertRequest)
        .resource("tls_locally_signed_cert", locally_signed::LocallySigned)
        .resource("tls_private_key", private_key::PrivateKey)
        .resource("tls_self_signed_cert", self_signed::SelfSigned)
        .data("tls_certificate", chain::Chain)
        .data("tls_public_key", public_key::PublicKey { ephemeral: false })
        .ephemeral("tls_private_key", private_key::EphemeralKey)
        .ephemeral("tls_public_key", public_key::PublicKey { ephemeral: true })
}

/// What went wrong, as the sentence that the public provider begins with.
fn failed(what: &'static str) -> impl Fn(String) -> ProviderError {
    move |why| invalid("working with keys and certificates", format!("{what}: {why}."))
}

#[cfg(test)]
mod tests;
