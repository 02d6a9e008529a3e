package load

import (
	"math/rand/v2"
	"strconv"
)

// keyDigits is the least number of digits in the name of a key.
const keyDigits = 8

// keySpace is the keys that a thread may touch: those of its own, whose order
// of creation is [head, next), and with shared > 0 those that all threads
// share. A key is named by its number, in a tree by folders that follow from
// it.
type keySpace struct {
	folder          []byte // of the space, with its slash
	shared          int64
	thread, threads int64
	head, next      int64

	depth  int
	fanOut int64
	digits int // of a folder's name

	choice   Choice
	uniform  bool // the choice; a word takes longer to compare
	latest   bool
	cursor   int64 // the next number that sequential chooses
	random   *rand.Rand
	zipf     zipf
	hotKeys  float64 // percent
	hotShare float64 // of the operations, from 0 to 1
}

func newKeySpace(folder string, keys Keys, thread, threads int64, random *rand.Rand) keySpace {
	k := keySpace{
		folder: []byte(folder), shared: int64(keys.Count), thread: thread, threads: threads,
		depth: keys.Depth, fanOut: int64(keys.FanOut), digits: len(strconv.Itoa(max(keys.FanOut-1, 0))),
		choice: keys.Choose, uniform: keys.Choose == ChooseUniform, latest: keys.Choose == ChooseLatest, random: random, hotKeys: keys.HotKeys, hotShare: keys.HotOps / 100,
	}
	if keys.Choose.Ranked() {
		k.zipf = newZipf(keys.Skew)
	}
	return k
}

// room is the most bytes that a key's name has.
func (k *keySpace) room() int { return len(k.folder) + k.depth*(k.digits+1) + 20 }

// rewind begins a phase: threads that go round do not go in step.
func (k *keySpace) rewind() {
	k.cursor = k.head
	if k.shared > 0 {
		k.cursor = k.thread * k.shared / k.threads
	}
}

// add returns the number of the next key that only this thread will create.
func (k *keySpace) add() int64 {
	k.next++
	return k.own(k.next - 1)
}

// remove returns the number of the oldest key that this thread has created.
func (k *keySpace) remove() (int64, bool) {
	if k.head == k.next {
		return 0, false
	}
	k.head++
	return k.own(k.head - 1), true
}

// own returns the number of the thread's i-th own key.
func (k *keySpace) own(i int64) int64 {
	if k.shared == 0 {
		return i
	}
	return k.shared + k.thread + i*k.threads
}

// population is how many keys there are to choose from: in a shared space
// those that all share, and for latest also the thread's own, which are the
// newest; else the thread's own.
func (k *keySpace) population() int64 {
	switch {
	case k.shared == 0 || k.latest:
		return k.shared + k.next - k.head
	default:
		return k.shared
	}
}

// number returns that of the i-th key of the population: in the order of
// creation, for latest against it.
func (k *keySpace) number(i int64) int64 {
	if k.latest {
		if own := k.next - k.head; i >= own {
			return k.shared - 1 - (i - own)
		}
		return k.own(k.next - 1 - i)
	}
	if k.shared > 0 {
		return i
	}
	return k.head + i
}

// choose returns a position in a population of n.
func (k *keySpace) choose(n int64) int64 {
	if k.uniform {
		return k.random.Int64N(n)
	}
	switch k.choice {
	case ChooseZipfian, ChooseLatest:
		return k.zipf.draw(k.random, n) - 1
	case ChooseHotspot:
		return k.hotspot(n)
	}
	first := int64(0)
	if k.shared == 0 {
		first = k.head
	}
	if k.cursor < first || k.cursor >= first+n {
		k.cursor = first
	}
	k.cursor++
	return k.cursor - 1 - first
}

// hotspot chooses as YCSB's generator of that name does: the first keys are
// hot, and among the hot and among the others all are alike.
func (k *keySpace) hotspot(n int64) int64 {
	hot := max(1, int64(k.hotKeys*float64(n)/100))
	if hot >= n || k.random.Float64() < k.hotShare {
		return k.random.Int64N(min(hot, n))
	}
	return hot + k.random.Int64N(n-hot)
}

// pick chooses the number of a key that exists.
func (k *keySpace) pick() (int64, bool) {
	n := k.population()
	if n == 0 {
		return 0, false
	}
	return k.number(k.choose(n)), true
}

// appendName appends the name of the key with a number.
func (k *keySpace) appendName(to []byte, number int64) []byte {
	return appendDecimal(k.appendFolder(to, number), number, keyDigits)
}

// appendFolder appends the folder of the key with a number. In a tree its parts
// are the number's digits to the base of the fan-out, the lowest first: so keys
// in a row lie in different folders, and every folder of a level has as many
// keys as the others.
func (k *keySpace) appendFolder(to []byte, number int64) []byte {
	to = append(to, k.folder...)
	for range k.depth {
		to = appendDecimal(to, number%k.fanOut, k.digits)
		to = append(to, '/')
		number /= k.fanOut
	}
	return to
}

// appendDecimal appends a number with at least so many digits, of which there
// are at most keyDigits.
func appendDecimal(to []byte, number int64, digits int) []byte {
	begin := len(to)
	to = append(to, "00000000"[:digits]...)
	left := uint64(number)
	for i := len(to) - 1; left > 0 && i >= begin; i-- {
		to[i] = byte('0' + left%10)
		left /= 10
	}
	if left > 0 {
		return strconv.AppendInt(to[:begin], number, 10)
	}
	return to
}
