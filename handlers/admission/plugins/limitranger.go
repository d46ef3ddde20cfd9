package plugins

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
)

// LimitRanger gives containers the requests and limits that the limit ranges of their namespace have for those that say nothing, and
// refuses pods and claims that ask for less or more than these allow.
type LimitRanger struct {
	admission.On
	Cached, Live lookup.Reader
}

// limitRangerAnnotation tells what was filled in.
const limitRangerAnnotation = "kubernetes.io/limit-ranger"

var limitRanges = schema.GroupVersionResource{Version: "v1", Resource: "limitranges"}

func newLimitRanger(d *Deps) any {
	return &LimitRanger{admission.On{admission.Create, admission.Update}, d.Cached, d.Live}
}

// Admit implements admission.Mutator.
func (p *LimitRanger) Admit(ctx context.Context, a *admission.Attributes) error {
	pod, ok := a.Object.(*corev1.Pod)
	if !ok {
		return nil
	}
	ranges, err := p.of(ctx, a)
	for _, r := range ranges {
		fillIn(pod, r)
	}
	return err
}

// Validate implements admission.Validator.
func (p *LimitRanger) Validate(ctx context.Context, a *admission.Attributes) error {
	ranges, err := p.of(ctx, a)
	if err != nil {
		return err
	}
	for _, r := range ranges {
		var faults faults
		switch o := a.Object.(type) {
		case *corev1.Pod:
			faults.pod(&o.Spec, r)
		case *corev1.PersistentVolumeClaim:
			faults.claim(o, r)
		}
		if err := utilerrors.NewAggregate(faults); err != nil {
			return a.Forbidden(err)
		}
	}
	return nil
}

// of are the limit ranges that a request must keep to. A pod is held to them when it is made and when it is resized, and nothing that
// is on its way out.
func (p *LimitRanger) of(ctx context.Context, a *admission.Attributes) ([]*corev1.LimitRange, error) {
	switch {
	case a.Operation == admission.Create && a.Is("", "pods"):
	case a.Operation == admission.Update && a.IsSub("", "pods", "resize"):
	case a.Is("", "persistentvolumeclaims"):
	default:
		return nil, nil
	}
	if a.Old != nil && a.Old.GetDeletionTimestamp() != nil {
		return nil, nil
	}
	ranges, err := lookup.List[*corev1.LimitRange](ctx, p.Cached, limitRanges, a.Namespace)
	if err == nil && len(ranges) == 0 {
		// One may have been made a moment ago, at another server.
		ranges, err = lookup.List[*corev1.LimitRange](ctx, p.Live, limitRanges, a.Namespace)
	}
	if err != nil {
		return nil, a.Forbidden(fmt.Errorf("unable to %s %v at this time because there was an error enforcing limit ranges", a.Operation, a.Resource.GVR()))
	}
	return ranges, nil
}

// fillIn gives each container what it does not say itself, and notes that in an annotation.
func fillIn(pod *corev1.Pod, r *corev1.LimitRange) {
	requests, limits := map[string]resource.Quantity{}, map[string]resource.Quantity{}
	for i := range r.Spec.Limits {
		if item := &r.Spec.Limits[i]; item.Type == "Container" {
			maps.Copy(requests, item.DefaultRequest)
			maps.Copy(limits, item.Default)
		}
	}
	if len(requests) == 0 && len(limits) == 0 {
		return
	}
	var notes []string
	for i := range pod.Spec.Containers {
		notes = fillInOne(&pod.Spec.Containers[i], "container", requests, limits, notes)
	}
	for i := range pod.Spec.InitContainers {
		notes = fillInOne(&pod.Spec.InitContainers[i], "init container", requests, limits, notes)
	}
	if len(notes) == 0 {
		return
	}
	if pod.Annotations == nil {
		pod.Annotations = map[string]string{}
	}
	pod.Annotations[limitRangerAnnotation] = "LimitRanger plugin set: " + strings.Join(notes, "; ")
}

func fillInOne(c *corev1.Container, kind string, requests, limits map[string]resource.Quantity, notes []string) []string {
	if names := missing(&c.Resources.Requests, requests); len(names) > 0 {
		notes = append(notes, strings.Join(names, ", ")+" request for "+kind+" "+c.Name)
	}
	if names := missing(&c.Resources.Limits, limits); len(names) > 0 {
		notes = append(notes, strings.Join(names, ", ")+" limit for "+kind+" "+c.Name)
	}
	return notes
}

// missing adds what a list has not, and says what that was, sorted.
func missing(list *map[string]resource.Quantity, defaults map[string]resource.Quantity) (names []string) {
	for name, q := range defaults {
		if _, given := (*list)[name]; given {
			continue
		}
		if *list == nil {
			*list = make(map[string]resource.Quantity, len(defaults))
		}
		(*list)[name] = q.DeepCopy()
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
