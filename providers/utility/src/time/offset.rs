//! `time_offset`: a point in time at a distance from another one.

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostics, Value};
use evenkeel_provider::{PlanRequest, PlannedChange, ProviderError, diff, propose};

use super::moment::{Moment, Unit};
use super::{Amounts, check_any, check_timestamps, import_amounts, import_parts, parts, timestamp};
use crate::kind::Resource;
use crate::object::{invalid, is_open, only, with};

pub(super) struct Offset;

/// In this order they are added, which matters at the ends of months.
const AMOUNTS: &Amounts = &[
    ("offset_days", Unit::Days),
    ("offset_hours", Unit::Hours),
    ("offset_minutes", Unit::Minutes),
    ("offset_months", Unit::Months),
    ("offset_seconds", Unit::Seconds),
    ("offset_years", Unit::Years),
];

/// In this order they are imported.
const IMPORTED: [&str; 6] =
    ["offset_years", "offset_months", "offset_days", "offset_hours", "offset_minutes", "offset_seconds"];

const BASE: &str = "base_rfc3339";

impl Resource for Offset {
    fn schema_text(&self) -> &'static str {
        include_str!("../../../../schemas/time/time_offset.json")
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = check_timestamps(config, &[BASE]);
        check_any(config, &IMPORTED, &mut diagnostics);
        diagnostics
    }

    /// A change of an object that is there is known while planning: from where is counted stays.
    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        let mut change = propose::plan_by_schema(schema, request);
        let changes = request.prior.is_some_and(|prior| !diff::same(prior, &change.planned));
        let is_open = AMOUNTS.iter().any(|(name, _)| is_open(&change.planned, name));
        let is_known = changes && change.replace.is_empty() && !is_open;
        if let (true, Ok(Some(base))) = (is_known, timestamp(&change.planned, BASE)) {
            change.planned = moved(&change.planned, base).unwrap_or(change.planned);
        }
        change
    }

    fn import(&self, schema: &Schema, id: &str) -> Result<Value, ProviderError> {
        let form = "BASETIMESTAMP,YEARS,MONTHS,DAYS,HOURS,MINUTES,SECONDS where at least one offset value is non-empty";
        let [base, amounts @ ..] = import_parts::<7>(id, form)?;
        let (Some(base), true) = (base, amounts.iter().any(Option::is_some)) else {
            return Err(invalid(
                "importing time_offset",
                format!("Unexpected format of ID (\"{id}\"), expected {form}."),
            ));
        };
        let object = with(&only(schema, [(BASE, Value::string(base))]), import_amounts(IMPORTED, &amounts)?);
        self.create(&object)
    }

    fn create(&self, planned: &Value) -> Result<Value, ProviderError> {
        moved(planned, timestamp(planned, BASE)?.unwrap_or_else(Moment::now))
    }

    fn update(&self, planned: &Value) -> Result<Value, ProviderError> {
        self.create(planned)
    }
}

fn moved(object: &Value, base: Moment) -> Result<Value, ProviderError> {
    let mut moment = base;
    for (name, unit) in AMOUNTS {
        let amount = object.get_i64(name).unwrap_or_default();
        moment =
            moment.plus(amount, *unit).map_err(|why| invalid("moving a timestamp", format!("{why}.")))?;
    }
    let texts = [
        (BASE, object.get_str(BASE).map_or_else(|| base.rfc3339(), str::to_owned)),
        ("id", base.rfc3339()),
        ("rfc3339", moment.rfc3339()),
    ];
    let object = with(object, texts.map(|(name, text)| (name, Value::string(text))));
    Ok(with(&object, parts(moment)))
}
