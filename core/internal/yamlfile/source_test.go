package yamlfile

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/goccy/go-yaml/ast"
)

func utf16Of(text string, mark uint16) []byte {
	var b []byte
	for _, unit := range append([]uint16{0xfeff}, utf16.Encode([]rune(text))...) {
		if mark == 0xfffe {
			b = append(b, byte(unit>>8), byte(unit))
		} else {
			b = append(b, byte(unit), byte(unit>>8))
		}
	}
	return b
}

func fields(n int, form string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, form, i)
	}
	return b.String()
}

func TestWhatIsNoTextAndWhatIsTooMuch(t *testing.T) {
	cases := map[string]struct{ source, want string }{
		"nothing":              {"", "x:1:1: the file is empty: a definition begins with a: and b:"},
		"only a mark":          {"\ufeff", "the file is empty"},
		"spaces":               {"  \n\n", "the file is empty"},
		"a mark":               {"\ufeffa: 1\n", ""},
		"line ends of Windows": {"\ufeffa: 1\r\nb: 2\r\n", ""},
		"UTF-16, little end":   {string(utf16Of("a: 1", 0xfeff)), "x:1:1: the file is UTF-16: save it as UTF-8"},
		"UTF-16, big end":      {string(utf16Of("a: 1", 0xfffe)), "x:1:1: the file is UTF-16: save it as UTF-8"},
		"UTF-16, no mark":      {"a\x00:\x00", "x:1:2: this byte is zero"},
		"zeros":                {strings.Repeat("\x00", 1000), "x:1:1: this byte is zero"},
		"Latin-1":              {"a: 1\nb: gr\xf6\xdfe\n", "x:2:6: the byte 0xf6 is no UTF-8, the file is Latin-1 perhaps: save it as UTF-8"},
		"too large":            {strings.Repeat("#", MaxSize+1), "more bytes than a definition may have"},
		"open brackets":        {strings.Repeat("[", 100_000), "x:1:65: lists and mappings are nested more than 64 deep"},
		"open braces":          {strings.Repeat("{a: ", 100_000), "nested more than 64 deep"},
		"brackets below":       {"a: " + strings.Repeat("[\n", 100_000), "nested more than 64 deep"},
		"dashes":               {strings.Repeat("- ", 100_000), "nested more than 64 deep"},
		"questions":            {strings.Repeat("? ", 100_000), "nested more than 64 deep"},
		"both":                 {strings.Repeat("- ? ", 100_000), "nested more than 64 deep"},
		"fields":               {fields(20_000, "f%d: 1\n"), "x:5001:6: the file has more fields than a definition may have (5000)"},
		"fields on a line":     {"a: {" + fields(20_000, "f%d: 1, ") + "}", "more fields"},
		"indented":             {fields(20_000, "- a%d: 1\n"), "more fields"},
		"a long list":          {"a: [" + strings.Repeat("1, ", 100_000) + "1]", ""},
		"much text":            {"a: |\n" + strings.Repeat("  text [that] says {much}\n", 30_000), ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f := &File{Path: "x", Holds: "a definition", Begins: "a: and b:"}
			err := f.Read([]byte(c.source), func(root ast.Node) { f.Entries(root, "it") })
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}
