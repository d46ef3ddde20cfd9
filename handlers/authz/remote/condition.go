package remote

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"k8s.io/apimachinery/pkg/util/version"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// conditions are expressions about a review, as an administrator wrote them.
type conditions struct {
	all []condition
}

type condition struct {
	text    string
	program cel.Program
}

// reviewEnvironment knows the variable request. It is made when the first expression is compiled: most servers have none.
var reviewEnvironment = sync.OnceValues(func() (*cel.Env, error) {
	text, list := apiservercel.StringType, apiservercel.NewListType(apiservercel.StringType, -1)
	object := func(name string, fields map[string]*apiservercel.DeclType) *apiservercel.DeclType {
		declared := make(map[string]*apiservercel.DeclField, len(fields))
		for name, of := range fields {
			declared[name] = apiservercel.NewDeclField(name, of, false, nil, nil)
		}
		return apiservercel.NewObjectType("kubernetes."+name, declared)
	}
	requirements := apiservercel.NewListType(object("SelectorRequirement", map[string]*apiservercel.DeclType{"key": text, "operator": text, "values": list}), -1)
	request := object("SubjectAccessReviewSpec", map[string]*apiservercel.DeclType{
		"user": text, "groups": list, "uid": text, "extra": apiservercel.NewMapType(text, list, -1),
		"nonResourceAttributes": object("NonResourceAttributes", map[string]*apiservercel.DeclType{"path": text, "verb": text}),
		"resourceAttributes": object("ResourceAttributes", map[string]*apiservercel.DeclType{
			"namespace": text, "verb": text, "group": text, "version": text, "resource": text, "subresource": text, "name": text,
			"fieldSelector": object("FieldSelectorAttributes", map[string]*apiservercel.DeclType{"rawSelector": text, "requirements": requirements}),
			"labelSelector": object("LabelSelectorAttributes", map[string]*apiservercel.DeclType{"rawSelector": text, "requirements": requirements}),
		}),
	})
	extended, err := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()).Extend(environment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0),
		EnvOptions:        []cel.EnvOption{cel.Variable("request", request.CelType())},
		DeclTypes:         []*apiservercel.DeclType{request},
	})
	if err != nil {
		return nil, err
	}
	return extended.Env(environment.StoredExpressions)
})

var errNotBool = errors.New("must evaluate to bool")

// Compile says what is wrong with an expression; nil when nothing is.
func Compile(expression string) error {
	_, err := compileOne(expression)
	return err
}

func compileOne(expression string) (condition, error) {
	c := condition{text: expression}
	env, err := reviewEnvironment()
	if err != nil {
		return c, fmt.Errorf("the environment of expressions: %w", err)
	}
	ast, issues := env.Compile(expression)
	if issues != nil && issues.Err() != nil {
		return c, fmt.Errorf("compilation failed: %s", issues.String())
	}
	if ast.OutputType() != cel.BoolType {
		return c, fmt.Errorf("%w but got %v", errNotBool, ast.OutputType())
	}
	if c.program, err = env.Program(ast); err != nil {
		return c, fmt.Errorf("program instantiation failed: %w", err)
	}
	return c, nil
}

func compile(expressions []string) (*conditions, error) {
	out := &conditions{}
	for _, text := range expressions {
		c, err := compileOne(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("match condition %q: %w", text, err)
		}
		out.all = append(out.all, c)
	}
	return out, nil
}

// match says whether all conditions are true. One that is false decides, also when others fail.
func (c *conditions) match(ctx context.Context, q *question) (bool, error) {
	if len(c.all) == 0 {
		return true, nil
	}
	values := map[string]any{"request": q.values()}
	var errs []error
	for _, x := range c.all {
		result, _, err := x.program.ContextEval(ctx, values)
		if err != nil {
			errs = append(errs, fmt.Errorf("cel evaluation error: expression '%v' resulted in error: %w", x.text, err))
			continue
		}
		if yes, ok := result.Value().(bool); !ok {
			errs = append(errs, fmt.Errorf("cel evaluation error: expression '%v': %w", x.text, errNotBool))
		} else if !yes {
			return false, nil
		}
	}
	return len(errs) == 0, errors.Join(errs...)
}

// values are the question as expressions see it: every text is there, also an empty one.
func (q *question) values() map[string]any {
	out := map[string]any{"user": q.User, "groups": q.Groups, "uid": q.UID, "extra": q.Extra}
	if q.Extra == nil {
		out["extra"] = map[string][]string{}
	}
	if q.Path != nil {
		out["nonResourceAttributes"] = map[string]string{"path": q.Path.Path, "verb": q.Path.Verb}
	}
	r := q.Resource
	if r == nil {
		return out
	}
	attributes := map[string]any{
		"namespace": r.Namespace, "verb": r.Verb, "group": r.Group, "version": r.Version, "resource": r.Resource,
		"subresource": r.Subresource, "name": r.Name,
	}
	requirement := func(key, operator string, values []string) map[string]any {
		return map[string]any{"key": key, "operator": operator, "values": values}
	}
	if s := r.FieldSelector; s != nil {
		var all []map[string]any
		for _, x := range s.Requirements {
			all = append(all, requirement(x.Key, string(x.Operator), x.Values))
		}
		attributes["fieldSelector"] = map[string]any{"requirements": all}
	}
	if s := r.LabelSelector; s != nil {
		var all []map[string]any
		for _, x := range s.Requirements {
			all = append(all, requirement(x.Key, string(x.Operator), x.Values))
		}
		attributes["labelSelector"] = map[string]any{"requirements": all}
	}
	out["resourceAttributes"] = attributes
	return out
}
