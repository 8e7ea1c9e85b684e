//! Attributes between plain JSON, as Terraform writes it, and the encoded form of state.
//!
//! They differ where a type is open (`{"value", "type"}` there), in what is sensitive (paths beside the
//! attributes there), and in keys that start with `?`. Nothing is computed with the values: numbers keep
//! their digits.

use evenkeel_model::{Type, json};
use serde_json::{Map, Value as Json, json as object};

use super::paths::Step;

/// Plain attributes as state keeps them. Attributes that the type does not have are left out, as another
/// version of a provider may have more of them.
pub(super) fn encoded(plain: &Json, ty: Option<&Type>) -> Json {
    match (plain, ty) {
        (plain, Some(Type::Dynamic)) => open(plain),
        (Json::Object(entries), Some(Type::Object(known))) => {
            let known = entries
                .iter()
                .filter_map(|(name, value)| Some((name, value, known.attributes.get(&**name)?)));
            known
                .map(|(name, value, ty)| (json::escape_key(name), encoded(value, Some(ty))))
                .collect::<Map<_, _>>()
                .into()
        }
        (Json::Object(entries), ty) => {
            let element = ty.and_then(Type::element);
            let entries = entries.iter().map(|(key, value)| (json::escape_key(key), encoded(value, element)));
            entries.collect::<Map<_, _>>().into()
        }
        (Json::Array(elements), ty) => {
            let elements = elements.iter().enumerate();
            elements.map(|(index, value)| encoded(value, element(ty, index))).collect()
        }
        (scalar, _) => scalar.clone(),
    }
}

/// A value of an open type, which brings its own.
fn open(plain: &Json) -> Json {
    let (Some(value), Some(ty)) = (plain.get("value"), plain.get("type")) else {
        return encoded(plain, None);
    };
    match Type::from_json(ty) {
        Ok(ty) => typed(value, &ty),
        Err(_) => encoded(plain, None),
    }
}

/// A value together with its type.
pub(super) fn typed(plain: &Json, ty: &Type) -> Json {
    object!({ "?type": ty.to_json(), "?value": encoded(plain, Some(ty)) })
}

fn element(ty: Option<&Type>, index: usize) -> Option<&Type> {
    match ty {
        Some(Type::Tuple(types)) => types.get(index),
        Some(ty) => ty.element(),
        None => None,
    }
}

/// Attributes as Terraform writes them, and the paths of what is sensitive.
pub(super) fn plain(encoded: &Json, ty: Option<&Type>) -> (Json, Vec<Vec<Step>>) {
    let mut writer = Writer::default();
    let plain = writer.plain(encoded, ty);
    writer.sensitive.dedup();
    (plain, writer.sensitive)
}

#[derive(Default)]
struct Writer {
    at: Vec<Step>,
    /// Inside of a set there are no paths: what is found there is said of the set.
    in_set: bool,
    sensitive: Vec<Vec<Step>>,
}

impl Writer {
    fn plain(&mut self, encoded: &Json, ty: Option<&Type>) -> Json {
        match encoded {
            Json::Object(entries) => self.object(encoded, entries, ty),
            Json::Null => Json::Null,
            other if ty == Some(&Type::Dynamic) => self.guessed(other),
            Json::Array(elements) => self.array(elements, ty),
            scalar => scalar.clone(),
        }
    }

    fn object(&mut self, whole: &Json, entries: &Map<String, Json>, ty: Option<&Type>) -> Json {
        if entries.contains_key("?unknown") {
            return Json::Null;
        }
        if let (Some(_), Some(value)) = (entries.get("?marks"), entries.get("?value")) {
            self.sensitive.push(self.at.clone());
            return self.plain(value, ty);
        }
        if let (Some(ty), Some(value)) = (entries.get("?type"), entries.get("?value")) {
            let known = Type::from_json(ty).ok();
            return object!({ "value": self.plain(value, known.as_ref()), "type": ty });
        }
        if ty == Some(&Type::Dynamic) {
            return self.guessed(whole);
        }
        let mut out = Map::new();
        for (name, value) in entries {
            let name = json::unescape_key(name);
            let (step, ty) = match ty {
                Some(Type::Map(element)) => (Step::key(name), Some(&**element)),
                Some(Type::Object(object)) => (Step::attribute(name), object.attributes.get(name)),
                _ => (Step::attribute(name), None),
            };
            let value = self.inside(step, |inside| inside.plain(value, ty));
            out.insert(name.to_owned(), value);
        }
        Json::Object(out)
    }

    fn array(&mut self, elements: &[Json], ty: Option<&Type>) -> Json {
        let before = self.in_set;
        self.in_set |= matches!(ty, Some(Type::Set(_)));
        let elements = elements.iter().enumerate();
        let out = elements
            .map(|(index, value)| {
                self.inside(Step::index(index), |inside| inside.plain(value, element(ty, index)))
            })
            .collect();
        self.in_set = before;
        out
    }

    fn inside<T>(&mut self, step: Step, work: impl FnOnce(&mut Self) -> T) -> T {
        if self.in_set {
            return work(self);
        }
        self.at.push(step);
        let done = work(self);
        self.at.pop();
        done
    }

    /// A value of an open type that did not bring its own: the type that its JSON suggests.
    fn guessed(&mut self, encoded: &Json) -> Json {
        let ty = json::decode(encoded, &Type::Dynamic).map_or(Type::Dynamic, |value| value.ty());
        match ty.has_dynamic() {
            // A null inside says nothing about itself; the whole is read again by its JSON.
            true => self.plain(encoded, None),
            false => object!({ "value": self.plain(encoded, Some(&ty)), "type": ty.to_json() }),
        }
    }
}
