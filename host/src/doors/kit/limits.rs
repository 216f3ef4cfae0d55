//! How often one may ask: by key, by account, else by address; the headers that say so.
//!
//! Who brings a credential is counted by it and by nothing else: people behind one address do not spend each other's
//! share. What proves nothing is counted by address, so that guessing is slow too.
use crate::base::error::{Code, Error};
use crate::doors::kit::came::Address;
use crate::features::identity::{Proved, Who};
use crate::platform::limiter::{Limiter, Rate, Taken};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use std::fmt::Write;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");
const HOUR: Duration = Duration::from_secs(3_600);

/// What the settings say; 0 is no limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    pub per_ip: u32,
    pub per_user: u32,
    pub per_key: u32,
    pub window: Duration,
    /// Whether callers on this machine count by address.
    pub loopback: bool,
}

/// How the requests of a door count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    Free,
    /// Whatever credential comes along: the door does not look at it.
    ByAddress,
    ByCaller,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Name {
    Address(IpAddr),
    User(Box<str>),
    Key(Box<str>),
}

/// Cheap to clone; all clones count together.
#[derive(Clone)]
pub struct Limits(Arc<Inner>);

struct Inner {
    by_address: Option<Rate>,
    by_user: Option<Rate>,
    by_key: Option<Rate>,
    loopback: bool,
    windows: Limiter<Name>,
    hours: Limiter<Box<str>>,
}

/// How one caller stands after a request was counted.
#[derive(Clone, Debug, Default)]
pub struct Standing([Option<Line>; 2]);

#[derive(Clone, Copy, Debug)]
struct Line {
    policy: &'static str,
    rate: Rate,
    taken: Taken,
}

impl Limits {
    pub fn new(rates: Rates) -> Limits {
        let rate = |amount| Rate::new(amount, rates.window);
        Limits(Arc::new(Inner {
            by_address: rate(rates.per_ip),
            by_user: rate(rates.per_user),
            by_key: rate(rates.per_key),
            loopback: rates.loopback,
            windows: Limiter::new(rates.window.max(Duration::from_secs(1))),
            hours: Limiter::new(HOUR),
        }))
    }

    /// Counts one request. `proved`: what its credential was found to prove, if there was one.
    pub fn check(&self, proved: Option<&Proved>, address: Address) -> Standing {
        let (policy, rate, name) = match proved.map(|proved| &proved.who) {
            // Who looks at a page with a bot is its visitor; all of them bring the page's token.
            None | Some(Who::Nobody | Who::Widget { .. }) => return self.by_address(address),
            Some(Who::Key { key, per_hour, .. }) => {
                let name = Name::Key(key.as_str().into());
                let window = self.take("key", self.0.by_key, &name);
                return Standing([window, self.hour(key.as_str(), *per_hour)]);
            }
            Some(Who::Server { name }) => ("key", self.0.by_key, Name::Key(name.as_str().into())),
            Some(Who::Account { user, .. } | Who::Company { user, .. }) => {
                ("user", self.0.by_user, Name::User(user.as_str().into()))
            }
            Some(Who::Operator { operator, .. }) => ("user", self.0.by_user, Name::User(operator.as_str().into())),
            Some(Who::Host { token }) => ("user", self.0.by_user, Name::User(token.as_str().into())),
            Some(Who::Start) => ("user", self.0.by_user, Name::User("start".into())),
        };
        Standing([self.take(policy, rate, &name), None])
    }

    fn by_address(&self, address: Address) -> Standing {
        if address.is_own_machine() && !self.0.loopback {
            return Standing::default();
        }
        Standing([self.take("ip", self.0.by_address, &Name::Address(address.block())), None])
    }

    fn take(&self, policy: &'static str, rate: Option<Rate>, name: &Name) -> Option<Line> {
        rate.map(|rate| Line { policy, rate, taken: self.0.windows.take(name, rate) })
    }

    fn hour(&self, key: &str, per_hour: u32) -> Option<Line> {
        let rate = Rate::new(per_hour, HOUR)?;
        Some(Line { policy: "hour", rate, taken: self.0.hours.take(&key.into(), rate) })
    }
}

impl Standing {
    fn lines(&self) -> impl Iterator<Item = &Line> {
        self.0.iter().flatten()
    }

    /// Errors: `rate_limited`.
    pub fn allowed(&self) -> Result<(), Error> {
        match self.lines().filter_map(|line| line.taken.wait.map(|wait| (line, wait))).max_by_key(|(_, wait)| *wait) {
            None => Ok(()),
            Some((line, wait)) => {
                let (amount, per) = (line.rate.amount(), line.rate.per().as_secs());
                let whose = match line.policy {
                    "ip" => "from one address",
                    "user" => "of one account",
                    _ => "with one key",
                };
                let detail = format!("At most {amount} requests in {per} s are answered {whose}");
                Err(Error::new(Code::RateLimited, detail).retry_after(seconds(wait)))
            }
        }
    }

    /// What a client reads of it: the policies, and what is left of each (draft-ietf-httpapi-ratelimit-headers).
    pub fn write(&self, headers: &mut HeaderMap) {
        let (mut policy, mut left) = (String::new(), String::new());
        for line in self.lines() {
            let comma = if policy.is_empty() { "" } else { ", " };
            let (name, amount, per) = (line.policy, line.rate.amount(), line.rate.per().as_secs());
            let (remaining, full_in) = (line.taken.left, seconds(line.taken.full_in));
            // Writing into a text cannot fail.
            let _ = write!(policy, "{comma}\"{name}\";q={amount};w={per}");
            let _ = write!(left, "{comma}\"{name}\";r={remaining};t={full_in}");
        }
        for (name, value) in [(POLICY, policy), (LEFT, left)] {
            if let Some(value) = HeaderValue::try_from(value).ok().filter(|value| !value.is_empty()) {
                headers.insert(name, value);
            }
        }
    }
}

/// Whole seconds, never too few.
fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Clock;
    use crate::base::ids::{ApiKeyId, BotId, SessionId, TokenId, UserId, WorkspaceId};
    use crate::features::identity::Role;

    fn limits(loopback: bool) -> Limits {
        Limits::new(Rates { per_ip: 3, per_user: 4, per_key: 5, window: Duration::from_secs(900), loopback })
    }

    fn from(ip: &str) -> Address {
        Address { ip: ip.parse().unwrap(), straight: true }
    }

    fn proved(who: Who) -> Proved {
        Proved { who, role: Role::User, workspace: WorkspaceId::first(), tenant: None }
    }

    /// How many of twenty requests pass.
    fn pass(limits: &Limits, proved: Option<&Proved>, address: Address) -> usize {
        (0..20).filter(|_| limits.check(proved, address).allowed().is_ok()).count()
    }

    #[test]
    fn who_proves_something_is_counted_by_it_alone() {
        let (limits, clock) = (limits(false), Clock::system());
        let here = from("198.51.100.7");
        assert_eq!(pass(&limits, None, here), 3);
        let account = |user: &UserId| proved(Who::Account { user: user.clone(), session: SessionId::new(&clock) });
        let (one, other) = (UserId::new(&clock), UserId::new(&clock));
        assert_eq!(pass(&limits, Some(&account(&one)), here), 4);
        assert_eq!(pass(&limits, Some(&account(&one)), from("203.0.113.1")), 0, "the same person elsewhere");
        let company = Who::Company { user: one, session: SessionId::new(&clock) };
        assert_eq!(pass(&limits, Some(&proved(company)), here), 0, "the same person with another token");
        assert_eq!(pass(&limits, Some(&account(&other)), here), 4);
        assert_eq!(pass(&limits, Some(&proved(Who::Server { name: "key_1".into() })), here), 5);
        let widget = Who::Widget { bot: BotId::new(&clock), token: TokenId::new(&clock) };
        assert_eq!(pass(&limits, Some(&proved(widget)), here), 0, "a page's token is nobody's");
        assert_eq!(pass(&limits, None, from("2001:db8:1:2::1")), 3);
        assert_eq!(pass(&limits, None, from("2001:db8:1:2::ffff")), 0);
        assert_eq!(pass(&limits, None, from("2001:db8:1:3::1")), 3);
    }

    #[test]
    fn this_machine_counts_only_where_it_should() {
        assert_eq!(pass(&limits(false), None, from("127.0.0.1")), 20);
        assert_eq!(pass(&limits(true), None, from("127.0.0.1")), 3);
        let proxied = Address { straight: false, ..from("127.0.0.1") };
        assert_eq!(pass(&limits(false), None, proxied), 3);
        assert_eq!(pass(&Limits::new(Rates::default()), None, from("198.51.100.7")), 20, "0 is no limit");
    }

    #[test]
    fn a_keys_hour_is_its_own_and_the_headers_say_both() {
        let limits = limits(false);
        let key = Who::Key { key: ApiKeyId::new(&Clock::system()), secret: true, live: true, per_hour: 2 };
        let key = proved(key);
        let mut headers = HeaderMap::new();
        limits.check(Some(&key), from("198.51.100.7")).write(&mut headers);
        assert_eq!(headers[POLICY], "\"key\";q=5;w=900, \"hour\";q=2;w=3600");
        assert_eq!(headers[LEFT], "\"key\";r=4;t=180, \"hour\";r=1;t=1800");
        assert!(limits.check(Some(&key), from("198.51.100.7")).allowed().is_ok());
        let error = limits.check(Some(&key), from("198.51.100.7")).allowed().unwrap_err();
        assert_eq!((error.code, error.retry_after_s), (Code::RateLimited, Some(1_800)));
        let mut none = HeaderMap::new();
        Standing::default().write(&mut none);
        assert!(none.is_empty());
    }

    /// `cargo test --release -- --ignored --nocapture what_a_check_costs`
    #[test]
    #[ignore = "prints a figure"]
    fn what_a_check_costs() {
        let limits = Limits::new(Rates { per_ip: u32::MAX, window: Duration::from_secs(900), ..Rates::default() });
        let began = std::time::Instant::now();
        for n in 0..1_000_000u32 {
            let address = Address { ip: std::net::Ipv4Addr::from_bits(n % 1_000).into(), straight: true };
            assert!(limits.check(None, address).allowed().is_ok());
        }
        println!("{} ns for one check", began.elapsed().as_nanos() / 1_000_000);
    }
}
