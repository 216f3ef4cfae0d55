//! `POST /api/widgets/validate` and `…/profile`, and the schema of all components.
use crate::base::tree::schema;
use crate::doors::Ground;
use crate::doors::kit::answer::{self, JSON, Json, SHARED};
use crate::doors::kit::auth::Known;
use crate::doors::kit::{Answer, body};
use crate::doors::rooms::Shows;
use crate::features::widgets::inspect::{Profile, Report, Subject};
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use std::sync::{Arc, LazyLock};

pub(super) async fn validate(
    State(widgets): State<Arc<dyn Shows>>,
    State(ground): State<Ground>,
    _: Known,
    headers: HeaderMap,
    sent: Body,
) -> Answer<Json<Report>> {
    let subject = read(&headers, sent, &ground).await?;
    let _turn = ground.shed.turn().await?;
    Ok(Json(widgets.validate(subject).await?))
}

pub(super) async fn profile(
    State(widgets): State<Arc<dyn Shows>>,
    State(ground): State<Ground>,
    _: Known,
    headers: HeaderMap,
    sent: Body,
) -> Answer<Json<Profile>> {
    let subject = read(&headers, sent, &ground).await?;
    let _turn = ground.shed.turn().await?;
    Ok(Json(widgets.profile(subject).await?))
}

async fn read(headers: &HeaderMap, sent: Body, ground: &Ground) -> Answer<Subject> {
    if body::kind(headers)? != body::Kind::Json {
        return Err(body::unsupported("Send application/json").into());
    }
    let sent = body::read(headers, sent, ground.body).await?;
    Ok(Subject::read(body::json_object(&sent)?)?)
}

/// Made once: it changes with the host alone.
static SCHEMA: LazyLock<(String, Bytes)> = LazyLock::new(|| {
    let text = format!("{:#}\n", schema::schema());
    (answer::content_tag(text.as_bytes()), Bytes::from(text))
});

pub(super) async fn widget_schema(headers: HeaderMap) -> Response {
    let (etag, text) = &*SCHEMA;
    answer::tagged(&headers, etag, SHARED, JSON, text.clone())
}
