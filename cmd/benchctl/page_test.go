package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed" // axe-core
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/benchctl/benchctl/core/comparison"
	"github.com/benchctl/benchctl/core/comparison/comparisontest"
	"github.com/benchctl/benchctl/core/driver"
	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/report"
)

//go:embed testdata/axe/axe.min.js
var axe string

// reviewed makes the page of a made-up comparison of three stores, and returns its
// address. One has a long name without a space, and an option that is as long.
func reviewed(t *testing.T) string {
	t.Helper()
	var records []comparisontest.Record
	long := strings.Repeat("a-very-long-name-", 6)
	id := int64(0)
	for repeat := range 8 {
		for s, store := range []string{"etcd", "zookeeper", long} {
			for _, nodes := range []int{1, 3} {
				for _, threads := range []int{1, 10} {
					id++
					for o, op := range []string{"create", "set", "delete"} {
						base := float64(1000*(s+1)*(o+2)) / float64(nodes) * (1 + 0.01*float64((repeat*7+s*3+o)%8))
						records = append(records, comparisontest.Record{
							Run: id, Experiment: 7, Repeat: repeat, Store: store, Nodes: nodes, Threads: threads, Phase: op, Op: op, Ops: 100_000, Throughput: base * float64(threads),
							P50: time.Duration(1e9 / base), P90: time.Duration(2e9 / base), P99: time.Duration(5e9 / base), P999: time.Duration(9e9 / base), Max: time.Duration(3e10 / base),
							Options: map[string]string{"endpoint": strings.Repeat("x", 90)}, Durability: []driver.Durability{"fsync", "memory"}[s%2], Promised: "linearizable", Reads: "linearizable",
							Cost: record.Cost{Ops: 1000, CPUSeconds: 1.5, RSSBytes: 1 << 28}, Warnings: []string{fmt.Sprintf("load generator used %d %% of the machine's 2 cores", 90+repeat)},
							Machine: "Able", Folder: "ext4",
						})
					}
				}
			}
		}
	}
	c := comparisontest.Compare(t, records)
	glyphs := map[string]bool{}
	made, err := report.NewPage(report.Review{
		Comparison: c, Differences: c.Contrasts(), Archive: "a.db", Command: "benchctl report -o " + strings.Repeat("folder/", 30),
		Experiments: []record.Experiment{{ID: 7, Seed: 42, Command: "benchctl run --store etcd"}},
		Draw: func(l *comparison.Workload, suffix string) ([]report.Figure, error) {
			return figuresOf(l, suffix, "", glyphs)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "index.html")
	if err := create(file, made.WriteHTML); err != nil {
		t.Fatal(err)
	}
	return "file://" + file
}

// browser starts Chromium, or skips the test where there is none.
func browser(t *testing.T) context.Context {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		skipHere(t, "there is no chromium here")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(time.Minute))
	allocated, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocated)
	t.Cleanup(end)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// evaluated is what an expression comes to in the page.
func evaluated[T any](ctx context.Context, t *testing.T, expression string) T {
	t.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// media is what the page is shown on, and in which colours people like it.
func media(medium, scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: medium, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		return err
	})
}

// scripts lets pages run scripts, or not.
func scripts(run bool) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !run})
		return err
	})
}

// TestAxeIsWhatItSaysItIs compares the file with its hash.
func TestAxeIsWhatItSaysItIs(t *testing.T) {
	readme, err := os.ReadFile("testdata/axe/README.md")
	if err != nil {
		t.Fatal(err)
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256([]byte(axe))); !strings.Contains(string(readme), sum) {
		t.Errorf("axe.min.js has SHA-256 %s, which its README does not name", sum)
	}
}

func TestThePageInABrowser(t *testing.T) {
	t.Parallel()
	address := reviewed(t)
	ctx := browser(t)
	do := func(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatal(err)
		}
	}
	in := func(scheme string, width, height int64) chromedp.Action[chromedp.Void] {
		return chromedp.Steps(chromedp.EmulateViewport(width, height), media("", scheme), chromedp.Navigate(address))
	}
	for _, c := range []struct {
		name, scheme  string
		width, height int64
	}{{"desktop", "light", 1280, 800}, {"desktop, dark", "dark", 1280, 800}, {"phone", "light", 360, 740}, {"phone, dark", "dark", 360, 740}} {
		t.Run(c.name, func(t *testing.T) {
			do(t, in(c.scheme, c.width, c.height))
			keepPicture(ctx, t, strings.ReplaceAll(c.name, ", ", "-"))
			if wide := evaluated[int64](ctx, t, `document.documentElement.scrollWidth`); wide > c.width {
				t.Errorf("the page is %d wide", wide)
			}
			shown := evaluated[[]string](ctx, t, `[...document.querySelectorAll("figure svg")].filter(s => s.getBoundingClientRect().width > 0).map(s => s.parentElement.className)`)
			if len(shown) != 3 || strings.Join(shown, "") != strings.Repeat(c.scheme, 3) {
				t.Errorf("pictures that are shown: %q", shown)
			}
			if missing := evaluated[[]string](ctx, t, `[...document.querySelectorAll("svg use")].map(u => u.getAttribute("xlink:href")).filter(h => !document.querySelector(h))`); len(missing) > 0 {
				t.Errorf("glyphs that are not there: %q", missing[0])
			}
			// Closed tables would not be looked at.
			evaluated[bool](ctx, t, `document.querySelectorAll("details").forEach(d => d.open = true), true`)
			evaluated[bool](ctx, t, axe+";true")
			var found []struct {
				ID    string `json:"id"`
				Help  string `json:"help"`
				Nodes []struct {
					HTML    string `json:"html"`
					Summary string `json:"failureSummary"`
				} `json:"nodes"`
			}
			text := evaluated[string](ctx, t, `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(r => { if (r.passes.length < 20) throw "axe did not look"; return JSON.stringify(r.violations) })`)
			if err := json.Unmarshal([]byte(text), &found); err != nil {
				t.Fatal(err)
			}
			for _, v := range found {
				t.Errorf("%s: %s, at %d places, first %.300s\n%s", v.ID, v.Help, len(v.Nodes), v.Nodes[0].HTML, v.Nodes[0].Summary)
			}
			if least := evaluated[float64](ctx, t, leastContrast); least < 4.5 {
				t.Errorf("a text has a contrast of %.2f", least)
			}
		})
	}
	t.Run("keyboard", func(t *testing.T) {
		do(t, in("light", 1280, 800))
		// Every link, button, table and chart is reached by the tabulator, and seen.
		all := evaluated[int](ctx, t, `[...document.querySelectorAll("a, button, summary, [tabindex='0']")].filter(e => e.checkVisibility()).length`)
		reached := map[string]bool{}
		for range all {
			do(t, chromedp.KeyEvent(kb.Tab))
			reached[evaluated[string](ctx, t, `(() => { const e = document.activeElement; if (getComputedStyle(e).outlineStyle === "none") return "unseen " + e.outerHTML.slice(0, 80); return String([...document.querySelectorAll("*")].indexOf(e)) })()`)] = true
		}
		if len(reached) != all {
			t.Errorf("of %d that take part %d were reached", all, len(reached))
		}
		for of := range reached {
			if strings.HasPrefix(of, "unseen") {
				t.Errorf("%s has the focus, and nothing shows it", of)
			}
		}
		do(t, chromedp.Focus("figure .chart"), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight))
		second := evaluated[string](ctx, t, `document.querySelector("figure .value:not(.hidden)").textContent`)
		if !strings.Contains(second, "ops/s") {
			t.Errorf("the arrow keys come to %q", second)
		}
		do(t, chromedp.KeyEvent(kb.Escape))
		if n := evaluated[int](ctx, t, `document.querySelectorAll(".value:not(.hidden)").length`); n != 0 {
			t.Errorf("%d values are shown after Escape", n)
		}
	})
	t.Run("series are hidden and shown", func(t *testing.T) {
		do(t, in("light", 1280, 800))
		const shown = `[...document.querySelectorAll("figure")[0].querySelectorAll(".light [data-series='0']")].filter(e => e.getBoundingClientRect().width > 0).length`
		before := evaluated[int](ctx, t, shown)
		do(t, chromedp.Focus(".series button"), chromedp.KeyEvent(" "))
		if after := evaluated[int](ctx, t, shown); before == 0 || after != 0 {
			t.Errorf("%d parts of the series were shown, and %d when it is hidden", before, after)
		}
		do(t, chromedp.KeyEvent(" "))
		if again := evaluated[int](ctx, t, shown); again != before {
			t.Errorf("%d parts of %d are shown again", again, before)
		}
	})
	t.Run("a value beneath the pointer", func(t *testing.T) {
		do(t, in("light", 1280, 800))
		at := evaluated[[]float64](ctx, t, `(() => { const c = document.querySelector(".light circle"); c.scrollIntoView({block: "center"}); const r = c.getBoundingClientRect(); return [r.x + r.width/2, r.y + r.height/2] })()`)
		do(t, chromedp.MouseEvent("mouseMoved", at[0], at[1]))
		if text := evaluated[string](ctx, t, `document.querySelector("figure .value:not(.hidden)")?.textContent ?? ""`); !strings.Contains(text, "ops/s") {
			t.Errorf("the pointer shows %q", text)
		}
	})
	t.Run("without scripts", func(t *testing.T) {
		do(t, scripts(false), in("light", 1280, 800))
		defer do(t, scripts(true))
		titles, cells := evaluated[int](ctx, t, `document.querySelectorAll("circle title").length`), evaluated[int](ctx, t, `document.querySelectorAll("details td").length`)
		if titles == 0 || cells == 0 {
			t.Errorf("%d values have a title, %d stand in tables", titles, cells)
		}
	})
	t.Run("on paper", func(t *testing.T) {
		do(t, in("dark", 1280, 800))
		// The width between the margins of A4, in which nothing may be cut.
		do(t, media("print", "dark"), chromedp.EmulateViewport(703, 1000))
		defer do(t, media("", "light"))
		cut := evaluated[[]string](ctx, t, `[...document.querySelectorAll("body *")].filter(e => !e.closest("svg") || e.tagName === "svg").filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 120))`)
		if len(cut) > 0 {
			t.Errorf("%d elements are cut, such as %s", len(cut), cut[0])
		}
		if dark := evaluated[int](ctx, t, `[...document.querySelectorAll(".dark")].filter(e => e.getBoundingClientRect().width > 0).length`); dark != 0 {
			t.Errorf("%d pictures are dark", dark)
		}
		pdf, err := chromedp.Run(ctx, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize()))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(pdf, []byte("%PDF")) {
			t.Error("no PDF was printed")
		}
		if dir := os.Getenv("PAGE_PICTURES"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, "page.pdf"), pdf, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// keepPicture keeps a picture of the page, if $PAGE_PICTURES names a folder.
func keepPicture(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv("PAGE_PICTURES")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}

// leastContrast is the least contrast of a text to what lies beneath it, as WCAG 2.1
// computes it.
const leastContrast = `(() => {
	const parts = c => c.match(/[\d.]+/g).map(Number);
	const light = c => { const [r, g, b] = c.slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b };
	const ground = e => { for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c } return [255, 255, 255] };
	let least = 21;
	for (const e of document.querySelectorAll("body *:not(svg *)")) {
		if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || e.getBoundingClientRect().width === 0) continue;
		const [a, b] = [light(parts(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
		least = Math.min(least, (a + 0.05) / (b + 0.05));
	}
	return least;
})()`
