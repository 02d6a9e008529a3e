package workloads

import (
	"strings"
	"testing"

	"github.com/benchctl/benchctl/core/workload"
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

// TestReleasedDefinitionsStayAsTheyAre holds the hash of every definition that is
// shipped: archives refuse another content under the same version.
func TestReleasedDefinitionsStayAsTheyAre(t *testing.T) {
	released := map[string]string{
		"barrier@1":           "689c3848395d58f6a9dec0e34d2f8a359981ee85cd0c415199c9b7e07318b992",
		"config-push@1":       "125e9fe19311e8456b2b7669c556e2ae796a52127eb00da803704848629d2cc4",
		"create-latency@1":    "501a607cff3a1384238240397641bd6d63ed2ef66e4c8735980bd672b8767136",
		"create-set-delete@1": "3651e371ecab0579fd1b0993363163cb9944db0872b38d81ef372c375a2cf5e2",
		"election@1":          "f77ed4538265c23ef6177a88bf2809ab951df0acbb7939a97422059552b9ada3",
		"ephemeral@1":         "46f2992f574ecbe8f4ec6fd6e37a1105833bac2246de549582a2c49a6e805ae7",
		"find-max-rate@1":     "153fcc3b1ee4a58e6fa10bd7517ff7d3b9d03c85088227973282f0da5b3f340b",
		"latency-at-rate@1":   "cef0fe3a0f6142cb5e77f8a411280530cd7850a3ea2e809307d3478c059a2ba1",
		"list-depth@1":        "8f7d9e53b1e526b11d5b1162ce65d25ab9ccdbfc86f8ba6c3547cc5ced71cf0c",
		"lock@1":              "ecd8b8cde8709862128de9858e06a948a6f5ea7fe80c2fcb988604e3ddec18ae",
		"read-write@1":        "b9035d5a233b48bd93a23909b4762e12cb02e53424c61571f2454efe86a5cf13",
		"sequence@1":          "5aec7a1d8e2bd06d8eb2eef0202b7785093f351c187322dbebbb449d1ac229dc",
		"service-discovery@1": "fbc649eec80e8538671e8459bce2220e45a157ee9f6a4d03d1fb600e9400734c",
		"session-churn@1":     "7a08763067c8ce340488b428dd7aab6c93dfa44cfafe2b024752db9833d9edfb",
		"session-expiry@1":    "cc045398213bdde63443c27505174893f6d2317450faf543368f7ada705fd420",
		"watch-fanout@1":      "82df2fb5ac6b7900c5ec706af55c99ce78aad19ef9c20bcc01012d1838b27579",
		"ycsb-a@1":            "476e95301747d69ca44f751a48c59b8cab4f82aa3059cc1eca9ef2414b152ba6",
		"ycsb-b@1":            "5ec12ae134d72a40c18b05475286f99ea7fe1c70c91ac128788d3eb350aa6f35",
		"ycsb-c@1":            "43c13a023026b08f74c5408a47f75446de4d153c931b796f0f9be0a08d742a97",
		"ycsb-d@1":            "a0b19fbc336f219cdeb1fbe07117d1de8c1859c3a2e073e776fe85b1496325dc",
		"ycsb-e@1":            "85b49ab8d3ef9a9a6f2f49c29f062d857e912e6d632c63585ac1dcb066a51bfe",
		"ycsb-f@1":            "26f78931fbe641db5f0e2b903fb7570b54aeec885f62aaed21bfeba88e4a8000",
	}
	definitions, err := All()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range definitions {
		switch want, got := released[d.Ref()], d.SHA256(); {
		case want == "":
			t.Errorf("%s has hash %s: add it to the list", d.Ref(), got)
		case got != want:
			t.Errorf("%s has hash %s, was released with %s: raise its version", d.Ref(), got, want)
		}
		delete(released, d.Ref())
	}
	for ref := range released {
		t.Errorf("%s is no longer shipped", ref)
	}
}

// TestUnits holds the unit of every parameter, by its name.
func TestUnits(t *testing.T) {
	units := map[string]workload.Unit{
		"duration": workload.UnitDuration, "warmup": workload.UnitDuration,
		"size": workload.UnitBytes,
		"rate": workload.UnitRate, "from": workload.UnitRate, "to": workload.UnitRate,
		"reads": workload.UnitPercent, "writes": workload.UnitPercent,
		"bound": workload.UnitNone, "tries": workload.UnitNone, "rounds": workload.UnitNone,
		"keys": workload.UnitNone, "entries": workload.UnitNone, "instances": workload.UnitNone, "locks": workload.UnitNone,
		"readers": workload.UnitNone, "watchers": workload.UnitNone,
		"depth": workload.UnitNone, "fan-out": workload.UnitNone,
	}
	definitions, err := All()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range definitions {
		for _, p := range d.Params {
			if want, ok := units[p.Name]; !ok || p.Unit != want {
				t.Errorf("%s: %s is in %q, want %q", d.Ref(), p.Name, p.Unit, want)
			}
		}
	}
}
