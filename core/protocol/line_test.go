package protocol_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/benchctl/benchctl/core/protocol"
)

func TestLine(t *testing.T) {
	long := strings.Repeat("ä", 400)
	cases := map[string]struct{ text, want string }{
		"nothing":          {"", ""},
		"a sentence":       {"etcdserver: request is too large", "etcdserver: request is too large"},
		"another language": {"größe überschritten: 超過", "größe überschritten: 超過"},
		"lines":            {"first\n\tsecond\r\n", "first second"},
		"escapes":          {"\x1b]0;title\x07\x1b[2Jgone\u009b1m\u202eback", "]0;title [2Jgone 1m back"},
		"no text":          {"a\xff\x00b", "a\uFFFD b"},
		"too long":         {long, long[:508] + "…"},
		"far too long":     {strings.Repeat("x", 2<<20), strings.Repeat("x", 509) + "…"},
	}
	for name, c := range cases {
		got := protocol.Line(c.text)
		if got != c.want || len(got) > 512 || !utf8.ValidString(got) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
