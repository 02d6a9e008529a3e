package workloads

import (
	"strings"
	"testing"
)

func TestShippedDefinitions(t *testing.T) {
	definitions, err := All()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range definitions {
		t.Run(d.Name, func(t *testing.T) {
			w, params, err := d.Bind(nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Validate(); err != nil {
				t.Error(err)
			}
			timed, _ := w.Duration()
			for _, name := range []string{"duration", "warmup"} {
				if params[name] == "" && timed > 0 {
					t.Errorf("no parameter %s, which the flag --%s sets", name, name)
				}
			}
			if d.Description == "" || d.Source == "" {
				t.Error("description or source is missing")
			}
			for _, text := range []string{d.Ref(), d.Name} {
				if found, err := Find(text); err != nil || found.SHA256() != d.SHA256() {
					t.Errorf("Find(%q): %v", text, err)
				}
			}
		})
	}
	if _, err := Find("nothing@3"); err == nil || !strings.Contains(err.Error(), "`benchctl workload list` shows those that are") {
		t.Errorf("error %v", err)
	}
}

// TestReleasedDefinitionsStayAsTheyAre holds the hashes of what was released:
// archives refuse another content under the same version.
func TestReleasedDefinitionsStayAsTheyAre(t *testing.T) {
	released := map[string]string{
		"create-set-delete@1": "3651e371ecab0579fd1b0993363163cb9944db0872b38d81ef372c375a2cf5e2",
		"read-write@1":        "b9035d5a233b48bd93a23909b4762e12cb02e53424c61571f2454efe86a5cf13",
	}
	for ref, want := range released {
		d, err := Find(ref)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.SHA256(); got != want {
			t.Errorf("%s has hash %s, was released with %s: raise its version", ref, got, want)
		}
	}
}
