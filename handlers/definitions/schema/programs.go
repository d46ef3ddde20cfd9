package schema

import (
	"sync"
	"time"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

// What compiled rules may take, by estimate, and for how long they stay after their last use.
const (
	programBytes = 32 << 20
	programRest  = 5 * time.Minute
)

// programs has the compiled rules of nodes, by their content: those of a definition that comes again are those of the one that went.
// A node's rules are compiled when the first value reaches it. The oldest go when there are too many, all go when nobody asks.
type programs struct {
	mu   sync.Mutex // guards what follows
	made map[programKey]*program
	size int
	// turn counts lookups: a program was used in some turn.
	turn uint64
	// watched: a timer will look for what was not used.
	watched bool
}

// programKey: the root of a resource sees more of itself than the same schema elsewhere.
type programKey struct {
	of   identity
	root bool
}

type program struct {
	make func() (*cel.Validator, error)
	size int
	turn uint64
	last time.Time
}

// of is the validator of a node's own rules.
func (p *programs) of(n *node, root bool) (*cel.Validator, error) {
	return p.lookup(n, root, time.Now()).make()
}

func (p *programs) lookup(n *node, root bool, now time.Time) *program {
	key := programKey{n.id, root}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turn++
	found := p.made[key]
	if found == nil {
		found = &program{size: n.programSize(), make: sync.OnceValues(func() (*cel.Validator, error) {
			s, err := n.structural()
			if err != nil {
				return nil, err
			}
			return cel.NewValidator(s, root, celconfig.PerCallLimit), nil
		})}
		if p.made == nil {
			p.made = map[programKey]*program{}
		}
		p.made[key] = found
		p.size += found.size
	}
	found.turn, found.last = p.turn, now
	for p.size > programBytes && len(p.made) > 1 {
		p.dropOldest()
	}
	if !p.watched {
		p.watched = true
		time.AfterFunc(programRest, p.look)
	}
	return found
}

// dropOldest drops what was not used for longest. It looks at all: there are some hundred.
func (p *programs) dropOldest() {
	var oldest programKey
	turn := p.turn + 1
	for key, made := range p.made {
		if made.turn < turn {
			oldest, turn = key, made.turn
		}
	}
	p.size -= p.made[oldest].size
	delete(p.made, oldest)
}

// look drops what was not used for some time.
func (p *programs) look() { p.dropBefore(time.Now().Add(-programRest)) }

func (p *programs) dropBefore(t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, made := range p.made {
		if made.last.Before(t) {
			p.size -= made.size
			delete(p.made, key)
		}
	}
	if p.watched = len(p.made) > 0; p.watched {
		time.AfterFunc(programRest, p.look)
	} else {
		p.made = nil
	}
}

// programSize estimates what the rules of a node take once they are compiled: an environment with the types of all that is below, and
// a program for each rule.
func (n *node) programSize() int {
	return 64<<10 + 2<<10*n.count() + 24*len(n.rare().rules)
}

// count is how many nodes there are in a schema, as often as they stand in it.
func (n *node) count() int {
	count := 1
	n.below(func(sub *node) { count += sub.count() })
	return count
}
