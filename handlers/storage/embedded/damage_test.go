package embedded

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
)

// aDatabase is the directory of a server that was closed, and its database.
func aDatabase(t testing.TB, keys, length int) (dir string, file []byte) {
	t.Helper()
	dir = t.TempDir()
	s, err := Open(t.Context(), Options{DataDir: dir, UnsafeNoFsync: true, Store: etcd.Options{Prefix: "/r"}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range keys {
		if _, err := s.Create(t.Context(), fmt.Sprintf("/k/%05d", i), bytes.Repeat([]byte("v"), length), 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := storage.Update(t.Context(), s, "/k/00000", 0, func(storage.KeyValue) ([]byte, error) { return nil, nil }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if file, err = os.ReadFile(databaseIn(dir)); err != nil {
		t.Fatal(err)
	}
	return dir, file
}

func databaseIn(dir string) string { return filepath.Join(dir, "member", "snap", "db") }

// pagesOf are those that a database uses.
func pagesOf(t *testing.T, file []byte) (used []int, m meta) {
	t.Helper()
	m, found := newestMeta(file)
	if !found {
		t.Fatal("no first page is valid")
	}
	w := walk{file: file, meta: m, seen: make([]bool, m.end)}
	if err := w.bucket(m.root, nil); err != nil {
		t.Fatalf("a sound database: %v", err)
	}
	for i, seen := range w.seen {
		if seen {
			used = append(used, i)
		}
	}
	return used, m
}

func TestDamagedPages(t *testing.T) {
	_, file := aDatabase(t, 400, 700)
	used, m := pagesOf(t, file)
	if len(used) < 50 {
		t.Fatalf("only %d pages are used", len(used))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for what, spoil := range map[string]func(page []byte){
		"empty":    func(page []byte) { clear(page) },
		"anything": func(page []byte) { scramble(r, page) },
		"content":  func(page []byte) { scramble(r, page[pageHeader:]) },
		"type":     func(page []byte) { page[8] = 4 },
		"number":   func(page []byte) { page[0]++ },
		"length":   func(page []byte) { page[15] = 0xff },
		"elements": func(page []byte) { page[10], page[11] = 0xff, 0xff },
	} {
		for _, id := range used {
			b := bytes.Clone(file)
			page := b[id*m.pageSize:][:m.pageSize]
			if u64(page, 0) != uint64(id) {
				continue // it continues another
			}
			spoil(page)
			if err := damaged(b); err == nil {
				t.Errorf("%s of page %d is not noticed", what, id)
			}
		}
	}
	for _, n := range []int{3, used[len(used)-1]} {
		if err := damaged(file[:n*m.pageSize]); err == nil {
			t.Errorf("a database of %d pages, cut off behind %d", m.end, n)
		}
	}
}

func scramble(r *rand.Rand, b []byte) {
	for i := range b {
		b[i] = byte(r.Uint32())
	}
}

// TestDamageIsSaid: a database with any bytes changed is opened, or refused with one line that says what is wrong. A panic would
// end the test.
func TestDamageIsSaid(t *testing.T) {
	dir, file := aDatabase(t, 200, 700)
	used, m := pagesOf(t, file)
	r := rand.New(rand.NewPCG(3, 4))
	rounds := 60
	if testing.Short() {
		rounds = 10
	}
	refused := 0
	for i := range rounds {
		b := bytes.Clone(file)
		page := b[used[r.IntN(len(used))]*m.pageSize:][:m.pageSize]
		switch i % 3 {
		case 0:
			page[r.IntN(200)] ^= byte(1 + r.IntN(255))
		case 1:
			page[r.IntN(len(page))] ^= byte(1 + r.IntN(255))
		case 2:
			scramble(r, page[r.IntN(len(page)):])
		}
		dir := copyOf(t, dir)
		if err := os.WriteFile(databaseIn(dir), b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), Options{DataDir: dir, UnsafeNoFsync: true, Store: etcd.Options{Logger: slog.New(slog.DiscardHandler)}})
		if err == nil {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			continue
		}
		refused++
		if text := err.Error(); !strings.Contains(text, dir) || strings.Contains(text, "goroutine") || strings.Contains(text, "\n") {
			t.Errorf("it is said so: %s", text)
		}
	}
	if refused < rounds/5 {
		t.Errorf("%d of %d were refused", refused, rounds)
	}
}

// copyOf is another directory with the same files.
func copyOf(t *testing.T, dir string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(out, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return out
}

// What a boot that broke off has left open, this process does not wait for.
func TestDamageIsSaidAgain(t *testing.T) {
	dir, file := aDatabase(t, 10, 100)
	// The key of a change stays one, and its value is none.
	at := bytes.Index(file, []byte("/r/k/00005"))
	for ; at >= 0 && at < len(file); at++ {
		if i := bytes.Index(file[at:], []byte("/r/k/00005")); i < 0 {
			break
		} else if at += i; at >= 2 {
			file[at-2] ^= 0x07
		}
	}
	if err := os.WriteFile(databaseIn(dir), file, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s, err := Open(t.Context(), Options{DataDir: dir, UnsafeNoFsync: true, Store: etcd.Options{Logger: slog.New(slog.DiscardHandler)}})
		if err == nil {
			t.Fatal(s.Close())
		}
		if !strings.Contains(err.Error(), "failed to unmarshal") || !strings.Contains(err.Error(), dir) {
			t.Errorf("it is said so: %v", err)
		}
	}
}

func FuzzDamaged(f *testing.F) {
	_, file := aDatabase(f, 20, 300)
	f.Add(uint32(0), uint32(0), uint64(0))
	f.Add(uint32(4096*3+8), uint32(4096*3+12), ^uint64(0))
	f.Fuzz(func(t *testing.T, at, then uint32, with uint64) {
		b := bytes.Clone(file)
		for _, at := range []uint32{at, then} {
			for i := range 8 {
				b[(int(at)+i)%len(b)] ^= byte(with >> (8 * i))
			}
		}
		_ = damaged(b)
	})
}

// BenchmarkDamaged is what a start pays for it.
func BenchmarkDamaged(b *testing.B) {
	dir, file := aDatabase(b, 5000, 4000)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if err := checkDatabase(databaseIn(dir)); err != nil {
			b.Fatal(err)
		}
	}
}
