package spec

// metaFile is the one file whose Go types are not generated: they are apimachinery's, so that every library of the field
// works on our objects as they are.
const metaFile = "meta/v1"

// GoType is where the Go type of a schema lives when it is not generated.
type GoType struct{ Import, Alias, Name string }

// String is the type as it is written in Go.
func (g GoType) String() string { return g.Alias + "." + g.Name }

// apimachinery has the types of meta/v1 that live in other packages than the rest.
var apimachinery = map[string]GoType{
	"Quantity":     {"k8s.io/apimachinery/pkg/api/resource", "resource", "Quantity"},
	"IntOrString":  {"k8s.io/apimachinery/pkg/util/intstr", "intstr", "IntOrString"},
	"RawExtension": {"k8s.io/apimachinery/pkg/runtime", "runtime", "RawExtension"},
	"Info":         {"k8s.io/apimachinery/pkg/version", "version", "Info"},
}

// External tells the Go type of a schema that is not generated.
func External(file, name string) (GoType, bool) {
	if file != metaFile {
		return GoType{}, false
	}
	if g, ok := apimachinery[name]; ok {
		return g, true
	}
	return GoType{"k8s.io/apimachinery/pkg/apis/meta/v1", "metav1", name}, true
}

// IsValue says whether a schema is a value that reads and writes itself (a time, a quantity, any JSON) and not a struct: its
// empty form is not {}.
func (m Model) IsValue(file, name string) bool {
	_, external := External(file, name)
	s := m[file].Schemas[name]
	return s.Any() || external && len(s.Props) == 0
}
