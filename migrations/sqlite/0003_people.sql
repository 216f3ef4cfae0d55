-- Times are ms since the epoch. Secrets are kept as SHA-256 (hex) where they only have to be recognised, sealed where they
-- are needed again.
create table workspaces (
    id              text    not null primary key,
    name            text    not null,
    -- Sealed; signs what a site says of its signed-in users. Null until the first one is made.
    identity_secret blob,
    settings        text    not null default '{}', -- JSON
    created_at      integer not null,
    deleted_at      integer
) without rowid;

insert into workspaces (id, name, created_at) values ('ws_default', 'Default', 0);

create table users (
    id                  text    not null primary key,
    email               text    not null unique, -- lower case
    username            text             unique, -- lower case
    name                text    not null,
    password            text,                    -- argon2id, PHC text; null: cannot sign in with one
    created_at          integer not null,
    password_changed_at integer not null,
    disabled_at         integer
) without rowid;

create table members (
    workspace_id text    not null references workspaces (id),
    user_id      text    not null references users (id),
    role         text    not null, -- owner | admin | agent | viewer
    created_at   integer not null,
    primary key (workspace_id, user_id)
) without rowid;

create index members_user on members (user_id);

create table invitations (
    id           text    not null primary key,
    workspace_id text    not null references workspaces (id),
    email        text,             -- lower case; null: whoever has the token
    role         text    not null,
    token_hash   text    not null unique,
    created_by   text    not null,
    created_at   integer not null,
    expires_at   integer not null,
    accepted_at  integer
) without rowid;

create index invitations_workspace on invitations (workspace_id, created_at);

-- One sign-in: a family of refresh tokens, or a company token.
create table sessions (
    id           text    not null primary key,
    user_id      text    not null references users (id),
    workspace_id text    not null, -- the one that its access tokens act in
    kind         text    not null, -- account | company
    created_at   integer not null,
    expires_at   integer not null,
    used_at      integer not null,
    ended_at     integer,
    ended_why    text,             -- sign-out | everywhere | password | role | reuse | admin
    address      text    not null,
    agent        text    not null
) without rowid;

create index sessions_user on sessions (user_id, created_at);
create index sessions_expiry on sessions (expires_at);

create table refresh_tokens (
    hash       text    not null primary key,
    session_id text    not null references sessions (id),
    issued_at  integer not null,
    expires_at integer not null,
    used_at    integer              -- when it was exchanged for its successor
) without rowid;

create index refresh_tokens_session on refresh_tokens (session_id);
create index refresh_tokens_expiry on refresh_tokens (expires_at);

create table password_resets (
    hash       text    not null primary key,
    user_id    text    not null references users (id),
    created_at integer not null,
    expires_at integer not null,
    used_at    integer
) without rowid;

create index password_resets_user on password_resets (user_id);

-- Tokens that live long and can be revoked one by one. A token without a row is not valid.
create table issued_tokens (
    id           text    not null primary key, -- the token's jti
    kind         text    not null,             -- widget | operator | admin
    workspace_id text    not null,
    subject      text    not null,             -- of a widget token its bot, of an operator token the operator
    hash         text    not null,             -- SHA-256 of the token
    issued_by    text    not null,
    issued_at    integer not null,
    expires_at   integer not null,
    revoked_at   integer
) without rowid;

create index issued_tokens_subject on issued_tokens (workspace_id, kind, subject);
create index issued_tokens_expiry on issued_tokens (expires_at);

-- Keys that sign tokens. The key of auth.secret, or of the key file, is always there and has no row until it is retired.
create table signing_keys (
    kid        text    not null primary key,
    algorithm  text    not null, -- HS256 | EdDSA
    sealed     blob    not null,
    created_at integer not null,
    retired_at integer           -- signs nothing from then on
) without rowid;

create table organizations (
    id           text    not null primary key,
    workspace_id text    not null references workspaces (id),
    name         text    not null,
    created_at   integer not null,
    unique (workspace_id, name)
) without rowid;

create table operators (
    id              text    not null primary key,
    workspace_id    text    not null references workspaces (id),
    organization_id text    not null references organizations (id),
    user_id         text,             -- the member, where the operator is one
    name            text    not null,
    email           text,
    created_at      integer not null,
    disabled_at     integer
) without rowid;

create index operators_organization on operators (workspace_id, organization_id);

create table api_keys (
    id           text    not null primary key,
    workspace_id text    not null references workspaces (id),
    name         text    not null,
    kind         text    not null,        -- publishable | secret
    live         integer not null,        -- 0: test
    hash         text    not null unique, -- SHA-256 of the key
    shown        text    not null,        -- a publishable key whole; of a secret one its beginning and end
    active       integer not null,
    domains      text    not null,        -- JSON list
    per_hour     integer not null,
    created_by   text    not null,
    created_at   integer not null,
    expires_at   integer,                 -- the end of a rotation's overlap
    replaced_by  text,
    last_used_at integer,
    requests     integer not null default 0,
    hour         integer not null default 0, -- hours since the epoch; hour_requests are of this one
    hour_requests integer not null default 0
) without rowid;

create index api_keys_workspace on api_keys (workspace_id, created_at);

create table api_key_months (
    key_id   text    not null references api_keys (id),
    month    text    not null, -- 2026-11
    requests integer not null,
    primary key (key_id, month)
) without rowid;

create table bots (
    id               text    not null primary key,
    workspace_id     text    not null references workspaces (id),
    slug             text    not null,
    name             text    not null,
    system_prompt    text    not null,
    welcome_message  text    not null,
    theme            text    not null,
    primary_color    text    not null,
    position         text    not null,
    bubble_icon      text    not null,
    enable_streaming integer not null,
    streaming_speed  integer not null,
    active           integer not null,
    allowed_origins  text    not null, -- JSON list
    max_sessions     integer not null,
    created_at       integer not null,
    changed_at       integer not null,
    unique (workspace_id, slug)
) without rowid;

-- Whom a site has vouched for: its own id of the person, and our visitor.
create table identified (
    workspace_id text    not null,
    external_id  text    not null,
    visitor_id   text    not null,
    attributes   text    not null, -- JSON: what the site said of the person
    created_at   integer not null,
    valid_from   integer not null, -- proofs made before are void
    seen_at      integer not null,
    primary key (workspace_id, external_id)
) without rowid;

create index identified_visitor on identified (workspace_id, visitor_id);

-- Visitors who turned out to be somebody: what they did is his.
create table visitor_merges (
    workspace_id text    not null,
    visitor_id   text    not null,
    into_id      text    not null,
    at           integer not null,
    primary key (workspace_id, visitor_id)
) without rowid;

create index visitor_merges_into on visitor_merges (workspace_id, into_id);

-- Who did what, from where, and how it ended. Never updated.
create table audit_log (
    id           text    not null primary key,
    at           integer not null,
    workspace_id text    not null,
    actor        text    not null, -- usr_…, key_…, tok_…, opr_…, vis_…, "start", "cli", "host", "nobody"
    action       text    not null, -- session.begin, key.create, plugin.activate …
    target       text    not null,
    outcome      text    not null, -- ok, or the code of the refusal
    address      text    not null,
    request_id   text    not null,
    detail       text    not null  -- JSON; never a secret or a message's text
) without rowid;

create index audit_log_workspace on audit_log (workspace_id, id);

-- Nothing leaves the log before its time, and nothing in it changes: the sweep removes whole rows by age.
create trigger audit_log_stays before update on audit_log begin select raise(abort, 'the audit log is append-only'); end;

-- The stored answer for an Idempotency-Key, scoped to the caller who sent it. (admin_replays, which held those of admins, is
-- written no more; it stays for hosts of an earlier version beside this one.)
create table door_replays (
    who          text    not null,
    key          text    not null,
    request_hash text    not null, -- keyed: a request may hold a secret
    status       integer not null,
    answer       blob    not null, -- sealed: an answer may hold a secret that is shown once
    at           integer not null,
    primary key (who, key)
) without rowid;

create index door_replays_age on door_replays (at);
