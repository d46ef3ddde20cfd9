package lint

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

var (
	knownDependents = []string{"orphan", "none"}
	knownVerbs      = []string{"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}
	knownMethods    = []string{"delete", "get", "head", "options", "patch", "post", "put"}
	knownParams     = []string{"string", "integer", "boolean"}
	keptMetadata    = []string{"labels", "annotations", "finalizers", "ownerReferences"}
)

// rows checks the resource rows of a file.
func (c *checker) rows(node *yaml.Node) {
	names := map[string]string{}
	for _, r := range c.doc.Resources {
		at := get(node, r.Name)
		if at == nil {
			continue
		}
		main, sub, isSub := strings.Cut(r.Name, "/")
		if names[r.Name] != "" {
			c.report(at, "%s has two rows", r.Name)
		}
		names[r.Name] = r.Name
		c.words(at, r.Name, "verbs", knownVerbs)
		c.words(at, r.Name, "connect", knownMethods)
		c.words(at, r.Name, "statusKeeps", keptMetadata)
		if len(r.Verbs) == 0 {
			c.report(at, "%s has no verbs: nobody can call it", r.Name)
		}
		for p, typ := range pairs(get(at, "params")) {
			if !slices.Contains(knownParams, typ.Value) {
				c.report(typ, "%s: parameter %s has the unknown type %q", r.Name, p, typ.Value)
			}
		}
		c.kind(at, r)
		c.ownedFields(at, r)
		if isSub {
			c.subresource(at, r, main, sub)
			continue
		}
		c.resource(at, r)
		for _, n := range append(list(get(at, "shortNames")), get(at, "singular")) {
			if n == nil {
				continue
			}
			if other := names[n.Value]; other != "" && other != r.Name {
				c.report(n, "%s: %q already stands for %s", r.Name, n.Value, other)
			}
			names[n.Value] = r.Name
		}
	}
}

// words checks that the words of a list are known.
func (c *checker) words(row *yaml.Node, name, key string, known []string) {
	for _, n := range list(get(row, key)) {
		if !slices.Contains(known, n.Value) {
			c.report(n, "%s: %s: %q is none of %s", name, key, n.Value, strings.Join(known, ", "))
		}
	}
}

// kind checks that the kind of a row exists, and its list where it is listed. Options of connections have no schema.
func (c *checker) kind(at *yaml.Node, r spec.Resource) {
	if r.Kind == "" {
		c.report(at, "%s has no kind", r.Name)
		return
	}
	if r.Connect != nil {
		return
	}
	group, version := c.doc.KindOf(r)
	file := c.model.File(group, version)
	if file == "" {
		c.report(at, "%s: no file has the group-version %s/%s of its kind", r.Name, group, version)
		return
	}
	kinds := []string{r.Kind}
	if slices.Contains(r.Verbs, "list") {
		kinds = append(kinds, r.Kind+"List")
	}
	for _, k := range kinds {
		switch s := c.model[file].Schemas[k]; {
		case s == nil:
			c.report(get(at, "kind"), "%s: %s.yaml has no schema %s", r.Name, file, k)
		case s.Keys["x-kind"] != true:
			c.report(get(at, "kind"), "%s: the schema %s is not a kind (x-kind: true)", r.Name, k)
		}
	}
}

// resource checks what only rows without a parent have.
func (c *checker) resource(at *yaml.Node, r spec.Resource) {
	if r.Singular == "" {
		c.report(at, "%s has no singular: kubectl uses it", r.Name)
	}
	stored := slices.ContainsFunc(r.Verbs, func(v string) bool { return v == "watch" || v == "update" || v == "delete" })
	if stored && r.Storage == "" {
		c.report(at, "%s is written and has no storage: nobody knows in which version", r.Name)
	}
	if n := get(at, "storage"); n != nil {
		c.storage(n, r)
	}
	for _, n := range list(get(at, "fields")) {
		if slices.Contains(r.ComputedFields, n.Value) {
			continue
		}
		if fault := c.path(r.Kind, "."+n.Value); fault != "" {
			c.report(n, "%s: field %s: %s; a field that a strategy computes stands in computedFields too", r.Name, n.Value, fault)
		}
	}
	for _, n := range list(get(at, "defaultedWhenRead")) {
		if fault := c.path(r.Kind, "."+n.Value); fault != "" {
			c.report(n, "%s: defaultedWhenRead %s: %s", r.Name, n.Value, fault)
		}
	}
	for alias, n := range pairs(get(at, "fieldAliases")) {
		if !slices.Contains(r.Fields, n.Value) {
			c.report(n, "%s: %s is another name of %s, which is not in fields", r.Name, alias, n.Value)
		}
	}
	if n := get(at, "unknownField"); n != nil && !strings.Contains(n.Value, "{field}") {
		c.report(n, "%s: unknownField does not say which: {field}", r.Name)
	}
	if n := get(at, "dependents"); n != nil && !slices.Contains(knownDependents, n.Value) {
		c.report(n, "%s: dependents: %q is none of %s", r.Name, n.Value, strings.Join(knownDependents, ", "))
	}
	if n := get(at, "orphanWarning"); n != nil && r.Dependents != "orphan" {
		c.report(n, "%s: orphanWarning is for a resource whose dependents are orphaned", r.Name)
	}
	for _, n := range list(get(at, "computedFields")) {
		if !slices.Contains(r.Fields, n.Value) {
			c.report(n, "%s: computed field %s is not in fields", r.Name, n.Value)
		}
	}
	for _, key := range []string{"statusKeeps", "scale", "connect", "path", "params", "text"} {
		if n := get(at, key); n != nil {
			c.report(n, "%s: %s belongs to subresources", r.Name, key)
		}
	}
}

// ownedFields checks that what a write to a row sets back are fields of its kind.
func (c *checker) ownedFields(at *yaml.Node, r spec.Resource) {
	for _, n := range list(get(at, "resetFields")) {
		if fault := c.path(r.Kind, "."+n.Value); fault != "" {
			c.report(n, "%s: resetFields %s: %s", r.Name, n.Value, fault)
		}
	}
}

var versionName = regexp.MustCompile(`^v[1-9][0-9]*((alpha|beta)[1-9][0-9]*)?$`)

// storage checks the version that objects are stored in. It may be one that is stored and not served, of which the model knows
// the name only.
func (c *checker) storage(n *yaml.Node, r spec.Resource) {
	file := n.Value
	if !strings.Contains(file, "/") {
		file = path.Join(path.Dir(c.doc.File), file)
	}
	d := c.model[file]
	switch {
	case d != nil && d.Schemas[r.Kind] == nil, d == nil && file == n.Value:
		c.report(n, "%s: storage: %s.yaml does not have %s", r.Name, file, r.Kind)
	case d == nil && !versionName.MatchString(n.Value):
		c.report(n, "%s: storage: %q is no version", r.Name, n.Value)
	}
}

// subresource checks what only rows below another have.
func (c *checker) subresource(at *yaml.Node, r spec.Resource, main, sub string) {
	var parent *spec.Resource
	for i := range c.doc.Resources {
		if c.doc.Resources[i].Name == main {
			parent = &c.doc.Resources[i]
		}
	}
	if parent == nil {
		c.report(at, "%s: there is no row %s", r.Name, main)
		return
	}
	if parent.Namespaced != r.Namespaced {
		c.report(at, "%s is namespaced: %v, its parent the other way", r.Name, r.Namespaced)
	}
	for _, key := range []string{"singular", "shortNames", "categories", "storage", "storedAsJSON", "defaultedWhenRead", "shownAs", "fieldAnnotations", "gate", "key", "ttl", "fields", "computedFields", "fieldAliases", "unknownField", "uncached", "dependents", "orphanWarning", "generation", "createStatus"} {
		if n := get(at, key); n != nil {
			c.report(n, "%s: %s belongs to the resource and not to its subresource", r.Name, key)
		}
	}
	if n := get(at, "path"); n != nil && r.Connect == nil {
		c.report(n, "%s: path is for connections", r.Name)
	}
	if n := get(at, "statusKeeps"); n != nil && sub != "status" && sub != "approval" {
		c.report(n, "%s: statusKeeps belongs to a status", r.Name)
	}
	if r.Scale == nil {
		return
	}
	if sub != "scale" {
		c.report(get(at, "scale"), "%s: scale belongs to a row named scale", r.Name)
	}
	for key, n := range pairs(get(at, "scale")) {
		if fault := c.path(parent.Kind, n.Value); fault != "" {
			c.report(n, "%s: scale: %s %s: %s", r.Name, key, n.Value, fault)
		}
	}
}

// columns checks that the table columns belong to kinds of the file. What a column says is checked where it is compiled.
func (c *checker) columns(node *yaml.Node) {
	for kind, n := range pairs(node) {
		s := c.doc.Schemas[kind]
		if s == nil || s.Keys["x-kind"] != true {
			c.report(n, "columns of %s, which is no kind of this file (they are %s)", kind, strings.Join(c.kinds(), ", "))
			continue
		}
		for _, column := range list(n) {
			c.column(kind, column)
		}
	}
}

var textPath = regexp.MustCompile(`\{([^}]*)\}`)

// column follows every path of a column.
func (c *checker) column(kind string, column *yaml.Node) {
	check := func(at *yaml.Node, path string) {
		if fault := c.path(kind, path); fault != "" {
			c.report(at, "%s: column %s: %s: %s", kind, columnName(column), path, fault)
		}
	}
	if p := get(column, "path"); p != nil {
		check(p, p.Value)
	}
	for _, p := range list(get(column, "of")) {
		check(p, p.Value)
	}
	if t := get(column, "text"); t != nil {
		for _, m := range textPath.FindAllStringSubmatch(t.Value, -1) {
			check(t, m[1])
		}
	}
}

func columnName(column *yaml.Node) string {
	if n := get(column, "name"); n != nil {
		return n.Value
	}
	return "without a name"
}

func (c *checker) kinds() (out []string) {
	for _, name := range slices.Sorted(maps.Keys(c.doc.Schemas)) {
		if c.doc.Schemas[name].Keys["x-kind"] == true && !strings.HasSuffix(name, "List") {
			out = append(out, name)
		}
	}
	return out
}
