package schema

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/warning"
)

// errSchema is upstream's answer where the schema of a stored definition is beyond use. Validation of definitions keeps such
// schemas out.
var errSchema = errors.New("the server could not properly serve the CR schema")

// judge is a schema in the forms of upstream's libraries. It is large and made only when somebody asks.
type judge struct {
	// structural has its defaults pruned; nil without a schema.
	structural *schema.Structural
	whole      validation.SchemaValidator
	// status judges the status alone; nil where the status has no schema.
	status validation.SchemaValidator
	// rules has all rules compiled, which takes long; nil without rules.
	rules func() *cel.Validator
}

// newJudge makes the judge of a schema.
func (o *Options) newJudge() (*judge, error) {
	props, err := o.props()
	if err != nil {
		return nil, err
	}
	j := &judge{}
	if props != nil {
		if j.structural, err = o.structural(props); err != nil {
			return nil, err
		}
	}
	if j.whole, _, err = validation.NewSchemaValidator(props); err != nil {
		return nil, fmt.Errorf("%w: %w", errSchema, err)
	}
	if props != nil && o.Status {
		if status, ok := props.Properties["status"]; ok {
			if j.status, _, err = validation.NewSchemaValidator(&status); err != nil {
				return nil, fmt.Errorf("%w: %w", errSchema, err)
			}
		}
	}
	j.rules = sync.OnceValue(func() *cel.Validator {
		return cel.NewValidator(j.structural, true, celconfig.PerCallLimit)
	})
	return j, nil
}

// props decodes the text of the schema.
func (o *Options) props() (*apiextensions.JSONSchemaProps, error) {
	text, err := o.Text()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSchema, err)
	}
	if len(text) == 0 {
		return nil, nil
	}
	var served apiextensionsv1.JSONSchemaProps
	if err := json.Unmarshal(text, &served); err != nil {
		return nil, fmt.Errorf("%w: %w", errSchema, err)
	}
	out := &apiextensions.JSONSchemaProps{}
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(&served, out, nil); err != nil {
		return nil, fmt.Errorf("%w: %w", errSchema, err)
	}
	return out, nil
}

// structural is the schema in its structural form; nil where it has none and the definition, an old one, needs none.
func (o *Options) structural(props *apiextensions.JSONSchemaProps) (*schema.Structural, error) {
	s, err := schema.NewStructural(props)
	if o.PreserveUnknownFields {
		if err != nil {
			return nil, nil
		}
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSchema, err)
	}
	s = s.DeepCopy() // defaults belong to props
	if err := defaulting.PruneDefaults(s); err != nil {
		return nil, fmt.Errorf("%w: %w", errSchema, err)
	}
	return s, nil
}

// warner is the recorder through which the library tells of excused faults.
type warner func(text string)

// AddWarning implements warning.Recorder.
func (w warner) AddWarning(_, text string) { w(text) }

// warned is the context in which the library finds where to tell of excused faults.
func warned(ctx context.Context, warn func(string)) context.Context {
	if warn == nil {
		return ctx
	}
	return warning.WithWarningRecorder(ctx, warner(warn))
}
