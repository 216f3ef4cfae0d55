//! The SQL of issued tokens.
use super::Issued;
use crate::base::error::{Error, Result};
use crate::base::ids::WorkspaceId;
use crate::features::identity::Claims;
use crate::platform::db::{Db, Tx, fault, on_db, on_tx};
use std::sync::Arc;

fn ms(at: u64) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

pub(super) async fn insert(tx: &mut Tx, kind: &str, claims: &Claims, hash: &str, by: &str, now_ms: u64) -> Result<()> {
    const SQL: &str = "insert into issued_tokens \
                       (id, kind, workspace_id, subject, hash, issued_by, issued_at, expires_at) \
                       values ($1, $2, $3, $4, $5, $6, $7, $8)";
    let expires = ms(claims.exp.saturating_mul(1000));
    on_tx!(tx, conn => sqlx::query(SQL).bind(&claims.jti).bind(kind).bind(&claims.subject.ws)
        .bind(&claims.subject.sub).bind(hash).bind(by).bind(ms(now_ms)).bind(expires).execute(conn).await.map(|_| ()))
    .map_err(fault)
}

type Found = (String, String, String, String, String, i64, i64, Option<i64>);

const COLUMNS: &str = "select id, kind, workspace_id, subject, issued_by, issued_at, expires_at, revoked_at";

fn issued(row: Found) -> Result<Issued> {
    let (id, kind, workspace, subject, issued_by, issued_at, expires_at, revoked_at) = row;
    let workspace =
        WorkspaceId::parse(&workspace).ok_or_else(|| Error::internal("a token's row names no workspace"))?;
    Ok(Issued {
        id,
        kind,
        workspace,
        subject,
        issued_by,
        issued_at_ms: issued_at.unsigned_abs(),
        expires_at_ms: expires_at.unsigned_abs(),
        revoked_at_ms: revoked_at.map(i64::unsigned_abs),
    })
}

pub(super) async fn find(db: &Db, id: &str) -> Result<Option<Arc<Issued>>> {
    let sql = format!("{COLUMNS} from issued_tokens where id = $1");
    let row: Option<Found> =
        on_db!(db.read, pool => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(pool).await)
            .map_err(fault)?;
    Ok(row.map(issued).transpose()?.map(Arc::new))
}

pub(super) async fn valid(db: &Db, workspace: &str, kind: &str, subject: &str, now_ms: u64) -> Result<Vec<Issued>> {
    let sql = format!(
        "{COLUMNS} from issued_tokens where workspace_id = $1 and kind = $2 and subject = $3 \
         and revoked_at is null and expires_at > $4 order by id desc"
    );
    let rows: Vec<Found> = on_db!(db.read, pool => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(workspace).bind(kind)
        .bind(subject).bind(ms(now_ms)).fetch_all(pool).await)
    .map_err(fault)?;
    rows.into_iter().map(issued).collect()
}

pub(super) async fn revoke(tx: &mut Tx, workspace: &str, id: &str, now_ms: u64) -> Result<u64> {
    const SQL: &str = "update issued_tokens set revoked_at = $3 \
                       where workspace_id = $1 and id = $2 and revoked_at is null";
    on_tx!(tx, conn => sqlx::query(SQL).bind(workspace).bind(id).bind(ms(now_ms)).execute(conn).await
        .map(|done| done.rows_affected()))
    .map_err(fault)
}

pub(super) async fn revoke_all(tx: &mut Tx, workspace: &str, kind: &str, subject: &str, now_ms: u64) -> Result<u64> {
    const SQL: &str = "update issued_tokens set revoked_at = $4 \
                       where workspace_id = $1 and kind = $2 and subject = $3 and revoked_at is null";
    on_tx!(tx, conn => sqlx::query(SQL).bind(workspace).bind(kind).bind(subject).bind(ms(now_ms)).execute(conn).await
        .map(|done| done.rows_affected()))
    .map_err(fault)
}

pub(super) async fn sweep(db: &Db, before_ms: u64) -> Result<u64> {
    const SQL: &str = "delete from issued_tokens where expires_at < $1";
    let mut tx = db.begin().await?;
    let rows = on_tx!(tx, conn => sqlx::query(SQL).bind(ms(before_ms)).execute(conn).await
        .map(|done| done.rows_affected()))
    .map_err(fault)?;
    tx.commit().await?;
    Ok(rows)
}
