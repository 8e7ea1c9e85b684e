//! Key pairs.

use super::kinds::KEY;
use super::{Actions, Answer, Call, info};
use crate::fail::Fail;
use crate::random;
use crate::region::Region;
use crate::xml;

pub(super) static ACTIONS: Actions =
    &[("ImportKeyPair", import), ("CreateKeyPair", create), ("DeleteKeyPair", delete)];

fn fingerprint(region: &Region, material: &str) -> String {
    let halves = [random::draw(1, &[material]), random::draw(region.settings.seed, &["key", material])];
    let bytes = halves.into_iter().flat_map(u64::to_be_bytes);
    bytes.map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

fn make(call: &mut Call<'_>, kind: &str, material: &str) -> Result<String, Fail> {
    let name = call.p.need("KeyName")?;
    if call.region.all(&KEY).any(|key| key.body.text("keyName") == name) {
        return Err(Fail::new("InvalidKeyPair.Duplicate", format!("The keypair already exists: {name}")));
    }
    let body = xml! {
        keyName: name,
        keyType: kind,
        keyFingerprint: fingerprint(call.region, material),
        createTime: info::time(call.region),
    };
    call.make(&KEY, body)
}

fn import(call: &mut Call<'_>) -> Answer {
    let material = call.p.need("PublicKeyMaterial")?;
    // Base64 of "ssh-ed25519" begins so.
    let kind = if material.starts_with("c3NoLWVkMjU1MTk") { "ed25519" } else { "rsa" };
    let id = make(call, kind, material)?;
    Ok(call.show(&KEY, &id))
}

fn create(call: &mut Call<'_>) -> Answer {
    let kind = call.p.get("KeyType").unwrap_or("rsa");
    call.p.get("KeyFormat");
    let id = make(call, kind, "made by the service")?;
    Ok(call.show(&KEY, &id).with(xml! { keyMaterial: "-----BEGIN RSA PRIVATE KEY-----" }))
}

fn delete(call: &mut Call<'_>) -> Answer {
    let (name, id) = (call.p.get("KeyName"), call.p.get("KeyPairId"));
    if name.is_none() && id.is_none() {
        return Err(Fail::missing("KeyName"));
    }
    let found =
        call.region.all(&KEY).find(|key| name == Some(key.body.text("keyName")) || id == Some(&key.id));
    let found = found.map(|key| key.id.clone());
    // A key that is not there is as good as deleted.
    if let Some(id) = &found {
        call.region.remove(&KEY, id);
    }
    Ok(xml! { return: true, keyPairId: found })
}
