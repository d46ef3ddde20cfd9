package mutate

import (
	"flag"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

var (
	reference = flag.String("reference", "", "URL of the reference")
	ours      = flag.String("ours", "", "URL of our server")
	token     = flag.String("token", "", "bearer token of an administrator of both")
	kind      = flag.String("kind", "", "only kinds that match this regular expression")
	group     = flag.String("group", "", "only groups that match this regular expression")
	modes     = flag.String("mode", "create,update,status,subresource", "only these modes")
	share     = flag.Uint("share", 1, "one of so many cases")
	deep      = flag.Bool("deep", false, "templates of pods in all their places")
	mostShown = flag.Int("most", 40, "how many differences are shown of one subject in one mode")
)

func all(t *testing.T) []subject {
	t.Helper()
	out, err := subjects()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Every version of every kind that clients write has a good object.
func TestEveryKindHasAnObject(t *testing.T) {
	has := map[string]bool{}
	for _, s := range all(t) {
		has[s.row.Group+"/"+s.row.Version+"/"+s.row.Resource+"/"+s.row.Subresource] = true
	}
	for _, row := range resources.Rows {
		key := row.Group + "/" + row.Version + "/" + row.Resource + "/" + row.Subresource
		writes := strings.Contains(strings.Join(row.Verbs, " "), "create") || strings.Contains(strings.Join(row.Verbs, " "), "update")
		if writes && len(row.Connect) == 0 && row.Subresource != "status" && !has[key] {
			t.Errorf("no object for %s", key)
		}
	}
}

// Each listed difference has a reason, and its patterns are patterns.
func TestListedDifferences(t *testing.T) {
	if _, err := readListed("testdata/differences.yaml"); err != nil {
		t.Error(err)
	}
}

func TestAgainstReference(t *testing.T) {
	if *reference == "" || *ours == "" {
		t.Skip("needs -reference and -ours")
	}
	list, err := readListed("testdata/differences.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{newSide(*ours, *token), newSide(*reference, *token), "mutate"}
	for _, s := range []side{p.ours, p.reference} {
		if _, err := s.send("POST", "/api/v1/namespaces", map[string]any{"metadata": map[string]any{"name": p.namespace}}); err != nil {
			t.Fatal(err)
		}
	}
	kinds, groups := regexp.MustCompile("^("+*kind+")$"), regexp.MustCompile("^("+*group+")$")
	chosen := func(s *subject) bool {
		return (*kind == "" || kinds.MatchString(s.row.Kind)) && (*group == "" || groups.MatchString(s.row.Group))
	}
	subjects := slices.DeleteFunc(all(t), func(s subject) bool { return !chosen(&s) })
	// A run that was stopped left its objects.
	p.clear(t, subjects)
	// Objects are created before they are there, and all are there before their subresources are written.
	p.try(t, subjects, []string{modeCreate}, list)
	for i := range subjects {
		if s := &subjects[i]; s.row.Subresource == "" && s.row.Storage != "" {
			if err := p.exist(s); err != nil {
				t.Error(err)
			}
		}
	}
	p.try(t, subjects, []string{modeUpdate, modeStatus, modeBody}, list)
	p.clear(t, subjects)
	for _, l := range list {
		if l.used == 0 && *kind+*group == "" && *share == 1 {
			t.Errorf("a listed difference was not found: %s (%s)", l.Case, l.Reason)
		}
	}
}

func (p *pair) clear(t *testing.T, subjects []subject) {
	for i := range subjects {
		if s := &subjects[i]; s.row.Subresource == "" && s.row.Storage != "" {
			if err := p.remove(s); err != nil {
				t.Error(err)
			}
		}
	}
}

// try runs the cases of subjects in these modes, if they were asked for.
func (p *pair) try(t *testing.T, subjects []subject, among []string, list []*listed) {
	for i := range subjects {
		s := &subjects[i]
		for mode := range strings.SplitSeq(*modes, ",") {
			if cases := s.cases(mode, uint32(*share), *deep); slices.Contains(among, mode) && len(cases) > 0 {
				t.Run(strings.ReplaceAll(s.name, " ", "/")+"/"+mode, func(t *testing.T) { report(t, p, s, mode, cases, list) })
			}
		}
	}
}

// report runs cases and tells of differences that are not listed, one for each place and kind of difference.
func report(t *testing.T, p *pair, s *subject, mode string, cases []spoiled, list []*listed) {
	found, err := p.run(s, mode, cases)
	if err != nil {
		t.Fatal(err)
	}
	alike := map[string]int{}
	shown, unlisted := 0, 0
	for _, f := range found {
		if known(list, f.name, f.text) != nil {
			continue
		}
		unlisted++
		key := shape(f)
		if alike[key]++; alike[key] > 1 {
			continue
		}
		if shown++; shown <= *mostShown {
			t.Logf("%s\n%s", f.name, f.text)
		}
	}
	if t.Logf("%d of %d cases differ, %d are not listed, of %d kinds", len(found), len(cases), unlisted, len(alike)); unlisted > 0 {
		t.Fail()
	}
}

var quoted = regexp.MustCompile(`\\"[^"]*\\"|\d+|x{9,}`)

// shape is what differences of one kind have in common: the place without numbers, and the texts without values.
func shape(f finding) string {
	place, _, _ := strings.Cut(f.what, " ")
	return quoted.ReplaceAllString(place+f.text, "")
}
