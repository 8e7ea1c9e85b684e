//! What the three kinds of subnet groups share; a file per service says how it is asked.

use std::future::Future;
use std::sync::Arc;

use evenkeel_model::Value;
use evenkeel_model::schema::Schema;
use evenkeel_provider::{CreateRequest, Listed};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::context::Context;
use crate::each::{self, Seen, changes, identified, name_or_id, texts, unless_gone};
use crate::errors::Failure;
use crate::listing::{Listing, listed, page};
use crate::object::Builder;
use crate::tags::{OWNER_KEY, Tags};
use crate::{names, registry, tags};

/// From here on one listing of all groups is cheaper than asking for each.
const LIST_FROM: usize = 4;
const CALLS_AT_ONCE: usize = 16;

/// A group as a service tells it.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub name: String,
    pub arn: String,
    pub description: String,
    pub vpc_id: Option<String>,
    pub subnets: Vec<String>,
    pub network_types: Vec<String>,
    /// Where the listing shows them.
    pub tags: Option<Tags>,
}

/// What a group is to be.
pub struct Wanted<'a> {
    pub name: &'a str,
    pub description: &'a str,
    pub subnets: Vec<String>,
}

type Done = Result<(), Failure>;

/// Some groups, and where the page ended if there may be more.
pub type Page = (Vec<Found>, Option<String>);

/// A service that has subnet groups.
pub trait Service: Send + Sync + 'static {
    /// The type name.
    const KIND: &'static str;
    /// What it is called in messages.
    const NOUN: &'static str;

    /// A page of the groups, or the one of a name, and where it ended.
    fn page(
        context: &Context,
        name: Option<&str>,
        after: Option<String>,
    ) -> impl Future<Output = Result<Page, Failure>> + Send;
    /// The tags of a group.
    fn tags(context: &Context, found: &Found) -> impl Future<Output = Result<Tags, Failure>> + Send;
    /// Makes a group.
    fn create(context: &Context, wanted: Wanted<'_>, tags: Tags) -> impl Future<Output = Done> + Send;
    /// Gives a group other subnets and another description.
    fn modify(context: &Context, wanted: Wanted<'_>) -> impl Future<Output = Done> + Send;
    /// Removes a group.
    fn delete(context: &Context, name: &str) -> impl Future<Output = Done> + Send;
    /// Writes tags.
    fn tag(context: &Context, arn: &str, tags: Tags) -> impl Future<Output = Done> + Send;
    /// Removes tags.
    fn untag(context: &Context, arn: &str, keys: Vec<String>) -> impl Future<Output = Done> + Send;
}

/// A service by the names that its calls and their arguments have, and by how it tags.
macro_rules! service {
    (
        $(#[$doc:meta])*
        $name:ident, $sdk:ident: $kind:literal, $noun:literal,
        $describe:ident($of_name:ident) -> $groups:ident,
        $create:ident, $modify:ident, $delete:ident,
        $named:ident, $described:ident,
        { $($tagging:tt)* }
    ) => {
        use std::sync::Arc;

        use evenkeel_provider_aws_core::endpoints;

        use crate::context::Context;
        use crate::errors::{Failure, answer};
        use crate::group::{Page, Service, Wanted};
        use crate::tags::Tags;

        $(#[$doc])*
        pub struct $name;

        fn client(context: &Context) -> Arc<$sdk::Client> {
            context.client(|context| {
                let mut config = $sdk::config::Builder::from(&context.sdk());
                config.set_endpoint_url(context.endpoint(endpoints::Service::$name).map(str::to_owned));
                $sdk::Client::from_conf(config.build())
            })
        }

        fn to_api(tags: Tags) -> Option<Vec<$sdk::types::Tag>> {
            let tag = |(key, value)| $sdk::types::Tag::builder().key(key).value(value).build();
            Some(tags.into_iter().map(tag).collect())
        }

        fn tags_of(tags: Option<Vec<$sdk::types::Tag>>) -> Tags {
            let tags = tags.unwrap_or_default().into_iter();
            tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect()
        }

        impl Service for $name {
            const KIND: &'static str = $kind;
            const NOUN: &'static str = $noun;

            async fn page(context: &Context, name: Option<&str>, after: Option<String>) -> Result<Page, Failure> {
                let call = client(context).$describe().$of_name(name.map(str::to_owned)).set_marker(after);
                let answered = answer(call.send()).await?;
                let arns = $crate::group::arns(context, stringify!($sdk)).await;
                let groups = answered.$groups.unwrap_or_default().into_iter();
                Ok((groups.map(|group| found(group, &arns)).collect(), answered.marker))
            }

            async fn create(context: &Context, wanted: Wanted<'_>, tags: Tags) -> Result<(), Failure> {
                let client = client(context);
                let call = client.$create().$named(wanted.name).$described(wanted.description);
                let call = call.set_subnet_ids(Some(wanted.subnets)).set_tags(to_api(tags));
                answer(call.send()).await.map(drop)
            }

            async fn modify(context: &Context, wanted: Wanted<'_>) -> Result<(), Failure> {
                let client = client(context);
                let call = client.$modify().$named(wanted.name).$described(wanted.description);
                answer(call.set_subnet_ids(Some(wanted.subnets)).send()).await.map(drop)
            }

            async fn delete(context: &Context, name: &str) -> Result<(), Failure> {
                answer(client(context).$delete().$named(name).send()).await.map(drop)
            }

            $($tagging)*
        }
    };
}
pub(crate) use service;

/// How RDS and ElastiCache tag.
macro_rules! tags_by_arn {
    () => {
        async fn tags(context: &Context, group: &Found) -> Result<Tags, Failure> {
            let call = client(context).list_tags_for_resource().resource_name(&group.arn).send();
            Ok(tags_of(answer(call).await?.tag_list))
        }

        async fn tag(context: &Context, arn: &str, tags: Tags) -> Result<(), Failure> {
            let call =
                client(context).add_tags_to_resource().resource_name(arn).set_tags(to_api(tags)).send();
            answer(call).await.map(drop)
        }

        async fn untag(context: &Context, arn: &str, keys: Vec<String>) -> Result<(), Failure> {
            let client = client(context);
            let call = client.remove_tags_from_resource().resource_name(arn).set_tag_keys(Some(keys));
            answer(call.send()).await.map(drop)
        }
    };
}
pub(crate) use tags_by_arn;

/// What the ARN of a group begins with; asked for where the service does not tell it.
pub(crate) async fn arns(context: &Context, service: &str) -> String {
    let account = context.account_id().await.unwrap_or_default();
    format!("arn:{}:{service}:{}:{account}:subnetgroup:", context.partition(), context.region())
}

/// The group of a name; nothing where there is none.
async fn named<S: Service>(context: &Context, name: &str) -> Result<Option<Found>, Failure> {
    let listed = unless_gone(S::page(context, Some(name), None).await)?.unwrap_or_default().0;
    Ok(listed.into_iter().find(|found| found.name == name))
}

/// All groups.
async fn all<S: Service>(context: &Context) -> Result<Vec<Found>, Failure> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let (found, next) = S::page(context, None, after).await?;
        all.extend(found);
        after = next.filter(|next| !next.is_empty());
        if after.is_none() {
            return Ok(all);
        }
    }
}

/// The subnet groups of a service.
pub struct Group<S>(pub S);

impl<S: Service> each::Type for Group<S> {
    const KIND: &'static str = S::KIND;
    const NOUN: &'static str = S::NOUN;

    fn schema() -> &'static Schema {
        registry::schema(S::KIND)
    }

    async fn read(context: &Arc<Context>, known: &Value) -> Seen {
        let name = name_or_id(known, "name").to_lowercase();
        match named::<S>(context, &name).await? {
            Some(found) => tagged::<S>(context, &found, known).await,
            None => Ok(None),
        }
    }

    async fn read_many(context: &Arc<Context>, known: &[&Value]) -> Vec<Seen> {
        if known.len() < LIST_FROM {
            let mut seen = Vec::with_capacity(known.len());
            for known in known {
                seen.push(Self::read(context, known).await);
            }
            return seen;
        }
        let listed = all::<S>(context).await;
        let mut wanted = Vec::with_capacity(known.len());
        for known in known {
            let name = name_or_id(known, "name").to_lowercase();
            let found = listed.as_ref().map(|all| all.iter().find(|found| found.name == name).cloned());
            wanted.push((found.map_err(Clone::clone), (*known).clone()));
        }
        let looked = stream::iter(wanted).map(|(found, known)| with_tags::<S>(context, found, known));
        looked.buffered(CALLS_AT_ONCE).collect().await
    }

    async fn make(context: &Arc<Context>, request: &CreateRequest) -> Result<Value, Failure> {
        let name = names::chosen(&request.planned, &request.token).to_lowercase();
        let tags = tags::for_create(&request.planned, &request.token);
        S::create(context, wanted(&name, &request.planned), tags).await?;
        let named = identified(&request.planned, &name);
        let open = request.planned.get_str("name").is_none();
        Ok(if open { named.with_attribute("name", Value::string(&name)) } else { named })
    }

    async fn change(context: &Arc<Context>, prior: &Value, planned: &Value) -> Result<Value, Failure> {
        if changes(prior, planned, "description") || changes(prior, planned, "subnet_ids") {
            S::modify(context, wanted(name_or_id(prior, "name"), planned)).await?;
        }
        let arn = prior.get_str("arn").unwrap_or_default();
        let change = tags::change(prior, planned);
        if !change.remove.is_empty() {
            S::untag(context, arn, change.remove).await?;
        }
        if !change.set.is_empty() {
            S::tag(context, arn, change.set).await?;
        }
        Ok(planned.clone())
    }

    async fn remove(context: &Arc<Context>, prior: &Value) -> Result<(), Failure> {
        S::delete(context, name_or_id(prior, "name")).await
    }

    /// What uses the group may take a while to let go.
    fn in_the_way(failure: &Failure) -> bool {
        failure.is_any(&[
            "InvalidDBSubnetGroupStateFault",
            "CacheSubnetGroupInUse",
            "InvalidClusterSubnetGroupStateFault",
        ])
    }

    fn list(context: &Arc<Context>, after: Option<String>) -> Option<Listing<'_>> {
        Some(Box::pin(async move {
            let (found, next) = S::page(context, None, after).await?;
            let looked = stream::iter(found).map(|found| async move {
                let tags = unless_gone(S::tags(context, &found).await)?;
                Ok::<_, Failure>(tags.and_then(|tags| listed(Some(found.name), tags)))
            });
            let looked: Vec<Option<Listed>> = looked.buffered(CALLS_AT_ONCE).try_collect().await?;
            Ok(page(looked.into_iter().flatten(), next))
        }))
    }

    async fn find(context: &Arc<Context>, planned: &Value, token: &str) -> Seen {
        let name = names::chosen(planned, token).to_lowercase();
        let Some(found) = named::<S>(context, &name).await? else { return Ok(None) };
        match S::tags(context, &found).await?.get(OWNER_KEY).is_some_and(|owner| owner == token) {
            true => tagged::<S>(context, &found, planned).await,
            false => Ok(None),
        }
    }
}

fn wanted<'a>(name: &'a str, planned: &'a Value) -> Wanted<'a> {
    let description = planned.get_str("description").unwrap_or_default();
    Wanted { name, description, subnets: texts(planned, "subnet_ids") }
}

async fn with_tags<S: Service>(
    context: &Context,
    found: Result<Option<Found>, Failure>,
    known: Value,
) -> Seen {
    match found? {
        Some(found) => tagged::<S>(context, &found, &known).await,
        None => Ok(None),
    }
}

async fn tagged<S: Service>(context: &Context, found: &Found, known: &Value) -> Seen {
    let Some(tags) = unless_gone(S::tags(context, found).await)? else { return Ok(None) };
    let name = known.get_str("name").filter(|name| name.eq_ignore_ascii_case(&found.name));
    let value = Builder::new(registry::schema(S::KIND), known)
        .str("id", Some(&found.name))
        .str("name", Some(name.unwrap_or(&found.name)))
        .str("name_prefix", Some(names::prefix_of(&found.name, known)))
        .str("arn", Some(&found.arn))
        .str("description", Some(&found.description))
        .str("region", Some(context.region()))
        .str("vpc_id", found.vpc_id.as_deref())
        .string_set("subnet_ids", &found.subnets)
        .string_set("supported_network_types", &found.network_types)
        .tags(context.tags().observed(&tags, known));
    Ok(Some(value.build()))
}
