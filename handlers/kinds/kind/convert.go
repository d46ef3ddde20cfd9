package kind

import (
	"fmt"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Converter adapts a conversion between two types. f gets a copy of the object, with which its result may share memory.
func Converter[A, B object.Object](f func(A) (B, error)) resource.Converter {
	return func(in object.Object) (object.Object, error) {
		a, ok := in.(A)
		if !ok {
			return nil, fmt.Errorf("cannot convert %T", in)
		}
		out, err := f(object.Copy(a))
		if err != nil {
			return nil, err
		}
		return out, nil
	}
}
