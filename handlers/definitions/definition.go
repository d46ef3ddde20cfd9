package definitions

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/version"

	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiextensions/v1"

	crdschema "github.com/gatehouse-dev/gatehouse/handlers/definitions/schema"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/apiextensions"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// definition is what one state of a definition defines. It is immutable. A state that defines the same, because only its status
// is another, keeps the definition of the one before.
type definition struct {
	m          *Manager
	name       string
	uid        types.UID
	generation int64
	// since is the revision of the first state with the generation that this server has seen. Objects that were written later
	// were written by its schemas.
	since       int64
	group       string
	names       apiextensionsv1.CustomResourceDefinitionNames
	namespaced  bool
	served      bool
	terminating bool
	keys        storage.Collection
	// storage is the version that objects are stored in.
	storage  string
	versions map[string]*versioned
	order    []string
	// stored is the resource in the stored version, which need not be served.
	stored *resource.Resource
}

// versioned is one version of a definition.
type versioned struct {
	d      *definition
	gvk    schema.GroupVersionKind
	spec   *apiextensionsv1.CustomResourceDefinitionVersion
	schema *crdschema.Schema
}

// define is what a head defines, at a revision; was is what the head before defined, or nil.
func (m *Manager) define(head *apiextensionsv1.CustomResourceDefinition, revision int64, was *definition) *definition {
	d := &definition{
		m: m, name: head.Name, uid: head.UID, generation: head.Generation, since: revision, group: head.Spec.Group, names: head.Status.AcceptedNames,
		namespaced: head.Spec.Scope == "Namespaced", served: apiextensions.IsServed(head) && isNamed(&head.Status.AcceptedNames), terminating: apiextensions.IsTerminating(head),
		versions: map[string]*versioned{},
	}
	d.keys = storage.NewCollection(d.group+"/"+head.Spec.Names.Plural, d.namespaced)
	same := was != nil && was.uid == d.uid && was.generation == d.generation
	if same {
		d.since = was.since
		if was.served == d.served && was.terminating == d.terminating && equality.Semantic.DeepEqual(was.names, d.names) {
			return was
		}
	}
	for i := range head.Spec.Versions {
		v := &head.Spec.Versions[i]
		if v.Storage {
			d.storage = v.Name
		}
		of := &versioned{d: d, spec: v, gvk: schema.GroupVersionKind{Group: d.group, Version: v.Name, Kind: d.names.Kind}}
		if same && was.versions[v.Name] != nil && was.names.Kind == d.names.Kind {
			of.schema = was.versions[v.Name].schema
		} else {
			of.schema = m.schemaOf(d, of, head.Spec.PreserveUnknownFields)
		}
		d.versions[v.Name] = of
		d.order = append(d.order, v.Name)
	}
	if v := d.versions[d.storage]; v != nil {
		d.stored = v.resource()
	}
	return d
}

// isNamed says whether there is nothing that clients would miss.
func isNamed(n *apiextensionsv1.CustomResourceDefinitionNames) bool {
	return n.Plural != "" && n.Singular != "" && n.Kind != "" && n.ListKind != ""
}

func (m *Manager) schemaOf(d *definition, v *versioned, preserve bool) *crdschema.Schema {
	o := crdschema.Options{Kind: v.gvk, PreserveUnknownFields: preserve, Text: func() ([]byte, error) { return m.textOf(d.name, d.uid, v.gvk.Version) }}
	if s := v.spec.Subresources; s != nil {
		o.Status = s.Status != nil
		if s.Scale != nil {
			o.Scale = &crdschema.Scale{SpecReplicas: s.Scale.SpecReplicasPath, StatusReplicas: s.Scale.StatusReplicasPath, LabelSelector: s.Scale.LabelSelectorPath}
		}
	}
	return m.pool.New(o)
}

// readTimeout bounds the read of a schema, which is one of the cache.
const readTimeout = 10 * time.Second

// textOf is the schema of a version as JSON, nothing where it has none. It is read from the store each time.
func (m *Manager) textOf(name string, uid types.UID, version string) ([]byte, error) {
	crd, err := m.whole(name)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(crd.Spec.Versions, func(v apiextensionsv1.CustomResourceDefinitionVersion) bool { return v.Name == version })
	if at < 0 || crd.UID != uid {
		return nil, fmt.Errorf("the definition %s has no version %s any more", name, version)
	}
	s := crd.Spec.Versions[at].Schema
	if s == nil || s.OpenAPIV3Schema == nil {
		return nil, nil
	}
	b, err := json.Marshal(s.OpenAPIV3Schema)
	if err != nil {
		return nil, fmt.Errorf("schema of %s: %w", name, err)
	}
	return b, nil
}

// whole is a definition with its schemas, as it lies in the store now.
func (m *Manager) whole(name string) (*apiextensionsv1.CustomResourceDefinition, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	o, err := m.objects.Get(ctx, gvr, "", name)
	if err != nil {
		return nil, err
	}
	crd, ok := o.(*apiextensionsv1.CustomResourceDefinition)
	if !ok {
		return nil, fmt.Errorf("definition %s: unexpected object type %T", name, o)
	}
	return crd, nil
}

// part is what the registry has of the definition; nil for one whose names are not its own.
func (d *definition) part() *resource.Part {
	if !d.served {
		return nil
	}
	p := &resource.Part{}
	for _, name := range d.order {
		v := d.versions[name]
		switch {
		case !v.spec.Served:
		case d.stored != nil && name == d.storage:
			p.Resources = append(p.Resources, d.stored)
		default:
			p.Resources = append(p.Resources, v.resource())
		}
	}
	return p
}

// deprecation is what clients of a deprecated version are told; empty for others.
func (v *versioned) deprecation() string {
	if !v.spec.Deprecated {
		return ""
	}
	if w := v.spec.DeprecationWarning; w != nil {
		return *w
	}
	text, best := fmt.Sprintf("%s/%s %s is deprecated", v.gvk.Group, v.gvk.Version, v.d.names.Kind), ""
	for _, name := range v.d.order {
		other := v.d.versions[name].spec
		if other.Served && !other.Deprecated && version.CompareKubeAwareVersionStrings(v.gvk.Version, name) < 0 &&
			(best == "" || version.CompareKubeAwareVersionStrings(name, best) > 0) {
			best = name
		}
	}
	if best != "" {
		text += fmt.Sprintf("; use %s/%s %s", v.gvk.Group, best, v.d.names.Kind)
	}
	return text
}
