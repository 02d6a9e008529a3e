package variables

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOnlyWhatIsListedIsInherited(t *testing.T) {
	for _, name := range Inherited {
		t.Setenv(name, "")
	}
	for _, name := range []string{"ETCD_NAME", "_JAVA_OPTIONS", "LD_PRELOAD", "GOGC", "LANG", "PLUGIN_MIN_PORT"} {
		t.Setenv(name, "1")
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", "bin:/usr/bin::.")
	t.Setenv("TMPDIR", "tmp")
	t.Setenv("TZ", "Europe/Berlin")
	t.Setenv("STORE_HOME", "../store")
	t.Setenv("SECRET", "user:password")
	got := Make(map[string]string{"LD_PRELOAD": "libx.so", "GOGC": "50"}, "STORE_HOME", "SECRET")
	want := []string{
		"LC_ALL=C.UTF-8",
		"PATH=" + here + "/bin:/usr/bin:" + here,
		"TMPDIR=" + here + "/tmp",
		"TZ=Europe/Berlin",
		"STORE_HOME=" + filepath.Join(filepath.Dir(here), "store"),
		"SECRET=user:password",
		"GOGC=50", "LD_PRELOAD=libx.so",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatCannotBeAdded(t *testing.T) {
	for name, value := range map[string]string{"": "", "1A": "", "A B": "", "A=": "", "Ä": "", "PLUGIN_MIN_PORT": "1", "BENCHCTL_PLUGIN": "x", "A": "x\x00y"} {
		if Check(name, value) == nil {
			t.Errorf("%q=%q can be added", name, value)
		}
	}
	for name, value := range map[string]string{"A": "", "_JAVA_OPTIONS": "-Xmx1g -Dx=ö", "a1": "x=y\n"} {
		if err := Check(name, value); err != nil {
			t.Error(err)
		}
	}
}
