-- What all nodes of one Vestibule remember. The same tables as for SQLite, where the reasons stand.
-- Names compare byte by byte ("C"), as they do in SQLite. Never edit this file once released: add the next one.

create table profile (
    tenant text collate "C" not null,
    name text collate "C" not null,
    properties text not null,
    conn_group text collate "C" generated always as (properties::jsonb ->> 'conn_group') stored,
    is_group boolean generated always as (
        properties::jsonb ->> 'type' = 'group' or properties::jsonb ->> 'group_declare' = 'true'
    ) stored,
    primary key (tenant, name)
);

create index group_profile on profile (tenant, name) where is_group;

create table password (
    tenant text collate "C" not null,
    name text collate "C" not null,
    hash text not null,
    failures bigint not null default 0,
    locked_until_ms bigint,
    primary key (tenant, name),
    foreign key (tenant, name) references profile (tenant, name) on delete cascade
);

create table component (
    digest text collate "C" primary key,
    bytes bytea not null
);

create table chain (
    tenant text collate "C" primary key,
    revision bigint not null
);

create table chain_link (
    tenant text collate "C" not null references chain (tenant),
    position bigint not null,
    name text not null,
    digest text collate "C" not null references component (digest),
    settings text not null,
    grants text not null,
    primary key (tenant, position)
);

create table challenge (
    tenant text collate "C" not null,
    challenge_id text collate "C" not null,
    user_name text not null,
    state bytea not null,
    expires_ms bigint not null,
    taken boolean not null default false,
    primary key (tenant, challenge_id)
);

create index challenge_expiry on challenge (expires_ms);

create table session (
    tenant text collate "C" not null,
    session_id text collate "C" not null,
    user_name text not null,
    state bytea not null,
    expires_ms bigint not null,
    primary key (tenant, session_id)
);

create index session_expiry on session (expires_ms);

create table decision (
    tenant text collate "C" not null,
    decision_id text collate "C" not null,
    at_ms bigint not null,
    user_name text not null,
    outcome text not null,
    cause text,
    record text not null,
    primary key (tenant, decision_id)
);
