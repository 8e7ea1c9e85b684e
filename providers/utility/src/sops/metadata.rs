//! What a file says of itself under `sops`: for whom its key is sealed, which values are, and their code.

use evenkeel_age::{Keys, NotOpened};

use super::cipher::DataKey;
use super::moment::Moment;
use super::node::{Leaf, Node, Scalar};
use super::problem::{Problem, invalid};
use super::rules::Rule;

/// Key services that sops knows besides age, with the attribute that names a key of each.
const OTHERS: [(&str, &str); 6] = [
    ("kms", "arn"),
    ("gcp_kms", "resource_id"),
    ("hckms", "key_id"),
    ("azure_kv", "vault_url"),
    ("hc_vault", "vault_address"),
    ("pgp", "fp"),
];

/// More recipients are not tried.
const RECIPIENTS_MAX: usize = 1000;

/// What is needed of it.
pub(super) struct Metadata {
    /// Recipients of age, each with the key of the file as it is sealed for it.
    age: Vec<(String, String)>,
    /// Keys of other services, for messages.
    others: Vec<String>,
    /// Which values are sealed.
    pub(super) rule: Rule,
    /// Whether the code is that of sealed values alone.
    pub(super) sealed_alone: bool,
    /// The code, sealed.
    pub(super) mac: String,
    /// When the file was sealed, which the code is bound to.
    pub(super) last_modified: String,
}

impl Metadata {
    /// From what stands under `sops`.
    pub(super) fn parse(node: &Node) -> Result<Self, Problem> {
        let text = |name: &str| node.get(name).and_then(Node::as_text).unwrap_or_default().to_owned();
        let (age, others) = recipients(node)?;
        if age.is_empty() && others.is_empty() {
            return invalid("its metadata names no recipient");
        }
        let when = match node.get("lastmodified") {
            Some(Node::Leaf(Leaf { value: Scalar::Time(moment), .. })) => Some(*moment),
            _ => Moment::parse(&text("lastmodified")),
        };
        let Some(when) = when else { return invalid("its metadata does not say when it was sealed") };
        let sealed_alone = match node.get("mac_only_encrypted") {
            Some(Node::Leaf(Leaf { value: Scalar::Bool(yes), .. })) => *yes,
            Some(node) => matches!(node.as_text(), Some("true" | "True" | "TRUE" | "t" | "T" | "1")),
            None => false,
        };
        let (rule, mac) = (Rule::of(node)?, text("mac"));
        Ok(Self { age, others, rule, sealed_alone, mac, last_modified: when.rfc3339_seconds() })
    }
}

type Recipients = (Vec<(String, String)>, Vec<String>);

/// The recipients of the file, or of its only group.
fn recipients(node: &Node) -> Result<Recipients, Problem> {
    let groups = node.get("key_groups").map(Node::elements).unwrap_or_default();
    let of_file = of_group(node);
    match groups {
        _ if !of_file.0.is_empty() || !of_file.1.is_empty() => Ok(of_file),
        [] => Ok(of_file),
        [group] => Ok(of_group(group)),
        groups => invalid(format!(
            "its key is divided among {} key groups (Shamir's secret sharing), which is not supported; files with \
             one group are",
            groups.len()
        )),
    }
}

fn of_group(node: &Node) -> Recipients {
    let list = |name: &str| node.get(name).map(Node::elements).unwrap_or_default();
    let text =
        |node: &Node, name: &str| node.get(name).and_then(Node::as_text).unwrap_or_default().to_owned();
    let age = list("age").iter().map(|one| (text(one, "recipient"), text(one, "enc")));
    let others = OTHERS.into_iter().flat_map(|(service, name)| {
        list(service).iter().map(move |one| format!("{service} {}", text(one, name).escape_debug()))
    });
    (age.collect(), others.collect())
}

/// The key of the file, from the first recipient that one of our keys belongs to.
pub(super) fn data_key(metadata: &Metadata, keys: &dyn Keys) -> Result<DataKey, Problem> {
    if metadata.age.is_empty() {
        let detail = format!(
            "its key is sealed for {} only; supported is age, with keys that start with AGE-SECRET-KEY-1",
            metadata.others.join(", ")
        );
        return invalid(detail);
    }
    let mut trouble = None;
    for (recipient, sealed) in metadata.age.iter().take(RECIPIENTS_MAX) {
        let found = keys.identities(Some(recipient)).map_err(Problem::no_key);
        let identities = match found {
            Ok(identities) => identities,
            Err(problem) => {
                trouble = trouble.or(Some(problem));
                continue;
            }
        };
        match identities.open(sealed.as_bytes()) {
            Ok(bytes) => {
                return DataKey::new(&bytes).map_or_else(|| invalid("its key does not have 32 bytes"), Ok);
            }
            Err(NotOpened::OtherRecipients) => {}
            Err(why) => trouble = Some(Problem::invalid(format!("its key cannot be opened: {why}"))),
        }
    }
    Err(trouble.unwrap_or_else(|| {
        let recipients = metadata.age.iter().map(|(recipient, _)| recipient.escape_debug().to_string());
        let all: Vec<String> = recipients.chain(metadata.others.iter().cloned()).collect();
        Problem::no_key(format!("none of the keys opens it: it is sealed for {}", all.join(", ")))
    }))
}
