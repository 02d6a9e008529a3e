package protocol

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// lineMost bounds what is kept of the text of an error, in bytes.
const lineMost = 512

// Line makes one line of what a store or driver says, which may be of any length
// and hold anything: it is valid UTF-8, has no character that a terminal would
// obey, and is short.
func Line(text string) string {
	if len(text) > 4*lineMost { // nobody looks at all of a text of megabytes
		text = text[:4*lineMost]
	}
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= lineMost {
		return text
	}
	const more = "…"
	end := lineMost - len(more)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + more
}
