//! What another implementation of age sealed is opened, or refused with the reason.

use evenkeel_age::{Identities, InvalidIdentity, NotOpened};
use proptest::prelude::*;

fn fixture(name: &str) -> Vec<u8> {
    let bytes: &[u8] = match name {
        "empty.age" => include_bytes!("data/empty.age"),
        "key.txt" => include_bytes!("data/key.txt"),
        "other.txt" => include_bytes!("data/other.txt"),
        "ssh.age" => include_bytes!("data/ssh.age"),
        "value.age" => include_bytes!("data/value.age"),
        "value.bin" => include_bytes!("data/value.bin"),
        "value.txt" => include_bytes!("data/value.txt"),
        other => panic!("there is no {other}"),
    };
    bytes.to_vec()
}

fn keys(name: &str) -> Identities {
    Identities::parse(&String::from_utf8(fixture(name)).unwrap()).unwrap()
}

#[test]
fn armored_and_binary_texts_are_opened() {
    let key = keys("key.txt");
    for name in ["value.age", "value.bin"] {
        assert_eq!(key.open(&fixture(name)).unwrap(), fixture("value.txt"), "{name}");
    }
    assert_eq!(keys("other.txt").open(&fixture("value.bin")).unwrap(), fixture("value.txt"));
    assert_eq!(key.open(&fixture("empty.age")).unwrap(), b"");
    let both = keys("other.txt").with(key);
    assert_eq!(both.open(&fixture("value.age")).unwrap(), fixture("value.txt"));
}

#[test]
fn what_is_for_others_is_not_opened() {
    for (key, name) in [("other.txt", "value.age"), ("key.txt", "ssh.age")] {
        assert_eq!(keys(key).open(&fixture(name)), Err(NotOpened::OtherRecipients), "{name}");
    }
    assert_eq!(Identities::default().open(&fixture("value.age")), Err(NotOpened::OtherRecipients));
    let passphrase = "age-encryption.org/v1\n-> scrypt bBjlhJVYZeE4aqUdmtRHfw 18\n\
                      fe9tsFnWMUpGBIEJUGuqzqvWCSnVbTVz0ISc3CzMTjE\n\
                      --- Y8LZFIZWvFaOTmUrVOmFeeBCEEPPMY1dMrwzJpZXZdM\n0123456789abcdef";
    assert_eq!(keys("key.txt").open(passphrase.as_bytes()), Err(NotOpened::Passphrase));
}

#[test]
fn a_damaged_text_is_not_opened() {
    let key = keys("key.txt");
    let whole = fixture("value.bin");
    for end in 0..whole.len() {
        assert_eq!(key.open(&whole[..end]), Err(NotOpened::Damaged), "{end}");
    }
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        assert!(key.open(&changed).is_err(), "{at}");
    }
    assert_eq!(key.open(b"password"), Err(NotOpened::Damaged));
}

#[test]
fn keys_are_read_as_they_are_kept() {
    let text = String::from_utf8(fixture("key.txt")).unwrap();
    let word = text.lines().last().unwrap();
    let two = Identities::parse(&format!("# two\n\n{word} {word}\r\n")).unwrap();
    assert_eq!(format!("{two:?}"), "Identities(2)");
    assert!(Identities::parse("# none\n").unwrap().is_empty());
    let wrong = word.replace("SECRET", "SECRED");
    assert_eq!(Identities::parse(&format!("{text}{wrong}")).err(), Some(InvalidIdentity::NoKey { line: 4 }));
    for unsupported in ["AGE-PLUGIN-X-1QQ", "AGE-SECRET-KEY-PQ-1QQ", "-----BEGIN OPENSSH PRIVATE KEY-----"] {
        let told = Identities::parse(unsupported).err().unwrap();
        assert!(matches!(told, InvalidIdentity::Unsupported { line: 1, .. }), "{told}");
        assert!(!told.to_string().contains("QQ"), "{told}");
    }
    assert_eq!(Identities::parse(&format!("{word}\n").repeat(1001)).err(), Some(InvalidIdentity::TooMany));
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), text in "\\PC{0,100}") {
        let _ = Identities::parse(&text);
        let key = keys("key.txt");
        prop_assert!(key.open(&bytes).is_err());
        prop_assert!(key.open(text.as_bytes()).is_err());
        let header = [b"age-encryption.org/v1\n-> ".as_slice(), &bytes].concat();
        prop_assert!(key.open(&header).is_err());
    }
}
