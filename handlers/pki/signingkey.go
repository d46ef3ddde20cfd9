package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// NewSigningKey is a key for signatures that are no certificates, in memory.
func NewSigningKey() (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("signing key: %w", err)
	}
	return key, nil
}

// SigningKey is the key <dir>/<name>.key, for signatures that are no certificates, and its public half <dir>/<name>.pub.
// A missing key is made, an existing one is kept, so that what was signed stays valid.
func SigningKey(dir, name string) (keyFile, publicFile string, err error) {
	keyFile, publicFile = filepath.Join(dir, name+".key"), filepath.Join(dir, name+".pub")
	_, keyErr := os.Stat(keyFile)
	if keyErr == nil {
		if _, err = os.Stat(publicFile); err == nil {
			return keyFile, publicFile, nil
		}
		// The private file verifies as well: the public one is for others only.
		return keyFile, keyFile, nil
	}
	if !errors.Is(keyErr, fs.ErrNotExist) {
		return "", "", fmt.Errorf("signing key: %w", keyErr)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", "", fmt.Errorf("folder of keys: %w", err)
	}
	key, err := NewSigningKey()
	if err != nil {
		return "", "", err
	}
	private, err := encodeKey(key)
	if err != nil {
		return "", "", fmt.Errorf("signing key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return "", "", fmt.Errorf("signing key: %w", err)
	}
	// The key comes last: with it alone the pair is complete.
	if err := replace(publicFile, encode("PUBLIC KEY", public), 0o644); err != nil {
		return "", "", err
	}
	return keyFile, publicFile, replace(keyFile, private, 0o600)
}
