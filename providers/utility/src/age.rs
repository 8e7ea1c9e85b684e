//! The provider `age`: single values that stand sealed in a configuration. It is our own; there is none to follow.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use evenkeel_age::Keys;
use evenkeel_model::Value;
use evenkeel_provider::{ErrorKind, ProviderError};

use crate::family::Family;
use crate::kind::Reading;
use crate::object::{invalid, with};

/// What is attempted, for messages.
const OPERATION: &str = "opening the sealed value";

/// How an armored text starts.
const ARMOR: &str = "-----BEGIN AGE ENCRYPTED FILE-----";

/// The provider, with who holds the keys.
pub(crate) fn family(keys: Arc<dyn Keys>) -> Family {
    let made = |schema_text| AgeValue { schema_text, keys: keys.clone() };
    Family::new("age", "0.1.0", include_str!("../../../schemas/age/provider.json"))
        .data("age_value", made(include_str!("../../../schemas/age/data.age_value.json")))
        .ephemeral("age_value", made(include_str!("../../../schemas/age/ephemeral.age_value.json")))
}

struct AgeValue {
    schema_text: &'static str,
    keys: Arc<dyn Keys>,
}

impl Reading for AgeValue {
    fn schema_text(&self) -> &'static str {
        self.schema_text
    }

    fn read(&self, _: &Value, config: &Value) -> Result<Value, ProviderError> {
        let sealed = config.get_str("sealed").unwrap_or_default().trim();
        let bytes = match sealed.starts_with(ARMOR) {
            true => sealed.as_bytes().to_vec(),
            false => STANDARD.decode(sealed).map_err(|_| {
                invalid(OPERATION, "it is neither an armored text of age nor base64 of a binary one.")
            })?,
        };
        let keys = self
            .keys
            .identities(None)
            .map_err(|why| ProviderError::new(ErrorKind::Denied, OPERATION, why))?;
        let opened = keys.open(&bytes).map_err(|why| invalid(OPERATION, format!("{why}.")))?;
        let text = String::from_utf8(opened).map_err(|_| invalid(OPERATION, "it is no text in UTF-8."))?;
        Ok(with(config, [("value", Value::string(text))]))
    }
}

#[cfg(test)]
mod tests {
    use evenkeel_age::{Identities, NoKeys};

    use super::*;
    use crate::testing::{check_schemas, opened, read};

    const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../engine/age/tests/data");

    struct Held;

    impl Keys for Held {
        fn identities(&self, _: Option<&str>) -> Result<Arc<Identities>, String> {
            let text = std::fs::read_to_string(format!("{FOLDER}/key.txt")).unwrap();
            Ok(Arc::new(Identities::parse(&text).unwrap()))
        }
    }

    fn held() -> Family {
        family(Arc::new(Held))
    }

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(format!("{FOLDER}/{name}")).unwrap()
    }

    fn sealed(text: impl AsRef<str>) -> [(&'static str, Value); 1] {
        [("sealed", Value::string(text.as_ref()))]
    }

    #[test]
    fn schemas_can_be_read() {
        check_schemas(held());
    }

    #[test]
    fn a_value_is_opened_from_either_form() {
        let armored = String::from_utf8(fixture("value.age")).unwrap();
        let clear = String::from_utf8(fixture("value.txt")).unwrap();
        for text in [armored.clone(), STANDARD.encode(fixture("value.bin"))] {
            let found = read(held, "age_value", sealed(&text)).unwrap();
            assert_eq!(found.get_str("value"), Some(clear.as_str()));
        }
        let once = opened(held, "age_value", sealed(&armored)).unwrap();
        assert_eq!(once.get_str("value"), Some(clear.as_str()));
    }

    #[test]
    fn what_cannot_be_opened_is_told() {
        let told = |text: &str| read(held, "age_value", sealed(text)).unwrap_err().to_string();
        assert!(told("password").contains("no text that age made"));
        assert!(told("pass word").contains("neither an armored text of age nor base64"));
        let for_others = String::from_utf8(fixture("ssh.age")).unwrap();
        assert!(told(&for_others).contains("sealed for other recipients"));
        let nobody = || family(Arc::new(NoKeys));
        let error =
            read(nobody, "age_value", sealed(String::from_utf8(fixture("value.age")).unwrap())).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied);
    }
}
