package workload

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// corpus is where FuzzParse finds definitions to begin with.
const corpus = "testdata/fuzz/FuzzParse"

var update = flag.Bool("update", false, "write the definitions in "+corpus+" anew")

func FuzzParse(f *testing.F) {
	f.Add([]byte(valid))
	for _, c := range mistakes {
		f.Add([]byte(strings.Replace(valid, c.old, c.new, 1)))
	}
	for _, c := range phaseMistakes {
		f.Add([]byte(withPhase(c.keys, c.phase)))
	}
	f.Fuzz(func(t *testing.T, source []byte) { accepted(t, source) })
}

// accepted parses a definition, and demands of one that is accepted that it
// can be used, and of a refusal that it is one line that names a place in the
// file.
func accepted(t *testing.T, source []byte) bool {
	d, err := Parse("w.yaml", source)
	if err != nil {
		var refusal *Error
		if !errors.As(err, &refusal) {
			t.Fatalf("the error is a %T: %v", err, err)
		}
		lines := bytes.Split(source, []byte("\n"))
		switch {
		case refusal.File != "w.yaml" || refusal.Line < 1 || refusal.Line > len(lines):
			t.Fatalf("a place outside of the file: %v", err)
		case refusal.Column < 1 || refusal.Column > utf8.RuneCount(lines[refusal.Line-1])+1:
			t.Fatalf("a place outside of the line: %v", err)
		case refusal.Msg == "" || strings.ContainsFunc(refusal.Msg, unicode.IsControl):
			t.Fatalf("no line of text: %q", refusal.Msg)
		}
		return false
	}
	if !bytes.Equal(d.Canonical(), d.Canonical()) {
		t.Error("the canonical form changes")
	}
	w, _, err := d.Bind(nil)
	if err != nil {
		t.Fatalf("parsed, but does not bind: %v", err)
	}
	if err := w.Validate(); err != nil {
		t.Fatalf("bound, but not valid: %v", err)
	}
	return true
}

// TestCorpus parses what FuzzParse begins with. With -update it makes it anew
// from the definitions that are shipped and those in the docs.
func TestCorpus(t *testing.T) {
	const size = 100
	if *update {
		writeCorpus(t, size)
	}
	files, err := filepath.Glob(corpus + "/mutated-*")
	if err != nil {
		t.Fatal(err)
	}
	good := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		quoted := regexp.MustCompile(`\[\]byte\((.*)\)`).FindSubmatch(text)
		source, err := strconv.Unquote(string(quoted[1]))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if accepted(t, []byte(source)) {
			good++
		}
	}
	if len(files) != size || good < size/10 || good > size*2/3 {
		t.Errorf("%d definitions, of which %d are good", len(files), good)
	}
}

func writeCorpus(t *testing.T, size int) {
	t.Helper()
	var sources []string
	files, err := filepath.Glob("../../workloads/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, string(text))
	}
	page, err := os.ReadFile("../../docs/workloads.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, example := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(page, -1) {
		sources = append(sources, string(example[1]))
	}
	if err := os.MkdirAll(corpus, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range size {
		random := rand.New(rand.NewPCG(1, uint64(i)))
		source := sources[i%len(sources)]
		if i >= len(sources) { // the first are as they were written
			for range 1 + random.IntN(2) {
				of := values
				if random.IntN(4) == 0 {
					of = slips
				}
				source = of[random.IntN(len(of))](random, source)
			}
		}
		text := fmt.Sprintf("go test fuzz v1\n[]byte(%s)\n", strconv.Quote(source))
		if err := os.WriteFile(fmt.Sprintf("%s/mutated-%03d", corpus, i), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// values put other words and numbers where some are.
var values = []func(random *rand.Rand, source string) string{
	word(`: *([\w$.%-]+)`, `0`, `-1`, `1e400`, `nan`, `$nothing`, `true`, `~`, `""`, `p99 < 10ms`, `é`, `99999999999999999999`,
		`0x10`, `0.5`, `1h`, `100000`, `{1: 2}`, `[1, 2]`, `zipfian`, `uniform`, `thread`, `shared`, `rest`, `"a\nb"`),
	word(`([a-z-]+): \d`, slices.Concat(names(keyFields), names(valueFields), names(phaseFields), inAMix())...),
	word(`\{(space): `, `skew: 2, space`, `depth: 3, space`, `fan-out: 3, space`, `hot-keys: 3, space`, `hot-ops: 3, space`, `count: 7, space`),
	word(`\{(sizes?): `, `size-to: 5, size`, `size-to: 5000, size`, `size: 5, sizes`, `compressible: 40, size`, `sizes: {5: 1}, compressible`),
	word(`- \{(name): `, `think: 1ms, name`, `rate: 5, name`, `rate-to: 5, name`, `steps: 3, name`, `active: 3, name`, `active-to: 3, name`, `per: thread, name`,
		`until: max < 1s, name`, `watchers: 5, name`, `keys-per-transaction: 5, name`, `rate: 5, rate-to: 7, name`),
	word(`\n    (for): `, "think: 1ms\n    for", "rate: 5\n    for", "rate: 5\n    rate-to: 6\n    for", "until: p50 < 1ms\n    for", "steps: 3\n    for",
		"active-to: 3\n    for", "watchers: 5\n    for", "keys-per-transaction: 5\n    for", "active: 2\n    active-to: 3\n    for"),
	word(`mix: \{([a-z-]+): `, `lock: 1, x`, `transaction`, `watch`, `unlock`, `read-modify-write`, `put`, `election: 1, put`, `expire`),
}

// slips are those of the hand, and worse.
var slips = []func(random *rand.Rand, source string) string{
	lines(func(_ *rand.Rand, all []string, i int) []string { return slices.Delete(all, i, i+1) }),
	lines(func(_ *rand.Rand, all []string, i int) []string { return slices.Insert(all, i, all[i]) }),
	lines(func(random *rand.Rand, all []string, i int) []string {
		j := random.IntN(len(all))
		all[i], all[j] = all[j], all[i]
		return all
	}),
	lines(func(random *rand.Rand, all []string, i int) []string {
		all[i] = strings.Repeat(" ", random.IntN(7)) + strings.TrimSpace(all[i])
		return all
	}),
	word(`: *([\w$.%-]+)`, `{`, `[`, `&a 1`, `*a`, `!!int 3`, `|`, `>-`, `? x`, `- y`, `<<: 5`),
	func(random *rand.Rand, source string) string { return source[:random.IntN(len(source)+1)] },
	func(random *rand.Rand, source string) string {
		at := random.IntN(len(source) + 1)
		junk := []string{"\x00", "\r", "\t", "\u2028", "\ufeff", "\xff", "---\n", "# ", "'", "\n\n"}
		return source[:at] + junk[random.IntN(len(junk))] + source[at:]
	},
}

// lines changes the lines of a definition around one of them.
func lines(mutate func(random *rand.Rand, all []string, i int) []string) func(*rand.Rand, string) string {
	return func(random *rand.Rand, source string) string {
		all := strings.Split(source, "\n")
		return strings.Join(mutate(random, all, random.IntN(len(all))), "\n")
	}
}

// word replaces one of the words that a pattern finds.
func word(pattern string, with ...string) func(*rand.Rand, string) string {
	expression := regexp.MustCompile(pattern)
	return func(random *rand.Rand, source string) string {
		found := expression.FindAllStringSubmatchIndex(source, -1)
		if len(found) == 0 {
			return source
		}
		at := found[random.IntN(len(found))]
		return source[:at[2]] + with[random.IntN(len(with))] + source[at[3]:]
	}
}
