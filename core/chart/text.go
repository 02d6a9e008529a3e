package chart

import (
	"strings"

	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/benchctl/benchctl/core/format"
)

// written is a text as it is drawn: one line, in which characters that the
// typeface lacks, or that steer, are escapes.
func written(style draw.TextStyle, text string) string {
	text = strings.Join(strings.Fields(format.Plain(text)), " ")
	face := font.DefaultCache.Lookup(style.Font, style.Font.Size).Face
	var buffer sfnt.Buffer
	lacks := func(r rune) bool {
		glyph, err := face.GlyphIndex(&buffer, r)
		return r > 0x7e && (err != nil || glyph == 0)
	}
	if !strings.ContainsFunc(text, lacks) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if lacks(r) {
			b.WriteString(format.Escape(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// sized is a style with its type scaled.
func sized(style draw.TextStyle, scale vg.Length) draw.TextStyle {
	style.Font.Size *= scale
	return style
}

func (t Theme) text(c draw.Canvas, style draw.TextStyle, x, y vg.Length, xAlign draw.XAlignment, yAlign draw.YAlignment, text string) {
	style.XAlign, style.YAlign = xAlign, yAlign
	c.FillText(style, vg.Point{X: x, Y: y}, written(style, text))
}

// lines draws lines of text from y down, and returns where they end.
func (t Theme) lines(c draw.Canvas, y vg.Length, style draw.TextStyle, lines []string) vg.Length {
	for _, line := range lines {
		t.text(c, style, c.Min.X, y, draw.XLeft, draw.YTop, line)
		y -= style.Font.Size * 1.3
	}
	return y
}

const ellipsis = "…"

// elided is a text that fits a width: what does not is left out of its middle,
// since names differ at their ends.
func elided(style draw.TextStyle, text string, width vg.Length) string {
	text = written(style, text)
	if style.Width(text) <= width {
		return text
	}
	runes := []rune(text)
	for keep := len(runes) - 1; keep > 1; keep-- {
		head := (keep + 1) / 2
		short := string(runes[:head]) + ellipsis + string(runes[len(runes)-(keep-head):])
		if style.Width(short) <= width {
			return short
		}
	}
	return ellipsis
}

// wrapped breaks a text into at most so many lines that fit a width. The last one
// ends in an ellipsis if there would be more.
func wrapped(style draw.TextStyle, text string, width vg.Length, most int) []string {
	if strings.TrimSpace(text) == "" || most < 1 {
		return nil
	}
	var lines []string
	line := ""
	for _, word := range strings.Fields(written(style, text)) {
		longer := strings.TrimSpace(line + " " + word)
		if line != "" && style.Width(longer) > width {
			lines, line = append(lines, line), word
		} else {
			line = longer
		}
		for style.Width(line) > width && len(line) > 1 { // a word that is longer than a line
			head := fitting(style, line, width)
			lines, line = append(lines, head), line[len(head):]
		}
	}
	lines = append(lines, line)
	if len(lines) > most {
		last := lines[most-1] + ellipsis
		for style.Width(last) > width && last != ellipsis {
			runes := []rune(strings.TrimSuffix(last, ellipsis))
			last = strings.TrimRight(string(runes[:len(runes)-1]), " ,;:") + ellipsis
		}
		lines = append(lines[:most-1], last)
	}
	return lines
}

// fitting is the longest beginning of a word that fits a width, of one character
// at least.
func fitting(style draw.TextStyle, word string, width vg.Length) string {
	end := 0
	for i, r := range word {
		next := i + len(string(r))
		if end > 0 && style.Width(word[:next]) > width {
			break
		}
		end = next
	}
	return word[:end]
}
