package chart

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/benchctl/benchctl/core/internal/fault"
)

// Provenance is what a chart was made of, and how: what it takes to make it again.
// Every chart has it in its file: an SVG in its metadata, a PNG in a text chunk, a
// PDF in its XMP packet.
type Provenance struct {
	Program   string            `json:"program"`           // with its version
	Kind      string            `json:"kind"`              // of chart
	Options   map[string]string `json:"options,omitempty"` // of the kind and of how it looks
	Selection string            `json:"selection"`         // of operations too, which the runs alone do not say
	Workload  string            `json:"workload"`          // name@version
	SHA256    string            `json:"workload_sha256"`   // of its definition
	Runs      []string          `json:"runs"`              // uids of those that are compared
}

// namespace is that of the element with the provenance.
const namespace = "https://github.com/benchctl/benchctl/chart"

// json is the provenance as a document of ASCII, which every kind of file keeps as
// it is.
func (p Provenance) json() ([]byte, error) {
	document, err := json.Marshal(p)
	var plain []byte
	for _, r := range string(document) {
		if r < 0x7f {
			plain = append(plain, byte(r))
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			plain = fmt.Appendf(plain, `\u%04x`, unit)
		}
	}
	return plain, err
}

// xml is the provenance as an element.
func (p Provenance) xml() (string, error) {
	document, err := p.json()
	return fmt.Sprintf(`<provenance xmlns="%s">%s</provenance>`, namespace, inXML(string(document))), err
}

// ErrProvenance is the kind of error of a file that does not say what it was drawn
// from.
var ErrProvenance = errors.New("no provenance")

// longest is how large a chart's file may be: no chart is.
const longest = 64 << 20

// ReadProvenance reads from a chart's file what it was made of. The file may come
// from anywhere: what it says is to be checked before it is used.
func ReadProvenance(from io.Reader) (Provenance, error) {
	file, err := io.ReadAll(io.LimitReader(from, longest+1))
	if err != nil {
		return Provenance{}, err
	}
	if len(file) > longest {
		return Provenance{}, fault.Errorf(ErrProvenance, "it is larger than any chart: name an SVG, PNG or PDF that benchctl has drawn")
	}
	var document []byte
	found, chart := false, true
	switch {
	case bytes.HasPrefix(file, []byte(pngSignature)):
		document, found = pngText(file, keyword)
	case bytes.HasPrefix(file, []byte("%PDF-")):
		_, packet, _ := bytes.Cut(file, []byte("<?xpacket begin"))
		_, packet, _ = bytes.Cut(packet, []byte("?>"))
		packet, _, _ = bytes.Cut(packet, []byte("<?xpacket end"))
		document, found = xmlText(packet)
	case bytes.Contains(file[:min(len(file), 1024)], []byte("<svg")):
		document, found = xmlText(file)
	default:
		chart = false
	}
	switch {
	case !chart:
		return Provenance{}, fault.Errorf(ErrProvenance, "it is no chart: name an SVG, PNG or PDF that benchctl has drawn")
	case !found:
		return Provenance{}, fault.Errorf(ErrProvenance, "it does not say what it was drawn from: it is none of benchctl's, older than this is, or another program has rewritten it")
	}
	var p Provenance
	if err := json.Unmarshal(document, &p); err != nil {
		return Provenance{}, fault.Errorf(ErrProvenance, "what it says of its making cannot be read: %w", err)
	}
	return p, p.check()
}

// check refuses a provenance of which nothing can be drawn.
func (p Provenance) check() error {
	if p.Kind == "" || len(p.Runs) == 0 {
		return fault.Errorf(ErrProvenance, "it names no kind of chart or no runs: it was drawn from an archive whose runs had no identities yet, or was changed")
	}
	for _, uid := range p.Runs {
		plain := func(r rune) bool { return r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' }
		if uid == "" || len(uid) > 64 || strings.ContainsFunc(uid, func(r rune) bool { return !plain(r) }) {
			return fault.Errorf(ErrProvenance, "it names a run %.70q, which is no run's identity: the file was changed", uid)
		}
	}
	return nil
}

// xmlText is the text of the provenance element of a document.
func xmlText(document []byte) ([]byte, bool) {
	decoder := xml.NewDecoder(bytes.NewReader(document))
	for {
		token, err := decoder.Token()
		if err != nil {
			return nil, false
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name != (xml.Name{Space: namespace, Local: "provenance"}) {
			continue
		}
		var text string
		if err := decoder.DecodeElement(&text, &start); err != nil {
			return nil, false
		}
		return []byte(text), true
	}
}
