//! Keys as OpenSSH has them. It knows all algorithms but the curve P-224, for which there are empty texts.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use ed25519_dalek::SigningKey as Ed25519Key;
use md5::Md5;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BoxedUint, RsaPrivateKey};
use sha2::{Digest, Sha256};
use ssh_key::private::{EcdsaKeypair, Ed25519Keypair, KeypairData, RsaKeypair};
use ssh_key::sec1::EncodedPoint;
use ssh_key::{Mpint, PrivateKey, PublicKey};

use super::key::Key;
use super::pem;

/// The private key, and an empty text where OpenSSH has no such keys.
pub(super) fn private(key: &Key) -> Result<String, String> {
    let Some(pair) = pair(key) else { return Ok(String::new()) };
    let key = PrivateKey::new(pair?, "").map_err(text)?;
    Ok(pem::encode(pem::OPENSSH, &key.to_bytes().map_err(text)?))
}

/// The public key as `authorized_keys` has it, and its fingerprints by MD5 and SHA-256.
pub(super) fn public(key: &Key) -> Result<[String; 3], String> {
    let Some(pair) = pair(key) else { return Ok([const { String::new() }; 3]) };
    let key = PrivateKey::new(pair?, "").map_err(text)?;
    let public: &PublicKey = key.public_key();
    let blob = public.to_bytes().map_err(text)?;
    let md5: Vec<String> = Md5::digest(&blob).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok([
        format!("{} {}\n", public.algorithm(), STANDARD.encode(&blob)),
        md5.join(":"),
        format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(&blob))),
    ])
}

/// A private key in the form of OpenSSH, or in one that OpenSSH reads as well.
pub(super) fn parse(given: &str) -> Result<Key, String> {
    let Some((pem::OPENSSH, bytes)) = pem::decode(given) else { return Key::parse(given) };
    let key = PrivateKey::from_bytes(&bytes).map_err(text)?;
    let unsupported = || format!("failed to parse openssh private key: {} is not supported", key.algorithm());
    match key.key_data() {
        KeypairData::Rsa(pair) => of_rsa(pair).ok_or_else(unsupported),
        KeypairData::Ed25519(pair) => Ok(Key::Ed25519(Ed25519Key::from_bytes(&pair.private.to_bytes()))),
        KeypairData::Ecdsa(pair) => of_ecdsa(pair).ok_or_else(unsupported),
        _ => Err(unsupported()),
    }
}

fn text(error: ssh_key::Error) -> String {
    error.to_string()
}

fn pair(key: &Key) -> Option<Result<KeypairData, String>> {
    let pair = match key {
        Key::P224(_) => return None,
        Key::Rsa(key) => rsa(key).map(KeypairData::Rsa),
        Key::Ed25519(key) => {
            Ed25519Keypair::from_bytes(&key.to_keypair_bytes()).map(KeypairData::Ed25519).map_err(text)
        }
        Key::P256(key) => point(&key.public_key().to_sec1_bytes()).map(|public| {
            let private = <[u8; 32]>::from(key.to_bytes()).into();
            KeypairData::Ecdsa(EcdsaKeypair::NistP256 { public, private })
        }),
        Key::P384(key) => point(&key.public_key().to_sec1_bytes()).map(|public| {
            let private = <[u8; 48]>::from(key.to_bytes()).into();
            KeypairData::Ecdsa(EcdsaKeypair::NistP384 { public, private })
        }),
        Key::P521(key) => point(&key.public_key().to_sec1_bytes()).map(|public| {
            let private = <[u8; 66]>::from(key.to_bytes()).into();
            KeypairData::Ecdsa(EcdsaKeypair::NistP521 { public, private })
        }),
    };
    Some(pair)
}

fn point<S: ssh_key::sec1::point::ModulusSize>(bytes: &[u8]) -> Result<EncodedPoint<S>, String> {
    EncodedPoint::from_bytes(bytes).map_err(|error| error.to_string())
}

fn rsa(key: &RsaPrivateKey) -> Result<RsaKeypair, String> {
    let [p, q, ..] = key.primes() else { return Err("the key has no two primes".into()) };
    let inverse = key.crt_coefficient().ok_or("the key has no coefficient")?;
    let number = |number: &BoxedUint| Mpint::from_positive_bytes(&number.to_be_bytes());
    let public = ssh_key::public::RsaPublicKey::new(number(key.e()), number(key.n())).map_err(text)?;
    let private =
        ssh_key::private::RsaPrivateKey::new(number(key.d()), number(&inverse), number(p), number(q));
    RsaKeypair::new(public, private.map_err(text)?).map_err(text)
}

fn of_rsa(pair: &RsaKeypair) -> Option<Key> {
    let number = |number: &Mpint| {
        let bytes = number.as_positive_bytes()?;
        BoxedUint::from_be_slice(bytes, u32::try_from(bytes.len()).ok()?.checked_mul(8)?).ok()
    };
    let (public, private) = (pair.public(), pair.private());
    let primes = vec![number(private.p())?, number(private.q())?];
    let key = RsaPrivateKey::from_components(
        number(public.n())?,
        number(public.e())?,
        number(private.d())?,
        primes,
    );
    key.ok().map(|key| Key::Rsa(Box::new(key)))
}

fn of_ecdsa(pair: &EcdsaKeypair) -> Option<Key> {
    let secret = pair.private_key_bytes();
    match pair {
        EcdsaKeypair::NistP256 { .. } => p256::SecretKey::from_slice(secret).ok().map(Key::P256),
        EcdsaKeypair::NistP384 { .. } => p384::SecretKey::from_slice(secret).ok().map(Key::P384),
        EcdsaKeypair::NistP521 { .. } => p521::SecretKey::from_slice(secret).ok().map(Key::P521),
    }
}
