-- Components in pieces, so that none is written, read or deleted while others wait for all of it; and a row that is written to see
-- whether writing works. Never edit this file once released: add the next one.

-- A component is published by its own row: pieces without it are of an upload that is under way, or of one that was broken off.
create table component_piece (
    digest text not null,
    position integer not null,
    bytes blob not null,
    primary key (digest, position)
) strict;

-- Pieces of 512 KiB, as the program makes them; an empty component has one.
insert into component_piece (digest, position, bytes)
with recursive piece (digest, position, length) as (
    select digest, 0, length(bytes) from component
    union all
    select digest, position + 1, length from piece where (position + 1) * 524288 < length
)
select digest, position, substr(component.bytes, position * 524288 + 1, 524288)
from piece join component using (digest);

alter table component drop column bytes;

create table pulse (
    beat integer not null
) strict;

insert into pulse (beat) values (0);
