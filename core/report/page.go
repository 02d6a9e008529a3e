package report

import (
	"crypto/sha256"
	_ "embed" // the page's template, its style and its script
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/benchctl/benchctl/core/format"
)

// Page is a document for a design review. As HTML it is one file that is whole
// without scripts: with them charts show values and hide series.
type Page struct {
	Title    string
	Lead     string // one sentence beneath the title
	Sections []Section
}

// Section is a part of a page.
type Section struct {
	ID     string // that links lead to
	Title  string
	Under  bool // the section before it
	Text   []string
	Figure *Figure
	Tables []Named
	Groups []Group  // remarks beneath
	Code   []string // commands
}

// Named is a table with a caption, which may be empty.
type Named struct {
	Name string
	Table
}

// Group is remarks of one kind, with a heading that may be empty.
type Group struct {
	Name  string
	Notes []string
}

// Figure is a chart on a page.
type Figure struct {
	Title string
	File  string // that it lies in, beside the page
	Alt   string // what it shows, in words
	SVG   []byte // of the file
	// Light and Dark are the pictures in the page, on either ground.
	Light, Dark []byte
	Values      []Named
}

// Write writes the picture that lies beside the page.
func (f *Figure) Write(w io.Writer) error {
	_, err := w.Write(f.SVG)
	return err
}

// add adds a section, and numbers it.
func (p *Page) add(s Section) {
	s.ID = fmt.Sprintf("s%d", len(p.Sections)+1)
	p.Sections = append(p.Sections, s)
}

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string
)

// policy allows the page its own style and script, and nothing else: what stands in
// an archive can neither run nor load anything, wherever the page is opened.
var policy = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", hashed(pageCSS), hashed(pageJS))

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"svg":    func(picture []byte) template.HTML { return template.HTML(picture) }, // drawn by core/chart, whose texts are escaped
	"style":  func() template.HTML { return template.HTML("<style>" + pageCSS + "</style>") },
	"script": func() template.HTML { return template.HTML("<script>" + pageJS + "</script>") },
	"policy": func() string { return policy },
	"coded":  coded,
	"class":  class,
}).Parse(pageHTML))

// class is that of a cell: words too long for a column are broken on paper.
func class(c Column, cell string) string {
	const long = 24 // characters
	var classes []string
	if c.Right {
		classes = append(classes, "right")
	}
	if slices.ContainsFunc(strings.Fields(cell), func(word string) bool { return utf8.RuneCountInString(word) > long }) {
		classes = append(classes, "long")
	}
	return strings.Join(classes, " ")
}

// coded is a text in which what stands in backquotes is code.
func coded(text string) template.HTML {
	var b strings.Builder
	for i, part := range strings.Split(text, "`") {
		part = template.HTMLEscapeString(part)
		if i%2 == 1 {
			part = "<code>" + part + "</code>"
		}
		b.WriteString(part)
	}
	return template.HTML(b.String())
}

// WriteHTML writes the page as one file that needs no other.
func (p Page) WriteHTML(w io.Writer) error {
	var page strings.Builder
	if err := pageTemplate.Execute(&page, p); err != nil {
		return err
	}
	_, err := io.WriteString(w, format.Plain(page.String()))
	return err
}

// WriteMarkdown writes the page as Markdown that shows the figures' files.
func (p Page) WriteMarkdown(w io.Writer) error {
	var page strings.Builder
	if err := p.markdown(&page); err != nil {
		return err
	}
	_, err := io.WriteString(w, format.Plain(page.String()))
	return err
}

func (p Page) markdown(w io.Writer) error {
	fmt.Fprintf(w, "# %s\n\n%s\n", markdown(p.Title), markdown(p.Lead))
	for _, s := range p.Sections {
		mark := "##"
		if s.Under {
			mark = "###"
		}
		fmt.Fprintf(w, "\n%s %s\n", mark, markdown(s.Title))
		for _, text := range s.Text {
			fmt.Fprintf(w, "\n%s\n", markdownCoded(text))
		}
		if s.Figure != nil {
			fmt.Fprintf(w, "\n![%s](%s)\n", markdown(s.Figure.Alt), s.Figure.File)
		}
		for _, t := range s.Tables {
			if len(t.Rows) == 0 {
				continue
			}
			if t.Name != "" {
				fmt.Fprintf(w, "\n**%s**\n", markdown(t.Name))
			}
			fmt.Fprintln(w)
			if err := t.WriteMarkdown(w); err != nil {
				return err
			}
		}
		for _, g := range s.Groups {
			if g.Name != "" {
				fmt.Fprintf(w, "\n%s:\n", markdown(g.Name))
			}
			fmt.Fprintln(w)
			for _, note := range g.Notes {
				fmt.Fprintln(w, "-", markdownCoded(note))
			}
		}
		if len(s.Code) > 0 {
			writeFenced(w, s.Code)
		}
	}
	return nil
}

// writeFenced prints commands as a block of code, between fences that are in none of
// them. Indented, they would be a part of a list above.
func writeFenced(w io.Writer, commands []string) {
	fence := "```"
	for strings.Contains(strings.Join(commands, "\n"), fence) {
		fence += "`"
	}
	fmt.Fprintf(w, "\n%ssh\n", fence)
	for _, command := range commands {
		fmt.Fprintln(w, format.Plain(strings.ReplaceAll(command, "\n", " ")))
	}
	fmt.Fprintln(w, fence)
}

// markdownCoded is markdown that leaves what stands in backquotes as code.
func markdownCoded(text string) string {
	parts := strings.Split(text, "`")
	if len(parts)%2 == 0 {
		return markdown(text)
	}
	for i := 0; i < len(parts); i += 2 {
		parts[i] = markdown(parts[i])
	}
	return strings.Join(parts, "`")
}
