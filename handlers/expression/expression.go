// Package expression compiles the CEL expressions of admission: match conditions of webhooks, and what policies consist of.
// Environments are made when the first expression that needs them comes; a server without policies never pays for them.
package expression

import (
	"context"
	"fmt"
	"sync"

	"github.com/google/cel-go/cel"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// Declared are the variables that an expression may use beside object, oldObject, namespaceObject and request.
type Declared struct {
	// Params and Authorizer have a variable of their name each.
	Params, Authorizer bool
	// Patches are the types of mutations: Object, its parts, and JSONPatch.
	Patches bool
}

// Age says whether an expression lies in the store already. New ones may use only what the release before knows too, so that
// going back to it does not break them.
type Age = environment.Type

// The ages of expressions.
const (
	New    = environment.NewExpressions
	Stored = environment.StoredExpressions
)

// Fault is what is wrong with an expression.
type Fault struct {
	Detail string
	// Internal: it is not the writer's fault.
	Internal bool
}

// Error implements error.
func (f *Fault) Error() string { return f.Detail }

// Compiler compiles expressions. It is safe for concurrent use.
type Compiler struct {
	base func() (*environment.EnvSet, error)
	mu   sync.Mutex
	envs map[Declared]*environment.EnvSet
	// composed has the variables of one policy; nil for expressions that have none.
	composed *variables
}

// Plain is the compiler for expressions without variables of a policy. All share its environments.
var Plain = &Compiler{base: baseSet, envs: map[Declared]*environment.EnvSet{}}

var baseSet = sync.OnceValues(func() (*environment.EnvSet, error) {
	return environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()), nil
})

// Compile compiles an expression whose result must be of one of the types, and returns the type that it has. A request that
// brings many ends with its context.
func (c *Compiler) Compile(ctx context.Context, text string, d Declared, age Age, results ...*cel.Type) (*cel.Type, *Fault) {
	if err := ctx.Err(); err != nil {
		return nil, &Fault{"not compiled: " + err.Error(), true}
	}
	env, err := c.env(d, age)
	if err != nil {
		return nil, &Fault{"unexpected error loading CEL environment: " + err.Error(), true}
	}
	ast, issues := env.Compile(text)
	if issues != nil && issues.Err() != nil {
		return nil, &Fault{"compilation failed: " + issues.String(), false}
	}
	if !oneOf(ast.OutputType(), results) {
		return nil, &Fault{wrongType(ast.OutputType(), results), false}
	}
	if _, err := env.Program(ast, cel.InterruptCheckFrequency(celconfig.CheckFrequency)); err != nil {
		return nil, &Fault{"program instantiation failed: " + err.Error(), true}
	}
	return ast.OutputType(), nil
}

func oneOf(t *cel.Type, results []*cel.Type) bool {
	for _, r := range results {
		if t.IsExactType(r) || cel.AnyType.IsExactType(r) {
			return true
		}
	}
	return false
}

func wrongType(t *cel.Type, results []*cel.Type) string {
	if len(results) == 1 {
		return fmt.Sprintf("must evaluate to %v but got %v", results[0].String(), t.String())
	}
	return fmt.Sprintf("must evaluate to one of %v but got %v", results, t.String())
}

func (c *Compiler) env(d Declared, age Age) (*cel.Env, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	set := c.envs[d]
	if set == nil {
		base, err := c.base()
		if err != nil {
			return nil, err
		}
		if set, err = extend(base, d); err != nil {
			return nil, fmt.Errorf("environment misconfigured: %w", err)
		}
		c.envs[d] = set
	}
	return set.Env(age)
}
