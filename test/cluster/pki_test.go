package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
)

func newPKI(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := writePKI(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestPKI(t *testing.T) {
	dir := newPKI(t)
	ca, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	for _, id := range identities {
		pair, err := tls.LoadX509KeyPair(filepath.Join(dir, id.file+".crt"), filepath.Join(dir, id.file+".key"))
		if err != nil {
			t.Fatal(err)
		}
		if pair.Leaf.Subject.CommonName != id.name || len(pair.Leaf.Subject.Organization) != len(id.groups) {
			t.Errorf("%s: subject %v", id.file, pair.Leaf.Subject)
		}
		for _, host := range append([]string{""}, id.hosts...) {
			_, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: host, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
			if err != nil {
				t.Errorf("%s as %q: %v", id.file, host, err)
			}
		}
	}
}

// TestKeysAreSecret: a directory that others can read is the usual one.
func TestKeysAreSecret(t *testing.T) {
	dir := newPKI(t)
	files, err := filepath.Glob(filepath.Join(dir, "*.key"))
	if err != nil || len(files) != len(identities)+1 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f, info.Mode(), err)
		}
	}
}

func TestKubeconfig(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := writeKubeconfig(file, newPKI(t), "admin", "https://127.0.0.1:1234"); err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", file)
	if err != nil {
		t.Fatal(err)
	}
	if config.Host != "https://127.0.0.1:1234" || len(config.CAData) == 0 {
		t.Errorf("got %+v", config)
	}
	if _, err := tls.X509KeyPair(config.CertData, config.KeyData); err != nil {
		t.Error(err)
	}
}
