//! S3, path style. What a bucket has beside its objects is kept as it was put and given back so; the
//! table in `config` says what there is before anything was put.

mod bucket;
mod config;
mod list;
mod object;

use std::collections::BTreeMap;

use crate::fail::Fail;
use crate::http::Request;
use crate::random;
use crate::settings::Settings;

/// The buckets of everybody.
#[derive(Debug, Default)]
pub struct Store {
    /// By name.
    pub buckets: BTreeMap<String, Bucket>,
    /// The time.
    pub now_ms: u64,
    /// How strict and slow it is.
    pub settings: Settings,
    made: u64,
}

/// A bucket.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    /// Whose it is.
    pub account: String,
    /// Where it is.
    pub region: String,
    /// When it was made.
    pub created_ms: u64,
    /// What was put beside objects: by what it is and its identifier, if it has one.
    pub configs: BTreeMap<(String, String), Vec<u8>>,
    /// Versions by key, the newest last.
    pub keys: BTreeMap<String, Vec<Version>>,
    /// Whether objects can be locked.
    pub lockable: bool,
    visible_ms: u64,
    unseen_reads: u32,
}

/// A version of an object.
#[derive(Clone, Debug, Default)]
pub struct Version {
    /// Its identifier; `null` where the bucket keeps no versions.
    pub id: String,
    /// Whether it says that the object is deleted.
    pub is_marker: bool,
    /// The content.
    pub content: Vec<u8>,
    /// What is answered about it in headers.
    pub headers: BTreeMap<String, String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// What was put beside it.
    pub configs: BTreeMap<String, Vec<u8>>,
    /// When it was made.
    pub modified_ms: u64,
}

/// What is answered.
#[derive(Debug, Default)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Headers beside those that every answer has.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

type Answer = Result<Reply, Fail>;

impl Reply {
    fn empty(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    fn xml(root: &str, content: &str) -> Self {
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{content}</{root}>"
        );
        Self::document(body.into_bytes())
    }

    fn document(body: Vec<u8>) -> Self {
        let headers = BTreeMap::from([("content-type".to_owned(), "application/xml".to_owned())]);
        Self { status: 200, headers, body }
    }

    fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.insert(name.to_owned(), value.into());
        self
    }
}

/// A call, taken apart.
pub struct Call<'a> {
    /// As it came.
    pub request: &'a Request,
    /// Whose credentials it has.
    pub account: &'a str,
    /// Which region it was signed for.
    pub region: &'a str,
    bucket: String,
    key: String,
    query: BTreeMap<String, String>,
}

impl<'a> Call<'a> {
    /// Takes a request apart.
    pub fn new(request: &'a Request, account: &'a str, region: &'a str) -> Self {
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let path = request.path.trim_start_matches('/');
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let query = form_urlencoded::parse(request.query.as_bytes()).into_owned().collect();
        Self { request, account, region, bucket: decode(bucket), key: decode(key), query }
    }

    fn has(&self, name: &str) -> bool {
        self.query.contains_key(name)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.request.header(name)
    }

    /// The name of the operation.
    pub fn operation(&self) -> String {
        let method = self.request.method.as_str();
        if self.bucket.is_empty() {
            return "ListBuckets".into();
        }
        let row = config::ROWS.iter().find(|row| self.has(row.query));
        match (row, self.key.is_empty()) {
            (Some(row), true) => config::operation(row, method, self.has("id")),
            (None, true) => match method {
                "PUT" => "CreateBucket".into(),
                "DELETE" => "DeleteBucket".into(),
                "HEAD" => "HeadBucket".into(),
                "POST" => "DeleteObjects".into(),
                _ if self.has("versions") => "ListObjectVersions".into(),
                _ if self.has("list-type") => "ListObjectsV2".into(),
                _ => "ListObjects".into(),
            },
            (_, false) => object::operation(self, method),
        }
    }
}

impl Store {
    /// Does what a call asks for.
    pub fn handle(&mut self, call: &Call<'_>) -> Answer {
        match call.operation().as_str() {
            "ListBuckets" => Ok(list::buckets(self, call)),
            "CreateBucket" => bucket::create(self, call),
            "DeleteBucket" => bucket::delete(self, call),
            "HeadBucket" => bucket::head(self, call),
            "ListObjects" | "ListObjectsV2" => list::objects(self, call),
            "ListObjectVersions" => list::versions(self, call),
            "DeleteObjects" => object::delete_many(self, call),
            _ if !call.key.is_empty() => object::handle(self, call),
            _ => config::handle(self, call),
        }
    }

    /// The bucket that a call names, if it is found.
    fn bucket(&mut self, call: &Call<'_>) -> Result<&mut Bucket, Fail> {
        let now_ms = self.now_ms;
        let bucket = self.buckets.get_mut(&call.bucket);
        let bucket = bucket.and_then(|bucket| is_seen(bucket, now_ms).then_some(bucket));
        let missing = || Fail::new("NoSuchBucket", "The specified bucket does not exist").with_status(404);
        let bucket = bucket.ok_or_else(missing)?;
        if bucket.region != call.region {
            let message =
                "The bucket you are attempting to access must be addressed using the specified endpoint.";
            return Err(Fail::new("PermanentRedirect", message).with_status(301));
        }
        match bucket.account == call.account {
            true => Ok(bucket),
            false => Err(Fail::new("AccessDenied", "Access Denied").with_status(403)),
        }
    }

    fn new_id(&mut self) -> String {
        self.made += 1;
        format!("{:016x}", random::draw(self.settings.seed, &["s3", &self.made.to_string()]))
    }
}

fn is_seen(bucket: &mut Bucket, now_ms: u64) -> bool {
    if bucket.unseen_reads > 0 {
        bucket.unseen_reads -= 1;
        return false;
    }
    bucket.visible_ms <= now_ms
}

/// An element with a text.
fn element(name: &str, text: &str) -> String {
    let mut out = String::new();
    crate::node::Node::from(text).write(name, &mut out);
    out
}

/// The texts of all elements with a name, as they stand in a document.
fn texts(document: &[u8], name: &str) -> Result<Vec<String>, Fail> {
    use xmlparser::Token;
    let malformed = || Fail::new("MalformedXML", "The XML you provided was not well-formed.");
    let text = std::str::from_utf8(document).map_err(|_| malformed())?;
    let (mut found, mut open): (Vec<String>, Vec<&str>) = (Vec::new(), Vec::new());
    for token in xmlparser::Tokenizer::from(text) {
        match token.map_err(|_| malformed())? {
            Token::ElementStart { local, .. } => {
                open.push(local.as_str());
                if local.as_str() == name {
                    found.push(String::new());
                }
            }
            Token::ElementEnd { end, .. } if end != xmlparser::ElementEnd::Open => {
                open.pop();
            }
            Token::Text { text } if open.last() == Some(&name) => {
                if let Some(last) = found.last_mut() {
                    last.push_str(&unescape(text.as_str()));
                }
            }
            _ => {}
        }
    }
    if open.is_empty() { Ok(found) } else { Err(malformed()) }
}

fn unescape(text: &str) -> String {
    let named =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#13;", "\r"), ("&amp;", "&")];
    named.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_in_documents() {
        let document =
            b"<?xml version=\"1.0\"?><T><Tag><Key>a &amp; b</Key><Value/></Tag><Tag><Key>c</Key></Tag></T>";
        assert_eq!(texts(document, "Key"), Ok(vec!["a & b".to_owned(), "c".to_owned()]));
        assert_eq!(texts(document, "Value"), Ok(vec![String::new()]));
        assert!(texts(b"<T><Key></T", "Key").is_err());
    }
}
