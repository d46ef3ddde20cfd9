package serviceaccount

import (
	"context"
	"crypto/elliptic"
	"testing"
	"time"
)

// A token that is shown with every request: its signature is remembered, its account and its pod are looked up.
func BenchmarkBoundToken(b *testing.B) {
	key, m := newKeyFor(b, elliptic.P256()), world(b)
	claims := bound()
	claims.Pod = &Ref{"web", "pod-1"}
	token, _, err := issuerFor(b, key).Issue(claims, []string{ownName}, time.Now(), time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	a := NewBoundTokens(keysOf(b, key), []string{issuerName}, []string{ownName}, NewLookup(m))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.AuthenticateToken(context.Background(), token, nil); err != nil {
			b.Fatal(err)
		}
	}
}
