package h1

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/stream"
)

// BenchmarkIdle is what an answer takes in heap and stacks while it waits, without TLS, carried and not; ns/op means nothing.
func BenchmarkIdle(b *testing.B) {
	const answers = 500
	for _, as := range []string{"ours", "std"} {
		b.Run(as, func(b *testing.B) {
			c := &Carrier{}
			defer c.Close()
			server := httptest.NewServer(c.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusOK)
				if d := stream.Find(w); d != nil {
					d.Detach(newSource(nil, []byte("x")))
					return
				}
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
			}), func(*http.Request) bool { return as == "ours" }))
			defer server.Close()
			for range b.N {
				before := memory()
				var conns []net.Conn
				leave := func() {
					for _, conn := range conns {
						conn.Close()
					}
				}
				defer leave() // before the server waits for them
				for range answers {
					conn, err := net.Dial("tcp", server.Listener.Addr().String())
					if err != nil {
						b.Fatal(err)
					}
					conns = append(conns, conn)
					if _, err := fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
						b.Fatal(err)
					}
					if _, err := bufio.NewReaderSize(conn, 64).ReadSlice('\n'); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(memory()-before)/answers, "idle-B/answer")
				leave()
			}
		})
	}
}

func memory() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what pools hold goes with the second
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
