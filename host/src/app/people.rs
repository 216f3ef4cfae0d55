//! The room of accounts, as the settings want it.
use super::{Failure, explained, open_database, upkeep};
use crate::base::clock::Clock;
use crate::base::error::Result as Answer;
use crate::base::secret::{MacKey, Secret};
use crate::cli;
use crate::features::accounts::{AccountInfo, Accounts, Mailer, Parts, Rules, SignUps};
use crate::features::audit::Audit;
use crate::features::identity::Identity;
use crate::features::tokens::Tokens;
use crate::platform::db::Db;
use crate::platform::keys;
use crate::platform::passwords::Passwords;
use crate::settings::{Settings, SignUp};
use std::sync::Arc;
use std::time::Duration;

pub(super) fn accounts(
    settings: &Settings,
    db: &Db,
    clock: &Clock,
    identity: &Identity,
    audit: &Audit,
    host_key: &[u8],
) -> Answer<Accounts> {
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    let tokens = &settings.tokens;
    let rules = Rules {
        sign_ups: match settings.accounts.sign_up {
            SignUp::Open => SignUps::Open,
            SignUp::Invite => SignUps::Invite,
            SignUp::Closed => SignUps::Closed,
        },
        access_life: Duration::from_secs(tokens.access_min * 60),
        refresh_life: hours(tokens.refresh_h),
        company_life: hours(tokens.company_h),
    };
    Ok(Accounts::new(Parts {
        db: db.clone(),
        clock: clock.clone(),
        identity: identity.clone(),
        audit: audit.clone(),
        passwords: Passwords::start(clock.clone())?,
        successors: MacKey::derive(host_key, "inlay refresh tokens v1"),
        rules,
        mailer: Arc::new(Terminal),
    }))
}

/// The rooms of people and tokens on a data folder, without doors; a host may run beside them.
pub struct People {
    pub accounts: Accounts,
    pub tokens: Tokens,
    pub audit: Audit,
    pub identity: Identity,
    pub db: Db,
}

impl People {
    pub async fn of(settings: &Settings) -> Result<People, Failure> {
        upkeep::existing(settings)?;
        let db = open_database(settings).await?;
        db.migrate().await.map_err(|e| explained("The database is not usable", &e))?;
        let key = keys::in_force(settings.auth.secret.as_ref(), &settings.data.dir)?;
        let clock = Clock::system();
        let identity = Identity::new(&key, &[], clock.clone());
        let audit = Audit::new(db.clone(), clock.clone());
        let accounts = accounts(settings, &db, &clock, &identity, &audit, key.reveal())?;
        let tokens = Tokens::new(db.clone(), clock, identity.clone());
        Ok(People { accounts, tokens, audit, identity, db })
    }
}

/// Whoever runs the host passes a reset on: it is printed where the credential of a fresh host is, and never logged.
struct Terminal;

impl Mailer for Terminal {
    fn reset(&self, account: &AccountInfo, token: &Secret<String>, life: Duration) {
        cli::print_reset(account, token, life);
    }
}
