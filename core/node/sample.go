package node

import (
	"context"
	"time"

	psutil "github.com/shirou/gopsutil/v4/process"
)

// Client is the name under which the load generator's own process is sampled.
const Client = "client"

// Second is what a process used in one second.
type Second struct {
	Node       string
	Second     int     // from the run's zero
	CPUSeconds float64 // user and system
	RSS        int64   // bytes of memory at the end of the second
	Read       int64   // bytes from storage
	Written    int64   // bytes to storage
}

// usage is what a process has used since it started.
type usage struct {
	pid           int
	cpu           float64
	read, written int64
}

// Sample reports every second what the processes of a cluster (nil: none) and
// the client have used in it, until ctx ends; zero is the run's. What was used
// in the last, shorter second is reported too.
func Sample(ctx context.Context, zero time.Time, cluster *Cluster, client int, report func(Second)) {
	last := map[string]usage{}
	look := func(second int) {
		pids := map[string]int{}
		if cluster != nil {
			pids = cluster.pids()
		}
		pids[Client] = client
		for name, pid := range pids {
			now, rss, ok := measure(pid)
			if !ok {
				continue // it has gone
			}
			before := last[name]
			last[name] = now
			if second < 0 {
				continue
			}
			if before.pid != pid {
				before = usage{} // it was started in this second
			}
			report(Second{
				Node: name, Second: second, CPUSeconds: now.cpu - before.cpu, RSS: rss,
				Read: now.read - before.read, Written: now.written - before.written,
			})
		}
	}
	look(-1)
	for second := 0; ; second++ {
		timer := time.NewTimer(time.Until(zero.Add(time.Duration(second+1) * time.Second)))
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
