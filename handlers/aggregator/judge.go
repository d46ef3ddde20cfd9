package aggregator

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"slices"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	apiregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiregistration/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	discoveryv1 "github.com/gatehouse-dev/gatehouse/gen/types/discovery/v1"
)

// How many times a server is asked at once whether it is there, of which one answer is enough, and how long is waited for one.
const (
	attempts = 5
	patience = 5 * time.Second
)

// judge looks whether a server can be reached, and says so in upstream's words.
func (a *Aggregator) judge(ctx context.Context, r *remote) apiregistrationv1.APIServiceCondition {
	found := func(status, reason, format string, args ...any) apiregistrationv1.APIServiceCondition {
		return apiregistrationv1.APIServiceCondition{Type: availableType, Status: status, Reason: reason, Message: fmt.Sprintf(format, args...)}
	}
	service, err := a.service(ctx, r)
	switch {
	case apierrors.IsNotFound(err):
		return found("False", "ServiceNotFound", "service/%s in %q is not present", r.name, r.namespace)
	case err != nil:
		return found("Unknown", "ServiceAccessError", "service/%s in %q cannot be checked due to: %v", r.name, r.namespace, err)
	}
	if service.Spec.Type == "ClusterIP" {
		port := servicePort(service, r.port)
		if port == nil {
			return found("False", "ServicePortError", "service/%s in %q is not listening on port %d", r.name, r.namespace, r.port)
		}
		all, err := a.endpoints(ctx, r)
		switch {
		case err != nil:
			return found("Unknown", "EndpointsAccessError", "service/%s in %q cannot be checked due to: %v", r.name, r.namespace, err)
		case len(all) == 0:
			return found("False", "EndpointsNotFound", "cannot find endpointslices for service/%s in %q", r.name, r.namespace)
		case !slices.ContainsFunc(all, func(s *discoveryv1.EndpointSlice) bool {
			return slices.ContainsFunc(s.Endpoints, ready) && numberOf(s, port.Name) != 0
		}):
			return found("False", "MissingEndpoints", "endpointslices for service/%s in %q have no addresses with port name %q", r.name, r.namespace, port.Name)
		}
	}
	if err := a.probe(ctx, r); err != nil {
		return found("False", "FailedDiscoveryCheck", "%s", err)
	}
	return found("True", "Passed", "all checks passed")
}

func ready(e discoveryv1.Endpoint) bool { return e.Conditions.Ready == nil || *e.Conditions.Ready }

// numberOf is the number of a slice's port of that name; 0 for none.
func numberOf(s *discoveryv1.EndpointSlice, name string) int32 {
	for _, p := range s.Ports {
		if p.Name != nil && *p.Name == name && p.Port != nil {
			return *p.Port
		}
	}
	return 0
}

// probe asks the server several times at once for what every such server has, until the first good answer. Without one the error
// is that of the last to fail.
func (a *Aggregator) probe(ctx context.Context, r *remote) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answers := make(chan error, attempts)
	for range attempts {
		go func() { answers <- a.ask(ctx, r) }()
	}
	var err error
	for range attempts {
		if err = <-answers; err == nil {
			return nil
		}
	}
	return err
}

func (a *Aggregator) ask(ctx context.Context, r *remote) error {
	host, err := a.resolve(ctx, r)
	if err != nil {
		return err
	}
	at := url.URL{Scheme: "https", Host: host, Path: r.path()}
	answer, err := r.get(ctx, host, at.Path, "", "")
	if err == nil {
		_ = answer.Body.Close() // only the code is of interest
		if answer.StatusCode/100 != 2 {
			err = fmt.Errorf("bad status from %v: %d", &at, answer.StatusCode)
		}
	} else {
		r.close()
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("Get %q: %w (Client.Timeout exceeded while awaiting headers)", at.String(), err)
		} else {
			err = fmt.Errorf("Get %q: %w", at.String(), err)
		}
	}
	if err != nil {
		return fmt.Errorf("failing or missing response from %v: %w", &at, err)
	}
	return nil
}

// path is that of the group-version.
func (r *remote) path() string {
	if r.spec.Group == "" {
		return "/api/" + r.spec.Version
	}
	return "/apis/" + r.spec.Group + "/" + r.spec.Version
}

func (a *Aggregator) service(ctx context.Context, r *remote) (*corev1.Service, error) {
	o, err := a.Objects.Get(ctx, services, r.namespace, r.name)
	if err != nil {
		return nil, err
	}
	s, ok := o.(*corev1.Service)
	if !ok {
		return nil, fmt.Errorf("unexpected %T", o)
	}
	return s, nil
}

// serviceNameLabel says whose endpoints a slice has.
const serviceNameLabel = "kubernetes.io/service-name"

func (a *Aggregator) endpoints(ctx context.Context, r *remote) (out []*discoveryv1.EndpointSlice, err error) {
	all, err := a.Objects.List(ctx, endpointSlices, r.namespace)
	for _, o := range all {
		if s, ok := o.(*discoveryv1.EndpointSlice); ok && s.Labels[serviceNameLabel] == r.name {
			out = append(out, s)
		}
	}
	return out, err
}

func servicePort(s *corev1.Service, number int32) *corev1.ServicePort {
	for i := range s.Spec.Ports {
		if s.Spec.Ports[i].Port == number {
			return &s.Spec.Ports[i]
		}
	}
	return nil
}

// resolve is the host and port to connect to: the service's address, or one of its endpoints.
func (a *Aggregator) resolve(ctx context.Context, r *remote) (string, error) {
	s, err := a.service(ctx, r)
	if err != nil {
		return "", err
	}
	join := func(host string, port int32) string { return net.JoinHostPort(host, strconv.Itoa(int(port))) }
	switch s.Spec.Type {
	case "ClusterIP", "LoadBalancer", "NodePort":
	case "ExternalName":
		if !a.Endpoints {
			return join(s.Spec.ExternalName, r.port), nil
		}
		fallthrough
	default:
		return "", fmt.Errorf("unsupported service type %q", s.Spec.Type)
	}
	if s.Spec.Type == "ClusterIP" && s.Spec.ClusterIP == "None" && !a.Endpoints {
		return "", errors.New(`cannot route to service with ClusterIP "None"`)
	}
	port := servicePort(s, r.port)
	if port == nil {
		return "", apierrors.NewServiceUnavailable(fmt.Sprintf("no service port %d found for service %q", r.port, r.name))
	}
	if !a.Endpoints {
		return join(s.Spec.ClusterIP, port.Port), nil
	}
	all, err := a.endpoints(ctx, r)
	if err != nil {
		return "", err
	}
	// In any order, but those of the first family of addresses before the others.
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	if len(s.Spec.IPFamilies) > 0 {
		slices.SortStableFunc(all, func(x, y *discoveryv1.EndpointSlice) int {
			return second(x, s.Spec.IPFamilies[0]) - second(y, s.Spec.IPFamilies[0])
		})
	}
	for _, slice := range all {
		number := numberOf(slice, port.Name)
		if number == 0 || len(slice.Endpoints) == 0 {
			continue
		}
		offset := rand.IntN(len(slice.Endpoints))
		for i := range slice.Endpoints {
			if e := slice.Endpoints[(i+offset)%len(slice.Endpoints)]; ready(e) && len(e.Addresses) > 0 {
				return join(e.Addresses[0], number), nil
			}
		}
	}
	return "", apierrors.NewServiceUnavailable(fmt.Sprintf("no endpoints available for service %q", r.name))
}

// second is 1 for a slice of another family of addresses.
func second(s *discoveryv1.EndpointSlice, family string) int {
	if s.AddressType == family {
		return 0
	}
	return 1
}
