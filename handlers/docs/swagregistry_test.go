package docs

import (
	"runtime"
	"testing"
)

// Servers that come and go one after the other take one place of the registry, not one each.
func TestPlacesAreUsedAgain(t *testing.T) {
	const servers = 50
	seen := map[string]bool{}
	for range servers {
		seen[NewSwaggerUI(smallServer()).document] = true
		runtime.GC()
	}
	if len(seen) > servers/2 {
		t.Errorf("%d servers took %d places", servers, len(seen))
	}
	// Servers at the same time have places of their own.
	a, b := NewSwaggerUI(smallServer()), NewSwaggerUI(smallServer())
	if a.document == b.document {
		t.Errorf("both have %s", a.document)
	}
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
}
