package node

import (
	"context"
	"time"

	psutil "github.com/shirou/gopsutil/v4/process"

	"github.com/benchctl/benchctl/core/record"
)

// usage is what a process has used since it started.
type usage struct {
	pid           int
	at            time.Duration // when it was looked at, from the run's zero
	cpu           float64
	read, written int64
}

// Sample reports every second what the processes of a cluster (nil: none) and
// the client have used in it, until ctx ends; zero is the run's. What was used
// in the last, shorter second is reported too. Each report says how much time it
// covers: less than a second where the process or the run began or ended in it,
// more where the machine was too busy to look in time.
func Sample(ctx context.Context, zero time.Time, cluster *Cluster, client int, report func(record.NodeSecond)) {
	// The wall clock may be set while the run lasts; it is looked at once.
	late, began := time.Since(zero), time.Now()
	elapsed := func() time.Duration { return late + time.Since(began) }
	last := map[string]usage{}
	look := func(second int) {
		processes := map[string]started{}
		if cluster != nil {
			processes = cluster.processes()
		}
		processes[record.ClientNode] = started{pid: client}
		for name, p := range processes {
			now, rss, ok := measure(p.pid)
			if !ok {
				continue // it has gone
			}
			now.at = elapsed()
			before := last[name]
			last[name] = now
			if second < 0 {
				continue
			}
			if before.pid != p.pid { // it was started in this second
				before = usage{at: late + p.at.Sub(began)}
			}
			report(record.NodeSecond{
				Node: name, Second: second, Seconds: (now.at - before.at).Seconds(), CPUSeconds: now.cpu - before.cpu, RSSBytes: rss,
				ReadBytes: now.read - before.read, WrittenBytes: new(now.written - before.written),
			})
		}
	}
	look(-1)
	for {
		second := max(0, int(elapsed()/time.Second))
		timer := time.NewTimer(time.Duration(second+1)*time.Second - elapsed())
		select {
		case <-timer.C:
			look(second)
		case <-ctx.Done():
			timer.Stop()
			look(second)
			return
		}
	}
}

func measure(pid int) (u usage, rss int64, ok bool) {
	p, err := psutil.NewProcess(int32(pid))
	if err != nil {
		return u, 0, false
	}
	times, err := p.Times()
	if err != nil {
		return u, 0, false
	}
	u = usage{pid: pid, cpu: times.User + times.System}
	if memory, err := p.MemoryInfo(); err == nil {
		rss = int64(memory.RSS)
	}
	// Where the system does not tell, traffic stays 0.
	if traffic, err := p.IOCounters(); err == nil {
		u.read, u.written = int64(traffic.DiskReadBytes), int64(traffic.DiskWriteBytes)
	}
	return u, rss, true
}
