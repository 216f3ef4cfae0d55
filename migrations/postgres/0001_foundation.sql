-- The same tables as for SQLite. Texts that are compared or ordered are ordered by their bytes, as there.

-- The order of commits of all hosts: whoever holds this row's lock is the one that commits.
create table commit_head (
    one boolean primary key default true check (one),
    seq bigint  not null
);

insert into commit_head (seq) values (0);

-- What plugins keep. A row's version is the sequence number of the unit of work that wrote it.
create table plugin_state (
    workspace_id text collate "C" not null,
    plugin       text collate "C" not null,
    scope        text collate "C" not null, -- visitor | thread | workspace
    owner        text collate "C" not null, -- the visitor's or thread's id; the workspace's own
    key          text collate "C" not null,
    value        text   not null, -- JSON
    version      bigint not null,
    expires_at   bigint,          -- ms since the epoch
    primary key (workspace_id, plugin, scope, owner, key)
);

-- Expired entries are invisible at once and swept later.
create index plugin_state_expiry on plugin_state (expires_at) where expires_at is not null;

-- Bytes of keys and values, kept true by every commit.
create table plugin_usage (
    workspace_id text collate "C" not null,
    plugin       text collate "C" not null,
    bytes        bigint not null,
    primary key (workspace_id, plugin)
);

-- One row per action that ran: audit and analytics. seq is its place in the order of commits.
create table action_log (
    seq            bigint  not null primary key,
    id             text    not null,
    at             bigint  not null,
    workspace_id   text collate "C" not null,
    visitor_id     text collate "C" not null,
    plugin         text collate "C" not null,
    plugin_version text    not null,
    action         text collate "C" not null,
    outcome        text collate "C" not null, -- ok, or the code of the refusal or fault
    attempts       bigint  not null,
    cpu_us         bigint  not null,
    wall_us        bigint  not null,
    memory_bytes   bigint  not null,
    host_calls     bigint  not null
);

-- The stored answer for an Idempotency-Key, scoped to its caller.
create table replays (
    workspace_id text collate "C" not null,
    visitor_id   text collate "C" not null,
    key          text collate "C" not null,
    request_hash text   not null,
    answer       text   not null,
    at           bigint not null,
    primary key (workspace_id, visitor_id, key)
);

create index replays_age on replays (at);

-- The outbox: written with the unit of work, read in order by whoever publishes.
create table events (
    seq          bigint not null,
    n            bigint not null,
    at           bigint not null,
    workspace_id text collate "C" not null,
    audience     text   not null, -- visitor | thread | workspace
    owner        text collate "C" not null,
    plugin       text collate "C" not null,
    topic        text collate "C" not null,
    payload      text   not null,
    primary key (seq, n)
);

create index events_age on events (at);

-- Every component that was accepted, with what it said of itself.
create table plugin_versions (
    digest      text collate "C" not null primary key, -- SHA-256, hex
    name        text collate "C" not null,
    version     text    not null,
    manifest    text    not null,
    component   bytea,
    bundled     boolean not null,
    uploaded_at bigint  not null
);

-- Which version is in force: the newest row of a name. Never updated, so it is a history too.
create table activations (
    id           bigint not null generated always as identity primary key,
    workspace_id text collate "C" not null,
    name         text collate "C" not null,
    digest       text collate "C" not null references plugin_versions (digest),
    granted      text   not null, -- JSON list of permissions
    at           bigint not null
);

create index activations_name on activations (workspace_id, name, id);
