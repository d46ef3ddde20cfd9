package memory_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

// The size is an estimate; a quota is worth nothing when it is far from what the process takes.
func TestSizeIsAboutWhatTheHeapTakes(t *testing.T) {
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	const n = 20_000
	before := heap()
	s := open(t, memory.Options{})
	for _, length := range []int{10, 1000} {
		value := strings.Repeat("v", length)
		for i := range n {
			create(t, s, fmt.Sprintf("/%d/%06d", length, i), value, 0)
			write(t, s, fmt.Sprintf("/%d/%06d", length, i), value+"+")
		}
		if said, took := size(t, s), heap()-before; said < took/2 || said > took*2 {
			t.Errorf("%d pairs of %d bytes: the size is %d, the heap grew by %d", n, length, said, took)
		}
	}
}
