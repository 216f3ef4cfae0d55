//! The SQL of bots.
use super::BotView;
use crate::base::error::{Error, Result};
use crate::base::ids::{BotId, WorkspaceId};
use crate::platform::db::{Db, fault, on_db};
use std::sync::Arc;

pub(super) async fn active(db: &Db, id: &str) -> Result<Option<Arc<BotView>>> {
    const SQL: &str = "select b.id, b.workspace_id, b.allowed_origins \
                       from bots b join workspaces w on w.id = b.workspace_id \
                       where b.id = $1 and b.active = 1 and w.deleted_at is null";
    let row: Option<(String, String, String)> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(id).fetch_optional(pool).await).map_err(fault)?;
    let Some((id, workspace, origins)) = row else { return Ok(None) };
    let (Some(id), Some(workspace)) = (BotId::parse(&id), WorkspaceId::parse(&workspace)) else {
        return Err(Error::internal("a bot's row holds an id that is none"));
    };
    let allowed_origins = serde_json::from_str(&origins).map_err(Error::internal)?;
    Ok(Some(Arc::new(BotView { id, workspace, allowed_origins })))
}
