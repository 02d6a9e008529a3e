package chart

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var made = Provenance{
	Program: "benchctl 1.2.3", Kind: "sweep", Options: map[string]string{"over": "reads", "title": `a "title" <of> ]]> & \ größe`}, Selection: `store:etcd label.x:"a b"`,
	Workload: "read-write@1", SHA256: "abc", Runs: []string{"019a0000-0000-7000-8000-000000000001", "019a0000-0000-7000-8000-000000000002"},
}

func pictures(t testing.TB, p Provenance) map[Format][]byte {
	t.Helper()
	f := hardCases()["six-bars"]
	f.Provenance = p
	files := map[Format][]byte{}
	for _, format := range []Format{SVG, PNG, PDF} {
		var b bytes.Buffer
		if err := f.Render(&b, format, Page); err != nil {
			t.Fatal(err)
		}
		files[format] = b.Bytes()
	}
	return files
}

func TestAChartSaysWhatItWasMadeOf(t *testing.T) {
	for format, file := range pictures(t, made) {
		got, err := ReadProvenance(bytes.NewReader(file))
		if diff := cmp.Diff(made, got); err != nil || diff != "" {
			t.Errorf("%s: %v, %s", format, err, diff)
		}
	}
}

func TestAFileWithoutProvenanceIsRefused(t *testing.T) {
	svg := func(provenance string) string {
		return `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><metadata><provenance xmlns="` + namespace + `">` + provenance + `</provenance></metadata></svg>`
	}
	whole := string(pictures(t, made)[PNG])
	at := strings.Index(whole, "iTXt") - 4
	long := []byte(whole)
	binary.BigEndian.PutUint32(long[at:], 0xffffffff)
	for name, c := range map[string]struct{ file, want string }{
		"nothing":         {"", "it is no chart"},
		"text":            {"hello", "it is no chart"},
		"no metadata":     {"<svg></svg>", "does not say what it was drawn from"},
		"broken":          {"<svg><metadata>", "does not say what it was drawn from"},
		"another element": {strings.Replace(svg("{}"), namespace, "urn:x", 1), "does not say what it was drawn from"},
		"no JSON":         {svg("runs"), "cannot be read"},
		"no runs":         {svg(`{"kind":"sweep"}`), "names no kind of chart or no runs"},
		"no kind":         {svg(`{"runs":["1"]}`), "names no kind of chart or no runs"},
		"a hostile run":   {svg(`{"kind":"sweep","runs":["' or 1=1"]}`), `a run "' or 1=1"`},
		"an escape":       {svg(`{"kind":"sweep","runs":["\u001b[2J"]}`), `a run "\x1b[2J"`},
		"a PNG's head":    {whole[:40], "does not say what it was drawn from"},
		"a long chunk":    {string(long), "does not say what it was drawn from"},
		"a PDF's head":    {"%PDF-1.4\n<?xpacket begin", "does not say what it was drawn from"},
	} {
		_, err := ReadProvenance(strings.NewReader(c.file))
		if !errors.Is(err, ErrProvenance) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := ReadProvenance(io.MultiReader(strings.NewReader("<svg>"), zeros{})); !errors.Is(err, ErrProvenance) || !strings.Contains(err.Error(), "larger") {
		t.Errorf("a file without end: %v", err)
	}
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// FuzzReadProvenance tries what no chart is: nothing makes it panic, and what it
// takes can be taken again.
func FuzzReadProvenance(f *testing.F) {
	for _, file := range pictures(f, made) {
		f.Add(file)
		f.Add(file[:len(file)/2])
	}
	f.Add([]byte(`<svg><provenance xmlns="` + namespace + `">{"kind":"sweep","runs":["1"],"selection":"\ufffe\u0000größe"}</provenance></svg>`))
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := ReadProvenance(bytes.NewReader(file))
		if err != nil {
			return
		}
		element, err := p.xml()
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadProvenance(strings.NewReader("<svg>" + element + "</svg>"))
		if diff := cmp.Diff(p, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatalf("%+v, %v: %s", p, err, diff)
		}
	})
}

// TestAnSVGIsReadInOtherWaysThanBySeeing checks its title, its description and that
// every text on it is there as text.
func TestAnSVGIsReadInOtherWaysThanBySeeing(t *testing.T) {
	f := hardCases()["six-bars"]
	for _, asText := range []bool{false, true} {
		theme := Slide
		theme.Text = asText
		var b bytes.Buffer
		if err := f.Render(&b, SVG, theme); err != nil {
			t.Fatal(err)
		}
		var svg struct {
			Role  string `xml:"role,attr"`
			Title string `xml:"title"`
			Desc  string `xml:"desc"`
			Paths []struct {
				ID string `xml:"id,attr"`
			} `xml:"defs>path"`
		}
		if err := xml.Unmarshal(b.Bytes(), &svg); err != nil {
			t.Fatal(err)
		}
		if svg.Role != "img" || svg.Title != f.Title || !strings.Contains(svg.Desc, "Series: etcd, 1 node, 10 threads; etcd, 3 nodes, 10 threads;") ||
			!strings.Contains(svg.Desc, "\nops/s per thread, etcd, 1 node, 10 threads, create: 987 (888 to 1,086).\n") {
			t.Errorf("%q, %q, %q", svg.Role, svg.Title, svg.Desc)
		}
		for _, text := range []string{">Throughput per thread</text>", ">10 threads:</text>", ">zookeeper, 3 nodes</text>", ">create</text>"} {
			if !strings.Contains(b.String(), text) {
				t.Errorf("%v: no %s", asText, text)
			}
		}
		ids := map[string]bool{}
		for _, p := range svg.Paths {
			if ids[p.ID] {
				t.Errorf("glyph %s is defined twice", p.ID)
			}
			ids[p.ID] = true
		}
		if (len(ids) == 0) != asText {
			t.Errorf("text as text %v, and %d glyphs", asText, len(ids))
		}
	}
}
