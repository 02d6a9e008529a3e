package report

import (
	_ "embed" // the page's template
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/benchctl/benchctl/core/format"
)

// Page is a document for a design review.
type Page struct {
	Title    string
	Lead     string // one sentence beneath the title
	Sections []Section
}

// Section is a part of a page.
type Section struct {
	Title  string // empty for a figure, which has one of its own
	Text   string
	Table  Table
	Figure *Figure
	Notes  []string // remarks beneath the table or figure
}

// Figure is a chart on a page.
type Figure struct {
	File string // that it lies in, beside the page
	Alt  string // what it shows, in words
	SVG  []byte
}

// Write writes the picture.
func (f *Figure) Write(w io.Writer) error {
	_, err := w.Write(f.SVG)
	return err
}

//go:embed page.html
var pageHTML string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"svg": func(f *Figure) template.HTML {
		_, body, ok := strings.Cut(string(f.SVG), "<svg")
		if !ok {
			return ""
		}
		return template.HTML("<svg" + body) // drawn by core/chart, whose texts are escaped
	},
}).Parse(pageHTML))

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
		if s.Title != "" {
			fmt.Fprintf(w, "\n## %s\n", markdown(s.Title))
		}
		if s.Text != "" {
			fmt.Fprintf(w, "\n%s\n", markdown(s.Text))
		}
		if s.Figure != nil {
			fmt.Fprintf(w, "\n![%s](%s)\n", markdown(s.Figure.Alt), s.Figure.File)
		}
		if len(s.Table.Rows) > 0 {
			fmt.Fprintln(w)
			if err := s.Table.WriteMarkdown(w); err != nil {
				return err
			}
		}
		if len(s.Notes) > 0 {
			fmt.Fprintln(w)
			for _, note := range s.Notes {
				fmt.Fprintln(w, "-", markdown(note))
			}
		}
	}
	return nil
}
