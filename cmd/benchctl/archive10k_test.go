package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkArchive10k runs the commands that read on an archive of 10,000 runs,
// each iteration as a whole process: the median time, and the most memory that
// any had.
func BenchmarkArchive10k(b *testing.B) {
	bin, err := built()
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	tool, many := filepath.Join(dir, "manyruns"), filepath.Join(dir, "many.db")
	for _, command := range [][]string{
		{"go", "build", "-o", tool, "github.com/benchctl/benchctl/core/archive/internal/manyruns"},
		{tool, "-runs", "10000", "-o", many},
	} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			b.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, out)
		}
	}
	for _, c := range []struct{ name, args string }{
		{"runs", "runs"},
		{"runs selected", "runs store:etcd nodes:3 threads:10"},
		{"show", "show 5000"},
		{"plot", "plot throughput store:etcd workload:create-set-delete -o " + filepath.Join(dir, "x.svg")},
		{"report", "report"},
		{"report page", "report -o " + filepath.Join(dir, "review")},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			var most int64
			for b.Loop() {
				cmd := exec.Command(filepath.Join(bin, "benchctl"), append(strings.Fields(c.args), "--archive", many)...)
				var said strings.Builder
				cmd.Stdout, cmd.Stderr = io.Discard, &said
				began := time.Now()
				if err := cmd.Run(); err != nil {
					b.Fatalf("benchctl %s: %v\n%s", c.args, err, said.String())
				}
				took = append(took, time.Since(began))
				most = max(most, maxRSS(cmd.ProcessState))
			}
			slices.Sort(took)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1e3, "ms")
			b.ReportMetric(float64(most)/(1<<20), "MiB")
		})
	}
}

// maxRSS returns the most memory that a process had, in bytes.
func maxRSS(ended *os.ProcessState) int64 {
	usage, ok := ended.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return int64(usage.Maxrss) << 10 //nolint:unconvert // kilobytes; of 32 bits on some systems
}
