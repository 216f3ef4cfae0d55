//! Keeps the table in line with the history, whoever writes it, and the history with what the binary ships.
use super::Plugins;
use super::standing::{self, Steps};
use super::store::{self, Activation, Kind, Version};
use super::upload::Entrance;
use crate::base::error::{Error, Result};
use crate::base::secret::{hex, sha256};
use bytes::Bytes;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Every so many looks it is written down what plugins used.
const WRITE_USED: u32 = 15;

impl Plugins {
    /// Loads what is in force and puts what the binary ships in force where nothing is known of it.
    pub(super) async fn start(&self) -> Result<()> {
        let _turn = self.0.changing.lock().await;
        let rows = self.load_all().await?;
        self.load_bundled(&rows).await;
        Ok(())
    }

    /// Follows what other processes have written since the table was made. The caller holds the turn.
    pub(super) async fn catch_up(&self) -> Result<()> {
        if store::newest(&self.0.db).await? > self.0.shown.load(Ordering::Acquire) {
            self.load_all().await?;
        }
        Ok(())
    }

    async fn load_all(&self) -> Result<Vec<Activation>> {
        let newest = store::newest(&self.0.db).await?;
        let rows = store::newest_of_each(&self.0.db, self.workspace()).await?;
        for row in &rows {
            // A version in quarantine stays known, so that its calls are told so.
            if row.kind.in_force() || row.kind == Kind::Quarantine {
                self.show(row).await;
            } else if self.table().plugins.contains_key(&row.name) || self.table().failed.contains_key(&row.name) {
                tracing::info!(plugin = row.name, kind = row.kind.word(), "plugin out of force");
                self.0.table.store(Arc::new(self.table().without(&row.name)));
            }
        }
        self.0.shown.fetch_max(newest, Ordering::AcqRel);
        Ok(rows)
    }

    async fn show(&self, row: &Activation) {
        if let Some(active) = self.in_force(&row.name) {
            if active.activation.load(Ordering::Acquire) == row.id {
                return;
            }
            if row.kind == Kind::Config && active.compiled.digest == row.digest && active.info.granted == row.granted {
                if let Err(error) = self.read_config(&active).await {
                    tracing::error!(?error, plugin = row.name, "a changed configuration cannot be read");
                    return;
                }
                active.activation.store(row.id, Ordering::Release);
                return;
            }
        }
        let loaded = match self.revive(row).await {
            Ok(active) => self.table().with(active.clone()).map(|table| (active, table)),
            Err(error) => Err(error),
        };
        match loaded {
            Ok((active, table)) => {
                let before = self.in_force(&row.name);
                if row.kind == Kind::Quarantine {
                    active.watched.quarantine();
                } else if before.is_some() {
                    active.watched.put_in_force(row.kind == Kind::Activate);
                }
                if let Some(before) = before.filter(|before| before.compiled.digest != row.digest) {
                    self.0.shelf.put(&row.name, before.compiled.clone());
                }
                self.0.table.store(Arc::new(table));
            }
            Err(error) => {
                tracing::error!(?error, plugin = row.name, "a plugin cannot be loaded; it does not come into force");
                self.0.table.store(Arc::new(self.table().with_failed(failed(row, &error))));
            }
        }
    }

    /// Puts a shipped version in force where the workspace does not know it yet, unless an admin uploaded a plugin of this
    /// name or took it out of force. From then on the history counts. Shipped plugins are part of the host, so they get
    /// what they ask for.
    async fn load_bundled(&self, rows: &[Activation]) {
        for (name, bytes) in self.0.bundled {
            let known = rows.iter().find(|row| row.name == *name);
            if known.is_some_and(|row| !row.bundled || !row.kind.in_force()) {
                continue;
            }
            if let Err(error) = self.load_shipped(bytes).await {
                tracing::error!(?error, plugin = name, "a shipped plugin cannot be put in force");
                let missed = Activation {
                    id: 0,
                    name: (*name).to_owned(),
                    digest: hex(&sha256(bytes)),
                    kind: Kind::Activate,
                    granted: Vec::new(),
                    at_ms: self.0.clock.now_ms(),
                    reason: None,
                    manifest: String::new(),
                    bundled: true,
                };
                self.0.table.store(Arc::new(self.table().with_failed(failed(&missed, &error))));
            }
        }
    }

    async fn load_shipped(&self, bytes: &'static [u8]) -> Result<()> {
        if store::was_in_force(&self.0.db, self.workspace(), &hex(&sha256(bytes))).await? {
            return Ok(());
        }
        let bytes = Bytes::from_static(bytes);
        let mut prepared = self.look_at(&bytes, &mut Steps::begin(&self.0.clock)).await?;
        prepared.version.bundled = true;
        prepared.version.uploaded_by = "host".to_owned();
        let name = &prepared.version.name;
        let mut grants = store::grants(&self.0.db, self.workspace(), name).await?;
        grants.extend(prepared.manifest.permissions.iter().cloned());
        let own = self.own_config(name).await?;
        // Kept like any other, so that a later host can still roll back to it.
        let component = Some(&bytes[..]);
        let (kind, who) = (Kind::Activate, "host");
        let entrance =
            Entrance { kind, reason: None, who, grants, own, new_config: false, component, quarantined: None };
        self.put_in_force(prepared, entrance, &[]).await?;
        Ok(())
    }

    /// Follows activations and configurations of other processes, such as `inlay plugin activate`. Never returns.
    pub async fn follow(&self, every: Duration) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        for look in 1_u32.. {
            ticks.tick().await;
            if look.is_multiple_of(WRITE_USED)
                && let Err(error) = self.write_used().await
            {
                tracing::warn!(?error, "what plugins use of their grants cannot be written down; trying again later");
            }
            let followed = async {
                let newest = store::newest(&self.0.db).await?;
                if newest > self.0.shown.load(Ordering::Acquire) {
                    let _turn = self.0.changing.lock().await;
                    self.load_all().await?;
                }
                Ok::<(), Error>(())
            };
            if let Err(error) = followed.await {
                tracing::warn!(?error, "what other processes change cannot be followed");
            }
        }
    }
}

fn failed(row: &Activation, error: &Error) -> super::PluginInfo {
    let manifest: serde_json::Value = serde_json::from_str(&row.manifest).unwrap_or_default();
    let version = manifest.pointer("/plugin/version").and_then(serde_json::Value::as_str).unwrap_or_default();
    let version = Version {
        digest: row.digest.clone(),
        name: row.name.clone(),
        version: version.to_owned(),
        reason: Some(error.detail.to_string()),
        steps: "[]".to_owned(),
        manifest: row.manifest.clone(),
        bundled: row.bundled,
        uploaded_at_ms: row.at_ms,
        activated_at_ms: Some(row.at_ms),
        ..Version::default()
    };
    let granted: BTreeSet<String> = row.granted.iter().cloned().collect();
    standing::info(&version, &granted, "failed".to_owned(), Vec::new())
}
