//! The SQL of plugin versions and activations.
mod settings;

pub(super) use settings::*;

use super::audited;
use crate::base::error::Result;
use crate::features::audit::Audit;
use crate::platform::db::{Db, Tx, fault, on_db, on_tx};
use bytes::Bytes;
use std::collections::BTreeSet;

/// What an activation row says. The newest row of a name tells what is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Activate,
    Rollback,
    AutoRollback,
    /// The configuration changed; what is in force stays.
    Config,
    Deactivate,
    Quarantine,
    Delete,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::Activate => "activate",
            Kind::Rollback => "rollback",
            Kind::AutoRollback => "auto-rollback",
            Kind::Config => "config",
            Kind::Deactivate => "deactivate",
            Kind::Quarantine => "quarantine",
            Kind::Delete => "delete",
        }
    }

    /// A word of a later host counts as an activation: what it names is in force.
    fn of(word: &str) -> Kind {
        let all = [Kind::Rollback, Kind::AutoRollback, Kind::Config, Kind::Deactivate, Kind::Quarantine, Kind::Delete];
        all.into_iter().find(|kind| kind.word() == word).unwrap_or(Kind::Activate)
    }

    pub fn in_force(self) -> bool {
        !matches!(self, Kind::Deactivate | Kind::Quarantine | Kind::Delete)
    }
}

/// The newest row of a name, with what is needed to load its version.
#[derive(Clone, Debug)]
pub(super) struct Activation {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) digest: String,
    pub(super) kind: Kind,
    pub(super) granted: Vec<String>,
    pub(super) at_ms: u64,
    pub(super) reason: Option<String>,
    pub(super) manifest: String,
    pub(super) bundled: bool,
}

/// A version as it is stored, and how it stands in a workspace.
#[derive(Clone, Debug, Default)]
pub(super) struct Version {
    pub(super) digest: String,
    pub(super) name: String,
    pub(super) version: String,
    /// "staged", "needs-approval" or "quarantined"; what is or was in force is told by the activations.
    pub(super) state: String,
    pub(super) reason: Option<String>,
    /// JSON.
    pub(super) steps: String,
    pub(super) bytes: u64,
    pub(super) uploaded_at_ms: u64,
    pub(super) uploaded_by: String,
    pub(super) manifest: String,
    pub(super) bundled: bool,
    /// When it was last put in force, if ever.
    pub(super) activated_at_ms: Option<u64>,
}

/// One line of the history.
pub(super) struct Change<'a> {
    pub(super) kind: Kind,
    pub(super) name: &'a str,
    pub(super) digest: &'a str,
    pub(super) granted: &'a BTreeSet<String>,
    pub(super) reason: Option<&'a str>,
    pub(super) who: &'a str,
    pub(super) at_ms: u64,
}

pub(super) fn stored_ms(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

/// The newest row of each plugin of the workspace, also of those that are out of force.
pub(super) async fn newest_of_each(db: &Db, workspace: &str) -> Result<Vec<Activation>> {
    const SQL: &str = "select a.id, a.name, a.digest, a.kind, a.granted, a.at, a.reason, v.manifest, v.bundled \
                       from activations a join plugin_versions v on v.digest = a.digest \
                       where a.workspace_id = $1 and a.id = \
                       (select max(b.id) from activations b where b.workspace_id = a.workspace_id and b.name = a.name) \
                       order by a.name";
    type Found = (i64, String, String, String, String, i64, Option<String>, String, bool);
    let rows: Vec<Found> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(workspace).fetch_all(pool).await).map_err(fault)?;
    let activation = |(id, name, digest, kind, granted, at, reason, manifest, bundled): Found| Activation {
        id,
        name,
        digest,
        kind: Kind::of(&kind),
        granted: serde_json::from_str(&granted).unwrap_or_default(),
        at_ms: at.unsigned_abs(),
        reason,
        manifest,
        bundled,
    };
    Ok(rows.into_iter().map(activation).collect())
}

/// Grows with every change, by whatever process.
pub(super) async fn newest(db: &Db) -> Result<i64> {
    const SQL: &str = "select coalesce(max(id), 0) from activations";
    let (id,): (i64,) = on_db!(db.read, pool => sqlx::query_as(SQL).fetch_one(pool).await).map_err(fault)?;
    Ok(id)
}

/// The latest lines of a plugin's history, the oldest first: kind and digest.
pub(super) async fn history(db: &Db, workspace: &str, name: &str) -> Result<Vec<(Kind, String)>> {
    const SQL: &str =
        "select kind, digest from activations where workspace_id = $1 and name = $2 order by id desc limit 1000";
    let rows: Vec<(String, String)> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(workspace).bind(name).fetch_all(pool).await).map_err(fault)?;
    Ok(rows.into_iter().rev().map(|(kind, digest)| (Kind::of(&kind), digest)).collect())
}

/// Whether a version was ever in force in the workspace.
pub(super) async fn was_in_force(db: &Db, workspace: &str, digest: &str) -> Result<bool> {
    const SQL: &str = "select count(*) from activations where workspace_id = $1 and digest = $2";
    let (rows,): (i64,) =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(workspace).bind(digest).fetch_one(pool).await)
            .map_err(fault)?;
    Ok(rows > 0)
}

pub(super) async fn component(db: &Db, digest: &str) -> Result<Option<Bytes>> {
    const SQL: &str = "select component from plugin_versions where digest = $1";
    let row: Option<(Option<Vec<u8>>,)> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(digest).fetch_optional(pool).await).map_err(fault)?;
    Ok(row.and_then(|(bytes,)| bytes).map(Bytes::from))
}

/// Every plugin of which the workspace has a version.
pub(super) async fn names(db: &Db, workspace: &str) -> Result<Vec<String>> {
    const SQL: &str = "select distinct name from plugin_uploads where workspace_id = $1 order by name";
    let rows: Vec<(String,)> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(workspace).fetch_all(pool).await).map_err(fault)?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

const VERSION: &str = "select u.digest, u.name, u.version, u.state, u.reason, u.steps, u.bytes, u.uploaded_at, \
                       u.uploaded_by, v.manifest, v.bundled, (select max(a.at) from activations a \
                       where a.workspace_id = u.workspace_id and a.digest = u.digest \
                       and a.kind in ('activate', 'rollback', 'auto-rollback')) \
                       from plugin_uploads u join plugin_versions v on v.digest = u.digest where u.workspace_id = $1 ";

type VersionRow = (String, String, String, String, Option<String>, String, i64, i64, String, String, bool, Option<i64>);

fn version_of(row: VersionRow) -> Version {
    let (digest, name, version, state, reason, steps, bytes, at, uploaded_by, manifest, bundled, activated) = row;
    let (bytes, uploaded_at_ms) = (bytes.unsigned_abs(), at.unsigned_abs());
    let activated_at_ms = activated.map(i64::unsigned_abs);
    Version {
        digest,
        name,
        version,
        state,
        reason,
        steps,
        bytes,
        uploaded_at_ms,
        uploaded_by,
        manifest,
        bundled,
        activated_at_ms,
    }
}

/// The versions of a plugin, the newest upload first.
pub(super) async fn versions(db: &Db, workspace: &str, name: &str) -> Result<Vec<Version>> {
    let sql = sqlx::AssertSqlSafe(format!("{VERSION} and u.name = $2 order by u.uploaded_at desc, u.digest"));
    let rows: Vec<VersionRow> =
        on_db!(db.read, pool => sqlx::query_as(sql).bind(workspace).bind(name).fetch_all(pool).await).map_err(fault)?;
    Ok(rows.into_iter().map(version_of).collect())
}

pub(super) async fn version(db: &Db, workspace: &str, digest: &str) -> Result<Option<Version>> {
    let sql = sqlx::AssertSqlSafe(format!("{VERSION} and u.digest = $2"));
    let row: Option<VersionRow> =
        on_db!(db.read, pool => sqlx::query_as(sql).bind(workspace).bind(digest).fetch_optional(pool).await)
            .map_err(fault)?;
    Ok(row.map(version_of))
}

/// What one change writes, all or nothing.
#[derive(Default)]
pub(super) struct Write<'a> {
    /// A version that is new here, or whose standing changed, and its component.
    pub(super) version: Option<(&'a Version, Option<&'a [u8]>)>,
    /// Replaces what is granted.
    pub(super) grants: Option<&'a BTreeSet<String>>,
    /// Replaces the admin's configuration: JSON.
    pub(super) config: Option<&'a str>,
    /// Digest and reason of a version that failed in force.
    pub(super) quarantined: Option<(&'a str, &'a str)>,
    /// Digests of versions that are no longer kept.
    pub(super) forget: &'a [String],
    pub(super) change: Option<Change<'a>>,
}

/// Who writes, for rows that have no change of their own.
pub(super) struct By<'a> {
    pub(super) workspace: &'a str,
    pub(super) plugin: &'a str,
    pub(super) who: &'a str,
    pub(super) at_ms: u64,
    /// `None` in tests of the store alone.
    pub(super) audit: Option<&'a Audit>,
}

/// Writes it in one transaction. Gives the id of the change's row.
pub(super) async fn write(db: &Db, by: &By<'_>, what: &Write<'_>) -> Result<Option<i64>> {
    const VERSION: &str = "insert into plugin_versions (digest, name, version, manifest, component, bundled, uploaded_at) \
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (digest) do update set manifest = excluded.manifest, \
         bundled = excluded.bundled, component = coalesce(excluded.component, plugin_versions.component)";
    const UPLOAD: &str = "insert into plugin_uploads \
         (workspace_id, digest, name, version, state, reason, steps, bytes, uploaded_at, uploaded_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (workspace_id, digest) do update \
         set state = excluded.state, reason = excluded.reason, steps = excluded.steps";
    const QUARANTINE: &str = "update plugin_uploads set state = 'quarantined', reason = $3 \
                              where workspace_id = $1 and digest = $2";
    const CHANGE: &str = "insert into activations (workspace_id, name, digest, granted, at, kind, reason, who) \
                          values ($1, $2, $3, $4, $5, $6, $7, $8) returning id";
    let mut tx = db.begin().await?;
    if let Some((version, component)) = what.version {
        on_tx!(tx, conn => sqlx::query(VERSION).bind(&version.digest).bind(&version.name).bind(&version.version)
            .bind(&version.manifest).bind(component).bind(version.bundled).bind(stored_ms(version.uploaded_at_ms))
            .execute(conn).await.map(|_| ()))
        .map_err(fault)?;
        on_tx!(tx, conn => sqlx::query(UPLOAD).bind(by.workspace).bind(&version.digest).bind(&version.name)
            .bind(&version.version).bind(&version.state).bind(&version.reason).bind(&version.steps)
            .bind(stored_ms(version.bytes)).bind(stored_ms(version.uploaded_at_ms)).bind(&version.uploaded_by)
            .execute(conn).await.map(|_| ()))
        .map_err(fault)?;
    }
    if let Some((digest, reason)) = what.quarantined {
        on_tx!(tx, conn => sqlx::query(QUARANTINE).bind(by.workspace).bind(digest).bind(reason).execute(conn).await.map(|_| ()))
            .map_err(fault)?;
    }
    if let Some(grants) = what.grants {
        settings::write_grants(&mut tx, by, grants).await?;
    }
    if let Some(config) = what.config {
        settings::write_config(&mut tx, by, config).await?;
    }
    for digest in what.forget {
        forget(&mut tx, by.workspace, digest).await?;
    }
    let mut id = None;
    if let Some(change) = &what.change {
        let granted = serde_json::Value::from_iter(change.granted.iter().cloned()).to_string();
        let row: (i64,) = on_tx!(tx, conn => sqlx::query_as(CHANGE).bind(by.workspace).bind(change.name)
            .bind(change.digest).bind(&granted).bind(stored_ms(change.at_ms)).bind(change.kind.word())
            .bind(change.reason).bind(change.who).fetch_one(conn).await)
        .map_err(fault)?;
        id = Some(row.0);
        if change.kind == Kind::Delete {
            settings::forget_all(&mut tx, by).await?;
        }
    }
    audited::record(&mut tx, by, audited::events(what)).await?;
    tx.commit().await?;
    Ok(id)
}

/// The history keeps naming the version; its component and manifest go, unless another workspace keeps them.
async fn forget(tx: &mut Tx, workspace: &str, digest: &str) -> Result<()> {
    const UPLOAD: &str = "delete from plugin_uploads where workspace_id = $1 and digest = $2";
    const VERSION: &str = "update plugin_versions set component = null, manifest = '' where digest = $1 \
                           and not exists (select 1 from plugin_uploads u where u.digest = $1)";
    on_tx!(tx, conn => sqlx::query(UPLOAD).bind(workspace).bind(digest).execute(conn).await.map(|_| ()))
        .map_err(fault)?;
    on_tx!(tx, conn => sqlx::query(VERSION).bind(digest).execute(conn).await.map(|_| ())).map_err(fault)?;
    Ok(())
}

#[cfg(test)]
mod tests;
