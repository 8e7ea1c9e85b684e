//! As much of HTTP/1.1 as the SDKs use, one thread for each connection.
//!
//! A framework would hide what this server is for: a connection that is closed before the answer, or
//! in the middle of it. Reading the head is left to httparse.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

const HEADERS_MAX: usize = 100;
const HEAD_MAX: u64 = 64 * 1024;
const BODY_MAX: u64 = 64 * 1024 * 1024;

/// A request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `PUT`, ...
    pub method: String,
    /// The path, still encoded.
    pub path: String,
    /// What is after the question mark, still encoded.
    pub query: String,
    /// By name in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

/// What is sent back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Headers beside the length.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

/// What becomes of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The answer is sent.
    Answer(Response),
    /// Half of the answer is sent, and the connection is closed.
    Half(Response),
    /// The connection is closed.
    Close,
}

impl Request {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The body without the frame that S3 clients put around what they sign in parts.
    pub fn payload(&self) -> Vec<u8> {
        let framed = self.header("x-amz-content-sha256").is_some_and(|text| text.starts_with("STREAMING-"))
            || self.header("content-encoding").is_some_and(|text| text.contains("aws-chunked"));
        match framed {
            true => unframed(&self.body).unwrap_or_else(|| self.body.clone()),
            false => self.body.clone(),
        }
    }
}

/// Takes chunks (`length in hex;signature`, content) apart; trailers are overlooked.
fn unframed(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    loop {
        let end = body.windows(2).position(|pair| pair == b"\r\n")?;
        let head = std::str::from_utf8(body.get(..end)?).ok()?;
        let length = usize::from_str_radix(head.split(';').next()?.trim(), 16).ok()?;
        body = body.get(end + 2..)?;
        if length == 0 {
            return Some(content);
        }
        content.extend_from_slice(body.get(..length)?);
        body = body.get(length + 2..)?;
    }
}

/// Answers the requests of a connection until it ends.
pub fn serve(stream: &TcpStream, mut answer: impl FnMut(Request) -> Outcome) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader, stream)? {
        let is_head = request.method == "HEAD";
        let last = request.header("connection").is_some_and(|text| text.eq_ignore_ascii_case("close"));
        match answer(request) {
            Outcome::Answer(response) => send(stream, &response, is_head)?,
            Outcome::Half(response) => {
                let bytes = bytes_of(&response, is_head);
                (&mut &*stream).write_all(bytes.get(..bytes.len() / 2).unwrap_or_default())?;
                return Ok(());
            }
            Outcome::Close => return Ok(()),
        }
        if last {
            return Ok(());
        }
    }
    Ok(())
}

fn send(mut stream: &TcpStream, response: &Response, is_head: bool) -> io::Result<()> {
    stream.write_all(&bytes_of(response, is_head))
}

fn bytes_of(response: &Response, is_head: bool) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} -\r\n", response.status);
    for (name, value) in response.headers.iter().filter(|(name, _)| *name != "content-length" || is_head) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let has_length = response.headers.contains_key("content-length") && is_head;
    if !has_length && response.status != 204 {
        head.push_str(&format!("content-length: {}\r\n", response.body.len()));
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    if !is_head {
        bytes.extend_from_slice(&response.body);
    }
    bytes
}

fn bad(message: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

fn read(reader: &mut BufReader<&TcpStream>, stream: &TcpStream) -> io::Result<Option<Request>> {
    let mut head = Vec::new();
    loop {
        let count = reader.by_ref().take(HEAD_MAX).read_until(b'\n', &mut head)?;
        if count == 0 {
            return Ok(None);
        }
        if head.ends_with(b"\r\n\r\n") {
            break;
        }
        if head.len() as u64 > HEAD_MAX {
            return Err(bad("the head is too long"));
        }
    }
    let mut request = parse(&head)?;
    if request.header("expect").is_some_and(|text| text.eq_ignore_ascii_case("100-continue")) {
        (&mut &*stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    request.body = body(reader, &request)?;
    Ok(Some(request))
}

fn parse(head: &[u8]) -> io::Result<Request> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut headers);
    parsed.parse(head).map_err(|_| bad("the head cannot be read"))?;
    let target = parsed.path.unwrap_or("/");
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = parsed.headers.iter().map(|header| {
        (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).trim().to_owned())
    });
    Ok(Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers.collect(),
        body: Vec::new(),
    })
}

fn body(reader: &mut impl BufRead, request: &Request) -> io::Result<Vec<u8>> {
    if request.header("transfer-encoding").is_some_and(|text| text.eq_ignore_ascii_case("chunked")) {
        return chunked(reader);
    }
    let length: u64 = request.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    if length > BODY_MAX {
        return Err(bad("the body is too long"));
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    match body.len() as u64 == length {
        true => Ok(body),
        false => Err(bad("the body ends early")),
    }
}

fn chunked(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let length = u64::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16)
            .map_err(|_| bad("a chunk cannot be read"))?;
        if body.len() as u64 + length > BODY_MAX {
            return Err(bad("the body is too long"));
        }
        reader.by_ref().take(length).read_to_end(&mut body)?;
        // The line after the chunk; after the last one, trailers up to an empty line.
        let mut rest = String::new();
        while reader.read_line(&mut rest)? > 0 && length == 0 && rest != "\r\n" {
            rest.clear();
        }
        if length == 0 {
            return Ok(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read() {
        let request = parse(b"PUT /b/k%20x?tagging HTTP/1.1\r\nHost: h\r\nX-Amz-Acl:  private \r\n\r\n")
            .expect("a head");
        assert_eq!((request.path.as_str(), request.query.as_str()), ("/b/k%20x", "tagging"));
        assert_eq!(request.header("x-amz-acl"), Some("private"));
    }

    #[test]
    fn frames_and_chunks_are_taken_away() {
        assert_eq!(
            unframed(b"5;chunk-signature=x\r\nhello\r\n0\r\nx-amz-checksum:y\r\n\r\n"),
            Some(b"hello".to_vec())
        );
        let mut reader = &b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nrest"[..];
        assert_eq!(chunked(&mut reader).expect("chunks"), b"abcde");
        assert_eq!(reader, b"rest");
    }

    #[test]
    fn an_answer_to_head_has_a_length_and_no_body() {
        let headers = BTreeMap::from([("content-length".to_owned(), "7".to_owned())]);
        let response = Response { status: 200, headers, body: Vec::new() };
        assert_eq!(bytes_of(&response, true), b"HTTP/1.1 200 -\r\ncontent-length: 7\r\n\r\n");
    }
}
