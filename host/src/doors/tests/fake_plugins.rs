//! The room `plugins` as a stand-in: it knows the plugin `shop` and writes down what it was asked.
use super::fakes::{Rooms, plugin, rejected};
use crate::base::error::{Code, Error, Result};
use crate::base::secret::Secret;
use crate::doors::rooms::{Manages, Soon};
use crate::features::identity::Caller;
use crate::features::plugins::{
    Activate, ConfigInfo, Data, PermissionInfo, PermissionsInfo, PluginInfo, Rejected, SecretInfo, Upload, Versions,
};
use serde_json::{Map, Value};

impl Rooms {
    fn asked<T: Send + 'static>(&self, name: &str, what: String, answer: T) -> Soon<'static, Result<T>> {
        if name != "shop" {
            let unknown = Error::new(Code::UnknownPlugin, "There is no plugin of this name");
            return Box::pin(async { Err(unknown) });
        }
        self.changes.lock().unwrap().push(what);
        Box::pin(async { Ok(answer) })
    }
}

impl Manages for Rooms {
    fn all(&self) -> Soon<'_, Result<Vec<PluginInfo>>> {
        Box::pin(async { Ok(vec![plugin("shop")]) })
    }
    fn rejected(&self) -> Vec<Rejected> {
        vec![rejected()]
    }
    fn about<'a>(&'a self, name: &'a str) -> Soon<'a, Result<PluginInfo>> {
        self.asked(name, format!("about {name}"), plugin(name))
    }
    fn versions<'a>(&'a self, name: &'a str) -> Soon<'a, Result<Versions>> {
        let versions = Versions { versions: vec![plugin(name).into()], rejected: vec![] };
        self.asked(name, format!("versions {name}"), versions)
    }
    fn upload(&self, upload: Upload) -> Soon<'_, Result<PluginInfo>> {
        self.uploads.lock().unwrap().push(upload);
        Box::pin(async { Ok(plugin("new")) })
    }
    fn activate<'a>(&'a self, name: &'a str, activate: Activate) -> Soon<'a, Result<PluginInfo>> {
        let Activate { version, permissions, config, .. } = activate;
        let config = config.map(|config| Value::Object(config).to_string());
        self.asked(name, format!("activate {version} {permissions:?} {config:?}"), plugin(name))
    }
    fn rollback<'a>(&'a self, name: &'a str, _: &'a str) -> Soon<'a, Result<PluginInfo>> {
        self.asked(name, format!("rollback {name}"), plugin(name))
    }
    fn deactivate<'a>(&'a self, name: &'a str, _: &'a str) -> Soon<'a, Result<PluginInfo>> {
        self.asked(name, format!("deactivate {name}"), plugin(name))
    }
    fn delete<'a>(&'a self, name: &'a str, _: &'a str) -> Soon<'a, Result<()>> {
        self.asked(name, format!("delete {name}"), ())
    }
    fn delete_version<'a>(&'a self, name: &'a str, version: &'a str, _: &'a str) -> Soon<'a, Result<()>> {
        self.asked(name, format!("delete {name} {version}"), ())
    }
    fn config<'a>(&'a self, name: &'a str) -> Soon<'a, Result<ConfigInfo>> {
        self.asked(name, format!("config {name}"), config(Map::new()))
    }
    fn set_config<'a>(&'a self, name: &'a str, values: Map<String, Value>, _: &'a str) -> Soon<'a, Result<ConfigInfo>> {
        self.asked(name, format!("configure {}", Value::Object(values.clone())), config(values))
    }
    fn permissions<'a>(&'a self, name: &'a str) -> Soon<'a, Result<PermissionsInfo>> {
        self.asked(name, format!("permissions {name}"), permissions())
    }
    fn secrets<'a>(&'a self, name: &'a str) -> Soon<'a, Result<Vec<SecretInfo>>> {
        self.asked(name, format!("secrets {name}"), vec![secret()])
    }
    fn put_secret<'a>(
        &'a self,
        name: &'a str,
        key: &'a str,
        value: Secret<String>,
        _: &'a str,
    ) -> Soon<'a, Result<()>> {
        self.asked(name, format!("secret {key} of {} bytes", value.reveal().len()), ())
    }
    fn delete_secret<'a>(&'a self, name: &'a str, key: &'a str, _: &'a str) -> Soon<'a, Result<()>> {
        self.asked(name, format!("delete secret {key}"), ())
    }
    fn query<'a>(&'a self, caller: &'a Caller, name: &'a str, params: Map<String, Value>) -> Soon<'a, Result<Data>> {
        self.queries.lock().unwrap().push((caller.clone(), name.to_owned(), Value::Object(params)));
        Box::pin(async move {
            match name {
                "unknown" => Err(Error::new(Code::UnknownQuery, "No active plugin answers it")),
                _ => Ok(Data::new(r#"{"items":[]}"#.to_owned())),
            }
        })
    }
}

pub fn config(values: Map<String, Value>) -> ConfigInfo {
    ConfigInfo { config: Value::Object(values.clone()), values, default: Map::new(), schema: None, fits: true }
}

pub fn secret() -> SecretInfo {
    SecretInfo { name: "KEY".into(), created_at_ms: 0, changed_at_ms: 0, changed_by: "tok_1".into(), readable: true }
}

pub fn permission() -> PermissionInfo {
    PermissionInfo {
        permission: "state:visitor".into(),
        asked: true,
        granted: true,
        reason: None,
        uses: 1,
        uses_in_all: 1,
        last_used_at_ms: Some(0),
    }
}

pub fn permissions() -> PermissionsInfo {
    PermissionsInfo {
        version: "1.0.0".into(),
        digest: format!("sha256:{}", "0".repeat(64)),
        state: "active".into(),
        since_ms: Some(0),
        permissions: vec![permission()],
        missing: vec![],
        no_longer_asked: vec![],
        unused: vec![],
    }
}
