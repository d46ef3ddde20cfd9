package verb

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// listings notes what lists were counted as.
type listings struct {
	silent
	noted []string
}

func (l *listings) Listed(index string, looked, given int) {
	l.noted = append(l.noted, fmt.Sprintf("%q %d %d", index, looked, given))
}

// What lists have looked at and given is counted, with the index that has found it.
func TestListsAreCounted(t *testing.T) {
	const pods = 1200
	f := newFixture(t, pods)
	for query, kind := range map[string]string{"labelSelector=app%3Dapp-7": "l:", "fieldSelector=spec.nodeName%3Dnode-3": "f:spec.nodeName"} {
		before := f.handlers.Store.Stats().Indexes
		names, _ := f.names(t, "/api/v1/pods?"+query)
		f.names(t, "/api/v1/pods?"+query)
		// The index is made beside the requests, once it was asked for twice.
		for deadline := time.Now().Add(time.Minute); f.handlers.Store.Stats().Indexes == before; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("there is no index")
			}
		}
		l := &listings{}
		f.handlers.Meter = func(*resource.Resource) Meter { return l }
		f.names(t, "/api/v1/pods?"+query)
		f.handlers.Meter = nil
		if want := fmt.Sprintf("%q %d %d", kind, len(names), len(names)); len(names) == 0 || !slices.Equal(l.noted, []string{want}) {
			t.Errorf("%s is counted as %v, want %s", query, l.noted, want)
		}
	}
	l := &listings{}
	f.handlers.Meter = func(*resource.Resource) Meter { return l }
	for _, query := range []string{"", "limit=7", "labelSelector=app%21%3Dapp-7&limit=7", "fieldSelector=metadata.name%3Dpod-00007", "fieldSelector=metadata.name%3Dnone"} {
		f.names(t, "/api/v1/namespaces/ns/pods?"+query)
	}
	want := []string{`"" 1200 1200`, `"" 7 7`, `"" 7 7`, `"" 1 1`, `"" 0 0`}
	if !slices.Equal(l.noted, want) {
		t.Errorf("counted %v, want %v", l.noted, want)
	}
}
