-- +goose Up

-- Runs, experiments and workloads get an identity that holds outside of this
-- file, so that archives can be put together. SQLite changes keys only by making
-- a table anew. It must be done while foreign keys are not enforced, or what
-- refers to a dropped table would go with it; benchctl opens the archive so. The
-- table chunks is not touched.
pragma legacy_alter_table = on; -- views of others are not looked at

create table new_workloads (
    sha256     text    not null primary key,
    name       text    not null,
    version    integer not null,
    definition text    not null check (json_valid(definition)),
    source     text    not null
) strict;
insert into new_workloads select sha256, name, version, definition, source from workloads order by name, version;
drop table workloads;
alter table new_workloads rename to workloads;
create index workloads_name on workloads (name, version);

-- The uid of a row that has none is a UUID of version 8 that is made of what the
-- row holds, not of chance: copies of one archive, upgraded apart from each
-- other, still agree on which run is which. It has the start in milliseconds, the
-- id, and the nanosecond in which the first load began, or else what tells the
-- process that wrote it.
create table new_experiments (
    id         integer primary key,
    uid        text    not null,
    created_at text    not null,
    seed       integer not null,
    plan       text    not null check (json_valid(plan)),
    command    text    not null,
    owner      text    check (json_valid(owner))
) strict;
insert into new_experiments
select e.id,
       substr(started, 1, 8) || '-' || substr(started, 9, 4) || '-8' || substr(number, 1, 3) || '-a' || substr(number, 4, 3) || '-' || moment,
       created_at, seed, plan, command, owner
from experiments e join (
    select id,
           format('%012x', cast(round(unixepoch(created_at, 'subsec') * 1000) as integer)) as started,
           format('%06x', id & 0xffffff) as number,
           format('%012x', coalesce((select zero_unix_ns from runs where experiment = experiments.id and zero_unix_ns is not null order by id limit 1), seed) & 0xffffffffffff) as moment
    from experiments) made on made.id = e.id
order by e.id;
drop table experiments;
alter table new_experiments rename to experiments;
create unique index experiments_uid on experiments (uid);

create table new_runs (
    id               integer primary key,
    uid              text    not null,
    experiment       integer not null references experiments (id),
    position         integer check (position >= 0),
    state            text    not null check (state in ('running', 'complete', 'failed', 'interrupted')),
    error            text,
    started_at       text    not null,
    ended_at         text,
    zero_unix_ns     integer,
    store            text    not null,
    store_version    text    not null,
    plugin_version   text    not null,
    plugin_sha256    text    not null,
    nodes            integer not null,
    threads          integer not null check (threads > 0),
    watchers         integer not null default 0,
    setup            text    not null check (json_valid(setup)),
    guarantees       text    not null check (json_valid(guarantees)),
    workload         text    not null,
    workload_version integer not null,
    workload_sha256  text    not null references workloads (sha256),
    params           text    not null check (json_valid(params)),
    repeat           integer not null,
    seed             integer not null,
    environment      integer not null references environments (id),
    labels           text    not null check (json_valid(labels)),
    warnings         text    not null check (json_valid(warnings)),
    -- What the load generator said of itself at the end; null until it has.
    client_cpu_seconds   real,
    client_stalls        integer,
    client_stalled_ns    integer,
    client_spilled_bytes integer,
    owner            text    not null check (json_valid(owner))
) strict;
insert into new_runs
select r.id,
       substr(started, 1, 8) || '-' || substr(started, 9, 4) || '-8' || substr(number, 1, 3) || '-b' || substr(number, 4, 3) || '-' || moment,
       experiment, position, state, error, started_at, ended_at, zero_unix_ns,
       store, store_version, plugin_version, plugin_sha256, nodes, threads, watchers, setup, guarantees,
       workload, workload_version, workload_sha256, params, repeat, seed, environment, labels, warnings,
       null, null, null, null, owner
from runs r join (
    select id,
           format('%012x', cast(round(unixepoch(started_at, 'subsec') * 1000) as integer)) as started,
           format('%06x', id & 0xffffff) as number,
           format('%012x', coalesce(zero_unix_ns, (owner ->> 'started') * 4194304 + (owner ->> 'pid'), seed) & 0xffffffffffff) as moment
    from runs) made on made.id = r.id
order by r.id;
drop table runs;
alter table new_runs rename to runs;
create unique index runs_uid on runs (uid);
create index runs_experiment on runs (experiment);
create index runs_running on runs (id) where state = 'running';

-- The time that a row covers, which the first and the last of a process do not
-- fill. How much it was is not known of those that are there.
alter table node_seconds add column seconds real not null default 1;

pragma legacy_alter_table = off;
