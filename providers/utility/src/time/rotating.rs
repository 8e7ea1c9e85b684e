//! `time_rotating`: a point in time that is replaced when another one has passed.

use evenkeel_model::schema::Schema;
use evenkeel_model::{Diagnostics, Type, Value};
use evenkeel_provider::{PlanRequest, PlannedChange, ProviderError, diff, propose};

use super::moment::{Moment, Unit};
use super::{Amounts, check_any, check_timestamps, import_amounts, import_parts, parts, timestamp};
use crate::kind::Resource;
use crate::object::{at_least, invalid, is_open, is_set, only, with};

pub(super) struct Rotating;

/// The last one of these that is set counts; the timestamp that is configured comes before the years.
const AMOUNTS: &Amounts = &[
    ("rotation_days", Unit::Days),
    ("rotation_hours", Unit::Hours),
    ("rotation_minutes", Unit::Minutes),
    ("rotation_months", Unit::Months),
    ("rotation_years", Unit::Years),
];

/// In this order they are imported.
const IMPORTED: [&str; 5] =
    ["rotation_years", "rotation_months", "rotation_days", "rotation_hours", "rotation_minutes"];

const UNTIL: &str = "rotation_rfc3339";

impl Resource for Rotating {
    fn schema_text(&self) -> &'static str {
        include_str!("../../../../schemas/time/time_rotating.json")
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = check_timestamps(config, &["rfc3339", UNTIL]);
        let any: Vec<&str> = IMPORTED.into_iter().rev().chain([UNTIL]).collect();
        check_any(config, &any, &mut diagnostics);
        for name in IMPORTED {
            at_least(config, name, 1, &mut diagnostics);
        }
        diagnostics
    }

    /// A change of an object that is there is known while planning: from where is counted stays.
    fn plan(&self, schema: &Schema, request: &PlanRequest<'_>) -> PlannedChange {
        let mut change = propose::plan_by_schema(schema, request);
        let changes = request.prior.is_some_and(|prior| !diff::same(prior, &change.planned));
        if !changes {
            return change;
        }
        if !is_set(request.config, UNTIL) {
            change.planned = with(&change.planned, [(UNTIL, Value::unknown(Type::String))]);
        }
        let open =
            AMOUNTS.iter().any(|(name, _)| is_open(&change.planned, name)) || is_open(request.config, UNTIL);
        if let (true, false, Ok(Some(base))) =
            (change.replace.is_empty(), open, timestamp(&change.planned, "rfc3339"))
        {
            change.planned = rotated(&change.planned, base).unwrap_or(change.planned);
        }
        change
    }

    /// When its time has passed, it is gone.
    fn observe(&self, prior: Value) -> Result<Option<Value>, ProviderError> {
        let is_over = timestamp(&prior, UNTIL)?.is_some_and(Moment::is_past);
        Ok((!is_over).then_some(prior))
    }

    fn import(&self, schema: &Schema, id: &str) -> Result<Value, ProviderError> {
        let form = "BASETIMESTAMP,YEARS,MONTHS,DAYS,HOURS,MINUTES or BASETIMESTAMP,ROTATIONTIMESTAMP";
        let unexpected = || {
            let detail = format!(
                "Unexpected format of ID (\"{id}\"), expected {form}, where at least one rotation value is non-empty."
            );
            invalid("importing time_rotating", detail)
        };
        let (base, given) = match id.split(',').count() {
            2 => {
                let [base, until] = import_parts::<2>(id, form)?;
                (base, vec![(UNTIL, Value::string(until.ok_or_else(unexpected)?))])
            }
            _ => {
                let [base, amounts @ ..] = import_parts::<6>(id, form)?;
                (base, import_amounts(IMPORTED, &amounts)?)
            }
        };
        let (Some(base), false) = (base, given.is_empty()) else { return Err(unexpected()) };
        self.create(&with(&only(schema, [("rfc3339", Value::string(base))]), given))
    }

    fn create(&self, planned: &Value) -> Result<Value, ProviderError> {
        rotated(planned, timestamp(planned, "rfc3339")?.unwrap_or_else(Moment::now))
    }

    fn update(&self, planned: &Value) -> Result<Value, ProviderError> {
        self.create(planned)
    }
}

fn rotated(object: &Value, base: Moment) -> Result<Value, ProviderError> {
    let mut until = None;
    for (name, unit) in AMOUNTS {
        if *unit == Unit::Years {
            until = timestamp(object, UNTIL)?.or(until);
        }
        if let Some(amount) = object.get_i64(name) {
            let moment = base.plus(amount, *unit).map_err(|why| invalid("rotating", format!("{why}.")))?;
            until = Some(moment);
        }
    }
    let until = until.ok_or_else(|| invalid("rotating", "no rotation is configured."))?;
    let keep = |name: &str, moment: Moment| {
        let same = timestamp(object, name).ok().flatten() == Some(moment);
        let kept = object.get_str(name).filter(|_| same);
        Value::string(kept.map_or_else(|| moment.rfc3339(), str::to_owned))
    };
    let texts = [("rfc3339", keep("rfc3339", base)), (UNTIL, keep(UNTIL, until))];
    let object = with(&with(object, texts), [("id", Value::string(base.rfc3339()))]);
    Ok(with(&object, parts(until)))
}
