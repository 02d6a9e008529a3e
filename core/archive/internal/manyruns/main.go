// Manyruns makes an archive of thousands of runs, to try benchctl on: three
// stores with one, three and five nodes and 1, 10 and 50 threads, in experiments
// over a year.
//
//	go run ./core/archive/internal/manyruns -runs 10000 -o many.db
//
// One run of each combination is written as any run is, with samples that are
// drawn at random. All others are copies of these whose figures differ by what
// a machine differs from one day to the next; of the samples they have none, so
// that the archive is made in seconds, and `benchctl archive verify` finds fault
// with it.
//
// With -samples the archive has one more run, the last, with so many samples: ten
// threads that read and write for as long as that takes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
)

func main() {
	runs := flag.Int("runs", 10_000, "`NUMBER` of runs")
	output := flag.String("o", "", "the archive `FILE` to make")
	samples := flag.Int("samples", 0, "`NUMBER` of samples of one more run")
	seed := flag.Uint64("seed", 1, "`NUMBER` that all figures follow from")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *output, *runs, *samples, *seed)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "manyruns:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, output string, runs, samples int, seed uint64) error {
	if output == "" {
		return errors.New("name the archive to make with -o FILE")
	}
	if _, err := os.Stat(output); err == nil {
		return fmt.Errorf("%s is there: remove it or name another file with -o", output)
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	originals, err := writeOriginals(ctx, output, rng)
	if err != nil {
		return err
	}
	if err := writeCopies(ctx, output, rng, originals, runs-len(originals)); err != nil || samples == 0 {
		return err
	}
	return writeLong(ctx, output, rng, originals[len(originals)-1], samples)
}
