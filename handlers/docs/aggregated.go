package docs

import (
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	apidiscovery "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// aggregated is a list of whole groups in the forms it was asked for so far.
type aggregated struct {
	once sync.Once
	list *apidiscovery.APIGroupDiscoveryList
	etag string
	err  error
}

const aggregatedParameters = ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

func (v *view) serveAggregated(w http.ResponseWriter, r *http.Request, a *aggregated, as form) {
	a.once.Do(func() { v.aggregate(a) })
	if a.err != nil {
		writeStatus(w, r, internalError(a.err))
		return
	}
	h := w.Header()
	h.Set("Vary", "Accept")
	h.Set("Etag", a.etag)
	h.Set("Cache-Control", "public")
	if r.Header.Get("If-None-Match") == a.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body, err := as.encode(r, a.list)
	if err != nil {
		h.Del("Etag")
		writeStatus(w, r, internalError(err))
		return
	}
	h.Set("Content-Type", as.media+aggregatedParameters)
	write(w, http.StatusOK, body)
}

// aggregate fills a: the core group alone for /api, all others for /apis.
func (v *view) aggregate(a *aggregated) {
	list := &apidiscovery.APIGroupDiscoveryList{Items: []apidiscovery.APIGroupDiscovery{}}
	for _, g := range v.groups {
		if (g.name == "") == (a == &v.core) {
			list.Items = append(list.Items, g.aggregated())
		}
	}
	// The tag is a hash of the items without the kind, as the original's is: replicas and a roll-back keep clients' caches.
	b, err := json.Marshal(list)
	if err != nil {
		a.err = fmt.Errorf("aggregated discovery: %w", err)
		return
	}
	list.TypeMeta = metav1.TypeMeta{Kind: "APIGroupDiscoveryList", APIVersion: "apidiscovery.k8s.io/v2"}
	a.list, a.etag = list, quotedHash(b)
}

// quotedHash is an entity tag for b.
func quotedHash(b []byte) string { return `"` + hash(b) + `"` }

func hash(b []byte) string { return fmt.Sprintf("%X", sha512.Sum512(b)) }

func (g *group) aggregated() apidiscovery.APIGroupDiscovery {
	out := apidiscovery.APIGroupDiscovery{ObjectMeta: metav1.ObjectMeta{Name: g.name}}
	for _, v := range g.versions {
		one := apidiscovery.APIVersionDiscovery{Version: v.name, Freshness: apidiscovery.DiscoveryFreshnessCurrent}
		for _, r := range v.resources {
			one.Resources = append(one.Resources, aggregatedResource(r))
		}
		out.Versions = append(out.Versions, one)
	}
	return out
}

func aggregatedResource(r *resource.Resource) apidiscovery.APIResourceDiscovery {
	out := apidiscovery.APIResourceDiscovery{
		Resource: r.Resource, ResponseKind: responseKind(r), Scope: apidiscovery.ScopeCluster, SingularResource: r.Singular,
		Verbs: r.Verbs, ShortNames: r.ShortNames, Categories: r.Categories,
	}
	if r.Namespaced {
		out.Scope = apidiscovery.ScopeNamespace
	}
	for _, s := range subresources(r) {
		out.Subresources = append(out.Subresources,
			apidiscovery.APISubresourceDiscovery{Subresource: s.Subresource, ResponseKind: responseKind(s), Verbs: s.Verbs})
	}
	return out
}

// responseKind leaves group and version out where they are those of the list, as in the unaggregated answers.
func responseKind(r *resource.Resource) *metav1.GroupVersionKind {
	if r.KindGroup == r.Group && r.KindVersion == r.Version {
		return &metav1.GroupVersionKind{Kind: r.Kind}
	}
	return &metav1.GroupVersionKind{Group: r.KindGroup, Version: r.KindVersion, Kind: r.Kind}
}
