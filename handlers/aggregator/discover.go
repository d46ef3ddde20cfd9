package aggregator

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"

	apidiscovery "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// aggregatedForm is the form of discovery in which a server says everything at once; not all servers have it.
const aggregatedForm = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

// largestDiscovery is how much of a server's discovery is read.
const largestDiscovery = 8 << 20

// discover asks a server what its version has, and says whether it has told that. Otherwise what it said before is still the best
// that is known, and its requests are served all the same.
func (r *remote) discover(ctx context.Context, resolve func(context.Context, *remote) (string, error)) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	host, err := resolve(ctx, r)
	if err != nil {
		return false
	}
	found, err := r.discoverAggregated(ctx, host)
	if err == nil && found == nil {
		return true // as it was
	}
	if err != nil {
		if found, err = r.discoverLegacy(ctx, host); err != nil {
			r.owner.Log.Warn("an API server does not say what it has", "group", r.spec.Group, "version", r.spec.Version, "error", err)
			return false
		}
	}
	if !reflect.DeepEqual(found, r.discovered) {
		r.discovered = found
	}
	return true
}

// discoverAggregated is nil without an error for what has not changed.
func (r *remote) discoverAggregated(ctx context.Context, host string) (*apidiscovery.APIVersionDiscovery, error) {
	answer, err := r.get(ctx, host, "/apis", aggregatedForm, r.etag)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusNotModified && r.discovered != nil:
		return nil, nil
	case answer.StatusCode != http.StatusOK || !strings.Contains(answer.Header.Get("Content-Type"), "as=APIGroupDiscoveryList"):
		return nil, fmt.Errorf("no aggregated discovery: %s", answer.Status)
	}
	var list apidiscovery.APIGroupDiscoveryList
	if err := json.NewDecoder(io.LimitReader(answer.Body, largestDiscovery)).Decode(&list); err != nil {
		return nil, fmt.Errorf("aggregated discovery: %w", err)
	}
	for i := range list.Items {
		if list.Items[i].Name != r.spec.Group {
			continue
		}
		for j := range list.Items[i].Versions {
			if v := &list.Items[i].Versions[j]; v.Version == r.spec.Version {
				r.etag = answer.Header.Get("ETag")
				return v, nil
			}
		}
	}
	return nil, fmt.Errorf("aggregated discovery has no %s/%s", r.spec.Group, r.spec.Version)
}

// discoverLegacy makes the same of the list of the version's resources, which every server has.
func (r *remote) discoverLegacy(ctx context.Context, host string) (*apidiscovery.APIVersionDiscovery, error) {
	answer, err := r.get(ctx, host, r.path(), "application/json", "")
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", r.path(), answer.Status)
	}
	var list metav1.APIResourceList
	if err := json.NewDecoder(io.LimitReader(answer.Body, largestDiscovery)).Decode(&list); err != nil {
		return nil, fmt.Errorf("%s: %w", r.path(), err)
	}
	return converted(r.spec.Version, r.spec.Group, list.APIResources), nil
}

// converted joins resources and their subresources, which follow or precede them in a list.
func converted(version, group string, list []metav1.APIResource) *apidiscovery.APIVersionDiscovery {
	out := &apidiscovery.APIVersionDiscovery{Version: version}
	at := map[string]int{}
	entry := func(name string) *apidiscovery.APIResourceDiscovery {
		i, known := at[name]
		if !known {
			i = len(out.Resources)
			at[name] = i
			out.Resources = append(out.Resources, apidiscovery.APIResourceDiscovery{Resource: name, ResponseKind: &metav1.GroupVersionKind{}})
		}
		return &out.Resources[i]
	}
	for _, r := range list {
		kind := &metav1.GroupVersionKind{Group: r.Group, Version: r.Version, Kind: r.Kind}
		if kind.Version == "" {
			kind.Group, kind.Version = group, version
		}
		parent, sub, below := strings.Cut(r.Name, "/")
		e := entry(parent)
		if below {
			e.Subresources = append(e.Subresources, apidiscovery.APISubresourceDiscovery{Subresource: sub, ResponseKind: kind, Verbs: r.Verbs})
			continue
		}
		e.ResponseKind, e.SingularResource, e.Verbs = kind, r.SingularName, r.Verbs
		e.ShortNames, e.Categories, e.Scope = r.ShortNames, r.Categories, apidiscovery.ScopeCluster
		if r.Namespaced {
			e.Scope = apidiscovery.ScopeNamespace
		}
	}
	return out
}
