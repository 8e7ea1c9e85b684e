//! Functions whose results differ from run to run: unknown in every plan, as their callers expect,
//! because pure code has no randomness to give them.

use evenkeel_model::{Type, Value};

use super::{Function, Ty, number, string};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "bcrypt",
        &[string("str")],
        Ty::String,
        |_| Ok(Value::unknown(Type::String)),
        "A salted bcrypt hash of the text; known only after apply.",
    )
    .variadic(number("cost")),
    Function::new(
        "uuid",
        &[],
        Ty::String,
        |_| Ok(Value::unknown(Type::String)),
        "A random UUID; known only after apply.",
    ),
];
