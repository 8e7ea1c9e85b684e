//! `tls_locally_signed_cert`: a certificate that an authority of one's own signs.

use der::{Decode, Encode};
use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostics, Value};
use evenkeel_provider::{PlanRequest, PlannedChange, ProviderError};
use x509_cert::Certificate;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::request::{CertReq, ExtensionReq};

use super::certificate::{Authority, Subject, identified_by, made};
use super::key::Key;
use super::{failed, pem, renewal};
use crate::kind::Resource;
use crate::object::with;

pub(super) struct LocallySigned;

impl Resource for LocallySigned {
    fn schema_text(&self) -> &'static str {
        include_str!("../../../../schemas/tls/tls_locally_signed_cert.json")
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        renewal::validate(config)
    }

    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        renewal::plan(schema, request, &["ca_cert_pem", "ca_private_key_pem", "cert_request_pem"])
    }

    fn observe(&self, prior: Value) -> Result<Option<Value>, ProviderError> {
        Ok(Some(renewal::observe(prior)))
    }

    fn create(&self, planned: &Value) -> Result<Value, ProviderError> {
        let text = |name: &str| planned.get_str(name).unwrap_or_default();
        let subject =
            requested(text("cert_request_pem")).map_err(failed("Failed to parse certificate request PEM"))?;
        let key =
            Key::parse(text("ca_private_key_pem")).map_err(failed("Failed to parse CA private key PEM"))?;
        let authority =
            certificate(text("ca_cert_pem")).map_err(failed("Failed to parse CA certificate PEM"))?;
        let public = authority.tbs_certificate().subject_public_key_info().to_der();
        if public.ok() != key.public_der().ok() {
            let why = "the private key of the authority does not belong to its certificate".to_owned();
            return Err(failed("Failed to create certificate")(why));
        }
        let object = with(planned, [("ca_key_algorithm", Value::string(key.algorithm()))]);
        made(&object, subject, Some(Authority::of(&authority)), &key)
    }
}

fn certificate(text: &str) -> Result<Certificate, String> {
    Certificate::from_der(&pem::expect(text, pem::CERTIFICATE)?).map_err(|error| error.to_string())
}

/// What a request asks for. Of other names there are hosts, addresses and URIs, in this order.
fn requested(text: &str) -> Result<Subject, String> {
    let wrong = |error: der::Error| error.to_string();
    let request = CertReq::from_der(&pem::expect(text, pem::REQUEST)?).map_err(wrong)?.info;
    let mut names = Vec::new();
    for attribute in request.attributes.iter() {
        if attribute.oid.to_string() != "1.2.840.113549.1.9.14" {
            continue;
        }
        for value in attribute.values.iter() {
            let extensions: ExtensionReq = value.decode_as().map_err(wrong)?;
            for extension in extensions.0.iter().filter(|one| one.extn_id.to_string() == "2.5.29.17") {
                names.extend(SubjectAltName::from_der(extension.extn_value.as_bytes()).map_err(wrong)?.0);
            }
        }
    }
    let order = |name: &GeneralName| match name {
        GeneralName::DnsName(_) => Some(0),
        GeneralName::IpAddress(_) => Some(1),
        GeneralName::UniformResourceIdentifier(_) => Some(2),
        _ => None,
    };
    names.retain(|name| order(name).is_some());
    names.sort_by_key(order);
    let public_der = request.public_key.to_der().map_err(wrong)?;
    Ok(Subject {
        name: request.subject,
        names,
        public_der,
        identified_by: identified_by(&request.public_key),
    })
}
