package codec

import (
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"reflect"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	serializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	wire "github.com/gatehouse-dev/gatehouse/gen/schema"
)

// scheme is where upstream's type registry was made; its error messages name the place.
const scheme = "pkg/runtime/scheme.go:111"

// Body is the object in the body of a create or an update.
type Body struct {
	Format Format
	Data   []byte
	// Kind is what the path serves. The body may leave out apiVersion, kind or both.
	Kind schema.GroupVersionKind
	// Also are other versions that are accepted for the same kind.
	Also []schema.GroupVersion
	// Validation is the fieldValidation parameter: Ignore, Warn or Strict; empty means Warn as upstream has it.
	Validation string
	// anyVersion accepts the kind, which is one of meta/v1, in every group and version. Its decoder knows no others.
	anyVersion bool
	// prune removes unknown fields of an object that is a map; nil when all are known.
	prune Prune
	// patched: the data is what a patch made of an object, and has to say its version.
	patched bool
}

// Decode fills into, an empty object of the kind, and sets its apiVersion and kind to what the path serves. Errors are
// API errors (400) in upstream's words; warnings are for the client, in order.
func (b Body) Decode(into runtime.Object) (warnings []string, err error) {
	gvk, strict, err := b.decode(into)
	if err == nil {
		err = b.storable(into)
	}
	if err == nil && len(strict) > 0 {
		if b.Validation == metav1.FieldValidationStrict {
			err = runtime.NewStrictDecodingError(strict)
		} else {
			for _, e := range strict {
				warnings = append(warnings, YAMLWarnings(e.Error())...)
			}
		}
	}
	if err != nil {
		return nil, b.explain(err, gvk)
	}
	if gvk.GroupVersion() != b.Kind.GroupVersion() && !b.also(gvk) {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("the API version in the data (%s) does not match the expected API version (%s)", gvk.GroupVersion(), b.Kind.GroupVersion()))
	}
	if _, ok := into.(runtime.Unstructured); !ok { // which says by itself what it is, and is judged by that
		into.GetObjectKind().SetGroupVersionKind(b.Kind)
	}
	return warnings, nil
}

// storable refuses what would be accepted now and could not be shown later, spoiling every list that it is in: JSON
// that was not looked at, protobuf with JSON inside that is none.
func (b Body) storable(into runtime.Object) error {
	if _, ok := into.(runtime.Unstructured); ok {
		return nil
	}
	p, _, err := planOf(into)
	if b.Format != Protobuf && (err != nil || !p.unions) {
		return nil
	}
	if err != nil {
		return err
	}
	raw, err := AppendProtobufMessage(nil, into)
	if err == nil && b.Format == Protobuf {
		_, err = transcode(nil, p.message, raw, 0, 0)
	}
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		err = cause // upstream's message has no path
	}
	return err
}

func (b Body) also(gvk schema.GroupVersionKind) bool {
	for _, gv := range b.Also {
		if gv == gvk.GroupVersion() && gvk.Kind == b.Kind.Kind {
			return true
		}
	}
	return false
}

// explain says what is wrong with the body; the kind is empty when the body was too broken to tell it.
func (b Body) explain(err error, gvk schema.GroupVersionKind) error {
	if gvk.Kind != "" {
		return apierrors.NewBadRequest(fmt.Sprintf("%s in version %q cannot be handled as a %s: %v", gvk.Kind, gvk.Version, b.Kind.Kind, err))
	}
	return apierrors.NewBadRequest(fmt.Sprintf("the object provided is unrecognized (must be of type %s): %v (%s)", b.Kind.Kind, err, summary(b.Data)))
}

// summary is the start of a body for an error message.
func summary(data []byte) string {
	const most = 30
	tail := ""
	switch {
	case len(data) == 0:
		return "<empty>"
	case len(data) > most:
		data, tail = data[:most], " ..."
	}
	if data[0] == '{' {
		return string(data) + tail
	}
	return hex.EncodeToString(data) + tail
}

// YAMLWarnings splits an error of the YAML parser into its lines, each a warning for a client.
func YAMLWarnings(message string) []string {
	for _, prefix := range []string{"error converting YAML to JSON: yaml: unmarshal errors:\n", "yaml: unmarshal errors:\n"} {
		if lines, ok := strings.CutPrefix(message, prefix); ok {
			out := strings.Split(lines, "\n")
			for i := range out {
				out[i] = strings.TrimSpace(out[i])
			}
			return out
		}
	}
	return []string{message}
}

// decode fills into. The kind it returns is the body's, with what was left out filled in.
func (b Body) decode(into runtime.Object) (gvk schema.GroupVersionKind, strict []error, err error) {
	if b.Format == Protobuf {
		return b.decodeProtobuf(into)
	}
	data := b.Data
	if b.Format == YAML {
		if data, err = YAMLToJSON(b.Data); err != nil {
			return gvk, nil, err
		}
	}
	if err := CheckWeight(data, into); err != nil {
		return b.Kind, nil, err
	}
	if b.quick(into) {
		return b.Kind, nil, nil
	}
	seen, peeked, err := interpret(data)
	if err != nil {
		return gvk, nil, err
	}
	if _, ok := into.(runtime.Unstructured); ok {
		return b.decodeMap(data, seen, into)
	}
	if b.patched && seen.Version == "" && seen.Group == "" {
		strict, err = b.bare(data, into)
		return gvk, strict, err
	}
	gvk = b.complete(seen)
	if err = b.check(gvk, into); err == nil {
		strict, err = b.read(data, into)
	}
	if err != nil && peeked {
		// A text that is no JSON at all has another message, which comes before all others.
		if _, syntax := serializer.DefaultMetaFactory.Interpret(data); syntax != nil {
			return schema.GroupVersionKind{}, nil, syntax
		}
	}
	return gvk, strict, err
}

// decodeMap is decode for an object that is a map. That has to say its kind, for nothing else does.
func (b Body) decodeMap(data []byte, seen schema.GroupVersionKind, into runtime.Object) (gvk schema.GroupVersionKind, strict []error, err error) {
	if seen.Kind == "" {
		return gvk, nil, runtime.NewMissingKindErr(string(b.Data))
	}
	strict, err = b.read(data, into)
	return seen, strict, err
}

// Quick is Decode for a body that has nothing to tell of: JSON of the very kind, without faults and unknown fields. It
// leaves into empty when the body is another one.
func (b Body) Quick(into runtime.Object) bool {
	return CheckWeight(b.Data, into) == nil && b.quick(into)
}

// quick is Quick for a text that was weighed.
func (b Body) quick(into runtime.Object) bool {
	if b.Format != JSON || !readJSON(b.Data, into) {
		return false
	}
	// What it says of its kind is compared as it stands there: taken apart, a version of no group would look like none.
	said, ok := into.GetObjectKind().(*metav1.TypeMeta)
	version, kind := b.Kind.ToAPIVersionAndKind()
	if ok && (said.APIVersion == "" && !b.patched || said.APIVersion == version) && (said.Kind == "" || said.Kind == kind) {
		into.GetObjectKind().SetGroupVersionKind(b.Kind)
		return true
	}
	reflect.ValueOf(into).Elem().SetZero()
	return false
}

// maxStrict is how many unknown fields are told of, as many as the decoder of JSON tells.
const maxStrict = 100

// read fills into from JSON; strict are the faults that a client may want to be told of.
func (b Body) read(data []byte, into runtime.Object) (strict []error, err error) {
	if b.Format == JSON && readJSON(data, into) {
		return nil, nil
	}
	u, isUnstructured := into.(runtime.Unstructured)
	if b.Validation == metav1.FieldValidationIgnore {
		if err := unmarshal(data, into); err != nil {
			return nil, err
		}
		if isUnstructured && b.prune != nil {
			_, err = b.prune(u.UnstructuredContent(), false)
		}
		return nil, err
	}
	if b.Format == YAML {
		// JSON made of YAML has lost its duplicate keys.
		if _, err := yaml.YAMLToJSONStrict(b.Data); err != nil {
			strict = append(strict, err)
		}
	}
	target := any(into)
	content := map[string]any{}
	if isUnstructured {
		target = &content
	}
	found, err := unmarshalStrict(data, target)
	if err != nil {
		return nil, err
	}
	strict = append(strict, found...)
	if isUnstructured {
		if b.prune != nil {
			unknown, err := b.prune(content, true)
			if err != nil {
				return nil, err
			}
			for _, path := range unknown[:min(len(unknown), maxStrict)] {
				strict = append(strict, fmt.Errorf("unknown field %q", path))
			}
		}
		u.SetUnstructuredContent(content)
	}
	return strict, nil
}

func (b Body) decodeProtobuf(into runtime.Object) (gvk schema.GroupVersionKind, strict []error, err error) {
	e, err := openEnvelope(b.Data)
	if err != nil {
		return gvk, nil, err
	}
	gvk = schema.FromAPIVersionAndKind(string(e.apiVersion), string(e.kind))
	if gvk.Kind == "" {
		gvk.Kind = b.Kind.Kind
	}
	if gvk.Version == "" {
		gvk.Group, gvk.Version = b.Kind.Group, b.Kind.Version
	}
	if err := b.check(gvk, into); err != nil {
		return gvk, nil, err
	}
	return gvk, nil, unmarshalMessage(e.raw, into)
}

// complete fills in what the body does not say.
func (b Body) complete(gvk schema.GroupVersionKind) schema.GroupVersionKind {
	if gvk.Kind == "" {
		gvk.Kind = b.Kind.Kind
	}
	if gvk.Version == "" && gvk.Group == "" {
		gvk.Group, gvk.Version = b.Kind.Group, b.Kind.Version
	}
	if gvk.Version == "" && gvk.Group == b.Kind.Group {
		gvk.Version = b.Kind.Version
	}
	return gvk
}

// check refuses kinds that are not known or cannot become the wanted one. Another version of the wanted kind passes:
// its fields are read and its version is refused afterwards, with another message.
func (b Body) check(gvk schema.GroupVersionKind, into runtime.Object) error {
	if gvk == b.Kind || b.also(gvk) || b.anyVersion && gvk.Kind == b.Kind.Kind {
		return nil
	}
	if b.anyVersion && wire.ByName("meta/v1."+gvk.Kind) == nil || !known(gvk) {
		return notRegistered(gvk)
	}
	if gvk.Kind == b.Kind.Kind && (gvk.Group == b.Kind.Group || gvk.Kind == "Event") {
		return nil
	}
	return fmt.Errorf("converting (%s.%s) to (%s.%s): unknown conversion", gvk.Version, gvk.Kind, internalPackage(into), b.Kind.Kind)
}

func notRegistered(gvk schema.GroupVersionKind) error {
	return runtime.NewNotRegisteredErrForKind(scheme, gvk)
}

func known(gvk schema.GroupVersionKind) bool {
	if resources.Kinds[gvk] != nil {
		return true
	}
	apiVersion, kind := gvk.ToAPIVersionAndKind()
	return wire.ByKind(apiVersion, kind) != nil
}

// internalPackage is the name of the package that upstream keeps the kind's version-less form in.
func internalPackage(into runtime.Object) string {
	pkg := reflect.TypeOf(into).Elem().PkgPath()
	if pkg == metaTypes {
		return path.Base(pkg)
	}
	if group := path.Base(path.Dir(pkg)); group != "events" {
		return group
	}
	return "core" // events.k8s.io shows events of the core group
}
