package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	pretty "github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"

	"github.com/benchctl/benchctl/core/experiment"
	"github.com/benchctl/benchctl/core/format"
	"github.com/benchctl/benchctl/core/load"
	"github.com/benchctl/benchctl/core/record"
)

// console is standard error. On a terminal its last line is a status that is
// written over; elsewhere there is no status.
type console struct {
	mu    sync.Mutex
	text  *output
	tty   io.Writer            // the same without escapes, or nil if it is no terminal
	width func() (columns int) // of the terminal, which may be resized
	shown bool                 // a status is on the screen
}

func newConsole(text *output) *console {
	c := &console{text: text}
	if f, ok := text.out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		c.tty = f
		c.width = func() int {
			if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
				return width
			}
			return 80
		}
	}
	return c
}

// status replaces the status line, which never wraps: of a line that has wrapped
// only the end could be taken away again.
func (c *console) status(format string, args ...any) {
	if c.tty == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	line := newText(nil).escaped(fmt.Appendf(nil, format, args...))
	fmt.Fprintf(c.tty, "\r\x1b[K%s", cut(string(bytes.ReplaceAll(line, []byte("\n"), []byte(" "))), c.width()-1))
	c.shown = true
}

// cut returns the beginning of a line that fits into columns.
func cut(line string, columns int) string {
	used := 0
	for i, r := range line {
		if used += pretty.RuneWidth(r); used > columns {
			return line[:i]
		}
	}
	return line
}

// clear takes the status away.
func (c *console) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase()
}

func (c *console) erase() {
	if c.shown {
		fmt.Fprint(c.tty, "\r\x1b[K")
		c.shown = false
	}
}

// Write prints lines that stay, such as a plugin's log.
func (c *console) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase()
	return c.text.Write(b)
}

// progress shows how an experiment goes.
type progress struct {
	*console
	plan    *experiment.Plan
	archive string // its path

	mu    sync.Mutex
	began time.Time // when the first run began
	runs  int       // that are to be executed
	done  int
	run   time.Time // when the run that is under way began
	head  string    // of the status of the run that is under way
	at    time.Time // when the phase began
}

func newProgress(c *console, plan *experiment.Plan, archive string) *progress {
	return &progress{console: c, plan: plan, archive: archive}
}

func (p *progress) ExperimentStarted(id int64, runs []experiment.Run) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.began, p.runs = time.Now(), len(runs)
	fmt.Fprintf(p, "experiment %d: %s, %s%s, about %s, archived in %s\n",
		id, p.plan.Title(), atMost(p.plan), part(len(runs), len(p.plan.Runs)), format.ExactDuration(expected(runs)), p.archive)
}

func (p *progress) RunStarted(run experiment.Run) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.run = time.Now()
	p.head = fmt.Sprintf("run %d of %s%d: %s", run.Position+1, atMost(p.plan), len(p.plan.Runs), run)
	p.status("%s%s", p.head, p.left())
}

func (p *progress) Doing(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status("%s: %s%s", p.head, what, p.left())
}

func (p *progress) PhaseStarted(phase load.Phase) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = time.Now()
	p.status("%s: %s%s", p.head, phase.Name, p.left())
}

func (p *progress) Progress(phase load.Phase, _ time.Duration, ops, failed int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	elapsed := time.Since(p.at)
	of := ""
	if phase.For > 0 {
		of = " of " + format.ExactDuration(phase.For)
	}
	apart := ""
	if failed > 0 {
		apart = fmt.Sprintf(", %s failed", format.Integer(failed))
	}
	p.status("%s: %s %s%s, %s ops, %s/s%s%s", p.head, phase.Name, format.Duration(elapsed), of,
		format.Integer(ops), format.Number(float64(ops)/elapsed.Seconds()), apart, p.left())
}

// locked is told that another program has locked the archive, and that it is
// free again.
func (p *progress) locked(locked bool) {
	if !locked {
		fmt.Fprintf(p, "archive %s is free again\n", p.archive)
		return
	}
	fmt.Fprintf(p, "archive %s is locked by another program: what is measured waits in memory until it is free\n", p.archive)
}

// left estimates the rest of the experiment from the runs that are done.
func (p *progress) left() string {
	if p.done == 0 {
		return ""
	}
	each := p.run.Sub(p.began) / time.Duration(p.done)
	rest := max(0, each*time.Duration(p.runs-p.done)-time.Since(p.run))
	return fmt.Sprintf(" · %sabout %s left", atMost(p.plan), format.ExactDuration(rest.Round(time.Second)))
}

func (p *progress) Looked(runs []experiment.Run) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.runs = p.done + len(runs)
}

func (p *progress) RunEnded(run experiment.Run, id int64, state record.State, took time.Duration, failure error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	fmt.Fprintf(p, "run %d of %s%d (archived as %d): %s: %s in %s\n", run.Position+1, atMost(p.plan), len(p.plan.Runs), id, run, state, format.Duration(took))
	if failure != nil && state == record.Failed && len(p.plan.Runs) > 1 { // else it is benchctl's last word
		fmt.Fprintf(p, "  %s\n", hinted(failure))
	}
}
