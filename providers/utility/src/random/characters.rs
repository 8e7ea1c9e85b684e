//! Texts of random characters from the classes that are wanted.

use evenkeel_model::Value;
use evenkeel_provider::ProviderError;

use super::SIZE_MAX;
use crate::object::{draw_below, invalid};

const SPECIAL: &str = "!@#$%&*()-_=+[]{}<>:?";

/// A class of characters: its flag, the attribute with its least number, and what is in it.
const CLASSES: [(&str, &str, &str); 4] = [
    ("upper", "min_upper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("lower", "min_lower", "abcdefghijklmnopqrstuvwxyz"),
    ("numeric", "min_numeric", "0123456789"),
    ("special", "min_special", SPECIAL),
];

/// The attributes that say how many of a class there are at least.
pub(super) fn minimums() -> [&'static str; 4] {
    CLASSES.map(|(_, minimum, _)| minimum)
}

/// The attributes that say whether a class is wanted.
pub(super) fn flags() -> [&'static str; 4] {
    CLASSES.map(|(flag, _, _)| flag)
}

/// A text as the object says. Classes that are left out are wanted, as their default is.
pub(super) fn drawn(object: &Value) -> Result<String, ProviderError> {
    let failed = |detail: &str| invalid("drawing characters", detail);
    let length = object.get_i64("length").filter(|length| (1..=SIZE_MAX).contains(length));
    let length = length.and_then(|length| usize::try_from(length).ok());
    let length = length.ok_or_else(|| failed(&format!("length must be between 1 and {SIZE_MAX}.")))?;
    let mut all = Vec::new();
    let mut text = Vec::with_capacity(length);
    for (flag, minimum, characters) in CLASSES {
        let class: Vec<char> = class(object, flag, characters).chars().collect();
        let least = object.get_i64(minimum).unwrap_or_default();
        for _ in 0..least.min(SIZE_MAX) {
            text.push(one_of(&class)?);
        }
        if object.get_bool(flag).unwrap_or(true) {
            all.extend(class);
        }
    }
    if text.len() > length {
        return Err(failed(
            "length must be at least the sum of min_upper, min_lower, min_numeric and min_special.",
        ));
    }
    while text.len() < length {
        text.push(one_of(&all)?);
    }
    shuffle(&mut text)?;
    Ok(text.into_iter().collect())
}

fn class<'a>(object: &'a Value, flag: &str, characters: &'a str) -> &'a str {
    let special =
        object.get_str("override_special").filter(|special| flag == "special" && !special.is_empty());
    special.unwrap_or(characters)
}

fn one_of(characters: &[char]) -> Result<char, ProviderError> {
    let index = usize::try_from(draw_below(characters.len() as u64)?).unwrap_or_default();
    let detail = "the character set specified is empty: at least one of upper, lower, numeric and special must be true.";
    characters.get(index).copied().ok_or_else(|| invalid("drawing characters", detail))
}

fn shuffle(text: &mut [char]) -> Result<(), ProviderError> {
    for last in (1..text.len()).rev() {
        let place = usize::try_from(draw_below(last as u64 + 1)?).unwrap_or_default();
        text.swap(place, last);
    }
    Ok(())
}
