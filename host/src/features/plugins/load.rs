//! From bytes to a plugin that can be called: compile, describe, check, link.
use super::Plugins;
use super::manifest::Manifest;
use super::selftest;
use super::standing::{self, Steps};
use super::store::{self, Activation, Kind, Version};
use super::table::{Active, Grants, serial};
use crate::base::error::{Code, Error, Result};
use crate::base::secret::{hex, sha256};
use crate::platform::wasm::{Compiled, Imports};
use arc_swap::ArcSwap;
use bytes::Bytes;
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, PoisonError};

/// Versions of one plugin out of force whose code is kept, and that are kept at all.
pub(super) const KEPT: usize = 3;

/// A version that was looked at and is not in force yet.
pub(super) struct Prepared {
    pub(super) version: Version,
    pub(super) manifest: Arc<Manifest>,
    pub(super) compiled: Compiled,
    pub(super) widgets: Vec<String>,
}

impl Prepared {
    pub(super) fn reach(&mut self, step: &str, clock: &crate::base::clock::Clock) {
        let mut steps = Steps::of(clock, &self.version);
        steps.reach(step);
        self.version.steps = steps.json();
    }
}

/// Compiled code of versions that left force, so that a rollback needs no compiler.
#[derive(Default)]
pub(super) struct Shelf(Mutex<HashMap<String, VecDeque<Compiled>>>);

impl Shelf {
    fn rows(&self) -> std::sync::MutexGuard<'_, HashMap<String, VecDeque<Compiled>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn put(&self, name: &str, compiled: Compiled) {
        let mut rows = self.rows();
        let row = rows.entry(name.to_owned()).or_default();
        row.retain(|other| other.digest != compiled.digest);
        row.push_front(compiled);
        row.truncate(KEPT);
    }

    fn find(&self, name: &str, digest: &str) -> Option<Compiled> {
        self.rows().get(name)?.iter().find(|compiled| compiled.digest == digest).cloned()
    }

    pub(super) fn clear(&self, name: &str) {
        self.rows().remove(name);
    }
}

fn lie(what: &str) -> Error {
    Error::new(Code::PluginInvalid, format!("The plugin is refused: {what}"))
}

impl Plugins {
    /// What a component says of itself, without storing it.
    pub async fn inspect(&self, component: Bytes) -> Result<Value> {
        let mut steps = Steps::begin(&self.0.clock);
        Ok(self.look_at(&component, &mut steps).await?.manifest.source.clone())
    }

    /// Looks at a component that is not known, in the sandbox and with no capability but the log.
    pub(super) async fn look_at(&self, component: &Bytes, steps: &mut Steps) -> Result<Prepared> {
        steps.reach("verified");
        let compiled = self.0.sandbox.compile(component.clone()).await?;
        let seen = self.look_inside(&compiled, component, steps).await;
        if seen.is_err() && compiled.fresh {
            self.0.sandbox.forget(&compiled.digest).await;
        }
        seen
    }

    async fn look_inside(&self, compiled: &Compiled, component: &Bytes, steps: &mut Steps) -> Result<Prepared> {
        let compiled = compiled.clone();
        steps.reach("parsed");
        steps.reach("compiled");
        let looked_at = self.0.sandbox.link(&compiled, Imports::ALL, self.0.limits.entry).await?;
        steps.reach("linked");
        let text = looked_at.describe().await.map_err(|fault| {
            let detail = format!("The plugin is refused: manifest.describe ended with {}", fault.kind.word());
            Error::new(Code::PluginInvalid, detail).caused_by(fault.message)
        })?;
        let manifest = Manifest::parse(&text)?;
        if !manifest.actions.is_empty() && !looked_at.has_actions() {
            return Err(lie("its manifest declares actions, but it does not export inlay:plugin/actions@1.0.0"));
        }
        if !manifest.queries.is_empty() && !looked_at.has_loaders() {
            return Err(lie("its manifest declares queries, but it does not export inlay:plugin/loaders@1.0.0"));
        }
        let asks = Grants::of(&manifest.permissions);
        if compiled.used.state && !asks.any_state() {
            return Err(lie("it imports inlay:plugin/state, but its manifest's needs.state is empty"));
        }
        if compiled.used.events && asks.topics.is_empty() {
            return Err(lie("it imports inlay:plugin/events, but its manifest's needs.events is empty"));
        }
        let widgets = manifest.widgets.iter().map(self.0.check_widget).collect::<Result<Vec<_>>>()?;
        self.check_fallbacks(&manifest)?;
        selftest::run(&looked_at, &manifest, &self.0.limits).await?;
        steps.reach("self-tested");
        let version = Version {
            digest: compiled.digest.clone(),
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            state: "staged".to_owned(),
            steps: steps.json(),
            bytes: component.len() as u64,
            uploaded_at_ms: self.0.clock.now_ms(),
            manifest: text,
            ..Version::default()
        };
        Ok(Prepared { version, manifest: Arc::new(manifest), compiled, widgets })
    }

    /// Makes a stored version ready. Its stored manifest counts; the plugin is not asked again.
    pub(super) async fn prepare(&self, mut version: Version) -> Result<Prepared> {
        let compiled = match self.0.shelf.find(&version.name, &version.digest) {
            Some(compiled) => compiled,
            None => {
                let component = self.component(&version.digest).await?;
                version.bytes = component.len() as u64;
                self.0.sandbox.compile(component).await?
            }
        };
        let manifest = Manifest::parse(&version.manifest)?;
        let widgets = manifest.widgets.iter().map(self.0.check_widget).collect::<Result<Vec<_>>>()?;
        Ok(Prepared { version, manifest: Arc::new(manifest), compiled, widgets })
    }

    async fn component(&self, digest: &str) -> Result<Bytes> {
        let mut shipped = self.0.bundled.iter().map(|(_, bytes)| *bytes);
        if let Some(bytes) = shipped.find(|bytes| hex(&sha256(bytes)) == digest) {
            return Ok(Bytes::from_static(bytes));
        }
        let gone = || Error::new(Code::PluginInvalid, "The component of this version is not in the database");
        store::component(&self.0.db, digest).await?.ok_or_else(gone)
    }

    /// Loads the version of an activation.
    pub(super) async fn revive(&self, row: &Activation) -> Result<Arc<Active>> {
        let workspace = self.workspace();
        let known = store::version(&self.0.db, workspace, &row.digest).await?;
        // Stored by a host that kept no uploads.
        let unknown = || Version {
            digest: row.digest.clone(),
            name: row.name.clone(),
            manifest: row.manifest.clone(),
            bundled: row.bundled,
            ..Version::default()
        };
        let mut version = known.unwrap_or_else(unknown);
        version.activated_at_ms = Some(row.at_ms);
        let prepared = self.prepare(version).await?;
        let grants = store::grants(&self.0.db, workspace, &row.name).await?;
        let granted = row.granted.iter().cloned().collect();
        let own = self.own_config(&row.name).await?;
        let (config, note) = self.config_in_force(&prepared, &own);
        let reason = note.or_else(|| row.reason.clone());
        let state = if row.kind == Kind::Quarantine { "quarantined" } else { "active" };
        let active = self.link(&prepared, &granted, &grants, config, state, reason).await?;
        active.activation.store(row.id, std::sync::atomic::Ordering::Release);
        Ok(active)
    }

    /// What the plugin is to read. Values that were stored for another version and do not fit this one's schema must not
    /// keep a rollback or a start from succeeding: the defaults hold then, and the second answer says so.
    pub(super) fn config_in_force(&self, prepared: &Prepared, own: &Map<String, Value>) -> (Value, Option<String>) {
        match prepared.manifest.config.effective(own) {
            Ok(config) => (config, None),
            Err(faults) => {
                let plugin = &prepared.version.name;
                let places: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
                let places = places.join(", ");
                tracing::warn!(plugin, places, "the stored configuration does not fit this version; its defaults hold");
                let config = prepared.manifest.config.effective(&Map::new()).unwrap_or_default();
                let note = format!("the stored configuration does not fit its schema (at {places}); the defaults hold");
                (config, Some(note))
            }
        }
    }

    /// The admin's own values.
    pub(super) async fn own_config(&self, name: &str) -> Result<Map<String, Value>> {
        let stored = store::config(&self.0.db, self.workspace(), name).await?;
        Ok(stored.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    /// Links what is granted and nothing else. `grants`: all that the plugin was granted, over its versions.
    pub(super) async fn link(
        &self,
        prepared: &Prepared,
        granted: &BTreeSet<String>,
        grants: &BTreeSet<String>,
        config: Value,
        state: &str,
        reason: Option<String>,
    ) -> Result<Arc<Active>> {
        let Prepared { version, manifest, compiled, widgets } = prepared;
        let linked = Grants::of(granted);
        let allowed = Imports { state: linked.any_state(), events: !linked.topics.is_empty() };
        let loaded = self.0.sandbox.link(compiled, allowed, self.0.limits.entry).await?;
        let watched = self.0.watch.of(&compiled.digest, manifest);
        let mut info = standing::info(version, grants, state.to_owned(), widgets.clone());
        info.granted = granted.iter().cloned().collect();
        info.reason = reason;
        Ok(Arc::new(Active {
            serial: serial(),
            name: manifest.name.as_str().into(),
            version: manifest.version.as_str().into(),
            used: self.0.used.open(&manifest.name, &compiled.digest, &linked),
            grants: Arc::new(linked),
            config: ArcSwap::from_pointee(config),
            limits: self.0.limits,
            compiled: compiled.clone(),
            activation: AtomicI64::new(0),
            watched,
            info,
            manifest: manifest.clone(),
            loaded,
        }))
    }
}
