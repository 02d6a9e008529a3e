-- +goose Up

-- Latencies count from the intended start of an operation. Service times count
-- from the moment at which it was issued; in a closed loop they are the same.
alter table summaries add column service_mean_ns integer;
alter table summaries add column service_p50_ns integer;
alter table summaries add column service_p90_ns integer;
alter table summaries add column service_p95_ns integer;
alter table summaries add column service_p99_ns integer;
alter table summaries add column service_p999_ns integer;
alter table summaries add column service_max_ns integer;

update summaries set
    service_mean_ns = mean_ns, service_p50_ns = p50_ns, service_p90_ns = p90_ns, service_p95_ns = p95_ns,
    service_p99_ns = p99_ns, service_p999_ns = p999_ns, service_max_ns = max_ns;

-- Arrivals that were due in the phase and were not started before it ended.
alter table phases add column unstarted integer not null default 0;

-- Sessions beside the threads that watch: their samples have the thread numbers
-- that follow on those of the threads.
alter table runs add column watchers integer not null default 0;

-- What was checked of a run beside its measurement, and what came of it.
create table verdicts (
    run_id   integer not null,
    phase    text    not null,
    property text    not null,
    result   text    not null check (result in ('held', 'violated', 'undecided')),
    checked  integer not null,
    detail   text    not null,
    history  text,
    primary key (run_id, phase, property),
    foreign key (run_id, phase) references phases (run_id, name) on delete cascade
) strict;
