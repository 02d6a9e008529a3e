package report

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/comparison/comparisontest"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/record"
)

// side is what a store does in the repeats of a test.
type side struct {
	store      string
	factor     float64
	durability driver.Durability
	nodes      []int
}

// measured are repeats of some sides, each in a block of its own. What they differ
// in besides is a noise that all tests have the same of.
func measured(repeats int, sides ...side) []comparisontest.Record {
	var records []comparisontest.Record
	for repeat := range repeats {
		for s, of := range sides {
			for _, nodes := range of.nodes {
				id := int64(1 + repeat*100 + s*10 + nodes)
				noise := 1 + 0.02*math.Sin(float64(7*repeat+3*s+nodes))
				records = append(records, comparisontest.Record{
					Run: id, Experiment: 3, Repeat: repeat, Store: of.store, Nodes: nodes, Threads: 10, Phase: "set", Op: "set", Ops: 100_000, Throughput: 1000 * of.factor * noise,
					P50: time.Duration(float64(time.Millisecond) / noise), P99: 2 * time.Millisecond, Durability: of.durability, Promised: driver.Linearizable, Reads: driver.Linearizable,
					Cost: record.Cost{Ops: 1000, CPUSeconds: noise, RSSBytes: 1 << 20},
				})
			}
		}
	}
	return records
}

// pageOf makes the page of records as Markdown.
func pageOf(t *testing.T, records []comparisontest.Record) string {
	t.Helper()
	c := comparisontest.Compare(t, records)
	page, err := NewPage(Review{Comparison: c, Differences: c.Contrasts(), Archive: "/tmp/a.db", Command: "benchctl report -o review",
		Experiments: []record.Experiment{{ID: 3, Seed: 42, Command: "benchctl run --store a,b"}},
		Draw:        func(*comparison.Workload, string) ([]Figure, error) { return nil, nil }})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := page.WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// section is the text of a section of a page.
func section(page, title string) string {
	_, text, _ := strings.Cut(page, "\n## "+title+"\n")
	text, _, _ = strings.Cut(text, "\n## ")
	return strings.TrimSpace(text)
}

func TestThePageAnswersFirst(t *testing.T) {
	one, both := []int{1}, []int{1, 3}
	for name, c := range map[string]struct {
		records []comparisontest.Record
		want    string
	}{
		"higher": {measured(10, side{"a", 1, driver.DurableFsync, both}, side{"b", 2, driver.DurableFsync, both}),
			"- b against a, throughput (higher is better): higher in all 2 cases, by N % to N % (p at most N in each, corrected for all differences in the tables)."},
		"lower": {measured(10, side{"a", 1, driver.DurableFsync, one}, side{"b", 0.5, driver.DurableFsync, one}),
			"- b against a, throughput (higher is better): lower in the one case, by N % (p at most N in each, corrected for all differences in the tables)."},
		"of unequal guarantees": {measured(10, side{"a", 1, driver.DurableFsync, one}, side{"b", 2, driver.DurableMemory, one}),
			"- b against a, throughput (higher is better): higher in the one case, by N % (p at most N in each, corrected for all differences in the tables). Neither is called better: b and a do not promise the same."},
		"none": {measured(10, side{"a", 1, driver.DurableFsync, one}, side{"b", 1.001, driver.DurableFsync, one}),
			"- b against a, throughput (higher is better): no difference is shown in the one case, where the medians differ by N % and one of N % would have been shown in N % of such comparisons."},
		"too few": {measured(3, side{"a", 1, driver.DurableFsync, one}, side{"b", 2, driver.DurableFsync, one}),
			"- b against a, throughput (higher is better): nothing can be said in the one case: it takes N repeats, and the medians differ by N %."},
		"nodes alone": {measured(10, side{"a", 1, driver.DurableFsync, both}),
			"- 3 against 1, throughput (higher is better): no difference is shown in the one case, where the medians differ by N % and one of N % would have been shown in N % of such comparisons."},
		"nothing varies": {measured(10, side{"a", 1, driver.DurableFsync, one}),
			"- a, 1 node, 10 threads: per thread/s N ± N % of set, the median of N runs. Nothing else was selected to compare it with."},
	} {
		got := section(pageOf(t, c.records), "Answer")
		numbers := regexp.MustCompile(`[+-]?[0-9][0-9.,]*[0-9]|\b[0-9]\b`)
		plain := func(text string) string { return numbers.ReplaceAllString(text, "N") }
		if plain(got) != plain(c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestThePageSaysEachThingOnce(t *testing.T) {
	records := measured(8, side{"a", 1, driver.DurableFsync, []int{1, 3}}, side{"b", 2, driver.DurableMemory, []int{1}})
	for i := range records {
		records[i].Warnings = []string{fmt.Sprintf("set on %s: other processes used %d %% of the cores", records[i].Store, i)}
	}
	records[0].Errors = 5
	page := pageOf(t, records)
	for _, said := range []string{"a: writes acknowledged after fsync on a majority", "other processes used", "benchctl run --store a,b", "Experiment 3 (seed 42)", "5 of 800,005 set operations failed"} {
		if n := strings.Count(page, said); n != 1 {
			t.Errorf("%q stands %d times in\n%s", said, n, page)
		}
	}
	var titles []string
	for _, m := range regexp.MustCompile(`(?m)^##+ (.*)$`).FindAllStringSubmatch(page, -1) {
		titles = append(titles, m[1])
	}
	want := []string{"Answer", "Throughput", "Verdict", "Latency in numbers", "Cost", "Guarantees", "Limits and warnings", "Failures", "Method", "Environment", "Make it again"}
	if !slices.Equal(titles, want) {
		t.Errorf("sections %q, want %q", titles, want)
	}
	for _, want := range []string{
		"- In 24 of 24 runs, such as: set on a: other processes used 0 % of the cores",
		"| a, 1 node, 10 threads | set | 5 | 800,005 | 0.000625 % |",
		"\n```sh\nbenchctl report -o review\n",
		"- 3 series, each run 8 times.",
		"| 1 | set | b | unequal guarantees |",
		"| b | 1 | 10 | set | 1.00 ms ± 2 % | 1.00 MiB ± 0 % | – |",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
}

// The page may run its own script and show its own style, and nothing else.
func TestNothingOnAPageComesFromElsewhere(t *testing.T) {
	const hostile = "<script>alert(1)</script>`<img src=x onerror=alert(2)>`"
	page := Page{Title: hostile, Lead: hostile}
	page.add(Section{Title: hostile, Text: []string{hostile}, Groups: []Group{{hostile, []string{hostile}}}, Code: []string{hostile},
		Tables: []Named{{hostile, Table{[]Column{{hostile, false}}, [][]string{{hostile}}}}}})
	var b bytes.Buffer
	if err := page.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	html := b.String()
	if n := strings.Count(html, "<script>"); n != 1 {
		t.Errorf("%d scripts", n)
	}
	for _, pattern := range []string{`<img`, `\son[a-z]+=`, `\sstyle=`, `\ssrc=`, `https?://`} {
		if found := regexp.MustCompile(pattern).FindString(strings.ReplaceAll(html, "src=x onerror=alert(2)", "")); found != "" {
			t.Errorf("%q stands in the page", found)
		}
	}
	if !strings.Contains(html, "default-src &#39;none&#39;") || len(pageJS) > 10<<10 {
		t.Errorf("no policy, or a script of %d bytes", len(pageJS))
	}
}
