package machine

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/record"
)

// made is a system of some files, by path.
func made(t *testing.T, files map[string]string) system {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return system(root)
}

const (
	unified = "30 20 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
	apart   = "31 20 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n" +
		"32 20 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
)

func TestLimitsOfControlGroups(t *testing.T) {
	const memory = 8 << 30
	cases := map[string]struct {
		files map[string]string
		cores float64
		bytes int64
	}{
		"no control groups": {nil, 0, 0},
		"version 2": {map[string]string{
			"proc/self/mountinfo": unified, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/cpu.max": "50000 100000\n", "sys/fs/cgroup/a/b/memory.max": "1073741824\n",
		}, 0.5, 1 << 30},
		"a group above": {map[string]string{
			"proc/self/mountinfo": unified, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/cpu.max": "max 100000\n", "sys/fs/cgroup/a/b/memory.max": "max\n",
			"sys/fs/cgroup/a/cpu.max": "150000 100000\n", "sys/fs/cgroup/a/memory.max": "2147483648\n",
		}, 1.5, 2 << 30},
		"the narrowest of several": {map[string]string{
			"proc/self/mountinfo": unified, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/cpu.max": "200000 100000\n", "sys/fs/cgroup/a/cpu.max": "100000 100000\n",
		}, 1, 0},
		"not another's": {map[string]string{
			"proc/self/mountinfo": unified, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/c/cpu.max": "50000 100000\n",
		}, 0, 0},
		"a namespace of its own": {map[string]string{
			"proc/self/mountinfo": unified, "proc/self/cgroup": "0::/\n",
			"sys/fs/cgroup/cpu.max": "50000 100000\n",
		}, 0.5, 0},
		"a part of the groups is mounted": {map[string]string{
			"proc/self/mountinfo": "30 20 0:26 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "proc/self/cgroup": "0::/docker/x\n",
			"sys/fs/cgroup/cpu.max": "50000 100000\n",
		}, 0.5, 0},
		"mounted outside of the namespace": {map[string]string{
			"proc/self/mountinfo": "30 20 0:26 /../.. /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "proc/self/cgroup": "0::/\n",
			"sys/fs/cgroup/a/b/cpu.max": "50000 100000\n", "sys/fs/cgroup/a/b/cgroup.procs": "0\n",
		}, 0, 0},
		"version 1": {map[string]string{
			"proc/self/mountinfo": apart, "proc/self/cgroup": "5:memory:/m\n4:cpu,cpuacct:/c\n",
			"sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us": "25000\n", "sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_period_us": "50000\n",
			"sys/fs/cgroup/memory/m/memory.limit_in_bytes": "1073741824\n",
		}, 0.5, 1 << 30},
		"version 1 without limits": {map[string]string{
			"proc/self/mountinfo": apart, "proc/self/cgroup": "5:memory:/\n4:cpu,cpuacct:/\n",
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n", "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, 0, 0},
		"both versions": {map[string]string{
			"proc/self/mountinfo": apart + "33 20 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n", "proc/self/cgroup": "4:cpu,cpuacct:/c\n0::/u\n",
			"sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us": "100000\n", "sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_period_us": "100000\n",
			"sys/fs/cgroup/unified/u/memory.max": "1073741824\n",
		}, 1, 1 << 30},
		"a name with spaces": {map[string]string{
			"proc/self/mountinfo": "30 20 0:26 / /mnt/my\\040groups rw - cgroup2 cgroup2 rw\n", "proc/self/cgroup": "0::/größe a:b\n",
			"mnt/my groups/größe a:b/cpu.max": "50000 100000\n",
		}, 0.5, 0},
		"no sense": {map[string]string{
			"proc/self/mountinfo": unified + "x\n - \n", "proc/self/cgroup": "0::/a\nx\n\n::\n",
			"sys/fs/cgroup/a/cpu.max": "x y\n", "sys/fs/cgroup/a/memory.max": "-5\n",
		}, 0, 0},
	}
	for name, c := range cases {
		s := made(t, c.files)
		cores, bytes := s.limits(memory)
		if cores != c.cores || bytes != c.bytes {
			t.Errorf("%s: %v cores and %d bytes, want %v and %d", name, cores, bytes, c.cores, c.bytes)
		}
	}
}

// machineOf is a machine of two processors, of which this process may use some,
// after a time: ticks of each processor and of processes.
func machineOf(allowed, first, second string, processes map[string]string) map[string]string {
	files := map[string]string{
		"proc/stat":           "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 " + first + "\ncpu1 " + second + "\nintr 1\n",
		"proc/self/status":    "Name:\tbenchctl\nCpus_allowed_list:\t" + allowed + "\nMems_allowed:\t1\n",
		"proc/self/mountinfo": unified, "proc/self/cgroup": "0::/a\n",
	}
	for id, stat := range processes {
		files["proc/"+id+"/stat"] = id + stat
	}
	return files
}

func TestWhatOthersUseIsWhatIsNeitherOursNorTheKernels(t *testing.T) {
	const (
		// Name, state, parent, group … flags … user, system, of ended children.
		self   = " (benchctl) S 1 70 70 0 0 0 0 0 0 0 "
		plugin = " (a) b (c) S 70 70 70 0 0 0 0 0 0 0 "
		node   = " (node) S 71 72 70 0 0 0 0 0 0 0 "
		orphan = " (helper) S 1 72 70 0 0 0 0 0 0 0 "
		other  = " (other) R 1 90 90 0 0 0 0 0 0 0 "
		beside = " (tee) R 60 70 60 0 0 0 0 0 0 0 "
		kernel = " (kworker/0:1) I 2 0 0 0 -1 69238880 0 0 0 0 "
		rest   = " 20 0 1 0 1 0 0\n"
	)
	processes := func(self1, plugin1, node1, orphan1, other1, kernel1 string) map[string]string {
		return map[string]string{
			"70": self + self1 + rest, "71": plugin + plugin1 + rest, "72": node + node1 + rest, "73": orphan + orphan1 + rest,
			"90": other + other1 + rest, "91": beside + "0 0 0 0" + rest, "3": kernel + kernel1 + rest,
		}
	}
	none := processes("0 0 0 0", "0 0 0 0", "0 0 0 0", "0 0 0 0", "0 0 0 0", "0 0 0 0")
	cases := map[string]struct {
		allowed       string
		first, second string // ten seconds later
		processes     map[string]string
		files         map[string]string
		want          *record.Surroundings
	}{
		"nothing": {"0-1", "0 0 0 1000 0 0 0 0", "0 0 0 1000 0 0 0 0", none, nil, &record.Surroundings{}},
		"ours alone": {
			"0-1", "500 0 0 500 0 0 0 0", "500 0 0 500 0 0 0 0",
			processes("10 10 20 10", "300 100 0 0", "200 200 50 50", "50 0 0 0", "0 0 0 0", "0 0 0 0"), nil, &record.Surroundings{},
		},
		"another": {
			"0-1", "1000 0 0 0 0 0 0 0", "0 0 0 1000 0 0 0 0",
			processes("0 0 0 0", "200 0 0 0", "0 0 0 0", "0 0 0 0", "800 0 0 0", "0 0 0 0"), nil, &record.Surroundings{ForeignCPUSeconds: 8},
		},
		"another that cannot be seen": {
			"0-1", "1000 0 0 0 0 0 0 0", "0 0 0 1000 0 0 0 0",
			processes("0 0 0 0", "200 0 0 0", "0 0 0 0", "0 0 0 0", "0 0 0 0", "0 0 0 0"), nil, &record.Surroundings{ForeignCPUSeconds: 8},
		},
		"the kernel, interrupts and a disk": {
			"0-1", "0 0 300 300 200 100 100 0", "0 0 0 1000 0 0 0 0",
			processes("0 0 0 0", "0 0 0 0", "0 0 0 0", "0 0 0 0", "0 0 0 0", "0 300 0 0"), nil, &record.Surroundings{},
		},
		"a host that takes": {"0-1", "0 0 0 700 0 0 0 300", "0 0 0 1000 0 0 0 0", none, nil, &record.Surroundings{StolenCPUSeconds: 3}},
		"on a processor that we may not use": {
			"0", "0 0 0 1000 0 0 0 0", "1000 0 0 0 0 0 0 0", none, nil, &record.Surroundings{},
		},
		"a limit, version 2, and pressure": {
			"0-1", "0 0 0 1000 0 0 0 0", "0 0 0 1000 0 0 0 0", none, map[string]string{
				"sys/fs/cgroup/a/cpu.stat": "usage_usec 5\nnr_periods 64\nnr_throttled 62\nthrottled_usec 3100000\n",
				"proc/pressure/cpu":        "some avg10=62.56 avg60=40.91 avg300=52.55 total=2500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n",
			}, &record.Surroundings{Throttled: 3100 * time.Millisecond, Pressure: 2500 * time.Millisecond},
		},
		"a limit, version 1": {
			"0-1", "0 0 0 1000 0 0 0 0", "0 0 0 1000 0 0 0 0", none, map[string]string{
				"proc/self/mountinfo": apart, "proc/self/cgroup": "4:cpu,cpuacct:/c\n",
				"sys/fs/cgroup/cpu,cpuacct/c/cpu.stat": "nr_periods 64\nnr_throttled 62\nthrottled_time 3100000000\n",
			}, &record.Surroundings{Throttled: 3100 * time.Millisecond},
		},
		"a system that pretends": {"0-1", "0 0 0 0 0 0 0 0", "0 0 0 0 0 0 0 0", none, nil, nil},
		"no such file":           {"0-1", "", "", none, nil, nil},
	}
	zero := time.Now()
	for name, c := range cases {
		before := made(t, machineOf(c.allowed, "0 0 0 0 0 0 0 0", "0 0 0 0 0 0 0 0", none)).activity(70, zero)
		files := machineOf(c.allowed, c.first, c.second, c.processes)
		for file, text := range c.files {
			files[file] = text
		}
		got := before.until(made(t, files).activity(70, zero.Add(10*time.Second)))
		if (got == nil) != (c.want == nil) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
			continue
		}
		if got == nil {
			continue
		}
		got.ForeignCPUSeconds = math.Round(got.ForeignCPUSeconds*1000) / 1000
		if *got != *c.want {
			t.Errorf("%s: %+v, want %+v", name, *got, *c.want)
		}
	}
}
