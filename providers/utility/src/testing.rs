//! How the tests of types ask: by the names of provider, type and attributes.

use std::collections::BTreeMap;

use evenkeel_model::{Type, Value};
use evenkeel_provider::{
    Connection, CreateRequest, ErrorKind, ImportRequest, ObserveRequest, OpenRequest, PlanRequest,
    PlannedChange, ProviderError, ProviderSpec, ReadDataRequest, ResourceSpec, UpdateRequest, Written, check,
};

use crate::family::Family;

/// One managed type of a provider.
pub(crate) struct Kind {
    family: fn() -> Family,
    kind: &'static str,
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub(crate) fn map(entries: &[(&str, &str)]) -> Value {
    Value::map(Type::String, entries.iter().map(|(key, value)| (*key, Value::string(value))))
}

pub(crate) fn list(elements: &[&str]) -> Value {
    Value::list(Type::String, elements.iter().map(Value::string))
}

fn connection(family: Family) -> std::sync::Arc<dyn Connection> {
    let provider = family.provider();
    let config = null_object(provider.spec().config_schema());
    block_on(provider.configure(config)).unwrap()
}

fn null_object(schema: &evenkeel_model::schema::Schema) -> Value {
    crate::object::only(schema, [])
}

fn config<'a>(
    schema: &evenkeel_model::schema::Schema,
    attributes: impl IntoIterator<Item = (&'a str, Value)>,
) -> Value {
    crate::object::only(schema, attributes)
}

impl Kind {
    pub(crate) fn of(family: fn() -> Family, kind: &'static str) -> Self {
        Self { family, kind }
    }

    fn spec<T>(&self, ask: impl FnOnce(&dyn ResourceSpec) -> T) -> T {
        ask((self.family)().spec_of(self.kind).unwrap())
    }

    /// What becomes of a configuration; the plan is checked against the contract.
    pub(crate) fn planned<'a>(
        &self,
        prior: Option<&Value>,
        attributes: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> PlannedChange {
        self.spec(|spec| {
            let config = config(spec.schema(), attributes);
            let empty = Value::empty_object();
            let change = spec.plan(&PlanRequest { provider_config: &empty, prior, config: &config });
            assert_eq!(check::planned(&spec.schema().block, prior, &config, &change.planned), []);
            change
        })
    }

    /// The texts of the mistakes in a configuration.
    pub(crate) fn mistakes<'a>(&self, attributes: impl IntoIterator<Item = (&'a str, Value)>) -> Vec<String> {
        self.spec(|spec| {
            let config = config(spec.schema(), attributes);
            let mut found = evenkeel_provider::validate::block(&spec.schema().block, &config);
            found.extend(spec.validate(&config));
            let errors = found.into_iter().filter(|one| one.severity == evenkeel_model::Severity::Error);
            errors.map(|one| format!("{}: {}", one.summary, one.detail)).collect()
        })
    }

    /// A new object of a configuration.
    pub(crate) fn try_made<'a>(
        &self,
        attributes: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Result<Value, ProviderError> {
        let planned = self.planned(None, attributes).planned;
        let request = CreateRequest {
            kind: self.kind.into(),
            address: self.address(),
            planned: planned.clone(),
            config: planned.clone(),
            token: "0".into(),
        };
        let made = block_on(connection((self.family)()).create(request)).map_err(|failed| failed.error)?;
        assert_eq!(check::applied(&planned, &made), []);
        self.spec(|spec| assert_eq!(made.ty(), spec.schema().ty()));
        Ok(made)
    }

    /// The same where it must work; a second plan of it must be empty.
    pub(crate) fn made<'a>(&self, attributes: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
        let attributes: BTreeMap<&str, Value> = attributes.into_iter().collect();
        let made = self.try_made(attributes.clone()).unwrap();
        let again = self.planned(Some(&made), attributes);
        assert_eq!((again.planned, again.replace), (made.clone(), Vec::new()));
        made
    }

    /// The attributes that make a new object when the configuration becomes this.
    pub(crate) fn replaced<'a>(
        &self,
        prior: &Value,
        attributes: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Vec<String> {
        self.planned(Some(prior), attributes).replace.iter().map(ToString::to_string).collect()
    }

    /// The object after a change in place.
    pub(crate) fn changed<'a>(
        &self,
        prior: &Value,
        attributes: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Value {
        let change = self.planned(Some(prior), attributes);
        assert_eq!(change.replace, []);
        let request = UpdateRequest {
            kind: self.kind.into(),
            address: self.address(),
            prior: prior.clone(),
            planned: change.planned.clone(),
            config: change.planned.clone(),
            token: "0".into(),
        };
        let changed = block_on(connection((self.family)()).update(request)).unwrap();
        assert_eq!(check::applied(&change.planned, &changed), []);
        changed
    }

    pub(crate) fn observed(&self, prior: &Value) -> Result<Option<Value>, ProviderError> {
        let (prior, written) = (prior.clone(), Written::default());
        let request = ObserveRequest { kind: self.kind.into(), address: self.address(), prior, written };
        block_on(connection((self.family)()).observe(vec![request])).remove(0)
    }

    pub(crate) fn imported(&self, id: &str) -> Result<Value, ProviderError> {
        let request = ImportRequest {
            kind: self.kind.into(),
            address: self.address(),
            id: id.into(),
            prior: Value::empty_object(),
        };
        let imported = block_on(connection((self.family)()).import(request))?.unwrap();
        self.spec(|spec| assert_eq!(imported.ty(), spec.schema().ty()));
        Ok(imported)
    }

    /// Attributes of an older version as they are today.
    pub(crate) fn upgraded(&self, version: u64, attributes: serde_json::Value) -> Value {
        self.spec(|spec| {
            let upgraded = spec.upgrade(version, &attributes).unwrap();
            evenkeel_model::json::decode(&upgraded, &spec.schema().ty()).unwrap()
        })
    }

    fn address(&self) -> evenkeel_model::InstanceAddress {
        format!("{}.a", self.kind).parse().unwrap()
    }
}

/// What a data source gives.
pub(crate) fn read<'a>(
    family: fn() -> Family,
    kind: &str,
    attributes: impl IntoIterator<Item = (&'a str, Value)>,
) -> Result<Value, ProviderError> {
    let schema = family().data_source(kind).unwrap().clone();
    let request = ReadDataRequest {
        kind: kind.into(),
        address: format!("data.{kind}.a").parse().unwrap(),
        config: config(&schema, attributes),
    };
    let read = block_on(connection(family()).read_data(request))?;
    assert_eq!(read.ty(), schema.ty());
    assert!(read.is_wholly_known());
    Ok(read)
}

/// What an ephemeral resource gives.
pub(crate) fn opened<'a>(
    family: fn() -> Family,
    kind: &str,
    attributes: impl IntoIterator<Item = (&'a str, Value)>,
) -> Result<Value, ProviderError> {
    let schema = ProviderSpec::ephemeral(&family(), kind).unwrap().clone();
    let request = OpenRequest {
        kind: kind.into(),
        address: format!("{kind}.a").parse().unwrap(),
        config: config(&schema, attributes),
    };
    let opened = block_on(connection(family()).open_ephemeral(request))?;
    assert_eq!(opened.value.ty(), schema.ty());
    Ok(opened.value)
}

/// Every schema file of a provider can be read, and says that it is of that type.
pub(crate) fn check_schemas(family: Family) {
    assert!(ProviderSpec::address(&family).to_string().ends_with(&*family.config_schema().type_name));
    for kind in family.resource_kinds() {
        assert_eq!(&*family.spec_of(kind).unwrap().schema().type_name, kind);
    }
    for kind in family.data_kinds() {
        assert_eq!(&*family.data_source(kind).unwrap().type_name, kind);
    }
    for kind in family.ephemeral_kinds() {
        assert_eq!(&*ProviderSpec::ephemeral(&family, kind).unwrap().type_name, kind);
    }
}

/// Kinds of error are what the engine decides by.
pub(crate) fn kind_of<T: std::fmt::Debug>(result: Result<T, ProviderError>) -> ErrorKind {
    result.unwrap_err().kind
}
