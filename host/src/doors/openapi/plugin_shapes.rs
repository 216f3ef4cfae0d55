//! The JSON of the doors for admins, described for the OpenAPI document.
#![expect(dead_code, reason = "only the descriptions are used")]
use super::shapes::{Named, named};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

pub fn all() -> Vec<Named> {
    vec![
        named::<PluginList>(),
        named::<Plugin>(),
        named::<PluginUpload>(),
        named::<Step>(),
        named::<Versions>(),
        named::<Version>(),
        named::<Rejected>(),
        named::<Activate>(),
        named::<Config>(),
        named::<ConfigValues>(),
        named::<Permissions>(),
        named::<Permission>(),
        named::<SecretList>(),
        named::<SecretRow>(),
        named::<SecretValue>(),
    ]
}

#[derive(ToSchema)]
struct PluginList {
    plugins: Vec<Plugin>,
    rejected: Vec<Rejected>,
}

#[derive(ToSchema)]
struct Plugin {
    name: String,
    id: String,
    version: String,
    title: String,
    description: String,
    /// "sha256:" and 64 hex digits.
    digest: String,
    /// Size of the component.
    bytes: u64,
    /// "active", "staged", "needs-approval", "retired", "quarantined" or "failed".
    state: String,
    /// Why it is in this state.
    reason: Option<String>,
    steps: Vec<Step>,
    actions: Vec<String>,
    queries: Vec<String>,
    widgets: Vec<String>,
    /// What it asks for.
    permissions: Vec<String>,
    /// What it gets, or would get, of that.
    granted: Vec<String>,
    /// What would have to be granted before it can be active.
    missing: Vec<String>,
    /// What the plugin was granted earlier and this version does not ask for.
    no_longer_asked: Vec<String>,
    /// The author's reasons, by permission.
    reasons: BTreeMap<String, String>,
    /// Whether it came with the host.
    bundled: bool,
    /// Milliseconds since 1970.
    uploaded_at_ms: u64,
    /// "host" for one that came with it, "command line", or which token.
    uploaded_by: String,
    /// When it was last put in force; null for one that never was.
    activated_at_ms: Option<u64>,
    /// What it says of itself.
    manifest: Value,
}

#[derive(ToSchema)]
struct PluginUpload {
    #[schema(format = Binary, content_media_type = "application/wasm")]
    plugin: String,
    /// `all`, or words separated by commas.
    permissions: Option<String>,
    /// `false` stages the version.
    activate: Option<String>,
}

/// What an upload passed, and when.
#[derive(ToSchema)]
#[schema(as = PluginStep)]
struct Step {
    /// "uploaded", "verified", "parsed", "compiled", "linked", "self-tested", "staged" or "active".
    step: String,
    at_ms: u64,
}

#[derive(ToSchema)]
struct Versions {
    versions: Vec<Version>,
    rejected: Vec<Rejected>,
}

#[derive(ToSchema)]
#[schema(as = PluginVersion)]
struct Version {
    version: String,
    digest: String,
    state: String,
    reason: Option<String>,
    steps: Vec<Step>,
    asks: Vec<String>,
    granted: Vec<String>,
    missing: Vec<String>,
    no_longer_asked: Vec<String>,
    reasons: BTreeMap<String, String>,
    bytes: u64,
    uploaded_at_ms: u64,
    uploaded_by: String,
    activated_at_ms: Option<u64>,
    bundled: bool,
}

/// An upload that was refused. Nothing of it is stored.
#[derive(ToSchema)]
#[schema(as = RejectedUpload)]
struct Rejected {
    /// Null when it was refused before it could say its name.
    name: Option<String>,
    version: Option<String>,
    digest: String,
    /// Always "rejected".
    state: String,
    /// The step that it did not pass.
    step: String,
    /// The code of the answer.
    code: String,
    reason: String,
    at_ms: u64,
    by: String,
}

/// Which version, and on what terms.
#[derive(ToSchema)]
struct Activate {
    /// A version number; or a digest as `digest`.
    version: Option<String>,
    digest: Option<String>,
    /// `all`, or a list of words.
    #[schema(nullable, value_type = Option<Vec<String>>)]
    permissions: Option<Value>,
    /// The admin's own values.
    #[schema(nullable, value_type = Option<Object>)]
    config: Option<Value>,
}

/// A plugin's configuration.
#[derive(ToSchema)]
#[schema(as = PluginConfig)]
struct Config {
    /// What the plugin reads.
    config: Value,
    /// The admin's own values.
    #[schema(value_type = Object)]
    values: Value,
    /// What holds where the admin says nothing.
    #[schema(value_type = Object)]
    default: Value,
    /// JSON Schema; null: any object will do.
    schema: Option<Value>,
    /// Whether the values fit the schema of the version that is in force; if not, the defaults hold.
    fits: bool,
}

/// The admin's own values: merged into the defaults member by member; null takes a default away.
#[derive(ToSchema)]
#[schema(as = PluginConfigValues, value_type = Object)]
struct ConfigValues(Value);

/// What a plugin asks for, what it was granted, and what of that it has used.
#[derive(ToSchema)]
#[schema(as = PluginPermissions)]
struct Permissions {
    version: String,
    digest: String,
    state: String,
    /// Since when its uses are counted.
    since_ms: Option<u64>,
    permissions: Vec<Permission>,
    missing: Vec<String>,
    no_longer_asked: Vec<String>,
    /// Granted, and not used by this version so far.
    unused: Vec<String>,
}

#[derive(ToSchema)]
#[schema(as = PluginPermission)]
struct Permission {
    #[schema(example = "state:visitor")]
    permission: String,
    /// Whether this version asks for it.
    asked: bool,
    granted: bool,
    /// The author's reason.
    reason: Option<String>,
    /// Uses by this version: scopes opened, events published.
    uses: u64,
    /// Uses by all versions.
    uses_in_all: u64,
    last_used_at_ms: Option<u64>,
}

#[derive(ToSchema)]
#[schema(as = PluginSecretList)]
struct SecretList {
    secrets: Vec<SecretRow>,
}

/// A secret without its value, which is never shown.
#[derive(ToSchema)]
#[schema(as = PluginSecret)]
struct SecretRow {
    name: String,
    created_at_ms: u64,
    changed_at_ms: u64,
    changed_by: String,
    /// Whether it opens with the host's present key; one that does not has to be set again.
    readable: bool,
}

#[derive(ToSchema)]
#[schema(as = PluginSecretValue)]
struct SecretValue {
    /// 1 to 16384 bytes.
    #[schema(write_only)]
    value: String,
}

#[cfg(test)]
mod tests {
    use super::super::shapes::tests::members;
    use super::*;
    use crate::doors::tests::{fake_plugins, fakes};
    use crate::features::plugins;

    #[test]
    fn shapes_are_what_the_room_writes() {
        let (described, written) = members::<Plugin>(fakes::plugin("shop"));
        assert_eq!(described, written);
        let (described, written) = members::<Version>(plugins::VersionInfo::from(fakes::plugin("shop")));
        assert_eq!(described, written);
        let (described, written) = members::<Rejected>(fakes::rejected());
        assert_eq!(described, written);
        let (described, written) = members::<Config>(fake_plugins::config(Default::default()));
        assert_eq!(described, written);
        let (described, written) = members::<Permissions>(fake_plugins::permissions());
        assert_eq!(described, written);
        let (described, written) = members::<Permission>(fake_plugins::permission());
        assert_eq!(described, written);
        let (described, written) = members::<SecretRow>(fake_plugins::secret());
        assert_eq!(described, written);
        let step = plugins::Step { step: String::new(), at_ms: 0 };
        let (described, written) = members::<Step>(step);
        assert_eq!(described, written);
    }
}
