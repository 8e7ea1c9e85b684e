//! A lost store is made again from the configuration and a small cloud: objects that need each other, one that
//! was changed since, one without a list but with a name, twins that nobody can tell apart, and one of a type
//! that cannot be found at all.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use evenkeel_model::schema::Schema;
use evenkeel_model::{ProviderAddress, Value};
use evenkeel_provider::{
    BoxFuture, Connection, CreateRequest, DeleteRequest, ErrorKind, Failed, FindRequest, ImportRequest,
    ListPage, ListRequest, Listed, ObserveRequest, Provider, ProviderError, ProviderSpec, Providers,
    ReadDataRequest, ResourceSpec, UpdateRequest,
};
use evenkeel_store::{SqliteStore, StackId, Store, SystemClock};

const CONFIGURATION: &str = r#"
provider "t" {
  region = "here"
}
resource "t_net" "main" {
  range = "10.0.0.0/16"
  tags  = { Name = "main" }
}
resource "t_sub" "a" {
  net_id = t_net.main.id
  range  = "10.0.1.0/24"
}
resource "t_sub" "b" {
  net_id = t_net.main.id
  range  = "10.0.2.0/24"
}
resource "t_sub" "twin" {
  count  = 2
  net_id = t_net.main.id
  range  = "10.0.3.0/24"
}
resource "t_bucket" "logs" {
  bucket = "logs"
}
resource "t_plain" "p" {
  size = 1
}
"#;

type Objects = Arc<Mutex<BTreeMap<String, (Arc<str>, Value, String)>>>;

/// A cloud that lists nets and subs, knows buckets by their names, and hides everything else.
#[derive(Clone)]
struct Cloud {
    spec: Arc<Spec>,
    objects: Objects,
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

fn cloud() -> Cloud {
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
    Cloud { spec: Arc::new(spec), objects: Objects::default() }
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
    fn delete(&self, _: DeleteRequest) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async { Err(unsupported().into()) })
    }
    fn find(&self, _: FindRequest) -> BoxFuture<'_, Result<Option<Value>, ProviderError>> {
        Box::pin(async { Ok(None) })
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

fn evenkeel(cloud: &Cloud, store: &Path, arguments: &[&str]) -> String {
    let mut providers = Providers::default();
    providers.0.insert(cloud.spec.address.clone(), Arc::new(cloud.clone()));
    let store = format!("-store={}", store.display());
    let words = ["evenkeel", &store].into_iter().chain(arguments.iter().copied());
    let code = evenkeel_cli::run(providers, words.map(Into::into).collect());
    format!("{code:?}")
}

/// What a store remembers: identifiers by address.
fn remembered(store: &Path) -> BTreeMap<String, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let state = runtime.block_on(async {
        let store = SqliteStore::open(store, Arc::new(SystemClock)).await.unwrap();
        store.load(&StackId::default()).await.unwrap()
    });
    let objects = state.instances.into_iter();
    objects
        .map(|(address, one)| (address.to_string(), one.current.unwrap().id().unwrap().to_owned()))
        .collect()
}

#[test]
fn a_lost_store_is_made_again_as_far_as_it_is_certain() {
    let here = tempfile::tempdir().unwrap();
    let (cloud, success) = (cloud(), format!("{:?}", ExitCode::SUCCESS));
    std::fs::write(here.path().join("main.tf"), CONFIGURATION).unwrap();
    let location = here.path().to_str().unwrap();
    let (first, second) = (here.path().join("first.db"), here.path().join("second.db"));
    assert_eq!(evenkeel(&cloud, &first, &["apply", "-auto-approve", location]), success);
    let before = remembered(&first);
    assert_eq!(before.len(), 7);

    // Somebody else has a net of another range, and a sub in it.
    let foreign = Value::object([
        ("id", Value::string("t_net-foreign")),
        ("range", Value::string("10.9.0.0/16")),
        ("tags", Value::map(evenkeel_model::Type::String, [("Name", Value::string("main"))])),
    ]);
    let entry = ("t_net".into(), foreign, String::new());
    cloud.objects.lock().unwrap().insert("t_net-foreign".to_owned(), entry);

    assert_ne!(evenkeel(&cloud, &second, &["recover", "-input=false", location]), success, "nobody approved");
    assert!(remembered(&second).is_empty());
    assert_eq!(evenkeel(&cloud, &second, &["recover", "-auto-approve", location]), success);
    let after = remembered(&second);
    let certain = ["t_net.main", "t_sub.a", "t_sub.b", "t_bucket.logs"];
    assert_eq!(after.keys().map(String::as_str).collect::<Vec<_>>(), {
        let mut sorted = certain.to_vec();
        sorted.sort_by_key(|address| address.parse::<evenkeel_model::InstanceAddress>().unwrap().to_string());
        sorted
    });
    for address in certain {
        assert_eq!(after[address], before[address], "{address}");
    }
    // What was found is not looked for again, and what is doubtful stays so.
    assert_eq!(evenkeel(&cloud, &second, &["recover", "-auto-approve", location]), success);
    assert_eq!(remembered(&second), after);
    assert_eq!(cloud.objects.lock().unwrap().len(), 8, "nothing was changed in the cloud");
}
