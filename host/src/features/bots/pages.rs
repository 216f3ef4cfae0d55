//! Widget tokens: what a page carries that shows a bot.
use super::{Bots, By, OwnedBot, admins};
use crate::base::error::{Code, Error, Result};
use crate::base::ids::{BotId, TokenId, WorkspaceId};
use crate::base::secret::Secret;
use crate::features::audit::{Event, Origin};
use crate::features::identity::{Claims, Kind, Proved, Subject, Who};
use crate::platform::db::Tx;
use serde_json::json;

/// A token for a page, and when it ends.
#[derive(Clone, Debug)]
pub struct PageToken {
    pub token: Secret<String>,
    /// Seconds since the epoch.
    pub expires_at_s: u64,
}

impl Bots {
    /// A new widget token of a bot. Errors: `forbidden` below admin; `bot_inactive` for one that is switched off.
    pub async fn generate(&self, owned: &OwnedBot, by: &By) -> Result<PageToken> {
        admins(&owned.tenant)?;
        if !owned.bot.active {
            return Err(Error::new(Code::BotInactive, "The bot is switched off; switch it on first"));
        }
        let mut tx = self.db.begin().await?;
        let workspace = owned.tenant.workspace();
        let made = self.make(&mut tx, workspace, owned.bot.id.as_str(), &by.who, &by.origin).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// A new token for one that is valid or ended not long ago, which is void from then on. Errors: `invalid_token`.
    pub async fn refresh(&self, token: &str, origin: &Origin) -> Result<PageToken> {
        let claims = self.tokens.recently_valid(token, Kind::Widget, self.life.grace).await?.ok_or_else(invalid)?;
        let bot = self.active(&claims.subject.sub).await?.ok_or_else(invalid)?;
        if bot.workspace.as_str() != claims.subject.ws {
            return Err(invalid());
        }
        let mut tx = self.db.begin().await?;
        // Of two at once, the second finds it revoked.
        if !self.tokens.revoke(&mut tx, &bot.workspace, &claims.jti).await? {
            return Err(invalid());
        }
        let by = who(&claims).ok_or_else(invalid)?;
        let made = self.make(&mut tx, &bot.workspace, bot.id.as_str(), &by, origin).await?;
        tx.commit().await?;
        self.tokens.forget().await;
        Ok(made)
    }

    async fn make(
        &self,
        tx: &mut Tx,
        workspace: &WorkspaceId,
        bot: &str,
        who: &Who,
        origin: &Origin,
    ) -> Result<PageToken> {
        let subject = Subject { sub: bot.to_owned(), ws: workspace.to_string(), sid: None };
        let (token, claims) = self.tokens.issue(tx, Kind::Widget, subject, self.life.life, &who.name()).await?;
        let detail = json!({"kind": "widget", "bot": bot});
        let event = Event::new(workspace, who, "token.create", claims.jti.as_str()).from(origin).with(detail);
        self.audit.within(tx, &event).await?;
        Ok(PageToken { token, expires_at_s: claims.exp })
    }

    /// Revokes one token, whose bot must be of a workspace that the caller is a member of. Errors: `not_found`, the same
    /// for another's and for what is no token; `forbidden` below admin.
    pub async fn revoke(&self, proved: &Proved, token: &str, by: &By) -> Result<u64> {
        let nothing = || Error::new(Code::NotFound, "There is no such token");
        let claims = self.tokens.recently_valid(token, Kind::Widget, self.life.grace).await?.ok_or_else(nothing)?;
        let workspace = WorkspaceId::parse(&claims.subject.ws).ok_or_else(nothing)?;
        let tenant = self.tenant(proved, &workspace).await?.ok_or_else(nothing)?;
        admins(&tenant)?;
        let mut tx = self.db.begin().await?;
        let gone = self.tokens.revoke(&mut tx, tenant.workspace(), &claims.jti).await?;
        let event = Event::new(tenant.workspace(), &by.who, "token.revoke", claims.jti.as_str()).from(&by.origin);
        self.audit.within(&mut tx, &event).await?;
        tx.commit().await?;
        self.tokens.forget().await;
        Ok(u64::from(gone))
    }

    /// Revokes all tokens of a bot; how many were valid. Errors: `forbidden` below admin.
    pub async fn revoke_all(&self, owned: &OwnedBot, by: &By) -> Result<u64> {
        admins(&owned.tenant)?;
        let mut tx = self.db.begin().await?;
        let gone = self.end_tokens(&mut tx, &owned.tenant, &owned.bot.id).await?;
        let event = Event::new(owned.tenant.workspace(), &by.who, "token.revoke", owned.bot.id.as_str());
        self.audit.within(&mut tx, &event.from(&by.origin).with(json!({"kind": "widget", "count": gone}))).await?;
        tx.commit().await?;
        self.tokens.forget().await;
        Ok(gone)
    }
}

/// The page itself, by the token that it had.
fn who(claims: &Claims) -> Option<Who> {
    let bot = BotId::parse(&claims.subject.sub)?;
    Some(Who::Widget { bot, token: TokenId::parse(&claims.jti)? })
}

#[track_caller]
fn invalid() -> Error {
    Error::new(Code::InvalidToken, "The token is unknown, damaged or expired")
}
