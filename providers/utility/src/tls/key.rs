//! Private keys of all algorithms: drawn, read, written, and signing.

use der::asn1::{Any, ObjectIdentifier};
use ed25519_dalek::SigningKey as Ed25519Key;
use ed25519_dalek::pkcs8::KeypairBytes;
use getrandom::SysRng;
use p256::elliptic_curve::Generate;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey, EncodeRsaPublicKey};
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use rsa::rand_core::UnwrapErr;
use rsa::{RsaPrivateKey, pkcs1v15};
use sha2::{Digest, Sha256, Sha384, Sha512};
use signature::hazmat::PrehashSigner;
use signature::{SignatureEncoding, Signer};
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::pem;

/// A private key.
pub(super) enum Key {
    Rsa(Box<RsaPrivateKey>),
    P224(p224::SecretKey),
    P256(p256::SecretKey),
    P384(p384::SecretKey),
    P521(p521::SecretKey),
    Ed25519(Ed25519Key),
}

/// The size that an RSA key may have: smaller ones are broken, larger ones take minutes to draw.
const RSA_BITS: std::ops::RangeInclusive<i64> = 1024..=16_384;

/// The same for each curve.
macro_rules! on_curve {
    ($key:expr, $inner:ident => $curve:expr, $rsa:ident => $of_rsa:expr, $ed:ident => $of_ed:expr) => {
        match $key {
            Key::P224($inner) => $curve,
            Key::P256($inner) => $curve,
            Key::P384($inner) => $curve,
            Key::P521($inner) => $curve,
            Key::Rsa($rsa) => $of_rsa,
            Key::Ed25519($ed) => $of_ed,
        }
    };
}

/// Keys are written in memory, where only a mistake of ours could fail.
fn bytes<E: std::fmt::Display>(written: Result<impl AsRef<[u8]>, E>) -> Result<Vec<u8>, String> {
    written.map(|document| document.as_ref().to_vec()).map_err(|error| error.to_string())
}

impl Key {
    /// A new one.
    pub(super) fn generate(algorithm: &str, rsa_bits: i64, curve: &str) -> Result<Self, String> {
        let text = |error: getrandom::Error| error.to_string();
        Ok(match (algorithm, curve) {
            ("RSA", _) => return rsa(rsa_bits),
            ("ED25519", _) => {
                let mut secret = [0; 32];
                getrandom::fill(&mut secret).map_err(text)?;
                Self::Ed25519(Ed25519Key::from_bytes(&secret))
            }
            ("ECDSA", "P224") => {
                Self::P224(p224::SecretKey::try_generate_from_rng(&mut SysRng).map_err(text)?)
            }
            ("ECDSA", "P256") => {
                Self::P256(p256::SecretKey::try_generate_from_rng(&mut SysRng).map_err(text)?)
            }
            ("ECDSA", "P384") => {
                Self::P384(p384::SecretKey::try_generate_from_rng(&mut SysRng).map_err(text)?)
            }
            ("ECDSA", "P521") => {
                Self::P521(p521::SecretKey::try_generate_from_rng(&mut SysRng).map_err(text)?)
            }
            _ => return Err(format!("there is no algorithm {algorithm} with a curve {curve}")),
        })
    }

    /// What a PEM block holds.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (label, der) = pem::decode(text).ok_or("failed to decode PEM block")?;
        let key = match label {
            pem::RSA => RsaPrivateKey::from_pkcs1_der(&der).ok().map(|key| Self::Rsa(Box::new(key))),
            pem::EC => of_curve(|curve| curve.sec1(&der)),
            pem::PKCS8 => of_pkcs8(&der),
            _ => return Err(format!("unsupported PEM preamble/type: {label}")),
        };
        key.ok_or_else(|| format!("failed to parse private key given PEM preamble '{label}'"))
    }

    /// Its algorithm, as configurations name it.
    pub(super) fn algorithm(&self) -> &'static str {
        on_curve!(self, _key => "ECDSA", _key => "RSA", _key => "ED25519")
    }

    /// The form that each algorithm has had for longest.
    pub(super) fn to_pem(&self) -> Result<String, String> {
        on_curve!(self,
            key => Ok(pem::encode(pem::EC, &bytes(key.to_sec1_der())?)),
            key => Ok(pem::encode(pem::RSA, &bytes(key.to_pkcs1_der().map(|der| der.as_bytes().to_vec()))?)),
            _key => self.to_pkcs8_pem())
    }

    /// PKCS #8.
    pub(super) fn to_pkcs8_pem(&self) -> Result<String, String> {
        let document = on_curve!(self, key => key.to_pkcs8_der(), key => key.to_pkcs8_der(), key => {
            // The public key is left out: not every program reads it there.
            KeypairBytes { secret_key: key.to_bytes(), public_key: None }.to_pkcs8_der()
        });
        Ok(pem::encode(pem::PKCS8, &bytes(document.map(|der| der.as_bytes().to_vec()))?))
    }

    /// The public key, as certificates have it.
    pub(super) fn public_der(&self) -> Result<Vec<u8>, String> {
        bytes(
            on_curve!(self,
            key => key.public_key().to_public_key_der(),
            key => key.to_public_key().to_public_key_der(),
            key => key.verifying_key().to_public_key_der())
            .map(|der| der.as_bytes().to_vec()),
        )
    }

    /// With what it signs.
    pub(super) fn signature_algorithm(&self) -> AlgorithmIdentifierOwned {
        let oid = match self {
            Self::Rsa(_) => "1.2.840.113549.1.1.11",
            Self::P224(_) | Self::P256(_) => "1.2.840.10045.4.3.2",
            Self::P384(_) => "1.2.840.10045.4.3.3",
            Self::P521(_) => "1.2.840.10045.4.3.4",
            Self::Ed25519(_) => "1.3.101.112",
        };
        let parameters = matches!(self, Self::Rsa(_)).then(Any::null);
        AlgorithmIdentifierOwned { oid: ObjectIdentifier::new_unwrap(oid), parameters }
    }

    /// The signature of a message.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let text = |error: signature::Error| error.to_string();
        Ok(match self {
            Self::Rsa(key) => {
                let key = pkcs1v15::SigningKey::<Sha256>::new((**key).clone());
                key.try_sign(message).map_err(text)?.to_vec()
            }
            Self::P224(key) => {
                let key = p224::ecdsa::SigningKey::from(key);
                let signature: p224::ecdsa::DerSignature =
                    key.sign_prehash(&Sha256::digest(message)).map_err(text)?;
                signature.to_vec()
            }
            Self::P256(key) => {
                let key = p256::ecdsa::SigningKey::from(key);
                let signature: p256::ecdsa::DerSignature =
                    key.sign_prehash(&Sha256::digest(message)).map_err(text)?;
                signature.to_vec()
            }
            Self::P384(key) => {
                let key = p384::ecdsa::SigningKey::from(key);
                let signature: p384::ecdsa::DerSignature =
                    key.sign_prehash(&Sha384::digest(message)).map_err(text)?;
                signature.to_vec()
            }
            Self::P521(key) => {
                let key = p521::ecdsa::SigningKey::from(key);
                let signature: p521::ecdsa::DerSignature =
                    key.sign_prehash(&Sha512::digest(message)).map_err(text)?;
                signature.to_vec()
            }
            Self::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
        })
    }

    /// What identifies the key in certificates is a hash of this.
    pub(super) fn identified_by(&self) -> Result<Vec<u8>, String> {
        on_curve!(self,
            key => Ok(key.public_key().to_sec1_bytes().to_vec()),
            key => bytes(key.to_public_key().to_pkcs1_der().map(|der| der.as_bytes().to_vec())),
            // The public provider wraps these bytes as an octet string.
            key => Ok([&[4, 32], &key.verifying_key().to_bytes()[..]].concat()))
    }
}

fn rsa(bits: i64) -> Result<Key, String> {
    let wrong = || format!("rsa_bits must be between {} and {}", RSA_BITS.start(), RSA_BITS.end());
    let bits = usize::try_from(bits).ok().filter(|_| RSA_BITS.contains(&bits)).ok_or_else(wrong)?;
    let key = RsaPrivateKey::new(&mut UnwrapErr(SysRng), bits).map_err(|error| error.to_string())?;
    Ok(Key::Rsa(Box::new(key)))
}

/// One of the curves.
#[derive(Clone, Copy)]
pub(super) enum Curve {
    P224,
    P256,
    P384,
    P521,
}

impl Curve {
    fn sec1(self, der: &[u8]) -> Option<Key> {
        match self {
            Self::P224 => p224::SecretKey::from_sec1_der(der).ok().map(Key::P224),
            Self::P256 => p256::SecretKey::from_sec1_der(der).ok().map(Key::P256),
            Self::P384 => p384::SecretKey::from_sec1_der(der).ok().map(Key::P384),
            Self::P521 => p521::SecretKey::from_sec1_der(der).ok().map(Key::P521),
        }
    }

    fn pkcs8(self, der: &[u8]) -> Option<Key> {
        match self {
            Self::P224 => p224::SecretKey::from_pkcs8_der(der).ok().map(Key::P224),
            Self::P256 => p256::SecretKey::from_pkcs8_der(der).ok().map(Key::P256),
            Self::P384 => p384::SecretKey::from_pkcs8_der(der).ok().map(Key::P384),
            Self::P521 => p521::SecretKey::from_pkcs8_der(der).ok().map(Key::P521),
        }
    }
}

/// The first curve that fits. A key of another curve has another size, or names its own.
fn of_curve(parse: impl Fn(Curve) -> Option<Key>) -> Option<Key> {
    [Curve::P224, Curve::P256, Curve::P384, Curve::P521].into_iter().find_map(parse)
}

fn of_pkcs8(der: &[u8]) -> Option<Key> {
    let rsa = || RsaPrivateKey::from_pkcs8_der(der).ok().map(|key| Key::Rsa(Box::new(key)));
    let ed25519 = || Ed25519Key::from_pkcs8_der(der).ok().map(Key::Ed25519);
    rsa().or_else(ed25519).or_else(|| of_curve(|curve| curve.pkcs8(der)))
}
