package columns

import (
	"fmt"
	"strings"
	"time"

	networkingv1 "github.com/gatehouse-dev/gatehouse/gen/types/networking/v1"
)

const shownHosts = 3

// ingressHosts are the first hosts. The number of others counts rules, with or without a host, as soon as there are more.
func ingressHosts(in *networkingv1.Ingress) string {
	var hosts []string
	for _, r := range in.Spec.Rules {
		if len(hosts) == shownHosts {
			return strings.Join(hosts, ",") + fmt.Sprintf(" + %d more...", len(in.Spec.Rules)-shownHosts)
		}
		if r.Host != "" {
			hosts = append(hosts, r.Host)
		}
	}
	if len(hosts) == 0 {
		return "*"
	}
	return strings.Join(hosts, ",")
}

func ingressAddress(in *networkingv1.Ingress) string {
	var all []string
	for _, i := range in.Status.LoadBalancer.Ingress {
		all = append(all, firstText(i.IP, i.Hostname))
	}
	return strings.Join(distinct(all), ",")
}

func ingressPorts(in *networkingv1.Ingress) string {
	if len(in.Spec.TLS) != 0 {
		return "80, 443"
	}
	return "80"
}

func ingressParameters(c *networkingv1.IngressClass) string {
	p := c.Spec.Parameters
	if p == nil {
		return "<none>"
	}
	if p.APIGroup != nil {
		return p.Kind + "." + *p.APIGroup + "/" + p.Name
	}
	return p.Kind + "/" + p.Name
}

// defaultIngressClass gets name and annotations.
func defaultIngressClass(v values, _ time.Time) any {
	if v.Pairs(1)["ingressclass.kubernetes.io/is-default-class"] == "true" {
		return v.Text(0) + " (default)"
	}
	return v.Text(0)
}

// parentRef gets group, resource, namespace and name of what an address belongs to; nils when to nothing.
func parentRef(v values, _ time.Time) any {
	if v[3] == nil {
		return "<none>"
	}
	out := strings.ToLower(groupResource(v.Text(0), v.Text(1)))
	if v.Text(2) != "" {
		out += "/" + v.Text(2)
	}
	return out + "/" + v.Text(3)
}
