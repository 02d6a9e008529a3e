package selection

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Words that choose by time. Since and Until compare when a run was started.
const (
	Since = "since"
	Until = "until"
	Last  = "last"
)

// translation reads an expression and writes it as benchproc takes it.
type translation struct {
	*Expression
	rest    string
	out     strings.Builder
	depth   int  // of parentheses
	negated bool // what comes next
	or      bool // there is an OR outside of parentheses
}

func translate(e *Expression) (string, error) {
	t := &translation{Expression: e, rest: e.text}
	for t.rest != "" {
		if err := t.next(); err != nil {
			return "", err
		}
	}
	switch {
	case t.negated:
		return "", errors.New("NOT stands before what is to be left out, such as NOT op:delete")
	case t.or && e.last > 0:
		return "", errors.New("last:N counts the runs that all else selects: write alternatives with commas, such as store:etcd,zookeeper, or in parentheses")
	}
	return t.out.String(), nil
}

// next translates the next word, sign or term.
func (t *translation) next() error {
	r, size := utf8.DecodeRuneInString(t.rest)
	switch {
	case unicode.IsSpace(r):
		t.emit(" ", size)
	case r == '(':
		t.depth++
		t.negated = false
		t.emit("(", size)
	case r == ')':
		t.depth--
		t.emit(")", size)
	case r == '-':
		t.negated = !t.negated
		t.emit("-", size)
	case r == '*':
		t.negated = false
		t.emit("*", size)
	default:
		return t.term()
	}
	return nil
}

func (t *translation) emit(text string, read int) {
	t.out.WriteString(text)
	t.rest = t.rest[read:]
}

// term translates AND, OR, NOT or key:value.
func (t *translation) term() error {
	before := t.rest
	key, plain, err := t.word(":,()")
	if err != nil {
		return err
	}
	if !strings.HasPrefix(t.rest, ":") {
		return t.operator(key, plain)
	}
	t.rest = t.rest[1:]
	values, err := t.values()
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	text := before[:len(before)-len(t.rest)]
	if key == Last {
		return t.lastRuns(text, values)
	}
	parts, err := t.parts(key, values)
	if err != nil {
		return err
	}
	if t.negated {
		text = "NOT " + text
	}
	t.negated = false
	t.terms = append(t.terms, text)
	t.out.WriteString("(" + strings.Join(parts, " OR ") + ")")
	return nil
}

// operator translates a word that is no term.
func (t *translation) operator(word string, plain bool) error {
	switch {
	case !plain || word == "":
		if word == "" {
			word = t.rest
		}
	case word == "AND":
		t.out.WriteString("AND")
		return nil
	case word == "OR":
		t.or = t.or || t.depth == 0
		t.out.WriteString("OR")
		return nil
	case word == "NOT":
		t.negated = !t.negated
		t.out.WriteString("-")
		return nil
	case slices.Contains([]string{"AND", "OR", "NOT"}, strings.ToUpper(word)):
		return fmt.Errorf("%s is written in capitals: %s", word, strings.ToUpper(word))
	}
	if key, op, found := cutComparison(word); found {
		if rest := word[len(key)+len(op):]; strings.Trim(op, "=") == "" && key != "" && rest != "" {
			return fmt.Errorf("%q is written %s:%s", word, key, rest)
		}
		return fmt.Errorf("%q compares with %s, which a shell may take for something else: write a range, such as %s:10..50, %s:10.. or %s:..50, and NOT before what is to be left out", word, op, key, key, key)
	}
	return fmt.Errorf("%q is no key:value, such as store:etcd; a value with a space stands in quotes, such as 'label.host:\"a b\"'", word)
}

// comparison is what other languages compare with.
var comparison = regexp.MustCompile(`^([^<>=!~]*)([<>=!~]+)`)

func cutComparison(word string) (key, op string, found bool) {
	if m := comparison.FindStringSubmatch(word); m != nil {
		return m[1], m[2], true
	}
	return "", "", false
}

// lastRuns takes last:N out of the expression.
func (t *translation) lastRuns(text string, values []value) error {
	n := 0
	if len(values) == 1 {
		n, _ = strconv.Atoi(values[0].text)
	}
	switch {
	case n < 1:
		return fmt.Errorf("%s: write how many of the newest runs are meant, such as last:5", text)
	case t.depth > 0 || t.negated:
		return fmt.Errorf("%s counts the runs that all else selects: it stands outside of parentheses, and without NOT", text)
	case t.last > 0:
		return fmt.Errorf("%s: last is given twice", text)
	}
	t.last = n
	return nil
}

// parts are what a term comes to, any of which is enough.
func (t *translation) parts(key string, values []value) ([]string, error) {
	named := key
	if key == Since || key == Until {
		key = Started
	}
	if _, known := Lookup(key); !known {
		return nil, &UnknownKey{Key: key}
	}
	index := t.index(key)
	var parts []string
	for _, v := range values {
		c := choice{text: v.term(named), keys: []int{index}, value: v.text, listed: ValuesOfKey(key) != nil}
		if v.regexp {
			parts = append(parts, strconv.Quote(key)+":/"+v.text+"/")
			t.choices = append(t.choices, c)
			continue
		}
		name, version, versioned := cutVersion(key, v.text)
		s, ranged, err := v.meaning(named)
		c.exact = !ranged
		switch {
		case err != nil:
			return nil, err
		case versioned:
			c.keys = append(c.keys, t.index("workload-version"))
			parts = append(parts, "(workload:"+strconv.Quote(name)+" AND workload-version:"+strconv.Quote(version)+")")
		case !ranged:
			parts = append(parts, strconv.Quote(key)+":"+strconv.Quote(v.text))
		default:
			name := fmt.Sprintf("range%d", len(t.spans))
			t.spans = append(t.spans, spanOf{index, name, s})
			parts = append(parts, name+":"+within)
		}
		t.choices = append(t.choices, c)
	}
	return parts, nil
}

// index returns where a key stands among those that the expression names.
func (t *translation) index(key string) int {
	i := slices.Index(t.keys, key)
	if i < 0 {
		i = len(t.keys)
		t.keys = append(t.keys, key)
	}
	return i
}

// versionSign stands between a workload's name and its version.
const versionSign = "@"

// cutVersion cuts name@version, as lists show workloads.
func cutVersion(key, text string) (name, version string, ok bool) {
	name, version, ok = strings.Cut(text, versionSign)
	_, err := strconv.Atoi(version)
	return name, version, ok && key == "workload" && err == nil
}

// words are all that may stand before a colon, as far as they are known.
func words() []string {
	all := []string{Since, Until, Last}
	for _, key := range Keys {
		all = append(all, key.Name)
	}
	return all
}

// values reads what stands behind the colon: values with commas between them,
// or in parentheses with OR.
func (t *translation) values() ([]value, error) {
	if !strings.HasPrefix(t.rest, "(") {
		return t.alternatives()
	}
	t.rest = t.rest[1:]
	var all []value
	for {
		t.rest = strings.TrimLeftFunc(t.rest, unicode.IsSpace)
		some, err := t.alternatives()
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
		t.rest = strings.TrimLeftFunc(t.rest, unicode.IsSpace)
		if rest, closed := strings.CutPrefix(t.rest, ")"); closed {
			t.rest = rest
			return all, nil
		}
		rest, or := strings.CutPrefix(t.rest, "OR ")
		if !or {
			return nil, errors.New("values in parentheses are separated by OR and end with a parenthesis, such as (10 OR 50); without parentheses by commas, such as 10,50")
		}
		t.rest = rest
	}
}

func (t *translation) alternatives() ([]value, error) {
	var all []value
	for {
		v, err := t.value()
		if err != nil {
			return nil, err
		}
		all = append(all, v)
		rest, more := strings.CutPrefix(t.rest, ",")
		if !more {
			return all, nil
		}
		t.rest = rest
	}
}

func (t *translation) value() (value, error) {
	if strings.HasPrefix(t.rest, "/") {
		end := endOfRegexp(t.rest)
		if end < 0 {
			return value{}, errors.New("the regular expression has no / at its end")
		}
		v := value{text: t.rest[1:end], regexp: true}
		t.rest = t.rest[end+1:]
		return v, nil
	}
	text, plain, err := t.word(",()")
	if err == nil && plain && text == "" {
		err = errors.New(`a value is missing; no value at all is ""`)
	}
	return value{text: text, plain: plain}, err
}

// word reads a word that is quoted, or ends before a space or one of the signs.
func (t *translation) word(signs string) (word string, plain bool, err error) {
	if strings.HasPrefix(t.rest, `"`) {
		quoted, err := strconv.QuotedPrefix(t.rest)
		if err != nil {
			return "", false, errors.New(`a quote is not closed, or has an escape that is not known; a quote in a value is written \"`)
		}
		t.rest = t.rest[len(quoted):]
		word, err = strconv.Unquote(quoted)
		return word, false, err
	}
	end := strings.IndexFunc(t.rest, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(signs, r) })
	if end < 0 {
		end = len(t.rest)
	}
	word, t.rest = t.rest[:end], t.rest[end:]
	return word, true, nil
}

// endOfRegexp returns where the slash stands that ends a regular expression, as
// benchproc finds it, or -1.
func endOfRegexp(text string) int {
	classes, groups := 0, 0
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '/' && classes == 0 && groups == 0:
			return i
		case c == '\\':
			i++
		case c == '[':
			classes++
		case c == ']':
			classes = max(0, classes-1)
		case c == '(' && classes == 0:
			groups++
		case c == ')' && classes == 0:
			groups--
		}
	}
	return -1
}
