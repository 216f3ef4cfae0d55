//! The SQL of bots.
use super::{Bot, BotView};
use crate::base::error::{Error, Result};
use crate::base::ids::{BotId, UserId, WorkspaceId};
use crate::platform::db::{Db, Tx, fault, on_db, on_tx};
use std::sync::Arc;

fn ms(at: u64) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

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

#[derive(sqlx::FromRow)]
struct Found {
    id: String,
    workspace_id: String,
    slug: String,
    name: String,
    system_prompt: String,
    welcome_message: String,
    theme: String,
    primary_color: String,
    position: String,
    bubble_icon: String,
    enable_streaming: i64,
    streaming_speed: i64,
    active: i64,
    allowed_origins: String,
    max_sessions: i64,
    created_at: i64,
    changed_at: i64,
}

const COLUMNS: &str = "select b.id, b.workspace_id, b.slug, b.name, b.system_prompt, b.welcome_message, b.theme, \
                       b.primary_color, b.position, b.bubble_icon, b.enable_streaming, b.streaming_speed, b.active, \
                       b.allowed_origins, b.max_sessions, b.created_at, b.changed_at from bots b";

fn bot(row: Found) -> Result<Bot> {
    let (Some(id), Some(workspace_id)) = (BotId::parse(&row.id), WorkspaceId::parse(&row.workspace_id)) else {
        return Err(Error::internal("a bot's row holds an id that is none"));
    };
    let number = |n: i64| u32::try_from(n).unwrap_or_default();
    Ok(Bot {
        id,
        workspace_id,
        slug: row.slug,
        name: row.name,
        system_prompt: row.system_prompt,
        welcome_message: row.welcome_message,
        theme: row.theme,
        primary_color: row.primary_color,
        position: row.position,
        bubble_icon: row.bubble_icon,
        enable_streaming: row.enable_streaming != 0,
        streaming_speed: number(row.streaming_speed),
        active: row.active != 0,
        allowed_origins: serde_json::from_str(&row.allowed_origins).map_err(Error::internal)?,
        max_sessions: number(row.max_sessions),
        created_at_ms: row.created_at.unsigned_abs(),
        changed_at_ms: row.changed_at.unsigned_abs(),
    })
}

/// Where a bot is, whoever asks: only to look whether the caller is a member there.
pub(super) async fn workspace_of(db: &Db, id: &BotId) -> Result<Option<WorkspaceId>> {
    const SQL: &str = "select workspace_id from bots where id = $1";
    let row: Option<(String,)> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(id.as_str()).fetch_optional(pool).await).map_err(fault)?;
    Ok(row.and_then(|(workspace,)| WorkspaceId::parse(&workspace)))
}

pub(super) async fn find(db: &Db, workspace: &WorkspaceId, id: &BotId) -> Result<Option<Bot>> {
    let sql = format!("{COLUMNS} where b.workspace_id = $1 and b.id = $2");
    let row: Option<Found> = on_db!(db.read, pool => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(workspace.as_str())
        .bind(id.as_str()).fetch_optional(pool).await)
    .map_err(fault)?;
    row.map(bot).transpose()
}

/// The same as it is inside a change.
pub(super) async fn find_in(tx: &mut Tx, workspace: &WorkspaceId, id: &BotId) -> Result<Option<Bot>> {
    let sql = format!("{COLUMNS} where b.workspace_id = $1 and b.id = $2");
    let row: Option<Found> = on_tx!(tx, conn => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(workspace.as_str())
        .bind(id.as_str()).fetch_optional(conn).await)
    .map_err(fault)?;
    row.map(bot).transpose()
}

/// Those of all workspaces that the user is a member of, in the order of their ids.
pub(super) async fn of_user(db: &Db, user: &UserId, after: &str, limit: i64) -> Result<Vec<Bot>> {
    let sql = format!(
        "{COLUMNS} join members m on m.workspace_id = b.workspace_id join workspaces w on w.id = b.workspace_id \
         where m.user_id = $1 and w.deleted_at is null and b.id > $2 order by b.id limit $3"
    );
    let rows: Vec<Found> = on_db!(db.read, pool => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(user.as_str())
        .bind(after).bind(limit).fetch_all(pool).await)
    .map_err(fault)?;
    rows.into_iter().map(bot).collect()
}

pub(super) async fn of_workspace(db: &Db, workspace: &WorkspaceId, after: &str, limit: i64) -> Result<Vec<Bot>> {
    let sql = format!("{COLUMNS} where b.workspace_id = $1 and b.id > $2 order by b.id limit $3");
    let rows: Vec<Found> = on_db!(db.read, pool => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(workspace.as_str())
        .bind(after).bind(limit).fetch_all(pool).await)
    .map_err(fault)?;
    rows.into_iter().map(bot).collect()
}

/// All slugs of a workspace but that of one bot.
pub(super) async fn slugs(tx: &mut Tx, workspace: &WorkspaceId, but: &BotId) -> Result<Vec<String>> {
    const SQL: &str = "select slug from bots where workspace_id = $1 and id <> $2";
    let rows: Vec<(String,)> =
        on_tx!(tx, conn => sqlx::query_as(SQL).bind(workspace.as_str()).bind(but.as_str()).fetch_all(conn).await)
            .map_err(fault)?;
    Ok(rows.into_iter().map(|(slug,)| slug).collect())
}

/// Stores a bot, new or changed. The caller has looked whether it is his.
pub(super) async fn put(tx: &mut Tx, bot: &Bot) -> Result<()> {
    const SQL: &str = "insert into bots (id, workspace_id, slug, name, system_prompt, welcome_message, theme, \
                       primary_color, position, bubble_icon, enable_streaming, streaming_speed, active, allowed_origins, \
                       max_sessions, created_at, changed_at) \
                       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
                       on conflict (id) do update set slug = excluded.slug, name = excluded.name, \
                       system_prompt = excluded.system_prompt, welcome_message = excluded.welcome_message, \
                       theme = excluded.theme, primary_color = excluded.primary_color, position = excluded.position, \
                       bubble_icon = excluded.bubble_icon, enable_streaming = excluded.enable_streaming, \
                       streaming_speed = excluded.streaming_speed, active = excluded.active, \
                       allowed_origins = excluded.allowed_origins, max_sessions = excluded.max_sessions, \
                       changed_at = excluded.changed_at where bots.workspace_id = excluded.workspace_id";
    let origins = serde_json::to_string(&bot.allowed_origins).map_err(Error::internal)?;
    on_tx!(tx, conn => sqlx::query(SQL).bind(bot.id.as_str()).bind(bot.workspace_id.as_str()).bind(&bot.slug)
        .bind(&bot.name).bind(&bot.system_prompt).bind(&bot.welcome_message).bind(&bot.theme).bind(&bot.primary_color)
        .bind(&bot.position).bind(&bot.bubble_icon).bind(i64::from(bot.enable_streaming))
        .bind(i64::from(bot.streaming_speed)).bind(i64::from(bot.active)).bind(&origins)
        .bind(i64::from(bot.max_sessions)).bind(ms(bot.created_at_ms)).bind(ms(bot.changed_at_ms))
        .execute(conn).await.map(|_| ()))
    .map_err(fault)
}

pub(super) async fn delete(tx: &mut Tx, workspace: &WorkspaceId, id: &BotId) -> Result<bool> {
    const SQL: &str = "delete from bots where workspace_id = $1 and id = $2";
    let rows = on_tx!(tx, conn => sqlx::query(SQL).bind(workspace.as_str()).bind(id.as_str()).execute(conn).await
        .map(|done| done.rows_affected()))
    .map_err(fault)?;
    Ok(rows > 0)
}
