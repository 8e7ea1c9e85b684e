//! Makes certificates: from a configuration, a subject and the key that signs.

use der::asn1::{BitString, GeneralizedTime, ObjectIdentifier, UtcTime};
use der::{DateTime, Decode, Encode, Sequence};
use evenkeel_model::{Type, Value};
use evenkeel_provider::ProviderError;
use jiff::{SignedDuration, Timestamp};
use sha1::{Digest, Sha1};
use x509_cert::Certificate;
use x509_cert::certificate::Version;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::SubjectKeyIdentifier;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::Time;

use super::extensions::{self, Wanted};
use super::key::Key;
use super::{failed, pem};
use crate::object::{draw, with};

/// What the certificate is about.
pub(super) struct Subject {
    pub(super) name: Name,
    pub(super) names: Vec<GeneralName>,
    /// The public key, as certificates have it.
    pub(super) public_der: Vec<u8>,
    /// What the identifier of the key is a hash of.
    pub(super) identified_by: Vec<u8>,
}

/// Who signs it: none where the subject does.
pub(super) struct Authority {
    pub(super) name: Name,
    pub(super) key_id: Option<Vec<u8>>,
}

impl Authority {
    /// The authority whose certificate it is.
    pub(super) fn of(certificate: &Certificate) -> Self {
        let body = certificate.tbs_certificate();
        let key_id = body.get_extension::<SubjectKeyIdentifier>().ok().flatten();
        let key_id = key_id.map(|(_, id)| id.0.as_bytes().to_vec()).filter(|id| !id.is_empty());
        Self { name: body.subject().clone(), key_id }
    }
}

/// The object with its certificate, which the key signs.
pub(super) fn made(
    object: &Value,
    subject: Subject,
    authority: Option<Authority>,
    key: &Key,
) -> Result<Value, ProviderError> {
    let failed = failed("Failed to create certificate");
    let (from, until) = validity(object).map_err(&failed)?;
    let wanted = wanted(object, &subject, authority.as_ref()).map_err(&failed)?;
    let mut serial = [0; 16];
    draw(&mut serial)?;
    let issuer = authority.map_or_else(|| subject.name.clone(), |authority| authority.name);
    let body = || -> der::Result<Body> {
        Ok(Body {
            version: Version::V3,
            serial: der::asn1::Uint::new(&serial)?,
            signature: key.signature_algorithm(),
            issuer,
            validity: Validity { from: time(from)?, until: time(until)? },
            subject: subject.name,
            public_key: SubjectPublicKeyInfoOwned::from_der(&subject.public_der)?,
            extensions: extensions::all(wanted)?,
        })
    };
    let body = body().and_then(|body| body.to_der()).map_err(|error| failed(error.to_string()))?;
    let der = signed(&body, key).map_err(&failed)?;
    let texts = [
        ("id", dashu_int::UBig::from_be_bytes(&serial).to_string()),
        ("cert_pem", pem::encode(pem::CERTIFICATE, &der)),
        ("validity_start_time", from.to_string()),
        ("validity_end_time", until.to_string()),
    ];
    let object = with(object, texts.map(|(name, text)| (name, Value::string(text))));
    Ok(match object.get("max_path_length").is_some_and(Value::is_unknown) {
        true => with(&object, [("max_path_length", Value::null(Type::Number))]),
        false => object,
    })
}

/// A document that is signed: what was signed, with which algorithm, and the signature.
pub(super) fn signed(body: &[u8], key: &Key) -> Result<Vec<u8>, String> {
    let document = || -> der::Result<Vec<u8>> {
        let signature = key.sign(body).map_err(|_| der::Error::from(der::ErrorKind::Failed))?;
        let body = der::asn1::AnyRef::from_der(body)?;
        let signature = BitString::from_bytes(&signature)?;
        Signed { body, algorithm: key.signature_algorithm(), signature }.to_der()
    };
    document().map_err(|error| error.to_string())
}

/// What is signed. The library has this with fields that only its own builder sets, which chooses serial
/// numbers and extensions itself.
#[derive(Sequence)]
struct Body {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: Version,
    serial: der::asn1::Uint,
    signature: AlgorithmIdentifierOwned,
    issuer: Name,
    validity: Validity,
    subject: Name,
    public_key: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    extensions: Vec<Extension>,
}

#[derive(Sequence)]
struct Validity {
    from: Time,
    until: Time,
}

#[derive(Sequence)]
struct Signed<'a> {
    body: der::asn1::AnyRef<'a>,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

fn validity(object: &Value) -> Result<(Timestamp, Timestamp), String> {
    let hours = object.get_i64("validity_period_hours").unwrap_or_default();
    let length = hours.checked_mul(3600).map(SignedDuration::from_secs);
    let from = Timestamp::now();
    let until = length.and_then(|length| from.checked_add(length).ok());
    until
        .map(|until| (from, until))
        .ok_or_else(|| format!("{hours} hours from now is not a time that can be written"))
}

/// Until 2049 in the short form, as the standard wants it.
fn time(timestamp: Timestamp) -> der::Result<Time> {
    let seconds = u64::try_from(timestamp.as_second()).unwrap_or_default();
    let time = DateTime::from_unix_duration(std::time::Duration::from_secs(seconds))?;
    Ok(match time.year() {
        ..=2049 => Time::UtcTime(UtcTime::from_date_time(time)?),
        _ => Time::GeneralTime(GeneralizedTime::from_date_time(time)),
    })
}

fn wanted(object: &Value, subject: &Subject, authority: Option<&Authority>) -> Result<Wanted, String> {
    let says = |name: &str| object.get_bool(name) == Some(true);
    let is_authority = says("is_ca_certificate");
    if is_authority && subject.name.is_empty() {
        return Err(
            "Must contain at least one Distinguished Name when creating Certificate Authority (CA)".into()
        );
    }
    let key_id = || Sha1::digest(&subject.identified_by).to_vec();
    let subject_key = (is_authority || says("set_subject_key_id")).then(key_id);
    let authority_key = match authority {
        Some(authority) => authority.key_id.clone().filter(|_| authority.name != subject.name),
        None if says("set_authority_key_id") => Some(
            subject_key
                .clone()
                .ok_or("Could not determine Authority Key Identifier: set set_subject_key_id too")?,
        ),
        None => None,
    };
    let path_length = object.get_i64("max_path_length").filter(|length| *length >= 0);
    let path_length =
        path_length.map(|length| u8::try_from(length).map_err(|_| "max_path_length may be at most 255"));
    let uses = object.get("allowed_uses").and_then(Value::as_elements).unwrap_or_default();
    Ok(Wanted {
        uses: uses.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        is_authority,
        path_length: path_length.transpose()?,
        subject_key,
        authority_key,
        names: subject.names.clone(),
        is_nameless: subject.name.is_empty(),
    })
}

/// What the identifier of a public key is a hash of, from the key as certificates have it.
pub(super) fn identified_by(public: &SubjectPublicKeyInfoOwned) -> Vec<u8> {
    let bytes = public.subject_public_key.raw_bytes().to_vec();
    match public.algorithm.oid == ObjectIdentifier::new_unwrap("1.3.101.112") {
        true => [vec![4, 32], bytes].concat(),
        false => bytes,
    }
}
