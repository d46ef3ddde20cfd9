package bootstrap

import (
	"embed"
	"errors"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// policyFiles say what the default roles allow and who has them:
//
//	clusterrole NAME            or: role NAMESPACE/NAME
//	  aggregates X              gathers the rules of all roles that are aggregated to X
//	  aggregated to X
//	  VERBS GROUPS RESOURCES    lists with commas; core is the group without a name
//	  VERBS GROUPS RESOURCES named NAMES
//	  VERBS path PATHS
//	  bound to SUBJECTS         by a binding of the same name; nobody is an empty list
//	  bound as NAME to SUBJECTS
//
// A line that ends with a comma goes on in the next.
//
//go:embed policy/*.txt
var policyFiles embed.FS

const (
	rbacGroup   = "rbac.authorization.k8s.io"
	rbacVersion = rbacGroup + "/v1"
	aggregateTo = rbacGroup + "/aggregate-to-"
	// autoUpdate on an object says whether later versions may add to it.
	autoUpdate = "rbac.authorization.kubernetes.io/autoupdate"
)

// policy reads the default roles and bindings.
func policy() ([]object.Object, error) {
	files, err := policyFiles.ReadDir("policy")
	if err != nil {
		return nil, err
	}
	var out []object.Object
	for _, f := range files {
		text, err := policyFiles.ReadFile("policy/" + f.Name())
		if err != nil {
			return nil, err
		}
		objects, err := parsePolicy(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		out = append(out, objects...)
	}
	return out, nil
}

// policyParser builds the objects of one file.
type policyParser struct {
	out []object.Object
	// The role that the lines are about: one of the two.
	cluster *rbacv1.ClusterRole
	local   *rbacv1.Role
}

func parsePolicy(text string) ([]object.Object, error) {
	p := &policyParser{}
	line := ""
	for i, part := range strings.Split(text, "\n") {
		if strings.HasPrefix(part, "#") {
			continue
		}
		if line += strings.TrimSpace(part); strings.HasSuffix(line, ",") || line == "" {
			continue
		}
		if err := p.line(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		line = ""
	}
	if line != "" {
		return nil, fmt.Errorf("%q is not complete", line)
	}
	return p.out, nil
}

func (p *policyParser) line(line string) error {
	words := strings.Fields(line)
	switch {
	case words[0] == "clusterrole" && len(words) == 2:
		p.local, p.cluster = nil, &rbacv1.ClusterRole{ObjectMeta: policyMeta("", words[1])}
		p.add(p.cluster, "ClusterRole")
		return nil
	case words[0] == "role" && len(words) == 2:
		namespace, name, _ := strings.Cut(words[1], "/")
		p.cluster, p.local = nil, &rbacv1.Role{ObjectMeta: policyMeta(namespace, name)}
		p.add(p.local, "Role")
		return nil
	case p.cluster == nil && p.local == nil:
		return fmt.Errorf("%q belongs to no role", line)
	case words[0] == "aggregates" && len(words) == 2 && p.cluster != nil:
		p.cluster.AggregationRule = &rbacv1.AggregationRule{ClusterRoleSelectors: []metav1.LabelSelector{{
			MatchLabels: map[string]string{aggregateTo + words[1]: "true"},
		}}}
		return nil
	case words[0] == "aggregated" && len(words) == 3 && p.cluster != nil:
		p.cluster.Labels[aggregateTo+words[2]] = "true"
		return nil
	case words[0] == "bound":
		return p.bound(strings.TrimPrefix(line, "bound "))
	}
	return p.rule(words)
}

func (p *policyParser) rule(words []string) error {
	if len(words) != 3 && !(len(words) == 5 && words[3] == "named") {
		return fmt.Errorf("%q is no rule", strings.Join(words, " "))
	}
	r := rbacv1.PolicyRule{Verbs: strings.Split(words[0], ",")}
	if words[1] == "path" {
		r.NonResourceURLs = strings.Split(words[2], ",")
	} else {
		r.APIGroups, r.Resources = strings.Split(words[1], ","), strings.Split(words[2], ",")
		for i, g := range r.APIGroups {
			if g == "core" {
				r.APIGroups[i] = ""
			}
		}
	}
	if len(words) == 5 {
		r.ResourceNames = strings.Split(words[4], ",")
	}
	if p.cluster != nil {
		p.cluster.Rules = append(p.cluster.Rules, r)
	} else {
		p.local.Rules = append(p.local.Rules, r)
	}
	return nil
}

// bound makes the binding of the role.
func (p *policyParser) bound(line string) error {
	named, list, ok := strings.Cut(line, "to ")
	if !ok {
		return fmt.Errorf("%q names no subjects", line)
	}
	var subjects []rbacv1.Subject
	for s := range strings.SplitSeq(list, ",") {
		words := strings.Fields(s)
		switch {
		case len(words) == 1 && words[0] == "nobody":
		case len(words) == 2 && words[0] == "user":
			subjects = append(subjects, rbacv1.Subject{Kind: "User", APIGroup: rbacGroup, Name: words[1]})
		case len(words) == 2 && words[0] == "group":
			subjects = append(subjects, rbacv1.Subject{Kind: "Group", APIGroup: rbacGroup, Name: words[1]})
		case len(words) == 2 && words[0] == "serviceaccount":
			namespace, name, _ := strings.Cut(words[1], "/")
			subjects = append(subjects, rbacv1.Subject{Kind: "ServiceAccount", Namespace: namespace, Name: name})
		default:
			return fmt.Errorf("%q is no subject", s)
		}
	}
	ref := rbacv1.RoleRef{APIGroup: rbacGroup, Kind: "ClusterRole"}
	var meta *metav1.ObjectMeta
	if p.cluster != nil {
		meta = &p.cluster.ObjectMeta
	} else {
		meta, ref.Kind = &p.local.ObjectMeta, "Role"
	}
	ref.Name = meta.Name
	name := meta.Name
	if as := strings.Fields(named); len(as) == 2 && as[0] == "as" {
		name = as[1]
	}
	if p.cluster != nil {
		p.add(&rbacv1.ClusterRoleBinding{ObjectMeta: policyMeta("", name), RoleRef: ref, Subjects: subjects}, "ClusterRoleBinding")
	} else {
		p.add(&rbacv1.RoleBinding{ObjectMeta: policyMeta(meta.Namespace, name), RoleRef: ref, Subjects: subjects}, "RoleBinding")
	}
	return nil
}

func (p *policyParser) add(o object.Object, kind string) {
	o.GetObjectKind().SetGroupVersionKind(schema.FromAPIVersionAndKind(rbacVersion, kind))
	p.out = append(p.out, o)
}

// policyMeta is what all default objects have.
func policyMeta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: namespace, Name: name, Labels: map[string]string{"kubernetes.io/bootstrapping": "rbac-defaults"},
		Annotations: map[string]string{autoUpdate: "true"},
	}
}

// NodeRules are what every node may do, as the default role of nodes has it. The role is bound to nobody: the node
// authorizer uses the rules, and holds nodes to their own objects.
func NodeRules() ([]rbacv1.PolicyRule, error) {
	objects, err := policy()
	if err != nil {
		return nil, err
	}
	for _, o := range objects {
		if role, ok := o.(*rbacv1.ClusterRole); ok && role.Name == "system:node" {
			return role.Rules, nil
		}
	}
	return nil, errors.New("there is no default role of nodes")
}
