package verb

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// A state that the cache has forgotten is read from the store with the same pages, tokens and counts that it had while the
// cache knew it, with and without selectors, and over more than one reading.
func TestPagesOfAForgottenState(t *testing.T) {
	const pods = pastAtOnce + 300
	f := newFixtureThatKeeps(t, pods, time.Nanosecond)
	type page struct {
		names     []string
		next      string
		remaining int64
	}
	read := func(query string) (p page, revision string) {
		var list struct {
			Metadata metav1.ListMeta
			Items    []struct{ Metadata metav1.ObjectMeta }
		}
		if err := json.Unmarshal(f.get(t, "/api/v1/"+query, jsonAccept, ""), &list); err != nil {
			t.Fatal(err)
		}
		for _, x := range list.Items {
			p.names = append(p.names, x.Metadata.Name+"@"+x.Metadata.ResourceVersion)
		}
		if list.Metadata.RemainingItemCount != nil {
			p.remaining = *list.Metadata.RemainingItemCount
		}
		p.next = list.Metadata.Continue
		return p, list.Metadata.ResourceVersion
	}
	queries := []struct {
		what   string
		limits []int
	}{
		{"pods?", []int{0, 300, pastAtOnce + 200, pods}},
		{"namespaces/ns/pods?fieldSelector=metadata.name%3Dpod-00100", []int{0, 1}},
		{"namespaces/ns/pods?fieldSelector=metadata.name%3Dpod-00100,status.phase%3DNone", []int{0, 1}},
		{"pods?labelSelector=app%3Dapp-7", []int{0, 41, 46}},
		{"pods?labelSelector=app%3Dnone", []int{0, 5}},
		{"pods?fieldSelector=metadata.name%3Dpod-02250", []int{0, 1}},
		{"pods?fieldSelector=status.phase%3DSucceeded", []int{0, 114, 116}},
	}
	known := map[string]page{}
	var revision string
	limited := func(what string, limit int) string { return fmt.Sprintf("%s&limit=%d", what, limit) }
	for _, q := range queries {
		for _, limit := range q.limits {
			known[limited(q.what, limit)], revision = read(limited(q.what, limit))
		}
	}
	for i := range 20 {
		key := f.pods.ObjectKey("ns", fmt.Sprintf("pod-%05d", pods-1-i))
		if _, err := storage.Update(t.Context(), f.handlers.Store, key, 0, func(storage.KeyValue) ([]byte, error) { return f.stored(t, 9000+i), nil }); err != nil {
			t.Fatal(err)
		}
	}
	var at int64
	if _, err := fmt.Sscan(revision, &at); err != nil {
		t.Fatal(err)
	}
	for {
		_, still, err := f.handlers.Store.ViewAt(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		if !still {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, q := range queries {
		for _, limit := range q.limits {
			query := limited(q.what, limit)
			got, where := read(query + "&resourceVersionMatch=Exact&resourceVersion=" + revision)
			if want := known[query]; where != revision || !slices.Equal(got.names, want.names) || got.next != want.next || got.remaining != want.remaining {
				t.Errorf("%s at %s: %d objects, next %q, %d remain; want %d at %s, next %q, %d remain", query, where, len(got.names), got.next, got.remaining,
					len(want.names), revision, want.next, want.remaining)
			}
			for next := got.next; next != ""; {
				more, _ := read(query + "&continue=" + next)
				got.names, next = append(got.names, more.names...), more.next
			}
			if all := known[limited(q.what, 0)].names; !slices.Equal(got.names, all) {
				t.Errorf("%s: all pages have %d objects, want %d", query, len(got.names), len(all))
			}
		}
	}
}
