package verb

import (
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
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
	options, err := listOptions(r)
	if err != nil {
		return options, nil, err
	}
	s, err := newSelection(r.Resource, &options, r.Info.Name)
	return options, s, err
}

// fieldAliases are old names of selectable fields that clients still use.
var fieldAliases = map[string]map[string]string{"pods": {"spec.host": "spec.nodeName"}}

// newSelection parses the selectors; 400 for a field that the resource does not select by.
func newSelection(res *resource.Resource, options *metav1.ListOptions, name string) (*selection, error) {
	s := &selection{labels: labels.Everything(), fields: fields.Everything(), res: res}
	var err error
	if options.LabelSelector != "" {
		if s.labels, err = labels.Parse(options.LabelSelector); err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
	}
	if options.FieldSelector != "" {
		if s.fields, err = fields.ParseSelector(options.FieldSelector); err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
		if s.fields, err = s.fields.Transform(s.known); err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
	}
	if exact, ok := s.fields.RequiresExactMatch("metadata.name"); ok {
		s.name = exact
	}
	if name != "" {
		if s.name != "" && s.name != name {
			return nil, apierrors.NewBadRequest(fmt.Sprintf("field selector metadata.name=%s does not match the name %s of the path", s.name, name))
		}
		s.name = name
		s.fields = fields.AndSelectors(s.fields, fields.OneTermEqualSelector("metadata.name", name))
	}
	return s, nil
}

// known checks a field's name and gives it its present one.
func (s *selection) known(label, value string) (string, string, error) {
	if alias := fieldAliases[s.res.Resource][label]; alias != "" {
		label = alias
	}
	switch {
	case label == "metadata.name":
	case label == "metadata.namespace":
	case slices.Contains(s.res.Fields, label):
		s.own = true
	case len(s.res.Fields) == 0:
		return "", "", fmt.Errorf("%q is not a known field selector: only %q, %q", label, "metadata.name", "metadata.namespace")
	case s.res.Resource == "jobs":
		return "", "", fmt.Errorf("field label %q not supported for Job", label)
	case s.res.Resource == "resourceslices":
		return "", "", fmt.Errorf("field label not supported for %s: %s", s.res.GVK(), label)
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

// matchesStored is matches for stored bytes; what the key can decide is not decoded.
func (s *selection) matchesStored(key string, stored []byte, revision int64) (bool, error) {
	if s.everything() {
		return true, nil
	}
	if s.name != "" && key[strings.LastIndexByte(key, '/')+1:] != s.name {
		return false, nil
	}
	o, err := s.res.Codec.Decode(stored, revision)
	if err != nil {
		return false, err
	}
	return s.matches(o), nil
}
