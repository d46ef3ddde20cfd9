package storage

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

const (
	mostParameters = 512
	// largest is the maximum size of the keys and values of a map in bytes.
	largest = 256 << 10
)

// parameters validates the number, the size and the keys of a class' parameters.
func parameters(m map[string]string, path *field.Path) (errs field.ErrorList) {
	if len(m) > mostParameters {
		return field.ErrorList{field.TooLong(path, "", mostParameters)}
	}
	if _, ok := m[""]; ok {
		errs = append(errs, field.Invalid(path, "", "field can not be empty."))
	}
	return append(errs, bounded(m, path)...)
}

// bounded refuses a map that is too large.
func bounded(m map[string]string, path *field.Path) field.ErrorList {
	size := 0
	for k, v := range m {
		size += len(k) + len(v)
	}
	if size > largest {
		return field.ErrorList{field.TooLong(path, "", largest)}
	}
	return nil
}

// provisioner is a qualified name in upper or lower case.
func provisioner(name string, path *field.Path) field.ErrorList {
	if name == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	return kind.Qualified(path, strings.ToLower(name))
}
