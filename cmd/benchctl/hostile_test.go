package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/plugins/raftembed"
)

// steering is what a plugin should not be able to do to a terminal.
const steering = "\x1b[31mred\x1b]0;title\a\rover\u202etxt\u009b2J<b>&\"'"

// steeringDriver is raftembed with texts that steer a terminal wherever a plugin
// can put some.
type steeringDriver struct {
	driver.Driver
	driver.NodeController
}

func newSteering() driver.Driver {
	sound := raftembed.Driver()
	return steeringDriver{sound, sound.(driver.NodeController)}
}

func (d steeringDriver) Info() driver.Info {
	info := d.Driver.Info()
	info.Name, info.Version, info.Summary, info.StoreVersion = "steering", "1"+steering, "a summary"+steering, "3"+steering
	info.Options = append(info.Options, driver.Option{Name: "o", Type: driver.String, Default: "x", Help: "help" + steering})
	return info
}

func (d steeringDriver) Guarantees(ctx context.Context, setup driver.Setup) (driver.Guarantees, error) {
	if setup.Option("o") == "refused" {
		return driver.Guarantees{}, errors.New("it refuses" + steering)
	}
	g, err := d.Driver.Guarantees(ctx, setup)
	g.Notes = append(g.Notes, "a note"+steering)
	return g, err
}

func (d steeringDriver) Open(ctx context.Context, setup driver.Setup) (driver.Store, error) {
	fmt.Fprintln(os.Stderr, "panic: a log"+steering)
	if setup.Option("o") == "broken" {
		return nil, fmt.Errorf("it is broken%s", steering)
	}
	return d.Driver.Open(ctx, setup)
}

// steered returns the lines of a text that would steer a terminal.
func steered(text string) (lines []string) {
	for _, line := range strings.Split(text, "\n") {
		if strings.ContainsFunc(line, func(r rune) bool { return r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) }) {
			lines = append(lines, fmt.Sprintf("%q", line))
		}
	}
	return lines
}

func TestNothingThatOthersWroteSteersTheTerminal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := shell{dir, append(os.Environ(), "BENCHCTL_ARCHIVE=a.db", "TMPDIR="+dir, "X="+steering)}
	const short = " --nodes 1 --threads 1 --duration 20ms --warmup 20ms"
	for _, line := range []string{
		"benchctl run --verbose --store steering" + short + ` --label "host=$X"`,
		"benchctl run --store steering" + short + ` --label "host=b$X" --label "$X=1"`,
		"benchctl run --store steering --option steering.o=refused" + short,
		"benchctl run --store steering --option steering.o=broken" + short,
		`benchctl run --store steering --option "steering.$X=1"` + short,
		`benchctl run "$X"`, `benchctl run --store "$X"`, `benchctl "$X"`, `benchctl run "--$X"`, `benchctl run --nodes "$X"`, `benchctl run "$X.yaml"`,
		`benchctl runs "store:$X"`, `benchctl runs "$X:1"`, `benchctl runs "$X"`, `benchctl show "$X"`, `benchctl sql "$X"`,
		`benchctl --archive "$X.db" runs`, `benchctl plot throughput -o "$X"`,
		"benchctl plugin list", "benchctl plugin describe steering", "benchctl plugin describe steering --json",
		"benchctl runs", "benchctl runs --json", "benchctl show 1", "benchctl show 1 --json", "benchctl show 3",
		"benchctl report", "benchctl archive info", `benchctl sql "select * from runs"`, `benchctl sql --format json "select * from runs"`,
		`benchctl sql --format markdown "select * from runs"`, "benchctl report state:complete -o page", "benchctl plot throughput -o a.svg",
	} {
		stdout, stderr, _, err := s.run(line)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range append(steered(stdout), steered(stderr)...) {
			t.Errorf("%s\nprints %s", line, bad)
		}
		if strings.HasSuffix(line, "json") && !json.Valid([]byte(stdout)) {
			t.Errorf("%s prints no JSON:\n%s", line, stdout)
		}
	}
	if out := s.must(t, `benchctl sql --format csv "select labels ->> '$.host' from runs where id = 1"`); !strings.Contains(out, "\x1b[31mred") {
		t.Errorf("CSV has %q", out)
	}
	pictures, err := filepath.Glob(filepath.Join(dir, "page", "*.svg"))
	if err != nil || len(pictures) == 0 {
		t.Fatalf("%v, %v", pictures, err)
	}
	for _, picture := range append(pictures, filepath.Join(dir, "a.svg")) {
		wellFormed(t, picture)
	}
	for _, file := range []string{"index.html", "report.md"} {
		text, err := os.ReadFile(filepath.Join(dir, "page", file))
		if err != nil {
			t.Fatal(err)
		}
		shown := regexp.MustCompile("(?s)\n```.*?\n```\n").ReplaceAllString(string(text), "") // code shows HTML as it is
		if strings.Contains(shown, "<b>&\"'") || strings.ContainsAny(string(text), "\x1b\a") {
			t.Errorf("%s has what a label had as it was", file)
		}
	}
}

// wellFormed reads a picture as XML, which has no control characters.
func wellFormed(t *testing.T, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for d := xml.NewDecoder(f); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
			return
		}
	}
}

// TestWhoeverStopsReadingEndsNothing closes what benchctl prints to, before it
// runs and while it does.
func TestWhoeverStopsReadingEndsNothing(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"no standard error":           "benchctl $RUN 2>&-",
		"no standard output":          "benchctl $RUN >&-",
		"neither, nor input":          "benchctl $RUN >&- 2>&- <&-",
		"the first line":              "benchctl $RUN | head -1",
		"the first line of the log":   "benchctl $RUN 2>&1 >/dev/null | head -1",
		"a reader that is gone":       "benchctl $RUN 2>&1 | true",
		"a full device":               "benchctl $RUN 2>/dev/full",
		"a full device for the table": "benchctl $RUN >/dev/full; test $? = 1",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := shell{dir, append(os.Environ(), "BENCHCTL_ARCHIVE=a.db", "TMPDIR="+dir,
				"RUN=run --store memory --nodes 1 --threads 1 --repeat 3 --duration 20ms --warmup 20ms")}
			s.must(t, line)
			if out := s.must(t, `benchctl sql --format csv "select state, count(*) from runs group by 1"`); out != "state,count(*)\ncomplete,3\n" {
				t.Errorf("archived: %s", out)
			}
			s.must(t, "benchctl archive verify")
		})
	}
	if _, err := exec.LookPath("head"); err != nil {
		t.Error(err)
	}
}
