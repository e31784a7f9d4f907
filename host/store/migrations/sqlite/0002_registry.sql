-- Who is served, and what runs for them: tenants, versions of policies, revisions of a chain, secrets, tokens, and who changed it.
-- Never edit this file once released: add the next one.

-- Profiles and decisions do not refer to this table: a login does not pay for looking here.
create table tenant (
    tenant text primary key not null,
    settings text not null,
    terms text not null,
    created_ms integer not null
) strict;

-- Settings and grants are what the next activation takes. The number of the last version stays when that version is deleted, so
-- that no number ever means another component.
create table policy (
    tenant text not null references tenant (tenant),
    name text not null,
    settings text not null,
    grants text not null,
    last_version integer not null default 0,
    primary key (tenant, name)
) strict;

create table policy_version (
    tenant text not null,
    policy text not null,
    number integer not null,
    digest text not null references component (digest),
    manifest text not null,
    bytes integer not null,
    created_ms integer not null,
    actor text not null,
    primary key (tenant, policy, number),
    unique (tenant, policy, digest),
    foreign key (tenant, policy) references policy (tenant, name) on delete cascade
) strict;

-- Whether anybody still names a component.
create index component_version on policy_version (digest);

create table policy_secret (
    tenant text not null,
    policy text not null,
    name text not null,
    value text not null,
    changed_ms integer not null,
    primary key (tenant, policy, name),
    foreign key (tenant, policy) references policy (tenant, name) on delete cascade
) strict;

create table revision (
    tenant text not null references tenant (tenant),
    number integer not null,
    links text not null,
    created_ms integer not null,
    actor text not null,
    note text not null,
    primary key (tenant, number)
) strict;

-- What the links of a revision name, as this program can look it up: the links themselves are the gate's.
create table revision_use (
    tenant text not null,
    revision integer not null,
    policy text not null,
    version integer not null,
    primary key (tenant, revision, policy, version),
    foreign key (tenant, revision) references revision (tenant, number) on delete cascade,
    foreign key (tenant, policy, version) references policy_version (tenant, policy, number)
) strict;

create index version_use on revision_use (tenant, policy, version);

-- The operator's tokens have the empty tenant.
create table token (
    token_id text primary key not null,
    tenant text not null,
    name text not null,
    hash text not null,
    scopes text not null,
    created_ms integer not null,
    expires_ms integer,
    unique (tenant, name)
) strict;

-- Ids grow with time, as those of decisions do. The operator's log has the empty tenant.
create table audit (
    tenant text not null,
    audit_id text not null,
    at_ms integer not null,
    actor text not null,
    origin text not null,
    action text not null,
    target text not null,
    detail text not null,
    primary key (tenant, audit_id)
) strict;

-- One row, which everybody who changes the above locks first: stamps are committed in their order.
create table clock (
    stamp integer not null
) strict;

insert into clock (stamp) values (0);

-- When each tenant was changed last. Rows outlive their tenant: its deletion is a change as well.
create table change (
    tenant text primary key not null,
    stamp integer not null
) strict;

create index change_stamp on change (stamp);

-- Until now a chain had one revision, and each of its links was a policy of one version.
insert into tenant (tenant, settings, terms, created_ms)
select tenant, '{}', '{}', cast(unixepoch('subsec') * 1000 as integer)
from (select tenant from chain union select tenant from profile union select tenant from decision);

insert into policy (tenant, name, settings, grants, last_version)
select tenant, name, settings, grants, 1 from chain_link;

insert into policy_version (tenant, policy, number, digest, manifest, bytes, created_ms, actor)
select tenant, name, 1, chain_link.digest, '{}', length(component.bytes), cast(unixepoch('subsec') * 1000 as integer), 'migration'
from chain_link join component on component.digest = chain_link.digest;

insert into revision (tenant, number, links, created_ms, actor, note)
select tenant, revision, (
    select json_group_array(
        json_object('policy', name, 'version', 1, 'settings', json(settings), 'grants', json(grants)) order by position)
    from chain_link where chain_link.tenant = chain.tenant
), cast(unixepoch('subsec') * 1000 as integer), 'migration', ''
from chain;

insert into revision_use (tenant, revision, policy, version)
select chain.tenant, chain.revision, chain_link.name, 1 from chain join chain_link on chain_link.tenant = chain.tenant;

-- The active revision of each tenant, which from now on is one that is there.
drop table chain_link;
alter table chain rename to old_chain;

create table chain (
    tenant text primary key not null,
    revision integer not null,
    foreign key (tenant, revision) references revision (tenant, number)
) strict;

insert into chain (tenant, revision) select tenant, revision from old_chain;
drop table old_chain;
