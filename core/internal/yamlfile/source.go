package yamlfile

import (
	"bytes"
	"unicode/utf8"
)

// What bounds the work of parsing, far above what people write: the YAML library
// takes memory and time out of proportion to nesting and to fields.
const (
	MaxSize   = 1 << 20 // bytes
	maxDepth  = 64
	maxFields = 5_000
)

// text returns a source as the YAML library may have it, without a byte order
// mark, and refuses what is no text, or is too much of it.
func (f *File) text(source []byte) []byte {
	if len(source) > MaxSize {
		f.Fail(Place{1, 1}, "the file has more bytes than %s may have (%d)", f.Holds, MaxSize)
	}
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	switch {
	case len(source) > 1 && (source[0] == 0xff && source[1] == 0xfe || source[0] == 0xfe && source[1] == 0xff):
		f.Fail(Place{1, 1}, "the file is UTF-16: save it as UTF-8")
	case bytes.IndexByte(source, 0) >= 0:
		f.Fail(placeAt(source, bytes.IndexByte(source, 0)), "this byte is zero: the file is no text, or UTF-16 and to be saved as UTF-8")
	}
	if i := invalid(source); i >= 0 {
		f.Fail(placeAt(source, i), "the byte %#x is no UTF-8, the file is Latin-1 perhaps: save it as UTF-8", source[i])
	}
	f.bounded(source)
	return source
}

// invalid returns where a source stops being UTF-8, or -1.
func invalid(source []byte) int {
	for i := 0; i < len(source); {
		r, size := utf8.DecodeRune(source[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

func placeAt(source []byte, offset int) Place {
	before := source[:offset]
	line := bytes.LastIndexByte(before, '\n') + 1
	return Place{1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(before[line:])}
}

// bounded refuses what nests too deep or has too many fields. It looks at signs
// alone, so that brackets and colons within text count too.
func (f *File) bounded(source []byte) {
	depth, fields, indent, item := 0, 0, true, 0
	for i, c := range source {
		next := byte('\n')
		if i+1 < len(source) {
			next = source[i+1]
		}
		blank := next == ' ' || next == '\t' || next == '\n' || next == '\r'
		switch {
		case c == '\n':
			indent, item = true, 0
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth = max(0, depth-1)
		case c == ':' && blank:
			fields++
		case indent && (c == '-' || c == '?') && blank: // a list in a list, on one line
			item++
		case c != ' ':
			indent = false
		}
		switch {
		case depth > maxDepth || item > maxDepth:
			f.Fail(placeAt(source, i), "lists and mappings are nested more than %d deep", maxDepth)
		case fields > maxFields:
			f.Fail(placeAt(source, i), "the file has more fields than %s may have (%d)", f.Holds, maxFields)
		}
	}
}
