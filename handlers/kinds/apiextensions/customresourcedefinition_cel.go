package apiextensions

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	upstream "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	schemacel "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// What rules may cost by their estimates, each and all of a schema.
const mostRuleCost, mostSchemaCost = 10_000_000, 100_000_000

// environments are made when the first definition with a rule comes.
var environments = sync.OnceValue(func() *environment.EnvSet {
	return environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())
})

const breaks = "\n\r"

// ruleTexts judges the parts of rules that are no expressions.
func ruleTexts(s *hubSchema, path *field.Path) (errs field.ErrorList) {
	for i := range s.XValidations {
		r, at := &s.XValidations[i], path.Index(i)
		rule, message := strings.TrimSpace(r.Rule), strings.TrimSpace(r.Message)
		switch {
		case rule == "":
			errs = append(errs, field.Required(at.Child("rule"), "rule is not specified"))
		case r.Message != "" && message == "":
			errs = append(errs, field.Invalid(at.Child("message"), r.Message, "must be non-empty if specified"))
		case strings.ContainsAny(message, breaks):
			errs = append(errs, field.Invalid(at.Child("message"), r.Message, "must not contain line breaks"))
		case strings.ContainsAny(rule, breaks) && message == "":
			errs = append(errs, field.Required(at.Child("message"), "message must be specified if rule contains line breaks"))
		}
		if r.MessageExpression != "" && strings.TrimSpace(r.MessageExpression) == "" {
			errs = append(errs, field.Required(at.Child("messageExpression"), "messageExpression must be non-empty if specified"))
		}
		if reasons := []string{"FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"}; r.Reason != nil && !slices.Contains(reasons, string(*r.Reason)) {
			errs = append(errs, field.NotSupported(at.Child("reason"), *r.Reason, reasons))
		}
		errs = append(errs, ruleField(s, r.FieldPath, at.Child("fieldPath"))...)
	}
	return errs
}

// ruleField is the path of the field that a rule is about.
func ruleField(s *hubSchema, to string, path *field.Path) (errs field.ErrorList) {
	if to == "" {
		return nil
	}
	if strings.TrimSpace(to) == "" {
		errs = append(errs, field.Invalid(path, to, "must be non-empty if specified"))
	}
	if strings.ContainsAny(to, breaks) {
		errs = append(errs, field.Invalid(path, to, "must not contain line breaks"))
	}
	if ss, err := structuralOf(s); err == nil {
		if _, _, err := schemacel.ValidFieldPath(to, ss); err != nil {
			errs = append(errs, field.Invalid(path, to, "must be a valid path"))
		}
	}
	return errs
}

// rules compiles the rules of a schema and estimates what they cost. lost is the part whose old values are not known, if any.
func (w walk) rules(s *hubSchema, in *scope, lost, path *field.Path) (errs field.ErrorList) {
	if err := w.ctx.Err(); err != nil {
		return field.ErrorList{field.InternalError(path, fmt.Errorf("not compiled: %w", err))}
	}
	types, err := in.types()
	switch {
	case err != nil:
		return field.ErrorList{field.InternalError(path, fmt.Errorf("internal error: failed to construct type information for x-kubernetes-validations rules: %w", err))}
	case types == nil:
		return field.ErrorList{field.InternalError(path, errors.New("internal error: failed to retrieve type information for x-kubernetes-validations"))}
	}
	results, err := schemacel.Compile(types.schema, types.declared, celconfig.PerCallLimit, environments(), w.opts.known)
	if err != nil {
		return field.ErrorList{field.InternalError(path, err)}
	}
	for i, r := range results {
		rule, at := path.Index(i).Child("rule"), path.Index(i)
		errs = append(errs, w.spend(in, rule, "estimated rule cost", in.cost(r))...)
		if r.Error != nil && r.Error.Type == apiservercel.ErrorTypeRequired {
			errs = append(errs, field.Required(rule, r.Error.Detail))
		} else if r.Error != nil {
			errs = append(errs, field.Invalid(rule, s.XValidations[i], r.Error.Detail))
		}
		if r.MessageExpressionError != nil {
			errs = append(errs, field.Invalid(at.Child("messageExpression"), s.XValidations[i], r.MessageExpressionError.Detail))
		} else if r.MessageExpression != nil {
			errs = append(errs, w.spend(in, at.Child("messageExpression"), "estimated messageExpression cost", r.MessageExpressionMaxCost)...)
		}
		errs = append(errs, oldSelf(&s.XValidations[i], r.UsesOldSelf, lost, at)...)
	}
	return errs
}

// oldSelf: a rule about a change needs to know the old value.
func oldSelf(r *upstream.ValidationRule, used bool, lost, path *field.Path) field.ErrorList {
	switch {
	case used && lost != nil:
		return field.ErrorList{field.Invalid(path.Child("rule"), r.Rule, fmt.Sprintf("oldSelf cannot be used on the uncorrelatable portion of the schema within %v", lost))}
	case !used && r.OptionalOldSelf != nil:
		return field.ErrorList{field.Invalid(path.Child("optionalOldSelf"), *r.OptionalOldSelf, "may not be set if oldSelf is not used in rule")}
	}
	return nil
}

// spend adds a cost to that of the schema, and finds that it is too much by itself.
func (w walk) spend(in *scope, path *field.Path, what string, cost uint64) (errs field.ErrorList) {
	if cost > mostRuleCost && !w.opts.costly {
		errs = append(errs, field.Forbidden(path, tooExpensive(what, cost, mostRuleCost)))
	}
	in.total.add(path, cost)
	return errs
}

func tooExpensive(what string, cost, limit uint64) string {
	by, factor := float64(cost)/float64(limit), ""
	switch {
	case by > 100:
		factor = "more than 100x"
	case by < 1.5:
		factor = fmt.Sprintf("%fx", by)
	default:
		factor = fmt.Sprintf("%.1fx", by)
	}
	return fmt.Sprintf("%s exceeds budget by factor of %s (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)", what, factor)
}

// total is what all rules of a schema cost, and the most expensive of them.
type total struct {
	cost uint64
	most []priced
}

type priced struct {
	path *field.Path
	cost uint64
}

const shownPriced = 4

func (t *total) add(path *field.Path, cost uint64) {
	if t.cost += cost; t.cost < cost {
		t.cost = math.MaxUint64
	}
	if cost < mostSchemaCost/100 {
		return
	}
	t.most = append(t.most, priced{path, cost})
	slices.SortStableFunc(t.most, func(a, b priced) int { return cmp.Compare(b.cost, a.cost) })
	t.most = t.most[:min(len(t.most), shownPriced)]
}

// overBudget finds that all rules of a schema together cost too much.
func (s *scope) overBudget(path *field.Path) (errs field.ErrorList) {
	if s == nil || s.total.cost <= mostSchemaCost {
		return nil
	}
	for _, p := range s.total.most {
		errs = append(errs, field.Forbidden(p.path, "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"))
	}
	return append(errs, field.Forbidden(path, tooExpensive("x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema", s.total.cost, mostSchemaCost)))
}
