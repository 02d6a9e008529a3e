-- +goose Up

-- "bnch": tells an archive from any other SQLite database.
pragma application_id = 0x626e6368;

create table environments (
    id             integer primary key,
    cpu            text    not null,
    cores          integer not null,
    memory_bytes   integer not null,
    kernel         text    not null,
    os             text    not null,
    filesystem     text    not null,
    fsync_ns       integer not null,
    virtualization text    not null,
    clock_source   text    not null
) strict;

create table workloads (
    name       text    not null,
    version    integer not null,
    sha256     text    not null,
    definition text    not null check (json_valid(definition)),
    source     text    not null,
    primary key (name, version)
) strict;

create table experiments (
    id         integer primary key,
    created_at text    not null,
    seed       integer not null,
    plan       text    not null check (json_valid(plan)),
    command    text    not null
) strict;

create table runs (
    id               integer primary key,
    experiment       integer not null references experiments (id),
    state            text    not null check (state in ('running', 'complete', 'failed', 'interrupted')),
    started_at       text    not null,
    ended_at         text,
    zero_unix_ns     integer,
    store            text    not null,
    store_version    text    not null,
    plugin_version   text    not null,
    plugin_sha256    text    not null,
    nodes            integer not null,
    setup            text    not null check (json_valid(setup)),
    guarantees       text    not null check (json_valid(guarantees)),
    workload         text    not null,
    workload_version integer not null,
    workload_sha256  text    not null,
    params           text    not null check (json_valid(params)),
    threads          integer not null check (threads > 0),
    repeat           integer not null,
    seed             integer not null,
    environment      integer not null references environments (id),
    labels           text    not null check (json_valid(labels)),
    warnings         text    not null check (json_valid(warnings)),
    error            text,
    owner            text    not null check (json_valid(owner)),
    foreign key (workload, workload_version) references workloads (name, version)
) strict;
create index runs_experiment on runs (experiment);
create index runs_running on runs (id) where state = 'running';

create table phases (
    run_id     integer not null references runs (id) on delete cascade,
    phase      integer not null,
    name       text    not null,
    warmup     integer not null check (warmup in (0, 1)),
    started_ns integer,
    ended_ns   integer,
    samples    integer not null default 0,
    primary key (run_id, phase),
    unique (run_id, name)
) strict;

create table chunks (
    id     integer primary key,
    run_id integer not null,
    phase  integer not null,
    thread integer not null,
    first  integer not null,
    count  integer not null check (count > 0),
    data   blob    not null,
    foreign key (run_id, phase) references phases (run_id, phase) on delete cascade
) strict;
create unique index chunks_order on chunks (run_id, phase, thread, first);

create table summaries (
    run_id                integer not null,
    phase                 text    not null,
    warmup                integer not null check (warmup in (0, 1)),
    op                    text    not null,
    ops                   integer not null,
    errors                integer not null,
    seconds               real    not null,
    throughput            real    not null,
    throughput_per_thread real    not null,
    mean_ns               integer,
    p50_ns                integer,
    p90_ns                integer,
    p95_ns                integer,
    p99_ns                integer,
    p999_ns               integer,
    max_ns                integer,
    error_mean_ns         integer,
    error_max_ns          integer,
    hdr                   blob,
    primary key (run_id, phase, op),
    foreign key (run_id, phase) references phases (run_id, name) on delete cascade
) strict;

create table thread_seconds (
    run_id  integer not null,
    phase   text    not null,
    warmup  integer not null check (warmup in (0, 1)),
    thread  integer not null,
    op      text    not null,
    second  integer not null,
    ops     integer not null,
    errors  integer not null,
    mean_ns integer,
    p50_ns  integer,
    p99_ns  integer,
    max_ns  integer,
    primary key (run_id, phase, thread, op, second),
    foreign key (run_id, phase) references phases (run_id, name) on delete cascade
) strict, without rowid;

create table node_seconds (
    run_id        integer not null references runs (id) on delete cascade,
    node          text    not null,
    second        integer not null,
    cpu_seconds   real    not null,
    rss_bytes     integer not null,
    read_bytes    integer not null,
    written_bytes integer not null,
    primary key (run_id, node, second)
) strict, without rowid;

create table events (
    id     integer primary key,
    run_id integer not null references runs (id) on delete cascade,
    at_ns  integer not null,
    kind   text    not null,
    node   text,
    detail text
) strict;
create index events_order on events (run_id, at_ns);
