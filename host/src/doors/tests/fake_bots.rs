//! A host without bots that knows no visitor.
use crate::base::error::{Code, Error, Result};
use crate::base::ids::{VisitorId, WorkspaceId};
use crate::base::secret::Secret;
use crate::doors::rooms::{KeepsBots, KnowsVisitors, Soon};
use crate::features::audit::Origin;
use crate::features::bots::{Bot, By, OwnedBot, PageToken, Wish};
use crate::features::identity::{Caller, Proved, Tenant, Who};
use crate::features::privacy::{Asked, Erased, Kept};
use crate::features::visitors::Identity;
use crate::features::vouching::Claim;

pub struct NoBots;

fn none<'a, T: Send + 'a>() -> Soon<'a, Result<T>> {
    Box::pin(async { Err(Error::new(Code::NotFound, "There is no such bot")) })
}

impl KeepsBots for NoBots {
    fn list<'a>(&'a self, _: &'a Proved, _: &'a str, _: u32) -> Soon<'a, Result<Vec<Bot>>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    fn owned<'a>(&'a self, _: &'a Proved, _: &'a str) -> Soon<'a, Result<OwnedBot>> {
        none()
    }
    fn create<'a>(&'a self, _: &'a Tenant, _: &'a By, _: Wish) -> Soon<'a, Result<Bot>> {
        none()
    }
    fn change<'a>(&'a self, _: &'a OwnedBot, _: &'a By, _: Wish) -> Soon<'a, Result<Bot>> {
        none()
    }
    fn delete<'a>(&'a self, _: &'a OwnedBot, _: &'a By) -> Soon<'a, Result<()>> {
        none()
    }
    fn generate<'a>(&'a self, _: &'a OwnedBot, _: &'a By) -> Soon<'a, Result<PageToken>> {
        none()
    }
    fn refresh<'a>(&'a self, _: &'a str, _: &'a Origin) -> Soon<'a, Result<PageToken>> {
        none()
    }
    fn revoke<'a>(&'a self, _: &'a Proved, _: &'a str, _: &'a By) -> Soon<'a, Result<u64>> {
        none()
    }
    fn revoke_all<'a>(&'a self, _: &'a OwnedBot, _: &'a By) -> Soon<'a, Result<u64>> {
        none()
    }
}

pub struct NoVisitors;

impl KnowsVisitors for NoVisitors {
    fn rotate<'a>(&'a self, _: &'a Tenant, _: &'a Who, _: &'a Origin) -> Soon<'a, Result<Secret<String>>> {
        none()
    }
    fn identify<'a>(
        &'a self,
        _: &'a Caller,
        _: Option<&'a VisitorId>,
        _: &'a Claim,
        _: &'a Origin,
    ) -> Soon<'a, Result<Identity>> {
        none()
    }
    fn export<'a>(&'a self, _: &'a WorkspaceId, _: &'a VisitorId, _: &'a Asked<'a>) -> Soon<'a, Result<Kept>> {
        none()
    }
    fn erase<'a>(&'a self, _: &'a WorkspaceId, _: &'a VisitorId, _: &'a Asked<'a>) -> Soon<'a, Result<Erased>> {
        none()
    }
    fn export_of<'a>(&'a self, _: &'a Tenant, _: &'a str, _: &'a Asked<'a>) -> Soon<'a, Result<Kept>> {
        none()
    }
    fn erase_of<'a>(&'a self, _: &'a Tenant, _: &'a str, _: &'a Asked<'a>) -> Soon<'a, Result<Erased>> {
        none()
    }
}
