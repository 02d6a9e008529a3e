package format

import (
	"strings"
	"testing"
)

func TestFileName(t *testing.T) {
	for text, want := range map[string]string{
		"create-set-delete": "create-set-delete",
		"a_b.c 2":           "a_b.c-2",
		"/../../../escaped": "escaped",
		"..":                "unnamed",
		"":                  "unnamed",
		"größe":             "gr--e",
		"a\x00b\nc\\d:e":    "a-b-c-d-e",
		"-o":                "o",
		"\xff\xfe":          "unnamed",

		strings.Repeat("long", 100): strings.Repeat("long", 15),
	} {
		if got := FileName(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
