use std::io::{Read, Write};
use std::process::Command;

use evenkeel_model::{Type, Value};
use serde_json::json;

use super::family;
use super::key::Key;
use crate::testing::{Kind, check_schemas, list, opened, read};

fn kind(name: &'static str) -> Kind {
    Kind::of(family, name)
}

fn text(text: &str) -> Value {
    Value::string(text)
}

/// A small key of the curve P-256, for whatever needs some key.
fn some_key() -> String {
    Key::generate("ECDSA", 0, "P256").unwrap().to_pem().unwrap()
}

/// What OpenSSL says about a document; none where there is no OpenSSL.
fn openssl(arguments: &[&str], input: &str) -> Option<String> {
    let mut command = Command::new("openssl");
    command.args(arguments).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let Ok(mut child) = command.stderr(std::process::Stdio::inherit()).spawn() else {
        println!("there is no openssl: skipped");
        return None;
    };
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let mut answer = String::new();
    child.stdout.take().unwrap().read_to_string(&mut answer).unwrap();
    assert!(child.wait().unwrap().success(), "openssl {arguments:?}");
    Some(answer)
}

#[test]
fn schemas_can_be_read() {
    check_schemas(family());
}

#[test]
fn keys_of_every_algorithm_have_all_their_forms() {
    for (algorithm, curve, label) in [
        ("ECDSA", "P224", "EC PRIVATE KEY"),
        ("ECDSA", "P256", "EC PRIVATE KEY"),
        ("ECDSA", "P384", "EC PRIVATE KEY"),
        ("ECDSA", "P521", "EC PRIVATE KEY"),
        ("ED25519", "P224", "PRIVATE KEY"),
        ("RSA", "P224", "RSA PRIVATE KEY"),
    ] {
        let arguments =
            [("algorithm", text(algorithm)), ("ecdsa_curve", text(curve)), ("rsa_bits", Value::number(1024))];
        let made = kind("tls_private_key").made(arguments);
        let form = |name: &str| made.get_str(name).unwrap().to_owned();
        assert!(form("private_key_pem").starts_with(&format!("-----BEGIN {label}-----\n")));
        assert!(form("private_key_pem_pkcs8").starts_with("-----BEGIN PRIVATE KEY-----\n"));
        let no_ssh = algorithm == "ECDSA" && curve == "P224";
        assert_eq!(form("private_key_openssh").is_empty(), no_ssh);
        assert_eq!(form("public_key_fingerprint_md5").len(), if no_ssh { 0 } else { 47 });
        for (argument, form) in [
            ("private_key_pem", form("private_key_pem")),
            ("private_key_pem", form("private_key_pem_pkcs8")),
            ("private_key_openssh", form("private_key_openssh")),
        ] {
            if form.is_empty() {
                continue;
            }
            let public = read(family, "tls_public_key", [(argument, text(&form))]);
            let public = match public {
                Ok(public) => public,
                // Both arguments are in the schema of the data source; the one that is not set is null.
                Err(error) => panic!("{algorithm} {curve} {argument}: {error}"),
            };
            for name in ["id", "public_key_pem", "public_key_openssh", "public_key_fingerprint_sha256"] {
                assert_eq!(public.get(name), made.get(name), "{algorithm} {curve} {name}");
            }
            assert_eq!(public.get_str("algorithm"), Some(algorithm));
        }
        if let Some(public) = openssl(&["pkey", "-pubout"], &form("private_key_pem")) {
            assert_eq!(public, form("public_key_pem"));
        }
        openssl(&["pkey", "-check", "-noout"], &form("private_key_pem_pkcs8"));
    }
}

#[test]
fn keys_that_cannot_be_are_refused() {
    let small = [("algorithm", text("RSA")), ("rsa_bits", Value::number(512))];
    assert_eq!(kind("tls_private_key").mistakes(small.clone()).len(), 1);
    assert!(kind("tls_private_key").try_made(small).is_err());
    assert_eq!(kind("tls_private_key").mistakes([("algorithm", text("DSA"))]).len(), 1);
    for wrong in ["", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        assert!(read(family, "tls_public_key", [("private_key_pem", text(wrong))]).is_err());
        assert!(read(family, "tls_public_key", [("private_key_openssh", text(wrong))]).is_err());
    }
}

/// A key that ssh-keygen made (RFC 8709), with what it says about it.
#[test]
fn a_known_key_has_its_known_fingerprint() {
    let key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
    let public = read(family, "tls_public_key", [("private_key_pem", text(key))]).unwrap();
    let expected = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    assert_eq!(public.get_str("public_key_pem"), Some(expected));
    let blob = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea\n";
    assert_eq!(public.get_str("public_key_openssh"), Some(blob));
}

fn subject(parts: &[(&str, &str)]) -> Value {
    let schema: evenkeel_model::schema::Schema =
        serde_json::from_str(include_str!("../../../../schemas/tls/tls_cert_request.json")).unwrap();
    let block = &schema.block.block_types["subject"].block;
    let empty: Vec<_> =
        block.attributes.iter().map(|(name, one)| (name.clone(), Value::null(one.ty.clone()))).collect();
    let texts = parts.iter().map(|(name, one)| match *name {
        "street_address" => (*name, list(&[*one])),
        _ => (*name, text(one)),
    });
    Value::list(block.implied_type(), [crate::object::with(&Value::object(empty), texts)])
}

#[test]
fn a_certificate_that_its_own_key_signs() {
    let made = kind("tls_self_signed_cert").made([
        ("private_key_pem", text(&some_key())),
        ("validity_period_hours", Value::number(12)),
        ("early_renewal_hours", Value::number(3)),
        ("allowed_uses", list(&["key_encipherment", "server_auth", "digital_signature"])),
        (
            "subject",
            subject(&[
                ("common_name", "Example, Inc"),
                ("organization", "Ä"),
                ("country", "DE"),
                ("street_address", "1 Main"),
                ("email_address", "a@example.com"),
                ("serial_number", ""),
            ]),
        ),
        ("dns_names", list(&["example.com", "*.example.com"])),
        ("ip_addresses", list(&["127.0.0.1", "::1"])),
        ("uris", list(&["spiffe://example.com/a"])),
        ("is_ca_certificate", Value::bool(true)),
        ("max_path_length", Value::number(1)),
        ("set_authority_key_id", Value::bool(true)),
    ]);
    assert_eq!(made.get_str("key_algorithm"), Some("ECDSA"));
    assert_eq!(made.get_bool("ready_for_renewal"), Some(false));
    let pem = made.get_str("cert_pem").unwrap();
    let data = read(family, "tls_certificate", [("content", text(pem))]).unwrap();
    let [certificate] = data.get("certificates").unwrap().as_elements().unwrap() else { panic!() };
    for (name, expected) in [
        ("signature_algorithm", "ECDSA-SHA256"),
        ("public_key_algorithm", "ECDSA"),
        (
            "subject",
            "CN=Example\\, Inc,STREET=1 Main,O=Ä,C=DE,1.2.840.113549.1.9.1=#0c0d61406578616d706c652e636f6d",
        ),
        ("cert_pem", pem),
        ("serial_number", made.get_str("id").unwrap()),
    ] {
        assert_eq!(certificate.get_str(name), Some(expected));
    }
    assert_eq!(certificate.get("issuer"), certificate.get("subject"));
    assert_eq!(
        (certificate.get_bool("is_ca"), certificate.get_i64("max_path_length")),
        (Some(true), Some(1))
    );
    assert_eq!(certificate.get_i64("version"), Some(3));
    let Some(said) = openssl(&["x509", "-noout", "-text", "-nameopt", "RFC2253,utf8,-esc_msb"], pem) else {
        return;
    };
    for expected in [
        "Digital Signature, Key Encipherment",
        "TLS Web Server Authentication",
        "CA:TRUE, pathlen:1",
        "DNS:example.com, DNS:*.example.com, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, URI:spiffe://example.com/a",
        "X509v3 Subject Key Identifier",
        "X509v3 Authority Key Identifier",
        "emailAddress=a@example.com,CN=Example\\, Inc,street=1 Main,O=Ä,C=DE",
    ] {
        assert!(said.contains(expected), "{expected} is not in {said}");
    }
}

#[test]
fn a_request_is_signed_by_an_authority_of_ones_own() {
    let made_ca = |key: &str, id: bool| {
        kind("tls_self_signed_cert").made([
            ("private_key_pem", text(key)),
            ("validity_period_hours", Value::number(12)),
            ("allowed_uses", list(&["cert_signing"])),
            ("subject", subject(&[("common_name", "ca")])),
            ("is_ca_certificate", Value::bool(id)),
        ])
    };
    for algorithm in ["RSA", "ED25519", "P224", "P384", "P521"] {
        let (name, curve) =
            if algorithm.starts_with('P') { ("ECDSA", algorithm) } else { (algorithm, "P256") };
        let ca_key = Key::generate(name, 1024, curve).unwrap().to_pem().unwrap();
        let ca = made_ca(&ca_key, true);
        let request = kind("tls_cert_request").made([
            ("private_key_pem", text(&some_key())),
            ("subject", subject(&[("common_name", "web"), ("organization", "o")])),
            ("dns_names", list(&["web.example.com"])),
            ("ip_addresses", list(&["10.0.0.1"])),
        ]);
        let arguments = |ca_key: &str| {
            [
                ("cert_request_pem", request.get("cert_request_pem").unwrap().clone()),
                ("ca_private_key_pem", text(ca_key)),
                ("ca_cert_pem", ca.get("cert_pem").unwrap().clone()),
                ("validity_period_hours", Value::number(2)),
                ("allowed_uses", list(&["client_auth"])),
                ("set_subject_key_id", Value::bool(true)),
            ]
        };
        let made = kind("tls_locally_signed_cert").made(arguments(&ca_key));
        assert_eq!(made.get_str("ca_key_algorithm"), Some(name));
        assert!(kind("tls_locally_signed_cert").try_made(arguments(&some_key())).is_err());
        openssl(&["req", "-verify", "-noout"], request.get_str("cert_request_pem").unwrap());
        let directory = tempfile::tempdir().unwrap();
        let trusted = directory.path().join("ca.pem");
        std::fs::write(&trusted, ca.get_str("cert_pem").unwrap()).unwrap();
        let verify = ["verify", "-auth_level", "0", "-CAfile", trusted.to_str().unwrap()];
        openssl(&verify, made.get_str("cert_pem").unwrap());
        let Some(said) = openssl(&["x509", "-noout", "-text"], made.get_str("cert_pem").unwrap()) else {
            continue;
        };
        for expected in
            ["DNS:web.example.com, IP Address:10.0.0.1", "CA:FALSE", "Authority Key Identifier", "Web Client"]
        {
            assert!(said.contains(expected), "{expected} is not in {said}");
        }
    }
}

#[test]
fn what_is_due_is_replaced() {
    let cert = kind("tls_self_signed_cert");
    let key = some_key();
    let arguments = |early: i64| {
        [
            ("private_key_pem", text(&key)),
            ("validity_period_hours", Value::number(10)),
            ("early_renewal_hours", Value::number(early)),
            ("allowed_uses", list(&[])),
        ]
    };
    let made = cert.made(arguments(0));
    assert_eq!(cert.observed(&made), Ok(Some(made.clone())));
    let old = crate::object::with(&made, [("validity_end_time", text("2020-01-01T00:00:00.5Z"))]);
    let due = cert.observed(&old).unwrap().unwrap();
    assert_eq!(due.get_bool("ready_for_renewal"), Some(true));
    assert_eq!(cert.replaced(&due, arguments(0)), ["ready_for_renewal"]);
    let changed = cert.changed(&made, arguments(2));
    assert_eq!(changed.get("cert_pem"), made.get("cert_pem"));
    let early = cert.planned(None, arguments(10)).planned;
    assert_eq!(early.get_bool("ready_for_renewal"), Some(true));
}

#[test]
fn another_key_makes_a_new_certificate_and_a_hash_of_one_does_not() {
    let request = kind("tls_cert_request");
    let made = request.made([("private_key_pem", text(&some_key()))]);
    assert_eq!(request.replaced(&made, [("private_key_pem", text(&some_key()))]), ["private_key_pem"]);
    let open = [("private_key_pem", Value::unknown(Type::String))];
    assert_eq!(request.replaced(&made, open), ["private_key_pem"]);
    let hashed = crate::object::with(&made, [("private_key_pem", text("0a1b"))]);
    assert_eq!(request.replaced(&hashed, [("private_key_pem", text(&some_key()))]), Vec::<String>::new());
}

#[test]
fn what_no_certificate_can_say_is_refused() {
    let cert = kind("tls_self_signed_cert");
    let arguments = |more: (&'static str, Value)| {
        let all = [
            ("private_key_pem", text(&some_key())),
            ("validity_period_hours", Value::number(1)),
            ("allowed_uses", list(&[])),
        ];
        all.into_iter().chain([more]).collect::<std::collections::BTreeMap<_, _>>()
    };
    assert!(cert.mistakes(arguments(("allowed_uses", list(&["flying"]))))[0].contains("flying"));
    assert_eq!(cert.mistakes(arguments(("validity_period_hours", Value::number(-1)))).len(), 1);
    for wrong in [
        ("ip_addresses", list(&["x"])),
        ("dns_names", list(&["ä"])),
        ("private_key_pem", text("x")),
        ("is_ca_certificate", Value::bool(true)),
        ("set_authority_key_id", Value::bool(true)),
        ("validity_period_hours", Value::number(i64::MAX)),
    ] {
        assert!(cert.try_made(arguments(wrong.clone())).is_err(), "{wrong:?}");
    }
}

#[test]
fn states_of_version_0_get_the_forms_that_are_missing() {
    let key = Key::generate("ED25519", 0, "").unwrap().to_pem().unwrap();
    let old = json!({ "id": "old", "algorithm": "ED25519",
        "private_key_pem": { "?marks": ["sensitive"], "?value": key } });
    let upgraded = kind("tls_private_key").upgraded(0, old);
    assert!(upgraded.get_str("private_key_openssh").unwrap().starts_with("-----BEGIN OPENSSH"));
    assert_eq!(upgraded.get_i64("rsa_bits"), Some(2048));
    let (plain, _) = upgraded.unmark_deep();
    assert_eq!(
        kind("tls_private_key").planned(Some(&plain), [("algorithm", text("ED25519"))]).planned,
        plain
    );
}

#[test]
fn ephemeral_keys_are_not_kept() {
    let key = opened(family, "tls_private_key", [("algorithm", text("ED25519"))]).unwrap();
    let pem = key.get("private_key_pem").unwrap().clone();
    let public = opened(family, "tls_public_key", [("private_key_pem", pem)]).unwrap();
    assert_eq!(public.get("public_key_openssh"), key.get("public_key_openssh"));
}

#[test]
fn places_that_cannot_be_looked_at_are_refused() {
    for wrong in
        ["example.com", "http://example.com", "tls://example.com", "https://", "https://example.com:x"]
    {
        let error = read(family, "tls_certificate", [("url", text(wrong))]).unwrap_err();
        assert_eq!(error.kind, evenkeel_provider::ErrorKind::Invalid, "{wrong}");
    }
    assert!(read(family, "tls_certificate", [("content", text("x"))]).is_err());
}

/// A host that shows certificates of ours, and answers one connection.
fn host(certificates: Vec<Vec<u8>>, key: Vec<u8>) -> (u16, std::thread::JoinHandle<()>) {
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let shown = certificates.into_iter().map(CertificateDer::from).collect();
    let key = PrivateKeyDer::Pkcs8(key.into());
    let config = builder.unwrap().with_no_client_auth().with_single_cert(shown, key).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut connection = rustls::ServerConnection::new(std::sync::Arc::new(config)).unwrap();
        // The client may go away when it does not trust what it sees.
        while connection.is_handshaking() && connection.complete_io(&mut stream).is_ok() {}
    };
    (port, std::thread::spawn(serve))
}

#[test]
fn the_certificates_that_a_host_shows() {
    let key = Key::generate("ECDSA", 0, "P256").unwrap();
    let cert = |name: &str| {
        let made = kind("tls_self_signed_cert").made([
            ("private_key_pem", text(&key.to_pem().unwrap())),
            ("validity_period_hours", Value::number(1)),
            ("allowed_uses", list(&["server_auth"])),
            ("subject", subject(&[("common_name", name)])),
            ("ip_addresses", list(&["127.0.0.1"])),
        ]);
        super::pem::decode(made.get_str("cert_pem").unwrap()).unwrap().1
    };
    let (_, pkcs8) =
        super::pem::decode(&key.to_pkcs8_pem().unwrap()).map(|(l, b)| (l.to_owned(), b)).unwrap();
    for (scheme, verify) in [("tls", false), ("https", false), ("tls", true)] {
        let (port, served) = host(vec![cert("web"), cert("ca")], pkcs8.clone());
        let url = text(&format!("{scheme}://127.0.0.1:{port}/path"));
        let read = read(family, "tls_certificate", [("url", url), ("verify_chain", Value::bool(verify))]);
        served.join().unwrap();
        if verify {
            assert_eq!(read.unwrap_err().kind, evenkeel_provider::ErrorKind::Unreachable);
            continue;
        }
        let read = read.unwrap();
        let shown = read.get("certificates").unwrap().as_elements().unwrap();
        let subjects: Vec<_> = shown.iter().map(|one| one.get_str("subject").unwrap()).collect();
        assert_eq!(subjects, ["CN=ca", "CN=web"]);
    }
}
