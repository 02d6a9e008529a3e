package chart

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"io"
	"math"

	"codeberg.org/go-pdf/fpdf"
	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// pdfCanvas draws on a page of fpdf, which vgpdf does as well: but of several fonts
// that embeds one, takes text as Windows-1252 only, and writes nothing of what a
// document is about. Here text is embedded in both weights, as the part of the face
// that is used, and can be searched.
type pdfCanvas struct {
	untransformed
	doc   *fpdf.Fpdf
	theme Theme
	known map[stdfont.Weight]bool // faces that the document has
}

func newPDF(theme Theme) *pdfCanvas {
	size := fpdf.SizeType{Wd: theme.Width.Points(), Ht: theme.Height.Points()}
	doc := fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", Size: size})
	doc.SetMargins(0, 0, 0)
	doc.SetAutoPageBreak(false, 0)
	doc.AddPageFormat("P", size)
	c := &pdfCanvas{doc: doc, theme: theme, known: map[stdfont.Weight]bool{}}
	vg.Initialize(c)
	return c
}

// Size returns the size of the page.
func (c *pdfCanvas) Size() (w, h vg.Length) { return c.theme.Width, c.theme.Height }

// SetLineWidth sets the width of lines.
func (c *pdfCanvas) SetLineWidth(w vg.Length) { c.doc.SetLineWidth(w.Points()) }

// SetLineDash sets how lines are broken.
func (c *pdfCanvas) SetLineDash(dashes []vg.Length, offset vg.Length) {
	lengths := make([]float64, len(dashes))
	for i, d := range dashes {
		lengths[i] = d.Points()
	}
	c.doc.SetDashPattern(lengths, offset.Points())
}

// SetColor sets the colour of what is drawn next.
func (c *pdfCanvas) SetColor(with color.Color) {
	red, green, blue, _ := with.RGBA()
	r, g, b := int(red>>8), int(green>>8), int(blue>>8)
	c.doc.SetDrawColor(r, g, b)
	c.doc.SetFillColor(r, g, b)
	c.doc.SetTextColor(r, g, b)
}

// Stroke draws a line along a path.
func (c *pdfCanvas) Stroke(path vg.Path) { c.path(path, "D") }

// Fill fills a path.
func (c *pdfCanvas) Fill(path vg.Path) { c.path(path, "F") }

// at is a point as a page has it, whose y goes down.
func (c *pdfCanvas) at(p vg.Point) (x, y float64) {
	return p.X.Points(), (c.theme.Height - p.Y).Points()
}

func (c *pdfCanvas) path(path vg.Path, style string) {
	for _, part := range path {
		x, y := c.at(part.Pos)
		switch part.Type {
		case vg.MoveComp:
			c.doc.MoveTo(x, y)
		case vg.LineComp:
			c.doc.LineTo(x, y)
		case vg.ArcComp:
			const degree = 180 / math.Pi
			r := part.Radius.Points()
			c.doc.ArcTo(x, y, r, r, 0, part.Start*degree, (part.Start+part.Angle)*degree)
		case vg.CloseComp:
			c.doc.ClosePath()
		}
	}
	c.doc.DrawPath(style)
}

// FillString draws a text.
func (c *pdfCanvas) FillString(face font.Face, at vg.Point, text string) {
	style := ""
	if face.Font.Weight == stdfont.WeightBold {
		style = "B"
	}
	if !c.known[face.Font.Weight] {
		var source bytes.Buffer
		if _, err := face.Face.WriteSourceTo(nil, &source); err != nil {
			c.doc.SetError(err)
			return
		}
		c.doc.AddUTF8FontFromBytes("sans", style, source.Bytes())
		c.known[face.Font.Weight] = true
	}
	c.doc.SetFont("sans", style, face.Font.Size.Points())
	x, y := c.at(at)
	c.doc.Text(x, y, text)
}

// write writes the document of a figure.
func (c *pdfCanvas) write(w io.Writer, f Figure) error {
	provenance, err := f.Provenance.xml()
	if err != nil {
		return err
	}
	c.doc.SetTitle(f.Title, true)
	c.doc.SetSubject(f.description(), true)
	c.doc.SetCreator("benchctl", true)
	c.doc.SetLang("en")
	c.doc.SetXmpMetadata(fmt.Appendf(nil, `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="">%s</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>`, provenance))
	return c.doc.Output(w)
}

// untransformed is the part of a canvas that figures are drawn without.
type untransformed struct{}

func (untransformed) Rotate(float64)                      { panic(noTransforms) }
func (untransformed) Translate(vg.Point)                  { panic(noTransforms) }
func (untransformed) Scale(_, _ float64)                  { panic(noTransforms) }
func (untransformed) Push()                               { panic(noTransforms) }
func (untransformed) Pop()                                { panic(noTransforms) }
func (untransformed) DrawImage(vg.Rectangle, image.Image) { panic(noTransforms) }

const noTransforms = "chart: a figure is drawn without transforms and images"
