package comparison_test

import (
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/benchctl/benchctl/core/format"
)

// TestUnpairedNumbersAreBenchstats gives the same runs to benchstat, of the version
// of golang.org/x/perf that is used here.
func TestUnpairedNumbersAreBenchstats(t *testing.T) {
	benchstat := filepath.Join(t.TempDir(), "benchstat")
	if out, err := exec.Command("go", "build", "-o", benchstat, "golang.org/x/perf/cmd/benchstat").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		a, b          int
		factor, noise float64
	}{
		{6, 6, 0.9, 0.05}, {6, 6, 1, 0.05}, {9, 7, 1.3, 0.2}, {4, 12, 0.99, 0.01}, {20, 20, 1.02, 0.05}, {60, 55, 1.01, 0.02},
	} {
		t.Run(fmt.Sprintf("%d and %d, %v", c.a, c.b, c.factor), func(t *testing.T) {
			var records []made
			files := map[string]*strings.Builder{"etcd": {}, "zookeeper": {}}
			add := func(store string, repeat int, throughput float64) {
				r := blocks(1, 1)[0]
				r.Store, r.Throughput, r.Experiment, r.Repeat = store, throughput, int64(len(store)), repeat
				records = append(records, r)
				fmt.Fprintf(files[store], "BenchmarkSet 1 %s ops/s\n", strconv.FormatFloat(throughput, 'g', -1, 64))
			}
			for i := range c.a {
				add("etcd", i, 1000*(1+c.noise*random.NormFloat64()))
			}
			for i := range c.b {
				add("zookeeper", i, 1000*c.factor*(1+c.noise*random.NormFloat64()))
			}
			row := by(t, records, "store")[0].Tables[0].Rows[0]
			first, second, difference := row.Cells[0].Estimate, row.Cells[1].Estimate, row.Cells[1].Difference
			their := runBenchstat(t, benchstat, files["etcd"].String(), files["zookeeper"].String())
			for name, pair := range map[string][2]string{
				"median of A": {their[1], printed(first.Value)}, "median of B": {their[3], printed(second.Value)},
				"interval of A": {their[2], share(first.Spread())}, "interval of B": {their[4], share(second.Spread())},
				"effect": {their[5], fmt.Sprintf("%+.2f%%", 100*difference.Effect)},
				"p":      {strings.Fields(their[6])[0], fmt.Sprintf("p=%.3f", difference.P)},
			} {
				if pair[0] != pair[1] && !(name == "effect" && pair[0] == "~" && difference.P >= 0.05) {
					t.Errorf("%s: benchstat has %s, we have %s", name, pair[0], pair[1])
				}
			}
		})
	}
}

// runBenchstat returns the row of the only benchmark.
func runBenchstat(t *testing.T, benchstat string, files ...string) []string {
	t.Helper()
	args := []string{"-format", "csv"}
	for i, content := range files {
		name := filepath.Join(t.TempDir(), fmt.Sprint(i))
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	out, err := exec.Command(benchstat, args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "Set,") {
			row, err := csv.NewReader(strings.NewReader(line)).Read()
			if err != nil {
				t.Fatal(err)
			}
			value, errA := strconv.ParseFloat(row[1], 64)
			other, errB := strconv.ParseFloat(row[3], 64)
			if errA != nil || errB != nil {
				t.Fatal(row)
			}
			row[1], row[3] = printed(value), printed(other)
			return row
		}
	}
	t.Fatalf("benchstat printed\n%s", out)
	return nil
}

// printed leaves out what differs by the order in which floats were added.
func printed(value float64) string { return strconv.FormatFloat(value, 'g', 12, 64) }

// share is written as benchstat does.
func share(spread float64) string {
	if math.IsInf(spread, 0) {
		return "∞"
	}
	return strings.ReplaceAll(format.Share(spread), " ", "")
}
