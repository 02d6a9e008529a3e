package chart

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/benchctl/benchctl/core/internal/fault"
)

// Axes are what somebody wants of a figure's axes instead of what fits it.
type Axes struct {
	XLog, YLog *bool  // nil: what fits
	Y          string // FROM..TO, of which one may be left out; empty: what fits
}

// ErrAxis is the kind of error of axes that a figure cannot have.
var ErrAxis = errors.New("axes")

// SetAxes gives the figure other axes.
func (f *Figure) SetAxes(a Axes) error {
	f.Panels = slices.Clone(f.Panels)
	if a.XLog != nil {
		if err := f.setX(*a.XLog); err != nil {
			return err
		}
	}
	if a.YLog != nil {
		for i := range f.Panels {
			p := &f.Panels[i]
			if *a.YLog && !(p.span().high > 0) && !p.span().empty {
				return fault.Errorf(ErrAxis, "a logarithmic y axis has no place for values that are not above 0, and %q has no other: leave it linear", p.YLabel)
			}
			p.Y.Log = *a.YLog
		}
	}
	if a.Y != "" {
		return f.setY(a.Y)
	}
	return nil
}

func (f *Figure) setX(log bool) error {
	for i, p := range f.Panels {
		if p.X == nil {
			return fault.Errorf(ErrAxis, "the places of the x axis are words, which have no scale: an x axis of numbers can be chosen")
		}
		axis := *p.X
		axis.Log = log
		if log && !(axis.scale().low > 0) {
			return fault.Errorf(ErrAxis, "a logarithmic x axis has no place for %s: leave it linear, or select what is above 0", axis.Unit.exact(axis.scale().low))
		}
		f.Panels[i].X = &axis
	}
	return nil
}

// setY sets the range of the panels whose unit it is written in.
func (f *Figure) setY(text string) error {
	from, to, ranged := strings.Cut(text, "..")
	if !ranged || from == "" && to == "" {
		return fault.Errorf(ErrAxis, "the range of y %s: write FROM..TO, such as 0..5000 or 1ms..1s, of which one may be left out", text)
	}
	set := false
	for i := range f.Panels {
		p := &f.Panels[i]
		low, okLow := p.Y.Unit.parse(from)
		high, okHigh := p.Y.Unit.parse(to)
		if !okLow || !okHigh {
			continue
		}
		set = true
		if err := p.setRange(low, high, text); err != nil {
			return err
		}
	}
	if !set {
		return fault.Errorf(ErrAxis, "the range of y %s fits no panel: write numbers, such as 0..5000, or durations for latencies, such as 1ms..1s", text)
	}
	return nil
}

func (p *Panel) setRange(from, to *float64, text string) error {
	p.Y.From, p.Y.To = from, to
	if from != nil && p.Y.Log && !(*from > 0) {
		return fault.Errorf(ErrAxis, "the range of y %s: a logarithmic axis begins above 0: write another range, or make the axis linear", text)
	}
	s, values := p.scale(5), p.span()
	if !(s.low < s.high) {
		return fault.Errorf(ErrAxis, "the range of y %s is empty: write the smaller end first", text)
	}
	if !values.empty && (values.high < s.low || values.low > s.high) {
		return fault.Errorf(ErrAxis, "the range of y %s holds no value of %q, which are from %s to %s", text, p.YLabel, p.Y.Unit.measured(values.low), p.Y.Unit.measured(values.high))
	}
	return nil
}

// parse reads a value that somebody chose; an empty text is one that is left out.
func (u Unit) parse(text string) (*float64, bool) {
	if text == "" {
		return nil, true
	}
	if u == Time {
		d, err := time.ParseDuration(text)
		x := float64(d)
		return &x, err == nil
	}
	x, err := strconv.ParseFloat(text, 64)
	return &x, err == nil && !math.IsInf(x, 0) && !math.IsNaN(x)
}
