//! Whether an endpoint can be asked what it would do.

use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::calls::Ec2Context;
use crate::calls::client::answer;
use crate::context::Context;
use evenkeel_provider_aws_core::ask_only::WOULD;

/// What is known of the endpoint of a context.
#[derive(Default)]
struct Heeds(OnceCell<bool>);

/// Whether the service heeds `DryRun` in every call, also where there is nothing to decide. Emulators do not, and
/// would do what they are asked about; found out by a call that changes nothing, once.
pub async fn decides_before_acting(asking: &Arc<Context>) -> bool {
    let heeds = asking.client(|_| Heeds::default());
    let ec2 = asking.ec2();
    let ask = || async move {
        let call = ec2.safe.describe_account_attributes().dry_run(true).send();
        matches!(answer(call).await, Err(failure) if failure.is_any(&[WOULD, "UnauthorizedOperation"]))
    };
    *heeds.0.get_or_init(ask).await
}
