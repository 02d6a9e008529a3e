package archive

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/process"
)

// owner is the process that writes a run or executes an experiment. A pid alone
// would be mistaken for another process sooner or later, so its start and the
// boot stand beside it.
type owner struct {
	Boot    string `json:"boot"` // of the machine or container that the pid belongs to
	PID     int    `json:"pid"`
	Started int64  `json:"started"` // in the system's own unit
}

// self returns the owner that this process is, and its document.
func self(ctx context.Context) (me owner, document string, err error) {
	boot, err := bootIdentity(ctx)
	if err != nil {
		return me, "", fmt.Errorf("tell which boot this is: %w", err)
	}
	started, alive, err := processStart(ctx, os.Getpid())
	if err == nil && !alive {
		err = fmt.Errorf("no process %d", os.Getpid())
	}
	if err != nil {
		return me, "", fmt.Errorf("tell when this process started: %w", err)
	}
	me = owner{Boot: boot, PID: os.Getpid(), Started: started}
	data, err := json.Marshal(me)
	return me, string(data), err
}

// gone reports whether the process that is named by the document is surely not
// alive any more.
func gone(ctx context.Context, document []byte) (bool, error) {
	var o owner
	if err := json.Unmarshal(document, &o); err != nil {
		return false, unreadablef("read the owner: %w", err)
	}
	return o.gone(ctx)
}

func (o owner) gone(ctx context.Context) (bool, error) {
	boot, err := bootIdentity(ctx)
	if err != nil {
		return false, fmt.Errorf("tell which boot this is: %w", err)
	}
	if o.Boot != boot {
		return true, nil
	}
	started, alive, err := processStart(ctx, o.PID)
	return err == nil && (!alive || started != o.Started), err
}

// BegunHere reports whether an experiment was last executed by a process of this
// boot of this machine or container. Nobody else can know what names it.
func (a *Archive) BegunHere(ctx context.Context, experiment int64) (bool, error) {
	const doing = "read who executed the experiment"
	here := false
	err := experimentTable.each(ctx, a.reader, "where id = ?", []any{experiment}, func(e *archivedExperiment) error {
		if e.owner == "" {
			return nil // of a benchctl that did not archive it
		}
		var o owner
		if err := json.Unmarshal([]byte(e.owner), &o); err != nil {
			return unreadablef("the owner of experiment %d: %w", experiment, err)
		}
		boot, err := bootIdentity(ctx)
		here = o.Boot == boot
		return err
	})
	return here, explain(a.path, doing, err)
}

// bootIdentity tells boots and containers apart: a pid means something only
// within one. On Linux both have names of their own.
func bootIdentity(ctx context.Context) (string, error) {
	if runtime.GOOS == "linux" {
		boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
		if err != nil {
			return "", err
		}
		namespace, err := os.Readlink("/proc/self/ns/pid")
		if err != nil {
			return "", err
		}
		return string(bytes.TrimSpace(boot)) + " " + namespace, nil
	}
	info, err := host.InfoWithContext(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %d", info.HostID, info.BootTime), nil
}

// processStart returns when a process started, and whether it is alive: one
// that has ended but was not waited for is not. On Linux the start is read in
// ticks since boot, for gopsutil adds a boot time that moves with the clock.
func processStart(ctx context.Context, pid int) (started int64, alive bool, err error) {
	if runtime.GOOS == "linux" {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, false, nil
		}
		// The name, in parentheses, may hold anything.
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) < 20 {
			return 0, false, fmt.Errorf("read /proc/%d/stat: %d fields", pid, len(fields))
		}
		started, err = strconv.ParseInt(fields[19], 10, 64)
		return started, fields[0] != "Z" && fields[0] != "X", err
	}
	if exists, err := process.PidExistsWithContext(ctx, int32(pid)); err != nil || !exists {
		return 0, false, err
	}
	p, err := process.NewProcessWithContext(ctx, int32(pid))
	if err != nil {
		return 0, false, nil
	}
	started, err = p.CreateTimeWithContext(ctx)
	return started, true, err
}
