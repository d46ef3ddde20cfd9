package schema

import (
	"fmt"
	"sync"
	"sync/atomic"

	kschema "k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

// Options say what a Schema is of.
type Options struct {
	// Kind is that of the objects, in the version that the schema is of.
	Kind kschema.GroupVersionKind
	// Text is openAPIV3Schema of the version as JSON; nothing where it has none. It is called at the first use and when the
	// libraries are made, must return the same each time, and its result is neither kept nor changed.
	Text func() ([]byte, error)
	// PreserveUnknownFields is the definition's, from v1beta1: nothing is pruned.
	PreserveUnknownFields bool
	// Status says that the version has the status subresource.
	Status bool
	// Scale are the paths of the scale subresource; nil without.
	Scale *Scale
}

// Scale are the JSON paths of a scale subresource (".spec.replicas").
type Scale struct {
	SpecReplicas, StatusReplicas string
	LabelSelector                *string
}

// Schema judges and completes the objects of one version of a definition. Safe for concurrent use.
type Schema struct {
	Options
	pool *Pool

	compiling sync.Mutex // held while compiled is made
	compiled  atomic.Pointer[compiled]

	judge resting[*judge]
	merge resting[*typed.ParseableType]
}

// compiled is what a schema is once it has been used.
type compiled struct {
	// root is nil where the libraries must judge alone.
	root *node
}

// ready compiles the schema if that has not happened yet.
func (s *Schema) ready() (*compiled, error) {
	if c := s.compiled.Load(); c != nil {
		return c, nil
	}
	s.compiling.Lock()
	defer s.compiling.Unlock()
	if c := s.compiled.Load(); c != nil {
		return c, nil
	}
	text, err := s.Text()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSchema, err)
	}
	c := &compiled{root: s.pool.compile(text)}
	if c.root == nil {
		if _, err := s.judge.get(); err != nil {
			return nil, err
		}
	}
	s.compiled.Store(c)
	return c, nil
}

// Ready compiles the schema if that has not happened yet. An error is the definition's fault; then Coerce and Validate return it,
// and Default does nothing.
func (s *Schema) Ready() error {
	_, err := s.ready()
	return err
}

// MergeType is the merge schema of the version, for owners of fields.
func (s *Schema) MergeType() (*typed.ParseableType, error) { return s.merge.get() }

// walks says whether unknown fields and defaults are handled by nodes.
func (s *Schema) walks(c *compiled) bool {
	return c.root != nil && !c.root.has(oddDefaults) && !(s.PreserveUnknownFields && c.root.has(defaults))
}
