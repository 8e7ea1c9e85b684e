//! Whether one commit follows from another: how a rewritten branch is noticed.

use gix::ObjectId;

use crate::error::SourceError;
use crate::repository::Found;

/// Whether `ancestor` (a full name) is the found commit or one of its ancestors. A commit that the
/// repository does not have is none.
pub fn descends(found: &Found, ancestor: &str) -> Result<bool, SourceError> {
    let Ok(ancestor) = ObjectId::from_hex(ancestor.as_bytes()) else { return Ok(false) };
    if found.id == ancestor {
        return Ok(true);
    }
    if !found.repository.has_object(ancestor) {
        return Ok(false);
    }
    let damaged = |reason: String| SourceError::CorruptObject {
        object: found.id.to_string(),
        repository: found.shown.clone(),
        reason,
    };
    let walk = found.repository.rev_walk([found.id]).all().map_err(|error| damaged(error.to_string()))?;
    for commit in walk {
        let commit = commit.map_err(|error| damaged(error.to_string()))?;
        if commit.id == ancestor {
            return Ok(true);
        }
    }
    Ok(false)
}
