package machine_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/benchctl/benchctl/core/machine"
)

func TestEnvironment(t *testing.T) {
	e, err := machine.Read(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if e.Cores < 1 || e.Filesystem == "unknown" || e.Kernel == "" {
		t.Errorf("%+v", e)
	}
	if shm, err := machine.Read(t.Context(), "/dev/shm"); err != nil || !machine.KeptInMemory(shm.Filesystem) {
		t.Errorf("/dev/shm: %+v, %v", shm, err)
	}
	if took, err := machine.Fsync(t.TempDir()); err != nil || took <= 0 {
		t.Errorf("fsync takes %v, %v", took, err)
	}
	if _, err := machine.Fsync("/nowhere"); !errors.Is(err, machine.ErrDataFolder) {
		t.Errorf("fsync in a folder that is not there: %v", err)
	}
	if _, err := machine.Read(t.Context(), "/nowhere"); !errors.Is(err, machine.ErrDataFolder) || !strings.HasSuffix(err.Error(), ": name another data folder") {
		t.Errorf("a folder that is not there: %v", err)
	}
	file := filepath.Join(t.TempDir(), "größe")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{file, "/dev/null", filepath.Join(file, "below")} {
		_, err := machine.Read(t.Context(), place)
		if !errors.Is(err, machine.ErrDataFolder) || !strings.HasPrefix(err.Error(), "look at the data folder "+place+": ") || !strings.HasSuffix(err.Error(), ": name another data folder") {
			t.Errorf("%s, which is no folder: %v", place, err)
		}
	}
}
