package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/benchctl/benchctl/core/conformance"
	"github.com/benchctl/benchctl/core/driver/drivertest"
	"github.com/benchctl/benchctl/plugins/zookeeper"
)

// documented is a command line of a page or of a help text.
type documented struct{ at, line string }

var commandLine = regexp.MustCompile(`^(bin/)?benchctl `)

// commandLines returns the command lines in the indented and fenced blocks of a
// page, those that go over several lines as one.
func commandLines(at, text string) []documented {
	var found []documented
	var open string // a command that is not whole
	fenced := false
	for _, line := range strings.Split(text, "\n") {
		code := strings.TrimSpace(line)
		if strings.HasPrefix(code, "```") {
			fenced = !fenced
			continue
		}
		switch {
		case open != "":
			open += "\n" + line
		case commandLine.MatchString(code) && (fenced || strings.HasPrefix(line, "  ")):
			open = code
		}
		if open == "" || strings.HasSuffix(open, `\`) || strings.Count(open, `"`)%2 != 0 || strings.Count(open, "'")%2 != 0 {
			continue
		}
		found = append(found, documented{at, open})
		open = ""
	}
	if open != "" {
		found = append(found, documented{at, open})
	}
	return found
}

// allDocumented returns the command lines of the README, the pages and the help.
func allDocumented(t *testing.T) []documented {
	t.Helper()
	var all []documented
	pages := []string{"../../README.md", "../../CONTRIBUTING.md"}
	err := filepath.WalkDir("../../docs", func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".md") {
			pages = append(pages, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range pages {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, commandLines(strings.TrimPrefix(path, "../../"), string(text))...)
	}
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		all = append(all, commandLines(cmd.CommandPath()+" --help", cmd.Long+"\n"+cmd.Example)...)
		for _, sub := range cmd.Commands() {
			look(sub)
		}
	}
	root, _ := newRoot(environment{getenv: func(string) string { return "" }})
	look(root)
	return all
}

// shell runs lines in a folder as a person would who has just run benchctl there.
type shell struct {
	dir string
	env []string
}

func (s shell) run(line string) (stdout, stderr string, code int, err error) {
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir, cmd.Env = s.dir, s.env
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return out.String(), log.String(), exit.ExitCode(), nil
	}
	return out.String(), log.String(), 0, err
}

// must runs a line that is to succeed.
func (s shell) must(t *testing.T, line string) string {
	t.Helper()
	stdout, stderr, code, err := s.run(line)
	if err != nil || code != exitDone {
		t.Errorf("%s\nexits with %d, %v:\n%s", line, code, err, stderr)
	}
	return stdout
}

// documentedShell is a shell in a folder with all that the pages speak of: bin/,
// their files, and an archive with some runs of each store that they select.
func documentedShell(t *testing.T) shell {
	t.Helper()
	dir := t.TempDir()
	built, err := exec.LookPath("benchctl")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Dir(built), filepath.Join(dir, "bin")); err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```")
	experiment := example.FindStringSubmatch(page(t, "experiments.md"))
	pipeline := example.FindAllStringSubmatch(page(t, "pipeline.md"), -1)
	server := filepath.Join(dir, "bin", "benchctl-plugin-etcd") // a program that is there
	builds := regexp.MustCompile(`/opt/[a-z/-]+`).ReplaceAllString(pipeline[1][1], server)
	mine, err := os.ReadFile("../../workloads/read-write.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"locks.yaml": experiment[1], "mine.yaml": string(mine), "secret.txt": "user:password\n", "experiment.yaml": pipeline[0][1], "builds.yaml": builds,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	certificates := drivertest.NewCertificates(t)
	for name, from := range map[string]string{"ca.pem": certificates.CA, "me.pem": certificates.Certificate, "me.key": certificates.Key} {
		if err := os.Symlink(from, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	s := shell{dir, append(os.Environ(), "BENCHCTL_ARCHIVE=benchctl.db", "TMPDIR="+dir, "GODEBUG=madvdontneed=1")} // of which a line takes GODEBUG
	const short = " --duration 20ms --warmup 20ms"
	s.must(t, "benchctl run --nodes 1,3 --threads 1,10"+short)
	s.must(t, "benchctl run read-write --param reads=0,50,100 --param keys=10 --threads 10 --label 'host=rack 7'"+short)
	// All that selects by store is drawn as well if the stores have other names.
	for _, store := range []string{"etcd", "zookeeper", "memory", "raftembed"} {
		s.must(t, "benchctl run --nodes 1 --store memory"+short)
		s.must(t, "benchctl run read-write --param keys=10 --nodes 3"+short)
		s.change(t, "update runs set store = '"+store+"', store_version = '3.6' where id > (select max(id) - 2 from runs)")
	}
	// Two builds of a store, on one node and on three.
	s.must(t, "benchctl run --nodes 1,3 --threads 10 --repeat 2"+short)
	s.change(t, `update runs set store = 'etcd', store_version = '3.6',
		labels = json_set(labels, '$.build', iif(repeat, 'b', 'a'), '$.setup', iif(repeat, 'new', 'release')) where id > (select max(id) - 4 from runs)`)
	for _, name := range []string{"release.db", "new.db", "builds.db"} {
		s.must(t, "cp benchctl.db "+name)
	}
	s.must(t, "benchctl run --nodes 1 --threads 1 --store memory --repeat 12 --archive release.db"+short)
	return s
}

// change makes of the archive's runs what the pages speak of.
func (s shell) change(t *testing.T, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite3", filepath.Join(s.dir, "benchctl.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

// TestDocumentedCommandLines executes every command line of the pages and of the
// help as it stands there, through a shell, and says of each that cannot be
// executed whole how it was tried.
func TestDocumentedCommandLines(t *testing.T) {
	t.Parallel()
	all := allDocumented(t)
	if len(all) < 40 {
		t.Fatalf("only %d command lines were found", len(all))
	}
	s := documentedShell(t)
	if t.Failed() {
		t.FailNow()
	}
	tried := map[string]bool{}
	for _, d := range all {
		if tried[d.line] {
			continue
		}
		tried[d.line] = true
		t.Run(d.at+": "+d.line, func(t *testing.T) { s.try(t, d.line) })
	}
}

var (
	synopsis  = regexp.MustCompile(`\[[A-Z-]|\b(NAME|FILE|DIR|SELECT|KIND|RUN|QUERY|EXPERIMENT)\b.*[…|\[]|…`)
	elsewhere = regexp.MustCompile(`--endpoints (https://)?a:2`) // hosts that only the pages have
	checks    = regexp.MustCompile(`benchctl plugin check (.*)`)
	runs      = regexp.MustCompile(`benchctl run\b`)
)

func (s shell) try(t *testing.T, line string) {
	if err := conformance.Missing(t.Context(), zookeeper.Driver()); strings.Contains(line, "--store") && strings.Contains(line, "zookeeper") && err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	switch {
	case synopsis.MatchString(line):
		s.synopsis(t, line)
	case checks.MatchString(line):
		// The suite itself takes minutes: without a folder for the nodes it ends
		// when everything that the line says has been accepted.
		_, stderr, code, err := s.run(checks.FindString(withoutComment(line)) + " --data-dir /dev/null/none")
		if err != nil || code != exitDone && (code != exitFailed || !strings.Contains(stderr, "--data-dir")) {
			t.Errorf("exits with %d, %v:\n%s", code, err, stderr)
		}
	case elsewhere.MatchString(line):
		// All is right but that there are no such hosts.
		_, stderr, code, err := s.run(line + " --dry-run --ready-timeout 1s --timeout 1s")
		if err != nil || code == exitUsage || code == exitWorkload || code != exitDone && !strings.Contains(stderr, "a:2") {
			t.Errorf("exits with %d, %v:\n%s", code, err, stderr)
		}
	case runs.MatchString(line):
		s.tryRun(t, line)
	case strings.Contains(line, "plot cost"):
		// The archive's phases are too short for nodes to be sampled in.
		_, stderr, code, err := s.run(line)
		if err != nil || code != exitDone && !strings.Contains(stderr, "no phase lasted for a whole second") {
			t.Errorf("exits with %d, %v:\n%s", code, err, stderr)
		}
	case strings.Contains(line, "--fail-on"):
		// The archive has too few runs for a verdict, which is all that is wrong.
		_, stderr, code, err := s.run(line)
		if err != nil || code != exitFailed || !strings.Contains(stderr, "cannot be judged") {
			t.Errorf("exits with %d, %v:\n%s", code, err, stderr)
		}
	default:
		s.must(t, line)
	}
}

// withoutComment is a line without the remark at its end.
func withoutComment(line string) string {
	before, _, _ := strings.Cut(line, " #")
	return strings.TrimSpace(before)
}

// tryRun plans what a line says, and if that are few runs on stores that need
// nothing else, runs it with short phases.
func (s shell) tryRun(t *testing.T, line string) {
	line = withoutComment(line)
	plan := s.must(t, line+" --dry-run --json")
	var planned struct{ Runs []struct{ Store string } }
	if err := json.Unmarshal([]byte(plan), &planned); err != nil {
		t.Fatalf("%v:\n%s", err, plan)
	}
	if len(planned.Runs) > 4 || strings.Contains(line, "--dry-run") || strings.Contains(line, "find-max-rate") {
		return
	}
	for _, r := range planned.Runs {
		if r.Store != "raftembed" && r.Store != "memory" && r.Store != "mystore" {
			return
		}
	}
	if !strings.Contains(line, "--resume") {
		line += " --duration 50ms --warmup 50ms"
	}
	s.must(t, line)
}

// synopsis looks whether there are a command and flags that a line has in general.
func (s shell) synopsis(t *testing.T, line string) {
	words := regexp.MustCompile(`^(bin/)?benchctl( [a-z]+)+`).FindString(line)
	help := s.must(t, words+" --help")
	if !strings.Contains(help, "Usage:\n  "+strings.TrimPrefix(words, "bin/")) {
		t.Errorf("%s is no command:\n%s", words, help)
	}
	for _, flag := range regexp.MustCompile(`--?[a-z][a-z-]*`).FindAllString(strings.TrimPrefix(line, words), -1) {
		if !strings.Contains(help, " "+flag) {
			t.Errorf("%s has no flag %s", words, flag)
		}
	}
}
