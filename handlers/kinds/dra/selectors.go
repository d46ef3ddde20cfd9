package dra

import (
	"encoding/json"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/cel/environment"
	dracel "k8s.io/dynamic-resource-allocation/cel"

	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/features"
)

const (
	mostSelectors     = 32
	longestExpression = 10 * 1024
	// mostCost is the maximum estimated cost of a selector.
	mostCost         = 1_000_000
	longestParameter = 10 * 1024
	consumable       = "DRAConsumableCapacity"
)

// expressions compiles CEL selectors of devices. The compiler is made on first use.
type expressions struct{ gates *features.Features }

// selectors validates a list of selectors. Stored ones may use CEL features of newer servers.
func (e expressions) selectors(list []resourcev1.DeviceSelector, stored bool, path *field.Path) field.ErrorList {
	return limited(list, mostSelectors, path, func(s *resourcev1.DeviceSelector, path *field.Path) field.ErrorList {
		if s.CEL == nil {
			return field.ErrorList{field.Required(path.Child("cel"), "")}
		}
		return e.judge(s.CEL.Expression, stored, path.Child("cel", "expression"))
	})
}

func (e expressions) judge(text string, stored bool, path *field.Path) field.ErrorList {
	if len(text) > longestExpression {
		return field.ErrorList{field.TooLong(path, "", longestExpression)}
	}
	age := environment.NewExpressions
	if stored {
		age = environment.StoredExpressions
	}
	compiler := dracel.GetCompiler(dracel.Features{
		EnableConsumableCapacity: e.gates.Enabled(consumable), EnableListTypeAttributes: e.gates.Enabled("DRAListTypeAttributes"),
	})
	result := compiler.CompileCELExpression(text, dracel.Options{EnvType: &age})
	switch {
	case result.Error == nil && result.MaxCost > mostCost:
		return field.ErrorList{field.Forbidden(path, "too complex, exceeds cost limit")}
	case result.Error == nil:
		return nil
	}
	if result.Error.Type == "InternalError" {
		return field.ErrorList{field.InternalError(path, result.Error)}
	}
	return field.ErrorList{field.Invalid(path, text, result.Error.Detail)}
}

// opaque is a driver's configuration: a JSON object.
func opaque(c *resourcev1.OpaqueDeviceConfiguration, stored bool, path *field.Path) field.ErrorList {
	if c == nil {
		return field.ErrorList{field.Required(path, "")}
	}
	errs := driverTitle(c.Driver, path.Child("driver"))
	return append(errs, jsonObject(c.Parameters, stored, longestParameter, path.Child("parameters"))...)
}

func jsonObject(raw runtime.RawExtension, stored bool, longest int, path *field.Path) field.ErrorList {
	if len(raw.Raw) == 0 {
		return field.ErrorList{field.Required(path, "")}
	}
	if !stored && len(raw.Raw) > longest {
		return field.ErrorList{field.TooLong(path, "", longest)}
	}
	var v map[string]json.RawMessage
	err := json.Unmarshal(raw.Raw, &v)
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrongType):
		return field.ErrorList{field.Invalid(path, "<value omitted>", "must be a valid JSON object")}
	case err != nil:
		return field.ErrorList{field.Invalid(path, "<value omitted>", fmt.Sprintf("error parsing data as JSON: %v", err))}
	case v == nil:
		return field.ErrorList{field.Required(path, "")}
	}
	return nil
}
