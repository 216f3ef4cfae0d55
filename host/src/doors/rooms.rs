//! What doors ask of rooms, as seams: tests put a stand-in behind a door instead of a whole host.
use crate::base::error::Result;
use crate::base::ids::{VisitorId, WorkspaceId};
use crate::base::secret::Secret;
use crate::features::access::Access;
use crate::features::accounts::Accounts;
use crate::features::actions::{Action, Actions, Outcome};
use crate::features::audit::{Audit, Event, Filter, Origin, Page};
use crate::features::bots::{Bot, Bots, By, OwnedBot, PageToken, Wish as BotWish};
use crate::features::identity::{Caller, Kind, Proved, Tenant, Vouched, Who};
use crate::features::plugins::{
    Activate, ConfigInfo, Data, Line, PermissionsInfo, PluginInfo, PluginStats, Plugins, Rejected, SecretInfo, Tail,
    Upload, Versions, Wish,
};
use crate::features::privacy::{Asked, Erased, Kept, Privacy};
use crate::features::visitors::{Identity as VisitorIdentity, Visitors};
use crate::features::vouching::{Claim, Vouching};
use crate::features::widgets::inspect::{Profile, Report, Subject};
use crate::features::widgets::{Draft, Rendered, Trial, WidgetInfo, Widgets};
use crate::platform::metrics::Metrics;
use serde_json::{Map, Value};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub type Soon<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The room `access`: what a credential proves.
pub trait Admits: Send + Sync {
    fn bearer<'a>(&'a self, token: &'a str, kinds: &'a [Kind], page: Option<&'a str>) -> Soon<'a, Result<Proved>>;
    fn api_key<'a>(&'a self, key: &'a str, page: Option<&'a str>) -> Soon<'a, Result<Proved>>;
    fn tenant<'a>(&'a self, proved: &'a Proved, workspace: &'a str) -> Soon<'a, Result<Tenant>>;
    fn stands<'a>(&'a self, vouched: &'a Vouched) -> Soon<'a, Result<bool>>;
}

impl Admits for Access {
    fn bearer<'a>(&'a self, token: &'a str, kinds: &'a [Kind], page: Option<&'a str>) -> Soon<'a, Result<Proved>> {
        Box::pin(self.bearer(token, kinds, page))
    }
    fn api_key<'a>(&'a self, key: &'a str, page: Option<&'a str>) -> Soon<'a, Result<Proved>> {
        Box::pin(self.api_key(key, page))
    }
    fn tenant<'a>(&'a self, proved: &'a Proved, workspace: &'a str) -> Soon<'a, Result<Tenant>> {
        Box::pin(self.tenant(proved, workspace))
    }
    fn stands<'a>(&'a self, vouched: &'a Vouched) -> Soon<'a, Result<bool>> {
        Box::pin(self.vouching.stands(vouched))
    }
}

/// The room `audit`.
pub trait Records: Send + Sync {
    fn list(&self, filter: Filter) -> Soon<'_, Result<Page>>;
    /// Written without waiting for it.
    fn denied(&self, event: Event);
}

impl Records for Audit {
    fn list(&self, filter: Filter) -> Soon<'_, Result<Page>> {
        Box::pin(async move { self.list(&filter).await })
    }
    fn denied(&self, event: Event) {
        self.note_soon(event);
    }
}

/// The room `accounts`. Tests of other doors have none.
pub trait Welcomes: Send + Sync {
    fn accounts(&self) -> Result<&Accounts>;
}

impl Welcomes for Accounts {
    fn accounts(&self) -> Result<&Accounts> {
        Ok(self)
    }
}

/// The room `actions`.
pub trait Dispatches: Send + Sync {
    fn dispatch<'a>(&'a self, caller: &'a Caller, action: Action) -> Soon<'a, Result<Outcome>>;
}

impl Dispatches for Actions {
    fn dispatch<'a>(&'a self, caller: &'a Caller, action: Action) -> Soon<'a, Result<Outcome>> {
        Box::pin(self.dispatch(caller, action))
    }
}

/// The room `bots`.
pub trait KeepsBots: Send + Sync {
    fn list<'a>(&'a self, proved: &'a Proved, after: &'a str, limit: u32) -> Soon<'a, Result<Vec<Bot>>>;
    fn owned<'a>(&'a self, proved: &'a Proved, id: &'a str) -> Soon<'a, Result<OwnedBot>>;
    fn create<'a>(&'a self, tenant: &'a Tenant, by: &'a By, wish: BotWish) -> Soon<'a, Result<Bot>>;
    fn change<'a>(&'a self, owned: &'a OwnedBot, by: &'a By, wish: BotWish) -> Soon<'a, Result<Bot>>;
    fn delete<'a>(&'a self, owned: &'a OwnedBot, by: &'a By) -> Soon<'a, Result<()>>;
    fn generate<'a>(&'a self, owned: &'a OwnedBot, by: &'a By) -> Soon<'a, Result<PageToken>>;
    fn refresh<'a>(&'a self, token: &'a str, origin: &'a Origin) -> Soon<'a, Result<PageToken>>;
    fn revoke<'a>(&'a self, proved: &'a Proved, token: &'a str, by: &'a By) -> Soon<'a, Result<u64>>;
    fn revoke_all<'a>(&'a self, owned: &'a OwnedBot, by: &'a By) -> Soon<'a, Result<u64>>;
}

impl KeepsBots for Bots {
    fn list<'a>(&'a self, proved: &'a Proved, after: &'a str, limit: u32) -> Soon<'a, Result<Vec<Bot>>> {
        Box::pin(self.list(proved, after, limit))
    }
    fn owned<'a>(&'a self, proved: &'a Proved, id: &'a str) -> Soon<'a, Result<OwnedBot>> {
        Box::pin(self.owned(proved, id))
    }
    fn create<'a>(&'a self, tenant: &'a Tenant, by: &'a By, wish: BotWish) -> Soon<'a, Result<Bot>> {
        Box::pin(self.create(tenant, by, wish))
    }
    fn change<'a>(&'a self, owned: &'a OwnedBot, by: &'a By, wish: BotWish) -> Soon<'a, Result<Bot>> {
        Box::pin(self.change(owned, by, wish))
    }
    fn delete<'a>(&'a self, owned: &'a OwnedBot, by: &'a By) -> Soon<'a, Result<()>> {
        Box::pin(self.delete(owned, by))
    }
    fn generate<'a>(&'a self, owned: &'a OwnedBot, by: &'a By) -> Soon<'a, Result<PageToken>> {
        Box::pin(self.generate(owned, by))
    }
    fn refresh<'a>(&'a self, token: &'a str, origin: &'a Origin) -> Soon<'a, Result<PageToken>> {
        Box::pin(self.refresh(token, origin))
    }
    fn revoke<'a>(&'a self, proved: &'a Proved, token: &'a str, by: &'a By) -> Soon<'a, Result<u64>> {
        Box::pin(self.revoke(proved, token, by))
    }
    fn revoke_all<'a>(&'a self, owned: &'a OwnedBot, by: &'a By) -> Soon<'a, Result<u64>> {
        Box::pin(self.revoke_all(owned, by))
    }
}

/// The rooms `vouching`, `visitors` and `privacy`.
pub trait KnowsVisitors: Send + Sync {
    fn rotate<'a>(&'a self, tenant: &'a Tenant, who: &'a Who, origin: &'a Origin) -> Soon<'a, Result<Secret<String>>>;
    fn identify<'a>(
        &'a self,
        caller: &'a Caller,
        anonymous: Option<&'a VisitorId>,
        claim: &'a Claim,
        origin: &'a Origin,
    ) -> Soon<'a, Result<VisitorIdentity>>;
    fn export<'a>(
        &'a self,
        workspace: &'a WorkspaceId,
        visitor: &'a VisitorId,
        asked: &'a Asked<'a>,
    ) -> Soon<'a, Result<Kept>>;
    fn erase<'a>(
        &'a self,
        workspace: &'a WorkspaceId,
        visitor: &'a VisitorId,
        asked: &'a Asked<'a>,
    ) -> Soon<'a, Result<Erased>>;
    fn export_of<'a>(&'a self, tenant: &'a Tenant, visitor: &'a str, asked: &'a Asked<'a>) -> Soon<'a, Result<Kept>>;
    fn erase_of<'a>(&'a self, tenant: &'a Tenant, visitor: &'a str, asked: &'a Asked<'a>) -> Soon<'a, Result<Erased>>;
}

/// The rooms together.
pub struct People {
    pub vouching: Vouching,
    pub visitors: Visitors,
    pub privacy: Privacy,
}

impl KnowsVisitors for People {
    fn rotate<'a>(&'a self, tenant: &'a Tenant, who: &'a Who, origin: &'a Origin) -> Soon<'a, Result<Secret<String>>> {
        Box::pin(self.vouching.rotate(tenant, who, origin))
    }
    fn identify<'a>(
        &'a self,
        caller: &'a Caller,
        anonymous: Option<&'a VisitorId>,
        claim: &'a Claim,
        origin: &'a Origin,
    ) -> Soon<'a, Result<VisitorIdentity>> {
        Box::pin(self.visitors.identify(caller, anonymous, claim, origin))
    }
    fn export<'a>(
        &'a self,
        workspace: &'a WorkspaceId,
        visitor: &'a VisitorId,
        asked: &'a Asked<'a>,
    ) -> Soon<'a, Result<Kept>> {
        Box::pin(self.privacy.export(workspace, visitor, asked))
    }
    fn erase<'a>(
        &'a self,
        workspace: &'a WorkspaceId,
        visitor: &'a VisitorId,
        asked: &'a Asked<'a>,
    ) -> Soon<'a, Result<Erased>> {
        Box::pin(self.privacy.erase(workspace, visitor, asked))
    }
    fn export_of<'a>(&'a self, tenant: &'a Tenant, visitor: &'a str, asked: &'a Asked<'a>) -> Soon<'a, Result<Kept>> {
        Box::pin(self.privacy.export_of(tenant, visitor, asked))
    }
    fn erase_of<'a>(&'a self, tenant: &'a Tenant, visitor: &'a str, asked: &'a Asked<'a>) -> Soon<'a, Result<Erased>> {
        Box::pin(self.privacy.erase_of(tenant, visitor, asked))
    }
}

/// The room `widgets`.
pub trait Shows: Send + Sync {
    fn list(&self) -> Vec<WidgetInfo>;
    fn show<'a>(&'a self, caller: &'a Caller, name: &'a str, params: Map<String, Value>) -> Soon<'a, Result<Rendered>>;
    /// The widget's whole file.
    fn file(&self, name: &str) -> Result<Value>;
    /// Whether the widget is an author's own, in development mode.
    fn is_local(&self, name: &str) -> bool;
    /// Takes its time: not for a thread that others wait for.
    fn try_out(&self, draft: &Draft) -> Trial;
    fn validate(&self, subject: Subject) -> Soon<'_, Result<Report>>;
    fn profile(&self, subject: Subject) -> Soon<'_, Result<Profile>>;
}

impl Shows for Widgets {
    fn list(&self) -> Vec<WidgetInfo> {
        self.list()
    }
    fn show<'a>(&'a self, caller: &'a Caller, name: &'a str, params: Map<String, Value>) -> Soon<'a, Result<Rendered>> {
        Box::pin(self.show(caller, name, params))
    }
    fn file(&self, name: &str) -> Result<Value> {
        self.file(name)
    }
    fn is_local(&self, name: &str) -> bool {
        self.is_local(name)
    }
    fn try_out(&self, draft: &Draft) -> Trial {
        self.try_out(draft)
    }
    fn validate(&self, subject: Subject) -> Soon<'_, Result<Report>> {
        Box::pin(self.validate(subject))
    }
    fn profile(&self, subject: Subject) -> Soon<'_, Result<Profile>> {
        Box::pin(self.profile(subject))
    }
}

/// The room `plugins`. What each may refuse is said in the room.
pub trait Manages: Send + Sync {
    fn all(&self) -> Soon<'_, Result<Vec<PluginInfo>>>;
    fn rejected(&self) -> Vec<Rejected>;
    fn about<'a>(&'a self, name: &'a str) -> Soon<'a, Result<PluginInfo>>;
    fn versions<'a>(&'a self, name: &'a str) -> Soon<'a, Result<Versions>>;
    fn upload(&self, upload: Upload) -> Soon<'_, Result<PluginInfo>>;
    fn activate<'a>(&'a self, name: &'a str, activate: Activate) -> Soon<'a, Result<PluginInfo>>;
    fn rollback<'a>(&'a self, name: &'a str, who: &'a str) -> Soon<'a, Result<PluginInfo>>;
    fn deactivate<'a>(&'a self, name: &'a str, who: &'a str) -> Soon<'a, Result<PluginInfo>>;
    fn delete<'a>(&'a self, name: &'a str, who: &'a str) -> Soon<'a, Result<()>>;
    fn delete_version<'a>(&'a self, name: &'a str, version: &'a str, who: &'a str) -> Soon<'a, Result<()>>;
    fn config<'a>(&'a self, name: &'a str) -> Soon<'a, Result<ConfigInfo>>;
    fn set_config<'a>(
        &'a self,
        name: &'a str,
        values: Map<String, Value>,
        who: &'a str,
    ) -> Soon<'a, Result<ConfigInfo>>;
    fn permissions<'a>(&'a self, name: &'a str) -> Soon<'a, Result<PermissionsInfo>>;
    fn secrets<'a>(&'a self, name: &'a str) -> Soon<'a, Result<Vec<SecretInfo>>>;
    fn put_secret<'a>(
        &'a self,
        name: &'a str,
        key: &'a str,
        value: Secret<String>,
        who: &'a str,
    ) -> Soon<'a, Result<()>>;
    fn delete_secret<'a>(&'a self, name: &'a str, key: &'a str, who: &'a str) -> Soon<'a, Result<()>>;
    /// The answer's JSON.
    fn query<'a>(&'a self, caller: &'a Caller, name: &'a str, params: Map<String, Value>) -> Soon<'a, Result<Data>>;
}

impl Manages for Plugins {
    fn all(&self) -> Soon<'_, Result<Vec<PluginInfo>>> {
        Box::pin(self.all())
    }
    fn rejected(&self) -> Vec<Rejected> {
        self.rejected()
    }
    fn about<'a>(&'a self, name: &'a str) -> Soon<'a, Result<PluginInfo>> {
        Box::pin(self.about(name))
    }
    fn versions<'a>(&'a self, name: &'a str) -> Soon<'a, Result<Versions>> {
        Box::pin(self.versions(name))
    }
    fn upload(&self, upload: Upload) -> Soon<'_, Result<PluginInfo>> {
        Box::pin(self.upload(upload))
    }
    fn activate<'a>(&'a self, name: &'a str, activate: Activate) -> Soon<'a, Result<PluginInfo>> {
        Box::pin(self.activate(name, activate))
    }
    fn rollback<'a>(&'a self, name: &'a str, who: &'a str) -> Soon<'a, Result<PluginInfo>> {
        Box::pin(self.rollback(name, who))
    }
    fn deactivate<'a>(&'a self, name: &'a str, who: &'a str) -> Soon<'a, Result<PluginInfo>> {
        Box::pin(self.deactivate(name, who))
    }
    fn delete<'a>(&'a self, name: &'a str, who: &'a str) -> Soon<'a, Result<()>> {
        Box::pin(self.delete(name, who))
    }
    fn delete_version<'a>(&'a self, name: &'a str, version: &'a str, who: &'a str) -> Soon<'a, Result<()>> {
        Box::pin(self.delete_version(name, version, who))
    }
    fn config<'a>(&'a self, name: &'a str) -> Soon<'a, Result<ConfigInfo>> {
        Box::pin(self.config(name))
    }
    fn set_config<'a>(
        &'a self,
        name: &'a str,
        values: Map<String, Value>,
        who: &'a str,
    ) -> Soon<'a, Result<ConfigInfo>> {
        Box::pin(self.set_config(name, values, who))
    }
    fn permissions<'a>(&'a self, name: &'a str) -> Soon<'a, Result<PermissionsInfo>> {
        Box::pin(self.permissions(name))
    }
    fn secrets<'a>(&'a self, name: &'a str) -> Soon<'a, Result<Vec<SecretInfo>>> {
        Box::pin(self.secrets(name))
    }
    fn put_secret<'a>(
        &'a self,
        name: &'a str,
        key: &'a str,
        value: Secret<String>,
        who: &'a str,
    ) -> Soon<'a, Result<()>> {
        Box::pin(async move { self.put_secret(name, key, &value, who).await })
    }
    fn delete_secret<'a>(&'a self, name: &'a str, key: &'a str, who: &'a str) -> Soon<'a, Result<()>> {
        Box::pin(self.delete_secret(name, key, who))
    }
    fn query<'a>(&'a self, caller: &'a Caller, name: &'a str, params: Map<String, Value>) -> Soon<'a, Result<Data>> {
        Box::pin(self.query(caller, name, params))
    }
}

/// The room `plugins`, as far as it supervises.
pub trait Watches: Send + Sync {
    fn stats<'a>(&'a self, name: &'a str) -> Soon<'a, Result<PluginStats>>;
    fn log_lines<'a>(&'a self, name: &'a str, wish: Wish) -> Soon<'a, Result<Vec<Arc<Line>>>>;
    fn log_tail<'a>(&'a self, name: &'a str, wish: Wish) -> Soon<'a, Result<Tail>>;
}

impl Watches for Plugins {
    fn stats<'a>(&'a self, name: &'a str) -> Soon<'a, Result<PluginStats>> {
        Box::pin(self.stats(name))
    }
    fn log_lines<'a>(&'a self, name: &'a str, wish: Wish) -> Soon<'a, Result<Vec<Arc<Line>>>> {
        Box::pin(self.log_lines(name, wish))
    }
    fn log_tail<'a>(&'a self, name: &'a str, wish: Wish) -> Soon<'a, Result<Tail>> {
        Box::pin(self.log_tail(name, wish))
    }
}

/// How one part of the host is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    Ok,
    /// Something is missing, but the host answers.
    Degraded,
    /// The host cannot do its work.
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checks {
    pub database: Condition,
    pub plugins: Condition,
    pub bus: Condition,
}

/// What only `app.rs` knows: how the parts are doing.
pub trait Health: Send + Sync {
    /// Looked at for every call; must come back soon, also while the database does not.
    fn checks(&self) -> Soon<'_, Checks>;
    /// Whether a stop has begun: no new work should be sent here.
    fn is_stopping(&self) -> bool;
    /// Sets those numbers that are counted elsewhere, before they are read.
    fn count(&self, metrics: &Metrics);
}
