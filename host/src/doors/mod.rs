//! DOORS: one file per public surface: its paths, its JSON shapes, its quirks. A door translates, a room decides.
//!
//! Every door stands in one list ([`all`]), from which both the router and the OpenAPI document are made, so that neither
//! can know a door that the other does not. The one layer around them is described in `kit/frame.rs`.
pub mod accounts;
pub mod admin;
pub mod audit;
pub mod bots;
pub mod kit;
pub mod openapi;
pub mod playground;
pub mod rooms;
pub mod site;
pub mod visitors;
pub mod tenants;
pub mod watch;
pub mod widgets;

#[cfg(test)]
mod tests;

use crate::base::clock::Clock;
use crate::doors::kit::body::Bounds;
use crate::doors::kit::came::Proxies;
use crate::doors::kit::frame::{self, Frame};
use crate::doors::kit::limits::{Limits, Rates};
use crate::doors::kit::origin::Origins;
use crate::doors::kit::shed::Shed;
use crate::doors::openapi::Door;
use crate::doors::rooms::{
    Admits, Dispatches, Health, KeepsBots, KnowsVisitors, Manages, Records, Shows, Watches, Welcomes,
};
use crate::doors::site::Site;
use crate::features::dev::Dev;
use crate::features::identity::Identity;
use crate::features::keys::Keys;
use crate::features::replay::Replays;
use crate::features::workspaces::Workspaces;
use crate::platform::metrics::Metrics;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// What the doors are made of; `app.rs` hands it over.
#[derive(Clone)]
pub struct Needs {
    pub identity: Identity,
    pub access: Arc<dyn Admits>,
    pub replays: Replays,
    pub audit: Arc<dyn Records>,
    pub accounts: Arc<dyn Welcomes>,
    pub bots: Arc<dyn KeepsBots>,
    pub visitors: Arc<dyn KnowsVisitors>,
    pub workspaces: Workspaces,
    pub keys: Keys,
    pub plugins: Arc<dyn Manages>,
    pub watch: Arc<dyn Watches>,
    pub widgets: Arc<dyn Shows>,
    pub actions: Arc<dyn Dispatches>,
    pub health: Arc<dyn Health>,
    pub dev: Dev,
    pub metrics: Metrics,
    pub clock: Clock,
    pub options: Options,
}

/// What the settings say about doors.
#[derive(Clone, Debug)]
pub struct Options {
    /// `server.public_url`; with https cookies are `Secure`.
    pub public_url: Option<String>,
    /// Where the host listens: what stands in for a `server.public_url` that is not set.
    pub address: SocketAddr,
    /// `server.cors_origins`: exact origins, or "*".
    pub cors_origins: Vec<String>,
    /// `server.trusted_proxies` and `server.proxy_header`.
    pub proxies: Proxies,
    /// `limits`.
    pub rates: Rates,
    /// `server.max_body_bytes`.
    pub max_body_bytes: usize,
    /// `server.body_timeout_s`: from a request's head to the last byte of its body.
    pub body_time: Duration,
    /// `plugins.max_component_bytes`: of an uploaded component.
    pub max_upload_bytes: usize,
    /// From a request's head to its answer. Must leave room for `body_time` and for checking an uploaded component.
    pub deadline: Duration,
    /// Requests that are worked on at the same time.
    pub at_once: usize,
    /// How long one more waits for its turn before it is refused.
    pub turn_wait: Duration,
    /// `metrics.access`.
    pub metrics: MetricsAccess,
    /// `demo.enabled`.
    pub demo: bool,
}

/// Who may read `/metrics`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsAccess {
    Open,
    Admin,
    Off,
}

/// The state behind the router; each handler takes the part that it needs.
#[derive(Clone)]
pub struct Hall {
    ground: Ground,
    audit: Arc<dyn Records>,
    accounts: Arc<dyn Welcomes>,
    bots: Arc<dyn KeepsBots>,
    visitors: Arc<dyn KnowsVisitors>,
    workspaces: Workspaces,
    keys: Keys,
    plugins: Arc<dyn Manages>,
    watch: Arc<dyn Watches>,
    widgets: Arc<dyn Shows>,
    actions: Arc<dyn Dispatches>,
    dev: Dev,
    site: Arc<Site>,
}

/// What the kit's extractors stand on.
#[derive(Clone)]
pub struct Ground {
    /// Visitors' proofs; every other credential is the room `access`' business.
    pub identity: Identity,
    pub access: Arc<dyn Admits>,
    pub replays: Replays,
    pub origins: Origins,
    pub limits: Limits,
    pub shed: Shed,
    pub body: Bounds,
    pub upload: Bounds,
    /// Where pages find this host, without a slash at the end. Never taken from a request.
    pub home: Arc<str>,
}

macro_rules! parts {
    ($($part:ty = $field:ident;)*) => {$(
        impl FromRef<Hall> for $part {
            fn from_ref(hall: &Hall) -> $part { hall.$field.clone() }
        }
    )*};
}
parts! {
    Ground = ground;
    Arc<dyn Records> = audit;
    Arc<dyn Welcomes> = accounts;
    Arc<dyn KeepsBots> = bots;
    Arc<dyn KnowsVisitors> = visitors;
    Workspaces = workspaces;
    Keys = keys;
    Arc<dyn Manages> = plugins;
    Arc<dyn Watches> = watch;
    Arc<dyn Shows> = widgets;
    Arc<dyn Dispatches> = actions;
    Dev = dev;
    Arc<Site> = site;
}

/// Every door of this host.
pub fn all() -> Vec<Door> {
    [
        widgets::doors(),
        accounts::doors(),
        bots::doors(),
        visitors::doors(),
        tenants::doors(),
        admin::doors(),
        audit::doors(),
        watch::doors(),
        playground::doors(),
        site::doors(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The OpenAPI document of all doors.
pub fn openapi() -> utoipa::openapi::OpenApi {
    openapi::document(&all())
}

/// The doors, ready to serve.
pub fn router(needs: Needs) -> Router {
    let Needs {
        identity,
        access,
        audit,
        accounts,
        replays,
        bots,
        visitors,
        workspaces,
        keys,
        plugins,
        watch,
        widgets,
        actions,
        health,
        dev,
        metrics,
        clock,
        options,
    } = needs;
    let origins = Origins::new(&options.cors_origins, options.public_url.as_deref());
    let all = all();
    let ground = Ground {
        identity,
        access,
        replays,
        origins,
        limits: Limits::new(options.rates),
        shed: Shed::new(options.at_once, options.turn_wait),
        body: Bounds { bytes: options.max_body_bytes, time: options.body_time },
        upload: Bounds { bytes: options.max_upload_bytes, time: options.body_time },
        home: options.public_url.clone().unwrap_or_else(|| format!("http://{}", options.address)).into(),
    };
    let frame = Frame::new(clock, &ground, audit.clone(), metrics.clone(), &options, &all);
    let hall = Hall {
        ground,
        audit,
        accounts,
        bots,
        visitors,
        workspaces,
        keys,
        plugins,
        watch,
        widgets,
        actions,
        dev,
        site: Arc::new(Site::new(&all, health, metrics, &options)),
    };
    let router = all.into_iter().fold(Router::new(), |router, door| router.route(door.path, door.route));
    // Bodies are read by `kit/body.rs`, with the bounds of the settings.
    let router = router.layer(DefaultBodyLimit::disable());
    router.fallback(frame::nothing_here).method_not_allowed_fallback(frame::wrong_method).layer(frame).with_state(hall)
}
