package envtest

import (
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/etcd/server/v3/etcdmain"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// TestMain lets the test's own program be the etcd that envtest starts: no test may need one that is installed.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "etcd" {
		etcdmain.Main(os.Args)
		return
	}
	os.Exit(m.Run())
}

// assets is a folder of the programs that envtest looks for.
func assets(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, program := range map[string]string{"etcd": self, "kube-apiserver": harness.Binary(t)} {
		if err := os.Symlink(program, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// envtest's control plane comes up, serves with the certificate that envtest made, and writes nothing where the test runs.
func TestControlPlane(t *testing.T) {
	programs, here := assets(t), t.TempDir()
	t.Chdir(here)
	for _, c := range []struct{ name, certDir string }{
		{"a folder of certificates that envtest makes", ""},
		{"one that is named", filepath.Join(t.TempDir(), "certs")},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.certDir != "" {
				if err := os.Mkdir(c.certDir, 0o700); err != nil { // envtest itself writes into it
					t.Fatal(err)
				}
			}
			environment := &envtest.Environment{BinaryAssetsDirectory: programs}
			environment.ControlPlane.GetAPIServer().CertDir = c.certDir
			config, err := environment.Start()
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := environment.Stop(); err != nil {
					t.Error(err)
				}
			}()
			cluster, err := client.New(config, client.Options{})
			if err != nil {
				t.Fatal(err)
			}
			made := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "a"}, Data: map[string]string{"k": "v"}}
			if err := cluster.Create(t.Context(), made); err != nil {
				t.Fatal(err)
			}
			var got corev1.ConfigMap
			if err := cluster.Get(t.Context(), client.ObjectKeyFromObject(made), &got); err != nil || got.Data["k"] != "v" {
				t.Errorf("%v, %v", got.Data, err)
			}
			// Users whom a test adds are told apart by certificates of envtest's authority.
			nobody, err := environment.AddUser(envtest.User{Name: "nobody"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			as, err := client.New(nobody.Config(), client.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := as.Get(t.Context(), client.ObjectKeyFromObject(made), &got); client.IgnoreNotFound(err) == nil {
				t.Errorf("a user without rights reads: %v", err)
			}
		})
		left, err := os.ReadDir(here)
		if err != nil || len(left) > 0 {
			t.Errorf("%s: the working folder has %v (%v)", c.name, left, err)
		}
	}
}
