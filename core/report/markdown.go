package report

import (
	"bufio"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// WriteMarkdown prints the table for a document.
func (t Table) WriteMarkdown(w io.Writer) error {
	out := bufio.NewWriter(w)
	writeMarkdownNames(out, t.Columns)
	for _, row := range t.Rows {
		if err := writeMarkdownRow(out, row); err != nil {
			return err
		}
	}
	return out.Flush()
}

func writeMarkdownNames(out *bufio.Writer, columns []Column) {
	var names []string
	line := "|"
	for _, c := range columns {
		names = append(names, c.Name)
		if c.Right {
			line += " ---:|"
		} else {
			line += " --- |"
		}
	}
	_ = writeMarkdownRow(out, names) // the next row says it
	out.WriteString(line + "\n")
}

func writeMarkdownRow(out *bufio.Writer, cells []string) error {
	out.WriteString("|")
	for _, cell := range cells {
		out.WriteString(" " + markdown(cell) + " |")
	}
	_, err := out.WriteString("\n") // which remembers all that came before
	return err
}

// markdown writes a text so that a Markdown document shows it as it is, in one
// line: what would be a mark, a link or HTML has a backslash in front.
func markdown(text string) string {
	if !strings.ContainsFunc(text, marks) {
		return text
	}
	var b strings.Builder
	text = strings.ReplaceAll(text, "\r\n", "\n")
	before := ' '
	for i, r := range text {
		next, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):])
		switch {
		case r == '\n' || r == '\r':
			b.WriteString("<br>")
		case r == '_' && word(before) && word(next):
			b.WriteRune(r) // inside of a word it is no mark
		case marks(r):
			b.WriteRune('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
		before = r
	}
	return b.String()
}

// marks reports whether a character may mean something in a line of Markdown.
func marks(r rune) bool { return strings.ContainsRune("\\`*_[]<>|&~$\n\r", r) }

func word(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
