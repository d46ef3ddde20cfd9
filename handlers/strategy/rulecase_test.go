package strategy

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// ruleCase is an object of a kind, the old one for an update, and what is wrong with it in the original's words.
type ruleCase struct {
	group, version, resource, now, old string
	want                               []string
}

func (c ruleCase) object(t *testing.T, text string) object.Object {
	t.Helper()
	row := rowOf(t, c.group, c.version, c.resource, "")
	o := resources.Kinds[schema.GroupVersionKind{Group: row.KindGroup, Version: row.KindVersion, Kind: row.Kind}]()
	decode(t, text, o)
	return o.(object.Object)
}

func runRules(t *testing.T, cases []ruleCase) {
	t.Helper()
	for _, c := range cases {
		s := hooks(t, c.group, c.version, c.resource, "")
		var old object.Object
		if c.old != "" {
			old = c.object(t, c.old)
		}
		if got := verdict(s, c.object(t, c.now), old); !same(got, c.want) {
			t.Errorf("%s %s:\n%s", c.resource, c.now, strings.Join(got, "\n"))
		}
	}
}
