//! The SQL of plugin versions and activations.
use crate::base::error::Result;
use crate::platform::db::{Db, fault, on_db, on_tx};
use bytes::Bytes;

/// A version that was put in force, with what is needed to load it.
#[derive(Clone, Debug)]
pub(super) struct Activation {
    pub(super) name: String,
    pub(super) digest: String,
    pub(super) granted: Vec<String>,
    pub(super) at_ms: u64,
    pub(super) manifest: String,
    pub(super) bundled: bool,
}

impl Activation {
    /// Stands for a shipped version that never was put in force.
    pub(super) fn shipped(name: &str, digest: String, at_ms: u64) -> Activation {
        let (granted, manifest) = (Vec::new(), String::new());
        Activation { name: name.to_owned(), digest, granted, at_ms, manifest, bundled: true }
    }
}

pub(super) struct NewVersion<'a> {
    pub(super) digest: &'a str,
    pub(super) name: &'a str,
    pub(super) version: &'a str,
    pub(super) manifest: &'a str,
    /// `None` for a bundled one.
    pub(super) component: Option<&'a [u8]>,
}

/// The newest activation of each plugin of the workspace.
pub(super) async fn in_force(db: &Db, workspace: &str) -> Result<Vec<Activation>> {
    const SQL: &str = "select a.name, a.digest, a.granted, a.at, v.manifest, v.bundled \
                       from activations a join plugin_versions v on v.digest = a.digest \
                       where a.workspace_id = $1 and a.id = \
                       (select max(b.id) from activations b where b.workspace_id = a.workspace_id and b.name = a.name) \
                       order by a.name";
    type Found = (String, String, String, i64, String, bool);
    let rows: Vec<Found> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(workspace).fetch_all(pool).await).map_err(fault)?;
    let activation = |(name, digest, granted, at, manifest, bundled): Found| Activation {
        name,
        digest,
        granted: serde_json::from_str(&granted).unwrap_or_default(),
        at_ms: at.unsigned_abs(),
        manifest,
        bundled,
    };
    Ok(rows.into_iter().map(activation).collect())
}

/// Grows with every activation, by whatever process.
pub(super) async fn newest(db: &Db) -> Result<i64> {
    const SQL: &str = "select coalesce(max(id), 0) from activations";
    let (id,): (i64,) = on_db!(db.read, pool => sqlx::query_as(SQL).fetch_one(pool).await).map_err(fault)?;
    Ok(id)
}

pub(super) async fn component(db: &Db, digest: &str) -> Result<Option<Bytes>> {
    const SQL: &str = "select component from plugin_versions where digest = $1";
    let row: Option<(Option<Vec<u8>>,)> =
        on_db!(db.read, pool => sqlx::query_as(SQL).bind(digest).fetch_optional(pool).await).map_err(fault)?;
    Ok(row.and_then(|(bytes,)| bytes).map(Bytes::from))
}

/// Stores a version and puts it in force, both or neither. Returns the activation's id.
pub(super) async fn activate(
    db: &Db,
    workspace: &str,
    version: &NewVersion<'_>,
    granted: &[String],
    at_ms: u64,
) -> Result<i64> {
    const VERSION: &str = "insert into plugin_versions (digest, name, version, manifest, component, bundled, uploaded_at) \
                           values ($1, $2, $3, $4, $5, $6, $7) on conflict (digest) do update \
                           set manifest = excluded.manifest, bundled = excluded.bundled, \
                           component = coalesce(plugin_versions.component, excluded.component)";
    const ACTIVATION: &str = "insert into activations (workspace_id, name, digest, granted, at) \
                              values ($1, $2, $3, $4, $5) returning id";
    let at = i64::try_from(at_ms).unwrap_or(i64::MAX);
    let granted = serde_json::Value::from(granted.to_vec()).to_string();
    let granted = &granted;
    let mut tx = db.begin().await?;
    on_tx!(tx, conn => sqlx::query(VERSION)
        .bind(version.digest)
        .bind(version.name)
        .bind(version.version)
        .bind(version.manifest)
        .bind(version.component)
        .bind(version.component.is_none())
        .bind(at)
        .execute(conn)
        .await
        .map(|_| ()))
    .map_err(fault)?;
    let (id,): (i64,) = on_tx!(tx, conn => sqlx::query_as(ACTIVATION)
        .bind(workspace)
        .bind(version.name)
        .bind(version.digest)
        .bind(granted)
        .bind(at)
        .fetch_one(conn)
        .await)
    .map_err(fault)?;
    tx.commit().await?;
    Ok(id)
}
