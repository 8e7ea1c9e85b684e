//! `import` blocks: objects that exist already and are to be managed from now on.

use std::fmt;

use evenkeel_model::{
    Diagnostics, InstanceAddress, InstanceKey, ModuleAddress, ResourceAddress, ResourceMode, SourceRange,
};

use super::address::{AddressStep, address, constant_key, unquoted};
use super::block::{Content, labels};
use super::provider::provider_ref;
use super::{ProviderRef, ResourceKey};
use crate::ast::{Block, Expr};

/// An `import` block.
#[derive(Clone, Debug)]
pub struct Import {
    /// The instance that the object becomes.
    pub to: ImportTarget,
    /// How the provider finds the object. It may refer to `each` where there is a `for_each`.
    pub id: Expr,
    /// One import for each element.
    pub for_each: Option<Expr>,
    /// The provider configuration, for a resource that is not declared yet.
    pub provider: Option<ProviderRef>,
    /// The header.
    pub range: SourceRange,
}

/// An address whose keys may be computed from `each`.
#[derive(Clone, Debug)]
pub struct ImportTarget {
    /// The steps to the module, from the root.
    pub modules: Vec<AddressStep>,
    /// The resource in it.
    pub resource: ResourceKey,
    /// The key of the instance.
    pub key: Option<Expr>,
    /// Where it stands.
    pub range: SourceRange,
}

impl ImportTarget {
    /// The address that the keys make; `value_of` says what key an expression means.
    pub fn address<E>(
        &self,
        mut value_of: impl FnMut(&Expr) -> Result<InstanceKey, E>,
    ) -> Result<InstanceAddress, E> {
        let mut module = ModuleAddress::root();
        for step in &self.modules {
            module = module.child(step.name.clone(), step.key.as_ref().map(&mut value_of).transpose()?);
        }
        let ResourceKey { mode, kind, name } = self.resource.clone();
        let key = self.key.as_ref().map(&mut value_of).transpose()?;
        Ok(ResourceAddress { module, mode, kind, name }.instance(key))
    }

    /// The address, where all keys are constants.
    pub fn constant(&self) -> Option<InstanceAddress> {
        self.address(constant_key).ok()
    }

    /// Every key that is written in it, as the expression it is.
    pub fn keys(&self) -> impl Iterator<Item = &Expr> {
        self.modules.iter().filter_map(|step| step.key.as_ref()).chain(&self.key)
    }
}

/// The resource without keys.
impl fmt::Display for ImportTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.modules {
            write!(f, "module.{}.", step.name)?;
        }
        self.resource.fmt(f)
    }
}

/// Reads an `import` block.
pub(super) fn import(block: &Block, diagnostics: &mut Diagnostics) -> Option<Import> {
    labels(block, [], diagnostics);
    let content = Content::exact(&block.body, &["to", "id", "for_each", "provider"], &[], diagnostics);
    let id = content.required("id", &block.range, diagnostics);
    let to = content.required("to", &block.range, diagnostics);
    let to = to.and_then(|expr| target(&expr, diagnostics));
    let provider = content.expr("provider").and_then(|expr| provider_ref(&expr, diagnostics));
    if let (Some(provider), Some(to)) = (&provider, &to)
        && !to.modules.is_empty()
    {
        diagnostics.error(
            "Invalid import provider argument",
            "Inside a module the module decides which provider configuration a resource has. Hand it over with the \
             providers argument of the module block.",
            Some(provider.range.clone()),
        );
    }
    let (to, id) = (to?, id?);
    let for_each = content.expr("for_each");
    if for_each.is_none() {
        to.keys().filter_map(|key| constant_key(key).err()).for_each(|problem| diagnostics.push(problem));
    }
    Some(Import { to, id, for_each, provider, range: block.range.clone() })
}

fn target(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<ImportTarget> {
    let written = address(&unquoted(expr, diagnostics)?, diagnostics)?;
    let managed = |(resource, _): &(ResourceKey, _)| resource.mode == ResourceMode::Managed;
    let Some((resource, key)) = written.resource.filter(managed) else {
        diagnostics.error(
            "Invalid import address",
            "Only managed resources can be imported; their address is TYPE.NAME, with [KEY] for one of several \
             instances.",
            Some(expr.range().clone()),
        );
        return None;
    };
    Some(ImportTarget { modules: written.modules, resource, key, range: expr.range().clone() })
}
