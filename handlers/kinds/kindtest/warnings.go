package kindtest

import (
	"context"
	"slices"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Subdomain is the message about a text that is not a DNS subdomain.
const Subdomain = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

// Warned compares the warnings of a create, or of an update of old, with the wanted ones.
func Warned(t *testing.T, s *resource.Strategy, o, old object.Object, want ...string) {
	t.Helper()
	if got := s.Warnings(context.Background(), o, old); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
