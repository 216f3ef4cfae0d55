-- The same as for SQLite; no earlier host has left anything here.
-- How a version stands in a workspace. A version that was in force once is told from one that waits by the activations.
create table plugin_uploads (
    workspace_id text collate "C" not null,
    digest       text collate "C" not null references plugin_versions (digest),
    name         text collate "C" not null,
    version      text    not null,
    state        text    not null, -- staged | needs-approval | quarantined
    reason       text,
    steps        text    not null, -- JSON list of what it passed, with times
    bytes        bigint  not null,
    uploaded_at  bigint  not null,
    uploaded_by  text    not null,
    primary key (workspace_id, digest)
);

create index plugin_uploads_name on plugin_uploads (workspace_id, name);

-- activate | rollback | auto-rollback | config: the version is in force. deactivate | quarantine | delete: none serves.
alter table activations add column kind   text collate "C" not null default 'activate';
alter table activations add column reason text;
alter table activations add column who    text not null default 'earlier host';

-- What the admin granted a plugin, whichever version of it is in force.
create table plugin_grants (
    workspace_id text collate "C" not null,
    plugin       text collate "C" not null,
    permission   text collate "C" not null, -- state:visitor, events:TOPIC, secret:NAME …
    at           bigint  not null,
    who          text collate "C" not null,
    primary key (workspace_id, plugin, permission)
);

-- The admin's own values; the manifest's defaults stand under them.
create table plugin_config (
    workspace_id text collate "C" not null,
    plugin       text collate "C" not null,
    config       text    not null, -- JSON
    at           bigint  not null,
    who          text collate "C" not null,
    primary key (workspace_id, plugin)
);

create table plugin_secrets (
    workspace_id text collate "C" not null,
    plugin       text collate "C" not null,
    name         text collate "C" not null,
    sealed       bytea   not null, -- nonce, ciphertext and tag; bound to workspace, plugin and name
    created_at   bigint  not null,
    changed_at   bigint  not null,
    who          text collate "C" not null,
    primary key (workspace_id, plugin, name)
);

-- What calls really used of what was granted.
create table plugin_used (
    workspace_id text collate "C" not null,
    plugin       text collate "C" not null,
    permission   text collate "C" not null,
    digest       text collate "C" not null, -- of the version that used it
    uses         bigint  not null,
    first_at     bigint  not null,
    last_at      bigint  not null,
    primary key (workspace_id, plugin, permission, digest)
);

-- The stored answer for an Idempotency-Key of an admin, scoped to the token that sent it.
create table admin_replays (
    workspace_id text collate "C" not null,
    who          text collate "C" not null,
    key          text collate "C" not null,
    request_hash text    not null, -- keyed: a request may hold a secret
    status       bigint  not null,
    answer       text    not null,
    at           bigint  not null,
    primary key (workspace_id, who, key)
);

create index admin_replays_age on admin_replays (at);
