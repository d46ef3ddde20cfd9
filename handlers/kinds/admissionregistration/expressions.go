package admissionregistration

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/google/cel-go/cel"
	"k8s.io/apimachinery/pkg/util/validation/field"

	admissionregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/admissionregistration/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/expression"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// age is the CEL environment of an expression: stored if the old object has it at the same path, otherwise new.
func age(text string, old map[string]bool) expression.Age {
	if old[text] {
		return expression.Stored
	}
	return expression.New
}

// celFault is the error about an invalid expression.
func celFault(path *field.Path, text string, f *expression.Fault) field.ErrorList {
	switch {
	case f == nil:
		return nil
	case f.Internal:
		return field.ErrorList{field.InternalError(path, errors.New(f.Detail))}
	}
	return field.ErrorList{field.Invalid(path, text, f.Detail)}
}

// mostConditions is the maximum number of match conditions.
const mostConditions = 64

func matchConditions(ctx context.Context, list []admissionregistrationv1.MatchCondition, d expression.Declared, old map[string]bool, path *field.Path) (errs field.ErrorList) {
	if len(list) > mostConditions {
		errs = append(errs, field.TooMany(path, len(list), mostConditions))
	}
	names := map[string]bool{}
	for i, c := range list {
		at := path.Index(i)
		if text := strings.TrimSpace(c.Expression); text == "" {
			errs = append(errs, field.Required(at.Child("expression"), ""))
		} else {
			_, fault := expression.Plain.Compile(ctx, text, d, age(text, old), cel.BoolType)
			errs = append(errs, celFault(at.Child("expression"), text, fault)...)
		}
		errs = append(errs, kind.Needed(at.Child("name"), c.Name, kind.Qualified)...)
		if c.Name != "" && names[c.Name] {
			errs = append(errs, field.Duplicate(at.Child("name"), c.Name))
		}
		names[c.Name] = true
	}
	return errs
}

// policyVariables declares the variables of a policy, each for the expressions after it.
func policyVariables(ctx context.Context, list []admissionregistrationv1.Variable, c *expression.Compiler, d expression.Declared, old map[string]bool, path *field.Path) (errs field.ErrorList) {
	for i, v := range list {
		at := path.Index(i)
		switch {
		case strings.TrimSpace(v.Name) == "":
			errs = append(errs, field.Required(at.Child("name"), "name is not specified"))
		case !identifier.MatchString(v.Name) || reserved[v.Name]:
			errs = append(errs, field.Invalid(at.Child("name"), v.Name, "must be a valid CEL identifier"))
		}
		if strings.TrimSpace(v.Expression) == "" {
			errs = append(errs, field.Required(at.Child("expression"), "expression is not specified"))
			continue
		}
		errs = append(errs, celFault(at.Child("expression"), v.Expression, c.Variable(ctx, v.Name, v.Expression, d, age(v.Expression, old)))...)
	}
	return errs
}

var identifier = regexp.MustCompile("^[_a-zA-Z][_a-zA-Z0-9]*$")

// reserved are the reserved words of CEL.
var reserved = map[string]bool{
	"true": true, "false": true, "null": true, "in": true, "as": true, "break": true, "const": true, "continue": true, "else": true,
	"for": true, "function": true, "if": true, "import": true, "let": true, "loop": true, "package": true, "namespace": true,
	"return": true, "var": true, "void": true, "while": true,
}
