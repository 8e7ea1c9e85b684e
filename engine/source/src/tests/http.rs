//! A Git server over http for one test: `git http-backend` behind a few lines of HTTP.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What the server does with a request, told from its path and its `Authorization`.
pub type Policy = fn(path: &str, authorization: Option<&str>) -> Answer;

/// The choices of a policy.
pub enum Answer {
    /// Hand it to Git.
    Serve,
    /// Hand it to Git in its first protocol, and give out nothing but what `work` has names for.
    ServeTips,
    /// Hand it to Git and say that it gives no part of a history.
    ServeWhole,
    /// Answer with this status line and header line, and an empty body.
    Refuse(&'static str, String),
    /// Say nothing and keep the connection open.
    Hang,
}

/// A running server; it ends with the test's process.
pub struct Server {
    pub address: SocketAddr,
    /// `Authorization` headers seen so far.
    pub seen: Arc<Mutex<Vec<String>>>,
    /// Requests that arrived so far.
    pub asked: Arc<AtomicUsize>,
}

pub fn serve(root: &Path, policy: Policy) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server =
        Server { address: listener.local_addr().unwrap(), seen: Arc::default(), asked: Arc::default() };
    let (root, seen, asked) = (root.to_owned(), server.seen.clone(), server.asked.clone());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (root, seen, asked) = (root.clone(), seen.clone(), asked.clone());
            std::thread::spawn(move || answer(stream.unwrap(), &root, policy, &seen, &asked));
        }
    });
    server
}

/// A request as it came in.
pub struct Request {
    method: String,
    pub path: String,
    pub query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

fn answer(
    mut stream: TcpStream,
    root: &Path,
    policy: Policy,
    seen: &Mutex<Vec<String>>,
    asked: &AtomicUsize,
) -> Option<()> {
    let request = request(&stream)?;
    asked.fetch_add(1, Ordering::Release);
    let authorization = request.header("authorization");
    seen.lock().unwrap().extend(authorization.map(str::to_owned));
    let reply = match policy(&request.path, authorization) {
        Answer::Serve => backend(root, &request, "git-protocol"),
        Answer::ServeTips if wants_more_than_tips(root, &request) => {
            let error = "ERR upload-pack: not our ref";
            let line = format!("{:04x}{error}", error.len() + 4);
            let head = "Content-Type: application/x-git-upload-pack-result";
            format!("HTTP/1.1 200 OK\r\n{head}\r\nContent-Length: {}\r\n\r\n{line}", line.len()).into_bytes()
        }
        Answer::ServeTips => backend(root, &request, "none"),
        Answer::ServeWhole => {
            let mut reply = backend(root, &request, "git-protocol");
            let refused = reply.windows(7).position(|seven| seven == b"shallow");
            if let Some(at) = refused.filter(|_| request.method == "GET") {
                reply[at..at + 7].copy_from_slice(b"refused");
            }
            reply
        }
        Answer::Refuse(status, header) => {
            format!("HTTP/1.1 {status}\r\n{header}\r\nContent-Length: 0\r\n\r\n").into_bytes()
        }
        Answer::Hang => {
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).ok();
            return None;
        }
    };
    stream.write_all(&reply).ok()
}

/// Reads one request.
pub fn request(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let mut first = lines.first()?.split(' ');
    let method = first.next()?.to_owned();
    let (path, query) = first.next().map(|target| target.split_once('?').unwrap_or((target, "")))?;
    let (path, query) = (path.to_owned(), query.to_owned());
    let headers: Vec<_> = lines
        .iter()
        .filter_map(|line| line.split_once(':'))
        .map(|(key, value)| (key.to_owned(), value.trim().to_owned()))
        .collect();
    let mut request = Request { method, path, query, headers, body: Vec::new() };
    if request.header("transfer-encoding").is_some() {
        request.body = chunks(&mut reader)?;
    } else if let Some(length) = request.header("content-length") {
        request.body = vec![0; length.parse().ok()?];
        reader.read_exact(&mut request.body).ok()?;
    }
    Some(request)
}

fn chunks(reader: &mut impl std::io::BufRead) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let mut chunk = vec![0; usize::from_str_radix(line.trim(), 16).ok()? + 2];
        reader.read_exact(&mut chunk).ok()?;
        chunk.truncate(chunk.len() - 2);
        if chunk.is_empty() {
            return Some(body);
        }
        body.extend(chunk);
    }
}

fn wants_more_than_tips(root: &Path, request: &Request) -> bool {
    let tips = super::git_in(&root.join("work"), &["show-ref", "--head"]);
    let body = String::from_utf8_lossy(&request.body);
    body.split("want ").skip(1).any(|wanted| wanted.get(..40).is_some_and(|id| !tips.contains(id)))
}

fn backend(root: &Path, request: &Request, protocol: &str) -> Vec<u8> {
    let mut command = super::git_command(root, &["http-backend"]);
    command
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", &request.method)
        .env("PATH_INFO", &request.path)
        .env("QUERY_STRING", &request.query)
        .env("CONTENT_TYPE", request.header("content-type").unwrap_or_default())
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("GIT_PROTOCOL", request.header(protocol).unwrap_or_default());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&request.body).unwrap();
    let output = child.wait_with_output().unwrap().stdout;
    let end = output.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&output[..end]).into_owned();
    let body = &output[end + 4..];
    let status = head.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
    let head =
        format!("HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}
