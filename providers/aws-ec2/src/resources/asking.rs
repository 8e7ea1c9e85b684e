//! How objects are asked for: many with one call, and again where the service has not caught up.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use evenkeel_provider::ErrorKind;

use super::common::Wanted;
use crate::calls::{Call, Filter, Select};
use crate::context::Context;
use crate::errors::{self, Failure};
use crate::{tags, wait};

/// Identifiers that one call may name.
const IDS_PER_CALL: usize = 1_000;
/// Values that one filter may have.
const VALUES_PER_FILTER: usize = 200;

/// Describes objects by identifier; what is missing is left out.
///
/// A few are asked for by a filter, which overlooks missing ones. Many are named, which takes fewer
/// calls; when one of those is missing the service refuses, and that part is asked by filter.
pub(super) async fn by_id<'c, T>(
    ids: Vec<String>,
    filter: &str,
    call: impl Fn(Select) -> Call<'c, Vec<T>>,
) -> Result<Vec<T>, Failure> {
    if ids.len() <= VALUES_PER_FILTER {
        return by_filter(&ids, filter, &call).await;
    }
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(IDS_PER_CALL) {
        match call(Select::Ids(ids.to_vec())).await {
            Ok(objects) => found.extend(objects),
            Err(error) if error.is_gone() => found.extend(by_filter(ids, filter, &call).await?),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The same for a call that has no filter by identifier: where one of those named is missing the
/// service refuses them all, and each half is asked for by itself.
pub(super) async fn by_name<'c, T>(
    ids: Vec<String>,
    call: impl Fn(Select) -> Call<'c, Vec<T>>,
) -> Result<Vec<T>, Failure> {
    let mut open: Vec<Vec<String>> = ids.chunks(IDS_PER_CALL).map(<[String]>::to_vec).collect();
    let mut found = Vec::new();
    while let Some(mut ids) = open.pop() {
        match call(Select::Ids(ids.clone())).await {
            Ok(objects) => found.extend(objects),
            Err(error) if error.is_gone() && ids.len() > 1 => {
                open.push(ids.split_off(ids.len() / 2));
                open.push(ids);
            }
            Err(error) if error.is_gone() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Describes objects by the values of a filter, in as few calls as it allows.
pub(super) async fn by_filter<'c, T>(
    ids: &[String],
    filter: &str,
    call: &impl Fn(Select) -> Call<'c, Vec<T>>,
) -> Result<Vec<T>, Failure> {
    let mut found = Vec::with_capacity(ids.len());
    for values in ids.chunks(VALUES_PER_FILTER) {
        found.extend(call(Select::Filters(vec![Filter::new(filter, values.iter().cloned())])).await?);
    }
    Ok(found)
}

/// Repeats a call as long as the service answers with one of the codes: what it refers to may not be
/// seen everywhere yet.
pub(super) async fn eventually<T, Fut>(
    limit: Duration,
    codes: &[&str],
    call: impl Fn() -> Fut,
) -> Result<T, Failure>
where
    Fut: Future<Output = Result<T, Failure>>,
{
    let last = Mutex::new(None);
    let answer = wait::until("waiting", limit, || async {
        match call().await {
            Err(error) if error.is_any(codes) => {
                *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                Ok(None)
            }
            answer => Ok(Some(answer)),
        }
    });
    match (answer.await, last.into_inner().unwrap_or_else(PoisonError::into_inner)) {
        (Ok(answer), _) => answer,
        (Err(_), Some(error)) => Err(error),
        (Err(_), None) => Err(Failure::incomplete("result")),
    }
}

/// The account that calls are made for; a part of names.
pub(super) async fn account(context: &Context) -> Result<String, Failure> {
    let account = context.account_id().await;
    account.map(str::to_owned).map_err(|error| Failure {
        class: errors::Class::Service,
        code: if error.kind == ErrorKind::Denied { "AccessDenied" } else { "ServiceUnavailable" }.into(),
        message: error.detail,
        request_id: None,
        status: None,
    })
}

/// Takes a removal of what is not there as done.
pub(super) fn unless_gone<T: Default>(error: Failure) -> Result<T, Failure> {
    match error.is_gone() {
        true => Ok(T::default()),
        false => Err(error),
    }
}

/// The identifiers that are asked for, each once.
pub(super) fn ids_of(wanted: &[Wanted<'_>]) -> Vec<String> {
    let ids: std::collections::BTreeSet<&str> = wanted.iter().map(|wanted| wanted.id).collect();
    ids.into_iter().map(str::to_owned).collect()
}

/// The selection of what carries a token.
pub(super) fn by_token(token: &str) -> Select {
    Select::one(format!("tag:{}", tags::OWNER_KEY), token)
}
