package host_test

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/benchctl/benchctl/core/client"
	"github.com/benchctl/benchctl/core/host"
)

func TestARunDeliversEverythingInOrder(t *testing.T) {
	p := launch(t, "scripted", host.Options{})
	for range 2 { // a plugin can execute another run after the first
		before := time.Now()
		s := &sink{}
		err := p.Run(t.Context(), request(t, "", 500), s)
		finished := s.finished
		if err != nil {
			t.Fatal(err)
		}
		if finished.Stopped || finished.Samples != 1200 || s.samples != 1200 || s.counted != 1200 {
			t.Errorf("%+v; %d samples in chunks, %d by phases", finished, s.samples, s.counted)
		}
		if s.String() != "started phase-0 chunks end-0 phase-1 chunks end-1" {
			t.Errorf("order: %s", s)
		}
		if s.zero.Before(before) || s.zero.After(time.Now()) {
			t.Errorf("zero %v", s.zero)
		}
	}
}

func TestAStoppedRunKeepsWhatWasMeasured(t *testing.T) {
	p := launch(t, "scripted", host.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	s := &sink{chunk: func() error { cancel(); return nil }}
	err := p.Run(ctx, request(t, "", endless), s)
	finished := s.finished
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if !finished.Stopped || s.samples == 0 || finished.Samples != s.samples {
		t.Errorf("%+v; %d samples in chunks", finished, s.samples)
	}
	if again := new(sink); p.Run(t.Context(), request(t, "", 100), again) != nil || again.finished.Samples != 400 {
		t.Errorf("the run after: %+v, %v", finished, err)
	}
}

func TestARunIsStoppedWhileItOpens(t *testing.T) {
	p := launch(t, "scripted", host.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := p.Run(ctx, request(t, "slow-open", 1), &sink{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	cancel()
	if err := p.Run(ctx, request(t, "", 1), &sink{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a run that was given up before it began: %v", err)
	}
	if err := p.Run(t.Context(), request(t, "", 1), &sink{}); err != nil {
		t.Errorf("the run after: %v", err)
	}
}

func TestASinkThatFailsStopsTheRun(t *testing.T) {
	p := launch(t, "scripted", host.Options{})
	full := errors.New("disk full")
	if err := p.Run(t.Context(), request(t, "", endless), &sink{chunk: func() error { return full }}); !errors.Is(err, full) || errors.Is(err, client.ErrPlugin) {
		t.Errorf("error %v", err)
	}
	eventually(t, "the plugin takes another run", func() bool {
		err := p.Run(t.Context(), request(t, "", 1), &sink{})
		return err == nil
	})
}

func TestRunsThatFail(t *testing.T) {
	p := launch(t, "scripted", host.Options{})
	if err := p.Run(t.Context(), request(t, "fail", 1), &sink{}); errors.Is(err, client.ErrPlugin) || err == nil || err.Error() != "plugin scripted: open the store: connection refused: start the store" {
		t.Errorf("error %v", err)
	}
	var refused *client.Refused
	wrong := request(t, "", 1)
	wrong.Threads = 0
	if err := p.Run(t.Context(), wrong, &sink{}); !errors.As(err, &refused) {
		t.Errorf("error %v", err)
	}
	s := &sink{}
	r := request(t, "", 1)
	r.Seed = 3 // chunks, for this plugin
	err := launch(t, "bare", host.Options{}).Run(t.Context(), r, s)
	if !errors.Is(err, client.ErrPlugin) || err.Error() != "plugin bare ended the run without a word on how it went: report this to the plugin's author" || s.samples != 3 {
		t.Errorf("error %v after %d chunks", err, s.samples)
	}
}

func TestAPluginThatIsKilledMidRun(t *testing.T) {
	seen := &logs{}
	p := launch(t, "scripted", host.Options{Log: seen.at(hclog.Info)})
	s := &sink{chunk: func() error { return ignore(syscall.Kill(p.PID(), syscall.SIGKILL), syscall.ESRCH) }}
	err := p.Run(t.Context(), request(t, "", endless), s)
	if !errors.Is(err, client.ErrPlugin) || err.Error() != "plugin scripted ended during the run (signal: killed)" {
		t.Errorf("error %v", err)
	}
	if s.samples == 0 {
		t.Error("nothing was delivered")
	}
	if _, err := p.Describe(t.Context()); !errors.Is(err, client.ErrPlugin) || err.Error() != "plugin scripted ended when it was asked to describe itself (signal: killed)" {
		t.Errorf("a call after: %v", err)
	}
	if !gone(p.PID()) {
		t.Error("the process has not been reaped")
	}
	if seen.String() != "" {
		t.Errorf("logged: %s", seen)
	}
}

func ignore(err, harmless error) error {
	if errors.Is(err, harmless) {
		return nil
	}
	return err
}

func TestACrashIsReportedWithItsLastLines(t *testing.T) {
	seen := &logs{}
	p := launch(t, "scripted", host.Options{Log: seen.at(hclog.Error)})
	s := &sink{}
	err := p.Run(t.Context(), request(t, "panic", endless), s)
	if !errors.Is(err, client.ErrPlugin) {
		t.Fatalf("error %v", err)
	}
	text := err.Error()
	if !strings.HasPrefix(text, "plugin scripted ended during the run (exit status 2); its last lines:\npanic: out of luck\n") ||
		!strings.Contains(text, "host_test.session.Create") || strings.Contains(text, "@level") {
		t.Errorf("error %v", err)
	}
	if log := seen.String(); !strings.HasPrefix(log, "[ERROR] plugin.scripted: panic: out of luck\n") || !strings.Contains(log, "host_test.session.Create") {
		t.Errorf("logged:\n%s", log)
	}
	if s.samples < 200 {
		t.Errorf("%d samples were delivered", s.samples)
	}

	p = launch(t, "scripted", host.Options{})
	if _, _, err := p.Prepare(t.Context(), setup("exit")); !errors.Is(err, client.ErrPlugin) || err.Error() != "plugin scripted ended when it was asked to prepare the setup (exit status 7)" {
		t.Errorf("error %v", err)
	}
}

// BenchmarkStream is the way of chunks from a plugin's process, over TLS.
func BenchmarkStream(b *testing.B) {
	p := launch(b, "bare", host.Options{})
	r := request(b, "", 1)
	r.Seed = bareChunks
	b.SetBytes(bareChunks * bareChunk)
	for b.Loop() {
		s := &sink{}
		if err := p.Run(b.Context(), r, s); s.samples != bareChunks {
			b.Fatalf("%d chunks: %v", s.samples, err)
		}
	}
}
