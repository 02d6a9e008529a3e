package archive

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/benchctl/benchctl/core/record"
	"github.com/benchctl/benchctl/core/sample"
)

// benchSamples returns 4,096 samples of a store as quick as memory, later by
// shift.
func benchSamples(shift int64) []sample.Sample {
	samples := likely(rand.New(rand.NewPCG(1, 1)), 0, 4096, 200)
	for i := range samples {
		samples[i].Start += shift
		samples[i].Intended += shift
	}
	return samples
}

// BenchmarkAppend archives a run: what one sample takes from the chunk's
// arrival until the run is finished.
func BenchmarkAppend(b *testing.B) {
	a := open(b)
	const threads = 10
	var chunks [][]byte
	encoder := sample.NewEncoder()
	end := benchSamples(0)
	length := end[len(end)-1].End()
	for i := range 2000 {
		chunks = append(chunks, encoder.Append(nil, benchSamples(int64(i)*length)))
	}
	b.ReportAllocs()
	b.ResetTimer()
	var samples int64
	for b.Loop() {
		w, err := begin(b.Context(), a, threads, testPhases[1:2])
		if err != nil {
			b.Fatal(err)
		}
		for i, chunk := range chunks {
			for thread := range threads {
				if err := w.Chunk(sample.Header{Thread: thread, First: int64(i) * 4096, Count: 4096}, chunk); err != nil {
					b.Fatal(err)
				}
				samples += 4096
			}
		}
		if err := w.PhaseEnded(0, time.Second, threads*2000*4096, 0); err != nil {
			b.Fatal(err)
		}
		if err := w.Finish(b.Context(), record.Complete, ""); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(samples), "ns/sample")
	b.ReportMetric(float64(samples)/b.Elapsed().Seconds()/1e6, "Msamples/s")
}

// BenchmarkAggregate is the part of BenchmarkAppend that decodes and counts.
func BenchmarkAggregate(b *testing.B) {
	encoder := sample.NewEncoder()
	end := benchSamples(0)
	length := end[len(end)-1].End()
	var chunks [][]byte
	for i := range 2000 {
		chunks = append(chunks, encoder.Append(nil, benchSamples(int64(i)*length)))
	}
	b.ReportAllocs()
	b.ResetTimer()
	var samples int64
	for b.Loop() {
		totals := newAggregate(record.Run{ID: 1, Threads: 1}, testPhases[:1])
		for i, chunk := range chunks {
			if err := totals.add(sample.Header{First: int64(i) * 4096, Count: 4096}, chunk); err != nil {
				b.Fatal(err)
			}
			samples += 4096
		}
		if _, err := totals.summaries(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(samples), "ns/sample")
}

// BenchmarkScan reads samples back, in SQL and in Go.
func BenchmarkScan(b *testing.B) {
	a := open(b)
	run, all := finished(b, a, 4, 60, 4096)
	total := 0
	for _, samples := range all {
		total += len(samples)
	}
	for name, query := range map[string]string{
		"count":   "select count(*) from samples where run_id = ?",
		"latency": "select max(latency_ns) from samples where run_id = ?",
		"filter":  "select count(*) from samples where run_id = ? and op = 'get' and status = 'ok' and latency_ns > 1000000",
	} {
		b.Run("sql "+name, func(b *testing.B) {
			for b.Loop() {
				one[int64](b, a, query, run)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(total), "ns/sample")
		})
	}
	b.Run("go", func(b *testing.B) {
		for b.Loop() {
			var sum int64
			err := a.Samples(b.Context(), run, func(_ sample.Header, samples []sample.Sample) error {
				for i := range samples {
					sum += samples[i].Latency
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(total), "ns/sample")
	})
}
