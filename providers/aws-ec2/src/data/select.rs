//! What data sources that look for objects share: conditions, the choice of one, and values that are
//! taken from those of the managed type.

use std::collections::BTreeSet;
use std::sync::Arc;

use evenkeel_model::schema::Schema;
use evenkeel_model::value::Kind;
use evenkeel_model::{Type, Value};
use evenkeel_provider::{ErrorKind, ProviderError};

use super::filters::filters_of;
use crate::calls::{Filter, Select};
use crate::errors::{self, Effect, Failure};
use crate::tags;

/// Defines a data source whose `read` is a function from context and configuration to the value.
macro_rules! data_source {
    ($name:ident, $kind:literal) => {
        #[doc = concat!("`", $kind, "`")]
        pub struct $name;

        const KIND: &str = $kind;

        impl $crate::resource::DataSource for $name {
            fn kind(&self) -> &'static str {
                KIND
            }

            fn read<'a>(
                &'a self,
                context: &'a std::sync::Arc<$crate::context::Context>,
                request: evenkeel_provider::ReadDataRequest,
            ) -> evenkeel_provider::BoxFuture<
                'a,
                Result<evenkeel_model::Value, evenkeel_provider::ProviderError>,
            > {
                Box::pin(async move { read(context, &request.config).await })
            }
        }
    };
}
pub(super) use data_source;

/// The conditions of a configuration: `filter` blocks, tags under the given argument, and more.
pub(super) fn conditions(config: &Value, tags: &str, more: impl IntoIterator<Item = Filter>) -> Vec<Filter> {
    let tags = config.get(tags).map(tags::from_value).unwrap_or_default();
    let tags = tags.into_iter().map(|(key, value)| Filter::new(format!("tag:{key}"), [value]));
    filters_of(config).into_iter().chain(tags).chain(more).collect()
}

/// A condition by an argument, where it is set.
pub(super) fn by(config: &Value, argument: &str, filter: &str) -> Option<Filter> {
    let value = config.get_str(argument).filter(|value| !value.is_empty())?;
    Some(Filter::new(filter, [value]))
}

/// The selection by conditions; without any, everything.
pub(super) fn selected(filters: Vec<Filter>) -> Select {
    Select::Filters(filters)
}

/// The only thing found.
pub(super) fn one<T>(found: Vec<T>, operation: &str) -> Result<T, ProviderError> {
    let count = found.len();
    let mut found = found.into_iter();
    match (found.next(), count) {
        (Some(found), 1) => Ok(found),
        (None, _) => {
            Err(invalid(operation, "your query returned no results.".into(), "Change the search criteria."))
        }
        (Some(_), _) => Err(invalid(
            operation,
            format!("your query returned {count} results, where one is needed."),
            "Use more specific search criteria.",
        )),
    }
}

/// The only thing found, or the newest of several where configuration allows that.
pub(super) fn newest<T, K: Ord>(
    mut found: Vec<T>,
    config: &Value,
    time: impl Fn(&T) -> K,
    operation: &str,
) -> Result<T, ProviderError> {
    found.sort_by_key(|found| std::cmp::Reverse(time(found)));
    if config.get_bool("most_recent") == Some(true) {
        found.truncate(1);
    }
    one(found, operation)
}

fn invalid(operation: &str, detail: String, remedy: &str) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, operation, detail).with_remedy(remedy)
}

/// A failed reading in the engine's terms.
pub(super) fn reading(operation: &str) -> impl Fn(Failure) -> ProviderError {
    move |error| errors::provider_error(operation, Effect::Read, &error)
}

/// Tags as a data source shows them.
pub(super) fn shown_tags(context: &crate::context::Context, found: &crate::calls::Tags) -> Value {
    let (_, all) = context.tags().observed(found, &Value::empty_object());
    tags::to_value(&tags::from_value(&all))
}

/// The value of a data source from that of the managed type: what has the same name. What is not
/// there keeps what configuration says.
pub(super) fn adapted(schema: &Schema, config: &Value, managed: &Value) -> Value {
    let given: BTreeSet<&str> = schema.block.block_types.keys().map(AsRef::as_ref).collect();
    let attributes = schema.block.attributes.iter().map(|(name, attribute)| {
        let value = match managed.get(name) {
            Some(value) if attribute.computed => conformed(value, &attribute.ty),
            _ => config
                .get(name)
                .filter(|value| value.is_known())
                .cloned()
                .unwrap_or_else(|| Value::null(attribute.ty.clone())),
        };
        (name.clone(), value)
    });
    let blocks = given.iter().filter_map(|name| Some((Arc::from(*name), config.get(name)?.clone())));
    Value::object(attributes.chain(blocks).collect::<Vec<_>>())
}

/// A value in the form of a type: attributes by name, lists and sets into each other.
fn conformed(value: &Value, ty: &Type) -> Value {
    match (value.kind(), ty) {
        (Kind::Object(_), Type::Object(object)) => {
            let attributes = object.attributes.iter().map(|(name, ty)| {
                (
                    name.clone(),
                    value.get(name).map_or_else(|| Value::null(ty.clone()), |value| conformed(value, ty)),
                )
            });
            Value::object(attributes.collect::<Vec<_>>())
        }
        (Kind::List(_, elements) | Kind::Set(_, elements), Type::List(element)) => {
            Value::list((**element).clone(), elements.iter().map(|value| conformed(value, element)))
        }
        (Kind::List(_, elements) | Kind::Set(_, elements), Type::Set(element)) => {
            Value::set((**element).clone(), elements.iter().map(|value| conformed(value, element)))
        }
        _ if value.ty() == *ty => value.clone(),
        _ => Value::null(ty.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_found_or_the_newest() {
        let config = |newest: bool| Value::object([("most_recent", Value::bool(newest))]);
        let found =
            |newest_allowed: bool, found: Vec<i32>| newest(found, &config(newest_allowed), |n| *n, "reading");
        assert_eq!(found(false, vec![1]).unwrap(), 1);
        assert_eq!(found(true, vec![1, 3, 2]).unwrap(), 3);
        assert!(found(false, vec![1, 2]).unwrap_err().detail.contains("2 results"));
        assert!(found(true, vec![]).unwrap_err().detail.contains("no results"));
    }

    #[test]
    fn values_take_the_form_of_the_data_source() {
        let ty = Type::list(Type::object([("size", Type::Number)]));
        let disk = Value::object([("size", Value::number(8)), ("tags_all", Value::string("x"))]);
        let managed = Value::set(disk.ty(), [disk]);
        let adapted = conformed(&managed, &ty);
        assert_eq!(adapted.ty(), ty);
        assert_eq!(adapted.as_elements().and_then(|e| e.first()?.get_i64("size")), Some(8));
    }
}
