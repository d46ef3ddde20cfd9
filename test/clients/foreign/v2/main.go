// Command v2 prints the v2 document of the server whose kubeconfig is $GATEHOUSE_KUBECONFIG.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"

	"sigs.k8s.io/yaml"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "v2:", err)
		os.Exit(1)
	}
}

func run() error {
	b, err := os.ReadFile(os.Getenv("GATEHOUSE_KUBECONFIG"))
	if err != nil {
		return err
	}
	var f struct {
		Clusters []struct {
			Cluster struct {
				Server string
				CA     []byte `json:"certificate-authority-data"`
			}
		}
		Users []struct {
			User struct {
				Cert []byte `json:"client-certificate-data"`
				Key  []byte `json:"client-key-data"`
			}
		}
	}
	if err := yaml.Unmarshal(b, &f); err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(f.Users[0].User.Cert, f.Users[0].User.Key)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(f.Clusters[0].Cluster.CA)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}}}
	answer, err := client.Get(f.Clusters[0].Cluster.Server + "/openapi/v2")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("/openapi/v2: %s", answer.Status)
	}
	_, err = io.Copy(os.Stdout, answer.Body)
	return err
}
