//! What the tests against moto share: a server of their own, a connection to it, and the row of
//! checks that every resource type passes.
//!
//! Where moto is not installed (`.venv/bin/moto_server` in the root of the checkout), the tests say
//! that they skipped.

#![allow(dead_code)]

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use evenkeel_model::schema::{Block, NestedBlock, Nesting};
use evenkeel_model::{InstanceAddress, ResourceAddress, Value, json};
use evenkeel_provider::{
    Connection, CreateRequest, DeleteRequest, Failed, FindRequest, ObserveRequest, PlanRequest,
    PlannedChange, Provider, ProviderError, ReadDataRequest, UpdateRequest, Written, check,
};
use serde_json::{Value as Json, json};

/// A token of a create call that never happened.
pub const UNKNOWN_TOKEN: &str = "ffffffffffffffffffffffffffffffff";

const READY_WITHIN: Duration = Duration::from_secs(60);

/// A moto server that ends with this value.
pub struct Moto {
    child: Child,
    /// Where it listens.
    pub url: String,
}

impl Moto {
    /// Starts a server; nothing where moto is not installed.
    pub fn start() -> Option<Self> {
        let Some(program) = program() else {
            println!("skipped: .venv/bin/moto_server is not installed");
            return None;
        };
        let port = free_port();
        let child = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
            .env("MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION", "true")
            .env("MOTO_ENABLE_AMI_VALIDATION", "true")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto can be started");
        let moto = Self { child, url: format!("http://127.0.0.1:{port}") };
        wait_for(port);
        Some(moto)
    }

    /// The provider block that points at the server, with more attributes.
    pub fn provider_config(&self, more: &Json) -> Json {
        let mut config = json!({
            "region": "us-east-1",
            "access_key": "test",
            "secret_key": "test",
            "endpoints": [{ "ec2": self.url, "s3": self.url, "sts": self.url }],
        });
        for (name, value) in more.as_object().expect("an object of attributes") {
            config[name] = value.clone();
        }
        config
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let program = root.join(".venv/bin/moto_server");
    program.exists().then_some(program)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    listener.local_addr().expect("the listener is bound").port()
}

fn wait_for(port: u16) {
    let deadline = Instant::now() + READY_WITHIN;
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < deadline, "moto does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A provider, configured.
pub struct Bench {
    /// The provider.
    pub provider: Arc<dyn Provider>,
    /// Its connection.
    pub connection: Arc<dyn Connection>,
    /// The decoded provider block.
    pub provider_config: Value,
}

impl Bench {
    /// Connects to a server.
    pub async fn connect(moto: &Moto) -> Self {
        Self::connect_with(moto, &json!({})).await
    }

    /// Connects to a server, with more attributes in the provider block.
    pub async fn connect_with(moto: &Moto, more: &Json) -> Self {
        let provider = evenkeel_provider_aws::provider();
        let block = &provider.spec().config_schema().block;
        let provider_config = decode(block, &moto.provider_config(more));
        let connection =
            provider.configure(provider_config.clone()).await.expect("moto accepts any credentials");
        Self { provider, connection, provider_config }
    }

    /// A configuration of a resource type, as the language would decode it.
    pub fn config(&self, kind: &str, attributes: &Json) -> Value {
        let spec = self.provider.spec().resource(kind).expect("the type is supported");
        let config = decode(&spec.schema().block, attributes);
        let problems = spec.validate(&config);
        assert!(!problems.has_errors(), "{kind}: {problems:?}");
        config
    }

    /// Plans a change and checks the answer as the engine does.
    pub fn plan(&self, kind: &str, prior: Option<&Value>, config: &Value) -> PlannedChange {
        let spec = self.provider.spec().resource(kind).expect("the type is supported");
        let change = spec.plan(&PlanRequest { provider_config: &self.provider_config, prior, config });
        assert!(!change.diagnostics.has_errors(), "{kind}: {:?}", change.diagnostics);
        let violations = check::planned(&spec.schema().block, prior, config, &change.planned);
        assert_eq!(violations, [], "{kind}: the plan breaks the contract");
        assert_eq!(change.planned.ty(), spec.schema().ty(), "{kind}: the planned value has another type");
        change
    }

    /// Plans and makes an object.
    pub async fn create(&self, kind: &str, config: &Value, token: &str) -> Value {
        let planned = self.plan(kind, None, config).planned;
        let created = self.try_create(kind, config, token).await.unwrap_or_else(|f| panic!("{kind}: {f:?}"));
        self.check_applied(kind, &planned, &created);
        created
    }

    /// Plans and makes an object, or says why not.
    pub async fn try_create(&self, kind: &str, config: &Value, token: &str) -> Result<Value, Failed> {
        let planned = self.plan(kind, None, config).planned;
        let request = CreateRequest {
            kind: kind.into(),
            address: address(kind),
            planned,
            config: config.clone(),
            token: token.into(),
        };
        self.connection.create(request).await
    }

    /// Plans and makes a change in place.
    pub async fn update(&self, kind: &str, prior: &Value, config: &Value) -> Value {
        let change = self.plan(kind, Some(prior), config);
        assert_eq!(change.replace, [], "{kind}: the change would replace the object");
        let request = UpdateRequest {
            kind: kind.into(),
            address: address(kind),
            prior: prior.clone(),
            planned: change.planned.clone(),
            config: config.clone(),
            token: "0123456789abcdef0123456789abcdef".into(),
        };
        let updated = self.connection.update(request).await.unwrap_or_else(|f| panic!("{kind}: {f:?}"));
        self.check_applied(kind, &change.planned, &updated);
        updated
    }

    fn check_applied(&self, kind: &str, planned: &Value, applied: &Value) {
        assert_eq!(check::applied(planned, applied), [], "{kind}: {planned:?} became {applied:?}");
        let ty = self.provider.spec().resource(kind).expect("the type is supported").schema().ty();
        assert_eq!(applied.ty(), ty, "{kind}: the applied value has another type");
    }

    /// Looks at one object.
    pub async fn observe(&self, kind: &str, prior: &Value) -> Option<Value> {
        let mut answers = self.observe_many(kind, std::slice::from_ref(prior)).await;
        answers.remove(0).unwrap_or_else(|error| panic!("{kind}: {error}"))
    }

    /// Looks at many objects.
    pub async fn observe_many(
        &self,
        kind: &str,
        priors: &[Value],
    ) -> Vec<Result<Option<Value>, ProviderError>> {
        let requests = priors.iter().map(|prior| ObserveRequest {
            kind: kind.into(),
            address: address(kind),
            prior: prior.clone(),
            written: Written::default(),
        });
        let answers = self.connection.observe(requests.collect()).await;
        assert_eq!(answers.len(), priors.len());
        answers
    }

    /// Removes an object.
    pub async fn delete(&self, kind: &str, prior: &Value) {
        self.try_delete(kind, prior).await.unwrap_or_else(|failed| panic!("{kind}: {failed:?}"));
    }

    /// Removes an object, or says why not.
    pub async fn try_delete(&self, kind: &str, prior: &Value) -> Result<(), Failed> {
        let request = DeleteRequest { kind: kind.into(), address: address(kind), prior: prior.clone() };
        self.connection.delete(request).await
    }

    /// Looks for what a create with this token made.
    pub async fn find(&self, kind: &str, config: &Value, token: &str) -> Option<Value> {
        let planned = self.plan(kind, None, config).planned;
        let request = FindRequest { kind: kind.into(), address: address(kind), planned, token: token.into() };
        self.connection.find(request).await.unwrap_or_else(|error| panic!("{kind}: {error}"))
    }

    /// Reads a data source.
    pub async fn read(&self, kind: &str, attributes: &Json) -> Result<Value, ProviderError> {
        let schema = self.provider.spec().data_source(kind).expect("the data source is supported");
        let config = decode(&schema.block, attributes);
        let request = ReadDataRequest { kind: kind.into(), address: address(kind), config };
        let value = self.connection.read_data(request).await?;
        assert_eq!(value.ty(), schema.ty(), "{kind}: the value has another type");
        Ok(value)
    }

    /// Asserts that nothing is left to do.
    pub fn assert_settled(&self, kind: &str, object: &Value, config: &Value) {
        let change = self.plan(kind, Some(object), config);
        assert_eq!(&change.planned, object, "{kind}: a second plan is not empty");
        assert_eq!(change.replace, [], "{kind}: a second plan replaces");
    }

    /// Creates, looks, plans again, changes in place as often as there are further configurations,
    /// and gives the last object.
    pub async fn live(&self, kind: &str, token: &str, configs: &[Json]) -> Value {
        let (first, updates) = configs.split_first().expect("there is a first configuration");
        let config = self.config(kind, first);
        let created = self.create(kind, &config, token).await;
        assert_eq!(
            self.observe(kind, &created).await.as_ref(),
            Some(&created),
            "{kind}: observed is not created"
        );
        self.assert_settled(kind, &created, &config);
        assert_eq!(
            self.find(kind, &config, token).await.as_ref(),
            Some(&created),
            "{kind}: not found by token"
        );
        let mut object = created;
        for update in updates {
            let config = self.config(kind, update);
            object = self.update(kind, &object, &config).await;
            assert_eq!(
                self.observe(kind, &object).await.as_ref(),
                Some(&object),
                "{kind}: observed is not updated"
            );
            self.assert_settled(kind, &object, &config);
        }
        object
    }

    /// Removes an object twice and sees that it is gone.
    pub async fn die(&self, kind: &str, object: &Value) {
        self.delete(kind, object).await;
        assert_eq!(self.observe(kind, object).await, None, "{kind}: there after delete");
        self.delete(kind, object).await;
    }
}

fn address(kind: &str) -> InstanceAddress {
    ResourceAddress::managed(kind, "it").instance(None)
}

/// A block as the language decodes it: what is left out is null, or empty for repeated blocks.
pub fn decode(block: &Block, attributes: &Json) -> Value {
    let given = attributes.as_object().expect("a block is an object");
    for name in given.keys() {
        let known =
            block.attributes.contains_key(name.as_str()) || block.block_types.contains_key(name.as_str());
        assert!(known, "there is no attribute {name}");
    }
    let scalars = block.attributes.iter().map(|(name, attribute)| {
        let json = given.get(&**name).unwrap_or(&Json::Null);
        (name.clone(), json::from_plain(json, &attribute.ty).unwrap_or_else(|e| panic!("{name}: {e}")))
    });
    let blocks = block
        .block_types
        .iter()
        .map(|(name, nested)| (name.clone(), decode_nested(nested, given.get(&**name))));
    Value::object(scalars.chain(blocks).collect::<Vec<_>>())
}

fn decode_nested(nested: &NestedBlock, json: Option<&Json>) -> Value {
    let element = nested.block.implied_type();
    let elements =
        || json.and_then(Json::as_array).into_iter().flatten().map(|json| decode(&nested.block, json));
    match nested.nesting_mode {
        Nesting::Single | Nesting::Group => match json {
            Some(json) => decode(&nested.block, json),
            None => Value::null(element),
        },
        Nesting::List => Value::list(element, elements()),
        Nesting::Set => Value::set(element, elements()),
        Nesting::Map => {
            let entries = json.and_then(Json::as_object).into_iter().flatten();
            Value::map(element, entries.map(|(key, json)| (key.as_str(), decode(&nested.block, json))))
        }
    }
}
