package main

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestDiscovery holds every row, of groups that are on and off, to the published discovery: names, verbs, scope, and the hash
// of the stored version.
func TestDiscovery(t *testing.T) {
	b, err := os.ReadFile("testdata/discovery-v1.36.txt")
	if err != nil {
		t.Fatal(err)
	}
	theirs := strings.Split(strings.TrimSpace(string(b)), "\n")
	if len(theirs) != 150 {
		t.Errorf("%d resources are recorded, not 150", len(theirs))
	}
	for _, line := range compareLines(generatedDiscovery(), theirs) {
		t.Error(line)
	}
}

func TestCompareLines(t *testing.T) {
	got := compareLines([]string{"a", "b"}, []string{"b", "c"})
	if want := []string{"ours   a", "theirs c"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
