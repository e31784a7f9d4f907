-- What was learnt of versions on trial, by all processes together. It goes with the revision that began the trial.
-- Never edit this file once released: add the next one.

create table trial (
    tenant text not null,
    revision integer not null,
    policy text not null,
    same integer not null,
    different integer not null,
    skipped integer not null,
    faults integer not null,
    primary key (tenant, revision, policy),
    foreign key (tenant, revision) references revision (tenant, number) on delete cascade
) strict;

-- Ids grow with time, as those of decisions do. A difference names properties and holds no values.
create table trial_difference (
    tenant text not null,
    revision integer not null,
    policy text not null,
    difference_id text not null,
    difference text not null,
    primary key (tenant, revision, policy, difference_id),
    foreign key (tenant, revision) references revision (tenant, number) on delete cascade
) strict;
