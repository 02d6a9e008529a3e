// Package zookeeper is the driver of Apache ZooKeeper. A key is the znode of
// the same path. The servers that it deploys are Java processes, from Debian's
// package or from an unpacked release.
package zookeeper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/driver"
)

const (
	name    = "zookeeper"
	version = "0.1.0" // of the driver
)

// Driver returns the driver.
func Driver() driver.Driver { return zookeeper{} }

type zookeeper struct{}

func (zookeeper) Info() driver.Info {
	return driver.Info{
		Name:    name,
		Version: version,
		Summary: "Apache ZooKeeper, from Debian's package or $ZOOKEEPER_HOME",
		Options: append([]driver.Option{
			{Name: "heap", Type: driver.String, Default: "512m", Help: "heap of each server's JVM (-Xms and -Xmx)"},
			{Name: "jvm-flags", Type: driver.String, Help: "more flags for each JVM, separated by spaces"},
			{Name: "sync", Type: driver.Bool, Default: "true", Help: "fsync the log before a write is acknowledged (forceSync)"},
			{Name: "flush-delay", Type: driver.Duration, Default: "0s", Help: "how long a server waits for more writes to share an fsync (flushDelay)"},
			{Name: "snap-count", Type: driver.Int, Default: "100000", Help: "transactions after which a server takes a snapshot (snapCount)"},
			{Name: "tick-time", Type: driver.Duration, Default: "2s", Help: "the unit of the servers' timeouts (tickTime)"},
			{Name: driver.OptionSessionTimeout, Type: driver.Duration, Default: "10s", Help: "silence of a client after which its session and ephemeral keys vanish"},
		}, driver.ExternalOptions(name)...),
		Session: (*session)(nil),
		// One-shot watches see the state when they are set again, not all that
		// led to it.
		WatchCoalesces: true,
	}
}

func (zookeeper) Guarantees(_ context.Context, setup driver.Setup) (driver.Guarantees, error) {
	g := driver.Guarantees{Durability: driver.DurableFsync, Reads: setup.Reads, Connections: 1}
	err := cmp.Or(setup.CheckEndpoints(2181), setup.CheckExternal(name), setup.CheckQuorum(name), setup.CheckReads(name, driver.Linearizable, driver.Sequential))
	if err != nil {
		return g, err
	}
	timeout, tick := setup.Duration(driver.OptionSessionTimeout), setup.Duration("tick-time")
	switch {
	case tick < 100*time.Millisecond:
		return g, errors.New("zookeeper.tick-time should be at least 100ms")
	case !setup.External && (timeout < 2*tick || timeout > 20*tick):
		return g, fmt.Errorf("zookeeper.session-timeout should be 2 to 20 times zookeeper.tick-time (%v), which the servers hold it to", tick)
	case setup.Int("snap-count") < 2 || setup.Int("snap-count") > math.MaxInt32:
		return g, fmt.Errorf("zookeeper.snap-count should be at least 2 and at most %d, as servers take it", math.MaxInt32)
	case setup.Duration("flush-delay") < 0:
		return g, errors.New("zookeeper.flush-delay should not be negative")
	}
	for _, option := range []string{"tick-time", "flush-delay", driver.OptionSessionTimeout} {
		if d := setup.Duration(option); d%time.Millisecond != 0 || d > longest {
			return g, fmt.Errorf("zookeeper.%s should be whole milliseconds and at most %v, as servers take it", option, longest)
		}
	}
	if !setup.External {
		if _, _, err := installed(); err != nil {
			return g, err
		}
	}
	if !synced(setup) {
		g.Durability = driver.DurableMemory
	}
	if setup.External {
		g.Notes = append(g.Notes, driver.NoteExternal)
	}
	if setup.Reads == driver.Linearizable {
		g.Notes = append(g.Notes, "each read is a sync and a read, two requests")
	}
	if setup.Reads == driver.Linearizable && (setup.Nodes > 1 || setup.External) {
		// docs/stores/zookeeper.md has what was measured.
		g.Reads = driver.Sequential
		g.Notes = append(g.Notes, "reads are not declared linearizable: at the leader a sync does not wait for what a follower has acknowledged a moment ago")
	}
	return g, nil
}

// longest is the longest of the times that servers are told: some are an int of
// milliseconds, and many such are added up.
const longest = 24 * time.Hour

// synced reports whether the servers sync a write before they acknowledge it. Of
// the flags that a JVM is given the last counts.
func synced(setup driver.Setup) bool {
	sync := setup.Bool("sync")
	for _, flag := range strings.Fields(setup.Option("jvm-flags") + " " + setup.Env["_JAVA_OPTIONS"]) {
		if value, ok := strings.CutPrefix(strings.Trim(flag, `"'`), "-Dzookeeper.forceSync="); ok {
			sync = value != "no"
		}
	}
	return sync
}
