//! Who may be asked, by the operator's settings.
//!
//! Git's library follows redirects without asking us. Where hosts are limited it may not, and we
//! find out beforehand where an address leads.

use evenkeel_lang::config::without_credentials;
use gix::bstr::BStr;
use reqwest::Url;

use super::Modules;
use super::error::ModuleError;
use super::http::is_allowed;

/// What a client of Git asks first.
const FIRST_REQUEST: &str = "/info/refs?service=git-upload-pack";

impl Modules {
    /// Whether the settings let us ask somebody.
    pub(super) fn may_ask(&self, url: &str) -> Result<(), ModuleError> {
        if self.settings.offline {
            return Err(ModuleError::Offline { url: without_credentials(url) });
        }
        let Some(hosts) = &self.settings.allowed_hosts else { return Ok(()) };
        // Both of those who may read the address must see an allowed host in it.
        let ours = Url::parse(url).is_ok_and(|url| is_allowed(&url, Some(hosts)));
        let gits = gix::url::parse(BStr::new(url))
            .is_ok_and(|url| url.host().is_some_and(|host| hosts.allows(host, url.port_or_default())));
        match ours && gits {
            true => Ok(()),
            false => Err(ModuleError::Host { url: without_credentials(url) }),
        }
    }

    /// Where a repository is in the end, if hosts are limited and it is somewhere else.
    pub(super) fn landed(&self, url: &str) -> Result<Option<String>, ModuleError> {
        if self.settings.allowed_hosts.is_none() || !url.starts_with("http") {
            return Ok(None);
        }
        let failed = |reason: String| ModuleError::Download { url: without_credentials(url), reason };
        let asked = Url::parse(url).map_err(|error| failed(error.to_string()))?;
        let first = format!("{}{FIRST_REQUEST}", without_credentials(url).trim_end_matches('/'));
        let first = Url::parse(&first).map_err(|error| failed(error.to_string()))?;
        let landing = self.http.landing(&first)?;
        if landing == first {
            return Ok(None);
        }
        let base = landing.as_str().strip_suffix(FIRST_REQUEST);
        let base = base.ok_or_else(|| failed("it redirects to something that is no repository".into()))?;
        let mut base = Url::parse(base).map_err(|error| failed(error.to_string()))?;
        if base.origin() == asked.origin() {
            // An address that can have a host can have a user.
            base.set_username(asked.username()).ok();
            base.set_password(asked.password()).ok();
        }
        Ok(Some(base.into()))
    }
}
