//! The SQL of identity secrets and of whom sites have vouched for.
use super::{Identified, Person};
use crate::base::error::{Error, Result};
use crate::base::ids::{VisitorId, WorkspaceId};
use crate::platform::db::{Db, Tx, fault, on_db, on_tx};

fn ms(at: u64) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

pub(super) async fn secret(db: &Db, workspace: &WorkspaceId) -> Result<Option<Vec<u8>>> {
    const SQL: &str = "select identity_secret from workspaces where id = $1 and deleted_at is null";
    let row: Option<(Option<Vec<u8>>,)> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(workspace.as_str()).fetch_optional(pool).await)
            .map_err(fault)?;
    Ok(row.and_then(|(sealed,)| sealed))
}

pub(super) async fn put_secret(tx: &mut Tx, workspace: &WorkspaceId, sealed: &[u8]) -> Result<bool> {
    const SQL: &str = "update workspaces set identity_secret = $2 where id = $1 and deleted_at is null";
    let rows = on_tx!(tx, conn => sqlx::query(SQL).bind(workspace.as_str()).bind(sealed).execute(conn).await
        .map(|done| done.rows_affected()))
    .map_err(fault)?;
    Ok(rows > 0)
}

pub(super) async fn void_all(tx: &mut Tx, workspace: &WorkspaceId, from_ms: u64) -> Result<()> {
    const SQL: &str = "update identified set valid_from = $2 where workspace_id = $1";
    on_tx!(tx, conn => sqlx::query(SQL).bind(workspace.as_str()).bind(ms(from_ms)).execute(conn).await.map(|_| ()))
        .map_err(fault)
}

/// The person's visitor and since when his proofs count; the one given becomes him where he is new.
pub(super) async fn see(
    db: &Db,
    workspace: &WorkspaceId,
    person: &Person,
    fresh: &VisitorId,
    now_ms: u64,
) -> Result<(VisitorId, u64)> {
    const SQL: &str = "insert into identified \
                       (workspace_id, external_id, visitor_id, attributes, created_at, valid_from, seen_at) \
                       values ($1, $2, $3, $4, $5, $5, $5) on conflict (workspace_id, external_id) do update \
                       set seen_at = excluded.seen_at, \
                       attributes = case excluded.attributes when '{}' then identified.attributes \
                       else excluded.attributes end returning visitor_id, valid_from";
    let mut tx = db.begin().await?;
    let (visitor, valid_from): (String, i64) = on_tx!(tx, conn => sqlx::query_as(SQL).bind(workspace.as_str())
        .bind(&person.external_id).bind(fresh.as_str()).bind(person.attributes.to_string()).bind(ms(now_ms))
        .fetch_one(conn).await)
    .map_err(fault)?;
    tx.commit().await?;
    let visitor = VisitorId::parse(&visitor).ok_or_else(|| Error::internal("a person's row names no visitor"))?;
    Ok((visitor, valid_from.unsigned_abs()))
}

pub(super) async fn valid_from(db: &Db, workspace: &WorkspaceId, visitor: &VisitorId) -> Result<Option<u64>> {
    const SQL: &str = "select i.valid_from from identified i join workspaces w on w.id = i.workspace_id \
                       where i.workspace_id = $1 and i.visitor_id = $2 and w.deleted_at is null";
    let row: Option<(i64,)> = on_db!(db.read, pool => sqlx::query_as(SQL).bind(workspace.as_str())
        .bind(visitor.as_str()).fetch_optional(pool).await)
    .map_err(fault)?;
    Ok(row.map(|(from,)| from.unsigned_abs()))
}

pub(super) async fn identified(db: &Db, workspace: &WorkspaceId, visitor: &VisitorId) -> Result<Option<Identified>> {
    const SQL: &str = "select external_id, attributes, created_at, valid_from, seen_at from identified \
                       where workspace_id = $1 and visitor_id = $2";
    let row: Option<(String, String, i64, i64, i64)> = on_db!(db.read, pool => sqlx::query_as(SQL)
        .bind(workspace.as_str()).bind(visitor.as_str()).fetch_optional(pool).await)
    .map_err(fault)?;
    Ok(row.map(|(external_id, attributes, created, valid_from, seen)| Identified {
        external_id,
        visitor: visitor.clone(),
        attributes: serde_json::from_str(&attributes).unwrap_or_default(),
        created_at_ms: created.unsigned_abs(),
        valid_from_ms: valid_from.unsigned_abs(),
        seen_at_ms: seen.unsigned_abs(),
    }))
}

pub(super) async fn forget(db: &Db, workspace: &WorkspaceId, visitor: &VisitorId) -> Result<bool> {
    const SQL: &str = "delete from identified where workspace_id = $1 and visitor_id = $2";
    let mut tx = db.begin().await?;
    let rows = on_tx!(tx, conn => sqlx::query(SQL).bind(workspace.as_str()).bind(visitor.as_str()).execute(conn).await
        .map(|done| done.rows_affected()))
    .map_err(fault)?;
    tx.commit().await?;
    Ok(rows > 0)
}
