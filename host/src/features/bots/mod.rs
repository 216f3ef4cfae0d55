//! Bots: how an assistant looks, what it is told, and its limits; and the tokens of the pages that show one.
mod fields;
mod pages;
mod store;

pub use fields::Wish;
pub use pages::PageToken;

use crate::base::clock::Clock;
use crate::base::error::{Code, Error, Fault, Result};
use crate::base::ids::{BotId, WorkspaceId};
use crate::features::audit::{Audit, Event, Origin};
use crate::features::identity::{Kind, MemberRole, Proved, Tenant, Who};
use crate::features::tokens::Tokens;
use crate::features::workspaces::Workspaces;
use crate::platform::db::{Db, Tx};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// How old what is known of a bot may be.
const FRESH: Duration = Duration::from_millis(500);
const REMEMBERED: u64 = 20_000;
/// Bots of one workspace.
const MOST: usize = 1_000;

/// A bot that is active, as far as its widget tokens ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotView {
    pub id: BotId,
    pub workspace: WorkspaceId,
    /// Pages that may show it: origins; none: every page.
    pub allowed_origins: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bot {
    pub id: BotId,
    pub workspace_id: WorkspaceId,
    pub slug: String,
    pub name: String,
    pub system_prompt: String,
    pub welcome_message: String,
    /// "light", "dark" or "auto".
    pub theme: String,
    pub primary_color: String,
    /// "bottom-right" and the like.
    pub position: String,
    /// A character, or the address of a picture.
    pub bubble_icon: String,
    pub enable_streaming: bool,
    /// Milliseconds between two pieces of a streamed answer.
    pub streaming_speed: u32,
    pub active: bool,
    /// Pages that may show it; none: every page.
    pub allowed_origins: Vec<String>,
    /// Conversations at the same time.
    pub max_sessions: u32,
    pub created_at_ms: u64,
    pub changed_at_ms: u64,
}

/// A bot, and the workspace in which the caller has been proved to be a member.
#[derive(Clone, Debug)]
pub struct OwnedBot {
    pub tenant: Tenant,
    pub bot: Bot,
}

/// Who changes something, and from where.
#[derive(Clone, Debug)]
pub struct By {
    pub who: Who,
    pub origin: Origin,
}

/// Lives of widget tokens.
#[derive(Clone, Copy, Debug)]
pub struct WidgetLife {
    pub life: Duration,
    /// So long after its end a token is still exchanged for a new one.
    pub grace: Duration,
}

/// The room. Cheap to clone.
#[derive(Clone)]
pub struct Bots {
    db: Db,
    clock: Clock,
    tokens: Tokens,
    workspaces: Workspaces,
    audit: Audit,
    life: WidgetLife,
    known: moka::future::Cache<String, Option<Arc<BotView>>>,
}

impl Bots {
    pub fn new(db: Db, clock: Clock, tokens: Tokens, workspaces: Workspaces, audit: Audit, life: WidgetLife) -> Bots {
        let known = moka::future::Cache::builder().max_capacity(REMEMBERED).time_to_live(FRESH).build();
        Bots { db, clock, tokens, workspaces, audit, life, known }
    }

    /// The bot of this id, if it is active. At most half a second old.
    pub async fn active(&self, id: &str) -> Result<Option<Arc<BotView>>> {
        let found = self.known.try_get_with_by_ref(id, store::active(&self.db, id)).await;
        found.map_err(|error| error.again())
    }

    /// To be called once a change of bots has been committed.
    pub fn forget(&self) {
        self.known.invalidate_all();
    }

    /// Bots of all workspaces that the caller is a member of, after the one of the id `after`, at most `limit`.
    pub async fn list(&self, proved: &Proved, after: &str, limit: u32) -> Result<Vec<Bot>> {
        let limit = i64::from(limit);
        match (&proved.who, &proved.tenant) {
            (Who::Account { user, .. }, _) => store::of_user(&self.db, user, after, limit).await,
            (_, Some(tenant)) => store::of_workspace(&self.db, tenant.workspace(), after, limit).await,
            (_, None) => Ok(Vec::new()),
        }
    }

    /// The bot of this id inside a workspace that the caller is a member of. Errors: `not_found`, the same for another
    /// workspace's bot and for one that does not exist.
    pub async fn owned(&self, proved: &Proved, id: &str) -> Result<OwnedBot> {
        let id = BotId::parse(id).ok_or_else(nothing)?;
        let workspace = store::workspace_of(&self.db, &id).await?.ok_or_else(nothing)?;
        let tenant = self.tenant(proved, &workspace).await?.ok_or_else(nothing)?;
        let bot = store::find(&self.db, tenant.workspace(), &id).await?.ok_or_else(nothing)?;
        Ok(OwnedBot { tenant, bot })
    }

    /// The workspace, if the caller is a member of it.
    async fn tenant(&self, proved: &Proved, workspace: &WorkspaceId) -> Result<Option<Tenant>> {
        match &proved.who {
            Who::Account { user, .. } => self.workspaces.member(workspace, user).await,
            _ => Ok(proved.tenant.clone().filter(|tenant| tenant.workspace() == workspace)),
        }
    }

    /// Errors: `forbidden` below admin; `name_taken` for a slug; `invalid_body` without a name; `too_many_bots`.
    pub async fn create(&self, tenant: &Tenant, by: &By, wish: Wish) -> Result<Bot> {
        admins(tenant)?;
        let now = self.clock.now_ms();
        let name = wish.name.clone().ok_or_else(|| {
            let fault = Fault { pointer: "/name".to_owned(), message: "is missing".to_owned() };
            Error::new(Code::InvalidBody, "/name is missing").with_faults(vec![fault])
        })?;
        let mut bot = Bot {
            id: BotId::new(&self.clock),
            workspace_id: tenant.workspace().clone(),
            slug: String::new(),
            name,
            system_prompt: String::new(),
            welcome_message: "Hello! How can I help you?".to_owned(),
            theme: "auto".to_owned(),
            primary_color: "#2563eb".to_owned(),
            position: "bottom-right".to_owned(),
            bubble_icon: "💬".to_owned(),
            enable_streaming: true,
            streaming_speed: 30,
            active: true,
            allowed_origins: Vec::new(),
            max_sessions: 1_000,
            created_at_ms: now,
            changed_at_ms: now,
        };
        let mut tx = self.db.begin().await?;
        let taken = store::slugs(&mut tx, tenant.workspace(), &bot.id).await?;
        if taken.len() >= MOST {
            return Err(Error::new(Code::TooManyBots, format!("A workspace has at most {MOST} bots")));
        }
        if wish.slug.is_none() {
            bot.slug = free_slug(&fields::slug_of(&bot.name), &taken);
        }
        wish.onto(&mut bot);
        free(&bot.slug, &taken)?;
        store::put(&mut tx, &bot).await?;
        let event = self.event(tenant, by, "bot.create", &bot);
        self.audit.within(&mut tx, &event).await?;
        tx.commit().await?;
        self.forget();
        Ok(bot)
    }

    /// Changes what the wish names. A bot that is switched off loses its widget tokens. Errors: `forbidden` below admin;
    /// `not_found` when it has gone meanwhile; `name_taken` for a slug.
    pub async fn change(&self, owned: &OwnedBot, by: &By, wish: Wish) -> Result<Bot> {
        let tenant = &owned.tenant;
        admins(tenant)?;
        let mut tx = self.db.begin().await?;
        let before = store::find_in(&mut tx, tenant.workspace(), &owned.bot.id).await?.ok_or_else(nothing)?;
        let mut bot = before.clone();
        wish.onto(&mut bot);
        if bot.slug != before.slug {
            free(&bot.slug, &store::slugs(&mut tx, tenant.workspace(), &bot.id).await?)?;
        }
        bot.changed_at_ms = self.clock.now_ms();
        store::put(&mut tx, &bot).await?;
        if before.active && !bot.active {
            self.end_tokens(&mut tx, tenant, &bot.id).await?;
        }
        let event = self.event(tenant, by, "bot.change", &bot);
        self.audit.within(&mut tx, &event).await?;
        tx.commit().await?;
        self.forget();
        self.tokens.forget().await;
        Ok(bot)
    }

    /// Deletes it, and ends its widget tokens. Errors: `forbidden` below admin; `not_found` when it has gone meanwhile.
    pub async fn delete(&self, owned: &OwnedBot, by: &By) -> Result<()> {
        let (tenant, bot) = (&owned.tenant, &owned.bot);
        admins(tenant)?;
        let mut tx = self.db.begin().await?;
        if !store::delete(&mut tx, tenant.workspace(), &bot.id).await? {
            return Err(nothing());
        }
        self.end_tokens(&mut tx, tenant, &bot.id).await?;
        let event = self.event(tenant, by, "bot.delete", bot);
        self.audit.within(&mut tx, &event).await?;
        tx.commit().await?;
        self.forget();
        self.tokens.forget().await;
        Ok(())
    }

    async fn end_tokens(&self, tx: &mut Tx, tenant: &Tenant, bot: &BotId) -> Result<u64> {
        self.tokens.revoke_all(tx, tenant.workspace(), Kind::Widget, bot.as_str()).await
    }

    fn event(&self, tenant: &Tenant, by: &By, action: &'static str, bot: &Bot) -> Event {
        let detail = json!({"slug": bot.slug, "active": bot.active});
        Event::new(tenant.workspace(), &by.who, action, bot.id.as_str()).from(&by.origin).with(detail)
    }
}

impl Wish {
    fn onto(self, bot: &mut Bot) {
        fn put<T>(slot: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *slot = value;
            }
        }
        put(&mut bot.name, self.name);
        put(&mut bot.slug, self.slug);
        put(&mut bot.system_prompt, self.system_prompt);
        put(&mut bot.welcome_message, self.welcome_message);
        put(&mut bot.theme, self.theme);
        put(&mut bot.primary_color, self.primary_color);
        put(&mut bot.position, self.position);
        put(&mut bot.bubble_icon, self.bubble_icon);
        put(&mut bot.enable_streaming, self.enable_streaming);
        put(&mut bot.streaming_speed, self.streaming_speed);
        put(&mut bot.active, self.active);
        put(&mut bot.allowed_origins, self.allowed_origins);
        put(&mut bot.max_sessions, self.max_sessions);
    }
}

#[track_caller]
fn nothing() -> Error {
    Error::new(Code::NotFound, "There is no such bot")
}

/// Errors: `forbidden` for members who may only look.
fn admins(tenant: &Tenant) -> Result<()> {
    match tenant.role() {
        MemberRole::Admin | MemberRole::Owner => Ok(()),
        MemberRole::Viewer | MemberRole::Agent => {
            Err(Error::new(Code::Forbidden, "Only admins of the workspace change its bots"))
        }
    }
}

fn free(slug: &str, taken: &[String]) -> Result<()> {
    if !taken.iter().any(|other| other == slug) {
        return Ok(());
    }
    let fault = Fault { pointer: "/slug".to_owned(), message: "belongs to another bot of this workspace".to_owned() };
    Err(Error::new(Code::NameTaken, "Another bot of this workspace has this slug").with_faults(vec![fault]))
}

fn free_slug(base: &str, taken: &[String]) -> String {
    let is_free = |slug: &String| !taken.contains(slug);
    let numbered = (2..).map(|n| format!("{base}-{n}"));
    std::iter::once(base.to_owned()).chain(numbered).find(is_free).unwrap_or_else(|| base.to_owned())
}
