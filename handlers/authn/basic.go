package authn

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Basic accepts the names and passwords of a static file by HTTP basic authentication. It keeps only hashes of the
// passwords.
type Basic struct {
	users map[string]basicUser
}

type basicUser struct {
	password [sha256.Size]byte
	user     resource.UserInfo
}

// ErrPassword: there is no such user, or the password is another one. It does not say which.
var ErrPassword = errors.New("invalid username/password combination")

// NewBasic reads the file; its first column is the password.
func NewBasic(path string) (*Basic, error) {
	b := &Basic{users: map[string]basicUser{}}
	err := readCredentials(path, "password", "password", func(password string, user resource.UserInfo) {
		b.users[user.Name] = basicUser{password: sha256.Sum256([]byte(password)), user: user}
	})
	return b, err
}

// Authenticate compares hashes, in a time that tells nothing about the password.
func (b *Basic) Authenticate(r *http.Request) (*resource.UserInfo, error) {
	name, password, ok := r.BasicAuth()
	if !ok {
		return nil, ErrNoCredentials
	}
	known, exists := b.users[name]
	hash := sha256.Sum256([]byte(password))
	if equal := subtle.ConstantTimeCompare(hash[:], known.password[:]); !exists || equal == 0 {
		return nil, ErrPassword
	}
	user := known.user
	return &user, nil
}
