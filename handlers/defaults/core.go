package defaults

import (
	"maps"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// clientIPSeconds is how long a client sticks to its endpoint.
const clientIPSeconds = 10800

func service(s *corev1.Service) {
	s.SetDefaults()
	spec := &s.Spec
	switch spec.SessionAffinity {
	case "None":
		spec.SessionAffinityConfig = nil
	case "ClientIP":
		if c := spec.SessionAffinityConfig; c == nil || c.ClientIP == nil || c.ClientIP.TimeoutSeconds == nil {
			seconds := int32(clientIPSeconds)
			spec.SessionAffinityConfig = &corev1.SessionAffinityConfig{ClientIP: &corev1.ClientIPConfig{TimeoutSeconds: &seconds}}
		}
	}
	for i := range spec.Ports {
		if p := &spec.Ports[i]; p.TargetPort == intstr.FromInt32(0) || p.TargetPort == intstr.FromString("") {
			p.TargetPort = intstr.FromInt32(p.Port)
		}
	}
	external := spec.Type == "LoadBalancer" || spec.Type == "NodePort" || spec.Type == "ClusterIP" && len(spec.ExternalIPs) > 0
	if external && spec.ExternalTrafficPolicy == "" {
		spec.ExternalTrafficPolicy = "Cluster"
	}
	if spec.Type == "ClusterIP" || spec.Type == "NodePort" || spec.Type == "LoadBalancer" {
		setIfNil(&spec.InternalTrafficPolicy, "Cluster")
	}
	if spec.Type == "LoadBalancer" {
		setIfNil(&spec.AllocateLoadBalancerNodePorts, true)
		for i := range s.Status.LoadBalancer.Ingress {
			if in := &s.Status.LoadBalancer.Ingress[i]; in.IP != "" {
				setIfNil(&in.IPMode, "VIP")
			}
		}
	}
}

// persistentVolume has here what its spec has not by itself: an attachment may hold such a spec too, and no defaults are
// for that.
func persistentVolume(v *corev1.PersistentVolume) {
	v.SetDefaults()
	if v.Spec.PersistentVolumeReclaimPolicy == "" {
		v.Spec.PersistentVolumeReclaimPolicy = "Retain"
	}
	setIfNil(&v.Spec.VolumeMode, "Filesystem")
}

// namespace carries its name as a label, for selectors. One that waits for a generated name gets the label later.
func namespace(n *corev1.Namespace) {
	if n.Name != "" {
		if n.Labels == nil {
			n.Labels = map[string]string{}
		}
		n.Labels["kubernetes.io/metadata.name"] = n.Name
	}
	n.SetDefaults()
}

func node(n *corev1.Node) {
	// What is empty is stored as absent, and then it is the capacity that readers find.
	if len(n.Status.Allocatable) == 0 && n.Status.Capacity != nil {
		n.Status.Allocatable = maps.Clone(n.Status.Capacity)
	}
	podCIDRs(&n.Spec)
	n.SetDefaults()
}

func replicationController(r *corev1.ReplicationController) {
	if t := r.Spec.Template; t != nil {
		podTemplateSpec(t)
		if t.Labels != nil && len(r.Spec.Selector) == 0 {
			r.Spec.Selector = maps.Clone(t.Labels)
		}
		if t.Labels != nil && len(r.Labels) == 0 {
			r.Labels = maps.Clone(t.Labels)
		}
	}
	r.SetDefaults()
}

// limitRange completes the limits of containers: default from max, default request from default, then from min.
func limitRange(l *corev1.LimitRange) {
	for i := range l.Spec.Limits {
		item := &l.Spec.Limits[i]
		if item.Type != "Container" {
			continue
		}
		complete(&item.Default, item.Max)
		complete(&item.DefaultRequest, item.Default)
		complete(&item.DefaultRequest, item.Min)
	}
	l.SetDefaults()
}

// complete adds to a list what it lacks of another.
func complete(to *map[string]resource.Quantity, from map[string]resource.Quantity) {
	for name, q := range from {
		if _, set := (*to)[name]; set {
			continue
		}
		if *to == nil {
			*to = map[string]resource.Quantity{}
		}
		(*to)[name] = q.DeepCopy()
	}
}
