package verb

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	operator "k8s.io/apimachinery/pkg/selection"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// selection is which objects of a collection a request is about.
type selection struct {
	labels labels.Selector
	fields fields.Selector
	// name is the only name that can match; empty when any can.
	name string
	// own are the selectable fields beyond the name and the namespace that the selector uses.
	own bool
	res *resource.Resource
}

// selected reads which objects of a collection a request is about.
func selected(r *pipeline.Request) (metav1.ListOptions, *selection, error) {
	s := newSelection(r.Resource)
	options, err := listOptions(r, func() error { return s.read(r) })
	if err == nil {
		err = s.check(r.Info.Name)
	}
	return options, s, err
}

// newSelection selects all objects.
func newSelection(res *resource.Resource) *selection {
	return &selection{labels: labels.Everything(), fields: fields.Everything(), res: res}
}

// read takes the selectors of a request, which is a part of reading its options: what they mean is not looked at before all
// of those have been checked.
func (s *selection) read(r *pipeline.Request) (err error) {
	if s.labels, err = r.LabelSelector(); err != nil {
		return err
	}
	if s.fields, err = r.FieldSelector(); err != nil {
		return err
	}
	s.labels, err = affordable(s.labels, s.fields)
	return err
}

// check refuses fields that the resource does not select by, and others than the name of the path.
func (s *selection) check(name string) (err error) {
	if s.fields, err = s.fields.Transform(s.known); err != nil {
		return apierrors.NewBadRequest(err.Error())
	}
	if exact, ok := s.fields.RequiresExactMatch("metadata.name"); ok {
		s.name = exact
	}
	if name != "" {
		if s.name != name && !s.fields.Empty() {
			return apierrors.NewBadRequest("fieldSelector metadata.name doesn't match requested name")
		}
		s.name = name
		s.fields = fields.AndSelectors(s.fields, fields.OneTermEqualSelector("metadata.name", name))
	}
	return nil
}

// known checks a field's name and gives it its present one.
func (s *selection) known(label, value string) (string, string, error) {
	if present := s.res.FieldAliases[label]; present != "" {
		label = present
	}
	switch {
	case label == "metadata.name":
	// What has fields of its own has only those and its name, where it is in no namespace.
	case label == "metadata.namespace" && (s.res.Namespaced || len(s.res.Fields) == 0 && s.res.UnknownField == ""):
	case slices.Contains(s.res.Fields, label):
		s.own = true
	case s.res.UnknownField != "":
		return "", "", errors.New(strings.ReplaceAll(s.res.UnknownField, "{field}", label))
	case len(s.res.Fields) == 0:
		return "", "", fmt.Errorf("%q is not a known field selector: only %q, %q", label, "metadata.name", "metadata.namespace")
	default:
		return "", "", fmt.Errorf("field label not supported: %s", label)
	}
	return label, value, nil
}

// everything says whether no selector leaves anything out.
func (s *selection) everything() bool { return s.labels.Empty() && s.fields.Empty() }

// matches decides on a decoded object.
func (s *selection) matches(o object.Object) bool {
	if !s.labels.Empty() && !s.labels.Matches(labels.Set(o.GetLabels())) {
		return false
	}
	if s.fields.Empty() {
		return true
	}
	set := fields.Set{}
	if s.own && s.res.Strategy.Fields != nil {
		set = s.res.Strategy.Fields(o)
		if set == nil {
			set = fields.Set{}
		}
	}
	set["metadata.name"], set["metadata.namespace"] = o.GetName(), o.GetNamespace()
	return s.fields.Matches(set)
}

// matchesEntry is matches for a stored object. It is built only when its index does not know what is asked.
func (s *selection) matchesEntry(e *cache.Entry) (bool, error) {
	if s.everything() {
		return true, nil
	}
	if s.name != "" && e.Key[strings.LastIndexByte(e.Key, '/')+1:] != s.name {
		return false, nil
	}
	if x, ok := e.Attributes.(*codec.Index); ok && s.indexed(x) {
		return s.labels.Matches(x.Labels) && (s.fields.Empty() || s.fields.Matches(s.fieldsOf(e.Key, x))), nil
	}
	stored, err := e.Value(nil)
	if err != nil {
		return false, err
	}
	o, err := s.res.Codec.Decode(stored, e.Revision)
	if err != nil {
		return false, fmt.Errorf("%s: %w", e.Key, err)
	}
	return s.matches(o), nil
}

// indexed says whether an index has all fields that the selector asks for.
func (s *selection) indexed(x *codec.Index) bool {
	if !s.own {
		return true
	}
	for _, r := range s.fields.Requirements() {
		if !x.Fields.Has(r.Field) && r.Field != nameField && r.Field != namespaceField {
			return false
		}
	}
	return true
}

// following is the selection as the cache knows it. Watches with the same selection share the work.
func (s *selection) following(prefix string) cache.Selection {
	out := cache.Selection{Prefix: prefix, Name: s.name}
	if s.everything() {
		return out
	}
	out.ID = strings.Join([]string{s.res.GVR().String(), s.labels.String(), s.fields.String()}, "\x00")
	out.Match = func(e *cache.Entry) bool {
		// What cannot be read is shown to be that: encoding it fails and ends the watch.
		ok, err := s.matchesEntry(e)
		return ok || err != nil
	}
	for _, r := range s.fields.Requirements() {
		if r.Operator != "!=" && r.Value != "" && s.res.Codec.HasAttribute(r.Field) {
			out.Field, out.Value = r.Field, r.Value
			break
		}
	}
	return out
}

var _ cache.Indexed = (*codec.Index)(nil)

// terms are what every object that is selected has and an index knows.
func (s *selection) terms() (terms []cache.Term) {
	for _, r := range s.fields.Requirements() {
		switch {
		case r.Field == nameField || r.Field == namespaceField:
		case !s.res.Codec.HasAttribute(r.Field):
			// Objects are built then, and their labels may be other than those that are stored.
			return nil
		case r.Operator != operator.NotEquals:
			terms = append(terms, term(cache.Field, r.Field, r.Value))
		}
	}
	required, _ := s.labels.Requirements()
	for _, r := range required {
		switch r.Operator() {
		case operator.Equals, operator.DoubleEquals, operator.In:
			terms = append(terms, term(cache.Label, r.Key(), r.ValuesUnsorted()...))
		case operator.Exists, operator.GreaterThan, operator.LessThan:
			terms = append(terms, term(cache.Labelled, r.Key(), ""))
		}
	}
	return terms
}

func term(of cache.Kind, name string, values ...string) cache.Term {
	return cache.Term{Attribute: cache.Attribute{Of: of, Name: name}, Values: values}
}

const (
	nameField      = "metadata.name"
	namespaceField = "metadata.namespace"
)

// entryFields are the fields of an object that was not built: its name and namespace are in its key.
type entryFields struct {
	*codec.Pairs
	name, namespace string
}

func (s *selection) fieldsOf(key string, x *codec.Index) entryFields {
	f := entryFields{Pairs: x.Fields}
	f.namespace, f.name = s.res.SplitKey(key)
	return f
}

// Get implements fields.Fields.
func (f entryFields) Get(field string) string {
	switch field {
	case nameField:
		return f.name
	case namespaceField:
		return f.namespace
	}
	return f.Pairs.Get(field)
}

// Has implements fields.Fields.
func (f entryFields) Has(field string) bool {
	return field == nameField || field == namespaceField || f.Pairs.Has(field)
}
