package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/driver/drivertest"
	"github.com/benchctl/benchctl/core/workload"
	"github.com/benchctl/benchctl/plugins/zookeeper"
	"github.com/benchctl/benchctl/workloads"
)

// TestShippedDefinitionsRunOnEveryStore executes each of them on three nodes of
// every store that is deployed, for a moment, with what they verify.
func TestShippedDefinitionsRunOnEveryStore(t *testing.T) {
	drivertest.Needs(t, zookeeper.Driver())
	definitions, err := workloads.All()
	if err != nil {
		t.Fatal(err)
	}
	options := map[string]string{
		"etcd":      "{etcd.session-timeout: 6s}",
		"raftembed": "{raftembed.session-timeout: 6s, raftembed.placement: processes}",
		"zookeeper": "{zookeeper.session-timeout: 6s, zookeeper.tick-time: 500ms, zookeeper.heap: 128m}",
	}
	for store, options := range options {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			shippedDefinitionsRun(t, definitions, store, options)
		})
	}
}

func shippedDefinitionsRun(t *testing.T, definitions []*workload.Definition, store, options string) {
	plan := &strings.Builder{}
	fmt.Fprintf(plan, "name: all\nstores: [%s]\nthreads: 3\nsetups: [{nodes: 3, options: %s}]\nworkloads:\n", store, options)
	for _, d := range definitions {
		var params []string
		for _, p := range d.Params {
			switch p.Name {
			case "duration":
				params = append(params, "duration: 400ms")
			case "warmup":
				params = append(params, "warmup: 100ms")
			case "keys":
				params = append(params, "keys: 100") // that are to be there first
			case "tries":
				params = append(params, "tries: 3")
			}
		}
		fmt.Fprintf(plan, "  - {workload: %s, params: {%s}}\n", d.Ref(), strings.Join(params, ", "))
	}
	file := filepath.Join(t.TempDir(), "all.yaml")
	if err := os.WriteFile(file, []byte(plan.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, filepath.Join(t.TempDir(), "a.db"), "run", file, "--reuse-clusters")
	if code := s.waitWithin(20 * time.Minute); code != exitDone {
		t.Fatalf("exit code %d:\n%s", code, s.stderr.String())
	}
	s.expect("select count(*), count(distinct workload) from runs where state = 'complete'", fmt.Sprintf("%d,%[1]d", len(definitions)))
	if got := s.ask("select group_concat(distinct workload || ': ' || op || ' ' || errors) from runs join summaries on run_id = runs.id where not warmup and ops = 0"); got != "" {
		t.Errorf("operations of which none succeeded: %s", got)
	}
	if got := s.ask("select group_concat(workload || ': ' || property || ' ' || result || ': ' || detail) from runs join verdicts on run_id = runs.id where result <> 'held'"); got != "" {
		t.Errorf("verdicts: %s", got)
	}
	s.expectSums()
	s.verify()
	s.noneLeft()
}

// TestTheExamplesOfThePageRun executes every definition on the page about
// workloads for a moment, on a store that can do all of it.
func TestTheExamplesOfThePageRun(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(page(t, "workloads.md"), -1)
	if len(blocks) < 6 {
		t.Fatalf("the page has only %d examples", len(blocks))
	}
	times := regexp.MustCompile(`(for: |duration: \{default: )[0-9]+[sm]`)
	counts := regexp.MustCompile(`ops: [0-9]+`)
	for _, block := range blocks {
		text := counts.ReplaceAllString(times.ReplaceAllString(block[1], "${1}150ms"), "ops: 5")
		_, name, _ := strings.Cut(text, "name: ")
		name, _, _ = strings.Cut(name, "\n")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), name+".yaml")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			s := start(t, filepath.Join(t.TempDir(), "a.db"), "run", file, "--store", "raftembed", "--nodes", "1", "--threads", "3",
				"--option", "raftembed.session-timeout=1s")
			if code := s.wait(); code != exitDone {
				t.Errorf("exit code %d:\n%s\n%s", code, s.stderr.String(), text)
			}
			s.expectSums()
			s.noneLeft()
		})
	}
}

// TestTheWorkloadsOnThePage compares the table of the page with what the
// command prints.
func TestTheWorkloadsOnThePage(t *testing.T) {
	_, after, ok := strings.Cut(page(t, "workloads.md"), "<!-- workloads: made by ")
	command, table, ok2 := strings.Cut(after, " -->\n")
	table, _, ok3 := strings.Cut(table, "<!-- /workloads -->")
	if !ok || !ok2 || !ok3 {
		t.Fatal("workloads.md has no table of workloads")
	}
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(command)
	out, err := exec.Command(filepath.Join(bin, words[0]), words[1:]...).Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(out) != table {
		t.Errorf("the page has\n%s\nand `%s` prints\n%s", table, command, out)
	}
}
