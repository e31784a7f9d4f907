-- What was learnt of versions on trial, by all processes together. The same tables as for SQLite, where the reasons stand.
-- Never edit this file once released: add the next one.

create table trial (
    tenant text collate "C" not null,
    revision bigint not null,
    policy text collate "C" not null,
    same bigint not null,
    different bigint not null,
    skipped bigint not null,
    faults bigint not null,
    primary key (tenant, revision, policy),
    foreign key (tenant, revision) references revision (tenant, number) on delete cascade
);

create table trial_difference (
    tenant text collate "C" not null,
    revision bigint not null,
    policy text collate "C" not null,
    difference_id text collate "C" not null,
    difference text not null,
    primary key (tenant, revision, policy, difference_id),
    foreign key (tenant, revision) references revision (tenant, number) on delete cascade
);
