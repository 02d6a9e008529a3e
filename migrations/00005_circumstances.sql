-- +goose Up

-- What decides how a figure is to be taken is archived beside it: what the
-- machine did meanwhile, what operations failed of, and which nodes were lost.
pragma legacy_alter_table = on; -- views of others are not looked at

-- How long an fsync takes is a measurement of a run, not a part of what tells
-- machines apart. Rows that are there keep it, for those who have asked for it.
create table new_environments (
    id                 integer primary key,
    cpu                text    not null,
    cores              integer not null,
    memory_bytes       integer not null,
    kernel             text    not null,
    os                 text    not null,
    filesystem         text    not null,
    fsync_ns           integer,
    virtualization     text    not null,
    clock_source       text    not null,
    -- What the group of processes that benchctl belongs to may use; 0: no limit.
    cpu_limit          real    not null default 0,
    memory_limit_bytes integer not null default 0
) strict;
insert into new_environments (id, cpu, cores, memory_bytes, kernel, os, filesystem, fsync_ns, virtualization, clock_source)
select id, cpu, cores, memory_bytes, kernel, os, filesystem, fsync_ns, virtualization, clock_source from environments;
drop table environments;
alter table new_environments rename to environments;
alter table runs add column fsync_ns integer;
update runs set fsync_ns = (select e.fsync_ns from environments e where e.id = environment);

-- Nodes that ended by themselves while the run lasted.
alter table runs add column lost_nodes integer not null default 0;
update runs set lost_nodes = (select count(distinct node) from events where run_id = runs.id and kind = 'node-exited' and at_ns >= 0)
where id in (select run_id from events where kind = 'node-exited');

-- What arrived in an open loop, and what became of the bound that a search keeps;
-- null where there was neither.
alter table phases add column offered_rate real;
alter table phases add column bound text;

-- The longest time in which no operation was on its way, and what the machine
-- did beside the run; null where it is not known.
alter table phases add column idle_ns integer;
alter table phases add column foreign_cpu_seconds real;
alter table phases add column stolen_cpu_seconds real;
alter table phases add column throttled_ns integer;
alter table phases add column pressure_ns integer;

-- Of what operations failed: how many of each class, and what the first said.
create table failures (
    run_id   integer not null references runs (id) on delete cascade,
    phase    text    not null,
    warmup   integer not null check (warmup in (0, 1)),
    op       text    not null,
    status   text    not null,
    count    integer not null,
    first_ns integer not null, -- from the run's zero, when the first one ended
    error    text,             -- what it said; null if that is not known
    primary key (run_id, phase, op, status)
) strict, without rowid;

-- What reached storage is not known on every system; what was handed to it is.
create table new_node_seconds (
    run_id        integer not null references runs (id) on delete cascade,
    node          text    not null,
    second        integer not null,
    seconds       real    not null default 1,
    cpu_seconds   real    not null,
    rss_bytes     integer not null,
    read_bytes    integer not null,
    written_bytes integer,
    handed_bytes  integer,
    primary key (run_id, node, second)
) strict, without rowid;
insert into new_node_seconds (run_id, node, second, seconds, cpu_seconds, rss_bytes, read_bytes, written_bytes)
select run_id, node, second, seconds, cpu_seconds, rss_bytes, read_bytes, written_bytes from node_seconds;
drop table node_seconds;
alter table new_node_seconds rename to node_seconds;

pragma legacy_alter_table = off;
