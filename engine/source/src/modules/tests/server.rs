//! A server that answers with what a test says.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use crate::tests::http::{Request, request};

/// A running server; it ends with the test's process.
pub struct Server {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    /// Path, query and `Authorization` of everything that was asked.
    pub asked: Arc<Mutex<Vec<String>>>,
}

/// Status line, header lines and body.
pub type Reply = (&'static str, Vec<String>, Vec<u8>);

/// Serves what a function says.
pub fn serve(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let (answer, seen) = (Arc::new(answer), asked.clone());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (answer, seen) = (answer.clone(), seen.clone());
            std::thread::spawn(move || {
                let mut stream = stream.unwrap();
                let Some(request) = request(&stream) else { return };
                let authorization = request.header("authorization").unwrap_or_default();
                seen.lock().unwrap().push(format!("{}?{} {authorization}", request.path, request.query));
                let (status, headers, body) = answer(&request);
                let mut head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
                if !headers.iter().any(|header| header.starts_with("Content-Length")) {
                    head += &format!("Content-Length: {}\r\n", body.len());
                }
                for header in headers {
                    head += &format!("{header}\r\n");
                }
                // Whoever asked may have gone.
                let _ = stream.write_all(&[head.as_bytes(), b"\r\n", &body].concat());
            });
        }
    });
    Server { url, asked }
}

/// A body.
pub fn ok(body: impl Into<Vec<u8>>) -> Reply {
    ("200 OK", Vec::new(), body.into())
}

/// Nothing.
pub fn missing() -> Reply {
    ("404 Not Found", Vec::new(), Vec::new())
}
