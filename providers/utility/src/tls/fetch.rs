//! Fetches the certificates that a host shows, directly or through a proxy. Nothing is sent but what TLS needs.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use evenkeel_model::Value;
use evenkeel_provider::{ErrorKind, ProviderError};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;

use crate::object::invalid;

const READING: &str = "reading tls_certificate";

/// The longest that a host may take for one step.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest answer of a proxy.
const ANSWER_MAX: usize = 16 << 10;

/// The certificates of the host, its own first.
pub(super) fn chain(provider: &Value, url: &str, verify: bool) -> Result<Vec<Vec<u8>>, ProviderError> {
    let target = Target::of(url).map_err(|why| invalid(READING, format!("\"{url}\": {why}.")))?;
    let proxy = proxy(provider, &target).map_err(|why| invalid(READING, format!("the proxy: {why}.")))?;
    let unreachable = |error: String| {
        let detail = format!("failed to fetch certificates from {}:{}: {error}.", target.host, target.port);
        ProviderError::new(ErrorKind::Unreachable, READING, detail)
    };
    let stream = match proxy {
        Some(proxy) => through(&proxy, &target),
        None => connect(&target.host, target.port),
    };
    shake_hands(stream.map_err(unreachable)?, &target, verify).map_err(unreachable)
}

/// Which host, and whether an HTTP client would go there.
struct Target {
    is_https: bool,
    host: String,
    port: u16,
}

impl Target {
    fn of(url: &str) -> Result<Self, String> {
        let schemes = "the URL must begin with https:// or tls://";
        let (scheme, rest) = url.split_once("://").ok_or(schemes)?;
        let is_https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "tls" => false,
            _ => return Err(schemes.into()),
        };
        let (host, port) = authority(rest)?;
        let port = match (port, is_https) {
            (Some(port), _) => port,
            (None, true) => 443,
            (None, false) => return Err("Port missing from URL".into()),
        };
        Ok(Self { is_https, host, port })
    }
}

/// Host and port at the beginning of what follows a scheme.
fn authority(rest: &str) -> Result<(String, Option<u16>), String> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end).unwrap_or_default();
    let authority = authority.rsplit_once('@').map_or(authority, |(_, authority)| authority);
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() {
        return Err("it names no host".into());
    }
    let port = port.filter(|port| !port.is_empty());
    let port = port.map(|port| port.parse().map_err(|_| format!("\"{port}\" is no port"))).transpose()?;
    Ok((host.to_owned(), port))
}

/// A proxy that speaks HTTP, and how it knows us.
struct Proxy {
    host: String,
    port: u16,
    credentials: Option<String>,
}

fn proxy(provider: &Value, target: &Target) -> Result<Option<Proxy>, String> {
    let block = provider.get("proxy").and_then(Value::as_elements).and_then(<[Value]>::first);
    let argument = |name: &str| block.and_then(|block| block.get_str(name)).filter(|text| !text.is_empty());
    if !target.is_https {
        return Ok(None);
    }
    if let Some(url) = argument("url") {
        let user =
            argument("username").map(|name| format!("{name}:{}", argument("password").unwrap_or_default()));
        return parse_proxy(url, user).map(Some);
    }
    let from_env = block.and_then(|block| block.get_bool("from_env")).unwrap_or(true);
    let set = |names: [&str; 2]| {
        let values = names.into_iter().filter_map(|name| std::env::var(name).ok());
        values.into_iter().find(|value| !value.is_empty())
    };
    let excepted = set(["NO_PROXY", "no_proxy"]).is_some_and(|list| is_excepted(&list, &target.host));
    match set(["HTTPS_PROXY", "https_proxy"]).filter(|_| from_env && !excepted) {
        Some(url) => parse_proxy(&url, None).map(Some),
        None => Ok(None),
    }
}

fn parse_proxy(url: &str, credentials: Option<String>) -> Result<Proxy, String> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    if !scheme.eq_ignore_ascii_case("http") {
        return Err(format!("proxies of the kind {scheme} are not supported, only http"));
    }
    let (host, port) = authority(rest)?;
    let inside = rest.split('/').next().and_then(|authority| authority.rsplit_once('@'));
    Ok(Proxy {
        host,
        port: port.unwrap_or(80),
        credentials: credentials.or(inside.map(|(user, _)| user.to_owned())),
    })
}

/// Hosts of NO_PROXY: all, one, or all below one. This machine never needs a proxy.
fn is_excepted(list: &str, host: &str) -> bool {
    let mut names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
    let below = |name: &str| {
        let name = name.trim_start_matches("*.").trim_start_matches('.');
        host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'))
    };
    host == "localhost"
        || host.starts_with("127.")
        || host == "::1"
        || names.any(|name| name == "*" || below(name))
}

fn connect(host: &str, port: u16) -> Result<TcpStream, String> {
    let mut last = "there is no address for it".to_owned();
    for address in (host, port).to_socket_addrs().map_err(|error| error.to_string())? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => {
                let patient =
                    stream.set_read_timeout(Some(PATIENCE)).and(stream.set_write_timeout(Some(PATIENCE)));
                return patient.map(|()| stream).map_err(|error| error.to_string());
            }
            Err(error) => last = error.to_string(),
        }
    }
    Err(last)
}

fn through(proxy: &Proxy, target: &Target) -> Result<TcpStream, String> {
    let mut stream = connect(&proxy.host, proxy.port)?;
    let host = if target.host.contains(':') { format!("[{}]", target.host) } else { target.host.clone() };
    let place = format!("{host}:{}", target.port);
    let known = proxy
        .credentials
        .as_ref()
        .map(|user| format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(user)));
    let request = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{}\r\n", known.unwrap_or_default());
    stream.write_all(request.as_bytes()).map_err(|error| error.to_string())?;
    let mut answer = Vec::new();
    let mut byte = [0];
    // One byte after the other: what follows the answer is the host's.
    while !answer.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte).map_err(|error| error.to_string())? {
            1 if answer.len() < ANSWER_MAX => answer.extend(byte),
            _ => return Err("the proxy gave no answer".into()),
        }
    }
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.lines().next().unwrap_or_default();
    match status.split_whitespace().nth(1) {
        Some(code) if code.starts_with('2') => Ok(stream),
        _ => Err(format!("the proxy answered \"{status}\"")),
    }
}

fn shake_hands(mut stream: TcpStream, target: &Target, verify: bool) -> Result<Vec<Vec<u8>>, String> {
    let text = |error: rustls::Error| error.to_string();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match verify {
        true => Arc::new(Verifier::new(provider.clone()).map_err(text)?),
        false => Arc::new(Any(provider.clone())),
    };
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.map_err(text)?.dangerous().with_custom_certificate_verifier(verifier);
    let name = ServerName::try_from(target.host.clone()).map_err(|error| error.to_string())?;
    let mut connection =
        ClientConnection::new(Arc::new(builder.with_no_client_auth()), name).map_err(text)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream).map_err(|error| error.to_string())?;
    }
    connection.send_close_notify();
    // The connection is ended politely; a host that does not wait for it has shown them all the same.
    connection.write_tls(&mut stream).ok();
    match connection.peer_certificates().unwrap_or_default() {
        [] => Err("the host showed no certificates".into()),
        shown => Ok(shown.iter().map(|certificate| certificate.to_vec()).collect()),
    }
}

/// Trusts every certificate, where a configuration asks only what a host shows. Who has the key of it is still
/// checked.
#[derive(Debug)]
struct Any(Arc<CryptoProvider>);

impl ServerCertVerifier for Any {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
