package docs

import (
	"fmt"
	"sync"
	"weak"

	"github.com/swaggo/swag"
)

// place is an entry of swag's registry, which is one for the process and forgets nothing. Servers come and go, so a place is used
// again when its server is gone, and does not keep its documents alive.
type place struct {
	mu     sync.Mutex
	source weak.Pointer[OpenAPI]
}

// places are all that were ever registered: as many as there were servers at once.
var places struct {
	mu  sync.Mutex
	all []*place
}

// register puts the merged document of o into the registry and returns its name there.
func register(o *OpenAPI) string {
	places.mu.Lock()
	defer places.mu.Unlock()
	for n, p := range places.all {
		if p.take(o) {
			return placeName(n)
		}
	}
	name := placeName(len(places.all))
	p := &place{source: weak.Make(o)}
	places.all = append(places.all, p)
	swag.Register(name, p)
	return name
}

func placeName(n int) string { return fmt.Sprintf("gatehouse-%d", n+1) }

// take gives the place to o, unless somebody has it.
func (p *place) take(o *OpenAPI) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.source.Value() != nil {
		return false
	}
	p.source = weak.Make(o)
	return true
}

// ReadDoc is the document, or empty when it cannot be made or its server is gone: the interface has no room for an error.
func (p *place) ReadDoc() string {
	p.mu.Lock()
	o := p.source.Value()
	p.mu.Unlock()
	if o == nil {
		return ""
	}
	b, err := o.wholeV2()
	if err != nil {
		return ""
	}
	return string(b)
}

// wholeV2 is the document of all group-versions, as version 2 of OpenAPI.
func (o *OpenAPI) wholeV2() ([]byte, error) {
	body, err := o.textV2(o.current())
	if err != nil {
		return nil, err
	}
	return body.unpack()
}
