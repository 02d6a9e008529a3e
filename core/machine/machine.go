// Package machine reads what of a machine bears on what is measured on it: its
// processors, memory and system, and the folder in which nodes keep their data.
package machine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/mem"

	"github.com/benchctl/benchctl/core/internal/fault"
	"github.com/benchctl/benchctl/core/internal/owned"
	"github.com/benchctl/benchctl/core/record"
)

// ErrDataFolder is the kind of error of a data folder that cannot be used.
var ErrDataFolder = errors.New("data folder")

const (
	fsyncTries = 50
	fsyncSize  = 512 // bytes
)

// Read looks at the data folder, and at the machine as far as this process may
// use it: the processors that it may run on, and the limits of its control groups.
func Read(ctx context.Context, dataDir string) (record.Environment, error) {
	e := record.Environment{Cores: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH}
	// What the system does not tell stays empty: it is a remark, not a result.
	if infos, err := cpu.InfoWithContext(ctx); err == nil && len(infos) > 0 {
		e.CPU = infos[0].ModelName
	}
	if memory, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		e.MemoryBytes = int64(memory.Total)
	}
	if info, err := host.InfoWithContext(ctx); err == nil {
		e.Kernel = info.KernelVersion
		e.OS = strings.TrimSpace(fmt.Sprintf("%s %s %s", info.Platform, info.PlatformVersion, runtime.GOARCH))
		if info.VirtualizationRole == "guest" {
			e.Virtualization = info.VirtualizationSystem
		}
	}
	if source, err := os.ReadFile("/sys/devices/system/clocksource/clocksource0/current_clocksource"); err == nil {
		e.ClockSource = strings.TrimSpace(string(source))
	}
	e.CPULimit, e.MemoryLimitBytes = here.limits(e.MemoryBytes)
	err := CheckName(dataDir)
	if err != nil {
		return e, fault.Errorf(ErrDataFolder, "look at the data folder: %w: name another data folder", err)
	}
	dir, err := filepath.Abs(dataDir)
	if err == nil {
		err = checkFolder(dir)
	}
	if err == nil {
		e.Filesystem, err = filesystem(dir)
	}
	if err != nil {
		return e, fault.Errorf(ErrDataFolder, "look at the data folder %s: %w: name another data folder", dataDir, err)
	}
	return e, nil
}

// CheckName refuses a folder whose name a document cannot hold, or a server's
// command line.
func CheckName(dir string) error {
	switch {
	case !utf8.ValidString(dir):
		return fmt.Errorf("the name of the folder %q is not UTF-8", dir)
	case strings.ContainsFunc(dir, unicode.IsControl):
		return fmt.Errorf("the name of the folder %q has a line break or another control character in it", dir)
	}
	return nil
}

func checkFolder(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return errors.New("it is no folder")
	}
	return err
}

// KeptInMemory reports whether a filesystem keeps files in memory, where fsync
// costs nothing.
func KeptInMemory(filesystem string) bool {
	return slices.Contains(inMemory, strings.TrimPrefix(filesystem, "overlay on "))
}

var inMemory = []string{"tmpfs", "ramfs", "devtmpfs", "rootfs", "hugetlbfs"}

// Fsync returns the median time of a small write made durable in a folder.
func Fsync(dir string) (time.Duration, error) {
	owned.Sweep(dir)
	folder, err := owned.Make(dir, "fsync")
	if err != nil {
		return 0, fault.Errorf(ErrDataFolder, "write to the data folder %s: %w: name another data folder", filepath.Clean(dir), err)
	}
	defer folder.Remove() //nolint:errcheck // what is left is removed by the next
	file, err := os.Create(filepath.Join(folder.Path, "probe"))
	if err != nil {
		return 0, fault.Errorf(ErrDataFolder, "write to the data folder %s: %w: name another data folder", filepath.Clean(dir), err)
	}
	defer file.Close()
	block := make([]byte, fsyncSize)
	times := make([]time.Duration, fsyncTries)
	for i := range times {
		start := time.Now()
		if _, err := file.Write(block); err != nil {
			return 0, fault.Errorf(ErrDataFolder, "write to the data folder %s: %w: free space there, or name another data folder", dir, err)
		}
		if err := file.Sync(); err != nil {
			return 0, fmt.Errorf("sync in the data folder %s: %w", dir, err)
		}
		times[i] = time.Since(start)
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}
