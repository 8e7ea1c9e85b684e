//! `tls_cert_request`: a request for a certificate.

use der::asn1::SetOfVec;
use der::{Decode, Encode};
use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::{PlanRequest, PlannedChange, ProviderError, propose};
use x509_cert::attr::{Attribute, Attributes};
use x509_cert::request::{CertReqInfo, ExtensionReq, Version};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::certificate::{Subject, signed};
use super::public_key::id_of;
use super::renewal::with_texts;
use super::{extensions, failed, pem, self_signed};
use crate::kind::Resource;
use crate::object::with;

pub(super) struct CertRequest;

impl Resource for CertRequest {
    fn schema_text(&self) -> &'static str {
        include_str!("../../../../schemas/tls/tls_cert_request.json")
    }

    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        with_texts(propose::plan_by_schema(schema, request), request, &["private_key_pem"])
    }

    fn create(&self, planned: &Value) -> Result<Value, ProviderError> {
        let (key, subject) = self_signed::of(planned)?;
        let failed = failed("Error creating certificate request");
        let body = body(subject).map_err(|error| failed(error.to_string()))?;
        let der = signed(&body, &key).map_err(&failed)?;
        let texts = [
            ("cert_request_pem", pem::encode(pem::REQUEST, &der)),
            ("id", id_of(&der)),
            ("key_algorithm", key.algorithm().to_owned()),
        ];
        Ok(with(planned, texts.map(|(name, text)| (name, Value::string(text)))))
    }
}

fn body(subject: Subject) -> der::Result<Vec<u8>> {
    let mut attributes: Attributes = SetOfVec::new();
    if let Some(names) = extensions::alternative_names(subject.names, subject.name.is_empty())? {
        attributes.insert(Attribute::try_from(ExtensionReq(vec![names]))?)?;
    }
    let public_key = SubjectPublicKeyInfoOwned::from_der(&subject.public_der)?;
    CertReqInfo { version: Version::V1, subject: subject.name, public_key, attributes }.to_der()
}
