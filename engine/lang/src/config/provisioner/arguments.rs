//! The arguments of the provisioners that Terraform brings along, and of connections.

use evenkeel_model::{Diagnostics, SourceRange};

use super::{Connection, Provisioner};
use crate::ast::Body;
use crate::config::block::{nearest, unsupported_argument, unsupported_block};

/// What may stand in a block, and what must.
struct Arguments {
    known: &'static [&'static str],
    required: &'static [&'static str],
}

const PROVISIONERS: [(&str, Arguments); 3] = [
    ("file", Arguments { known: &["source", "content", "destination"], required: &["destination"] }),
    (
        "local-exec",
        Arguments {
            known: &["command", "interpreter", "working_dir", "environment", "quiet"],
            required: &["command"],
        },
    ),
    ("remote-exec", Arguments { known: &["inline", "script", "scripts"], required: &[] }),
];

const CONNECTION: Arguments = Arguments {
    known: &[
        "host",
        "type",
        "user",
        "password",
        "port",
        "timeout",
        "script_path",
        "target_platform",
        "private_key",
        "certificate",
        "host_key",
        "agent",
        "agent_identity",
        "proxy_scheme",
        "proxy_host",
        "proxy_port",
        "proxy_user_name",
        "proxy_user_password",
        "bastion_host",
        "bastion_host_key",
        "bastion_port",
        "bastion_user",
        "bastion_password",
        "bastion_private_key",
        "bastion_certificate",
        "https",
        "insecure",
        "cacert",
        "use_ntlm",
    ],
    required: &["host"],
};

/// Checks the names of a provisioner's arguments, and of those of the connection that it uses: its
/// own laid over the resource's.
pub(super) fn check(provisioner: &Provisioner, around: Option<&Connection>, diagnostics: &mut Diagnostics) {
    match PROVISIONERS.iter().find(|(kind, _)| **kind == *provisioner.kind) {
        Some((_, arguments)) => arguments.check(&[&provisioner.body], &provisioner.range, diagnostics),
        None => unknown(provisioner, diagnostics),
    }
    let connections: Vec<&Connection> = provisioner.connection.iter().chain(around).collect();
    if let Some(nearest) = connections.first() {
        let bodies: Vec<&Body> = connections.iter().map(|connection| &connection.body).collect();
        CONNECTION.check(&bodies, &nearest.range, diagnostics);
    }
}

fn unknown(provisioner: &Provisioner, diagnostics: &mut Diagnostics) {
    let hint = nearest(&provisioner.kind, PROVISIONERS.iter().map(|(kind, _)| *kind))
        .map_or_else(String::new, |near| format!(" Did you mean \"{near}\"?"));
    diagnostics.error(
        "Missing required provisioner plugin",
        format!(
            "There is no provisioner \"{}\"; there are file, local-exec and remote-exec.{hint}",
            provisioner.kind
        ),
        Some(provisioner.range.clone()),
    );
}

impl Arguments {
    fn check(&self, bodies: &[&Body], range: &SourceRange, diagnostics: &mut Diagnostics) {
        for body in bodies {
            for attribute in body.attributes.iter().filter(|one| !self.known.contains(&&*one.name)) {
                let known = self.known.iter().copied();
                diagnostics.push(unsupported_argument(&attribute.name, known, false, &attribute.name_range));
            }
            for block in body.blocks.iter() {
                let is_argument = self.known.contains(&&*block.kind);
                diagnostics.push(unsupported_block(block, self.known.iter().copied(), is_argument));
            }
        }
        let missing = |name: &&&str| !bodies.iter().any(|body| body.attribute(name).is_some());
        for name in self.required.iter().filter(missing) {
            diagnostics.error(
                "Missing required argument",
                format!("The argument \"{name}\" is required, but no definition was found."),
                Some(range.clone()),
            );
        }
    }
}
