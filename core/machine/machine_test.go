package machine_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/benchctl/benchctl/core/machine"
)

func TestEnvironment(t *testing.T) {
	e, err := machine.Read(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if e.Cores < 1 || e.Filesystem == "unknown" || e.Fsync <= 0 || e.Kernel == "" {
		t.Errorf("%+v", e)
	}
	if shm, err := machine.Read(t.Context(), "/dev/shm"); err != nil || !machine.KeptInMemory(shm.Filesystem) {
		t.Errorf("/dev/shm: %+v, %v", shm, err)
	}
	if _, err := machine.Read(t.Context(), "/nowhere"); !errors.Is(err, machine.ErrDataFolder) || !strings.HasSuffix(err.Error(), ": name another data folder") {
		t.Errorf("a folder that is not there: %v", err)
	}
}
