// Package authz decides who may do what. Each authorizer is in a file or package of its own; Union asks them in order.
package authz

import (
	"context"
	"errors"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Decision is an authorizer's answer.
type Decision uint8

const (
	// NoOpinion leaves the decision to the next authorizer; at the end it is a refusal.
	NoOpinion Decision = iota
	Allow
	Deny
)

// Attributes are what is to be decided.
type Attributes struct {
	User       *resource.UserInfo
	Verb       string
	IsResource bool
	// Path is that of the request; it decides for what is not a resource.
	Path                                  string
	Group, Version, Resource, Subresource string
	Namespace, Name                       string
	// Fields and Labels are what a list, watch or deletion of a collection is limited to. An authorizer may allow the
	// limited request and refuse the unlimited one. FieldsErr and LabelsErr say that there is a selector that cannot be
	// read; it then limits nothing.
	Fields    fields.Requirements
	FieldsErr error
	Labels    labels.Requirements
	LabelsErr error
}

// Authorizer decides. The reason is for the user who is refused. An error beside NoOpinion means that the authorizer could
// not find out; others may still allow. Safe for concurrent use.
type Authorizer interface {
	Authorize(ctx context.Context, a Attributes) (decision Decision, reason string, err error)
}

// ErrNotReady is the error of an authorizer that follows the store and has not read all of it yet.
var ErrNotReady = errors.New("what is authorized by has not been read yet")
