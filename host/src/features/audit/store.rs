//! The SQL of the audit log.
use super::Event;
use crate::base::error::Result;
use crate::base::ids::AuditId;
use crate::platform::db::{Tx, fault, on_tx};

pub(super) async fn append(tx: &mut Tx, id: &AuditId, at_ms: u64, event: &Event) -> Result<()> {
    const SQL: &str = "insert into audit_log \
                       (id, at, workspace_id, actor, action, target, outcome, address, request_id, detail) \
                       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let at = i64::try_from(at_ms).unwrap_or(i64::MAX);
    on_tx!(tx, conn => sqlx::query(SQL).bind(id.as_str()).bind(at).bind(event.workspace.as_str()).bind(&event.actor)
        .bind(event.action).bind(&event.target).bind(event.outcome).bind(&event.origin.address)
        .bind(&event.origin.request_id).bind(event.detail.to_string()).execute(conn).await.map(|_| ()))
    .map_err(fault)
}
