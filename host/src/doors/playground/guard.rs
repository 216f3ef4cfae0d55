//! Who may use the playground: in development mode everybody who reaches the host, else an admin.
use crate::doors::Ground;
use crate::doors::kit::Problem;
use crate::doors::kit::auth::{Admin, Visitor};
use crate::features::dev::Dev;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;

/// Somebody who may look behind the widgets.
pub(super) struct Developer;

impl<S> FromRequestParts<S> for Developer
where
    S: Send + Sync,
    Ground: FromRef<S>,
    Dev: FromRef<S>,
{
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Developer, Problem> {
        if Dev::from_ref(state).is_open() {
            Visitor::from_request_parts(parts, state).await?;
        } else {
            Admin::from_request_parts(parts, state).await?;
        }
        Ok(Developer)
    }
}
