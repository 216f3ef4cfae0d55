//! Changes of what is in force: activate, roll back, deactivate, delete, quarantine.
use super::history;
use super::permissions::Permissions;
use super::standing::{self, Versions, state_of};
use super::store::{self, By, Change, Kind, Version, Write};
use super::table::Active;
use super::upload::Entrance;
use super::{PluginInfo, Plugins};
use crate::base::error::{Code, Error, Kind as ErrorKind, Result};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

/// Which version is to be in force, and on what terms.
#[derive(Clone, Debug, Default)]
pub struct Activate {
    /// A version number, or a digest.
    pub version: String,
    /// `None`: what was granted before. A list replaces it; all adds what this version asks for.
    pub permissions: Option<Permissions>,
    /// Replaces the admin's configuration with the same step.
    pub config: Option<Map<String, Value>>,
    pub who: String,
}

/// Who changes plugins when nobody asked for it.
const HOST: &str = "host";

fn unknown() -> Error {
    Error::new(Code::UnknownPlugin, "There is no plugin of this name")
}

impl Plugins {
    pub(super) fn in_force(&self, name: &str) -> Option<Arc<Active>> {
        self.table().plugins.get(name).cloned()
    }

    /// A plugin's versions, the newest first. Errors: `unknown_plugin`.
    pub async fn versions(&self, name: &str) -> Result<Versions> {
        let versions = self.known_versions(name).await?;
        let grants = store::grants(&self.0.db, self.workspace(), name).await?;
        let list = versions.iter().map(|version| self.shown(version, &grants).into()).collect();
        let rejected = self.rejected();
        let rejected = rejected.into_iter().filter(|one| one.name.as_deref() == Some(name)).collect();
        Ok(Versions { versions: list, rejected })
    }

    /// Uploads that were refused lately, by this process, the latest first.
    pub fn rejected(&self) -> Vec<standing::Rejected> {
        self.0.rejected.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }

    async fn known_versions(&self, name: &str) -> Result<Vec<Version>> {
        let versions = store::versions(&self.0.db, self.workspace(), name).await?;
        if versions.is_empty() { Err(unknown()) } else { Ok(versions) }
    }

    fn shown(&self, version: &Version, grants: &BTreeSet<String>) -> PluginInfo {
        let table = self.table();
        if let Some(active) = table.plugins.get(&version.name)
            && active.compiled.digest == version.digest
        {
            return active.info.clone();
        }
        let shown = standing::shown_digest(&version.digest);
        if let Some(failed) = table.failed.get(&version.name).filter(|failed| failed.digest == shown) {
            return failed.clone();
        }
        standing::info(version, grants, state_of(version), Vec::new())
    }

    /// What stands for a plugin: what is in force; else the version that was last, else the newest one. Errors:
    /// `unknown_plugin`.
    pub async fn about(&self, name: &str) -> Result<PluginInfo> {
        let table = self.table();
        let shown = table.failed.get(name).cloned().or_else(|| table.plugins.get(name).map(|p| p.info.clone()));
        if let Some(info) = shown {
            return Ok(info);
        }
        let versions = self.known_versions(name).await?;
        let last = versions.iter().max_by_key(|version| version.activated_at_ms);
        let version = last.filter(|version| version.activated_at_ms.is_some()).or(versions.first());
        let grants = store::grants(&self.0.db, self.workspace(), name).await?;
        version.map(|version| self.shown(version, &grants)).ok_or_else(unknown)
    }

    pub(super) async fn about_version(&self, digest: &str) -> Result<PluginInfo> {
        let version = store::version(&self.0.db, self.workspace(), digest).await?.ok_or_else(unknown)?;
        let grants = store::grants(&self.0.db, self.workspace(), &version.name).await?;
        Ok(self.shown(&version, &grants))
    }

    /// Every plugin that is known, also those out of force.
    pub async fn all(&self) -> Result<Vec<PluginInfo>> {
        let mut all = self.list();
        for name in store::names(&self.0.db, self.workspace()).await? {
            if !all.iter().any(|info| info.name == name) {
                all.push(self.about(&name).await?);
            }
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    /// Finds a version by its number or digest; of several uploads of one number the one that was in force, else the
    /// newest. Errors: `unknown_plugin`, `unknown_version`.
    async fn find(&self, name: &str, which: &str) -> Result<Version> {
        let versions = self.known_versions(name).await?;
        let digest = which.strip_prefix("sha256:").unwrap_or(which);
        let fits = |version: &&Version| version.version == which || version.digest == digest;
        let found = versions.iter().filter(fits).max_by_key(|version| version.activated_at_ms).cloned();
        found.ok_or_else(|| Error::new(Code::UnknownVersion, "There is no such version of this plugin"))
    }

    /// Puts a known version in force, also one that was quarantined. Errors: `unknown_plugin`, `unknown_version`,
    /// `schema_narrowed`, `grants_missing`, `invalid_config`, `name_taken`, `plugin_invalid`; nothing has changed then.
    pub async fn activate(&self, name: &str, activate: Activate) -> Result<PluginInfo> {
        let _turn = self.0.changing.lock().await;
        self.catch_up().await?;
        let prepared = self.prepare(self.find(name, &activate.version).await?).await?;
        self.may_follow(&prepared)?;
        let asks = &prepared.manifest.permissions;
        let before = store::grants(&self.0.db, self.workspace(), name).await?;
        let grants = match &activate.permissions {
            None => before,
            Some(Permissions::All) => before.union(asks).cloned().collect(),
            Some(these) => these.words(asks),
        };
        super::permissions::covered(&prepared.manifest, &grants)?;
        let new_config = activate.config.is_some();
        let own = match activate.config {
            Some(config) => config,
            None => self.own_config(name).await?,
        };
        prepared.manifest.config.effective(&own).map_err(|faults| {
            let detail = "The configuration does not fit this version's schema; send one that does as config";
            Error::new(Code::InvalidConfig, detail).with_faults(faults)
        })?;
        let (kind, who) = (Kind::Activate, activate.who.as_str());
        let entrance =
            Entrance { kind, reason: None, who, grants, own, new_config, component: None, quarantined: None };
        self.put_in_force(prepared, entrance, &[]).await
    }

    /// Puts the version in force that was before, and so further back each time; from a plugin out of force, the one that
    /// was last. Quarantined versions and those that are kept no longer are passed over. Errors: `unknown_plugin`,
    /// `no_earlier_version`, `grants_missing`, `plugin_invalid`.
    pub async fn rollback(&self, name: &str, who: &str) -> Result<PluginInfo> {
        let _turn = self.0.changing.lock().await;
        self.catch_up().await?;
        let candidates = self.earlier(name).await?;
        let none = || Error::new(Code::NoEarlierVersion, "No earlier version of this plugin is kept");
        let version = candidates.into_iter().next().ok_or_else(none)?;
        self.back_to(version, Kind::Rollback, None, who, None).await
    }

    /// Versions that a rollback may lead to, the nearest first.
    async fn earlier(&self, name: &str) -> Result<Vec<Version>> {
        let versions = self.known_versions(name).await?;
        let history = store::history(&self.0.db, self.workspace(), name).await?;
        let kept = |digest: &str| versions.iter().find(|v| v.digest == digest && v.state != "quarantined").cloned();
        Ok(history::before(&history).into_iter().filter_map(kept).collect())
    }

    async fn back_to(
        &self,
        version: Version,
        kind: Kind,
        reason: Option<&str>,
        who: &str,
        quarantined: Option<(&str, &str)>,
    ) -> Result<PluginInfo> {
        let grants = store::grants(&self.0.db, self.workspace(), &version.name).await?;
        let own = self.own_config(&version.name).await?;
        let prepared = self.prepare(version).await?;
        let entrance = Entrance { kind, reason, who, grants, own, new_config: false, component: None, quarantined };
        self.put_in_force(prepared, entrance, &[]).await
    }

    /// Takes a plugin out of force: its actions and queries are unknown from the next call on. Its data, grants,
    /// configuration and secrets stay. Errors: `unknown_plugin`.
    pub async fn deactivate(&self, name: &str, who: &str) -> Result<PluginInfo> {
        let _turn = self.0.changing.lock().await;
        self.catch_up().await?;
        if let Some((digest, version)) = self.standing(name) {
            let id = self.write_out_of_force(name, &digest, Kind::Deactivate, None, who).await?;
            if let Some(before) = self.in_force(name) {
                self.0.shelf.put(name, before.compiled.clone());
            }
            self.swap(self.table().without(name), id);
            tracing::info!(plugin = name, from = version, to = "none", kind = "deactivate", who, "plugin out of force");
        }
        self.about(name).await
    }

    /// Digest and version of what is, or should be, in force.
    fn standing(&self, name: &str) -> Option<(String, String)> {
        let table = self.table();
        let info = table.failed.get(name).or_else(|| table.plugins.get(name).map(|active| &active.info))?;
        Some((info.digest.trim_start_matches("sha256:").to_owned(), info.version.clone()))
    }

    async fn write_out_of_force(
        &self,
        name: &str,
        digest: &str,
        kind: Kind,
        reason: Option<&str>,
        who: &str,
    ) -> Result<i64> {
        let at_ms = self.0.clock.now_ms();
        let granted = store::grants(&self.0.db, self.workspace(), name).await?;
        let by = By { at_ms, ..self.by(name, who) };
        let quarantined = reason.filter(|_| kind == Kind::Quarantine).map(|reason| (digest, reason));
        let change = Some(Change { kind, name, digest, granted: &granted, reason, who, at_ms });
        let write = Write { quarantined, change, ..Write::default() };
        Ok(store::write(&self.0.db, &by, &write).await?.unwrap_or_default())
    }

    /// Removes a version that is not in force. Errors: `unknown_plugin`, `unknown_version`, `plugin_in_force`,
    /// `plugin_bundled`.
    pub async fn delete_version(&self, name: &str, which: &str, who: &str) -> Result<()> {
        let _turn = self.0.changing.lock().await;
        self.catch_up().await?;
        let version = self.find(name, which).await?;
        if self.standing(name).is_some_and(|(digest, _)| digest == version.digest) {
            return Err(Error::new(Code::PluginInForce, "This version is in force; activate another one first"));
        }
        self.may_go(&version)?;
        let by = self.by(name, who);
        let forget = [version.digest];
        store::write(&self.0.db, &by, &Write { forget: &forget, ..Write::default() }).await?;
        tracing::info!(plugin = name, version = version.version, digest = forget[0], who, "plugin version deleted");
        Ok(())
    }

    fn may_go(&self, version: &Version) -> Result<()> {
        let ships = |(_, bytes): &(&str, &[u8])| {
            crate::base::secret::hex(&crate::base::secret::sha256(bytes)) == version.digest
        };
        if self.0.bundled.iter().any(ships) {
            let detail = "This version is part of the host; it can be deactivated, but not deleted";
            return Err(Error::new(Code::PluginBundled, detail));
        }
        Ok(())
    }

    /// Removes a plugin that is out of force: its versions, grants, configuration and secrets. The data that it stored
    /// stays, and is there again for a plugin that is uploaded under the same name. Errors: `unknown_plugin`,
    /// `plugin_in_force`, `plugin_bundled`.
    pub async fn delete(&self, name: &str, who: &str) -> Result<()> {
        let _turn = self.0.changing.lock().await;
        self.catch_up().await?;
        let versions = self.known_versions(name).await?;
        if self.standing(name).is_some() {
            return Err(Error::new(Code::PluginInForce, "This plugin is in force; deactivate it first"));
        }
        for version in &versions {
            self.may_go(version)?;
        }
        let forget: Vec<String> = versions.iter().map(|version| version.digest.clone()).collect();
        let (at_ms, granted) = (self.0.clock.now_ms(), BTreeSet::new());
        let by = By { at_ms, ..self.by(name, who) };
        let digest = versions.first().map(|version| version.digest.as_str()).unwrap_or_default();
        let change = Some(Change { kind: Kind::Delete, name, digest, granted: &granted, reason: None, who, at_ms });
        let id = store::write(&self.0.db, &by, &Write { forget: &forget, change, ..Write::default() }).await?;
        self.0.shelf.clear(name);
        self.swap(self.table().without(name), id.unwrap_or_default());
        tracing::info!(plugin = name, versions = forget.len(), who, "plugin deleted");
        Ok(())
    }

    /// The version in force fails: puts it into quarantine and the version before it back in force. `bad`: the digest of
    /// the failing version, with or without "sha256:"; when another one is in force by now, only the quarantine is noted.
    /// Gives what is in force then; `None`, and nothing has changed, where no earlier version will do.
    pub async fn auto_rollback(&self, name: &str, bad: &str, reason: &str) -> Result<Option<PluginInfo>> {
        let _turn = self.0.changing.lock().await;
        self.catch_up().await?;
        let bad = bad.trim_start_matches("sha256:");
        if self.standing(name).is_none_or(|(digest, _)| digest != bad) {
            self.note_quarantine(name, bad, reason).await?;
            return Ok(self.in_force(name).map(|active| active.info.clone()));
        }
        for version in self.earlier(name).await?.into_iter().filter(|version| version.digest != bad) {
            let to = version.version.clone();
            match self.back_to(version, Kind::AutoRollback, Some(reason), HOST, Some((bad, reason))).await {
                Ok(info) => return Ok(Some(info)),
                Err(error) if error.code.kind() == ErrorKind::Unavailable => return Err(error),
                Err(error) => tracing::warn!(?error, plugin = name, to, "this version cannot be rolled back to"),
            }
        }
        Ok(None)
    }

    /// Shuts a failing version, with nothing in its place: its names stay known, its calls are refused until an admin
    /// activates a version or rolls back. When another version is in force by now, only the quarantine is noted.
    pub async fn quarantine(&self, name: &str, digest: &str, reason: &str) -> Result<()> {
        let _turn = self.0.changing.lock().await;
        self.catch_up().await?;
        let digest = digest.trim_start_matches("sha256:");
        if self.standing(name).is_none_or(|(in_force, _)| in_force != digest) {
            return self.note_quarantine(name, digest, reason).await;
        }
        self.write_out_of_force(name, digest, Kind::Quarantine, Some(reason), HOST).await?;
        if let Some(active) = self.in_force(name) {
            self.0.shelf.put(name, active.compiled.clone());
            active.watched.quarantine();
        }
        tracing::warn!(plugin = name, digest, reason, kind = "quarantine", who = HOST, "plugin version in quarantine");
        self.catch_up().await
    }

    async fn note_quarantine(&self, name: &str, digest: &str, reason: &str) -> Result<()> {
        let by = self.by(name, HOST);
        let write = Write { quarantined: Some((digest, reason)), ..Write::default() };
        store::write(&self.0.db, &by, &write).await?;
        tracing::warn!(plugin = name, digest, reason, who = HOST, "plugin version in quarantine");
        Ok(())
    }
}
