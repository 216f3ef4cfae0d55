//! An upload's way: looked at, held against what is in force and what is granted, then stored: in force, or waiting.
use super::load::{KEPT, Prepared};
use super::permissions::{Permissions, covered, missing};
use super::standing::{Rejected, Steps, shown_digest, state_of};
use super::store::{self, By, Change, Kind, Version, Write};
use super::{PluginInfo, Plugins};
use crate::base::error::{Code, Error, Result};
use crate::base::secret::{hex, sha256};
use bytes::Bytes;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

/// Refused uploads that are remembered.
const REJECTED: usize = 50;
/// Versions of one plugin that may wait without ever having been in force.
const WAITING: usize = 20;

/// A component on its way in.
#[derive(Clone, Debug)]
pub struct Upload {
    pub component: Bytes,
    /// What is granted with it, beside what was granted before. `None`: nothing, and a version that asks for more waits.
    pub permissions: Option<Permissions>,
    /// Whether it is put in force when nothing speaks against it.
    pub activate: bool,
    /// For the history and the log.
    pub who: String,
    /// An author's work in progress: it needs no version number of its own, and may take less input than the one before.
    pub draft: bool,
}

/// How a version comes into force.
pub(super) struct Entrance<'a> {
    pub(super) kind: Kind,
    pub(super) reason: Option<&'a str>,
    pub(super) who: &'a str,
    /// All that the plugin is granted from now on.
    pub(super) grants: BTreeSet<String>,
    /// The admin's own values, and whether they are new.
    pub(super) own: Map<String, Value>,
    pub(super) new_config: bool,
    /// Of a version that is not stored yet.
    pub(super) component: Option<&'a [u8]>,
    /// Digest and reason of the version that it replaces because it failed.
    pub(super) quarantined: Option<(&'a str, &'a str)>,
}

impl Plugins {
    /// Checks an uploaded component in the sandbox and stores it: in force; or waiting, when it is to be staged, asks for
    /// more than is granted, or does not take the stored configuration. Bytes that are known are not looked at again.
    /// Errors: `plugin_invalid`, `grants_missing`, `schema_narrowed`, `name_taken`, `version_taken`,
    /// `too_many_versions`, `invalid_widget`; nothing has changed then.
    pub async fn upload(&self, upload: Upload) -> Result<PluginInfo> {
        let _turn = self.0.changing.lock().await;
        self.catch_up().await?;
        let mut steps = Steps::begin(&self.0.clock);
        let mut named = None;
        let taken = self.take_in(&upload, &mut steps, &mut named).await;
        if let Err(error) = &taken
            && error.code.kind() != crate::base::error::Kind::Unavailable
        {
            self.reject(&upload, named, &steps, error);
            // What was refused after it was compiled leaves no code behind; what is stored already keeps it.
            let digest = hex(&sha256(&upload.component));
            if let Ok(None) = store::version(&self.0.db, self.workspace(), &digest).await {
                self.0.sandbox.forget(&digest).await;
            }
        }
        taken
    }

    async fn take_in(
        &self,
        upload: &Upload,
        steps: &mut Steps,
        named: &mut Option<(String, String)>,
    ) -> Result<PluginInfo> {
        let (db, workspace) = (&self.0.db, self.workspace());
        let digest = hex(&sha256(&upload.component));
        let known = store::version(db, workspace, &digest).await?;
        let is_new = known.is_none();
        let mut prepared = match known {
            Some(version) => {
                *steps = Steps::of(&self.0.clock, &version);
                self.prepare(version).await?
            }
            None => self.look_at(&upload.component, steps).await?,
        };
        let name = prepared.version.name.clone();
        *named = Some((name.clone(), prepared.version.version.clone()));
        if is_new {
            prepared.version.uploaded_by = upload.who.clone();
            if upload.draft {
                let version = &mut prepared.version.version;
                version.push_str(&format!("+dev.{}", digest.get(..8).unwrap_or_default()));
            }
        }
        let versions = store::versions(db, workspace, &name).await?;
        let superseded = self.may_come_in(&prepared, &versions)?;
        if !upload.draft {
            self.may_follow(&prepared)?;
        }
        let asks = &prepared.manifest.permissions;
        let mut grants = store::grants(db, workspace, &name).await?;
        if let Some(permissions) = &upload.permissions {
            grants.extend(permissions.words(asks));
            covered(&prepared.manifest, &grants)?;
        }
        let own = self.own_config(&name).await?;
        let component = Some(&upload.component[..]);
        let new_grants = upload.permissions.is_some();
        let is_in_force = self.in_force(&name).is_some_and(|active| active.compiled.digest == digest);
        if is_in_force || !self.waits(&mut prepared, upload.activate, &grants, &own) {
            if is_in_force && !new_grants {
                return self.about(&name).await;
            }
            let (kind, who) = (Kind::Activate, upload.who.as_str());
            let entrance =
                Entrance { kind, reason: None, who, grants, own, new_config: false, component, quarantined: None };
            return self.put_in_force(prepared, entrance, &superseded).await;
        }
        prepared.reach("staged", &self.0.clock);
        let by = self.by(&name, &upload.who);
        let version = &prepared.version;
        let write = Write {
            version: Some((version, component)),
            grants: Some(&grants).filter(|_| new_grants),
            forget: &superseded,
            ..Write::default()
        };
        store::write(db, &by, &write).await?;
        let state = state_of(version);
        tracing::info!(plugin = name, version = version.version, state, who = upload.who, "plugin version uploaded");
        self.about_version(&digest).await
    }

    /// Whether the version has to wait; its state and reason say why then.
    fn waits(
        &self,
        prepared: &mut Prepared,
        activate: bool,
        grants: &BTreeSet<String>,
        own: &Map<String, Value>,
    ) -> bool {
        if prepared.version.state == "quarantined" {
            return true;
        }
        let missing = missing(&prepared.manifest.permissions, grants);
        let unfit = prepared.manifest.config.effective(own).err().unwrap_or_default();
        let reason = if !missing.is_empty() {
            Some(format!("it asks for more than was granted: {}", missing.join(", ")))
        } else if !unfit.is_empty() {
            let faults = unfit.iter().map(|fault| format!("{} {}", fault.pointer, fault.message));
            let faults = faults.collect::<Vec<_>>().join("; ");
            Some(format!("the stored configuration does not fit its schema: {faults}"))
        } else {
            None
        };
        let waits = reason.is_some() || !activate;
        prepared.version.state = if activate && reason.is_some() { "needs-approval" } else { "staged" }.to_owned();
        prepared.version.reason = reason;
        waits
    }

    /// Holds a version against those that are known. Gives the digests of those that it takes the place of. Errors:
    /// `version_taken`, `too_many_versions`.
    fn may_come_in(&self, prepared: &Prepared, versions: &[Version]) -> Result<Vec<String>> {
        let new = &prepared.version;
        let same = versions.iter().filter(|known| known.version == new.version && known.digest != new.digest);
        let (taken, superseded): (Vec<_>, Vec<_>) = same.partition(|known| known.activated_at_ms.is_some());
        if !taken.is_empty() {
            let detail = format!(
                "Another component was in force as {} {}; give this one a version number of its own",
                new.name, new.version
            );
            return Err(Error::new(Code::VersionTaken, detail));
        }
        let waiting = versions.iter().filter(|known| known.activated_at_ms.is_none() && known.version != new.version);
        if waiting.count() >= WAITING {
            let detail = format!("{WAITING} versions of {} wait already; delete some of them", new.name);
            return Err(Error::new(Code::TooManyVersions, detail));
        }
        Ok(superseded.into_iter().map(|known| known.digest.clone()).collect())
    }

    /// Errors: `schema_narrowed`.
    pub(super) fn may_follow(&self, prepared: &Prepared) -> Result<()> {
        match self.in_force(&prepared.version.name) {
            Some(active) => super::widening::may_follow(&active.manifest, &prepared.manifest),
            None => Ok(()),
        }
    }

    /// Links, stores and swaps. `superseded`: digests that are no longer kept. Errors: `grants_missing`, `name_taken`;
    /// nothing has changed then.
    pub(super) async fn put_in_force(
        &self,
        mut prepared: Prepared,
        entrance: Entrance<'_>,
        superseded: &[String],
    ) -> Result<PluginInfo> {
        let Entrance { kind, reason, who, grants, own, new_config, component, quarantined } = entrance;
        covered(&prepared.manifest, &grants)?;
        let (db, now) = (&self.0.db, self.0.clock.now_ms());
        prepared.reach("staged", &self.0.clock);
        prepared.reach("active", &self.0.clock);
        (prepared.version.state, prepared.version.reason) = ("staged".to_owned(), None);
        prepared.version.activated_at_ms = Some(now);
        let granted = prepared.manifest.permissions.clone();
        let (config, note) = self.config_in_force(&prepared, &own);
        let shown_reason = note.or_else(|| reason.map(str::to_owned));
        let active = self.link(&prepared, &granted, &grants, config, "active", shown_reason).await?;
        // Before anything is stored: a name that is taken refuses the version.
        let table = self.table().with(active.clone())?;
        let before = self.in_force(&active.name);
        let mut forget = self.surplus(&active.name, &prepared.version.digest, quarantined.map(|(bad, _)| bad)).await?;
        forget.extend(superseded.iter().cloned());
        let by = By { at_ms: now, ..self.by(&active.name, who) };
        let config = new_config.then(|| Value::Object(own).to_string());
        let digest = &prepared.version.digest;
        let change = Change { kind, name: &active.name, digest, granted: &granted, reason, who, at_ms: now };
        let version = Some((&prepared.version, component));
        let config = config.as_deref();
        let write =
            Write { version, grants: Some(&grants), config, quarantined, forget: &forget, change: Some(change) };
        let id = store::write(db, &by, &write).await?.unwrap_or_default();
        active.activation.store(id, Ordering::Release);
        active.watched.put_in_force(kind == Kind::Activate && before.is_some());
        self.swap(table, id);
        let from = before.as_ref().map_or("none", |before| &*before.version);
        let (plugin, to, digest, kind) = (&*active.name, &*active.version, &active.info.digest, kind.word());
        tracing::info!(plugin, from, to, digest, kind, who, reason, "plugin in force");
        if let Some(before) = before.filter(|before| before.compiled.digest != prepared.version.digest) {
            self.0.shelf.put(&active.name, before.compiled.clone());
        }
        Ok(active.info.clone())
    }

    /// Shows the table. An activation of another process that came before ours is still to be followed then.
    pub(super) fn swap(&self, table: super::Table, id: i64) {
        self.0.table.store(Arc::new(table));
        self.saw(id);
    }

    pub(super) fn saw(&self, id: i64) {
        let _ = self.0.shown.compare_exchange(id - 1, id, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Digests of versions that are kept no longer once this one is in force: of the retired and of the quarantined ones
    /// all but the latest few.
    async fn surplus(&self, name: &str, digest: &str, quarantined: Option<&str>) -> Result<Vec<String>> {
        let mut versions = store::versions(&self.0.db, self.workspace(), name).await?;
        versions.retain(|version| version.activated_at_ms.is_some() && version.digest != digest);
        versions.sort_by_key(|version| std::cmp::Reverse(version.activated_at_ms));
        let failed = |version: &Version| version.state == "quarantined" || Some(&*version.digest) == quarantined;
        let (failed, good): (Vec<_>, Vec<_>) = versions.into_iter().partition(failed);
        let surplus = good.into_iter().skip(KEPT).chain(failed.into_iter().skip(KEPT));
        Ok(surplus.map(|version| version.digest).collect())
    }

    fn reject(&self, upload: &Upload, named: Option<(String, String)>, steps: &Steps, error: &Error) {
        let step = match error.code {
            Code::GrantsMissing
            | Code::SchemaNarrowed
            | Code::VersionTaken
            | Code::TooManyVersions
            | Code::NameTaken => "staged",
            _ if error.detail.contains("it does not compile") => "compiled",
            _ => steps.next(),
        };
        let (name, version) = named.unzip();
        let rejected = Rejected {
            name,
            version,
            digest: shown_digest(&hex(&sha256(&upload.component))),
            state: "rejected",
            step: step.to_owned(),
            code: error.code.word(),
            reason: error.detail.to_string(),
            at_ms: self.0.clock.now_ms(),
            by: upload.who.clone(),
        };
        tracing::info!(
            plugin = rejected.name,
            version = rejected.version,
            digest = rejected.digest,
            step,
            code = rejected.code,
            who = rejected.by,
            "upload rejected"
        );
        let mut all = self.0.rejected.lock().unwrap_or_else(PoisonError::into_inner);
        all.push_back(rejected);
        while all.len() > REJECTED {
            all.pop_front();
        }
    }
}
