package load

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/benchctl/benchctl/core/sample"
)

// only is a phase of one operation.
func only(op sample.Op) Phase { return mix(Share{op, 1}) }

// numberOf returns the number that names a key.
func numberOf(t *testing.T, key []byte) int {
	t.Helper()
	n, err := strconv.Atoi(string(key[strings.LastIndexByte(string(key), '/')+1:]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// zipfian returns the probabilities of ranks 1 to n.
func zipfian(n int, s float64) []float64 {
	p, sum := make([]float64, n), 0.0
	for i := range p {
		p[i] = math.Pow(float64(i+1), -s)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func uniform(n int) []float64 { return zipfian(n, 0) }

// hot returns the probabilities when the first keys get a share of all.
func hot(n, hot int, share float64) []float64 {
	p := make([]float64, n)
	for i := range p {
		if p[i] = (1 - share) / float64(n-hot); i < hot {
			p[i] = share / float64(hot)
		}
	}
	return p
}

func backwards(p []float64) []float64 {
	slices.Reverse(p)
	return p
}

// choosing are choices among 200 keys, the probabilities that they should
// follow and those of something close to it, which the test must tell apart.
var choosing = map[string]struct {
	keys        Keys
	want, wrong []float64
}{
	"uniform":          {Keys{Choose: ChooseUniform}, uniform(200), zipfian(200, 0.02)},
	"zipfian 0.2":      {Keys{Choose: ChooseZipfian, Skew: 0.2}, zipfian(200, 0.2), zipfian(200, 0.22)},
	"zipfian as YCSB":  {Keys{Choose: ChooseZipfian, Skew: 0.99}, zipfian(200, 0.99), zipfian(200, 1)},
	"zipfian 1":        {Keys{Choose: ChooseZipfian, Skew: 1}, zipfian(200, 1), zipfian(200, 1.01)},
	"zipfian nearly 1": {Keys{Choose: ChooseZipfian, Skew: 1 + 1e-9}, zipfian(200, 1), zipfian(200, 0.99)},
	"zipfian 1.5":      {Keys{Choose: ChooseZipfian, Skew: 1.5}, zipfian(200, 1.5), zipfian(200, 1.48)},
	"zipfian 4":        {Keys{Choose: ChooseZipfian, Skew: 4}, zipfian(200, 4), zipfian(200, 3.9)},
	"zipfian 40":       {Keys{Choose: ChooseZipfian, Skew: 40}, zipfian(200, 40), zipfian(200, 10)},
	"latest":           {Keys{Choose: ChooseLatest, Skew: 0.99}, backwards(zipfian(200, 0.99)), zipfian(200, 0.99)},
	"hotspot":          {Keys{Choose: ChooseHotspot, HotKeys: 20, HotOps: 80}, hot(200, 40, 0.8), hot(200, 39, 0.8)},
	"few hot keys":     {Keys{Choose: ChooseHotspot, HotKeys: 0.1, HotOps: 50}, hot(200, 1, 0.5), hot(200, 1, 0.51)},
	"all keys hot":     {Keys{Choose: ChooseHotspot, HotKeys: 100, HotOps: 10}, uniform(200), hot(200, 20, 0.12)},
	"sequential":       {Keys{Choose: ChooseSequential}, uniform(200), hot(200, 100, 0.52)},
}

// TestChoices draws from a shared space and from a thread's own, each choice
// with a fixed seed.
func TestChoices(t *testing.T) {
	const n = 400_000
	for name, c := range choosing {
		for _, space := range Spaces {
			t.Run(name+" "+string(space), func(t *testing.T) {
				w := &Load{Keys: c.keys, Phases: []Phase{only(sample.OpCreate), only(sample.OpGet)}}
				w.Keys.Space = space
				if space == SpaceShared {
					w.Keys.Count = 200
				}
				g := NewGenerator(w, 5, 0, 1, "/b")
				if space == SpaceThread {
					generate(g, 0, 200)
				}
				g.StartPhase(1)
				counts := make([]int, 200)
				for range n {
					g.Next()
					counts[numberOf(t, g.Key())]++
				}
				if !fits(counts, c.want) {
					t.Errorf("%v", counts)
				}
				if fits(counts, c.wrong) {
					t.Error("something else would pass as well")
				}
			})
		}
	}
}

// TestLatestFollowsCreation creates, deletes and reads in one mix: every read
// is by the recency of the keys that live at that moment.
func TestLatestFollowsCreation(t *testing.T) {
	w := &Load{Keys: Keys{Space: SpaceThread, Choose: ChooseLatest, Skew: 0.99}, Phases: []Phase{
		mix(Share{sample.OpCreate, 0.3}, Share{sample.OpDelete, 0.2}, Share{sample.OpGet, 0.5}),
	}}
	g := NewGenerator(w, 9, 0, 1, "/b")
	g.StartPhase(0)
	var oldest, next int
	var ranks, live []int
	for range 20_000 {
		op, _ := g.Next()
		switch number := numberOf(t, g.Key()); op {
		case sample.OpCreate:
			if number != next {
				t.Fatalf("created %d, want %d", number, next)
			}
			next++
		case sample.OpDelete:
			if number != oldest {
				t.Fatalf("deleted %d, want %d", number, oldest)
			}
			oldest++
		case sample.OpGet:
			ranks, live = append(ranks, next-number), append(live, next-oldest)
			if rank := next - number; rank < 1 || rank > next-oldest {
				t.Fatalf("rank %d of %d", rank, next-oldest)
			}
		}
	}
	// Where each rank lies in the distribution of its moment is uniform, if a
	// step of that distribution counts as any point of it.
	uniformly := func(s float64) bool {
		sums := []float64{0}
		for rank := range slices.Max(live) {
			sums = append(sums, sums[rank]+math.Pow(float64(rank+1), -s))
		}
		random := rand.New(rand.NewPCG(1, 1))
		points := make([]float64, len(ranks))
		for i, rank := range ranks {
			points[i] = (sums[rank-1] + random.Float64()*(sums[rank]-sums[rank-1])) / sums[live[i]]
		}
		return follows(points, func(x float64) float64 { return x })
	}
	if !uniformly(0.99) {
		t.Error("reads do not follow recency")
	}
	if uniformly(0.9) {
		t.Error("another exponent would pass as well")
	}
}

// TestLatestInASharedSpace reads the thread's own additions before the keys
// that all share.
func TestLatestInASharedSpace(t *testing.T) {
	w := &Load{Keys: Keys{Space: SpaceShared, Choose: ChooseLatest, Skew: 100, Count: 10}, Phases: []Phase{
		only(sample.OpGet), only(sample.OpCreate), only(sample.OpDelete),
	}}
	g := NewGenerator(w, 1, 1, 2, "/b")
	for step, want := range []string{
		"get /b/k/00000009", "create /b/k/00000011", "get /b/k/00000011", "create /b/k/00000013", "get /b/k/00000013",
		"delete /b/k/00000011", "get /b/k/00000013", "delete /b/k/00000013", "get /b/k/00000009",
	} {
		phase := map[string]int{"get": 0, "create": 1, "delete": 2}[strings.Fields(want)[0]]
		if got := generate(g, phase, 1); len(got) != 1 || got[0] != want {
			t.Errorf("step %d: %v, want %s", step, got, want)
		}
	}
}

// TestZipfWhenTheKeysGrow changes the number of keys between draws.
func TestZipfWhenTheKeysGrow(t *testing.T) {
	g := NewGenerator(&Load{Keys: Keys{Space: SpaceThread, Choose: ChooseZipfian, Skew: 0.99}}, 3, 0, 1, "/b")
	few, many := make([]int, 10), make([]int, 1000)
	for range 200_000 {
		few[g.steady.choose(10)]++
		many[g.steady.choose(1000)]++
	}
	if !fits(few, zipfian(10, 0.99)) || !fits(many, zipfian(1000, 0.99)) {
		t.Errorf("few %v, many %v", few, many)
	}
	if fits(few, zipfian(10, 0.97)) || fits(many, zipfian(1000, 0.97)) {
		t.Error("another exponent would pass as well")
	}
}

// TestZipfExtremes draws where the arithmetic is at its limits: it must end,
// and within the ranks that exist.
func TestZipfExtremes(t *testing.T) {
	for _, s := range []float64{Limits.Skew.Least, 0.5, 1, 2, 30, Limits.Skew.Most} {
		for _, n := range []int64{1, 2, 3, Limits.Count.Most} {
			g := NewGenerator(&Load{Keys: Keys{Space: SpaceThread, Choose: ChooseZipfian, Skew: s}}, 3, 0, 1, "/b")
			for range 10_000 {
				if i := g.steady.choose(n); i < 0 || i >= n {
					t.Fatalf("exponent %v: %d of %d keys", s, i, n)
				}
			}
		}
	}
}

func TestTree(t *testing.T) {
	w := &Load{Keys: Keys{Space: SpaceThread, Choose: ChooseSequential, Depth: 2, FanOut: 12}, Phases: []Phase{
		only(sample.OpCreate), only(sample.OpGet), only(sample.OpList),
	}}
	g := NewGenerator(w, 1, 3, 4, "/b")
	created := generate(g, 0, 1000)
	for i, want := range map[int]string{
		0: "create /b/t003/00/00/00000000", 13: "create /b/t003/01/01/00000013", 999: "create /b/t003/03/11/00000999",
	} {
		if created[i] != want {
			t.Errorf("key %d: %s, want %s", i, created[i], want)
		}
	}
	top, leaf := map[string]int{}, map[string]int{}
	for _, key := range created {
		parts := strings.Split(key, "/")
		top[parts[3]]++
		leaf[parts[3]+"/"+parts[4]]++
	}
	for _, folders := range []map[string]int{top, leaf} {
		sizes := slices.Sorted(maps.Values(folders))
		if sizes[len(sizes)-1]-sizes[0] > 1 {
			t.Errorf("folders are uneven: %v", folders)
		}
	}
	if len(top) != 12 || len(leaf) != 144 {
		t.Errorf("%d folders at the top, %d at the bottom", len(top), len(leaf))
	}
	if got := generate(g, 2, 2); !slices.Equal(got, []string{"list /b/t003/00/00/", "list /b/t003/01/00/"}) {
		t.Errorf("lists %v", got)
	}
	if got := generate(NewGenerator(w, 1, 3, 4, "/b"), 2, 1); got != nil {
		t.Errorf("a list of an empty tree: %v", got)
	}
	w.Keys.Depth, w.Keys.FanOut = 16, 1
	if got := generate(NewGenerator(w, 1, 3, 4, "/b"), 0, 1); got[0] != "create /b/t003/"+strings.Repeat("0/", 16)+"00000000" {
		t.Errorf("a chain of folders: %v", got)
	}
}

// everyChoice are loads that between them use every choice and shape.
func everyChoice() map[string]*Load {
	loads := map[string]*Load{}
	for name, c := range choosing {
		for _, space := range Spaces {
			for _, depth := range []int{0, 3} {
				w := &Load{Keys: c.keys, Values: Values{Size: 100, SizeTo: 300, Compressible: 30}, Phases: []Phase{
					mix(Share{sample.OpCreate, 0.2}, Share{sample.OpGet, 0.2}, Share{sample.OpSet, 0.2},
						Share{sample.OpPut, 0.05}, Share{sample.OpDelete, 0.1}, Share{sample.OpList, 0.05},
						Share{sample.OpCreateSequential, 0.05}, Share{sample.OpTransaction, 0.05}, Share{sample.OpExpire, 0.05},
						Share{sample.OpBarrierEnter, 0.05}),
				}}
				w.Phases[0].KeysPerTransaction = 5
				w.Keys.Space = space
				if space == SpaceShared {
					w.Keys.Count = 1000
				}
				if depth > 0 {
					w.Keys.Depth, w.Keys.FanOut = depth, 10
				}
				loads[fmt.Sprintf("%s %s %d", name, space, depth)] = w
			}
		}
	}
	return loads
}
