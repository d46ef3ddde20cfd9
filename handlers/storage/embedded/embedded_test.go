package embedded

import (
	"context"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
)

func TestSmoke(t *testing.T) {
	for range 3 {
		begin := time.Now()
		s, err := Open(context.Background(), Options{DataDir: t.TempDir(), Store: etcd.Options{Prefix: "/registry"}})
		if err != nil {
			t.Fatal(err)
		}
		t.Log(time.Since(begin))
		rev, err := s.Create(t.Context(), "/a", []byte("x"), 0)
		t.Log(rev, err)
		t.Log(s.Get(t.Context(), "/a"))
		t.Log(s.Ready(t.Context()))
		begin = time.Now()
		t.Log(s.Close(), time.Since(begin))
	}
}
