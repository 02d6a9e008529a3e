// Package spelling finds the word that was meant by one that is not known.
package spelling

import (
	"fmt"
	"strings"
)

// Nearest returns the known word that differs least from a word, capitals apart, or "" if none
// is near: if more than a third of its letters would have to be changed.
func Nearest(word string, known []string) string {
	if len(word) > longest {
		return ""
	}
	for _, other := range known {
		if strings.EqualFold(word, other) {
			return other
		}
	}
	best, least := "", max(1, len([]rune(word))/3)+1
	for _, other := range known {
		if d := distance([]rune(word), []rune(other)); d < least {
			best, least = other, d
		}
	}
	return best
}

// Meant ends a sentence about a word that is not known with a question, or with
// nothing if no known word is near.
func Meant(word string, known []string) string {
	if nearest := Nearest(word, known); nearest != "" {
		return fmt.Sprintf(" (did you mean %s?)", nearest)
	}
	return ""
}

// longest bounds the words that are looked at, in bytes.
const longest = 64

// distance counts the letters that have to be added, removed, replaced, or
// swapped with the next one.
func distance(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replaced := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, replaced)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
