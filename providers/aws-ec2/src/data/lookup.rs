//! What the data sources share that look objects up: by identifier, arguments, `filter` blocks and tags.
//!
//! Everything that is asked for becomes one filter, so that one paged call answers. [`One`] wants
//! exactly one object, [`Many`] takes what there is.

use std::future::Future;
use std::sync::Arc;

use aws_sdk_ec2::types;
use evenkeel_model::Value;
use evenkeel_provider::{BoxFuture, ErrorKind, ProviderError, ReadDataRequest};

use super::filters::filters_of;
use crate::calls::{Filter, client};
use crate::context::Context;
use crate::errors::{self, Effect, Failure};
use crate::object::Builder;
use crate::registry;
use crate::resource::DataSource;
use crate::tags::{self, Tags};

/// A kind of object that can be looked up.
pub trait Lookup: Send + Sync + 'static {
    /// What the service says about an object.
    type Found: Send;

    /// The type name: `aws_vpc`.
    const KIND: &'static str;
    /// What it is called in messages: `EC2 VPC`.
    const NOUN: &'static str;
    /// Arguments, and the service's filters for them. A flag counts only when it is true.
    const ARGUMENTS: &'static [(&'static str, &'static str)];

    /// Conditions that are not one argument each.
    fn conditions(config: &Value) -> Vec<Filter> {
        let _ = config;
        Vec::new()
    }

    /// Everything that matches all filters.
    fn describe(
        context: &Arc<Context>,
        filters: Option<Vec<types::Filter>>,
    ) -> impl Future<Output = Result<Vec<Self::Found>, Failure>> + Send;
}

/// A kind of object that one paged call describes: its type name, what it is called, where it comes
/// from, and its arguments with the service's filters for them.
macro_rules! lookup {
    ($name:ty, $kind:literal, $noun:literal, $call:ident => $items:ident: $found:ident $(, $argument:literal => $filter:literal)*) => {
        impl $crate::data::lookup::Lookup for $name {
            type Found = aws_sdk_ec2::types::$found;
            const KIND: &'static str = $kind;
            const NOUN: &'static str = $noun;
            const ARGUMENTS: &'static [(&'static str, &'static str)] = &[$(($argument, $filter)),*];

            async fn describe(
                context: &std::sync::Arc<$crate::context::Context>,
                filters: Option<Vec<aws_sdk_ec2::types::Filter>>,
            ) -> Result<Vec<Self::Found>, $crate::errors::Failure> {
                use $crate::calls::Ec2Context;
                let ec2 = context.ec2();
                Ok($crate::calls::client::pages!(ec2.safe.$call().set_filters(filters), $items))
            }
        }
    };
}
pub(super) use lookup;

/// A data source of exactly one object.
pub trait LookupOne: Lookup {
    /// Its attributes, beside `region`.
    fn value<'a>(
        context: &Arc<Context>,
        found: Self::Found,
        builder: Builder<'a>,
    ) -> impl Future<Output = Result<Builder<'a>, Failure>> + Send;
}

/// A data source of any number of objects.
pub trait LookupMany: Lookup {
    /// Its attributes, beside `id` and `region`.
    fn value<'a>(context: &Context, found: Vec<Self::Found>, builder: Builder<'a>) -> Builder<'a>;
}

/// A data source of one object, as the provider's list takes it.
pub struct One<T>(pub T);

/// A data source of many objects, as the provider's list takes it.
pub struct Many<T>(pub T);

impl<T: LookupOne> DataSource for One<T> {
    fn kind(&self) -> &'static str {
        T::KIND
    }

    fn read<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: ReadDataRequest,
    ) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(read_one::<T>(context, request.config))
    }
}

impl<T: LookupMany> DataSource for Many<T> {
    fn kind(&self) -> &'static str {
        T::KIND
    }

    fn read<'a>(
        &'a self,
        context: &'a Arc<Context>,
        request: ReadDataRequest,
    ) -> BoxFuture<'a, Result<Value, ProviderError>> {
        Box::pin(read_many::<T>(context, request.config))
    }
}

async fn read_one<T: LookupOne>(context: &Arc<Context>, config: Value) -> Result<Value, ProviderError> {
    let mut found = look_up::<T>(context, &config).await?;
    let object = match found.len() {
        1 => found.swap_remove(0),
        0 => return Err(none::<T>()),
        _ => return Err(several::<T>()),
    };
    let schema = registry::data_schema(T::KIND);
    let builder = Builder::new(schema, &config).str("region", Some(context.region()));
    let whole = T::value(context, object, builder).await.map_err(|error| reading::<T>(&error))?;
    Ok(whole.build())
}

async fn read_many<T: LookupMany>(context: &Arc<Context>, config: Value) -> Result<Value, ProviderError> {
    let found = look_up::<T>(context, &config).await?;
    let builder = Builder::new(registry::data_schema(T::KIND), &config)
        .str("id", Some(context.region()))
        .str("region", Some(context.region()));
    Ok(T::value(context, found, builder).build())
}

async fn look_up<T: Lookup>(context: &Arc<Context>, config: &Value) -> Result<Vec<T::Found>, ProviderError> {
    let filters = client::filters_of(conditions::<T>(config));
    match T::describe(context, filters).await {
        Ok(found) => Ok(found),
        Err(error) if error.is_gone() => Ok(Vec::new()),
        Err(error) => Err(reading::<T>(&error)),
    }
}

fn reading<T: Lookup>(error: &Failure) -> ProviderError {
    errors::provider_error(format!("reading {}", T::NOUN), Effect::Read, error)
}

fn none<T: Lookup>() -> ProviderError {
    let detail = format!("no matching {} found.", T::NOUN);
    ProviderError::new(ErrorKind::Invalid, format!("reading {}", T::NOUN), detail)
        .with_remedy("Change the arguments or the filters, or make the object first.")
}

fn several<T: Lookup>() -> ProviderError {
    let noun = T::NOUN;
    let detail =
        format!("multiple {noun}s matched; use additional constraints to reduce matches to a single {noun}.");
    ProviderError::new(ErrorKind::Invalid, format!("reading {noun}"), detail)
}

/// Everything that the configuration asks for.
fn conditions<T: Lookup>(config: &Value) -> Vec<Filter> {
    let arguments = T::ARGUMENTS.iter().filter_map(|(argument, filter)| {
        let value = config.get(argument)?;
        match value.as_bool() {
            Some(flag) => flag.then(|| Filter::new(*filter, ["true"])),
            None => value.as_str().filter(|text| !text.is_empty()).map(|text| Filter::new(*filter, [text])),
        }
    });
    let tags = config.get("tags").map(tags::from_value).unwrap_or_default();
    let tags = tags.into_iter().map(|(key, value)| Filter::new(format!("tag:{key}"), [value]));
    let mut all: Vec<Filter> = arguments.chain(tags).collect();
    all.extend(T::conditions(config));
    all.extend(filters_of(config));
    all
}

/// The tags of an object, as configuration may see them.
pub(super) fn visible_tags(context: &Context, found: Option<Vec<types::Tag>>) -> Value {
    let found: Tags = client::tags_of(found);
    let (_, all) = context.tags().observed(&found, &Value::empty_object());
    all
}

#[cfg(test)]
mod tests {
    use evenkeel_model::Type;

    use super::*;

    struct Thing;

    impl Lookup for Thing {
        type Found = ();
        const KIND: &'static str = "aws_thing";
        const NOUN: &'static str = "EC2 Thing";
        const ARGUMENTS: &'static [(&'static str, &'static str)] =
            &[("id", "thing-id"), ("default", "is-default"), ("state", "state")];

        async fn describe(_: &Arc<Context>, _: Option<Vec<types::Filter>>) -> Result<Vec<()>, Failure> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn arguments_tags_and_blocks_become_filters() {
        let block = Value::object([
            ("name", Value::string("owner-id")),
            ("values", Value::set(Type::String, [Value::string("1"), Value::string("2")])),
        ]);
        let config = Value::object([
            ("id", Value::string("t-1")),
            ("default", Value::bool(false)),
            ("state", Value::null(Type::String)),
            ("tags", Value::map(Type::String, [("Name", Value::string("a"))])),
            ("filter", Value::set(block.ty(), [block])),
        ]);
        let expected = [
            Filter::new("thing-id", ["t-1"]),
            Filter::new("tag:Name", ["a"]),
            Filter::new("owner-id", ["1", "2"]),
        ];
        assert_eq!(conditions::<Thing>(&config), expected);
        let default = Value::object([("default", Value::bool(true))]);
        assert_eq!(conditions::<Thing>(&default), [Filter::new("is-default", ["true"])]);
    }

    #[test]
    fn messages_name_what_was_looked_for() {
        assert!(none::<Thing>().detail.contains("no matching EC2 Thing found"));
        assert!(several::<Thing>().detail.contains("multiple EC2 Things matched"));
    }
}
