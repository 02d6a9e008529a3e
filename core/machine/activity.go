package machine

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/record"
)

// The kernel's tick, in which it gives processor time to programs.
const tick = 0.01 // seconds

// kernelThread is the flag of a process that is a part of the kernel.
const kernelThread = 0x00200000

// activity is what a machine had done until a moment, in seconds of processor
// time unless something else is said.
type activity struct {
	at         time.Time
	processors int
	all        float64 // that the kernel gives account of
	unused     float64 // idle, or serving interrupts, which are nobody's
	stolen     float64
	own        float64 // of the process that asks, and all that it started
	kernel     float64 // of the kernel's own threads
	throttled  time.Duration
	pressure   time.Duration
}

// Watch looks at what the machine has done so far. What it returns says what it
// did since, beside this process and those that it has started, and nil where the
// system does not tell.
func Watch() func() *record.Surroundings { return here.watch(os.Getpid(), time.Now) }

func (s system) watch(self int, now func() time.Time) func() *record.Surroundings {
	before := s.activity(self, now())
	return func() *record.Surroundings { return before.until(s.activity(self, now())) }
}

// until says what happened between two moments.
func (a activity) until(b activity) *record.Surroundings {
	whole := b.at.Sub(a.at).Seconds() * float64(a.processors)
	// A system that only pretends to have this file counts nothing there.
	if a.processors == 0 || a.processors != b.processors || b.all-a.all < whole/2 {
		return nil
	}
	// Time that was not used is known to the microsecond, what was used by ticks.
	stolen := b.stolen - a.stolen
	used := whole - (b.unused - a.unused) - stolen
	return &record.Surroundings{
		ForeignCPUSeconds: max(used-(b.own-a.own)-(b.kernel-a.kernel), 0),
		StolenCPUSeconds:  max(stolen, 0),
		Throttled:         b.throttled - a.throttled,
		Pressure:          b.pressure - a.pressure,
	}
}

func (s system) activity(self int, at time.Time) activity {
	a := activity{at: at}
	s.addProcessors(&a)
	s.addProcesses(&a, self)
	for _, dir := range s.groups("cpu") {
		text := s.read(dir, "cpu.stat")
		if us, ok := entry(text, "throttled_usec"); ok {
			a.throttled += time.Duration(us * float64(time.Microsecond))
		} else if ns, ok := entry(text, "throttled_time"); ok {
			a.throttled += time.Duration(ns)
		}
	}
	for line := range strings.Lines(s.read("proc/pressure/cpu")) {
		if _, total, ok := strings.Cut(line, "total="); ok && strings.HasPrefix(line, "some ") {
			us, _ := number(total)
			a.pressure = time.Duration(us * float64(time.Microsecond))
		}
	}
	return a
}

// addProcessors adds what the processors have done that this process may run on.
func (s system) addProcessors(a *activity) {
	allowed := s.allowed()
	for line := range strings.Lines(s.read("proc/stat")) {
		fields := strings.Fields(line)
		if len(fields) < 9 {
			continue
		}
		n, numbered := strings.CutPrefix(fields[0], "cpu")
		id, err := strconv.Atoi(n)
		if !numbered || err != nil || !allowed(id) {
			continue
		}
		var times [8]float64 // user, nice, system, idle, waiting for a disk, interrupts, soft ones, stolen
		for i := range times {
			times[i], _ = number(fields[1+i])
			times[i] *= tick
			a.all += times[i]
		}
		a.processors++
		a.unused += times[3] + times[4] + times[5] + times[6]
		a.stolen += times[7]
	}
}

// allowed tells of a processor whether this process may run on it.
func (s system) allowed() func(id int) bool {
	_, list, found := strings.Cut(s.read("proc/self/status"), "\nCpus_allowed_list:")
	if !found {
		return func(int) bool { return true }
	}
	list, _, _ = strings.Cut(list, "\n")
	return func(id int) bool {
		for part := range strings.SplitSeq(strings.TrimSpace(list), ",") {
			from, to, ranged := strings.Cut(part, "-")
			if !ranged {
				to = from
			}
			first, err1 := strconv.Atoi(from)
			last, err2 := strconv.Atoi(to)
			if err1 == nil && err2 == nil && first <= id && id <= last {
				return true
			}
		}
		return false
	}
}

// process is a line of the table of processes.
type process struct {
	id, parent, group int
	kernel            bool
	used              float64 // its ended children included
}

// addProcesses adds what the processes have used that are ours, and the kernel's.
func (s system) addProcesses(a *activity, self int) {
	stats, _ := filepath.Glob(filepath.Join(string(s), "proc", "[0-9]*", "stat"))
	var others []process
	ours := map[int]bool{self: true}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		p, ok := parseProcess(string(text))
		switch {
		case err != nil || !ok: // it has ended
		case p.kernel:
			a.kernel += p.used
		case p.id == self:
			a.own += p.used
		default:
			others = append(others, p)
		}
	}
	// A child may stand before its parent: look until none is found any more.
	for found := true; found; {
		found = false
		others = slices.DeleteFunc(others, func(p process) bool {
			// What a node has started stays in its group when its parent ends.
			inGroup := ours[p.group] && p.group != self
			if !ours[p.parent] && !inGroup {
				return false
			}
			ours[p.id], found = true, true
			a.own += p.used
			return true
		})
	}
}

// parseProcess reads /proc/PID/stat. A name may have anything in it.
func parseProcess(text string) (p process, ok bool) {
	front, name, _ := strings.Cut(text, " ")
	end := strings.LastIndex(name, ") ")
	if end < 0 {
		return p, false
	}
	fields := strings.Fields(name[end+2:])
	if len(fields) < 15 {
		return p, false
	}
	var err error
	if p.id, err = strconv.Atoi(front); err != nil {
		return p, false
	}
	p.parent, _ = strconv.Atoi(fields[1])
	p.group, _ = strconv.Atoi(fields[2])
	flags, _ := strconv.Atoi(fields[6])
	p.kernel = flags&kernelThread != 0
	for _, field := range fields[11:15] { // user and system, its own and of its ended children
		ticks, _ := number(field)
		p.used += ticks * tick
	}
	return p, true
}
