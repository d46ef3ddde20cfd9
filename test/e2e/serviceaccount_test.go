package e2e

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// A kubeconfig made for a service account, as a user makes one, can do what its role says and nothing else; neither can
// one whose token is over, and neither can one whose token another key has signed.
func TestKubeconfigOfServiceAccount(t *testing.T) {
	server := harness.Start(t)
	admin := server.Kubectl()
	admin.OK("create", "namespace", "team")
	admin.OK("-n", "team", "create", "serviceaccount", "bot")
	admin.OK("-n", "team", "create", "role", "config", "--verb=get,list,create", "--resource=configmaps")
	admin.OK("-n", "team", "create", "rolebinding", "config", "--role=config", "--serviceaccount=team:bot")
	token := strings.TrimSpace(admin.OK("-n", "team", "create", "token", "bot", "--duration=1h"))

	with := func(token string) *harness.Kubectl {
		k := harness.NewKubectl(t, filepath.Join(t.TempDir(), "kubeconfig"))
		k.OK("config", "set-cluster", "c", "--server="+server.URL, "--certificate-authority="+server.CA(), "--embed-certs")
		k.OK("config", "set-credentials", "bot", "--token="+token)
		k.OK("config", "set-context", "c", "--cluster=c", "--user=bot", "--namespace=team")
		k.OK("config", "use-context", "c")
		return k
	}
	bot := with(token)
	bot.OK("create", "configmap", "a", "--from-literal=b=c")
	if out := bot.OK("get", "configmaps", "-o", "name"); out != "configmap/a\n" {
		t.Errorf("it sees %q", out)
	}
	if out := bot.OK("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"); out != "system:serviceaccount:team:bot" {
		t.Errorf("it is %q", out)
	}
	for _, refused := range [][]string{
		{"delete", "configmap", "a"}, {"get", "secrets"}, {"get", "configmaps", "-A"}, {"create", "role", "x", "--verb=*", "--resource=*"},
		{"get", "nodes"}, {"create", "token", "bot"},
	} {
		if out := bot.Fails(refused...); !strings.Contains(out, `User "system:serviceaccount:team:bot" cannot`) {
			t.Errorf("%v: %s", refused, out)
		}
	}
	key, err := os.ReadFile(filepath.Join(server.DataDir, "pki", "sa.key"))
	if err != nil {
		t.Fatal(err)
	}
	for what, token := range map[string]string{
		"a token that is over":    resign(t, token, key, func(c map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() }),
		"one that begins later":   resign(t, token, key, func(c map[string]any) { c["nbf"] = time.Now().Add(time.Hour).Unix() }),
		"one for somebody else":   resign(t, token, key, func(c map[string]any) { c["aud"] = []string{"vault"} }),
		"one of another issuer":   resign(t, token, key, func(c map[string]any) { c["iss"] = "https://issuer.example" }),
		"one without a signature": token[:strings.LastIndexByte(token, '.')+1],
	} {
		if out := with(token).Fails("get", "configmaps"); !strings.Contains(out, "You must be logged in to the server") && !strings.Contains(out, "Unauthorized") {
			t.Errorf("%s: %s", what, out)
		}
	}
	// That it was signed again is not what is wrong with them.
	with(resign(t, token, key, func(map[string]any) {})).OK("get", "configmaps")
}

// resign changes the claims of a token and signs it with the server's own key.
func resign(t *testing.T, token string, key []byte, change func(map[string]any)) string {
	t.Helper()
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{}
	if err := parsed.UnsafeClaimsWithoutVerification(&claims); err != nil {
		t.Fatal(err)
	}
	change(claims)
	block, _ := pem.Decode(key)
	if block == nil {
		t.Fatal("sa.key is no PEM")
	}
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		if private, err = x509.ParseECPrivateKey(block.Bytes); err != nil {
			t.Fatal(err)
		}
	}
	header := parsed.Headers[0]
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(header.Algorithm), Key: jose.JSONWebKey{Key: private, KeyID: header.KeyID}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	out, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A name and a password, by curl as it is.
func TestBasicAuthenticationWithCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("there is no curl on this machine")
	}
	file := filepath.Join(t.TempDir(), "basic.csv")
	if err := os.WriteFile(file, []byte("secret,bea,1,\"system:masters\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := harness.Start(t, "--basic-auth-file="+file)
	for password, want := range map[string]string{"bea:secret": "200", "bea:wrong": "401", "root:secret": "401"} {
		out, err := exec.Command(curl, "-s", "-o", os.DevNull, "-w", "%{http_code}", "--cacert", server.CA(), "-u", password, server.URL+"/api/v1/namespaces").Output()
		if err != nil || string(out) != want {
			t.Errorf("%s: %s, %v; want %s", password, out, err, want)
		}
	}
}
