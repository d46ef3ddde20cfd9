package authn

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// TokenFile accepts the bearer tokens of a static file. It keeps only their hashes: a lookup then takes no time that
// tells how much of a guess was right, and a memory dump shows no token.
type TokenFile struct {
	users map[[sha256.Size]byte]resource.UserInfo
}

// NewTokenFile reads a CSV file with the columns token, user name, uid and, quoted, comma-separated groups.
func NewTokenFile(path string) (*TokenFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("token file: %w", err)
	}
	defer f.Close()
	t := &TokenFile{users: map[[sha256.Size]byte]resource.UserInfo{}}
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, fmt.Errorf("token file %s: %w", path, err)
		}
		line, _ := r.FieldPos(0)
		if len(record) < 3 {
			return nil, fmt.Errorf("token file %s, line %d: need at least 3 columns (token, user name, user uid), found %d", path, line, len(record))
		}
		if record[0] == "" {
			continue
		}
		user := resource.UserInfo{Name: record[1], UID: record[2]}
		if len(record) > 3 {
			for g := range strings.SplitSeq(record[3], ",") {
				if g = strings.TrimSpace(g); g != "" {
					user.Groups = append(user.Groups, g)
				}
			}
		}
		t.users[sha256.Sum256([]byte(record[0]))] = user
	}
}

// AuthenticateToken looks the token up.
func (t *TokenFile) AuthenticateToken(_ context.Context, token string, _ []string) (*Identity, error) {
	user, ok := t.users[sha256.Sum256([]byte(token))]
	if !ok {
		return nil, ErrNoCredentials
	}
	return &Identity{User: user}, nil
}
