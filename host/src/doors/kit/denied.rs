//! Refused requests in the audit log, so bounded that a flood of them fills no disk.
use crate::base::error::{Code, Error};
use crate::base::ids::WorkspaceId;
use crate::doors::kit::came::Came;
use crate::doors::rooms::Records;
use crate::features::audit::Event;
use crate::features::identity::{Proved, Who};
use crate::platform::limiter::{Limiter, Rate};
use serde_json::json;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
/// Lines per minute, from one address and in all. What comes beyond is counted, and the next line says how many.
const FROM_ONE: u32 = 10;
const IN_ALL: u32 = 120;

/// Which refusals are somebody's wish for more than he may have. A sign-in that failed is written by the room that knows.
const DENIALS: [Code; 6] = [
    Code::MissingToken,
    Code::InvalidToken,
    Code::Forbidden,
    Code::OriginNotAllowed,
    Code::CrossSite,
    Code::RateLimited,
];

pub struct Denied {
    records: Arc<dyn Records>,
    by_address: Limiter<IpAddr>,
    in_all: Limiter<()>,
    left_out: AtomicU64,
}

impl Denied {
    pub fn new(records: Arc<dyn Records>) -> Denied {
        let (by_address, in_all) = (Limiter::new(MINUTE), Limiter::new(MINUTE));
        Denied { records, by_address, in_all, left_out: AtomicU64::new(0) }
    }

    /// Whether this refusal belongs into the log, and there is room for its line.
    fn has_room(&self, code: Code, block: IpAddr) -> bool {
        let free = |rate: Option<Rate>, take: &dyn Fn(Rate) -> bool| rate.is_none_or(take);
        DENIALS.contains(&code)
            && (free(Rate::new(FROM_ONE, MINUTE), &|rate| self.by_address.take(&block, rate).wait.is_none())
                && free(Rate::new(IN_ALL, MINUTE), &|rate| self.in_all.take(&(), rate).wait.is_none())
                || self.leave_out())
    }

    fn leave_out(&self) -> bool {
        self.left_out.fetch_add(1, Relaxed);
        false
    }

    /// Notes a refusal. `door`: its method and pattern, never the path that was asked for, which may hold anything.
    pub fn note(&self, error: &Error, came: impl FnOnce() -> Came, block: IpAddr, who: Option<&Proved>, door: String) {
        if !self.has_room(error.code, block) {
            return;
        }
        let (first, nobody) = (WorkspaceId::first(), Who::Nobody);
        let (workspace, who) = who.map_or((&first, &nobody), |proved| (&proved.workspace, &proved.who));
        let action = if error.code == Code::RateLimited { "access.limited" } else { "access.denied" };
        let detail = match self.left_out.swap(0, Relaxed) {
            0 => json!({}),
            more => json!({"left_out_before": more}),
        };
        let event = Event::new(workspace, who, action, door).ended(error.code.word()).with(detail);
        self.records.denied(event.from(&came().origin));
    }
}
