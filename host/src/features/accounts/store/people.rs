//! Accounts, and what resets their passwords.
use super::ms;
use crate::base::error::{Error, Result};
use crate::base::ids::UserId;
use crate::platform::db::{Db, Tx, fault, on_db, on_tx};

/// An account's row.
pub(in super::super) struct Found {
    pub id: UserId,
    pub email: String,
    pub username: Option<String>,
    pub name: String,
    pub password: Option<String>,
    pub created_at_ms: u64,
    pub disabled: bool,
}

pub(in super::super) struct NewUser<'a> {
    pub id: &'a UserId,
    pub email: &'a str,
    pub username: Option<&'a str>,
    pub name: &'a str,
    pub password: Option<&'a str>,
}

type Columns = (String, String, Option<String>, String, Option<String>, i64, Option<i64>);

fn found(row: Columns) -> Result<Found> {
    let (id, email, username, name, password, created_at, disabled_at) = row;
    let id = UserId::parse(&id).ok_or_else(|| Error::internal("an account's row holds an id that is none"))?;
    let created_at_ms = created_at.unsigned_abs();
    Ok(Found { id, email, username, name, password, created_at_ms, disabled: disabled_at.is_some() })
}

/// The account of an address or a username in lower case, and whether it was ever signed in from `address`.
pub(in super::super) async fn find(db: &Db, login: &str, address: &str) -> Result<Option<(Found, bool)>> {
    const SQL: &str = "select u.id, u.email, u.username, u.name, u.password, u.created_at, u.disabled_at, \
                       (select count(*) from sessions s where s.user_id = u.id and s.address = $2) \
                       from users u where u.email = $1 or u.username = $1";
    // Postgres keeps no NUL, and nobody's name has a control character in it.
    if login.chars().any(char::is_control) {
        return Ok(None);
    }
    type Row = (String, String, Option<String>, String, Option<String>, i64, Option<i64>, i64);
    let row: Option<Row> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(login).bind(address).fetch_optional(pool).await)
            .map_err(fault)?;
    let Some((id, email, username, name, password, created, disabled, known)) = row else { return Ok(None) };
    Ok(Some((found((id, email, username, name, password, created, disabled))?, known > 0)))
}

const BY_ID: &str = "select id, email, username, name, password, created_at, disabled_at from users where id = $1";

pub(in super::super) async fn by_id(db: &Db, id: &UserId) -> Result<Option<Found>> {
    let row: Option<Columns> =
        on_db!(db.read, pool => sqlx::query_as(BY_ID).bind(id.as_str()).fetch_optional(pool).await).map_err(fault)?;
    row.map(found).transpose()
}

pub(in super::super) async fn found_in(tx: &mut Tx, id: &UserId) -> Result<Option<Found>> {
    let row: Option<Columns> =
        on_tx!(tx, conn => sqlx::query_as(BY_ID).bind(id.as_str()).fetch_optional(conn).await).map_err(fault)?;
    row.map(found).transpose()
}

/// Everybody, the oldest first.
pub(in super::super) async fn everybody(db: &Db) -> Result<Vec<Found>> {
    const SQL: &str = "select id, email, username, name, password, created_at, disabled_at from users order by id";
    let rows: Vec<Columns> = on_db!(db.read, pool => sqlx::query_as(SQL).fetch_all(pool).await).map_err(fault)?;
    rows.into_iter().map(found).collect()
}

const ANYBODY: &str = "select count(*) from (select 1 from users limit 1) anybody";

pub(in super::super) async fn is_empty(db: &Db) -> Result<bool> {
    let (count,): (i64,) = on_db!(db.read, pool => sqlx::query_as(ANYBODY).fetch_one(pool).await).map_err(fault)?;
    Ok(count == 0)
}

pub(in super::super) async fn is_empty_in(tx: &mut Tx) -> Result<bool> {
    let (count,): (i64,) = on_tx!(tx, conn => sqlx::query_as(ANYBODY).fetch_one(conn).await).map_err(fault)?;
    Ok(count == 0)
}

/// Whether somebody else than `but` has this address, and this username. Nobody can take them before the end of the
/// transaction.
pub(in super::super) async fn taken(
    tx: &mut Tx,
    email: &str,
    username: Option<&str>,
    but: Option<&UserId>,
) -> Result<(bool, bool)> {
    const SQL: &str = "select email, username from users where (email = $1 or username = $2) and id <> $3";
    let (username, but) = (username.unwrap_or(""), but.map_or("", UserId::as_str));
    let rows: Vec<(String, Option<String>)> = on_tx!(tx, conn => sqlx::query_as(SQL).bind(email).bind(username)
        .bind(but).fetch_all(conn).await)
    .map_err(fault)?;
    Ok((
        rows.iter().any(|(theirs, _)| theirs == email),
        rows.iter().any(|(_, theirs)| theirs.as_deref() == Some(username)),
    ))
}

pub(in super::super) async fn insert(tx: &mut Tx, user: &NewUser<'_>, now_ms: u64) -> Result<()> {
    const SQL: &str = "insert into users (id, email, username, name, password, created_at, password_changed_at) \
                       values ($1, $2, $3, $4, $5, $6, $6)";
    on_tx!(tx, conn => sqlx::query(SQL).bind(user.id.as_str()).bind(user.email).bind(user.username).bind(user.name)
        .bind(user.password).bind(ms(now_ms)).execute(conn).await.map(|_| ()))
    .map_err(fault)
}

pub(in super::super) async fn update_profile(
    tx: &mut Tx,
    id: &UserId,
    name: &str,
    username: Option<&str>,
) -> Result<()> {
    const SQL: &str = "update users set name = $2, username = $3 where id = $1";
    on_tx!(tx, conn => sqlx::query(SQL).bind(id.as_str()).bind(name).bind(username).execute(conn).await.map(|_| ()))
        .map_err(fault)
}

/// The new password voids every reset that was asked for before.
pub(in super::super) async fn set_password(tx: &mut Tx, id: &UserId, password: &str, now_ms: u64) -> Result<()> {
    const SET: &str = "update users set password = $2, password_changed_at = $3 where id = $1";
    const VOID: &str = "update password_resets set used_at = $2 where user_id = $1 and used_at is null";
    on_tx!(tx, conn => sqlx::query(SET).bind(id.as_str()).bind(password).bind(ms(now_ms)).execute(conn).await
        .map(|_| ()))
    .map_err(fault)?;
    on_tx!(tx, conn => sqlx::query(VOID).bind(id.as_str()).bind(ms(now_ms)).execute(conn).await.map(|_| ()))
        .map_err(fault)
}

pub(in super::super) async fn set_disabled(tx: &mut Tx, id: &UserId, at_ms: Option<u64>) -> Result<()> {
    const SQL: &str = "update users set disabled_at = $2 where id = $1";
    on_tx!(tx, conn => sqlx::query(SQL).bind(id.as_str()).bind(at_ms.map(ms)).execute(conn).await.map(|_| ()))
        .map_err(fault)
}

/// The account and all that is its own; the audit log keeps its id.
pub(in super::super) async fn delete_user(tx: &mut Tx, id: &UserId) -> Result<()> {
    const ALL: [&str; 6] = [
        "delete from refresh_tokens where session_id in (select id from sessions where user_id = $1)",
        "delete from sessions where user_id = $1",
        "delete from password_resets where user_id = $1",
        "delete from members where user_id = $1",
        "update operators set user_id = null where user_id = $1",
        "delete from users where id = $1",
    ];
    for sql in ALL {
        on_tx!(tx, conn => sqlx::query(sql).bind(id.as_str()).execute(conn).await.map(|_| ())).map_err(fault)?;
    }
    Ok(())
}

pub(in super::super) async fn store_reset(
    tx: &mut Tx,
    hash: &str,
    user: &UserId,
    now_ms: u64,
    end_ms: u64,
) -> Result<()> {
    const SQL: &str = "insert into password_resets (hash, user_id, created_at, expires_at) values ($1, $2, $3, $4)";
    on_tx!(tx, conn => sqlx::query(SQL).bind(hash).bind(user.as_str()).bind(ms(now_ms)).bind(ms(end_ms)).execute(conn)
        .await.map(|_| ()))
    .map_err(fault)
}

/// How many resets of this account were asked for since then.
pub(in super::super) async fn resets_since(tx: &mut Tx, user: &UserId, since_ms: u64) -> Result<u64> {
    const SQL: &str = "select count(*) from password_resets where user_id = $1 and created_at > $2";
    let (count,): (i64,) = on_tx!(tx, conn => sqlx::query_as(SQL).bind(user.as_str()).bind(ms(since_ms))
        .fetch_one(conn).await)
    .map_err(fault)?;
    Ok(count.unsigned_abs())
}

/// Uses a reset up; whose it was, if it was still good.
pub(in super::super) async fn reset_used(tx: &mut Tx, hash: &str, now_ms: u64) -> Result<Option<UserId>> {
    const SQL: &str = "update password_resets set used_at = $2 where hash = $1 and used_at is null and expires_at > $2 \
                       returning user_id";
    let row: Option<(String,)> =
        on_tx!(tx, conn => sqlx::query_as(SQL).bind(hash).bind(ms(now_ms)).fetch_optional(conn).await)
            .map_err(fault)?;
    Ok(row.and_then(|(user,)| UserId::parse(&user)))
}

/// Whose reset it is, if it is still good.
pub(in super::super) async fn reset_of(db: &Db, hash: &str, now_ms: u64) -> Result<Option<UserId>> {
    const SQL: &str = "select user_id from password_resets where hash = $1 and used_at is null and expires_at > $2";
    let row: Option<(String,)> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(hash).bind(ms(now_ms)).fetch_optional(pool).await)
            .map_err(fault)?;
    Ok(row.and_then(|(user,)| UserId::parse(&user)))
}
