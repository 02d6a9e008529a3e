package format

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Steers reports whether a character does something to what shows it other than
// to show itself: controls, and those that turn or hide the text around them.
// Line ends and tabs do not count.
func Steers(r rune) bool {
	switch r {
	case '\n', '\t':
		return false
	case '\u200c', '\u200d': // join letters, and are part of words
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// Escape writes a character as an escape that can be read.
func Escape(r rune) string {
	switch {
	case r == '\r':
		return `\r`
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r > 0xffff:
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// Plain writes a text so that it only shows itself, on a terminal, a page or a
// picture: whatever steers, and what is not UTF-8, as escapes.
func Plain(text string) string {
	if utf8.ValidString(text) && !strings.ContainsFunc(text, Steers) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case Steers(r):
			b.WriteString(Escape(r))
		default:
			b.WriteString(text[i : i+size])
		}
		i += size
	}
	return b.String()
}
