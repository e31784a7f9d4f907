-- Who is served, and what runs for them. The same tables as for SQLite, where the reasons stand.
-- Never edit this file once released: add the next one.

create table tenant (
    tenant text collate "C" primary key,
    settings text not null,
    terms text not null,
    created_ms bigint not null
);

create table policy (
    tenant text collate "C" not null references tenant (tenant),
    name text collate "C" not null,
    settings text not null,
    grants text not null,
    last_version bigint not null default 0,
    primary key (tenant, name)
);

create table policy_version (
    tenant text collate "C" not null,
    policy text collate "C" not null,
    number bigint not null,
    digest text collate "C" not null references component (digest),
    manifest text not null,
    bytes bigint not null,
    created_ms bigint not null,
    actor text not null,
    primary key (tenant, policy, number),
    unique (tenant, policy, digest),
    foreign key (tenant, policy) references policy (tenant, name) on delete cascade
);

create index component_version on policy_version (digest);

create table policy_secret (
    tenant text collate "C" not null,
    policy text collate "C" not null,
    name text collate "C" not null,
    value text not null,
    changed_ms bigint not null,
    primary key (tenant, policy, name),
    foreign key (tenant, policy) references policy (tenant, name) on delete cascade
);

create table revision (
    tenant text collate "C" not null references tenant (tenant),
    number bigint not null,
    links text not null,
    created_ms bigint not null,
    actor text not null,
    note text not null,
    primary key (tenant, number)
);

create table revision_use (
    tenant text collate "C" not null,
    revision bigint not null,
    policy text collate "C" not null,
    version bigint not null,
    primary key (tenant, revision, policy, version),
    foreign key (tenant, revision) references revision (tenant, number) on delete cascade,
    foreign key (tenant, policy, version) references policy_version (tenant, policy, number)
);

create index version_use on revision_use (tenant, policy, version);

create table token (
    token_id text collate "C" primary key,
    tenant text collate "C" not null,
    name text collate "C" not null,
    hash text not null,
    scopes text not null,
    created_ms bigint not null,
    expires_ms bigint,
    unique (tenant, name)
);

create table audit (
    tenant text collate "C" not null,
    audit_id text collate "C" not null,
    at_ms bigint not null,
    actor text not null,
    origin text not null,
    action text not null,
    target text not null,
    detail text not null,
    primary key (tenant, audit_id)
);

create table clock (
    stamp bigint not null
);

insert into clock (stamp) values (0);

create table change (
    tenant text collate "C" primary key,
    stamp bigint not null
);

create index change_stamp on change (stamp);

insert into tenant (tenant, settings, terms, created_ms)
select tenant, '{}', '{}', (extract(epoch from now()) * 1000)::bigint
from (select tenant from chain union select tenant from profile union select tenant from decision) as known;

insert into policy (tenant, name, settings, grants, last_version)
select tenant, name, settings, grants, 1 from chain_link;

insert into policy_version (tenant, policy, number, digest, manifest, bytes, created_ms, actor)
select tenant, name, 1, chain_link.digest, '{}', length(component.bytes), (extract(epoch from now()) * 1000)::bigint, 'migration'
from chain_link join component on component.digest = chain_link.digest;

-- As json, not as jsonb: that refuses some texts, and respells others.
insert into revision (tenant, number, links, created_ms, actor, note)
select tenant, revision, coalesce((
    select json_agg(
        json_build_object('policy', name, 'version', 1, 'settings', settings::json, 'grants', grants::json) order by position)
    from chain_link where chain_link.tenant = chain.tenant
)::text, '[]'), (extract(epoch from now()) * 1000)::bigint, 'migration', ''
from chain;

insert into revision_use (tenant, revision, policy, version)
select chain.tenant, chain.revision, chain_link.name, 1 from chain join chain_link on chain_link.tenant = chain.tenant;

drop table chain_link;
alter table chain add foreign key (tenant, revision) references revision (tenant, number);
