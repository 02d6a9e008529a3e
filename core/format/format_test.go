package format

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestNumbers(t *testing.T) {
	for x, want := range map[float64]string{
		0: "0", 0.987: "0.987", 5: "5.00", 12.34: "12.3", 99.94: "99.9", 99.96: "100", 999.4: "999", 999.6: "1,000",
		1234.5: "1,235", 1235.5: "1,236", -1234567: "-1,234,567", 9.996: "10.0", 0.00099961: "0.00100", -99.96: "-100",
		math.NaN(): "–", math.Inf(-1): "-Inf", math.Inf(1): "Inf",
	} {
		if got := Number(x); got != want {
			t.Errorf("%v: %s, want %s", x, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", -12: "-12", 999: "999", 1000: "1,000", -1234567: "-1,234,567", math.MinInt64: "-9,223,372,036,854,775,808"} {
		if got := Integer(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	for n, want := range map[int]string{0: "0 nodes", 1: "1 node", 3: "3 nodes", 10000: "10,000 nodes"} {
		if got := Count(n, "node"); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	for x, want := range map[float64]string{0: "0 %", 0.184: "18 %", 0.996: "100 %", 2: "200 %"} {
		if got := Share(x); got != want {
			t.Errorf("%v: %s, want %s", x, got, want)
		}
	}
}

func TestDurations(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0", 7: "7 ns", 999: "999 ns", 1500: "1.50 µs", 999_499: "999 µs", 999_500: "1.00 ms", 12345678: "12.3 ms", 99_960_000: "100 ms",
		999_600 * time.Microsecond: "1.00 s", 2 * time.Minute: "120 s", 2 * time.Hour: "7,200 s", -1500: "-1.50 µs",
	} {
		if got := Duration(d); got != want {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0.000 s", 12_345_600_000: "12.346 s"} {
		if got := Moment(d); got != want {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
	}
}

func TestSizes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 5: "5 B", 1023: "1,023 B", 1024: "1.00 KiB", 1536: "1.50 KiB", 1020 << 10: "1,020 KiB", 1<<20 - 300: "1.00 MiB",
		5 << 30: "5.00 GiB", 5000 << 40: "5,000 TiB",
	} {
		if got := Size(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// TestThreeDigitsAndNoMore walks over every threshold in steps of one bit.
func TestThreeDigitsAndNoMore(t *testing.T) {
	for power := -6; power < 3; power++ {
		x := math.Pow(10, float64(power))
		for _, near := range []float64{x * 0.9995, x * 0.99949, x * 0.999499, x, x * 1.0049, x * 1.005} {
			for _, x := range []float64{math.Nextafter(near, 0), near, math.Nextafter(near, 1e9)} {
				text := Number(x)
				value, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64)
				if err != nil || math.Abs(value/x-1) > 0.00501 {
					t.Errorf("%v is written %s", x, text)
				}
				significant := strings.TrimLeft(strings.ReplaceAll(text, ".", ""), "0")
				if want := digits; len(significant) != want && text != "1,000" {
					t.Errorf("%v is written %s", x, text)
				}
			}
		}
	}
}

func TestPlacesOfAxes(t *testing.T) {
	for x, want := range map[float64]string{0: "0", math.Copysign(0, -1): "0", 0.1 + 0.2: "0.3", 5: "5", 0.9901: "0.9901", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1500: "-1,500", 1.5: "1.5"} {
		if got := Exact(x); got != want {
			t.Errorf("%v: %s, want %s", x, got, want)
		}
	}
	for ns, want := range map[float64]string{0: "0", 50: "50 ns", 1500: "1.5 µs", 2e6: "2 ms", 3.25e9: "3.25 s", 100e9: "100 s"} {
		if got := TickDuration(ns); got != want {
			t.Errorf("%v: %s, want %s", ns, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0 s", 300 * time.Millisecond: "300 ms", 1500 * time.Millisecond: "1.5 s", 90 * time.Second: "1m30s", 2 * time.Minute: "2m", 2 * time.Hour: "2h", 90 * time.Minute: "1h30m"} {
		if got := ExactDuration(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
	for n, want := range map[float64]string{0: "0 B", 100: "100 B", 1024: "1 KiB", 1049600: "1,025 KiB", 4 << 30: "4 GiB"} {
		if got := ExactSize(n); got != want {
			t.Errorf("%v: %s, want %s", n, got, want)
		}
	}
}
