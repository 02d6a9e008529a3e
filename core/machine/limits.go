package machine

import (
	"path/filepath"
	"slices"
	"strings"
)

// limits returns how many processors and how much memory the control groups of
// this process allow it, of both versions and with all groups above them; 0: no
// limit. A limit of memory above what the machine has is none.
func (s system) limits(memory int64) (cores float64, bytes int64) {
	least := 0.0
	for _, dir := range s.groups("cpu") {
		if n, ok := s.quota(dir); ok && (least == 0 || n < least) {
			least = n
		}
	}
	for _, dir := range s.groups("memory") {
		for _, file := range []string{"memory.max", "memory.limit_in_bytes"} {
			n, ok := number(s.read(dir, file))
			if ok && n > 0 && n < float64(memory) && (bytes == 0 || int64(n) < bytes) {
				bytes = int64(n)
			}
		}
	}
	return least, bytes
}

// quota returns how many processors a group allows.
func (s system) quota(dir string) (cores float64, ok bool) {
	quota, period := s.read(dir, "cpu.cfs_quota_us"), s.read(dir, "cpu.cfs_period_us")
	if both := strings.Fields(s.read(dir, "cpu.max")); len(both) == 2 {
		quota, period = both[0], both[1]
	}
	q, ok1 := number(quota)
	p, ok2 := number(period)
	if !ok1 || !ok2 || q <= 0 || p <= 0 {
		return 0, false
	}
	return q / p, true
}

// groups returns the folders of the control groups that this process belongs to
// for a controller, with those above them as far as they can be seen.
func (s system) groups(controller string) (dirs []string) {
	mounts := s.mounts()
	for line := range strings.Lines(s.read("proc/self/cgroup")) {
		fields := strings.SplitN(strings.TrimRight(line, "\n"), ":", 3)
		if len(fields) < 3 {
			continue
		}
		unified := fields[1] == "" && fields[0] == "0"
		if !unified && !slices.Contains(strings.Split(fields[1], ","), controller) {
			continue
		}
		i := slices.IndexFunc(mounts, func(m mount) bool {
			if unified {
				return m.kind == "cgroup2"
			}
			return m.kind == "cgroup" && slices.Contains(strings.Split(m.options, ","), controller)
		})
		if i >= 0 {
			dirs = append(dirs, upTo(mounts[i], fields[2])...)
		}
	}
	return dirs
}

// upTo returns the folder of a group below a mount, and all above it. One that
// the mount does not show, as where it was made in another namespace, is taken
// to be what is mounted.
func upTo(m mount, group string) (dirs []string) {
	below, err := filepath.Rel(m.root, group)
	if err != nil || !filepath.IsLocal(below) || strings.HasPrefix(m.root, "/..") {
		below = "."
	}
	for {
		dirs = append(dirs, filepath.Join(m.point, below))
		if below == "." {
			return dirs
		}
		below = filepath.Dir(below)
	}
}
