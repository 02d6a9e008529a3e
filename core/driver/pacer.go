package driver

import (
	"container/heap"
	"math"
	"sync"
	"time"
)

// paceQuantum is what the moments at which threads are woken are rounded up to.
// Threads that are due close to each other share one ring of the alarm, whose
// cost is most of that of an open loop.
const paceQuantum = 50 * time.Microsecond

// never is when an alarm rings that is not set.
const never = time.Duration(math.MaxInt64)

// pacer wakes threads at moments, with one alarm for all of them.
type pacer struct {
	zero  time.Time // of the run
	alarm *alarm
	ended sync.WaitGroup

	mu      sync.Mutex
	waiting sleepers
	rings   time.Duration // when the alarm does
}

// sleeper is a thread that waits for a moment.
type sleeper struct {
	at   time.Duration
	wake chan<- struct{}
}

func newPacer() (*pacer, error) {
	a, err := newAlarm()
	if err != nil {
		return nil, err
	}
	p := &pacer{alarm: a, rings: never}
	p.ended.Go(p.run)
	return p, nil
}

// begin fixes the run's zero, from which moments count.
func (p *pacer) begin(zero time.Time) { p.zero = zero }

// sleepUntil returns at a moment. Between two calls of a thread nothing is
// allocated; wake is the thread's own and has room for one.
func (p *pacer) sleepUntil(at time.Duration, wake chan struct{}) {
	at = (at + paceQuantum - 1) / paceQuantum * paceQuantum
	p.mu.Lock()
	p.waiting.add(sleeper{at, wake})
	if at < p.rings {
		p.rings = at
		p.alarm.set(at - time.Since(p.zero))
	}
	p.mu.Unlock()
	<-wake
}

// run wakes those who are due whenever the alarm rings.
func (p *pacer) run() {
	for p.alarm.wait() {
		p.mu.Lock()
		now := time.Since(p.zero)
		for len(p.waiting) > 0 && p.waiting[0].at <= now {
			p.waiting.first().wake <- struct{}{}
		}
		if p.rings = never; len(p.waiting) > 0 {
			p.rings = p.waiting[0].at
			p.alarm.set(p.rings - now)
		}
		p.mu.Unlock()
	}
}

func (p *pacer) close() {
	p.alarm.close()
	p.ended.Wait()
}

// sleepers is a heap, the next to be woken first.
type sleepers []sleeper

func (s sleepers) Len() int           { return len(s) }
func (s sleepers) Less(i, j int) bool { return s[i].at < s[j].at }
func (s sleepers) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }

// Push and Pop are for nobody: see add and first, which do not allocate.
func (s *sleepers) Push(any) {}

// Pop takes the last away.
func (s *sleepers) Pop() any {
	*s = (*s)[:len(*s)-1]
	return nil
}

func (s *sleepers) add(one sleeper) {
	*s = append(*s, one)
	heap.Fix(s, len(*s)-1)
}

func (s *sleepers) first() sleeper {
	one := (*s)[0]
	heap.Pop(s)
	return one
}
