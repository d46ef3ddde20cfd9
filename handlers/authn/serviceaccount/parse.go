package serviceaccount

import (
	"crypto/sha256"
	"errors"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/utils/lru"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
)

// algorithms are those that a token may name. The ones that sign with a shared secret are not among them: with them, a server that
// knows a public key could make tokens.
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512,
}

// knownTokens is how many tokens are remembered.
const knownTokens = 4096

// errNoKey: a token names a key that is not one of ours.
var errNoKey = errors.New("invalid signature, no keys found")

// parser verifies signatures. It remembers the tokens whose signature was good, by their hash: only the signature, because
// everything else about a token can change.
type parser struct {
	keys     *Keys
	issuers  map[string]bool
	verified *lru.Cache
}

func newParser(keys *Keys, issuers []string) *parser {
	p := &parser{keys: keys, issuers: map[string]bool{}, verified: lru.New(knownTokens)}
	for _, issuer := range issuers {
		p.issuers[issuer] = true
	}
	return p
}

// parse has the claims of a token that one of the issuers has signed. The result is shared and must not be changed.
// authn.ErrNoCredentials when it does not look like one of theirs.
func (p *parser) parse(token string) (*claims, error) {
	hash := sha256.Sum256([]byte(token))
	if c, ok := p.verified.Get(hash); ok {
		return c.(*claims), nil
	}
	if !p.issuers[authn.IssuerOf(token)] {
		return nil, authn.ErrNoCredentials
	}
	signed, err := jwt.ParseSigned(token, algorithms)
	if err != nil {
		return nil, authn.ErrNoCredentials
	}
	id := ""
	for _, h := range signed.Headers {
		if id = h.KeyID; id != "" {
			break
		}
	}
	keys := p.keys.find(id)
	if len(keys) == 0 {
		return nil, errNoKey
	}
	var wrong []error
	for _, key := range keys {
		c := &claims{}
		if err := signed.Claims(key.Public, c); err != nil {
			wrong = append(wrong, err)
			continue
		}
		// The issuer was read above before anything was verified.
		if !p.issuers[c.Issuer] {
			return nil, authn.ErrNoCredentials
		}
		p.verified.Add(hash, c)
		return c, nil
	}
	return nil, utilerrors.NewAggregate(wrong)
}
