package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAReusedClusterThatHasLostANodeIsReplaced(t *testing.T) {
	t.Parallel()
	s := start(t, filepath.Join(t.TempDir(), "a.db"), "run", "--reuse-clusters", "--option", "raftembed.placement=processes", "--nodes", "3",
		"--threads", "3", "--duration", "1s", "--warmup", "100ms", "--repeat", "3")
	s.measuring()
	if err := syscall.Kill(s.pidOf("benchctl-plugin-raftembed node"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(); code != exitDone {
		t.Errorf("exit code %d:\n%s", code, s.stderr.String())
	}
	s.expect("select group_concat(state) from runs", `"complete,complete,complete"`)
	const warning = "the cluster that was kept had lost node node-"
	const next = "from runs, events exited where exited.kind = 'node-exited' and runs.id = exited.run_id + 1 and "
	s.expect("select count(*) "+next+"warnings like '%"+warning+"%, so a fresh one was deployed%'", "1")
	s.expect("select count(*) from runs where warnings like '%"+warning+"%'", "1")
	s.expect("select (select group_concat(distinct kind) from events where run_id = runs.id and at_ns < 0) "+next+"true", `"node-log,node-started,node-ready"`)
	if !strings.Contains(s.stdout.String(), "! "+warning) {
		t.Errorf("standard output:\n%s", s.stdout.String())
	}
	s.verify()
	s.noneLeft()
}
