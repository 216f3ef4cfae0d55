//! The SQL of what belongs to a plugin whichever version of it is in force: grants, configuration, secrets, uses.
use super::super::audited;
use super::{By, stored_ms};
use crate::base::error::Result;
use crate::platform::db::{Db, Tx, fault, on_db, on_tx};
use serde_json::json;
use std::collections::BTreeSet;

pub(in super::super) async fn grants(db: &Db, workspace: &str, plugin: &str) -> Result<BTreeSet<String>> {
    const SQL: &str = "select permission from plugin_grants where workspace_id = $1 and plugin = $2";
    let rows: Vec<(String,)> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(workspace).bind(plugin).fetch_all(pool).await)
            .map_err(fault)?;
    Ok(rows.into_iter().map(|(permission,)| permission).collect())
}

pub(super) async fn write_grants(tx: &mut Tx, by: &By<'_>, grants: &BTreeSet<String>) -> Result<()> {
    const FOUND: &str = "select permission from plugin_grants where workspace_id = $1 and plugin = $2";
    const GONE: &str = "delete from plugin_grants where workspace_id = $1 and plugin = $2 and permission = $3";
    const NEW: &str = "insert into plugin_grants (workspace_id, plugin, permission, at, who) \
                       values ($1, $2, $3, $4, $5) on conflict (workspace_id, plugin, permission) do nothing";
    let found: Vec<(String,)> =
        on_tx!(tx, conn => sqlx::query_as(FOUND).bind(by.workspace).bind(by.plugin).fetch_all(conn).await)
            .map_err(fault)?;
    for (gone,) in found.iter().filter(|(permission,)| !grants.contains(permission)) {
        on_tx!(tx, conn => sqlx::query(GONE).bind(by.workspace).bind(by.plugin).bind(gone).execute(conn).await.map(|_| ()))
            .map_err(fault)?;
    }
    for permission in grants {
        on_tx!(tx, conn => sqlx::query(NEW).bind(by.workspace).bind(by.plugin).bind(permission)
            .bind(stored_ms(by.at_ms)).bind(by.who).execute(conn).await.map(|_| ()))
        .map_err(fault)?;
    }
    Ok(())
}

/// The admin's own values: JSON.
pub(in super::super) async fn config(db: &Db, workspace: &str, plugin: &str) -> Result<Option<String>> {
    const SQL: &str = "select config from plugin_config where workspace_id = $1 and plugin = $2";
    let row: Option<(String,)> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(workspace).bind(plugin).fetch_optional(pool).await)
            .map_err(fault)?;
    Ok(row.map(|(config,)| config))
}

pub(super) async fn write_config(tx: &mut Tx, by: &By<'_>, config: &str) -> Result<()> {
    const SQL: &str = "insert into plugin_config (workspace_id, plugin, config, at, who) values ($1, $2, $3, $4, $5) \
                       on conflict (workspace_id, plugin) do update \
                       set config = excluded.config, at = excluded.at, who = excluded.who";
    on_tx!(tx, conn => sqlx::query(SQL).bind(by.workspace).bind(by.plugin).bind(config).bind(stored_ms(by.at_ms))
        .bind(by.who).execute(conn).await.map(|_| ()))
    .map_err(fault)?;
    Ok(())
}

/// A deleted plugin leaves nothing behind but its data and its history.
pub(super) async fn forget_all(tx: &mut Tx, by: &By<'_>) -> Result<()> {
    const ALL: [&str; 4] = [
        "delete from plugin_grants where workspace_id = $1 and plugin = $2",
        "delete from plugin_config where workspace_id = $1 and plugin = $2",
        "delete from plugin_secrets where workspace_id = $1 and plugin = $2",
        "delete from plugin_used where workspace_id = $1 and plugin = $2",
    ];
    for sql in ALL {
        on_tx!(tx, conn => sqlx::query(sql).bind(by.workspace).bind(by.plugin).execute(conn).await.map(|_| ()))
            .map_err(fault)?;
    }
    Ok(())
}

/// A secret without its value.
pub(in super::super) struct SecretRow {
    pub(in super::super) name: String,
    pub(in super::super) sealed: Vec<u8>,
    pub(in super::super) created_at_ms: u64,
    pub(in super::super) changed_at_ms: u64,
    pub(in super::super) who: String,
}

pub(in super::super) async fn secrets(db: &Db, workspace: &str, plugin: &str) -> Result<Vec<SecretRow>> {
    const SQL: &str = "select name, sealed, created_at, changed_at, who from plugin_secrets \
                       where workspace_id = $1 and plugin = $2 order by name";
    type Found = (String, Vec<u8>, i64, i64, String);
    let rows: Vec<Found> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(workspace).bind(plugin).fetch_all(pool).await)
            .map_err(fault)?;
    let secret = |(name, sealed, created, changed, who): Found| SecretRow {
        name,
        sealed,
        created_at_ms: created.unsigned_abs(),
        changed_at_ms: changed.unsigned_abs(),
        who,
    };
    Ok(rows.into_iter().map(secret).collect())
}

pub(in super::super) async fn put_secret(db: &Db, by: &By<'_>, name: &str, sealed: &[u8]) -> Result<()> {
    const SQL: &str = "insert into plugin_secrets (workspace_id, plugin, name, sealed, created_at, changed_at, who) \
                       values ($1, $2, $3, $4, $5, $5, $6) on conflict (workspace_id, plugin, name) do update \
                       set sealed = excluded.sealed, changed_at = excluded.changed_at, who = excluded.who";
    let mut tx = db.begin().await?;
    on_tx!(tx, conn => sqlx::query(SQL).bind(by.workspace).bind(by.plugin).bind(name).bind(sealed)
        .bind(stored_ms(by.at_ms)).bind(by.who).execute(conn).await.map(|_| ()))
    .map_err(fault)?;
    audited::record(&mut tx, by, vec![("plugin.secret.set", json!({"name": name}))]).await?;
    tx.commit().await
}

/// Whether there was one.
pub(in super::super) async fn delete_secret(db: &Db, by: &By<'_>, name: &str) -> Result<bool> {
    const SQL: &str = "delete from plugin_secrets where workspace_id = $1 and plugin = $2 and name = $3";
    let mut tx = db.begin().await?;
    let rows = on_tx!(tx, conn => sqlx::query(SQL).bind(by.workspace).bind(by.plugin).bind(name)
        .execute(conn).await.map(|done| done.rows_affected()))
    .map_err(fault)?;
    if rows > 0 {
        audited::record(&mut tx, by, vec![("plugin.secret.delete", json!({"name": name}))]).await?;
    }
    tx.commit().await?;
    Ok(rows > 0)
}

/// How often a version used a permission, and when last.
pub(in super::super) struct UsedRow {
    pub(in super::super) permission: String,
    pub(in super::super) digest: String,
    pub(in super::super) uses: u64,
    pub(in super::super) last_at_ms: u64,
}

pub(in super::super) async fn used(db: &Db, workspace: &str, plugin: &str) -> Result<Vec<UsedRow>> {
    const SQL: &str = "select permission, digest, uses, last_at from plugin_used \
                       where workspace_id = $1 and plugin = $2 order by permission";
    type Found = (String, String, i64, i64);
    let rows: Vec<Found> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(workspace).bind(plugin).fetch_all(pool).await)
            .map_err(fault)?;
    let used = |(permission, digest, uses, last): Found| UsedRow {
        permission,
        digest,
        uses: uses.unsigned_abs(),
        last_at_ms: last.unsigned_abs(),
    };
    Ok(rows.into_iter().map(used).collect())
}

/// Adds uses: plugin, digest, permission, how many.
pub(in super::super) async fn add_used(
    db: &Db,
    workspace: &str,
    at_ms: u64,
    uses: &[(String, String, String, u64)],
) -> Result<()> {
    const SQL: &str = "insert into plugin_used (workspace_id, plugin, permission, digest, uses, first_at, last_at) \
                       values ($1, $2, $3, $4, $5, $6, $6) on conflict (workspace_id, plugin, permission, digest) \
                       do update set uses = plugin_used.uses + excluded.uses, last_at = excluded.last_at";
    let mut tx = db.begin().await?;
    for (plugin, digest, permission, count) in uses {
        on_tx!(tx, conn => sqlx::query(SQL).bind(workspace).bind(plugin).bind(permission).bind(digest)
            .bind(stored_ms(*count)).bind(stored_ms(at_ms)).execute(conn).await.map(|_| ()))
        .map_err(fault)?;
    }
    tx.commit().await
}
