package serviceaccount

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"github.com/go-jose/go-jose/v4"
)

// Key is a public key that tokens may be signed with.
type Key struct {
	// ID is the key's name in the headers of tokens: the hash of the key.
	ID        string
	Public    crypto.PublicKey
	Algorithm jose.SignatureAlgorithm
}

// Keys are those that verify tokens.
type Keys struct {
	all  []Key
	byID map[string][]Key
}

// NewKeys takes public keys, and the public halves of private ones.
func NewKeys(keys ...crypto.PublicKey) (*Keys, error) {
	k := &Keys{byID: map[string][]Key{}}
	for _, public := range keys {
		if private, ok := public.(crypto.Signer); ok {
			public = private.Public()
		}
		key, err := newKey(public)
		if err != nil {
			return nil, err
		}
		k.all = append(k.all, key)
		k.byID[key.ID] = append(k.byID[key.ID], key)
	}
	return k, nil
}

// ReadKeys reads public keys, private keys and certificates from PEM files, which may have several each.
func ReadKeys(files ...string) (*Keys, error) {
	var all []crypto.PublicKey
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("service account keys: %w", err)
		}
		keys, err := ParseKeys(b)
		if err != nil {
			return nil, fmt.Errorf("service account keys in %s: %w", file, err)
		}
		all = append(all, keys...)
	}
	return NewKeys(all...)
}

// find are the keys that a token with this key id may be signed with: all for a token without.
func (k *Keys) find(id string) []Key {
	if id == "" {
		return k.all
	}
	return k.byID[id]
}

// ParseKeys reads the keys of a PEM text. Blocks that are no keys are passed over, as upstream does.
func ParseKeys(text []byte) ([]crypto.PublicKey, error) {
	var keys []crypto.PublicKey
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		key := parseBlock(block.Bytes)
		switch key.(type) {
		case *rsa.PublicKey, *rsa.PrivateKey, *ecdsa.PublicKey, *ecdsa.PrivateKey:
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("data does not contain any valid RSA or ECDSA public keys")
	}
	return keys, nil
}

// parseBlock tries every form that a key can have; nil when it is none.
func parseBlock(der []byte) any {
	if key, err := x509.ParsePKIXPublicKey(der); err == nil {
		return key
	}
	if key, err := x509.ParsePKCS1PublicKey(der); err == nil {
		return key
	}
	if c, err := x509.ParseCertificate(der); err == nil {
		return c.PublicKey
	}
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key
	}
	return nil
}

// ReadSigner reads the first private key of a PEM file.
func ReadSigner(file string) (crypto.Signer, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("service account signing key: %w", err)
	}
	keys, err := ParseKeys(b)
	if err == nil {
		for _, key := range keys {
			if signer, ok := key.(crypto.Signer); ok {
				return signer, nil
			}
		}
	}
	return nil, fmt.Errorf("service account signing key: %s does not contain a valid private RSA or ECDSA key", file)
}

func newKey(public crypto.PublicKey) (Key, error) {
	algorithm, err := algorithmOf(public)
	if err != nil {
		return Key{}, err
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return Key{}, fmt.Errorf("encoding a public key: %w", err)
	}
	hash := sha256.Sum256(der)
	return Key{ID: base64.RawURLEncoding.EncodeToString(hash[:]), Public: public, Algorithm: algorithm}, nil
}

func algorithmOf(public crypto.PublicKey) (jose.SignatureAlgorithm, error) {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return jose.RS256, nil
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			return jose.ES256, nil
		case elliptic.P384():
			return jose.ES384, nil
		case elliptic.P521():
			return jose.ES512, nil
		}
		return "", errors.New("unknown private key curve, must be 256, 384, or 521")
	}
	return "", fmt.Errorf("unknown key type %T: RSA and ECDSA keys sign tokens", public)
}
