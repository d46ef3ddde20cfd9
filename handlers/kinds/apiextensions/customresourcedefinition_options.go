package apiextensions

import (
	"reflect"
	"slices"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/google/cel-go/cel"
	upstream "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apiserver/pkg/cel/environment"
)

// options are what is asked of a definition. A rule that came after definitions without it were stored is not asked of an
// update while the old definition breaks it.
type options struct {
	knownReviewVersion, fixedNames, schemas, propertyTypes, structural, prunedDefaults, atomicSets, keysOfMaps, validBundle bool
	// known are the expressions of the old definition.
	known knownRules
	// unchanged are the versions with the schema that they had; their rules may cost what they cost.
	unchanged map[string]bool
	// crowded are the versions with more selectable fields than are allowed, which they had before.
	crowded map[string]bool
	costly  bool
}

func newOptions() options {
	return options{knownReviewVersion: true, schemas: true, propertyTypes: true, structural: true, prunedDefaults: true, atomicSets: true, keysOfMaps: true}
}

func updateOptions(o, old *hubDefinition) options {
	s := &old.Spec
	established := upstream.IsCRDConditionTrue(old, upstream.Established)
	opts := options{
		knownReviewVersion: s.Conversion == nil || len(s.Conversion.ConversionReviewVersions) == 0 || kind.KnowsReviews(s.Conversion.ConversionReviewVersions),
		fixedNames:         established,
		schemas:            allHaveSchemas(s),
		propertyTypes:      !eachSchema(s, func(x *hubSchema) bool { return anywhere(x, wrongPropertyType) }),
		structural:         !eachSchema(s, notStructural),
		prunedDefaults:     !eachSchema(s, unprunedDefaults),
		atomicSets:         !eachSchema(s, func(x *hubSchema) bool { return anywhere(x, looseSet) }),
		keysOfMaps: !eachSchema(s, func(x *hubSchema) bool {
			return anywhere(x, func(x *hubSchema) bool { return len(keyedItems(x, nil)) > 0 })
		}),
		known: rulesOf(s), unchanged: map[string]bool{}, crowded: map[string]bool{},
	}
	if established {
		c := s.Conversion
		opts.validBundle = c == nil || c.WebhookClientConfig == nil || bundleFault(c.WebhookClientConfig.CABundle) == nil
	}
	if len(s.SelectableFields) > mostSelectable && equality.Semantic.DeepEqual(s.SelectableFields, o.Spec.SelectableFields) {
		opts.crowded[""] = true
	}
	for _, v := range o.Spec.Versions {
		for _, was := range s.Versions {
			if v.Name == was.Name && len(was.SelectableFields) > mostSelectable && equality.Semantic.DeepEqual(v.SelectableFields, was.SelectableFields) {
				opts.crowded[v.Name] = true
			}
		}
		now, err := upstream.GetSchemaForVersion(o, v.Name)
		if err != nil {
			continue
		}
		if was, err := upstream.GetSchemaForVersion(old, v.Name); err == nil && equality.Semantic.DeepEqual(now, was) {
			opts.unchanged[v.Name] = true
		}
	}
	return opts
}

// forVersion are the options for the schema of one version.
func (o options) forVersion(name string) options {
	o.costly = o.costly || o.unchanged[name]
	return o
}

func allHaveSchemas(s *hubSpec) bool {
	if s.Validation != nil && s.Validation.OpenAPIV3Schema != nil {
		return true
	}
	for _, v := range s.Versions {
		if v.Schema == nil || v.Schema.OpenAPIV3Schema == nil {
			return false
		}
	}
	return true
}

func wrongPropertyType(s *hubSchema) bool {
	return s.Type != "" && !slices.Contains(propertyTypes, s.Type)
}

func hasDefault(s *hubSchema) bool { return s.Default != nil }

// extendedSchema: it has something that only Kubernetes knows, which needs a structural schema.
func extendedSchema(s *hubSchema) bool {
	return s.XEmbeddedResource || s.XPreserveUnknownFields != nil || s.XIntOrString || len(s.XListMapKeys) > 0 || s.XListType != nil || len(s.XValidations) > 0
}

func notStructural(s *hubSchema) bool {
	ss, err := structuralschema.NewStructural(s)
	return err != nil || len(structuralschema.ValidateStructural(nil, ss)) > 0
}

// unprunedDefaults: pruning would take something from a default.
func unprunedDefaults(s *hubSchema) bool {
	if !anywhere(s, hasDefault) || notStructural(s) {
		return false
	}
	ss, err := structuralschema.NewStructural(s)
	if err != nil {
		return false
	}
	pruned := ss.DeepCopy()
	return defaulting.PruneDefaults(pruned) == nil && !reflect.DeepEqual(ss, pruned)
}

// looseSet is a set whose items can be changed in part.
func looseSet(s *hubSchema) bool {
	if s.XListType == nil || *s.XListType != "set" || s.Items == nil || s.Items.Schema == nil {
		return false
	}
	switch is := s.Items.Schema; is.Type {
	case "array":
		return is.XListType != nil && *is.XListType != "atomic"
	case "object":
		return is.XMapType == nil || *is.XMapType != "atomic"
	}
	return false
}

// knownRules are expressions that lie in the store; they may use what newer servers know.
type knownRules struct{ rules, messages map[string]bool }

func rulesOf(s *hubSpec) knownRules {
	k := knownRules{map[string]bool{}, map[string]bool{}}
	eachSchema(s, func(s *hubSchema) bool {
		return anywhere(s, func(s *hubSchema) bool {
			for _, v := range s.XValidations {
				k.rules[v.Rule], k.messages[v.MessageExpression] = true, v.MessageExpression != ""
			}
			return false
		})
	})
	return k
}

// RuleEnv is the environment of a rule.
func (k knownRules) RuleEnv(set *environment.EnvSet, text string) *cel.Env {
	return environmentOf(set, k.rules[text])
}

// MessageExpressionEnv is the environment of an expression that makes a message.
func (k knownRules) MessageExpressionEnv(set *environment.EnvSet, text string) *cel.Env {
	return environmentOf(set, k.messages[text])
}

func environmentOf(set *environment.EnvSet, stored bool) *cel.Env {
	if stored {
		return set.StoredExpressionsEnv()
	}
	return set.NewExpressionsEnv()
}
