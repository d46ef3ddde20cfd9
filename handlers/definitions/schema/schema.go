package schema

import (
	kschema "k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
	"time"
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
	judge resting[*judge]
	merge resting[*typed.ParseableType]
}

// Pool has what the schemas of a server share.
type Pool struct{}

// NewPool makes a pool.
func NewPool() *Pool { return &Pool{} }

// New makes a Schema, which costs next to nothing until it is used.
func (p *Pool) New(o Options) *Schema {
	s := &Schema{Options: o}
	s.judge.make, s.judge.after = s.newJudge, time.AfterFunc
	s.merge.make, s.merge.after = s.newMergeType, time.AfterFunc
	return s
}

// Ready compiles the schema if that has not happened yet. An error is the definition's fault; then Coerce and Validate return it,
// and Default does nothing.
func (s *Schema) Ready() error {
	_, err := s.judge.get()
	return err
}

// MergeType is the merge schema of the version, for owners of fields.
func (s *Schema) MergeType() (*typed.ParseableType, error) { return s.merge.get() }
