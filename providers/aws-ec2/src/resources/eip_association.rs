//! `aws_eip_association`.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::types::Address as Found;
use evenkeel_model::{Diagnostic, Diagnostics, Value};
use evenkeel_provider::{CreateRequest, FindRequest, Listed, ProviderError};

use super::common::{Change, Ec2Type, Limits, Wanted, by_filter, eventually, ids_of, or_empty, text};
use super::eip::{describe_addresses, disassociate};
use crate::calls::client::{answer, lists};
use crate::calls::{Ec2Context, Select};
use crate::context::Context;
use crate::errors::Failure;
use crate::object::Builder;
use crate::registry;

/// `aws_eip_association`
pub struct EipAssociation;

impl Ec2Type for EipAssociation {
    type Found = Found;
    const KIND: &'static str = "aws_eip_association";
    const NOUN: &'static str = "EC2 EIP Association";
    const LIMITS: Limits = Limits { create: 300, update: 300, delete: 120 };

    fn check(config: &Value) -> Diagnostics {
        let open = |name: &str| config.get(name).is_none_or(Value::is_null);
        let mut diagnostics = Diagnostics::new();
        if open("allocation_id") && open("public_ip") {
            diagnostics.push(Diagnostic::error(
                "Missing required argument",
                "An association needs the address: set allocation_id or public_ip.",
            ));
        }
        diagnostics
    }

    async fn fetch(
        context: &Arc<Context>,
        wanted: &[Wanted<'_>],
    ) -> Result<BTreeMap<String, Found>, Failure> {
        let describe = |select| describe_addresses(context, select);
        let addresses = by_filter(&ids_of(wanted), "association-id", &describe).await?;
        Ok(addresses.into_iter().filter_map(|found| Some((found.association_id.clone()?, found))).collect())
    }

    fn value(context: &Arc<Context>, found: &Found, known: &Value) -> Value {
        Builder::new(registry::schema(Self::KIND), known)
            .str("id", found.association_id.as_deref())
            .str("region", Some(context.region()))
            .str("allocation_id", or_empty(&found.allocation_id))
            .str("instance_id", or_empty(&found.instance_id))
            .str("network_interface_id", or_empty(&found.network_interface_id))
            .str("private_ip_address", or_empty(&found.private_ip_address))
            .str("public_ip", or_empty(&found.public_ip))
            .build()
    }

    async fn launch(context: &Arc<Context>, request: &CreateRequest) -> Result<String, Failure> {
        let planned = &request.planned;
        let get = |name: &str| text(planned, name);
        let allocation = get("allocation_id");
        let public_ip = get("public_ip").filter(|_| allocation.is_none());
        // A new instance is not ready for an address at once.
        let waits = ["InvalidAllocationID.NotFound", "InvalidInstanceID", "IncorrectInstanceState"];
        let limit = std::time::Duration::from_secs(Self::LIMITS.create);
        let associated = eventually(limit, &waits, || async {
            let call = context
                .ec2()
                .safe
                .associate_address()
                .set_allocation_id(allocation.clone())
                .set_public_ip(public_ip.clone())
                .set_instance_id(get("instance_id"))
                .set_network_interface_id(get("network_interface_id"))
                .set_private_ip_address(get("private_ip_address"))
                .set_allow_reassociation(planned.get_bool("allow_reassociation"));
            answer(call.send()).await
        });
        associated.await?.association_id.ok_or_else(|| Failure::incomplete("association"))
    }

    async fn converge(_: &Arc<Context>, _: &Change<'_, Found>) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    async fn remove(context: &Arc<Context>, id: &str, _: &Value) -> Result<(), Failure> {
        disassociate(context, id).await
    }

    lists!(whole describe_addresses, addresses, |address| address.association_id.map(Listed::of));

    async fn search(context: &Arc<Context>, request: &FindRequest) -> Result<Option<String>, Failure> {
        let get = |name: &str| text(&request.planned, name);
        let select = match (get("allocation_id"), get("public_ip")) {
            (Some(allocation), _) => Select::one("allocation-id", allocation),
            (None, Some(address)) => Select::one("public-ip", address),
            (None, None) => return Ok(None),
        };
        let ours = |found: &Found| {
            let same = |name: &str, told: &Option<String>| {
                get(name).is_none_or(|wanted| told.as_ref() == Some(&wanted))
            };
            same("instance_id", &found.instance_id)
                && same("network_interface_id", &found.network_interface_id)
                && same("private_ip_address", &found.private_ip_address)
        };
        let addresses = describe_addresses(context, select).await?;
        Ok(addresses.into_iter().filter(ours).find_map(|found| found.association_id))
    }
}
