//! The SQL of API keys.
pub(super) mod manage;
pub(super) mod usage;

use super::KeyView;
use crate::base::error::{Error, Result};
use crate::base::ids::{ApiKeyId, WorkspaceId};
use crate::platform::db::{Db, fault, on_db};
use std::sync::Arc;

pub(super) async fn find(db: &Db, hash: &str) -> Result<Option<Arc<KeyView>>> {
    const SQL: &str = "select k.id, k.workspace_id, k.kind, k.live, k.domains, k.per_hour, k.expires_at \
                       from api_keys k join workspaces w on w.id = k.workspace_id \
                       where k.hash = $1 and k.active = 1 and w.deleted_at is null";
    type Found = (String, String, String, i64, String, i64, Option<i64>);
    let row: Option<Found> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(hash).fetch_optional(pool).await).map_err(fault)?;
    let Some((id, workspace, kind, live, domains, per_hour, expires_at)) = row else { return Ok(None) };
    let (Some(id), Some(workspace)) = (ApiKeyId::parse(&id), WorkspaceId::parse(&workspace)) else {
        return Err(Error::internal("a key's row holds an id that is none"));
    };
    Ok(Some(Arc::new(KeyView {
        id,
        workspace,
        secret: kind == "secret",
        live: live != 0,
        domains: serde_json::from_str(&domains).map_err(Error::internal)?,
        per_hour: u32::try_from(per_hour).unwrap_or(0),
        expires_at_ms: expires_at.map(i64::unsigned_abs),
    })))
}
