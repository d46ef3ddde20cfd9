package codec

import (
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// decodePatched is Decode for what a patch made of an object. What is wrong with it is the patch's fault and is answered
// with 422.
func (b Body) decodePatched(p resource.Patched, into runtime.Object) (warnings []string, err error) {
	b.Data, b.Validation, b.patched = p.Text, p.Validation, true
	var more []error
	if p.Content != nil {
		more, err = b.convert(p, into)
	} else {
		_, more, err = b.decode(into)
	}
	if err == nil {
		err = b.storable(into)
	}
	strict := append(p.Strict, more...)
	if err == nil && len(strict) > 0 {
		if p.Validation == metav1.FieldValidationStrict {
			err = runtime.NewStrictDecodingError(strict)
		} else {
			for _, e := range strict {
				warnings = append(warnings, YAMLWarnings(e.Error())...)
			}
		}
	}
	if err != nil {
		return nil, apierrors.NewInvalid(schema.GroupKind{}, "", field.ErrorList{field.Invalid(field.NewPath("patch"), p.Shown, err.Error())})
	}
	if _, ok := into.(runtime.Unstructured); !ok {
		into.GetObjectKind().SetGroupVersionKind(b.Kind)
	}
	return warnings, nil
}

// convert fills into from the content that a strategic merge patch left, by the library that upstream has for it. Its errors
// and the order of unknown fields differ from those of a decoder.
func (b Body) convert(p resource.Patched, into runtime.Object) (strict []error, err error) {
	if len(p.Strict) == 0 && b.Quick(into) {
		return nil, nil
	}
	if err := CheckWeight(p.Text, into); err != nil {
		return nil, err
	}
	if err := object.CheckQuantities(p.Text, into); err != nil {
		return nil, err
	}
	err = runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(p.Content, into, p.Validation != metav1.FieldValidationIgnore)
	if found, ok := runtime.AsStrictDecodingError(err); ok {
		return found.Errors(), nil
	}
	return nil, err
}

// bare reads an object without apiVersion. Upstream takes it for one of its internal version, whose fields have no names in
// JSON but for those of the metadata: they stand at the top.
func (b Body) bare(data []byte, into runtime.Object) (strict []error, err error) {
	var top struct {
		metav1.TypeMeta
		metav1.ObjectMeta
	}
	if b.Validation == metav1.FieldValidationIgnore {
		err = unmarshal(data, &top)
	} else {
		strict, err = unmarshalStrict(data, &top)
	}
	if holder, ok := into.(metav1.ObjectMetaAccessor); ok && err == nil {
		if meta, ok := holder.GetObjectMeta().(*metav1.ObjectMeta); ok {
			*meta = top.ObjectMeta
		}
	}
	return strict, err
}
