-- The same tables as for SQLite, where the reasons stand. Never edit this file once released: add the next one.

create table component_piece (
    digest text collate "C" not null,
    position bigint not null,
    bytes bytea not null,
    primary key (digest, position)
);

-- Pieces are cut out of what is stored as it is.
alter table component_piece alter column bytes set storage external;

insert into component_piece (digest, position, bytes)
select digest, position, substring(bytes from position * 524288 + 1 for 524288)
from component, generate_series(0, greatest((octet_length(bytes) - 1) / 524288, 0)) as position;

alter table component drop column bytes;

create table pulse (
    beat bigint not null
);

insert into pulse (beat) values (0);
