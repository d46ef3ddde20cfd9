package authn

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/singleflight"
	utilcache "k8s.io/apimachinery/pkg/util/cache"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// lookupTimeout bounds one question to the mechanism behind a cache. It is not bound to the request that asked first:
// others wait for the same answer.
const lookupTimeout = 30 * time.Second

// Cache remembers the answers of a slow mechanism. Equal questions at one time are asked once. Make one with NewCache.
type Cache struct {
	inner            TokenAuthenticator
	success, failure time.Duration
	// key is that of the HMACs by which answers are found: without it no token can be found from a memory dump.
	key     [32]byte
	answers *utilcache.Expiring
	asking  singleflight.Group
}

// cachedAnswer is what the mechanism said, with what it noted.
type cachedAnswer struct {
	id    *Identity
	err   error
	notes []func(context.Context)
}

// NewCache remembers good answers for the time success, and that a token is unknown for the time failure. Errors are not
// remembered.
func NewCache(inner TokenAuthenticator, success, failure time.Duration) *Cache {
	c := &Cache{inner: inner, success: success, failure: failure, answers: utilcache.NewExpiring()}
	_, _ = rand.Read(c.key[:]) // never fails
	return c
}

// AuthenticateToken is the remembered answer or a new one.
func (c *Cache) AuthenticateToken(ctx context.Context, token string, audiences []string) (*Identity, error) {
	h := hmac.New(sha256.New, c.key[:])
	for _, part := range append([]string{token}, audiences...) {
		fmt.Fprintf(h, "%d:%s", len(part), part) // never fails
	}
	key := string(h.Sum(nil))
	if known, ok := c.answers.Get(key); ok {
		return known.(*cachedAnswer).tell(ctx)
	}
	result := c.asking.DoChan(key, func() (any, error) { return c.ask(key, token, audiences), nil })
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-result:
		return r.Val.(*cachedAnswer).tell(ctx)
	}
}

func (c *Cache) ask(key, token string, audiences []string) (a *cachedAnswer) {
	ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
	defer cancel()
	a = &cachedAnswer{}
	// This is not the goroutine of a request, whose panics are caught.
	defer func() {
		if p := recover(); p != nil {
			a.id, a.err = nil, fmt.Errorf("authentication failed unexpectedly: %v", p)
		}
	}()
	ctx = resource.WithRecorder(ctx, &resource.Recorder{
		Warn: func(texts ...string) {
			a.notes = append(a.notes, func(ctx context.Context) { resource.Warn(ctx, texts...) })
		},
		Annotate: func(k, v string) {
			a.notes = append(a.notes, func(ctx context.Context) { resource.Annotate(ctx, k, v) })
		},
	})
	a.id, a.err = c.inner.AuthenticateToken(ctx, token, audiences)
	switch {
	case a.err == nil && c.success > 0:
		c.answers.Set(key, a, c.success)
	case errors.Is(a.err, ErrNoCredentials) && c.failure > 0:
		c.answers.Set(key, a, c.failure)
	}
	return a
}

// tell gives an answer to one more request, with its notes.
func (a *cachedAnswer) tell(ctx context.Context) (*Identity, error) {
	for _, note := range a.notes {
		note(ctx)
	}
	if a.err != nil {
		return nil, a.err
	}
	id := *a.id
	return &id, nil
}
