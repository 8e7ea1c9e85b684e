//! Extensions of certificates and requests, in the order in which the public provider writes them.

use std::net::{IpAddr, Ipv6Addr};

use der::Encode;
use der::asn1::{Ia5String, ObjectIdentifier, OctetString};
use der::flagset::FlagSet;
use evenkeel_model::Value;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName,
    SubjectKeyIdentifier,
};

const USAGES: [(&str, KeyUsages); 9] = [
    ("digital_signature", KeyUsages::DigitalSignature),
    ("content_commitment", KeyUsages::NonRepudiation),
    ("key_encipherment", KeyUsages::KeyEncipherment),
    ("data_encipherment", KeyUsages::DataEncipherment),
    ("key_agreement", KeyUsages::KeyAgreement),
    ("cert_signing", KeyUsages::KeyCertSign),
    ("crl_signing", KeyUsages::CRLSign),
    ("encipher_only", KeyUsages::EncipherOnly),
    ("decipher_only", KeyUsages::DecipherOnly),
];

const EXTENDED: [(&str, &str); 14] = [
    ("any_extended", "2.5.29.37.0"),
    ("server_auth", "1.3.6.1.5.5.7.3.1"),
    ("client_auth", "1.3.6.1.5.5.7.3.2"),
    ("code_signing", "1.3.6.1.5.5.7.3.3"),
    ("email_protection", "1.3.6.1.5.5.7.3.4"),
    ("ipsec_end_system", "1.3.6.1.5.5.7.3.5"),
    ("ipsec_tunnel", "1.3.6.1.5.5.7.3.6"),
    ("ipsec_user", "1.3.6.1.5.5.7.3.7"),
    ("timestamping", "1.3.6.1.5.5.7.3.8"),
    ("ocsp_signing", "1.3.6.1.5.5.7.3.9"),
    ("microsoft_server_gated_crypto", "1.3.6.1.4.1.311.10.3.3"),
    ("netscape_server_gated_crypto", "2.16.840.1.113730.4.1"),
    ("microsoft_commercial_code_signing", "1.3.6.1.4.1.311.2.1.22"),
    ("microsoft_kernel_code_signing", "1.3.6.1.4.1.311.61.1.1"),
];

/// Every use that a configuration may allow, in order.
pub(super) fn uses() -> Vec<&'static str> {
    let plain = USAGES.iter().map(|(name, _)| *name);
    let mut all: Vec<&str> = plain.chain(EXTENDED.iter().map(|(name, _)| *name)).collect();
    all.sort_unstable();
    all
}

/// What is said of a certificate.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) uses: Vec<String>,
    pub(super) is_authority: bool,
    pub(super) path_length: Option<u8>,
    pub(super) subject_key: Option<Vec<u8>>,
    pub(super) authority_key: Option<Vec<u8>>,
    pub(super) names: Vec<GeneralName>,
    /// There is no subject, so that the other names are what counts.
    pub(super) is_nameless: bool,
}

/// All of them.
pub(super) fn all(wanted: Wanted) -> der::Result<Vec<Extension>> {
    let mut extensions = Vec::new();
    let has = |name: &str| wanted.uses.iter().any(|wanted| wanted == name);
    let usages: FlagSet<KeyUsages> = USAGES
        .into_iter()
        .filter(|(name, _)| has(name))
        .fold(FlagSet::default(), |all, (_, usage)| all | usage);
    if !usages.is_empty() {
        extensions.push(extension("2.5.29.15", true, &KeyUsage(usages))?);
    }
    // In the order of the configuration, as often as they stand there.
    let oid = |wanted: &String| EXTENDED.iter().find(|(name, _)| name == wanted).map(|(_, oid)| *oid);
    let extended: Vec<ObjectIdentifier> =
        wanted.uses.iter().filter_map(oid).map(ObjectIdentifier::new_unwrap).collect();
    if !extended.is_empty() {
        extensions.push(extension("2.5.29.37", false, &ExtendedKeyUsage(extended))?);
    }
    let path_len_constraint = wanted.path_length.filter(|_| wanted.is_authority);
    let constraints = BasicConstraints { ca: wanted.is_authority, path_len_constraint };
    extensions.push(extension("2.5.29.19", true, &constraints)?);
    if let Some(key) = wanted.subject_key {
        extensions.push(extension("2.5.29.14", false, &SubjectKeyIdentifier(OctetString::new(key)?))?);
    }
    if let Some(key) = wanted.authority_key {
        let key_identifier = Some(OctetString::new(key)?);
        let identifier = AuthorityKeyIdentifier {
            key_identifier,
            authority_cert_issuer: None,
            authority_cert_serial_number: None,
        };
        extensions.push(extension("2.5.29.35", false, &identifier)?);
    }
    extensions.extend(alternative_names(wanted.names, wanted.is_nameless)?);
    Ok(extensions)
}

/// The extension with the other names of a subject, if it has any.
pub(super) fn alternative_names(
    names: Vec<GeneralName>,
    is_nameless: bool,
) -> der::Result<Option<Extension>> {
    match names.is_empty() {
        true => Ok(None),
        false => extension("2.5.29.17", is_nameless, &SubjectAltName(names)).map(Some),
    }
}

fn extension(oid: &'static str, critical: bool, value: &impl Encode) -> der::Result<Extension> {
    let extn_value = OctetString::new(value.to_der()?)?;
    Ok(Extension { extn_id: ObjectIdentifier::new_unwrap(oid), critical, extn_value })
}

/// The other names in a configuration: hosts, addresses, URIs.
pub(super) fn names_of(object: &Value) -> Result<Vec<GeneralName>, String> {
    let texts = |name: &str| {
        let elements = object.get(name).and_then(Value::as_elements).unwrap_or_default();
        elements.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let ascii = |text: String| Ia5String::new(&text).map_err(|_| format!("\"{text}\" is not in ASCII"));
    let mut names = Vec::new();
    for host in texts("dns_names") {
        names.push(GeneralName::DnsName(ascii(host)?));
    }
    for address in texts("ip_addresses") {
        let parsed: IpAddr =
            address.parse().map_err(|_| format!("Failed to parse \"{address}\" as an address"))?;
        names.push(plain(parsed).into());
    }
    for uri in texts("uris") {
        names.push(GeneralName::UniformResourceIdentifier(ascii(uri)?));
    }
    Ok(names)
}

/// An IPv4 address in IPv6 form is one of IPv4.
fn plain(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => Ipv6Addr::to_ipv4_mapped(&v6).map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}
