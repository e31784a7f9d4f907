-- What one Vestibule remembers. Every row belongs to a tenant, except components, which their digests name.
-- Times are milliseconds since 1970. Never edit this file once released: add the next one.

-- Tells this file from the databases of other programs ("VEST").
pragma application_id = 0x56455354;

-- Users, groups and __DEFAULT__ in one namespace. Properties are one JSON text, so that a login reads a profile as one row
-- and a save compares all of it; the columns made from it are what is looked up by.
create table profile (
    tenant text not null,
    name text not null,
    properties text not null,
    conn_group text generated always as (json_extract(properties, '$.conn_group')) stored,
    is_group integer generated always as (
        json_extract(properties, '$.type') = 'group' or json_extract(properties, '$.group_declare') = 'true'
    ) stored,
    primary key (tenant, name)
) strict;

create index group_profile on profile (tenant, name) where is_group;

create table password (
    tenant text not null,
    name text not null,
    hash text not null,
    failures integer not null default 0,
    locked_until_ms integer,
    primary key (tenant, name),
    foreign key (tenant, name) references profile (tenant, name) on delete cascade
) strict;

create table component (
    digest text primary key not null,
    bytes blob not null
) strict;

-- One row for each tenant, so that two who replace its chain at once wait for each other.
create table chain (
    tenant text primary key not null,
    revision integer not null
) strict;

create table chain_link (
    tenant text not null references chain (tenant),
    position integer not null,
    name text not null,
    digest text not null references component (digest),
    settings text not null,
    grants text not null,
    primary key (tenant, position)
) strict;

-- A taken challenge stays, without its state, until it is purged: so a replay is told from an unknown id.
create table challenge (
    tenant text not null,
    challenge_id text not null,
    user_name text not null,
    state blob not null,
    expires_ms integer not null,
    taken integer not null default 0,
    primary key (tenant, challenge_id)
) strict;

create index challenge_expiry on challenge (expires_ms);

create table session (
    tenant text not null,
    session_id text not null,
    user_name text not null,
    state blob not null,
    expires_ms integer not null,
    primary key (tenant, session_id)
) strict;

create index session_expiry on session (expires_ms);

-- Ids grow with time: one order for listing, and rows that are written together lie together.
create table decision (
    tenant text not null,
    decision_id text not null,
    at_ms integer not null,
    user_name text not null,
    outcome text not null,
    cause text,
    record text not null,
    primary key (tenant, decision_id)
) strict;
