package oidc

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"k8s.io/apimachinery/pkg/util/version"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// expression is one that was compiled.
type expression struct {
	text     string
	variable string
	compiled *cel.Ast
	program  cel.Program
}

// environments know one variable each: the claims of a token, or the user that came out of them. They are made when the
// first expression is compiled: most servers have none.
var environments = sync.OnceValues(func() (map[string]*cel.Env, error) {
	text, list := apiservercel.StringType, apiservercel.NewListType(apiservercel.StringType, -1)
	fields := map[string]*apiservercel.DeclField{}
	for name, of := range map[string]*apiservercel.DeclType{"username": text, "uid": text, "groups": list, "extra": apiservercel.NewMapType(text, list, -1)} {
		fields[name] = apiservercel.NewDeclField(name, of, false, nil, nil)
	}
	out := map[string]*cel.Env{}
	for variable, of := range map[string]*apiservercel.DeclType{
		"claims": apiservercel.NewMapType(text, apiservercel.AnyType, -1), "user": apiservercel.NewObjectType("kubernetes.UserInfo", fields),
	} {
		set, err := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()).Extend(environment.VersionedOptions{
			IntroducedVersion: version.MajorMinor(1, 0),
			EnvOptions:        []cel.EnvOption{cel.Variable(variable, of.CelType())},
			DeclTypes:         []*apiservercel.DeclType{of},
		})
		if err != nil {
			return nil, err
		}
		if out[variable], err = set.Env(environment.StoredExpressions); err != nil {
			return nil, err
		}
	}
	return out, nil
})

// compileExpression compiles text, in which variable can be used. What claims are is known only when they come, so a type
// other than a boolean is checked then.
func compileExpression(text, variable string, isBool bool) (*expression, error) {
	all, err := environments()
	if err != nil {
		return nil, fmt.Errorf("the environment of expressions: %w", err)
	}
	compiled, issues := all[variable].Compile(text)
	if issues != nil {
		return nil, fmt.Errorf("compilation failed: %s", issues)
	}
	if isBool && compiled.OutputType() != cel.BoolType {
		return nil, errors.New("must evaluate to bool")
	}
	p, err := all[variable].Program(compiled)
	if err != nil {
		return nil, fmt.Errorf("program instantiation failed: %w", err)
	}
	return &expression{text: text, variable: variable, compiled: compiled, program: p}, nil
}

// selects says whether the expression reads a field of its variable.
func (e *expression) selects(name string) bool {
	if e == nil {
		return false
	}
	root := ast.NavigateAST(e.compiled.NativeRep())
	return len(ast.MatchDescendants(root, func(n ast.NavigableExpr) bool {
		if n.Kind() != ast.SelectKind || n.AsSelect().FieldName() != name {
			return false
		}
		of := n.AsSelect().Operand()
		return of.Kind() == ast.IdentKind && of.AsIdent() == e.variable
	})) > 0
}

func (e *expression) eval(ctx context.Context, value any) (ref.Val, error) {
	v, _, err := e.program.ContextEval(ctx, map[string]any{e.variable: value})
	return v, err
}

func (e *expression) bool(ctx context.Context, value any) (bool, error) {
	v, err := e.eval(ctx, value)
	if err != nil {
		return false, err
	}
	b, ok := v.(types.Bool)
	if !ok {
		return false, errors.New("validation expression must return a boolean")
	}
	return bool(b), nil
}

func (e *expression) string(ctx context.Context, value any) (string, error) {
	v, err := e.eval(ctx, value)
	if err != nil {
		return "", err
	}
	s, ok := v.(types.String)
	if !ok {
		return "", errors.New("claim expression must return a string")
	}
	return string(s), nil
}

var errNoStrings = errors.New("expression must return a string or a list of strings")

// strings takes a string, a list of strings or nothing. Empty strings are nothing.
func (e *expression) strings(ctx context.Context, value any) ([]string, error) {
	v, err := e.eval(ctx, value)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case types.String:
		if v == "" {
			return nil, nil
		}
		return []string{string(v)}, nil
	case types.Null:
		return nil, nil
	}
	list, ok := v.(interface {
		Size() ref.Val
		Get(ref.Val) ref.Val
	})
	if !ok || v.Type() != types.ListType {
		return nil, errNoStrings
	}
	n, ok := list.Size().(types.Int)
	if !ok {
		return nil, errNoStrings
	}
	var out []string
	for i := range n {
		s, ok := list.Get(i).(types.String)
		if !ok {
			return nil, errNoStrings
		}
		if s != "" {
			out = append(out, string(s))
		}
	}
	return out, nil
}
