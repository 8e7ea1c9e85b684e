//! Getting a public document over HTTP: through the same proxy and certificates as the services,
//! within limits of time and size.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use evenkeel_provider::{ErrorKind, ProviderError};

use crate::errors::innermost_text;
use crate::wait;

/// Attempts, where one fails for a reason that may pass.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

/// What is got, and how much of it at most.
#[derive(Clone, Copy, Debug)]
pub struct Download<'a> {
    /// What is being done, for messages.
    pub operation: &'a str,
    /// The address, with http:// or https://.
    pub address: &'a str,
    /// How long an attempt may take.
    pub time_max: Duration,
    /// How many bytes there may be.
    pub size_max: usize,
}

impl Download<'_> {
    /// The document.
    pub async fn get(&self, connector: &SharedHttpConnector) -> Result<Vec<u8>, ProviderError> {
        let mut attempt = 1;
        loop {
            let got = tokio::time::timeout(self.time_max, self.once(connector)).await;
            let error = match got {
                Ok(Ok(bytes)) => return Ok(bytes),
                Ok(Err(error)) => error,
                Err(_) => self.failed(ErrorKind::Unreachable, "it took too long"),
            };
            if attempt == ATTEMPTS || matches!(error.kind, ErrorKind::Invalid) {
                return Err(error);
            }
            attempt += 1;
            tokio::time::sleep(wait::jittered(PAUSE)).await;
        }
    }

    async fn once(&self, connector: &SharedHttpConnector) -> Result<Vec<u8>, ProviderError> {
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_uri(self.address).map_err(|error| self.failed(ErrorKind::Invalid, &error.to_string()))?;
        let response: Result<HttpResponse, ConnectorError> = connector.call(request).await;
        let response =
            response.map_err(|error| self.failed(ErrorKind::Unreachable, &innermost_text(&error)))?;
        match response.status().as_u16() {
            200..=299 => self.body(response).await,
            status @ 400..=499 => {
                Err(self.failed(ErrorKind::Invalid, &format!("the answer is HTTP {status}")))
            }
            status => Err(self.failed(ErrorKind::Unreachable, &format!("the answer is HTTP {status}"))),
        }
    }

    async fn body(&self, response: HttpResponse) -> Result<Vec<u8>, ProviderError> {
        let mut stream = ByteStream::new(response.into_body());
        let mut bytes = Vec::new();
        while let Some(part) = stream.next().await {
            let part = part.map_err(|error| self.failed(ErrorKind::Unreachable, &innermost_text(&error)))?;
            if bytes.len() + part.len() > self.size_max {
                let why = format!("there are more than {} bytes", self.size_max);
                return Err(self.failed(ErrorKind::Invalid, &why));
            }
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    }

    fn failed(&self, kind: ErrorKind, why: &str) -> ProviderError {
        let why = why.trim_end_matches('.');
        ProviderError::new(kind, self.operation, format!("getting {}: {why}.", self.address))
            .with_remedy("Check the address, the network, and the proxy.")
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;
    use crate::http::{self, HttpOptions};

    /// A server that gives these answers, one for each connection, and its address.
    fn server(answers: Vec<&'static str>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/x.json", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let head = "Connection: close\r\nContent-Length";
                let (status, body) = answer.split_once(' ').unwrap();
                write!(stream, "HTTP/1.1 {status} X\r\n{head}: {}\r\n\r\n{body}", body.len()).unwrap();
            }
        });
        address
    }

    async fn get(address: &str, size_max: usize) -> Result<Vec<u8>, ErrorKind> {
        let options =
            HttpOptions { proxy: Some(aws_smithy_http_client::proxy::ProxyConfig::disabled()), tls: None };
        let download =
            Download { operation: "getting", address, time_max: Duration::from_secs(20), size_max };
        download.get(&http::connector(&options, None, None)).await.map_err(|error| error.kind)
    }

    #[tokio::test]
    async fn a_document_is_got_within_its_limits() {
        assert_eq!(get(&server(vec!["200 hello"]), 5).await.unwrap(), b"hello");
        assert_eq!(get(&server(vec!["200 hello"]), 4).await.unwrap_err(), ErrorKind::Invalid);
        assert_eq!(get(&server(vec!["404 -"]), 5).await.unwrap_err(), ErrorKind::Invalid);
        assert_eq!(get(&server(vec!["503 -", "200 again"]), 5).await.unwrap(), b"again");
        assert_eq!(get("no address", 5).await.unwrap_err(), ErrorKind::Invalid);
    }
}
