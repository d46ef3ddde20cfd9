package oidc

import (
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// program is what the expressions of an issuer are compiled to. A nil expression is not configured.
type program struct {
	username, groups, uid *expression
	extra                 []extraProgram
	required              map[string]string
	claims, users         []rule
}

type extraProgram struct {
	key    string
	values *expression
}

type rule struct {
	*expression
	message string
}

// compiler collects what is wrong, and what the expressions read.
type compiler struct {
	errs            field.ErrorList
	email, verified bool
}

// compile makes the program of an issuer, or says everything that is wrong with it.
func compile(j *Issuer, path *field.Path) (*program, field.ErrorList) {
	c, p := &compiler{}, &program{required: map[string]string{}}
	mappings := path.Child("claimMappings")
	m := &j.ClaimMappings
	p.username = c.mapping(m.Username, mappings.Child("username"), true)
	c.email = p.username.selects("email")
	c.verified = p.username.selects("email_verified")
	p.groups = c.mapping(m.Groups, mappings.Child("groups"), false)
	switch {
	case m.UID.Claim != "" && m.UID.Expression != "":
		c.fault(field.Invalid(mappings.Child("uid"), "", "claim and expression can't both be set"))
	case m.UID.Expression != "":
		p.uid = c.expression(m.UID.Expression, "claims", false, mappings.Child("uid", "expression"))
	}
	c.extra(p, m.Extra, mappings.Child("extra"))
	c.claimRules(p, j.ClaimValidationRules, path.Child("claimValidationRules"))
	seen := map[string]bool{}
	for i, r := range j.UserValidationRules {
		at := path.Child("userValidationRules").Index(i).Child("expression")
		if r.Expression == "" {
			c.fault(field.Required(at, ""))
			continue
		}
		if seen[r.Expression] {
			c.fault(field.Duplicate(at, r.Expression))
		}
		seen[r.Expression] = true
		p.users = append(p.users, rule{c.expression(r.Expression, "user", true, at), r.Message})
	}
	if c.email && !c.verified {
		c.fault(field.Invalid(mappings.Child("username", "expression"), m.Username.Expression,
			"claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression"))
	}
	return p, c.errs
}

func (c *compiler) fault(e *field.Error) { c.errs = append(c.errs, e) }

// expression compiles one; nil, which holds nowhere, when it is faulty.
func (c *compiler) expression(text, variable string, isBool bool, path *field.Path) *expression {
	e, err := compileExpression(text, variable, isBool)
	if err != nil {
		c.fault(field.Invalid(path, text, err.Error()))
		return nil
	}
	return e
}

// mapping checks a claim with a prefix or an expression, and compiles the latter.
func (c *compiler) mapping(m Mapping, path *field.Path, mandatory bool) *expression {
	switch {
	case m.Expression != "" && m.Claim != "":
		c.fault(field.Invalid(path, "", "claim and expression can't both be set"))
	case m.Expression == "" && m.Claim == "" && mandatory:
		c.fault(field.Required(path, "claim or expression is required"))
	case m.Expression != "" && m.Prefix != nil:
		c.fault(field.Invalid(path.Child("prefix"), *m.Prefix, "prefix can't be set when expression is set"))
	case m.Claim != "" && m.Prefix == nil:
		c.fault(field.Required(path.Child("prefix"), "prefix is required when claim is set. It can be set to an empty string to disable prefixing"))
	case m.Claim == "" && m.Expression == "" && m.Prefix != nil && *m.Prefix != "":
		c.fault(field.Required(path.Child("claim"), "non-empty claim name is required when prefix is set"))
	case m.Expression != "":
		return c.expression(m.Expression, "claims", false, path.Child("expression"))
	}
	return nil
}

func (c *compiler) extra(p *program, list []ExtraMapping, path *field.Path) {
	seen := map[string]bool{}
	for i, m := range list {
		at := path.Index(i)
		c.errs = append(c.errs, validateKey(m.Key, at.Child("key"))...)
		if seen[m.Key] {
			c.fault(field.Duplicate(at.Child("key"), m.Key))
			continue
		}
		seen[m.Key] = true
		if m.ValueExpression == "" {
			c.fault(field.Required(at.Child("valueExpression"), ""))
			continue
		}
		e := c.expression(m.ValueExpression, "claims", false, at.Child("valueExpression"))
		c.verified = c.verified || e.selects("email_verified")
		p.extra = append(p.extra, extraProgram{m.Key, e})
	}
}

func (c *compiler) claimRules(p *program, list []ClaimRule, path *field.Path) {
	seen := map[string]bool{}
	for i, r := range list {
		at := path.Index(i)
		switch {
		case r.Claim != "" && r.Expression != "":
			c.fault(field.Invalid(at, r.Claim, "claim and expression can't both be set"))
		case r.Claim == "" && r.Expression == "":
			c.fault(field.Required(at, "claim or expression is required"))
		case r.Claim != "":
			if r.Message != "" {
				c.fault(field.Invalid(at.Child("message"), r.Message, "may not be specified when claim is set"))
			}
			if _, twice := p.required[r.Claim]; twice {
				c.fault(field.Duplicate(at.Child("claim"), r.Claim))
			}
			p.required[r.Claim] = r.RequiredValue
		default:
			if r.RequiredValue != "" {
				c.fault(field.Invalid(at.Child("requiredValue"), r.RequiredValue, "may not be specified when expression is set"))
			}
			if seen[r.Expression] {
				c.fault(field.Duplicate(at.Child("expression"), r.Expression))
				continue
			}
			seen[r.Expression] = true
			e := c.expression(r.Expression, "claims", true, at.Child("expression"))
			c.verified = c.verified || e.selects("email_verified")
			p.claims = append(p.claims, rule{e, r.Message})
		}
	}
}
