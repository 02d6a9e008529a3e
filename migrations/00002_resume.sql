-- +goose Up

-- Which run of its experiment's plan a run is, from 0; null for those of
-- before, whose plans were not archived whole.
alter table runs add column position integer check (position >= 0);

-- The process that executes the experiment, or did so last.
alter table experiments add column owner text check (json_valid(owner));
