package serviceaccount

import (
	"crypto"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"
)

// Issuer makes bound tokens. It is immutable and safe for concurrent use.
type Issuer struct {
	// Name is the issuer that tokens carry.
	Name string
	// Audiences are those of tokens that are requested for none: the server's own.
	Audiences []string
	// MaxLife shortens what is requested; 0 does not.
	MaxLife time.Duration
	// Extend lets the tokens that the kubelet puts into pods live on after the time that was asked for, with a note in the
	// audit log, so that programs which never read them again go on working.
	Extend bool

	signer jose.Signer
}

// NewIssuer signs with key.
func NewIssuer(name string, key crypto.Signer) (*Issuer, error) {
	public, err := newKey(key.Public())
	if err != nil {
		return nil, err
	}
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: public.Algorithm,
		Key:       jose.JSONWebKey{Key: key, KeyID: public.ID, Algorithm: string(public.Algorithm), Use: "sig"},
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("service account signing key: %w", err)
	}
	return &Issuer{Name: name, signer: signer}, nil
}

// issued are claims whose audience is a list, also when it is only one: not everybody reads both forms.
type issued struct {
	claims
	Audience []string `json:"aud,omitempty"`
}

// Issue makes a token with bound claims for audiences, from now on for life. id is the token's own.
func (i *Issuer) Issue(bound Bound, audiences []string, now time.Time, life time.Duration) (token, id string, err error) {
	id = uuid.NewString()
	token, err = jwt.Signed(i.signer).Claims(issued{
		Audience: audiences,
		claims: claims{
			Claims: jwt.Claims{
				Issuer: i.Name, Subject: UserName(bound.Namespace, bound.Account.Name), ID: id,
				IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(life)),
			},
			Kubernetes: bound,
		},
	}).Serialize()
	if err != nil {
		return "", "", fmt.Errorf("failed to generate token: %w", err)
	}
	return token, id, nil
}
