//! Sign-ins and their refresh tokens.
use super::super::{SessionInfo, SignedIn};
use super::ms;
use crate::base::error::{Error, Result};
use crate::base::ids::{SessionId, UserId, WorkspaceId};
use crate::platform::db::{Db, Tx, fault, on_db, on_tx};
use std::sync::Arc;

/// A new sign-in.
pub(in super::super) struct Row<'a> {
    pub id: &'a SessionId,
    pub user: &'a UserId,
    pub workspace: &'a WorkspaceId,
    pub kind: &'static str,
    pub now_ms: u64,
    pub expires_at_ms: u64,
    pub address: &'a str,
    pub agent: &'a str,
}

/// A refresh token and the sign-in that it belongs to.
pub(in super::super) struct Refresh {
    pub session: SignedIn,
    pub expires_at_ms: u64,
    pub used_at_ms: Option<u64>,
    /// The sign-in has ended, or its account is disabled.
    pub ended: bool,
}

pub(in super::super) async fn session(db: &Db, id: &str) -> Result<Option<Arc<SignedIn>>> {
    const SQL: &str = "select s.id, s.user_id, s.workspace_id, s.kind, s.expires_at \
                       from sessions s join users u on u.id = s.user_id \
                       where s.id = $1 and s.ended_at is null and u.disabled_at is null";
    type Found = (String, String, String, String, i64);
    let row: Option<Found> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(id).fetch_optional(pool).await).map_err(fault)?;
    let Some((session, user, workspace, kind, expires_at)) = row else { return Ok(None) };
    Ok(Some(Arc::new(signed_in(&session, &user, &workspace, kind, expires_at)?)))
}

fn signed_in(session: &str, user: &str, workspace: &str, kind: String, expires_at: i64) -> Result<SignedIn> {
    let ids = (SessionId::parse(session), UserId::parse(user), WorkspaceId::parse(workspace));
    let (Some(session), Some(user), Some(workspace)) = ids else {
        return Err(Error::internal("a sign-in's row holds an id that is none"));
    };
    Ok(SignedIn { session, user, workspace, kind, expires_at_ms: expires_at.unsigned_abs() })
}

pub(in super::super) async fn begin(tx: &mut Tx, row: &Row<'_>) -> Result<()> {
    const SQL: &str = "insert into sessions \
                       (id, user_id, workspace_id, kind, created_at, expires_at, used_at, address, agent) \
                       values ($1, $2, $3, $4, $5, $6, $5, $7, $8)";
    on_tx!(tx, conn => sqlx::query(SQL).bind(row.id.as_str()).bind(row.user.as_str()).bind(row.workspace.as_str())
        .bind(row.kind).bind(ms(row.now_ms)).bind(ms(row.expires_at_ms)).bind(row.address).bind(row.agent)
        .execute(conn).await.map(|_| ()))
    .map_err(fault)
}

pub(in super::super) async fn store_refresh(
    tx: &mut Tx,
    hash: &str,
    session: &SessionId,
    now_ms: u64,
    end_ms: u64,
) -> Result<()> {
    const SQL: &str = "insert into refresh_tokens (hash, session_id, issued_at, expires_at) values ($1, $2, $3, $4)";
    on_tx!(tx, conn => sqlx::query(SQL).bind(hash).bind(session.as_str()).bind(ms(now_ms)).bind(ms(end_ms))
        .execute(conn).await.map(|_| ()))
    .map_err(fault)
}

pub(in super::super) async fn refresh(tx: &mut Tx, hash: &str) -> Result<Option<Refresh>> {
    const SQL: &str = "select s.id, s.user_id, s.workspace_id, s.kind, s.expires_at, s.ended_at, u.disabled_at, \
                       r.expires_at, r.used_at from refresh_tokens r join sessions s on s.id = r.session_id \
                       join users u on u.id = s.user_id where r.hash = $1";
    type Found = (String, String, String, String, i64, Option<i64>, Option<i64>, i64, Option<i64>);
    let row: Option<Found> =
        on_tx!(tx, conn => sqlx::query_as(SQL).bind(hash).fetch_optional(conn).await).map_err(fault)?;
    let Some((session, user, workspace, kind, expires, ended, disabled, token_expires, used)) = row else {
        return Ok(None);
    };
    Ok(Some(Refresh {
        session: signed_in(&session, &user, &workspace, kind, expires)?,
        expires_at_ms: token_expires.unsigned_abs(),
        used_at_ms: used.map(i64::unsigned_abs),
        ended: ended.is_some() || disabled.is_some(),
    }))
}

/// Notes that a refresh token was exchanged.
pub(in super::super) async fn exchange(tx: &mut Tx, hash: &str, now_ms: u64) -> Result<()> {
    const SQL: &str = "update refresh_tokens set used_at = $2 where hash = $1";
    on_tx!(tx, conn => sqlx::query(SQL).bind(hash).bind(ms(now_ms)).execute(conn).await.map(|_| ())).map_err(fault)
}

/// Notes that a sign-in was used, and how long it lasts from now on.
pub(in super::super) async fn used(tx: &mut Tx, session: &SessionId, now_ms: u64, end_ms: u64) -> Result<()> {
    const SQL: &str = "update sessions set used_at = $2, expires_at = $3 where id = $1";
    on_tx!(tx, conn => sqlx::query(SQL).bind(session.as_str()).bind(ms(now_ms)).bind(ms(end_ms)).execute(conn).await
        .map(|_| ()))
    .map_err(fault)
}

pub(in super::super) async fn switch(tx: &mut Tx, session: &SessionId, workspace: &WorkspaceId) -> Result<()> {
    const SQL: &str = "update sessions set workspace_id = $2 where id = $1";
    on_tx!(tx, conn => sqlx::query(SQL).bind(session.as_str()).bind(workspace.as_str()).execute(conn).await
        .map(|_| ()))
    .map_err(fault)
}

/// Ends one sign-in of this account; whether it had not ended before.
pub(in super::super) async fn end(
    tx: &mut Tx,
    user: &UserId,
    session: &str,
    why: &'static str,
    now_ms: u64,
) -> Result<bool> {
    const SQL: &str = "update sessions set ended_at = $3, ended_why = $4 \
                       where user_id = $1 and id = $2 and ended_at is null and expires_at > $3";
    let rows = on_tx!(tx, conn => sqlx::query(SQL).bind(user.as_str()).bind(session).bind(ms(now_ms)).bind(why)
        .execute(conn).await.map(|done| done.rows_affected()))
    .map_err(fault)?;
    Ok(rows > 0)
}

/// Ends all sign-ins of this account but `but`; how many.
pub(in super::super) async fn end_all(
    tx: &mut Tx,
    user: &UserId,
    but: Option<&SessionId>,
    why: &'static str,
    now_ms: u64,
) -> Result<u64> {
    const SQL: &str = "update sessions set ended_at = $3, ended_why = $4 \
                       where user_id = $1 and id <> $2 and ended_at is null";
    on_tx!(tx, conn => sqlx::query(SQL).bind(user.as_str()).bind(but.map_or("", SessionId::as_str)).bind(ms(now_ms))
        .bind(why).execute(conn).await.map(|done| done.rows_affected()))
    .map_err(fault)
}

/// Sign-ins of this account that are valid, the newest first.
pub(in super::super) async fn of_user(db: &Db, user: &UserId, now_ms: u64) -> Result<Vec<SessionInfo>> {
    const SQL: &str = "select id, kind, created_at, used_at, expires_at, address, agent from sessions \
                       where user_id = $1 and ended_at is null and expires_at > $2 order by created_at desc limit 200";
    type Found = (String, String, i64, i64, i64, String, String);
    let rows: Vec<Found> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(user.as_str()).bind(ms(now_ms)).fetch_all(pool).await)
            .map_err(fault)?;
    let info = |(id, kind, created, used, expires, address, agent): Found| SessionInfo {
        id,
        kind,
        created_at_ms: created.unsigned_abs(),
        used_at_ms: used.unsigned_abs(),
        expires_at_ms: expires.unsigned_abs(),
        address,
        agent,
        current: false,
    };
    Ok(rows.into_iter().map(info).collect())
}

/// Removes what expired or ended before then; how many rows.
pub(in super::super) async fn sweep(db: &Db, now_ms: u64, before_ms: u64) -> Result<u64> {
    let all = [
        ("delete from refresh_tokens where expires_at < $1", now_ms),
        ("delete from refresh_tokens where session_id in (select id from sessions where expires_at < $1)", before_ms),
        ("delete from sessions where expires_at < $1", before_ms),
        ("delete from password_resets where expires_at < $1", before_ms),
    ];
    let mut tx = db.begin().await?;
    let mut rows = 0;
    for (sql, moment) in all {
        rows += on_tx!(tx, conn => sqlx::query(sql).bind(ms(moment)).execute(conn).await
            .map(|done| done.rows_affected()))
        .map_err(fault)?;
    }
    tx.commit().await?;
    Ok(rows)
}
