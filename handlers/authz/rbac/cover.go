package rbac

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
)

// right is the smallest thing that a rule can allow: one verb on one resource, all of its objects or the one named, or
// on one path. A rule covers a right whole or not at all.
type right struct {
	verb, group, resource, name string
	named, isPath               bool
	path                        string
}

// rights takes a rule apart, in the order of its fields.
func rights(rule *rbacv1.PolicyRule) []right {
	var out []right
	for _, group := range rule.APIGroups {
		for _, resource := range rule.Resources {
			for _, verb := range rule.Verbs {
				if len(rule.ResourceNames) == 0 {
					out = append(out, right{verb: verb, group: group, resource: resource})
				}
				for _, name := range rule.ResourceNames {
					out = append(out, right{verb: verb, group: group, resource: resource, name: name, named: true})
				}
			}
		}
	}
	for _, path := range rule.NonResourceURLs {
		for _, verb := range rule.Verbs {
			out = append(out, right{verb: verb, isPath: true, path: path})
		}
	}
	return out
}

// rule is the right as a rule of its own.
func (r right) rule() rbacv1.PolicyRule {
	if r.isPath {
		return rbacv1.PolicyRule{Verbs: []string{r.verb}, NonResourceURLs: []string{r.path}}
	}
	out := rbacv1.PolicyRule{Verbs: []string{r.verb}, APIGroups: []string{r.group}, Resources: []string{r.resource}}
	if r.named {
		out.ResourceNames = []string{r.name}
	}
	return out
}

// holding is a rule that somebody holds, as rights are compared with it.
type holding struct {
	verbs, groups, resources, names words
	// paths are those of the rule, starts what its patterns begin with.
	paths  words
	starts []string
}

func newHolding(rule *rbacv1.PolicyRule) holding {
	h := holding{
		verbs: newWords(rule.Verbs), groups: newWords(rule.APIGroups), resources: newWords(rule.Resources),
		names: newWords(rule.ResourceNames), paths: newWords(rule.NonResourceURLs),
	}
	for _, pattern := range rule.NonResourceURLs {
		if strings.HasSuffix(pattern, all) {
			h.starts = append(h.starts, strings.TrimRight(pattern, all))
		}
	}
	return h
}

// covers says whether the rule includes a right. Patterns are compared as text: the right to */scale is covered by */scale
// and *, not by a list of all scalable resources.
func (h *holding) covers(r right) bool {
	if !h.verbs.covers(r.verb) {
		return false
	}
	unnamed := len(h.names.list) == 0
	if r.isPath {
		return unnamed && (h.paths.has(r.path) ||
			slices.ContainsFunc(h.starts, func(start string) bool { return strings.HasPrefix(r.path, start) }))
	}
	if !h.groups.covers(r.group) || !unnamed && !(r.named && h.names.has(r.name)) {
		return false
	}
	if h.resources.covers(r.resource) {
		return true
	}
	_, sub, ok := strings.Cut(r.resource, "/")
	return ok && h.resources.has("*/"+sub)
}

// effort is what a comparison with the rule costs, in looks.
func (h *holding) effort() int { return 1 + len(h.starts) }

// maxRights is how many rights rules may have together to be compared. A rule has the product of its lists: one that fits
// into a request could keep the server busy for hours. maxLooks is how often rights may be compared with rules: who holds
// tens of thousands of rules could give as many rights.
const (
	maxRights = 1 << 16
	maxLooks  = 1 << 25
)

var errTooMany = errors.New("the rules have too many combinations of groups, resources, names and verbs")

// missing are the rights of wanted that held does not cover, in wanted's order.
func missing(held, wanted []rbacv1.PolicyRule) ([]right, error) {
	total := 0
	for i := range wanted {
		// No factor exceeds the bytes of a request, so the product of two cannot overflow, nor does what is cut in between.
		r := &wanted[i]
		n := min(len(r.APIGroups)*len(r.Resources), maxRights+1)
		n = min(n*max(1, len(r.ResourceNames)), maxRights+1)
		total += min((n+len(r.NonResourceURLs))*len(r.Verbs), maxRights+1)
		if total > maxRights {
			return nil, errTooMany
		}
	}
	holdings := make([]holding, len(held))
	for i := range held {
		holdings[i] = newHolding(&held[i])
	}
	var out []right
	looks := 0
	for i := range wanted {
		for _, r := range rights(&wanted[i]) {
			covered := false
			for j := 0; j < len(holdings) && !covered; j++ {
				if looks += holdings[j].effort(); looks > maxLooks {
					return nil, errTooMany
				}
				covered = holdings[j].covers(r)
			}
			if !covered {
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// Missing are the rights in wanted that held lacks, each as a rule of its own; none when held covers wanted. It fails when
// there are too many to compare.
func Missing(held, wanted []rbacv1.PolicyRule) ([]rbacv1.PolicyRule, error) {
	lacking, err := missing(held, wanted)
	var out []rbacv1.PolicyRule
	for _, r := range lacking {
		out = append(out, r.rule())
	}
	return out, err
}

// describe lists rights for a person: those that differ only in the verb in one line, the lines sorted.
func describe(rs []right) string {
	var lines []string
	where := map[right]int{}
	var joined []rbacv1.PolicyRule
	for _, r := range rs {
		if r.isPath {
			lines = append(lines, compact(r.rule()))
			continue
		}
		key := r
		key.verb = ""
		i, ok := where[key]
		if !ok {
			where[key] = len(joined)
			joined = append(joined, r.rule())
			continue
		}
		joined[i].Verbs = append(joined[i].Verbs, r.verb)
	}
	for _, rule := range joined {
		lines = append(lines, compact(rule))
	}
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), "\n")
}

// compact is a rule in one line; empty fields are left out.
func compact(r rbacv1.PolicyRule) string {
	var parts []string
	for _, f := range []struct {
		name   string
		values []string
	}{
		{"APIGroups", r.APIGroups}, {"Resources", r.Resources}, {"NonResourceURLs", r.NonResourceURLs},
		{"ResourceNames", r.ResourceNames}, {"Verbs", r.Verbs},
	} {
		if len(f.values) > 0 {
			parts = append(parts, fmt.Sprintf("%s:%q", f.name, f.values))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
