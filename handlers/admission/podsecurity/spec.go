package podsecurity

import (
	"fmt"
	"sync"

	published "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	batchv1 "github.com/gatehouse-dev/gatehouse/gen/types/batch/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// made is what is judged: the annotations and the spec of a pod, or of a template.
type made struct {
	annotations map[string]string
	spec        *corev1.PodSpec
}

// templateOf is the template of an object that makes pods. A replication controller may have none.
func templateOf(o object.Object) (made, error) {
	var t *corev1.PodTemplateSpec
	switch o := o.(type) {
	case *corev1.PodTemplate:
		t = &o.Template
	case *corev1.ReplicationController:
		t = o.Spec.Template
	case *appsv1.ReplicaSet:
		t = &o.Spec.Template
	case *appsv1.Deployment:
		t = &o.Spec.Template
	case *appsv1.DaemonSet:
		t = &o.Spec.Template
	case *appsv1.StatefulSet:
		t = &o.Spec.Template
	case *batchv1.Job:
		t = &o.Spec.Template
	case *batchv1.CronJob:
		t = &o.Spec.JobTemplate.Spec.Template
	default:
		return made{}, fmt.Errorf("unexpected object type: %s", o.GetObjectKind().GroupVersionKind())
	}
	if t == nil {
		return made{}, nil
	}
	return made{t.Annotations, &t.Spec}, nil
}

// messages are buffers for specs on their way to the library.
var messages = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// evaluate asks the library, whose pods are the published Go types. They have the same message in protobuf.
func (p *Plugin) evaluate(lv api.LevelVersion, what made) (r policy.AggregateCheckResult, err error) {
	if lv.Level == api.LevelPrivileged {
		return policy.AggregateCheckResult{Allowed: true}, nil
	}
	evaluator, err := p.evaluator()
	if err != nil {
		return r, fmt.Errorf("the checks of the Pod Security Standards: %w", err)
	}
	buffer := messages.Get().(*[]byte)
	defer messages.Put(buffer)
	message, err := codec.AppendProtobufMessage((*buffer)[:0], what.spec)
	if err != nil {
		return r, err
	}
	if cap(message) <= 64<<10 {
		*buffer = message
	}
	var spec published.PodSpec
	if err := spec.Unmarshal(message); err != nil {
		return r, err
	}
	return policy.AggregateCheckResults(evaluator.EvaluatePod(lv, &metav1.ObjectMeta{Annotations: what.annotations}, &spec)), nil
}

// changes says whether an update of a pod can matter: other containers, or other images.
func changes(now, was *corev1.PodSpec) bool {
	differ := func(a, b []corev1.Container) bool {
		if len(a) != len(b) {
			return true
		}
		for i := range a {
			if a[i].Image != b[i].Image {
				return true
			}
		}
		return false
	}
	if differ(now.Containers, was.Containers) || differ(now.InitContainers, was.InitContainers) {
		return true
	}
	images := make(map[string]string, len(was.EphemeralContainers))
	for i := range was.EphemeralContainers {
		images[was.EphemeralContainers[i].Name] = was.EphemeralContainers[i].Image
	}
	for i := range now.EphemeralContainers {
		if image, found := images[now.EphemeralContainers[i].Name]; !found || image != now.EphemeralContainers[i].Image {
			return true
		}
	}
	return false
}
