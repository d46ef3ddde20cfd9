package expression

import (
	"context"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types/traits"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// variables are those that a policy declares itself, as fields of one object. A variable may use those before it.
type variables struct{ declared *apiservercel.DeclType }

// Composed is a compiler for the expressions of one policy with variables. Its variables are added in their order, by one
// goroutine.
func Composed() *Compiler {
	v := &variables{apiservercel.NewObjectType("kubernetes.variables", map[string]*apiservercel.DeclField{})}
	return &Compiler{composed: v, envs: map[Declared]*environment.EnvSet{}, base: func() (*environment.EnvSet, error) {
		base, err := baseSet()
		if err != nil {
			return nil, err
		}
		return base.Extend(environment.VersionedOptions{
			IntroducedVersion: always, EnvOptions: []cel.EnvOption{cel.Variable("variables", v.declared.CelType())}, DeclTypes: []*apiservercel.DeclType{v.declared},
		})
	}}
}

// Empty is the compiler for policies that could have variables and have none. They share it.
var Empty = Composed()

// Variable compiles a variable and lets those expressions use it that come later, even when it is faulty: then its type
// is unknown.
func (c *Compiler) Variable(ctx context.Context, name, text string, d Declared, age Age) *Fault {
	t, fault := c.Compile(ctx, text, d, age, cel.AnyType, cel.DynType)
	c.composed.declared.Fields[name] = apiservercel.NewDeclField(name, declared(t), true, nil, nil)
	return fault
}

// plainTypes have a declared type of the same name.
var plainTypes = map[*cel.Type]*apiservercel.DeclType{
	cel.AnyType: apiservercel.AnyType, cel.BoolType: apiservercel.BoolType, cel.BytesType: apiservercel.BytesType,
	cel.DoubleType: apiservercel.DoubleType, cel.DurationType: apiservercel.DurationType, cel.IntType: apiservercel.IntType,
	cel.NullType: apiservercel.NullType, cel.StringType: apiservercel.StringType, cel.TimestampType: apiservercel.TimestampType,
	cel.UintType: apiservercel.UintType,
}

// declared is the type of a variable as others see it: that of its expression where it is plain, a list or a map.
func declared(t *cel.Type) *apiservercel.DeclType {
	if plain := plainTypes[t]; plain != nil {
		return plain
	}
	if t == nil || !t.HasTrait(traits.ContainerType) || !t.HasTrait(traits.IndexerType) {
		return apiservercel.DynType
	}
	switch of := t.Parameters(); len(of) {
	case 1:
		return apiservercel.NewListType(declared(of[0]), -1)
	case 2:
		return apiservercel.NewMapType(declared(of[0]), declared(of[1]), -1)
	}
	return apiservercel.DynType
}
