//! Which setting of which bucket: what identifiers are made of.

use std::fmt;

use evenkeel_model::Value;

/// Where a setting is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The bucket.
    pub bucket: String,
    /// The account that must own it.
    pub owner: Option<String>,
    /// The name of the setting, where a bucket can have several.
    pub name: Option<String>,
    /// What else the identifier says: the canned access list.
    pub rest: Option<String>,
}

impl Place {
    /// Where an object is. Of one that is imported only the identifier is known:
    /// `BUCKET`, `BUCKET,OWNER`, `BUCKET,REST`, `BUCKET,OWNER,REST` or `BUCKET:NAME`.
    pub fn of(object: &Value) -> Self {
        let text = |name: &str| object.get_str(name).filter(|text| !text.is_empty()).map(str::to_owned);
        match text("bucket") {
            Some(bucket) => {
                Self { bucket, owner: text("expected_bucket_owner"), name: text("name"), rest: text("acl") }
            }
            None => Self::from_id(object.get_str("id").unwrap_or_default(), object.get("name").is_some()),
        }
    }

    fn from_id(id: &str, is_named: bool) -> Self {
        let plain = |bucket: &str| Self { bucket: bucket.to_owned(), owner: None, name: None, rest: None };
        if is_named && let Some((bucket, name)) = id.split_once(':') {
            return Self { name: Some(name.to_owned()), ..plain(bucket) };
        }
        let mut parts = id.split(',');
        let mut place = plain(parts.next().unwrap_or_default());
        for part in parts {
            match is_account(part) {
                true => place.owner = Some(part.to_owned()),
                false => place.rest = Some(part.to_owned()),
            }
        }
        place
    }

    /// The identifier, as the public provider writes it.
    pub fn id(&self, object: &Value) -> String {
        let rest = object.get("acl").and(self.rest.as_deref());
        match &self.name {
            Some(name) => format!("{}:{name}", self.bucket),
            None => {
                let parts = [Some(self.bucket.as_str()), self.owner.as_deref(), rest];
                parts.into_iter().flatten().collect::<Vec<&str>>().join(",")
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{}:{name}", self.bucket),
            None => f.write_str(&self.bucket),
        }
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use evenkeel_model::Type;

    #[test]
    fn identifiers_are_read_as_they_are_written() {
        let null = || Value::null(Type::String);
        for (attribute, id) in [
            ("policy", "b"),
            ("policy", "b,111122223333"),
            ("acl", "b,private"),
            ("acl", "b,111122223333,public-read"),
            ("name", "b:Entire:Bucket"),
        ] {
            let object = Value::object([("id", Value::string(id)), (attribute, null())]);
            let place = Place::of(&object);
            assert_eq!(place.bucket, "b", "{id}");
            assert_eq!(place.id(&object), id);
        }
    }
}
