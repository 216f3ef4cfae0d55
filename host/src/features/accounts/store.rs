//! The SQL of people and their sign-ins.
use super::SignedIn;
use crate::base::error::{Error, Result};
use crate::base::ids::{SessionId, UserId, WorkspaceId};
use crate::platform::db::{Db, fault, on_db};
use std::sync::Arc;

pub(super) async fn session(db: &Db, id: &str) -> Result<Option<Arc<SignedIn>>> {
    const SQL: &str = "select s.id, s.user_id, s.workspace_id, s.kind, s.expires_at \
                       from sessions s join users u on u.id = s.user_id \
                       where s.id = $1 and s.ended_at is null and u.disabled_at is null";
    type Found = (String, String, String, String, i64);
    let row: Option<Found> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(id).fetch_optional(pool).await).map_err(fault)?;
    let Some((session, user, workspace, kind, expires_at)) = row else { return Ok(None) };
    let ids = (SessionId::parse(&session), UserId::parse(&user), WorkspaceId::parse(&workspace));
    let (Some(session), Some(user), Some(workspace)) = ids else {
        return Err(Error::internal("a sign-in's row holds an id that is none"));
    };
    Ok(Some(Arc::new(SignedIn { session, user, workspace, kind, expires_at_ms: expires_at.unsigned_abs() })))
}

pub(super) async fn is_empty(db: &Db) -> Result<bool> {
    const SQL: &str = "select count(*) from (select 1 from users limit 1) some";
    let (count,): (i64,) = on_db!(db.read, pool => sqlx::query_as(SQL).fetch_one(pool).await).map_err(fault)?;
    Ok(count == 0)
}
