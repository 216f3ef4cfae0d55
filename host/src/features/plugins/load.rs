//! From bytes to a plugin in force: compile, describe, check, compare with what was granted, link, store, swap.
use super::manifest::Manifest;
use super::store::{self, Activation, NewVersion};
use super::table::{Active, Grants, Table};
use super::{Permissions, PluginInfo, Plugins};
use crate::base::error::{Code, Error, Fault, Result};
use crate::base::secret::{hex, sha256};
use crate::platform::wasm::{Compiled, Imports};
use bytes::Bytes;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A component that was looked at in the sandbox and is not in force yet.
struct Inspected {
    compiled: Compiled,
    manifest: Manifest,
    manifest_text: String,
    widgets: Vec<String>,
    bytes: u64,
}

impl Plugins {
    /// Checks an uploaded component in the sandbox and puts it in force. Errors: `plugin_invalid`, `grants_missing`,
    /// `name_taken`; nothing has changed then.
    pub async fn install(&self, component: Bytes, permissions: Permissions) -> Result<PluginInfo> {
        let _turn = self.0.changing.lock().await;
        let inspected = self.inspect_bytes(&component).await?;
        let before = self.table().plugins.get(&inspected.manifest.name).map(|p| p.info.granted.clone());
        let granted = granted(&inspected.manifest, &permissions, before.unwrap_or_default())?;
        self.put_in_force(inspected, granted, Some(&component)).await
    }

    /// What a component says of itself, without installing it.
    pub async fn inspect(&self, component: Bytes) -> Result<Value> {
        Ok(self.inspect_bytes(&component).await?.manifest.source)
    }

    async fn inspect_bytes(&self, component: &Bytes) -> Result<Inspected> {
        let compiled = self.0.sandbox.compile(component.clone()).await?;
        let looked_at_it = self.look_at(compiled.clone(), component).await;
        if looked_at_it.is_err() && compiled.fresh {
            self.0.sandbox.forget(&compiled).await;
        }
        looked_at_it
    }

    async fn look_at(&self, compiled: Compiled, component: &Bytes) -> Result<Inspected> {
        let looked_at = self.0.sandbox.link(&compiled, Imports::ALL, self.0.limits.entry).await?;
        let manifest_text = looked_at.describe().await.map_err(|fault| {
            let detail = format!("The plugin is refused: manifest.describe ended with {}", fault.kind.word());
            Error::new(Code::PluginInvalid, detail).caused_by(fault.message)
        })?;
        let manifest = Manifest::parse(&manifest_text)?;
        let lie = |what: &str| Error::new(Code::PluginInvalid, format!("The plugin is refused: {what}"));
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
        let bytes = component.len() as u64;
        Ok(Inspected { compiled, manifest, manifest_text, widgets, bytes })
    }

    async fn put_in_force(
        &self,
        new: Inspected,
        granted: BTreeSet<String>,
        bytes: Option<&[u8]>,
    ) -> Result<PluginInfo> {
        let now = self.0.clock.now_ms();
        let (compiled, text) = (new.compiled.clone(), new.manifest_text.clone());
        let active = self.link(new, granted, bytes.is_none(), now).await?;
        // Before anything is stored: a name that is taken refuses the upload.
        let table = self.table().with(active.clone())?;
        let version = NewVersion {
            digest: &compiled.digest,
            name: &active.name,
            version: &active.version,
            manifest: &text,
            component: bytes,
        };
        let (db, workspace) = (&self.0.db, self.0.workspace.as_str());
        let id = store::activate(db, workspace, &version, &active.info.granted, now).await?;
        active.watched.put_in_force(true);
        self.0.table.store(Arc::new(table));
        self.0.shown.fetch_max(id, Ordering::AcqRel);
        let info = active.info.clone();
        tracing::info!(plugin = info.name, version = info.version, digest = info.digest, "plugin in force");
        Ok(info)
    }

    async fn link(&self, new: Inspected, granted: BTreeSet<String>, bundled: bool, at: u64) -> Result<Arc<Active>> {
        let Inspected { compiled, manifest, widgets, bytes, .. } = new;
        let grants = Grants::of(&granted);
        let allowed = Imports { state: grants.any_state(), events: !grants.topics.is_empty() };
        let loaded = self.0.sandbox.link(&compiled, allowed, self.0.limits.entry).await?;
        let watched = self.0.watch.of(&compiled.digest, &manifest);
        let info = PluginInfo {
            name: manifest.name.clone(),
            id: manifest.id.clone(),
            version: manifest.version.clone(),
            title: manifest.title.clone(),
            description: manifest.description.clone(),
            digest: format!("sha256:{}", compiled.digest),
            bytes,
            state: "active".to_owned(),
            reason: None,
            actions: manifest.actions.iter().map(|a| a.name.clone()).collect(),
            queries: manifest.queries.iter().map(|q| q.name.clone()).collect(),
            widgets,
            permissions: manifest.permissions.iter().cloned().collect(),
            granted: granted.into_iter().collect(),
            bundled,
            activated_at_ms: at,
            manifest: manifest.source.clone(),
        };
        Ok(Arc::new(Active {
            name: info.name.as_str().into(),
            version: info.version.as_str().into(),
            grants: Arc::new(grants),
            config: Arc::new(manifest.config.clone()),
            limits: self.0.limits,
            watched,
            info,
            manifest,
            loaded,
        }))
    }

    /// Brings the table in line with the database, and the database with what the binary ships.
    pub(super) async fn load_all(&self) -> Result<()> {
        let _turn = self.0.changing.lock().await;
        let newest = store::newest(&self.0.db).await?;
        let in_force = store::in_force(&self.0.db, self.0.workspace.as_str()).await?;
        for activation in &in_force {
            let current = self.table().plugins.get(&activation.name).map(|p| p.info.digest.clone());
            if current.as_deref() != Some(&format!("sha256:{}", activation.digest)) {
                self.load_one(activation).await;
            }
        }
        self.load_bundled(&in_force).await;
        self.0.shown.fetch_max(newest, Ordering::AcqRel);
        Ok(())
    }

    async fn load_one(&self, activation: &Activation) {
        let loaded = match self.revive(activation).await {
            Ok(active) => self.table().with(active),
            Err(error) => Err(error),
        };
        match loaded {
            Ok(table) => self.0.table.store(Arc::new(table)),
            Err(error) => {
                tracing::error!(?error, plugin = activation.name, "a plugin cannot be loaded; it stays out of force");
                self.0.table.store(Arc::new(self.table().with_failed(failed_info(activation, &error))));
            }
        }
    }

    /// Loads a stored version. The stored manifest counts; the plugin is not asked again.
    async fn revive(&self, activation: &Activation) -> Result<Arc<Active>> {
        let shipped = self.shipped(&activation.digest);
        let component = match shipped {
            Some(bytes) => bytes,
            None => store::component(&self.0.db, &activation.digest).await?.ok_or_else(|| {
                Error::new(Code::PluginInvalid, "The component of this version is not in the database")
            })?,
        };
        let compiled = self.0.sandbox.compile(component.clone()).await?;
        let manifest = Manifest::parse(&activation.manifest)?;
        let widgets = manifest.widgets.iter().map(self.0.check_widget).collect::<Result<Vec<_>>>()?;
        let (manifest_text, bytes) = (activation.manifest.clone(), component.len() as u64);
        let granted = activation.granted.iter().cloned().collect();
        let inspected = Inspected { compiled, manifest, manifest_text, widgets, bytes };
        self.link(inspected, granted, activation.bundled, activation.at_ms).await
    }

    fn shipped(&self, digest: &str) -> Option<Bytes> {
        let mut all = self.0.bundled.iter().map(|(_, bytes)| *bytes);
        all.find(|bytes| hex(&sha256(bytes)) == digest).map(Bytes::from_static)
    }

    /// Puts shipped plugins in force where the workspace has none of that name, or an older shipped one. What an admin
    /// uploaded stays. Shipped plugins are part of the host, so they get what they ask for.
    async fn load_bundled(&self, in_force: &[Activation]) {
        for (name, bytes) in self.0.bundled {
            let known = in_force.iter().find(|a| a.name == *name);
            let digest = hex(&sha256(bytes));
            if known.is_some_and(|a| !a.bundled || a.digest == digest) {
                continue;
            }
            if let Err(error) = self.install_shipped(bytes).await {
                tracing::error!(?error, plugin = name, "a shipped plugin cannot be put in force");
                let missed = Activation::shipped(name, digest, self.0.clock.now_ms());
                self.0.table.store(Arc::new(self.table().with_failed(failed_info(&missed, &error))));
            }
        }
    }

    async fn install_shipped(&self, bytes: &'static [u8]) -> Result<PluginInfo> {
        let inspected = self.inspect_bytes(&Bytes::from_static(bytes)).await?;
        let granted = inspected.manifest.permissions.clone();
        self.put_in_force(inspected, granted, None).await
    }

    /// Follows activations made by other processes, such as `inlay plugin load`. Never returns.
    pub async fn follow(&self, every: std::time::Duration) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match store::newest(&self.0.db).await {
                Ok(newest) if newest > self.0.shown.load(Ordering::Acquire) => {
                    if let Err(error) = self.load_all().await {
                        tracing::error!(?error, "new activations cannot be followed");
                    }
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(?error, "activations cannot be read"),
            }
        }
    }
}

/// What the plugin gets of what it asks for. Deny first: all it asks for must be granted now, or have been to the version
/// before.
fn granted(manifest: &Manifest, permissions: &Permissions, before: Vec<String>) -> Result<BTreeSet<String>> {
    let asked = &manifest.permissions;
    let Permissions::These(given) = permissions else { return Ok(asked.clone()) };
    let given: BTreeSet<String> = given.iter().cloned().chain(before).collect();
    let missing: Vec<&String> = asked.difference(&given).collect();
    if missing.is_empty() {
        return Ok(asked.clone());
    }
    let faults =
        missing.iter().map(|word| Fault { pointer: "/permissions".into(), message: format!("missing: {word}") });
    let all = asked.iter().cloned().collect::<Vec<_>>().join(",");
    let detail = format!("The plugin {} asks for more than was granted; grant permissions={all}", manifest.name);
    Err(Error::new(Code::GrantsMissing, detail).with_faults(faults.collect()))
}

fn failed_info(activation: &Activation, error: &Error) -> PluginInfo {
    let manifest: Value = serde_json::from_str(&activation.manifest).unwrap_or_default();
    let text = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    PluginInfo {
        name: activation.name.clone(),
        id: text("/plugin/id"),
        version: text("/plugin/version"),
        title: text("/plugin/title"),
        description: text("/plugin/description"),
        digest: format!("sha256:{}", activation.digest),
        bytes: 0,
        state: "failed".to_owned(),
        reason: Some(error.detail.to_string()),
        actions: Vec::new(),
        queries: Vec::new(),
        widgets: Vec::new(),
        permissions: Vec::new(),
        granted: activation.granted.clone(),
        bundled: activation.bundled,
        activated_at_ms: activation.at_ms,
        manifest,
    }
}

impl Table {
    /// Whether every plugin in force could be loaded.
    pub fn healthy(&self) -> bool {
        self.failed.is_empty()
    }
}
