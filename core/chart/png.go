package chart

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"

	"gonum.org/v1/plot/vg/vgimg"
)

// PNG (ISO/IEC 15948) is a signature, and then chunks: length, type, content and a
// checksum of the two before. The first one is IHDR, of 13 bytes.
const (
	pngSignature = "\x89PNG\r\n\x1a\n"
	pngHeader    = len(pngSignature) + 4 + 4 + 13 + 4
)

// keyword is that of the text chunk with a chart's provenance.
const keyword = "benchctl"

// writePNG writes a picture of a figure, with texts about it behind its header.
func writePNG(w io.Writer, canvas vgimg.PngCanvas, f Figure) error {
	var picture bytes.Buffer
	if _, err := canvas.WriteTo(&picture); err != nil {
		return err
	}
	provenance, err := f.Provenance.json()
	if err != nil {
		return err
	}
	out := bytes.Clone(picture.Next(pngHeader))
	for _, text := range [][2]string{{"Title", f.Title}, {"Description", f.description()}, {keyword, string(provenance)}} {
		chunk := append([]byte("iTXt"), text[0]...)
		chunk = append(chunk, 0, 0, 0, 0, 0) // not compressed, in no language
		chunk = append(chunk, text[1]...)
		out = binary.BigEndian.AppendUint32(out, uint32(len(chunk)-4))
		out = append(out, chunk...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
	}
	_, err = w.Write(append(out, picture.Bytes()...))
	return err
}

// pngText finds the content of a text chunk by its keyword.
func pngText(file []byte, keyword string) ([]byte, bool) {
	rest := file[len(pngSignature):]
	for len(rest) >= 12 {
		n := binary.BigEndian.Uint32(rest)
		if uint64(n) > uint64(len(rest)-12) {
			return nil, false
		}
		kind, content := string(rest[4:8]), rest[8:8+n]
		if text, ok := bytes.CutPrefix(content, append([]byte(keyword), 0, 0, 0, 0, 0)); kind == "iTXt" && ok {
			return text, true
		}
		rest = rest[12+n:]
	}
	return nil, false
}
