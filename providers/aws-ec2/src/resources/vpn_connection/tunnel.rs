//! The options of a tunnel, which an object has with a prefix: `tunnel1_`, `tunnel2_`.
//!
//! What is not set is the service's default, and what the service tells of a default stays unset.

use aws_sdk_ec2::types;
use evenkeel_model::{Type, Value};

use crate::resources::common::{Change, first, int, text, texts};
use crate::shape::Shape;

/// A tunnel's options as they are written.
pub(super) struct Written<'a> {
    object: &'a Value,
    prefix: &'a str,
}

const NUMBERS: [(&str, i32); 6] = [
    ("dpd_timeout_seconds", 30),
    ("phase1_lifetime_seconds", 28_800),
    ("phase2_lifetime_seconds", 3_600),
    ("rekey_fuzz_percentage", 100),
    ("rekey_margin_time_seconds", 540),
    ("replay_window_size", 1_024),
];
const TEXTS: [(&str, &str); 2] = [("dpd_timeout_action", "clear"), ("startup_action", "add")];
const SETS: [&str; 5] = [
    "ike_versions",
    "phase1_encryption_algorithms",
    "phase1_integrity_algorithms",
    "phase2_encryption_algorithms",
    "phase2_integrity_algorithms",
];
const GROUPS: [&str; 2] = ["phase1_dh_group_numbers", "phase2_dh_group_numbers"];
const ENCRYPTION: [&str; 4] = ["AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16"];
const INTEGRITY: [&str; 4] = ["SHA1", "SHA2-256", "SHA2-384", "SHA2-512"];

/// What a set is when it is taken out of the configuration.
fn default_set(name: &str) -> &'static [&'static str] {
    match name {
        "ike_versions" => &["ikev1", "ikev2"],
        "phase1_encryption_algorithms" | "phase2_encryption_algorithms" => &ENCRYPTION,
        _ => &INTEGRITY,
    }
}

fn default_groups(name: &str) -> Vec<i32> {
    let first: &[i32] = if name.starts_with("phase1") { &[2] } else { &[2, 5] };
    first.iter().copied().chain(14..=24).collect()
}

impl<'a> Written<'a> {
    /// The options of one tunnel of an object.
    pub(super) fn of(object: &'a Value, prefix: &'a str) -> Self {
        Self { object, prefix }
    }

    fn name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn text(&self, name: &str) -> Option<String> {
        text(self.object, &self.name(name))
    }

    fn number(&self, name: &str) -> Option<i32> {
        int(self.object, &self.name(name)).filter(|number| *number != 0)
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.object.get_bool(&self.name(name))
    }

    fn texts(&self, name: &str) -> Vec<String> {
        texts(self.object.get(&self.name(name)))
    }

    fn groups(&self, name: &str) -> Vec<i32> {
        let elements = self.object.get(&self.name(name)).and_then(Value::as_elements).unwrap_or_default();
        elements.iter().filter_map(|number| number.as_i64().and_then(|n| i32::try_from(n).ok())).collect()
    }

    fn log_options(&self) -> Option<types::VpnTunnelLogOptionsSpecification> {
        let block = first(first(self.object, &self.name("log_options"))?, "cloudwatch_log_options");
        let options = block.map(|block| {
            let (on, bgp) = (block.get_bool("log_enabled"), block.get_bool("bgp_log_enabled"));
            let with = |on: Option<bool>, name: &str| text(block, name).filter(|_| on == Some(true));
            types::CloudWatchLogOptionsSpecification::builder()
                .log_enabled(on.unwrap_or_default())
                .set_log_group_arn(with(on, "log_group_arn"))
                .set_log_output_format(with(on, "log_output_format"))
                .set_bgp_log_enabled(bgp)
                .set_bgp_log_group_arn(with(bgp, "bgp_log_group_arn"))
                .set_bgp_log_output_format(with(bgp, "bgp_log_output_format"))
                .build()
        });
        Some(types::VpnTunnelLogOptionsSpecification::builder().set_cloud_watch_log_options(options).build())
    }

    /// As a new connection takes them.
    pub(super) fn specification(&self) -> types::VpnTunnelOptionsSpecification {
        macro_rules! some {
            ($name:literal, $kind:ident, $list:ident) => {
                Some(
                    self.$list($name)
                        .into_iter()
                        .map(|value| types::$kind::builder().value(value).build())
                        .collect::<Vec<_>>(),
                )
                .filter(|list| !list.is_empty())
            };
        }
        types::VpnTunnelOptionsSpecification::builder()
            .set_tunnel_inside_cidr(self.text("inside_cidr"))
            .set_tunnel_inside_ipv6_cidr(self.text("inside_ipv6_cidr"))
            .set_pre_shared_key(self.text("preshared_key"))
            .set_phase1_lifetime_seconds(self.number("phase1_lifetime_seconds"))
            .set_phase2_lifetime_seconds(self.number("phase2_lifetime_seconds"))
            .set_rekey_margin_time_seconds(self.number("rekey_margin_time_seconds"))
            .set_rekey_fuzz_percentage(self.number("rekey_fuzz_percentage"))
            .set_replay_window_size(self.number("replay_window_size"))
            .set_dpd_timeout_seconds(self.number("dpd_timeout_seconds"))
            .set_dpd_timeout_action(self.text("dpd_timeout_action"))
            .set_startup_action(self.text("startup_action"))
            .set_enable_tunnel_lifecycle_control(self.flag("enable_tunnel_lifecycle_control"))
            .set_log_options(self.log_options())
            .set_ike_versions(some!("ike_versions", IkeVersionsRequestListValue, texts))
            .set_phase1_dh_group_numbers(some!(
                "phase1_dh_group_numbers",
                Phase1DhGroupNumbersRequestListValue,
                groups
            ))
            .set_phase2_dh_group_numbers(some!(
                "phase2_dh_group_numbers",
                Phase2DhGroupNumbersRequestListValue,
                groups
            ))
            .set_phase1_encryption_algorithms(some!(
                "phase1_encryption_algorithms",
                Phase1EncryptionAlgorithmsRequestListValue,
                texts
            ))
            .set_phase2_encryption_algorithms(some!(
                "phase2_encryption_algorithms",
                Phase2EncryptionAlgorithmsRequestListValue,
                texts
            ))
            .set_phase1_integrity_algorithms(some!(
                "phase1_integrity_algorithms",
                Phase1IntegrityAlgorithmsRequestListValue,
                texts
            ))
            .set_phase2_integrity_algorithms(some!(
                "phase2_integrity_algorithms",
                Phase2IntegrityAlgorithmsRequestListValue,
                texts
            ))
            .build()
    }
}

/// The change of a tunnel's options; nothing where the plan leaves them as they are. What is taken out of the
/// configuration is set to the service's default.
pub(super) fn changed<F>(
    change: &Change<'_, F>,
    prefix: &str,
) -> Option<types::ModifyVpnTunnelOptionsSpecification> {
    let written = Written::of(change.planned, prefix);
    let is_changed = |name: &str| {
        let name = written.name(name);
        let planned = change.planned.get(&name).is_some_and(Value::is_wholly_known);
        planned && change.prior.is_some() && !change.keeps(&name)
    };
    let number = |name: &str| {
        let default = NUMBERS.iter().find(|(known, _)| *known == name).map(|(_, default)| *default);
        is_changed(name).then(|| written.number(name).or(default)).flatten()
    };
    let word = |name: &str| {
        let default =
            TEXTS.iter().find(|(known, _)| *known == name).map(|(_, default)| (*default).to_owned());
        is_changed(name).then(|| written.text(name).or(default)).flatten()
    };
    let set = |name: &str| {
        let default = || default_set(name).iter().map(|text| (*text).to_owned()).collect();
        is_changed(name)
            .then(|| Some(written.texts(name)).filter(|set| !set.is_empty()).unwrap_or_else(default))
    };
    let groups = |name: &str| {
        is_changed(name).then(|| {
            Some(written.groups(name)).filter(|set| !set.is_empty()).unwrap_or_else(|| default_groups(name))
        })
    };
    let names = NUMBERS
        .map(|(name, _)| name)
        .into_iter()
        .chain(TEXTS.map(|(name, _)| name))
        .chain(SETS)
        .chain(GROUPS);
    let mut names = names.chain(["enable_tunnel_lifecycle_control", "log_options", "preshared_key"]);
    if !names.any(is_changed) {
        return None;
    }
    macro_rules! list {
        ($values:expr, $kind:ident) => {
            $values.map(|values| {
                values.into_iter().map(|value| types::$kind::builder().value(value).build()).collect()
            })
        };
    }
    let lifecycle = "enable_tunnel_lifecycle_control";
    let options = types::ModifyVpnTunnelOptionsSpecification::builder()
        .set_pre_shared_key(written.text("preshared_key").filter(|_| is_changed("preshared_key")))
        .set_phase1_lifetime_seconds(number("phase1_lifetime_seconds"))
        .set_phase2_lifetime_seconds(number("phase2_lifetime_seconds"))
        .set_rekey_margin_time_seconds(number("rekey_margin_time_seconds"))
        .set_rekey_fuzz_percentage(number("rekey_fuzz_percentage"))
        .set_replay_window_size(number("replay_window_size"))
        .set_dpd_timeout_seconds(number("dpd_timeout_seconds"))
        .set_dpd_timeout_action(word("dpd_timeout_action"))
        .set_startup_action(word("startup_action"))
        .set_enable_tunnel_lifecycle_control(
            is_changed(lifecycle).then(|| written.flag(lifecycle).unwrap_or_default()),
        )
        .set_log_options(written.log_options().filter(|_| is_changed("log_options")))
        .set_ike_versions(list!(set("ike_versions"), IkeVersionsRequestListValue))
        .set_phase1_dh_group_numbers(list!(
            groups("phase1_dh_group_numbers"),
            Phase1DhGroupNumbersRequestListValue
        ))
        .set_phase2_dh_group_numbers(list!(
            groups("phase2_dh_group_numbers"),
            Phase2DhGroupNumbersRequestListValue
        ))
        .set_phase1_encryption_algorithms(list!(
            set("phase1_encryption_algorithms"),
            Phase1EncryptionAlgorithmsRequestListValue
        ))
        .set_phase2_encryption_algorithms(list!(
            set("phase2_encryption_algorithms"),
            Phase2EncryptionAlgorithmsRequestListValue
        ))
        .set_phase1_integrity_algorithms(list!(
            set("phase1_integrity_algorithms"),
            Phase1IntegrityAlgorithmsRequestListValue
        ))
        .set_phase2_integrity_algorithms(list!(
            set("phase2_integrity_algorithms"),
            Phase2IntegrityAlgorithmsRequestListValue
        ));
    Some(options.build())
}

/// What the service tells of a tunnel's options.
pub(super) fn told<'a>(
    shape: Shape<'a>,
    found: &types::TunnelOption,
    prefix: &str,
    known: &Value,
) -> Shape<'a> {
    let name = |name: &str| format!("{prefix}{name}");
    let written =
        |name: &str| known.get(name).is_some_and(|value| value.is_wholly_known() && !value.is_null());
    let numbers = [
        found.dpd_timeout_seconds,
        found.phase1_lifetime_seconds,
        found.phase2_lifetime_seconds,
        found.rekey_fuzz_percentage,
        found.rekey_margin_time_seconds,
        found.replay_window_size,
    ];
    let mut shape = shape
        .text(&name("inside_cidr"), found.tunnel_inside_cidr())
        .text(&name("inside_ipv6_cidr"), found.tunnel_inside_ipv6_cidr())
        .flag(&name("enable_tunnel_lifecycle_control"), found.enable_tunnel_lifecycle_control);
    for ((attribute, default), told) in NUMBERS.into_iter().zip(numbers) {
        let attribute = name(attribute);
        shape = shape.number(&attribute, told.filter(|told| *told != default || written(&attribute)));
    }
    for ((attribute, default), told) in
        TEXTS.into_iter().zip([found.dpd_timeout_action(), found.startup_action()])
    {
        let attribute = name(attribute);
        shape = shape.text(&attribute, told.filter(|told| *told != default || written(&attribute)));
    }
    macro_rules! values {
        ($list:ident) => {
            found.$list().iter().filter_map(|value| value.value()).collect::<Vec<&str>>()
        };
    }
    let sets = [
        values!(ike_versions),
        values!(phase1_encryption_algorithms),
        values!(phase1_integrity_algorithms),
        values!(phase2_encryption_algorithms),
        values!(phase2_integrity_algorithms),
    ];
    for (attribute, told) in SETS.into_iter().zip(sets) {
        let is_default = told.len() == default_set(attribute).len()
            && default_set(attribute).iter().all(|value| told.contains(value));
        let attribute = name(attribute);
        shape = shape.texts(&attribute, told.into_iter().filter(|_| !is_default || written(&attribute)));
    }
    let groups = [
        found.phase1_dh_group_numbers().iter().filter_map(|value| value.value).collect::<Vec<i32>>(),
        found.phase2_dh_group_numbers().iter().filter_map(|value| value.value).collect(),
    ];
    for (attribute, mut told) in GROUPS.into_iter().zip(groups) {
        told.sort_unstable();
        let is_default = told == default_groups(attribute);
        let attribute = name(attribute);
        let told = told.into_iter().filter(|_| !is_default || written(&attribute));
        let set = Value::set(Type::Number, told.map(|number| Value::number(i64::from(number))));
        shape = shape.value(&attribute, Some(set));
    }
    let logs: Vec<&types::VpnTunnelLogOptions> = found.log_options().into_iter().collect();
    shape.blocks(&name("log_options"), &logs, |shape, logs| {
        let options: Vec<&types::CloudWatchLogOptions> = logs.cloud_watch_log_options().into_iter().collect();
        shape.blocks("cloudwatch_log_options", &options, |shape, options| {
            shape
                .flag("log_enabled", options.log_enabled)
                .text("log_group_arn", options.log_group_arn())
                .text("log_output_format", options.log_output_format())
                .flag("bgp_log_enabled", options.bgp_log_enabled)
                .text("bgp_log_group_arn", options.bgp_log_group_arn())
                .text("bgp_log_output_format", options.bgp_log_output_format())
        })
    })
}
