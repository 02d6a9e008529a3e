package format

import "strings"

// longestName is how many characters of a text become part of a file's name.
const longestName = 60

// FileName is a text as part of a file's name: letters and digits of ASCII,
// hyphens, underscores and points that do not lead; whatever else is a hyphen.
// Texts that differ may have the same.
func FileName(text string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '-'
	}, text)
	name = strings.TrimLeft(name[:min(len(name), longestName)], ".-")
	if name == "" {
		return "unnamed"
	}
	return name
}
