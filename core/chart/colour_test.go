package chart

import (
	"fmt"
	"image/color"
	"math"
	"testing"
)

// vision is what becomes of linear RGB for an eye: the matrices of Machado, Oliveira
// and Fernandes, "A Physiologically-based Model for Simulation of Color Vision
// Deficiency" (IEEE TVCG 15, 2009), at severity 1.
type vision [3][3]float64

var visions = map[string]vision{
	"normal":       {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// linear are the shares of light of a colour in sRGB (IEC 61966-2-1).
func linear(c color.Color) [3]float64 {
	r, g, b, _ := c.RGBA()
	var shares [3]float64
	for i, v := range []uint32{r, g, b} {
		x := float64(v) / 0xffff
		shares[i] = math.Pow((x+0.055)/1.055, 2.4)
		if x <= 0.04045 {
			shares[i] = x / 12.92
		}
	}
	return shares
}

// contrast is that of WCAG 2.1.
func contrast(a, b color.Color) float64 {
	luminance := func(c color.Color) float64 {
		l := linear(c)
		return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2]
	}
	one, other := luminance(a), luminance(b)
	return (max(one, other) + 0.05) / (min(one, other) + 0.05)
}

type lab struct{ l, a, b float64 }

// seen is a colour in CIELAB under D65, as an eye sees it.
func (v vision) seen(c color.Color) lab {
	in := linear(c)
	var rgb [3]float64
	for i, row := range v {
		rgb[i] = min(max(row[0]*in[0]+row[1]*in[1]+row[2]*in[2], 0), 1)
	}
	f := func(t float64) float64 {
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	x := f((0.4124564*rgb[0] + 0.3575761*rgb[1] + 0.1804375*rgb[2]) / 0.95047)
	y := f(0.2126729*rgb[0] + 0.7151522*rgb[1] + 0.0721750*rgb[2])
	z := f((0.0193339*rgb[0] + 0.1191920*rgb[1] + 0.9503041*rgb[2]) / 1.08883)
	return lab{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// difference is CIEDE2000, as Sharma, Wu and Dalal write it ("The CIEDE2000
// Color-Difference Formula", Color Research and Application 30, 2005).
func difference(p, q lab) float64 {
	const radian = math.Pi / 180
	seventh := func(c float64) float64 { return math.Sqrt(math.Pow(c, 7) / (math.Pow(c, 7) + math.Pow(25, 7))) }
	g := 0.5 * (1 - seventh((math.Hypot(p.a, p.b)+math.Hypot(q.a, q.b))/2))
	p.a, q.a = p.a*(1+g), q.a*(1+g)
	c1, c2 := math.Hypot(p.a, p.b), math.Hypot(q.a, q.b)
	angle := func(c lab) float64 { return math.Mod(math.Atan2(c.b, c.a)+2*math.Pi, 2*math.Pi) }
	h1, h2 := angle(p), angle(q)
	dh, hue := h2-h1, h1+h2
	switch {
	case c1*c2 == 0:
		dh = 0
	case math.Abs(h2-h1) <= math.Pi:
		hue /= 2
	default:
		dh -= math.Copysign(2*math.Pi, dh)
		if hue < 2*math.Pi {
			hue += 2 * math.Pi
		} else {
			hue -= 2 * math.Pi
		}
		hue /= 2
	}
	l, c := (p.l+q.l)/2, (c1+c2)/2
	t := 1 - 0.17*math.Cos(hue-30*radian) + 0.24*math.Cos(2*hue) + 0.32*math.Cos(3*hue+6*radian) - 0.20*math.Cos(4*hue-63*radian)
	around := (hue/radian - 275) / 25
	turn := 60 * radian * math.Exp(-around*around)
	dl := (q.l - p.l) / (1 + 0.015*(l-50)*(l-50)/math.Sqrt(20+(l-50)*(l-50)))
	dc := (c2 - c1) / (1 + 0.045*c)
	dH := 2 * math.Sqrt(c1*c2) * math.Sin(dh/2) / (1 + 0.015*c*t)
	return math.Sqrt(dl*dl + dc*dc + dH*dH - math.Sin(turn)*2*seventh(c)*dc*dH)
}

// TestDifference compares with values that Sharma, Wu and Dalal publish in table 1.
func TestDifference(t *testing.T) {
	for _, c := range []struct {
		p, q lab
		want float64
	}{
		{lab{50, 2.6772, -79.7751}, lab{50, 0, -82.7485}, 2.0425},
		{lab{50, 2.5, 0}, lab{73, 25, -18}, 27.1492},
		{lab{50, 2.5, 0}, lab{61, -5, 29}, 22.8977},
		{lab{50, 2.5, 0}, lab{56, -27, -3}, 31.9030},
		{lab{60.2574, -34.0099, 36.2677}, lab{60.4626, -34.1751, 39.4387}, 1.2644},
		{lab{2.0776, 0.0795, -1.1350}, lab{0.9033, -0.0636, -0.5514}, 0.9082},
	} {
		if got := difference(c.p, c.q); math.Abs(got-c.want) > 1e-4 {
			t.Errorf("%v, %v: %.4f, want %.4f", c.p, c.q, got, c.want)
		}
	}
}

// apartFor is the least difference of two colours for any vision, and for which.
func apartFor(a, b color.Color) (least float64, of string) {
	least = math.Inf(1)
	for name, v := range visions {
		if d := difference(v.seen(a), v.seen(b)); d < least {
			least, of = d, name
		}
	}
	return least, of
}

var grounds = map[string]struct {
	Theme
	palette palette
}{"light": {Slide, onLight}, "dark": {Slide.Dark(), onDark}}

// What colours hold for every vision: a difference of 2.3 is just seen where two
// surfaces touch, and thin lines apart need several times as much.
const (
	leastContrast = 3 // of colours of series, as WCAG asks of graphics
	leastOfText   = 4.5
	leastShades   = 13 // between the shades of a store that follow each other
	leastStores   = 12 // between the stores that have colours of their own, each alone in a chart
	leastHues     = 10 // between all hues

	leastNeighbours = 10 // between series that follow each other
	leastAlike      = 8  // between those with the same marker and pattern, of which there are more than eight
	leastAny        = 4  // between any two, which have other markers or patterns than each other besides
)

func TestEveryColourStandsClearOfItsGround(t *testing.T) {
	for name, g := range grounds {
		for _, text := range []color.Color{g.Title.Color, g.Subtitle.Color, g.Label.Color, g.Value.Color, g.Caption.Color, g.Warning.Color} {
			if got := contrast(text, g.Background); got < leastOfText {
				t.Errorf("%s: text %v has a contrast of %.2f", name, text, got)
			}
		}
		if got := contrast(g.Axis, g.Background); got < leastContrast {
			t.Errorf("%s: axes have a contrast of %.2f", name, got)
		}
		for hue, s := range g.palette.all() {
			for i, c := range s {
				if got := contrast(c, g.Background); got < leastContrast {
					t.Errorf("%s: shade %d of %s has a contrast of %.2f", name, i, hue, got)
				}
			}
		}
	}
}

func (p palette) all() map[string]shades {
	all := map[string]shades{}
	for store, s := range p.stores {
		all[store] = s
	}
	for i, s := range p.others {
		all[fmt.Sprint("other ", i)] = s
	}
	return all
}

func TestColoursAreToldApartByEveryVision(t *testing.T) {
	for name, g := range grounds {
		all := g.palette.all()
		closest := math.Inf(1)
		for hue, s := range all {
			for i, pair := range [][2]color.RGBA{{s[0], s[1]}, {s[1], s[2]}, {s[0], s[2]}} {
				if d, of := apartFor(pair[0], pair[1]); d < leastShades {
					t.Errorf("%s: pair %d of shades of %s differs by %.1f for %s", name, i, hue, d, of)
				}
			}
			for other, o := range all {
				if other <= hue {
					continue
				}
				want := float64(leastHues)
				if _, known := g.palette.stores[hue]; known {
					if _, known := g.palette.stores[other]; known {
						want = leastStores
					}
				}
				d, of := apartFor(s[1], o[1])
				closest = min(closest, d)
				if d < want {
					t.Errorf("%s: %s and %s differ by %.1f for %s", name, hue, other, d, of)
				}
			}
		}
		t.Logf("%s: the closest hues differ by %.1f", name, closest)
	}
}

// TestSeriesAreToldApart holds, for the series of charts as they occur, that those
// that stand beside each other differ in colour or pattern, and that any two differ
// in something else than colour as well.
func TestSeriesAreToldApart(t *testing.T) {
	stores := []string{"etcd", "memory", "raftembed", "zookeeper"}
	for name, g := range grounds {
		for setups := 1; setups <= 6; setups++ {
			var series []Series
			for _, store := range stores {
				for range setups {
					series = append(series, Series{Store: store})
				}
			}
			looks := g.palette.looks(series)
			for i, a := range looks {
				for j, b := range looks[:i] {
					apart, of := apartFor(a.color, b.color)
					if i-j == 1 && a.pattern == b.pattern && apart < leastNeighbours {
						t.Errorf("%s, %d setups: neighbours %d and %d differ by %.1f for %s", name, setups, j, i, apart, of)
					}
					same := a.marker == b.marker && a.open == b.open && a.pattern == b.pattern
					if same && apart < leastAlike || apart < leastAny && a.pattern == b.pattern {
						t.Errorf("%s, %d setups: series %d and %d are marked alike and differ by %.1f for %s", name, setups, j, i, apart, of)
					}
				}
			}
		}
	}
	if onLight.of("consul") == onLight.of("etcd") {
		t.Error("a store's colour is not its own")
	}
}
