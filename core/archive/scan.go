package archive

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// packed is a chunk on its way to who decodes it.
type packed struct {
	id     int64
	header sample.Header
	data   []byte
}

// Scan hands every sample of a run to one of several takers, a chunk at a time, for
// what does not depend on the order of chunks. Takers work side by side: one is
// called by one goroutine only. The slice is valid until take returns. No more chunks
// than twice the takers are kept at once.
func (a *Archive) Scan(ctx context.Context, id int64, takers []func(sample.Header, []sample.Sample)) error {
	doing := fmt.Sprintf("read the samples of run %d", id)
	said, err := a.counts(ctx, doing, []int64{id})
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	filled, free := make(chan packed, 2*len(takers)), make(chan []byte, 2*len(takers))
	for range cap(free) {
		free <- nil
	}
	var count int64
	group.Go(func() error {
		defer close(filled)
		return a.chunks(ctx, id, func(chunk int64, h sample.Header, data []byte) error {
			count += int64(h.Count)
			select {
			case room := <-free:
				filled <- packed{chunk, h, append(room[:0], data...)} // there is room for all that are not free
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	for _, take := range takers {
		group.Go(func() error {
			decoder := sample.NewDecoder()
			var samples []sample.Sample
			for c := range filled {
				var err error
				if samples, err = decoder.Decode(samples[:0], c.data); err == nil && len(samples) != c.header.Count {
					err = fmt.Errorf("it holds %d samples, should hold %d", len(samples), c.header.Count)
				}
				if err != nil {
					return faultf(ErrDamaged, "run %d, thread %d, chunk %d: %v", id, c.header.Thread, c.id, err)
				}
				free <- c.data
				take(c.header, samples)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if said[id].all > 0 && said[id].all != count {
		return a.disagree(doing, "run %d has %d samples, and the chunks of %d are there", id, said[id].all, count)
	}
	return nil
}

// Quantiles hands the summaries of measured phases of the given runs, or of all, that
// have latencies to take, with these at percentiles in ascending order. They are
// nanoseconds to three digits, and 1 h for those that took longer.
func (a *Archive) Quantiles(ctx context.Context, percentiles []float64, take func(record.Summary, []int64) error, ids ...int64) error {
	return a.Histograms(ctx, func(s record.Summary) error {
		if s.Warmup || s.Ops == 0 {
			return nil
		}
		h, err := Histogram(s)
		if err != nil {
			return err
		}
		values := h.ValueAtPercentilesSlice(percentiles)
		for i := range values {
			values[i] = min(values[i], s.MaxNS)
		}
		return take(s, values)
	}, ids...)
}
