package onestore

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage/etcd"
	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// patience bounds waits for other processes, so that one that hangs fails its test and not the run.
const patience = 90 * time.Second

// serviceRange is given to both servers.
const serviceRange = "10.96.0.0/20"

// gates are those without which the reference does not serve resources that are in its API.
var gates = []string{
	"GenericWorkload=true", "StorageVersionAPI=true", "StorageVersionMigrator=true",
	"ClusterTrustBundle=true", "PodCertificateRequest=true", "DRADeviceTaintRules=true", "DRADeviceTaints=true", "DRAResourcePoolStatus=true",
}

// referenceBinary finds a program of the reference, or skips the test.
func referenceBinary(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("REF_BIN")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Skip("no REF_BIN and no cache folder: the reference is not here")
		}
		dir = filepath.Join(cache, "ref", "bin")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the reference is not here: %v", err)
	}
	return path
}

// process is a program that ends with the test at the latest.
type process struct {
	t       *testing.T
	command *exec.Cmd
	log     string
	ended   chan error
}

// spawn starts a program whose output goes to a file of the test.
func spawn(t *testing.T, path string, args ...string) *process {
	t.Helper()
	p := &process{t: t, log: filepath.Join(t.TempDir(), filepath.Base(path)+".log"), ended: make(chan error, 1)}
	out, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	p.command = exec.Command(path, args...)
	p.command.Stdout, p.command.Stderr = out, out
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.command.Wait() }()
	t.Cleanup(p.stop)
	return p
}

// stop ends the program, kindly at first. It may be called again.
func (p *process) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case err := <-p.ended:
		p.ended <- err
	case <-time.After(patience):
		_ = p.command.Process.Kill() // a failure shows as the error below
		p.t.Errorf("%s does not end", p.command.Path)
		p.ended <- <-p.ended
	}
}

func (p *process) output() string {
	b, err := os.ReadFile(p.log)
	if err != nil {
		p.t.Error(err)
	}
	return string(b)
}

// until polls a condition. Whoever is waited for may not end meanwhile.
func (p *process) until(what string, done func() bool) {
	p.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if done() {
			return
		}
		select {
		case err := <-p.ended:
			p.ended <- err
			p.t.Fatalf("%s ended: %v\n%s", p.command.Path, err, p.output())
		default:
		}
	}
	p.t.Fatalf("%s: not %s\n%s", p.command.Path, what, p.output())
}

// startEtcd runs the reference's etcd over a folder and returns its address.
func startEtcd(t *testing.T, dir string) (*process, string) {
	t.Helper()
	clients, peers := "http://127.0.0.1:"+harness.FreePort(t), "http://127.0.0.1:"+harness.FreePort(t)
	// The address for peers is only announced: a folder that our server made knows the default one, and etcd insists on it
	// for a member that exists.
	p := spawn(t, referenceBinary(t, "etcd"), "--data-dir="+dir, "--listen-client-urls="+clients, "--advertise-client-urls="+clients,
		"--listen-peer-urls="+peers, "--unsafe-no-fsync", "--log-level=warn")
	p.until("healthy", func() bool {
		answer, err := http.Get(clients + "/health")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	return p, clients
}

// reference is a running kube-apiserver of upstream.
type reference struct {
	*process
	*side
}

const referenceToken = "onestore-admin"

// startReference runs upstream on an etcd and waits until it is ready.
func startReference(t *testing.T, etcd string) *reference {
	t.Helper()
	dir := t.TempDir()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	keyFile, tokens := filepath.Join(dir, "sa.key"), filepath.Join(dir, "tokens.csv")
	write := func(path string, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(keyFile, pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	write(tokens, []byte(referenceToken+`,harness-admin,1,"system:masters"`+"\n"))
	port := harness.FreePort(t)
	p := spawn(t, referenceBinary(t, "kube-apiserver"), "--etcd-servers="+etcd, "--secure-port="+port, "--bind-address=127.0.0.1",
		"--advertise-address=192.0.2.1", "--cert-dir="+filepath.Join(dir, "certs"), "--token-auth-file="+tokens, "--authorization-mode=RBAC",
		"--service-account-key-file="+keyFile, "--service-account-signing-key-file="+keyFile, "--service-account-issuer=https://kubernetes.default.svc",
		"--service-cluster-ip-range="+serviceRange, "--allow-privileged=true", "--runtime-config=api/all=true", "--feature-gates="+strings.Join(gates, ","),
		harness.WithoutPlugins,
		// The controller of flow schemas would write their status at a time of its own.
		"--enable-priority-and-fairness=false")
	r := &reference{process: p, side: &side{t: t, name: "the reference", url: "https://127.0.0.1:" + port, token: referenceToken}}
	r.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}
	p.until("ready", func() bool {
		code, _ := r.try("GET", "/readyz", "", nil, "")
		return code == http.StatusOK
	})
	return r
}

// startOurs runs our server, as a rule on an external etcd. Its controllers are off, as beside a cluster's own: what they
// write depends on the server that runs them.
func startOurs(t *testing.T, dir string, flags ...string) (*harness.Server, *side) {
	t.Helper()
	s := harness.StartIn(t, dir, append([]string{"--runtime-config=api/all=true", "--feature-gates=" + strings.Join(gates, ","), "--service-cluster-ip-range=" + serviceRange, "--authorization-mode=RBAC"}, flags...)...)
	return s, ourSide(t, s)
}

func ourSide(t *testing.T, s *harness.Server) *side {
	return &side{t: t, name: "ours", url: s.URL, token: harness.AdminToken, client: &http.Client{Transport: s.Transport()}}
}

// openStore looks into etcd itself. Keys are below the prefix.
func openStore(t *testing.T, address, prefix string) *etcd.Store {
	t.Helper()
	s, err := etcd.Dial(etcd.Target{Servers: []string{address}}, etcd.Options{Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
