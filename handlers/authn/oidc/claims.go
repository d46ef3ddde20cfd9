package oidc

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/authn/serviceaccount"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// claims are those of a token whose signature, times and audience are good.
type claims map[string]json.RawMessage

// text is a claim that must be a string.
func (c claims) text(name string) (string, error) {
	raw, ok := c[name]
	if !ok {
		return "", fmt.Errorf("claim not present")
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err
}

// list is a claim that may be a string or a list of strings.
func (c claims) list(name string) ([]string, error) {
	var list []string
	if json.Unmarshal(c[name], &list) == nil {
		return list, nil
	}
	var one string
	if err := json.Unmarshal(c[name], &one); err != nil {
		return nil, err
	}
	return []string{one}, nil
}

// user maps the claims and checks every rule.
func (i *issuer) user(ctx context.Context, c claims) (*resource.UserInfo, error) {
	values := make(map[string]any, len(c))
	for name, raw := range c {
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			return nil, fmt.Errorf("oidc: parse claims: %w", err)
		}
		values[name] = v
	}
	u := &resource.UserInfo{}
	for _, step := range []func(context.Context, *resource.UserInfo, claims, map[string]any) error{i.name, i.groups, i.uid, i.extra} {
		if err := step(ctx, u, c, values); err != nil {
			return nil, err
		}
	}
	for name, value := range i.program.required {
		got, err := c.text(name)
		switch {
		case c[name] == nil:
			return nil, fmt.Errorf("oidc: required claim %s not present in ID token", name)
		case err != nil:
			return nil, fmt.Errorf("oidc: parse claim %s: %w", name, err)
		case got != value:
			return nil, fmt.Errorf("oidc: required claim %s value does not match. Got = %s, want = %s", name, got, value)
		}
	}
	if err := hold(ctx, i.program.claims, values); err != nil {
		return nil, fmt.Errorf("oidc: error evaluating claim validation expression: %w", err)
	}
	if len(i.program.users) > 0 {
		extra := map[string]any{}
		for k, v := range u.Extra {
			extra[k] = v
		}
		seen := map[string]any{"username": u.Name, "uid": u.UID, "groups": u.Groups, "extra": extra}
		if err := hold(ctx, i.program.users, seen); err != nil {
			return nil, fmt.Errorf("oidc: error evaluating user info validation rule: %w", err)
		}
	}
	return u, nil
}

// hold is nil when all rules hold.
func hold(ctx context.Context, rules []rule, value any) error {
	for _, r := range rules {
		ok, err := r.bool(ctx, value)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("validation expression '%s' failed: %s", r.text, r.message)
		}
	}
	return nil
}

// name: an address by mail counts only if the issuer does not say that it is unverified.
func (i *issuer) name(ctx context.Context, u *resource.UserInfo, c claims, values map[string]any) (err error) {
	if i.program.username != nil {
		if u.Name, err = i.program.username.string(ctx, values); err != nil {
			return fmt.Errorf("oidc: error evaluating username claim expression: %w", err)
		}
		if u.Name == "" {
			return fmt.Errorf("oidc: empty username via CEL expression is not allowed")
		}
		return nil
	}
	m := i.config.ClaimMappings.Username
	if u.Name, err = c.text(m.Claim); err != nil {
		return fmt.Errorf("oidc: parse username claims %q: %w", m.Claim, err)
	}
	if raw, said := c["email_verified"]; said && m.Claim == "email" {
		var verified bool
		if err := json.Unmarshal(raw, &verified); err != nil {
			return fmt.Errorf("oidc: parse 'email_verified' claim: %w", err)
		}
		if !verified {
			return fmt.Errorf("oidc: email not verified")
		}
	}
	if m.Prefix != nil {
		u.Name = *m.Prefix + u.Name
	}
	return nil
}

func (i *issuer) groups(ctx context.Context, u *resource.UserInfo, c claims, values map[string]any) (err error) {
	if i.program.groups != nil {
		if u.Groups, err = i.program.groups.strings(ctx, values); err != nil {
			return fmt.Errorf("oidc: error evaluating group claim expression: %w", err)
		}
		return nil
	}
	m := i.config.ClaimMappings.Groups
	if _, there := c[m.Claim]; m.Claim == "" || !there {
		return nil
	}
	if u.Groups, err = c.list(m.Claim); err != nil {
		return fmt.Errorf("oidc: parse groups claim %q: %w", m.Claim, err)
	}
	if m.Prefix != nil {
		for n, g := range u.Groups {
			u.Groups[n] = *m.Prefix + g
		}
	}
	return nil
}

func (i *issuer) uid(ctx context.Context, u *resource.UserInfo, c claims, values map[string]any) (err error) {
	if i.program.uid != nil {
		if u.UID, err = i.program.uid.string(ctx, values); err != nil {
			return fmt.Errorf("oidc: error evaluating uid claim expression: %w", err)
		}
		return nil
	}
	if claim := i.config.ClaimMappings.UID.Claim; claim != "" {
		if u.UID, err = c.text(claim); err != nil {
			return fmt.Errorf("oidc: parse uid claim %q: %w", claim, err)
		}
	}
	return nil
}

func (i *issuer) extra(ctx context.Context, u *resource.UserInfo, c claims, values map[string]any) error {
	extra := map[string][]string{}
	if id, err := c.text("jti"); err == nil && id != "" {
		extra[authn.CredentialID] = []string{serviceaccount.CredentialIDOf(id)}
	}
	for _, e := range i.program.extra {
		list, err := e.values.strings(ctx, values)
		if err != nil {
			return fmt.Errorf("oidc: error evaluating extra claim expression: %s: %w", e.values.text, err)
		}
		if len(list) > 0 {
			extra[e.key] = list
		}
	}
	if len(extra) > 0 {
		u.Extra = extra
	}
	return nil
}
