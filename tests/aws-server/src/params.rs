//! The parameters of a call in the query protocol: `Filter.1.Value.2=x`.
//!
//! What is never looked at is a parameter that this server does not know: the call is refused, so
//! that no test passes because something was silently ignored.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::fail::Fail;

/// All parameters of a call.
#[derive(Debug, Default)]
pub struct Params {
    values: BTreeMap<String, String>,
    used: RefCell<BTreeSet<String>>,
}

impl Params {
    /// Reads a form.
    pub fn parse(form: &[u8]) -> Self {
        Self { values: form_urlencoded::parse(form).into_owned().collect(), used: RefCell::default() }
    }

    /// All of it.
    pub fn root(&self) -> View<'_> {
        View { params: self, prefix: String::new() }
    }

    /// A parameter that nobody looked at.
    pub fn unused(&self) -> Option<&str> {
        let used = self.used.borrow();
        self.values.keys().find(|name| !used.contains(*name)).map(String::as_str)
    }

    /// What is asked for, apart from the token that makes it the same request: equal for repetitions.
    pub fn fingerprint(&self) -> String {
        let asked = self.values.iter().filter(|(name, _)| *name != "ClientToken");
        asked.map(|(name, value)| format!("{name}={value}&")).collect()
    }
}

/// The parameters below a name.
#[derive(Clone, Debug)]
pub struct View<'a> {
    params: &'a Params,
    prefix: String,
}

impl<'a> View<'a> {
    fn path(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}.{name}", self.prefix) }
    }

    /// A parameter.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let path = self.path(name);
        let value = self.params.values.get(&path)?;
        self.params.used.borrow_mut().insert(path);
        Some(value)
    }

    /// A parameter that has to be there.
    pub fn need(&self, name: &str) -> Result<&'a str, Fail> {
        self.get(name).filter(|value| !value.is_empty()).ok_or_else(|| Fail::missing(&self.path(name)))
    }

    /// A flag.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Fail> {
        self.get(name).map(|text| self.read(name, text)).transpose()
    }

    /// A number.
    pub fn int(&self, name: &str) -> Result<Option<i64>, Fail> {
        self.get(name).map(|text| self.read(name, text)).transpose()
    }

    fn read<T: std::str::FromStr>(&self, name: &str, text: &str) -> Result<T, Fail> {
        let path = self.path(name);
        text.parse().map_err(|_| Fail::value(format!("Invalid value '{text}' for parameter {path}.")))
    }

    /// `Name.1`, `Name.2`, ...
    pub fn list(&self, name: &str) -> Vec<&'a str> {
        (1..).map_while(|index: usize| self.get(&format!("{name}.{index}"))).collect()
    }

    /// What is below `Name.1`, `Name.2`, ...
    pub fn views(&self, name: &str) -> Vec<Self> {
        (1..).map_while(|index: usize| self.view(&format!("{name}.{index}"))).collect()
    }

    /// What is below a name, if there is anything.
    pub fn view(&self, name: &str) -> Option<Self> {
        let prefix = self.path(name);
        let start = format!("{prefix}.");
        let first = self.params.values.range(start.clone()..).next();
        first.filter(|(name, _)| name.starts_with(&start))?;
        Some(Self { params: self.params, prefix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_lists_and_groups() {
        let params = Params::parse(b"Filter.1.Name=a&Filter.1.Value.1=x&Filter.1.Value.2=y%20z&On=true&N=x");
        let root = params.root();
        let filters = root.views("Filter");
        assert_eq!(filters.len(), 1);
        assert_eq!(filters[0].list("Value"), ["x", "y z"]);
        assert_eq!(root.flag("On"), Ok(Some(true)));
        assert_eq!(root.int("N").map_err(|fail| fail.code), Err("InvalidParameterValue".into()));
        assert_eq!(params.unused(), Some("Filter.1.Name"));
        assert_eq!(root.need("Absent").map_err(|fail| fail.code), Err("MissingParameter".into()));
    }
}
