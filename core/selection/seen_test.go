package selection

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWordsThatMatchNothing(t *testing.T) {
	runs := []map[string]string{
		{"store": "etcd", "threads": "10", "workload": "create-set-delete", "workload-version": "1", "state": "complete", "param.size": "100", "label.größe": "klein"},
		{"store": "raftembed", "threads": "50", "workload": "read-write", "workload-version": "2", "state": "complete", "param.size": "1000"},
	}
	for text, want := range map[string][]Missing{
		"":                              nil,
		"store:etcd,raftembed":          nil,
		"store:ectd,raftembed":          {{Text: "store:ectd", Meant: "etcd"}},
		`NOT store:"ectd"`:              {{Text: `store:"ectd"`, Meant: "etcd"}},
		"(store:ETCD OR store:redis)":   {{Text: "store:ETCD", Meant: "etcd"}, {Text: "store:redis"}},
		"store:ectd OR store:ectd":      {{Text: "store:ectd", Meant: "etcd"}},
		"threads:11":                    {{Text: "threads:11"}},
		"threads:11..12 store:/x/":      nil,
		"state:failed":                  nil,
		"since:2020 last:1":             nil,
		"workload:read-write@2":         nil,
		"workload:read-write@1":         {{Text: "workload:read-write@1", Meant: "read-write@2"}},
		"workload:raed-write":           {{Text: "workload:raed-write", Meant: "read-write"}},
		"param.siez:1..":                {{Text: "param.siez:1..", Key: "param.siez"}},
		"NOT label.grösse:/k/":          {{Text: "label.grösse:/k/", Key: "label.grösse"}},
		"label.größe:klien":             {{Text: "label.größe:klien", Meant: "klein"}},
		`option.sync:"" label.größe:""`: nil,
	} {
		e, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		seen := e.Seen()
		for _, run := range runs {
			var values []string
			for _, key := range e.Keys() {
				values = append(values, run[key])
			}
			seen.Add(values)
		}
		if diff := cmp.Diff(want, seen.Missing()); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	if e, err := Parse("store:ectd"); err != nil || e.Seen().Missing() != nil {
		t.Errorf("where nothing was added something is missing: %v", err)
	}
}

func TestAWorkloadIsSelectedWithItsVersion(t *testing.T) {
	e, err := Parse("workload:a@2,b")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"workload", "workload-version"}, e.Keys()); diff != "" {
		t.Fatal(diff)
	}
	for _, run := range []struct {
		name, version string
		want          bool
	}{{"a", "2", true}, {"a", "1", false}, {"b", "7", true}, {"c", "2", false}} {
		if e.Match([]string{run.name, run.version}) != run.want {
			t.Errorf("%s@%s", run.name, run.version)
		}
	}
}

func TestTheKeyThatWasMeant(t *testing.T) {
	given := []string{"env.RATE", "label.host", "option.sync", "param.rate", "param.sync"}
	for key, want := range map[string]string{
		"rate":  ` (did you mean param.rate?)`,
		"sync":  ` (did you mean option.sync or param.sync?)`,
		"hots":  ` (did you mean label.host?)`,
		"stroe": ` (did you mean store?)`,
		"größe": ``,
	} {
		unknown := &UnknownKey{Key: key}
		unknown.Meant(given)
		if got, prefix := unknown.Error(), `there is no key "`+key+`"`+want+`; the keys are store, `; len(got) < len(prefix) || got[:len(prefix)] != prefix {
			t.Errorf("%s: %s", key, got)
		}
	}
}
