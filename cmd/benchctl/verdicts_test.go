package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/benchctl/benchctl/core/archive"
	"github.com/benchctl/benchctl/core/stats"
)

// twins is an experiment on two setups that are the same, and one of which each
// operation takes a tenth longer.
const twins = `name: twins
repeat: 200
stores: memory
threads: 1
setups:
  - {name: one, nodes: 1, options: {memory.delay: 20us}}
  - {name: other, nodes: 1, options: {memory.delay: 20us}}
  - {name: slower, nodes: 1, options: {memory.delay: 22us}}
workloads:
  - {workload: create-set-delete, params: {duration: 100ms, warmup: 20ms}}
`

// BenchmarkVerdicts runs the twins, and says in how many of the comparisons of ten
// repeats a difference is reported that is none, and the one that there is.
func BenchmarkVerdicts(b *testing.B) {
	bin, err := built()
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	file, many := filepath.Join(dir, "twins.yaml"), filepath.Join(dir, "twins.db")
	if err := os.WriteFile(file, []byte(twins), 0o600); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		cmd := exec.Command(filepath.Join(bin, "benchctl"), "run", file, "--archive", many)
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	measured := throughputs(b, many)
	for _, c := range []struct{ name, other string }{{"same", "other"}, {"slower", "slower"}} {
		differ, of := 0, 0
		for _, op := range []string{"create", "set", "delete"} {
			one, other := measured["one "+op], measured[c.other+" "+op]
			for from := 0; from+10 <= min(len(one), len(other)); from += 10 {
				of++
				if stats.Compare(one[from:from+10], other[from:from+10]).P <= 1-stats.Confidence {
					differ++
				}
			}
		}
		b.Logf("%s: of %d comparisons of ten repeats %d differ", c.name, of, differ)
		b.ReportMetric(float64(differ)/float64(of), c.name+"-differ")
	}
	b.ReportMetric(0, "ns/op")
}

// throughputs returns those of the repeats by setup and operation.
func throughputs(b *testing.B, file string) map[string][]stats.Value {
	b.Helper()
	from, err := archive.OpenReadOnly(context.Background(), file)
	if err != nil {
		b.Fatal(err)
	}
	defer from.Close()
	rows, err := from.Query(context.Background(), `select labels ->> '$.setup', op, repeat, throughput
		from runs join summaries on run_id = runs.id where not warmup order by repeat`)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	all := map[string][]stats.Value{}
	for rows.Next() {
		var setup, op string
		var v stats.Value
		if err := rows.Scan(&setup, &op, &v.Block, &v.Value); err != nil {
			b.Fatal(err)
		}
		all[setup+" "+op] = append(all[setup+" "+op], v)
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return all
}
