//! Everything that exists, and the way of a request through it: whose it is, whether it may pass,
//! what it does, and what becomes of the answer.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::ec2;
use crate::fail::Fail;
use crate::gate::{Entering, Gate, Verdict};
use crate::http::{Outcome, Request, Response};
use crate::node::Node;
use crate::params::Params;
use crate::region::Region;
use crate::s3;
use crate::settings::{Clock, FaultKind, Settings};
use crate::{admin, xml};

/// The account of those whose access key is not twelve digits.
pub const ACCOUNT: &str = "123456789012";

/// Everything that exists.
#[derive(Debug)]
pub struct World {
    /// How strict, slow and faulty it is.
    pub settings: Settings,
    /// What stands before every call.
    pub gate: Gate,
    /// By account and name.
    pub regions: BTreeMap<(String, String), Region>,
    /// The buckets.
    pub store: s3::Store,
    started: Instant,
    passed_ms: u64,
    requests: u64,
}

/// Whose request it is, and for what.
struct Who {
    account: String,
    region: String,
    service: String,
}

impl World {
    /// An empty world.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            gate: Gate::default(),
            regions: BTreeMap::new(),
            store: s3::Store::default(),
            started: Instant::now(),
            passed_ms: 0,
            requests: 0,
        }
    }

    /// The time.
    pub fn now_ms(&self) -> u64 {
        match self.settings.clock {
            Clock::Virtual(_) => self.passed_ms,
            Clock::Scaled(factor) => {
                let outside = self.started.elapsed().as_secs_f64() * 1_000.0;
                self.passed_ms + (outside * factor) as u64
            }
        }
    }

    /// Adds to the time.
    pub fn pass(&mut self, ms: u64) {
        self.passed_ms += ms;
    }

    /// A region at the time that it is.
    pub fn region(&mut self, account: &str, name: &str) -> &mut Region {
        let now_ms = self.now_ms();
        let settings = &self.settings;
        let region = self.regions.entry((account.to_owned(), name.to_owned())).or_insert_with(|| {
            let mut region = Region::new(account, name);
            region.settings = settings.clone();
            ec2::populate(&mut region);
            region
        });
        if region.settings != *settings {
            region.settings = settings.clone();
        }
        region.advance(now_ms);
        region
    }

    /// Answers a request.
    pub fn handle(&mut self, request: &Request) -> Outcome {
        if let Some(door) = request.path.strip_prefix("/_admin/") {
            return Outcome::Answer(admin::handle(self, door, request));
        }
        self.requests += 1;
        if let Clock::Virtual(tick_ms) = self.settings.clock {
            self.passed_ms += tick_ms;
        }
        let who = Who::of(request);
        match who.service.as_str() {
            "s3" => self.s3(request, &who),
            _ => self.query(request, &who),
        }
    }

    fn enter(&mut self, action: &str, who: &Who) -> Verdict {
        let entering = Entering {
            action,
            account: &who.account,
            region: &who.region,
            now_ms: self.now_ms(),
            seed: self.settings.seed,
            budgets: &self.settings.budgets,
            faults: &self.settings.faults,
        };
        self.gate.enter(&entering)
    }

    fn query(&mut self, request: &Request, who: &Who) -> Outcome {
        let params = Params::parse(&request.body);
        let action = params.root().get("Action").unwrap_or_default().to_owned();
        let name = format!("{}:{action}", who.service);
        let verdict = self.enter(&name, who);
        let id = self.request_id();
        let declined = |status: u16, code: &str, message: &str| {
            let code = verdict.code.as_deref().unwrap_or(code);
            error(who, &Fail::new(code, message).with_status(verdict.status.unwrap_or(status)), &id)
        };
        match verdict.fault {
            Some(FaultKind::CloseBefore) => return Outcome::Close,
            Some(FaultKind::Throttle) => {
                let (code, message) = throttled(who);
                return Outcome::Answer(declined(503, code, message));
            }
            Some(FaultKind::ErrorBefore) => {
                return Outcome::Answer(declined(500, "InternalError", "An internal error has occurred"));
            }
            _ => {}
        }
        let response = match self.act(who, &action, &params) {
            Ok(node) => answer(who, &action, &node, &id),
            Err(fail) => {
                self.gate.failed(&name);
                error(who, &fail, &id)
            }
        };
        match verdict.fault {
            Some(FaultKind::CloseAfter) => Outcome::Close,
            Some(FaultKind::CutAnswer) => Outcome::Half(response),
            Some(FaultKind::ErrorAfter) => {
                Outcome::Answer(declined(500, "InternalError", "An internal error has occurred"))
            }
            _ => Outcome::Answer(response),
        }
    }

    fn act(&mut self, who: &Who, action: &str, params: &Params) -> ec2::Answer {
        match (who.service.as_str(), action) {
            ("ec2", _) => ec2::handle(self.region(&who.account, &who.region), action, params),
            ("sts", "GetCallerIdentity") => Ok(xml! {
                Arn: format!("arn:aws:iam::{}:user/test", who.account),
                UserId: "AIDATEST",
                Account: &who.account,
            }),
            (service, _) => {
                Err(Fail::new("InvalidAction", format!("{service} has no action {action} here.")))
            }
        }
    }

    fn s3(&mut self, request: &Request, who: &Who) -> Outcome {
        let call = s3::Call::new(request, &who.account, &who.region);
        let name = format!("s3:{}", call.operation());
        let verdict = self.enter(&name, who);
        let id = self.request_id();
        let declined = |status: u16, code: &str, message: &str| {
            let code = verdict.code.as_deref().unwrap_or(code);
            let status = verdict.status.unwrap_or(status);
            s3_error(&Fail::new(code, message).with_status(status), &id)
        };
        match verdict.fault {
            Some(FaultKind::CloseBefore) => return Outcome::Close,
            Some(FaultKind::Throttle) => {
                return Outcome::Answer(declined(503, "SlowDown", "Please reduce your request rate."));
            }
            Some(FaultKind::ErrorBefore) => {
                return Outcome::Answer(declined(500, "InternalError", "We encountered an internal error."));
            }
            _ => {}
        }
        self.store.now_ms = self.now_ms();
        if self.store.settings != self.settings {
            self.store.settings = self.settings.clone();
        }
        let response = match self.store.handle(&call) {
            Ok(reply) => {
                let mut headers = reply.headers;
                headers.insert("x-amz-request-id".into(), id.clone());
                Response { status: reply.status, headers, body: reply.body }
            }
            Err(fail) => {
                self.gate.failed(&name);
                s3_error(&fail, &id)
            }
        };
        match verdict.fault {
            Some(FaultKind::CloseAfter) => Outcome::Close,
            Some(FaultKind::CutAnswer) => Outcome::Half(response),
            Some(FaultKind::ErrorAfter) => {
                Outcome::Answer(declined(500, "InternalError", "We encountered an internal error."))
            }
            _ => Outcome::Answer(response),
        }
    }

    fn request_id(&self) -> String {
        format!("{:08x}-0000-4000-8000-{:012x}", self.settings.seed & 0xffff_ffff, self.requests)
    }
}

impl Who {
    /// From the scope of the signature: `key/date/region/service/aws4_request`.
    fn of(request: &Request) -> Self {
        let authorization = request.header("authorization").unwrap_or_default();
        let scope = authorization.split("Credential=").nth(1).and_then(|rest| rest.split(',').next());
        let parts: Vec<&str> = scope.unwrap_or_default().split('/').collect();
        let part = |index: usize| parts.get(index).copied().unwrap_or_default();
        let key = part(0);
        let is_account = key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit());
        let service = match part(3) {
            "" if request.method == "POST" && request.body.starts_with(b"Action=") => "ec2",
            "" => "s3",
            service => service,
        };
        Self {
            account: if is_account { key } else { ACCOUNT }.to_owned(),
            region: if part(2).is_empty() { "us-east-1" } else { part(2) }.to_owned(),
            service: service.to_owned(),
        }
    }
}

fn throttled(who: &Who) -> (&'static str, &'static str) {
    match who.service.as_str() {
        "ec2" => ("RequestLimitExceeded", "Request limit exceeded."),
        _ => ("Throttling", "Rate exceeded"),
    }
}

fn document(status: u16, body: String) -> Response {
    let headers = BTreeMap::from([("content-type".to_owned(), "text/xml;charset=UTF-8".to_owned())]);
    Response {
        status,
        headers,
        body: format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}").into_bytes(),
    }
}

/// An answer as each of the query services writes it.
fn answer(who: &Who, action: &str, node: &Node, id: &str) -> Response {
    let mut out = String::new();
    if who.service == "ec2" {
        out.push_str(&format!("<{action}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">"));
        out.push_str(&format!("<requestId>{id}</requestId>"));
        node.write_content(&mut out);
    } else {
        out.push_str(&format!("<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"));
        node.write(&format!("{action}Result"), &mut out);
        out.push_str(&format!("<ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata>"));
    }
    out.push_str(&format!("</{action}Response>"));
    document(200, out)
}

fn error(who: &Who, fail: &Fail, id: &str) -> Response {
    let mut words = String::new();
    xml! { Code: &fail.code, Message: &fail.message }.write_content(&mut words);
    let body = if who.service == "ec2" {
        format!("<Response><Errors><Error>{words}</Error></Errors><RequestID>{id}</RequestID></Response>")
    } else {
        let namespace = "https://sts.amazonaws.com/doc/2011-06-15/";
        format!(
            "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>Sender</Type>{words}</Error><RequestId>{id}</RequestId></ErrorResponse>"
        )
    };
    document(fail.status, body)
}

fn s3_error(fail: &Fail, id: &str) -> Response {
    let mut words = String::new();
    xml! { Code: &fail.code, Message: &fail.message, RequestId: id }.write_content(&mut words);
    let mut response = document(fail.status, format!("<Error>{words}</Error>"));
    response.headers.insert("content-type".into(), "application/xml".into());
    response.headers.insert("x-amz-request-id".into(), id.to_owned());
    response
}
