//go:build !linux

package machine

import (
	"path/filepath"

	"github.com/shirou/gopsutil/v4/disk"
)

// filesystem returns the type of the filesystem that a folder lies in: that of
// the mount point nearest above it.
func filesystem(dir string) (string, error) {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	mounts, err := disk.Partitions(true)
	if err != nil {
		return "", err
	}
	kind, nearest := "unknown", ""
	for _, m := range mounts {
		below, err := filepath.Rel(m.Mountpoint, dir)
		if err == nil && filepath.IsLocal(below) && len(m.Mountpoint) >= len(nearest) {
			kind, nearest = m.Fstype, m.Mountpoint
		}
	}
	return kind, nil
}
