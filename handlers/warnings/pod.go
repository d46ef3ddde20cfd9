package warnings

import (
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

func podAddresses(s *corev1.PodStatus) (out []string) {
	status := field.NewPath("status")
	for i, ip := range s.PodIPs {
		out = append(out, validation.GetWarningsForIP(status.Child("podIPs").Index(i).Child("ip"), ip.IP)...)
	}
	for i, ip := range s.HostIPs {
		out = append(out, validation.GetWarningsForIP(status.Child("hostIPs").Index(i).Child("ip"), ip.IP)...)
	}
	return out
}
