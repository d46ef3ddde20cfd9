package controllers

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

func pemOf(content string) string {
	return "-----BEGIN CERTIFICATE-----\n" + content + "\n-----END CERTIFICATE-----\n"
}

func TestAuthenticationInfo(t *testing.T) {
	a := Authentication{Clients: []byte("# ours\n" + pemOf("A") + pemOf("B"))}
	data := map[string]string{"client-ca-file": pemOf("OLD") + pemOf("A")}
	m := AuthenticationInfo(func() Authentication { return a })
	m.Data(data)
	if want := pemOf("OLD") + pemOf("A") + pemOf("B"); data["client-ca-file"] != want || len(data) != 1 {
		t.Errorf("%q", data)
	}
	a.Proxies, a.Names, a.UserHeaders = []byte(pemOf("P")), []string{"front"}, []string{"X-Remote-User"}
	data["requestheader-allowed-names"], data["requestheader-group-headers"] = `["other"]`, "broken"
	for range 2 { // the second time changes nothing
		m.Data(data)
		got := fmt.Sprintf("%v %s %s %s %s %d", data["requestheader-client-ca-file"] == pemOf("P"), data["requestheader-allowed-names"],
			data["requestheader-username-headers"], data["requestheader-group-headers"], data["requestheader-extra-headers-prefix"], len(data))
		if want := `true ["other","front"] ["X-Remote-User"] broken [] 6`; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, objects := newWorld(t)
		m.failures = 1
		ctx, cancel := context.WithCancel(context.Background())
		tracking := TokenTracking(func() time.Time { return time.Date(2026, 5, 1, 23, 0, 0, 0, time.UTC) })
		p := &Published{Objects: objects.Objects, Writer: writer(objects), Maps: []ConfigMap{tracking}, Log: slog.New(slog.DiscardHandler)}
		done := make(chan struct{})
		go func() { p.Run(ctx); close(done) }()
		gvr := schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
		since := func(what, want string) {
			t.Helper()
			synctest.Wait()
			o, err := objects.Get(ctx, gvr, "kube-system", tracking.Name)
			if got := fmt.Sprint(err); err == nil {
				got = o.(*corev1.ConfigMap).Data["since"]
				if got != want {
					t.Errorf("%s: %s, want %s", what, got, want)
				}
			} else if want != "" {
				t.Errorf("%s: %s", what, got)
			}
		}
		set := func(text string) {
			if _, err := objects.Update(ctx, gvr, "kube-system", tracking.Name, func(o object.Object) error {
				o.(*corev1.ConfigMap).Data["since"] = text
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		since("the first attempt fails", "")
		time.Sleep(pause)
		since("the second does not", "2026-05-01")
		set("2026-01-01")
		time.Sleep(republish)
		since("an older day stays", "2026-01-01")
		set("one day")
		time.Sleep(republish)
		since("what is no day does not", "2026-05-01")
		if err := objects.Delete(ctx, gvr, "kube-system", tracking.Name); err != nil {
			t.Fatal(err)
		}
		time.Sleep(republish)
		since("what was deleted comes back", "2026-05-01")
		before, err := m.Revision(ctx)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * republish)
		if after, err := m.Revision(ctx); err != nil || after != before {
			t.Error("something is written all the time")
		}
		cancel()
		<-done
	})
}
