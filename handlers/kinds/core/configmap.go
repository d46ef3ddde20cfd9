package core

import (
	"bytes"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var configMaps = kind.Kind{
	Group: group, Resource: "configmaps",
	Strategy: configMap,
	Cells:    kind.Cells{"configMapData": kind.CellOf(configMapData)},
}

func configMap(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.Validate = kind.Check(func(o *corev1.ConfigMap) field.ErrorList {
		data, binary := field.NewPath("data"), field.NewPath("binaryData")
		errs, size := dataKeys(o.Data, data)
		for _, k := range slices.Sorted(maps.Keys(o.Data)) {
			if _, ok := o.BinaryData[k]; ok {
				errs = append(errs, field.Invalid(data.Key(k), k, "duplicate of key present in binaryData"))
			}
		}
		more, binarySize := dataKeys(o.BinaryData, binary)
		errs = append(errs, more...)
		if size+binarySize > maxData {
			errs = append(errs, field.TooLong(field.NewPath(""), "", maxData))
		}
		return errs
	})
	s.ValidateUpdate = kind.CheckUpdate(func(o, old *corev1.ConfigMap) field.ErrorList {
		var errs field.ErrorList
		if old.Immutable == nil || !*old.Immutable {
			return nil
		}
		if o.Immutable == nil || !*o.Immutable {
			errs = append(errs, field.Forbidden(field.NewPath("immutable"), frozen))
		}
		if !maps.Equal(o.Data, old.Data) {
			errs = append(errs, field.Forbidden(field.NewPath("data"), frozen))
		}
		if !maps.EqualFunc(o.BinaryData, old.BinaryData, bytes.Equal) {
			errs = append(errs, field.Forbidden(field.NewPath("binaryData"), frozen))
		}
		return errs
	})
}

// maxData is the maximum size of the values of a Secret or ConfigMap in bytes.
const maxData = 1 << 20

const frozen = "field is immutable when `immutable` is set"

// dataKeys validates the keys and the total size of data.
func dataKeys[V string | []byte](data map[string]V, path *field.Path) (errs field.ErrorList, size int) {
	for _, k := range slices.Sorted(maps.Keys(data)) {
		for _, msg := range validation.IsConfigMapKey(k) {
			errs = append(errs, field.Invalid(path.Key(k), k, msg))
		}
		size += len(data[k])
	}
	return errs, size
}

func configMapData(c *corev1.ConfigMap) int64 { return int64(len(c.Data) + len(c.BinaryData)) }
