package plugins

import (
	"context"
	"errors"
	"fmt"
	"maps"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
)

// PodNodeSelector keeps the pods of a namespace on the nodes that its annotation selects.
type PodNodeSelector struct {
	admission.On
	Cached, Live lookup.Reader
	// selectors by namespace say what pods may select there; that of clusterDefault is for namespaces without annotation.
	selectors map[string]string
}

const (
	nodeSelectorAnnotation = "scheduler.alpha.kubernetes.io/node-selector"
	clusterDefault         = "clusterDefaultNodeSelector"
)

func newPodNodeSelector(d *Deps, c admission.Configured) (any, error) {
	var config struct {
		PodNodeSelectorPluginConfig map[string]string `json:"podNodeSelectorPluginConfig"`
	}
	if err := yaml.Unmarshal(c.Content, &config); err != nil {
		return nil, fmt.Errorf("unable to read its configuration: %w", err)
	}
	return &PodNodeSelector{admission.On{admission.Create}, d.Cached, d.Live, config.PodNodeSelectorPluginConfig}, nil
}

var (
	errSelectorConflict  = errors.New("pod node label selector conflicts with its namespace node label selector")
	errSelectorWhitelist = errors.New("pod node label selector labels conflict with its namespace whitelist")
)

// Admit implements admission.Mutator.
func (p *PodNodeSelector) Admit(ctx context.Context, a *admission.Attributes) error {
	pod, selector, err := p.selected(ctx, a)
	if pod == nil || err != nil {
		return err
	}
	merged := maps.Clone(selector)
	maps.Copy(merged, pod.Spec.NodeSelector)
	pod.Spec.NodeSelector = merged
	return p.Validate(ctx, a)
}

// Validate implements admission.Validator.
func (p *PodNodeSelector) Validate(ctx context.Context, a *admission.Attributes) error {
	pod, _, err := p.selected(ctx, a)
	if pod == nil || err != nil {
		return err
	}
	allowed, err := labels.ConvertSelectorToLabelsMap(p.selectors[a.Namespace])
	if err != nil {
		return err
	}
	if len(allowed) == 0 {
		return nil
	}
	for key, value := range pod.Spec.NodeSelector {
		if is, found := allowed[key]; !found || is != value {
			return apierrors.NewForbidden(a.Resource.GroupResource(), pod.Name, errSelectorWhitelist)
		}
	}
	return nil
}

// selected is the pod with the selector of its namespace, which must agree; nil for what is no pod.
func (p *PodNodeSelector) selected(ctx context.Context, a *admission.Attributes) (*corev1.Pod, labels.Set, error) {
	pod, ok := a.Object.(*corev1.Pod)
	if !ok || !a.Is("", "pods") {
		return nil, nil, nil
	}
	selector, err := p.namespaceSelector(ctx, a.Namespace)
	if err == nil && labels.Conflicts(selector, pod.Spec.NodeSelector) {
		err = apierrors.NewForbidden(a.Resource.GroupResource(), pod.Name, errSelectorConflict)
	}
	return pod, selector, err
}

func (p *PodNodeSelector) namespaceSelector(ctx context.Context, name string) (labels.Set, error) {
	ns, err := lookup.Get[*corev1.Namespace](ctx, p.Cached, namespaces, "", name)
	if apierrors.IsNotFound(err) {
		if ns, err = lookup.Get[*corev1.Namespace](ctx, p.Live, namespaces, "", name); err != nil {
			err = fmt.Errorf("namespace %s does not exist", name)
		}
	}
	if err != nil {
		return nil, apierrors.NewInternalError(err)
	}
	text, found := ns.Annotations[nodeSelectorAnnotation]
	if !found {
		text = p.selectors[clusterDefault]
	}
	return labels.ConvertSelectorToLabelsMap(text)
}
