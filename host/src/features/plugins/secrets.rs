//! Secrets of plugins: written, replaced and removed by admins, and shown to nobody. At rest they are sealed, each bound
//! to its workspace, plugin and name.
use super::store::{self, By};
use super::{Plugins, manifest};
use crate::base::error::{Code, Error, Fault, Result};
use crate::base::secret::Secret;
use serde::Serialize;

/// Bytes of one secret, and secrets of one plugin.
const LONGEST: usize = 16 * 1024;
const MOST: usize = 100;

/// A secret without its value.
#[derive(Clone, Debug, Serialize)]
pub struct SecretInfo {
    pub name: String,
    pub created_at_ms: u64,
    pub changed_at_ms: u64,
    pub changed_by: String,
    /// Whether it opens with the host's present key; one that does not has to be set again.
    pub readable: bool,
}

fn bound(workspace: &str, plugin: &str, name: &str) -> Vec<u8> {
    [workspace, plugin, name].join("\n").into_bytes()
}

fn misshapen(pointer: &str, message: String) -> Error {
    let fault = Fault { pointer: pointer.to_owned(), message: message.clone() };
    Error::new(Code::InvalidBody, format!("The secret's {} {message}", pointer.trim_start_matches('/')))
        .with_faults(vec![fault])
}

impl Plugins {
    /// Errors: `unknown_plugin`.
    pub async fn secrets(&self, name: &str) -> Result<Vec<SecretInfo>> {
        self.about(name).await?;
        let rows = store::secrets(&self.0.db, self.workspace(), name).await?;
        let shown = |row: store::SecretRow| SecretInfo {
            readable: self.0.seal.open(&row.sealed, &bound(self.workspace(), name, &row.name)).is_some(),
            name: row.name,
            created_at_ms: row.created_at_ms,
            changed_at_ms: row.changed_at_ms,
            changed_by: row.who,
        };
        Ok(rows.into_iter().map(shown).collect())
    }

    /// Sets a secret, or replaces it. Errors: `unknown_plugin`, `invalid_body` for a name or value of the wrong shape.
    pub async fn put_secret(&self, name: &str, key: &str, value: &Secret<String>, who: &str) -> Result<()> {
        let _turn = self.0.changing.lock().await;
        self.about(name).await?;
        if !manifest::is_secret_name(key) {
            return Err(misshapen("/name", "must have 1 to 64 characters of a-z, A-Z, 0-9, _, - and .".to_owned()));
        }
        if value.reveal().is_empty() || value.reveal().len() > LONGEST {
            return Err(misshapen("/value", format!("must have 1 to {LONGEST} bytes")));
        }
        let there = store::secrets(&self.0.db, self.workspace(), name).await?;
        if there.len() >= MOST && !there.iter().any(|row| row.name == key) {
            return Err(misshapen("/name", format!("is one too many; a plugin has at most {MOST} secrets")));
        }
        let sealed = self.0.seal.seal(&self.0.clock, value.reveal().as_bytes(), &bound(self.workspace(), name, key));
        let sealed = sealed.ok_or_else(|| Error::internal("a secret cannot be sealed"))?;
        store::put_secret(&self.0.db, &self.by(name, who), key, &sealed).await?;
        tracing::info!(plugin = name, secret = key, who, "secret of a plugin set");
        Ok(())
    }

    /// Errors: `unknown_plugin`; `not_found` where there is no such secret.
    pub async fn delete_secret(&self, name: &str, key: &str, who: &str) -> Result<()> {
        let _turn = self.0.changing.lock().await;
        self.about(name).await?;
        if !store::delete_secret(&self.0.db, &self.by(name, who), key).await? {
            return Err(Error::new(Code::NotFound, "This plugin has no secret of this name"));
        }
        tracing::info!(plugin = name, secret = key, who, "secret of a plugin deleted");
        Ok(())
    }

    pub(super) fn by<'a>(&'a self, plugin: &'a str, who: &'a str) -> By<'a> {
        By { workspace: self.workspace(), plugin, who, at_ms: self.0.clock.now_ms(), audit: Some(&self.0.audit) }
    }
}
