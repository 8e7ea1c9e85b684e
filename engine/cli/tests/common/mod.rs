//! A small cloud that commands of the built binary are run against in this process.
#![allow(dead_code, reason = "each test target uses a part of it")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use evenkeel_model::schema::Schema;
use evenkeel_model::{ProviderAddress, Value};
use evenkeel_provider::{
    BoxFuture, Connection, CreateRequest, DeleteRequest, ErrorKind, Failed, FindRequest, ImportRequest,
    ListPage, ListRequest, Listed, ObserveRequest, Provider, ProviderError, ProviderSpec, Providers,
    ReadDataRequest, ResourceSpec, UpdateRequest,
};

pub type Objects = Arc<Mutex<BTreeMap<String, (Arc<str>, Value, String)>>>;

/// A cloud that lists nets and subs, knows buckets by their names, and hides everything else.
#[derive(Clone)]
pub struct Cloud {
    spec: Arc<Spec>,
    pub objects: Objects,
    /// Whom it acts for, if it says so.
    pub account: Arc<Mutex<Option<Arc<str>>>>,
}

struct Spec {
    address: ProviderAddress,
    config: Schema,
    kinds: BTreeMap<&'static str, Kind>,
}

struct Kind(Schema);

impl ResourceSpec for Kind {
    fn schema(&self) -> &Schema {
        &self.0
    }
}

impl ProviderSpec for Spec {
    fn address(&self) -> &ProviderAddress {
        &self.address
    }
    fn version(&self) -> &str {
        "1.0.0"
    }
    fn config_schema(&self) -> &Schema {
        &self.config
    }
    fn resource(&self, kind: &str) -> Option<&dyn ResourceSpec> {
        self.kinds.get(kind).map(|kind| kind as &dyn ResourceSpec)
    }
    fn data_source(&self, _: &str) -> Option<&Schema> {
        None
    }
    fn resource_kinds(&self) -> Vec<&str> {
        self.kinds.keys().copied().collect()
    }
    fn data_kinds(&self) -> Vec<&str> {
        Vec::new()
    }
}

fn schema(name: &str, attributes: &str) -> Schema {
    let id = r#""id": {"type": "string", "computed": true}"#;
    let text = format!(r#"{{"type_name": "{name}", "block": {{"attributes": {{{id}, {attributes}}}}}}}"#);
    serde_json::from_str(&text).unwrap()
}

pub fn cloud() -> Cloud {
    let kinds = [
        (
            "t_net",
            r#""range": {"type": "string", "required": true, "force_new": true},
            "tags": {"type": ["map", "string"], "optional": true}"#,
        ),
        (
            "t_sub",
            r#""net_id": {"type": "string", "required": true, "force_new": true},
            "range": {"type": "string", "required": true, "force_new": true}"#,
        ),
        ("t_bucket", r#""bucket": {"type": "string", "required": true, "force_new": true}"#),
        ("t_plain", r#""size": {"type": "number", "optional": true}"#),
    ];
    let kinds = kinds.into_iter().map(|(name, attributes)| (name, Kind(schema(name, attributes)))).collect();
    let config =
        r#"{"type_name": "t", "block": {"attributes": {"region": {"type": "string", "optional": true}}}}"#;
    let address = ProviderAddress::implied("t");
    let spec = Spec { address, config: serde_json::from_str(config).unwrap(), kinds };
    Cloud { spec: Arc::new(spec), objects: Objects::default(), account: Arc::default() }
}

impl Provider for Cloud {
    fn spec(&self) -> &dyn ProviderSpec {
        &*self.spec
    }
    fn configure(&self, _: Value) -> BoxFuture<'_, Result<Arc<dyn Connection>, ProviderError>> {
        let connection: Arc<dyn Connection> = Arc::new(self.clone());
        Box::pin(async move { Ok(connection) })
    }
}

fn unsupported() -> ProviderError {
    ProviderError::new(ErrorKind::Other, "asking", "the cloud does not do that")
}

impl Connection for Cloud {
    fn observe(
        &self,
        requests: Vec<ObserveRequest>,
    ) -> BoxFuture<'_, Vec<Result<Option<Value>, ProviderError>>> {
        let objects = self.objects.lock().unwrap();
        let seen = requests.iter().map(|request| {
            let id = request.prior.get_str("id").unwrap_or_default();
            Ok(objects.get(id).map(|(_, value, _)| value.clone()))
        });
        let seen = seen.collect();
        Box::pin(async move { seen })
    }
    fn import(&self, request: ImportRequest) -> BoxFuture<'_, Result<Option<Value>, ProviderError>> {
        let objects = self.objects.lock().unwrap();
        let found = objects.get(&*request.id).filter(|(kind, ..)| *kind == request.kind);
        let found = found.map(|(_, value, _)| value.clone());
        Box::pin(async move { Ok(found) })
    }
    fn read_data(&self, _: ReadDataRequest) -> BoxFuture<'_, Result<Value, ProviderError>> {
        Box::pin(async { Err(unsupported()) })
    }
    fn create(&self, request: CreateRequest) -> BoxFuture<'_, Result<Value, Failed>> {
        let mut objects = self.objects.lock().unwrap();
        let numbered = format!("{}-{}", request.kind, objects.len() + 1);
        let id = request.planned.get_str("bucket").map_or(numbered, str::to_owned);
        let value = request.planned.with_attribute("id", Value::string(id.as_str()));
        objects.insert(id, (request.kind, value.clone(), request.token.to_string()));
        Box::pin(async move { Ok(value) })
    }
    fn update(&self, _: UpdateRequest) -> BoxFuture<'_, Result<Value, Failed>> {
        Box::pin(async { Err(unsupported().into()) })
    }
    fn delete(&self, request: DeleteRequest) -> BoxFuture<'_, Result<(), Failed>> {
        let id = request.prior.get_str("id").unwrap_or_default();
        self.objects.lock().unwrap().remove(id);
        Box::pin(async { Ok(()) })
    }
    fn find(&self, _: FindRequest) -> BoxFuture<'_, Result<Option<Value>, ProviderError>> {
        Box::pin(async { Ok(None) })
    }
    fn identity(&self) -> Option<Arc<str>> {
        self.account.lock().unwrap().clone()
    }
    fn lists(&self, kind: &str) -> bool {
        matches!(kind, "t_net" | "t_sub")
    }
    fn list(&self, request: ListRequest) -> BoxFuture<'_, Result<ListPage, ProviderError>> {
        let objects = self.objects.lock().unwrap();
        let of_kind = objects.iter().filter(|(_, (kind, ..))| *kind == request.kind);
        let listed = of_kind.map(|(id, (_, value, token))| {
            let tags = value.get("tags").and_then(Value::as_entries).into_iter().flatten();
            let tags = tags.map(|(key, tag)| (key.to_string(), tag.as_str().unwrap_or_default().to_owned()));
            Listed {
                tags: tags.collect(),
                token: Some(token.clone()).filter(|token| !token.is_empty()),
                ..Listed::of(id)
            }
        });
        let page = ListPage { objects: listed.collect(), next: None };
        Box::pin(async move { Ok(page) })
    }
}

pub fn evenkeel(cloud: &Cloud, store: &Path, arguments: &[&str]) -> String {
    let mut providers = Providers::default();
    providers.0.insert(cloud.spec.address.clone(), Arc::new(cloud.clone()));
    let store = format!("-store={}", store.display());
    let words = ["evenkeel", &store].into_iter().chain(arguments.iter().copied());
    let code = evenkeel_cli::run(providers, words.map(Into::into).collect());
    format!("{code:?}")
}
