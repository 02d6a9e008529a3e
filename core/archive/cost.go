package archive

import (
	"context"

	"github.com/benchctl/benchctl/core/record"
)

// Costs returns what the nodes of the given runs, or of all, used in the whole
// seconds of their measured phases, by run and phase. A phase that lasted no whole
// second, or whose nodes have no process of their own, is not among them.
func (a *Archive) Costs(ctx context.Context, ids ...int64) ([]record.Cost, error) {
	const doing = "read what nodes used"
	rows, err := a.reader.QueryContext(ctx, `
		with whole as (
			select run_id, name, (started_ns + 999999999) / 1000000000 as first, ended_ns / 1000000000 as behind
			from phases`+amongAnd("run_id", ids)+` warmup = 0 and ended_ns > 0
		), used as (
			select w.run_id, w.name, w.first, w.behind, sum(n.cpu_seconds) as cpu, max(n.rss_bytes) as rss,
				case when count(*) = count(n.written_bytes) then sum(n.written_bytes) end as written
			from whole w join node_seconds n on n.run_id = w.run_id and n.second >= w.first and n.second < w.behind
			where n.node <> ?
			group by w.run_id, w.name, n.node
		)
		select run_id, name, sum(cpu), sum(rss), case when count(*) = count(written) then sum(written) end,
			(select coalesce(sum(t.ops), 0) from thread_seconds t
				where t.run_id = used.run_id and t.phase = used.name and t.second >= used.first and t.second < used.behind and t.op <> 'watch')
		from used group by run_id, name order by run_id, name`, append(values(ids), record.ClientNode)...)
	if err != nil {
		return nil, explain(a.path, doing, err)
	}
	costs, err := collect(rows, func(c *record.Cost) error {
		return readRow(rows, &c.RunID, &c.Phase, &c.CPUSeconds, &c.RSSBytes, &c.WrittenBytes, &c.Ops)
	})
	if err != nil {
		return nil, explain(a.path, doing, err)
	}
	return costs, a.soundIfSmall(ctx, doing, "node_seconds")
}
