package h2

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	contract "github.com/gatehouse-dev/gatehouse/handlers/stream"
)

// serveAs makes the test program a server: "ours" or "std", net/http's own HTTP/2. Benchmarks run one as a process of its
// own, so that its CPU time can be told from the client's.
const serveAs = "H2_TEST_SERVE_AS"

func TestMain(m *testing.M) {
	if as := os.Getenv(serveAs); as != "" {
		serveForBenchmarks(as)
		return
	}
	os.Exit(m.Run())
}

var certificate = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
})

// serveForBenchmarks tells its address on standard output and ends with standard input.
func serveForBenchmarks(as string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := &http.Server{Handler: benchmarkHandler(), TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate()}}}
	if as == "ours" {
		if err := Configure(server, Options{}); err != nil {
			panic(err)
		}
		listener = Listener(listener)
	}
	fmt.Println(listener.Addr())
	go func() { _ = server.ServeTLS(listener, "", "") }()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// broadcast gives every event to each of its followers: a Source where the connection can carry one, else a goroutine.
type broadcast struct {
	mu        sync.Mutex
	followers map[*follower]bool
}

type follower struct {
	all    *broadcast
	mu     sync.Mutex
	queue  [][]byte
	wake   func()
	signal chan struct{}
}

func (f *follower) Next() ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) == 0 {
		return nil, nil
	}
	event := f.queue[0]
	if f.queue = f.queue[1:]; len(f.queue) == 0 {
		f.queue = nil
	}
	return event, nil
}

func (f *follower) Ended(bool) {
	f.all.mu.Lock()
	delete(f.all.followers, f)
	f.all.mu.Unlock()
}

func (b *broadcast) send(event []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for f := range b.followers {
		f.mu.Lock()
		f.queue = append(f.queue, event)
		f.mu.Unlock()
		if f.wake != nil {
			f.wake()
			continue
		}
		select {
		case f.signal <- struct{}{}:
		default:
		}
	}
}

func (b *broadcast) follow(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusOK)
	f := &follower{all: b}
	if d := contract.Find(w); d != nil {
		f.wake = d.Detach(f)
	} else {
		f.signal = make(chan struct{}, 1)
		w.(http.Flusher).Flush()
	}
	b.mu.Lock()
	b.followers[f] = true
	b.mu.Unlock()
	if f.wake != nil {
		return
	}
	defer f.Ended(false)
	for {
		select {
		case <-r.Context().Done():
			return
		case <-f.signal:
		}
		for {
			event, _ := f.Next()
			if event == nil {
				break
			}
			if _, err := w.Write(event); err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	}
}

const (
	smallAnswer = 3000
	largeAnswer = 22 << 20
	eventSize   = 4650
)

func benchmarkHandler() http.Handler {
	all := &broadcast{followers: map[*follower]bool{}}
	small, piece, event := make([]byte, smallAnswer), make([]byte, 64<<10), make([]byte, eventSize)
	mux := http.NewServeMux()
	mux.HandleFunc("/small", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Audit-Id", "2b2c4f0e-2d43-4b53-a0ff-1f6b0a2a6d0b")
		_, _ = w.Write(small)
	})
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for n := 0; n < largeAnswer; n += len(piece) {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/follow", all.follow)
	mux.HandleFunc("/send", func(http.ResponseWriter, *http.Request) { all.send(event) })
	mux.HandleFunc("/cost", func(w http.ResponseWriter, r *http.Request) {
		var use syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &use)
		var memory runtime.MemStats
		if r.FormValue("collect") != "" {
			runtime.GC()
			runtime.GC()
		}
		runtime.ReadMemStats(&memory)
		fmt.Fprint(w, use.Utime.Nano()+use.Stime.Nano(), memory.HeapAlloc+memory.StackInuse, runtime.NumGoroutine())
	})
	mux.HandleFunc("/profile", pprof.Profile)
	return mux
}

// process is a server in a process of its own.
type process struct {
	address string
	client  *http.Client
}

func startProcess(tb testing.TB, as string) *process {
	tb.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serveAs+"="+as)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		tb.Fatal(err)
	}
	return &process{strings.TrimSpace(line), newClient()}
}

// newClient has connections of its own.
func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true, DisableCompression: true}}
}

func (p *process) get(client *http.Client, path string) (string, error) {
	answer, err := client.Get("https://" + p.address + path)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.ProtoMajor != 2 {
		return "", fmt.Errorf("%s, %s", answer.Proto, answer.Status)
	}
	body, err := io.ReadAll(answer.Body)
	return string(body), err
}

// cost is the CPU time that the process has used, what it has on its heap and stacks, and how many goroutines it has.
func (p *process) cost(tb testing.TB, collect string) (cpu time.Duration, memory, goroutines int64) {
	tb.Helper()
	text, err := p.get(p.client, "/cost"+collect)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := fmt.Sscan(text, &cpu, &memory, &goroutines); err != nil {
		tb.Fatalf("%q: %v", text, err)
	}
	return cpu, memory, goroutines
}
