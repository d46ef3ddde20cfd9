package presence

import (
	"context"
	"fmt"
	"net/netip"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

const (
	serviceName = "kubernetes"
	portName    = "https"
	servicePort = 443
)

var services = schema.GroupVersionResource{Version: "v1", Resource: "services"}

// service creates the service kubernetes when it is missing. It changes none that exists.
func (p *Presence) service(ctx context.Context) error {
	_, err := p.Objects.Get(ctx, services, metav1.NamespaceDefault, serviceName)
	if err == nil || !apierrors.IsNotFound(err) {
		return err
	}
	ip, err := p.serviceIP()
	if err != nil {
		return err
	}
	policy := "SingleStack"
	s := &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: serviceName, Labels: map[string]string{"provider": "kubernetes", "component": "apiserver"}},
		Spec: corev1.ServiceSpec{
			Ports:     []corev1.ServicePort{{Protocol: "TCP", Port: servicePort, Name: portName, TargetPort: intstr.FromInt32(int32(p.Port)), NodePort: int32(p.NodePort)}},
			ClusterIP: ip, IPFamilyPolicy: &policy, SessionAffinity: "None", Type: "ClusterIP",
		},
	}
	if p.NodePort > 0 {
		s.Spec.Type = "NodePort"
	}
	if err := p.Writer.Create(ctx, resource.OwnWrite{Resource: services}, s); !apierrors.IsAlreadyExists(err) {
		return err
	}
	return nil
}

// serviceIP is the first usable address of the first range.
func (p *Presence) serviceIP() (string, error) {
	if len(p.CIDRs) == 0 {
		return "", fmt.Errorf("there is no range of addresses for services")
	}
	prefix, err := netip.ParsePrefix(p.CIDRs[0])
	if err != nil {
		return "", fmt.Errorf("range of addresses for services: %w", err)
	}
	return prefix.Masked().Addr().Next().String(), nil
}
