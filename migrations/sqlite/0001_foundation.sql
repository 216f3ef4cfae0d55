-- What plugins keep. A row's version is the sequence number of the unit of work that wrote it.
create table plugin_state (
    workspace_id text    not null,
    plugin       text    not null,
    scope        text    not null, -- visitor | thread | workspace
    owner        text    not null, -- the visitor's or thread's id; the workspace's own
    key          text    not null,
    value        text    not null, -- JSON
    version      integer not null,
    expires_at   integer,          -- ms since the epoch
    primary key (workspace_id, plugin, scope, owner, key)
) without rowid;

-- Expired entries are invisible at once and swept later.
create index plugin_state_expiry on plugin_state (expires_at) where expires_at is not null;

-- One row per action that ran: audit and analytics. seq is the host's commit sequence.
create table action_log (
    seq            integer not null primary key,
    id             text    not null,
    at             integer not null,
    workspace_id   text    not null,
    visitor_id     text    not null,
    plugin         text    not null,
    plugin_version text    not null,
    action         text    not null,
    outcome        text    not null, -- ok, or the code of the refusal or fault
    attempts       integer not null,
    cpu_us         integer not null,
    wall_us        integer not null,
    memory_bytes   integer not null,
    host_calls     integer not null
);

-- The stored answer for an Idempotency-Key, scoped to its caller.
create table replays (
    workspace_id text    not null,
    visitor_id   text    not null,
    key          text    not null,
    request_hash text    not null,
    answer       text    not null,
    at           integer not null,
    primary key (workspace_id, visitor_id, key)
) without rowid;

create index replays_age on replays (at);

-- The outbox: written with the unit of work, read in order by whoever publishes.
create table events (
    seq          integer not null,
    n            integer not null,
    at           integer not null,
    workspace_id text    not null,
    audience     text    not null, -- visitor | thread | workspace
    owner        text    not null,
    plugin       text    not null,
    topic        text    not null,
    payload      text    not null,
    primary key (seq, n)
) without rowid;

create index events_age on events (at);

-- Every component that was accepted, with what it said of itself.
create table plugin_versions (
    digest      text    not null primary key, -- SHA-256, hex
    name        text    not null,
    version     text    not null,
    manifest    text    not null,
    component   blob,                         -- null for a bundled one: it is in the binary
    bundled     integer not null,
    uploaded_at integer not null
);

-- Which version is in force: the newest row of a name. Never updated, so it is a history too.
create table activations (
    id           integer not null primary key autoincrement,
    workspace_id text    not null,
    name         text    not null,
    digest       text    not null references plugin_versions (digest),
    granted      text    not null, -- JSON list of permissions
    at           integer not null
);

create index activations_name on activations (workspace_id, name, id);
