package docs

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

func groupVersionName(group, version string) string {
	if group == "" {
		return version
	}
	return group + "/" + version
}

func (v *view) groupList() *metav1.APIGroupList {
	out := &metav1.APIGroupList{
		TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"},
		Groups:   []metav1.APIGroup{},
	}
	for _, g := range v.groups {
		if g.Name != "" {
			one := g.legacy()
			one.TypeMeta = metav1.TypeMeta{} // items of the list have none
			out.Groups = append(out.Groups, *one)
		}
	}
	return out
}

func (g *group) legacy() *metav1.APIGroup {
	out := &metav1.APIGroup{TypeMeta: metav1.TypeMeta{Kind: "APIGroup", APIVersion: "v1"}, Name: g.Name}
	for _, v := range g.versions {
		out.Versions = append(out.Versions,
			metav1.GroupVersionForDiscovery{GroupVersion: groupVersionName(g.Name, v.Name), Version: v.Name})
	}
	out.PreferredVersion = out.Versions[0]
	return out
}

func (v *groupVersion) legacy() *metav1.APIResourceList {
	out := &metav1.APIResourceList{
		TypeMeta:     metav1.TypeMeta{Kind: "APIResourceList"},
		GroupVersion: groupVersionName(v.Group, v.Name),
	}
	if v.Group != "" { // the core group answers in the form it had before there were groups
		out.APIVersion = "v1"
	}
	for r := range v.Resources() {
		out.APIResources = append(out.APIResources, legacyResource(r))
		for _, s := range subresources(r) {
			out.APIResources = append(out.APIResources, legacyResource(s))
		}
	}
	return out
}

func legacyResource(r *resource.Resource) metav1.APIResource {
	out := metav1.APIResource{Name: r.Resource, Namespaced: r.Namespaced, Kind: r.Kind, Verbs: r.Verbs}
	if r.KindGroup != r.Group || r.KindVersion != r.Version {
		out.Group, out.Version = r.KindGroup, r.KindVersion
	}
	if r.Subresource != "" {
		out.Name += "/" + r.Subresource
		return out
	}
	out.SingularName, out.ShortNames, out.Categories = r.Singular, r.ShortNames, r.Categories
	out.StorageVersionHash = storageVersionHash(r)
	return out
}

// storageVersionHash lets clients see that the stored form of a resource changed; empty for what is not stored.
func storageVersionHash(r *resource.Resource) string {
	if r.Storage == "" {
		return ""
	}
	group, version, _ := strings.Cut(r.Storage, "/")
	sum := sha256.Sum256([]byte(group + "/" + version + "/" + r.Kind))
	return base64.StdEncoding.EncodeToString(sum[:8])
}
