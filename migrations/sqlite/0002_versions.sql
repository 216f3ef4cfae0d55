-- How a version stands in a workspace. A version that was in force once is told from one that waits by the activations.
create table plugin_uploads (
    workspace_id text    not null,
    digest       text    not null references plugin_versions (digest),
    name         text    not null,
    version      text    not null,
    state        text    not null, -- staged | needs-approval | quarantined
    reason       text,
    steps        text    not null, -- JSON list of what it passed, with times
    bytes        integer not null,
    uploaded_at  integer not null,
    uploaded_by  text    not null,
    primary key (workspace_id, digest)
) without rowid;

create index plugin_uploads_name on plugin_uploads (workspace_id, name);

insert into plugin_uploads
    select distinct a.workspace_id, v.digest, v.name, v.version, 'staged', null, '[]',
           coalesce(length(v.component), 0), v.uploaded_at, 'earlier host'
    from plugin_versions v join activations a on a.digest = v.digest;

-- activate | rollback | auto-rollback | config: the version is in force. deactivate | quarantine | delete: none serves.
alter table activations add column kind   text not null default 'activate';
alter table activations add column reason text;
alter table activations add column who    text not null default 'earlier host';

-- What the admin granted a plugin, whichever version of it is in force.
create table plugin_grants (
    workspace_id text    not null,
    plugin       text    not null,
    permission   text    not null, -- state:visitor, events:TOPIC, secret:NAME …
    at           integer not null,
    who          text    not null,
    primary key (workspace_id, plugin, permission)
) without rowid;

insert into plugin_grants
    select a.workspace_id, a.name, g.value, a.at, 'earlier host' from activations a, json_each(a.granted) g
    where a.id = (select max(b.id) from activations b where b.workspace_id = a.workspace_id and b.name = a.name);

-- The admin's own values; the manifest's defaults stand under them.
create table plugin_config (
    workspace_id text    not null,
    plugin       text    not null,
    config       text    not null, -- JSON
    at           integer not null,
    who          text    not null,
    primary key (workspace_id, plugin)
) without rowid;

create table plugin_secrets (
    workspace_id text    not null,
    plugin       text    not null,
    name         text    not null,
    sealed       blob    not null, -- nonce, ciphertext and tag; bound to workspace, plugin and name
    created_at   integer not null,
    changed_at   integer not null,
    who          text    not null,
    primary key (workspace_id, plugin, name)
) without rowid;

-- What calls really used of what was granted.
create table plugin_used (
    workspace_id text    not null,
    plugin       text    not null,
    permission   text    not null,
    digest       text    not null, -- of the version that used it
    uses         integer not null,
    first_at     integer not null,
    last_at      integer not null,
    primary key (workspace_id, plugin, permission, digest)
) without rowid;

-- The stored answer for an Idempotency-Key of an admin, scoped to the token that sent it.
create table admin_replays (
    workspace_id text    not null,
    who          text    not null,
    key          text    not null,
    request_hash text    not null, -- keyed: a request may hold a secret
    status       integer not null,
    answer       text    not null,
    at           integer not null,
    primary key (workspace_id, who, key)
) without rowid;

create index admin_replays_age on admin_replays (at);
