//! Requests over http: with limits, without surprises.
//!
//! Proxies are those of the environment, certificates those of the system (`SSL_CERT_FILE` names
//! others). Credentials are never sent unencrypted, except to this machine.

use std::io::Read as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use evenkeel_lang::config::{AllowedHosts, without_credentials};
use reqwest::Url;
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::header::HeaderMap;

use super::error::ModuleError;
use crate::{Credentials, SourceError};

/// How long to wait for a connection, and for each piece of an answer.
const WAIT: Duration = Duration::from_secs(30);

/// How long an answer may take altogether.
const DEADLINE: Duration = Duration::from_secs(1800);

/// How often something is asked for when the connection breaks or the server has a bad moment.
const ATTEMPTS_MAX: u32 = 2;

const REDIRECTS_MAX: usize = 10;

/// Who we say we are.
#[derive(Clone, Debug)]
pub enum Identity {
    /// Nobody.
    Nobody,
    /// The owner of a token.
    Token(String),
    /// Somebody with a name and a password.
    Basic(Credentials),
}

/// What a server said.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// Who said it in the end.
    pub url: Url,
    /// The contents.
    pub body: Vec<u8>,
}

impl Answer {
    /// One header, where it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().filter(|value| !value.is_empty())
    }
}

/// Asks over http. The client is made when it is first needed: it loads certificates.
#[derive(Debug, Default)]
pub struct Http {
    allowed: Option<AllowedHosts>,
    client: OnceLock<Client>,
}

impl Http {
    /// Asks these hosts only, also where others send us.
    pub fn new(allowed: Option<AllowedHosts>) -> Self {
        Self { allowed, client: OnceLock::new() }
    }

    /// Where a GET ends up, whatever the answer is.
    pub fn landing(&self, url: &Url) -> Result<Url, ModuleError> {
        let failed =
            |reason: String| ModuleError::Download { url: without_credentials(url.as_str()), reason };
        let response = self.client().map_err(&failed)?.get(url.clone()).send();
        response.map(|response| response.url().clone()).map_err(|error| failed(reason(&error)))
    }

    /// The answer to a GET, of at most so many bytes.
    pub fn get(
        &self,
        url: &str,
        identity: &Identity,
        bytes_max: u64,
        interrupt: &AtomicBool,
    ) -> Result<Answer, ModuleError> {
        let failed = |reason: String| ModuleError::Download { url: without_credentials(url), reason };
        let parsed = Url::parse(url).map_err(|error| failed(error.to_string()))?;
        let mut attempt = 1;
        loop {
            if interrupt.load(Ordering::Relaxed) {
                return Err(SourceError::Interrupted.into());
            }
            let request = authorized(self.client().map_err(&failed)?.get(parsed.clone()), &parsed, identity);
            let answer = request.send().map_err(|error| reason(&error));
            let answer = answer.and_then(|response| read(response, bytes_max, interrupt));
            match answer {
                Ok(answer) if answer.status < 500 || attempt == ATTEMPTS_MAX => return Ok(answer),
                Err(reason) if attempt == ATTEMPTS_MAX || interrupt.load(Ordering::Relaxed) => {
                    return Err(failed(reason));
                }
                Ok(_) | Err(_) => attempt += 1,
            }
        }
    }

    fn client(&self) -> Result<&Client, String> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let allowed = self.allowed.clone();
        let client = Client::builder()
            .user_agent(concat!("evenkeel/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(WAIT)
            .timeout(WAIT)
            .redirect(reqwest::redirect::Policy::custom(move |attempt| follow(attempt, allowed.as_ref())))
            .build()
            .map_err(|error| reason(&error))?;
        Ok(self.client.get_or_init(|| client))
    }
}

/// Whether a URL leads to one of the hosts.
pub fn is_allowed(url: &Url, hosts: Option<&AllowedHosts>) -> bool {
    let known = url.port_or_known_default().or_else(|| (url.scheme() == "ssh").then_some(22));
    hosts.is_none_or(|hosts| url.host_str().is_some_and(|host| hosts.allows(host, known)))
}

/// Other places are gone to if they are allowed, but not from encrypted ones to open ones.
fn follow(attempt: reqwest::redirect::Attempt, allowed: Option<&AllowedHosts>) -> reqwest::redirect::Action {
    let from_https = attempt.previous().last().is_some_and(|previous| previous.scheme() == "https");
    if attempt.previous().len() > REDIRECTS_MAX {
        return attempt.error("it redirects too often");
    }
    if from_https && attempt.url().scheme() != "https" {
        return attempt.error("it redirects from https to an address that is not encrypted");
    }
    if !is_allowed(attempt.url(), allowed) {
        let host = attempt.url().host_str().unwrap_or_default().to_owned();
        return attempt.error(format!(
            "it redirects to {host}, which is not among the allowed_hosts of the settings for modules"
        ));
    }
    attempt.follow()
}

fn authorized(request: RequestBuilder, url: &Url, identity: &Identity) -> RequestBuilder {
    let here = url.host_str().is_some_and(|host| matches!(host, "127.0.0.1" | "localhost" | "[::1]"));
    match identity {
        Identity::Token(token) if url.scheme() == "https" || here => request.bearer_auth(token),
        Identity::Basic(credentials) if url.scheme() == "https" || here => {
            request.basic_auth(&credentials.username, Some(&credentials.password))
        }
        Identity::Nobody | Identity::Token(_) | Identity::Basic(_) => request,
    }
}

fn read(mut response: Response, bytes_max: u64, interrupt: &AtomicBool) -> Result<Answer, String> {
    let too_large = || format!("it has more than {bytes_max} bytes");
    if response.content_length().is_some_and(|length| length > bytes_max) {
        return Err(too_large());
    }
    let started = Instant::now();
    let (mut body, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
    loop {
        let count = response.read(&mut buffer).map_err(|error| format!("the connection broke: {error}"))?;
        body.extend(buffer.get(..count).unwrap_or_default());
        if count == 0 {
            break;
        }
        if body.len() as u64 > bytes_max {
            return Err(too_large());
        }
        if interrupt.load(Ordering::Relaxed) || started.elapsed() > DEADLINE {
            return Err("it took too long".into());
        }
    }
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, url: response.url().clone(), body })
}

/// An error and its causes, without the address.
fn reason(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut next: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    match causes.is_empty() {
        true if error.is_timeout() => "nothing came in time".to_owned(),
        true => "the request failed".to_owned(),
        false => causes.join(": "),
    }
}
