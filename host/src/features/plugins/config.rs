//! Configuration: the manifest's defaults under the admin's own values, held to the plugin's schema.
use super::Plugins;
use super::manifest::{Config, Manifest};
use super::store::{self, Change, Kind, Write};
use super::table::Active;
use crate::base::error::{Code, Error, Fault, Result};
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Levels of nesting down to which a schema's defaults are filled in.
const DEEPEST: usize = 32;

impl Config {
    /// What the plugin reads when the admin's own values are these: they are merged into the default object (RFC 7396:
    /// objects member by member, null takes away), then what is still absent gets the schema's `default`. Errors: a fault
    /// per place that does not fit the schema.
    pub fn effective(&self, own: &Map<String, Value>) -> Result<Value, Vec<Fault>> {
        let mut config = Value::Object(self.default.clone());
        merge(&mut config, own);
        if let Some(schema) = &self.schema {
            fill(&mut config, schema.source(), DEEPEST);
            schema.check(&config)?;
        }
        Ok(config)
    }
}

/// A plugin's configuration, for admins.
#[derive(Clone, Debug, Serialize)]
pub struct ConfigInfo {
    /// What the plugin reads.
    pub config: Value,
    /// The admin's own values.
    pub values: Map<String, Value>,
    /// What holds where the admin says nothing.
    pub default: Map<String, Value>,
    /// Null: any object will do.
    pub schema: Option<Value>,
    /// Whether the values fit the schema of the version that is in force; if not, the defaults hold.
    pub fits: bool,
}

impl ConfigInfo {
    fn new(config: &Config, values: Map<String, Value>) -> ConfigInfo {
        let effective = config.effective(&values);
        ConfigInfo {
            fits: effective.is_ok(),
            config: effective.or_else(|_| config.effective(&Map::new())).unwrap_or_default(),
            values,
            default: config.default.clone(),
            schema: config.schema.as_ref().map(|schema| schema.source().clone()),
        }
    }
}

/// Bytes of the admin's values as JSON.
const MOST: usize = 512 * 1024;

impl Plugins {
    /// Errors: `unknown_plugin`.
    pub async fn config(&self, name: &str) -> Result<ConfigInfo> {
        let manifest = self.manifest_of(name).await?;
        Ok(ConfigInfo::new(&manifest.config, self.own_config(name).await?))
    }

    /// Replaces the admin's values. The next call reads them, in other processes within a second. Errors:
    /// `unknown_plugin`, `invalid_config` with a fault per place.
    pub async fn set_config(&self, name: &str, values: Map<String, Value>, who: &str) -> Result<ConfigInfo> {
        let _turn = self.0.changing.lock().await;
        self.catch_up().await?;
        let manifest = self.manifest_of(name).await?;
        let refused = |faults| {
            Error::new(Code::InvalidConfig, "The configuration does not fit the plugin's schema").with_faults(faults)
        };
        manifest.config.effective(&values).map_err(refused)?;
        let text = serde_json::to_string(&values).map_err(Error::internal)?;
        if text.len() > MOST {
            let message = format!("has more than {MOST} bytes");
            return Err(refused(vec![Fault { pointer: String::new(), message }]));
        }
        let by = self.by(name, who);
        let active = self.in_force(name).filter(|active| active.info.state == "active");
        let granted = active.iter().flat_map(|active| active.info.granted.iter().cloned()).collect();
        let change = active.as_ref().map(|active| Change {
            kind: Kind::Config,
            name,
            digest: &active.compiled.digest,
            granted: &granted,
            reason: None,
            who,
            at_ms: by.at_ms,
        });
        let id = store::write(&self.0.db, &by, &Write { config: Some(&text), change, ..Write::default() }).await?;
        if let (Some(active), Some(id)) = (active, id) {
            self.read_config(&active).await?;
            active.activation.store(id, Ordering::Release);
            self.saw(id);
        }
        tracing::info!(plugin = name, who, "configuration of a plugin changed");
        Ok(ConfigInfo::new(&manifest.config, values))
    }

    /// Of what stands for the plugin: in force, or last so, or uploaded last.
    async fn manifest_of(&self, name: &str) -> Result<Arc<Manifest>> {
        if let Some(active) = self.in_force(name) {
            return Ok(active.manifest.clone());
        }
        let info = self.about(name).await?;
        Ok(Arc::new(Manifest::parse(&info.manifest.to_string())?))
    }

    /// Gives a plugin in force the configuration that is stored now.
    pub(super) async fn read_config(&self, active: &Active) -> Result<()> {
        let own = self.own_config(&active.name).await?;
        let config = active.manifest.config.effective(&own).unwrap_or_else(|_| {
            let plugin = &*active.name;
            tracing::warn!(plugin, "the stored configuration does not fit this version; its defaults hold");
            active.manifest.config.effective(&Map::new()).unwrap_or_default()
        });
        active.config.store(Arc::new(config));
        Ok(())
    }
}

fn merge(into: &mut Value, patch: &Map<String, Value>) {
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    let Value::Object(into) = into else { return };
    for (key, value) in patch {
        match value {
            Value::Null => {
                into.shift_remove(key);
            }
            Value::Object(patch) => merge(into.entry(key.as_str()).or_insert(Value::Null), patch),
            value => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

fn fill(value: &mut Value, schema: &Value, depth: usize) {
    let Value::Object(members) = value else { return };
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    for (name, schema) in properties {
        if let Some(default) = schema.get("default")
            && !members.contains_key(name)
        {
            members.insert(name.clone(), default.clone());
        }
        if depth > 0
            && let Some(member) = members.get_mut(name)
        {
            fill(member, schema, depth - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::schema::Schema;
    use serde_json::json;

    fn config(default: Value, schema: Value) -> Config {
        Config { default: default.as_object().unwrap().clone(), schema: Some(Schema::compile(&schema).unwrap()) }
    }

    fn effective(config: &Config, own: Value) -> Result<Value, Vec<Fault>> {
        config.effective(own.as_object().unwrap())
    }

    #[test]
    fn own_values_lie_over_the_defaults_and_the_schema_fills_the_rest() {
        let schema = json!({"properties": {
            "currency": {"enum": ["EUR", "CHF"]},
            "mail": {"type": "object", "properties": {"from": {"default": "shop@example.com"}, "copies": {"type": "integer"}}},
            "retries": {"type": "integer", "default": 3}}});
        let config = config(json!({"currency": "EUR", "mail": {"copies": 1}}), schema);
        assert_eq!(
            effective(&config, json!({})).unwrap(),
            json!({"currency": "EUR", "mail": {"copies": 1, "from": "shop@example.com"}, "retries": 3})
        );
        assert_eq!(
            effective(&config, json!({"currency": "CHF", "mail": {"copies": 2, "from": "x"}, "retries": 0})).unwrap(),
            json!({"currency": "CHF", "mail": {"copies": 2, "from": "x"}, "retries": 0})
        );
        let taken_away = effective(&config, json!({"mail": null, "currency": null})).unwrap();
        assert_eq!(taken_away, json!({"retries": 3}));
    }

    #[test]
    fn what_does_not_fit_is_named_place_by_place() {
        let config = config(json!({}), json!({"properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}));
        let faults = effective(&config, json!({"a": "x", "b": 1})).unwrap_err();
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/a", "/b"]);
    }

    #[test]
    fn without_a_schema_any_object_will_do() {
        let config = Config { default: Map::new(), schema: None };
        assert_eq!(effective(&config, json!({"a": {"b": 1}})).unwrap(), json!({"a": {"b": 1}}));
    }
}
