//! The SQL of what belongs to a plugin whichever version of it is in force: grants, configuration, secrets, uses.
use super::{By, stored_ms};
use crate::base::error::Result;
use crate::platform::db::{Db, Tx, fault, on_db, on_tx};
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
