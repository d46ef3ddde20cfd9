package podspec

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

const (
	seccompOfPod       = "seccomp.security.alpha.kubernetes.io/pod"
	seccompOfContainer = "container.seccomp.security.alpha.kubernetes.io/"
	appArmorAnnotation = "container.apparmor.security.beta.kubernetes.io/"
	seccompGone        = `non-functional in v1.27+; use the "seccompProfile" field instead`
	fraction           = "fractional byte value %q is invalid, must be an integer"
	// AppArmorDeprecated is the message about the annotation that a field has replaced.
	AppArmorDeprecated = `deprecated since v1.30; use the "appArmorProfile" field instead`
)

// oldAnnotations of pods have no effect any more.
var oldAnnotations = []struct{ key, message string }{
	{"scheduler.alpha.kubernetes.io/critical-pod", `non-functional in v1.16+; use the "priorityClassName" field instead`},
	{"security.alpha.kubernetes.io/sysctls", `non-functional in v1.11+; use the "sysctls" field instead`},
	{"security.alpha.kubernetes.io/unsafe-sysctls", `non-functional in v1.11+; use the "sysctls" field instead`},
}

// bytesOf are the resources in bytes, which must be integers.
var bytesOf = []string{"memory", "ephemeral-storage"}

// Warnings are those of a pod (root is nil) or of a pod template at root.
func Warnings(root *field.Path, s *corev1.PodSpec, meta *metav1.ObjectMeta) []string {
	path, annotations := root.Child("spec"), root.Child("metadata", "annotations")
	out := placement(s, path)
	for _, a := range oldAnnotations {
		if _, ok := meta.Annotations[a.key]; ok {
			out = append(out, kind.Said(annotations.Key(a.key), "%s", a.message))
		}
	}
	for i := range s.Volumes {
		out = append(out, volumeWarnings(&s.Volumes[i], path.Child("volumes").Index(i))...)
	}
	left := newBudget()
	for i := range s.Volumes {
		out = append(out, overlaps(&s.Volumes[i], left)...)
	}
	out = append(out, repetitions(s, path)...)
	for _, name := range bytesOf {
		out = append(out, fractional(s.Overhead, name, path.Child("overhead"))...)
	}
	if s.SecurityContext == nil || s.SecurityContext.SeccompProfile == nil {
		if _, ok := meta.Annotations[seccompOfPod]; ok {
			out = append(out, kind.Said(annotations.Key(seccompOfPod), seccompGone))
		}
	}
	all := containers(s, path)
	for _, c := range all {
		out = append(out, profiles(c, s, meta, root == nil, annotations)...)
		for _, name := range bytesOf {
			out = append(out, fractional(c.resources.Limits, name, c.path.Child("resources", "limits"))...)
			out = append(out, fractional(c.resources.Requests, name, c.path.Child("resources", "requests"))...)
		}
		out = append(out, variables(c.env, c.path.Child("env"))...)
	}
	out = append(out, ports(all, newBudget())...)
	if t := s.TerminationGracePeriodSeconds; t != nil && *t < 0 {
		out = append(out, kind.Said(path.Child("terminationGracePeriodSeconds"), "must be >= 0; negative values are invalid and will be treated as 1"))
	}
	out = append(out, podTerms(s.Affinity, path.Child("affinity"))...)
	if s.DNSConfig != nil {
		for i, ip := range s.DNSConfig.Nameservers {
			out = append(out, validation.GetWarningsForIP(path.Child("dnsConfig", "nameservers").Index(i), ip)...)
		}
	}
	for i, a := range s.HostAliases {
		out = append(out, validation.GetWarningsForIP(path.Child("hostAliases").Index(i).Child("ip"), a.IP)...)
	}
	return out
}

// repetitions warns of duplicates in lists that should not have any.
func repetitions(s *corev1.PodSpec, path *field.Path) (out []string) {
	seen := map[string]bool{}
	for i, a := range s.HostAliases {
		if seen[a.IP] {
			out = append(out, kind.Said(path.Child("hostAliases").Index(i).Child("ip"), "duplicate ip %q", a.IP))
		}
		seen[a.IP] = true
	}
	clear(seen)
	at := path.Child("imagePullSecrets")
	for i, r := range s.ImagePullSecrets {
		if seen[r.Name] {
			out = append(out, kind.Said(at.Index(i).Child("name"), "duplicate name %q", r.Name))
		}
		seen[r.Name] = true
	}
	for i, r := range s.ImagePullSecrets {
		if r.Name == "" {
			out = append(out, kind.Said(at.Index(i).Child("name"), `invalid empty name ""`))
		}
	}
	return out
}

func fractional(list map[string]resource.Quantity, name string, path *field.Path) []string {
	q, ok := list[name]
	if !ok || q.MilliValue()%1000 == 0 {
		return nil
	}
	return []string{kind.Said(path.Key(name), fraction, q.String())}
}

// container is what containers of all three kinds have in common.
type container struct {
	path      *field.Path
	name      string
	security  *corev1.SecurityContext
	resources *corev1.ResourceRequirements
	env       []corev1.EnvVar
	ports     []corev1.ContainerPort
}

func containers(s *corev1.PodSpec, path *field.Path) (out []container) {
	add := func(list string, i int, name string, sc *corev1.SecurityContext, r *corev1.ResourceRequirements, env []corev1.EnvVar, ports []corev1.ContainerPort) {
		out = append(out, container{path.Child(list).Index(i), name, sc, r, env, ports})
	}
	for i := range s.InitContainers {
		c := &s.InitContainers[i]
		add("initContainers", i, c.Name, c.SecurityContext, &c.Resources, c.Env, c.Ports)
	}
	for i := range s.Containers {
		c := &s.Containers[i]
		add("containers", i, c.Name, c.SecurityContext, &c.Resources, c.Env, c.Ports)
	}
	for i := range s.EphemeralContainers {
		c := &s.EphemeralContainers[i]
		add("ephemeralContainers", i, c.Name, c.SecurityContext, &c.Resources, c.Env, c.Ports)
	}
	return out
}

// profiles warns of annotations of one container that fields have replaced. The conversion of a pod's AppArmor annotations warns
// by itself.
func profiles(c container, s *corev1.PodSpec, meta *metav1.ObjectMeta, ofPod bool, annotations *field.Path) (out []string) {
	if c.security == nil || c.security.SeccompProfile == nil {
		if _, ok := meta.Annotations[seccompOfContainer+c.name]; ok {
			out = append(out, kind.Said(annotations.Key(seccompOfContainer+c.name), seccompGone))
		}
	}
	if ofPod || c.security != nil && c.security.AppArmorProfile != nil {
		return out
	}
	value, ok := meta.Annotations[appArmorAnnotation+c.name]
	if !ok {
		return out
	}
	if s.SecurityContext != nil && s.SecurityContext.AppArmorProfile != nil && equality.Semantic.DeepEqual(s.SecurityContext.AppArmorProfile, AppArmor(value)) {
		return out
	}
	return append(out, kind.Said(annotations.Key(appArmorAnnotation+c.name), AppArmorDeprecated))
}

// AppArmor is the profile of an annotation's value; nil for an invalid value.
func AppArmor(value string) *corev1.AppArmorProfile {
	if name, ok := strings.CutPrefix(value, "localhost/"); ok && name != "" {
		return &corev1.AppArmorProfile{Type: "Localhost", LocalhostProfile: &name}
	}
	switch value {
	case "unconfined":
		return &corev1.AppArmorProfile{Type: "Unconfined"}
	case "runtime/default":
		return &corev1.AppArmorProfile{Type: "RuntimeDefault"}
	}
	return nil
}

// variables warns of variables that hide an earlier one of the same name, unless they refer to it.
func variables(list []corev1.EnvVar, path *field.Path) (out []string) {
	seen := make(map[string]bool, len(list))
	for i, e := range list {
		reference := "$(" + e.Name + ")"
		if seen[e.Name] && (e.ValueFrom != nil || e.Value == reference || !strings.Contains(e.Value, reference)) {
			out = append(out, kind.Said(path.Index(i), "hides previous definition of %q, which may be dropped when using apply", e.Name))
		}
		seen[e.Name] = true
	}
	return out
}
