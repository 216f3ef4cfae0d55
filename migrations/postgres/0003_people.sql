-- Times are ms since the epoch. Secrets are kept as SHA-256 (hex) where they only have to be recognised, sealed where they
-- are needed again.
create table workspaces (
    id              text collate "C" not null primary key,
    name            text collate "C" not null,
    -- Sealed; signs what a site says of its signed-in users. Null until the first one is made.
    identity_secret bytea,
    settings        text    not null default '{}', -- JSON
    created_at      bigint not null,
    deleted_at      bigint
);

insert into workspaces (id, name, created_at) values ('ws_default', 'Default', 0);

create table users (
    id                  text collate "C" not null primary key,
    email               text collate "C" not null unique, -- lower case
    username            text collate "C" unique, -- lower case
    name                text collate "C" not null,
    password            text,                    -- argon2id, PHC text; null: cannot sign in with one
    created_at          bigint not null,
    password_changed_at bigint not null,
    disabled_at         bigint
);

create table members (
    workspace_id text collate "C" not null references workspaces (id),
    user_id      text collate "C" not null references users (id),
    role         text    not null, -- owner | admin | agent | viewer
    created_at   bigint not null,
    primary key (workspace_id, user_id)
);

create index members_user on members (user_id);

create table invitations (
    id           text collate "C" not null primary key,
    workspace_id text collate "C" not null references workspaces (id),
    email        text,             -- lower case; null: whoever has the token
    role         text    not null,
    token_hash   text collate "C" not null unique,
    created_by   text    not null,
    created_at   bigint not null,
    expires_at   bigint not null,
    accepted_at  bigint
);

create index invitations_workspace on invitations (workspace_id, created_at);

-- One sign-in: a family of refresh tokens, or a company token.
create table sessions (
    id           text collate "C" not null primary key,
    user_id      text collate "C" not null references users (id),
    workspace_id text collate "C" not null, -- the one that its access tokens act in
    kind         text collate "C" not null, -- account | company
    created_at   bigint not null,
    expires_at   bigint not null,
    used_at      bigint not null,
    ended_at     bigint,
    ended_why    text,             -- sign-out | everywhere | password | role | reuse | admin
    address      text    not null,
    agent        text    not null
);

create index sessions_user on sessions (user_id, created_at);
create index sessions_expiry on sessions (expires_at);

create table refresh_tokens (
    hash       text collate "C" not null primary key,
    session_id text collate "C" not null references sessions (id),
    issued_at  bigint not null,
    expires_at bigint not null,
    used_at    bigint              -- when it was exchanged for its successor
);

create index refresh_tokens_session on refresh_tokens (session_id);
create index refresh_tokens_expiry on refresh_tokens (expires_at);

create table password_resets (
    hash       text collate "C" not null primary key,
    user_id    text collate "C" not null references users (id),
    created_at bigint not null,
    expires_at bigint not null,
    used_at    bigint
);

create index password_resets_user on password_resets (user_id);

-- Tokens that live long and can be revoked one by one. A token without a row is not valid.
create table issued_tokens (
    id           text collate "C" not null primary key, -- the token's jti
    kind         text collate "C" not null,             -- widget | operator | admin
    workspace_id text collate "C" not null,
    subject      text collate "C" not null,             -- of a widget token its bot, of an operator token the operator
    hash         text collate "C" not null,             -- SHA-256 of the token
    issued_by    text    not null,
    issued_at    bigint not null,
    expires_at   bigint not null,
    revoked_at   bigint
);

create index issued_tokens_subject on issued_tokens (workspace_id, kind, subject);
create index issued_tokens_expiry on issued_tokens (expires_at);

-- Keys that sign tokens. The key of auth.secret, or of the key file, is always there and has no row until it is retired.
create table signing_keys (
    kid        text collate "C" not null primary key,
    algorithm  text    not null, -- HS256 | EdDSA
    sealed     bytea    not null,
    created_at bigint not null,
    retired_at bigint           -- signs nothing from then on
);

create table organizations (
    id           text collate "C" not null primary key,
    workspace_id text collate "C" not null references workspaces (id),
    name         text collate "C" not null,
    created_at   bigint not null,
    unique (workspace_id, name)
);

create table operators (
    id              text collate "C" not null primary key,
    workspace_id    text collate "C" not null references workspaces (id),
    organization_id text collate "C" not null references organizations (id),
    user_id         text,             -- the member, where the operator is one
    name            text collate "C" not null,
    email           text,
    created_at      bigint not null,
    disabled_at     bigint
);

create index operators_organization on operators (workspace_id, organization_id);

create table api_keys (
    id           text collate "C" not null primary key,
    workspace_id text collate "C" not null references workspaces (id),
    name         text collate "C" not null,
    kind         text collate "C" not null,        -- publishable | secret
    live         bigint not null,        -- 0: test
    hash         text collate "C" not null unique, -- SHA-256 of the key
    shown        text    not null,        -- a publishable key whole; of a secret one its beginning and end
    active       bigint not null,
    domains      text    not null,        -- JSON list
    per_hour     bigint not null,
    created_by   text    not null,
    created_at   bigint not null,
    expires_at   bigint,                 -- the end of a rotation's overlap
    replaced_by  text,
    last_used_at bigint,
    requests     bigint not null default 0,
    hour         bigint not null default 0, -- hours since the epoch; hour_requests are of this one
    hour_requests bigint not null default 0
);

create index api_keys_workspace on api_keys (workspace_id, created_at);

create table api_key_months (
    key_id   text collate "C" not null references api_keys (id),
    month    text collate "C" not null, -- 2026-11
    requests bigint not null,
    primary key (key_id, month)
);

create table bots (
    id               text collate "C" not null primary key,
    workspace_id     text collate "C" not null references workspaces (id),
    slug             text collate "C" not null,
    name             text collate "C" not null,
    system_prompt    text    not null,
    welcome_message  text    not null,
    theme            text    not null,
    primary_color    text    not null,
    position         text    not null,
    bubble_icon      text    not null,
    enable_streaming bigint not null,
    streaming_speed  bigint not null,
    active           bigint not null,
    allowed_origins  text    not null, -- JSON list
    max_sessions     bigint not null,
    created_at       bigint not null,
    changed_at       bigint not null,
    unique (workspace_id, slug)
);

-- Whom a site has vouched for: its own id of the person, and our visitor.
create table identified (
    workspace_id text collate "C" not null,
    external_id  text collate "C" not null,
    visitor_id   text collate "C" not null,
    attributes   text    not null, -- JSON: what the site said of the person
    created_at   bigint not null,
    valid_from   bigint not null, -- proofs made before are void
    seen_at      bigint not null,
    primary key (workspace_id, external_id)
);

create index identified_visitor on identified (workspace_id, visitor_id);

-- Visitors who turned out to be somebody: what they did is his.
create table visitor_merges (
    workspace_id text collate "C" not null,
    visitor_id   text collate "C" not null,
    into_id      text collate "C" not null,
    at           bigint not null,
    primary key (workspace_id, visitor_id)
);

create index visitor_merges_into on visitor_merges (workspace_id, into_id);

-- Who did what, from where, and how it ended. Never updated.
create table audit_log (
    id           text collate "C" not null primary key,
    at           bigint not null,
    workspace_id text collate "C" not null,
    actor        text    not null, -- usr_…, key_…, tok_…, opr_…, vis_…, "start", "cli", "host", "nobody"
    action       text    not null, -- session.begin, key.create, plugin.activate …
    target       text    not null,
    outcome      text    not null, -- ok, or the code of the refusal
    address      text    not null,
    request_id   text collate "C" not null,
    detail       text    not null  -- JSON; never a secret or a message's text
);

create index audit_log_workspace on audit_log (workspace_id, id);

-- Nothing leaves the log before its time, and nothing in it changes: the sweep removes whole rows by age.
create function audit_log_stays() returns trigger language plpgsql as $$
begin raise exception 'the audit log is append-only'; end $$;
create trigger audit_log_stays before update on audit_log for each row execute function audit_log_stays();

-- The stored answer for an Idempotency-Key, scoped to the caller who sent it. (admin_replays, which held those of admins, is
-- written no more; it stays for hosts of an earlier version beside this one.)
create table door_replays (
    who          text collate "C" not null,
    key          text collate "C" not null,
    request_hash text collate "C" not null, -- keyed: a request may hold a secret
    status       bigint not null,
    answer       bytea not null, -- sealed: an answer may hold a secret that is shown once
    at           bigint not null,
    primary key (who, key)
);

create index door_replays_age on door_replays (at);
