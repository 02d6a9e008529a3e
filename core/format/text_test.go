package format

import "testing"

func TestPlainTextOnlyShowsItself(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"größe, 界 \u200d\n\tend": "größe, 界 \u200d\n\tend",
		"\x1b[31m\a\r\x00\x7f":   `\x1b[31m\x07\r\x00\x7f`,
		"\u009b2J\u202e\u2066":   `\u009b2J\u202e\u2066`,
		"a\xffb\xe4":             `a\xffb\xe4`,
		"\U000e0041\u2028":       `\U000e0041\u2028`,
	} {
		if got := Plain(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
