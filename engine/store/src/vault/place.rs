//! Where a sealed value stands. It is sealed for that place and opens at no other.

use crate::rows::StackKey;

/// A document in the file.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    stack: StackKey,
    kind: &'static str,
    name: &'a str,
}

impl Place<'_> {
    /// A line of the journal about an instance, or about none.
    pub(crate) fn line(stack: StackKey, address: Option<&str>) -> Place<'_> {
        Place { stack, kind: "journal", name: address.unwrap_or_default() }
    }

    /// The attributes of an object of an instance, whichever object it is: that changes without a write.
    pub(crate) fn attributes(stack: StackKey, address: &str) -> Place<'_> {
        Place { stack, kind: "attributes", name: address }
    }

    /// What a provider keeps with it.
    pub(crate) fn private(stack: StackKey, address: &str) -> Place<'_> {
        Place { stack, kind: "private", name: address }
    }

    pub(crate) fn output(stack: StackKey, name: &str) -> Place<'_> {
        Place { stack, kind: "output", name }
    }

    /// A call without an outcome.
    pub(crate) fn pending(stack: StackKey, address: &str) -> Place<'_> {
        Place { stack, kind: "pending", name: address }
    }

    /// The key of the plan files of a stack.
    pub(crate) fn plan_key(stack: StackKey) -> Self {
        Self { stack, kind: "plan key", name: "" }
    }

    /// What is said beside a value at a path of the document.
    pub(crate) fn beside(&self, path: &str) -> Vec<u8> {
        let Self { stack, kind, name } = self;
        format!("evenkeel value 1\n{}\n{kind}\n{}\n{name}\n{path}", stack.0, name.len()).into_bytes()
    }
}
