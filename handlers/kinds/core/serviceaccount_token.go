package core

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	authenticationv1 "github.com/gatehouse-dev/gatehouse/gen/types/authentication/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/authn/serviceaccount"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Lifetimes of tokens in seconds. The kubelet requests the odd one for projected volumes, which marks the default lifetime, which
// the server may extend.
const (
	shortestToken  = 10 * 60
	longestToken   = 1 << 32
	injectedToken  = 60*60 + 7
	extendedToken  = 365 * 24 * 60 * 60
	issuedTokenKey = "authentication.kubernetes.io/issued-credential-id"
)

var tokenRequestKind = schema.GroupKind{Group: "authentication.k8s.io", Kind: "TokenRequest"}

// tokenRequest issues tokens of a service account.
func tokenRequest(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	if d.Tokens == nil {
		return
	}
	s.Create = func(ctx context.Context, a *resource.Attempt, body object.Object) (runtime.Object, error) {
		request, ok := body.(*authenticationv1.TokenRequest)
		if !ok {
			return nil, kind.WrongType(body)
		}
		if request.Name != "" && request.Name != a.Name {
			return nil, apierrors.NewInvalid(tokenRequestKind, a.Name, field.ErrorList{
				field.Invalid(field.NewPath("metadata", "name"), request.Name, "must match the service account name if specified"),
			})
		}
		account, err := get[*corev1.ServiceAccount](ctx, d, "serviceaccounts", a.Namespace, a.Name)
		if err != nil {
			return nil, err
		}
		now := d.Now()
		if err := completeTokenRequest(d, request, account, now); err != nil {
			return nil, err
		}
		bound := serviceaccount.Bound{Namespace: account.Namespace, Account: serviceaccount.Ref{Name: account.Name, UID: string(account.UID)}}
		if ref := request.Spec.BoundObjectRef; ref != nil {
			if err := bindToken(ctx, d, &bound, ref); err != nil {
				return nil, err
			}
		}
		life := tokenLife(a, d.Tokens, request, &bound, now)
		token, id, err := d.Tokens.Issue(bound, request.Spec.Audiences, now, time.Duration(life)*time.Second)
		if err != nil {
			return nil, apierrors.NewInternalError(err)
		}
		a.Annotate(issuedTokenKey, serviceaccount.CredentialIDOf(id))
		request.Status = authenticationv1.TokenRequestStatus{
			Token: token, ExpirationTimestamp: metav1.NewTime(now.Add(time.Duration(*request.Spec.ExpirationSeconds) * time.Second)),
		}
		return request, nil
	}
}

// completeTokenRequest sets the defaults of a request and validates it.
func completeTokenRequest(d *kind.Deps, r *authenticationv1.TokenRequest, account *corev1.ServiceAccount, now time.Time) error {
	if r.UID != "" && r.UID != account.UID {
		return apierrors.NewConflict(schema.GroupResource{Group: tokenRequestKind.Group, Resource: tokenRequestKind.Kind}, account.Name,
			fmt.Errorf("the UID in the token request (%s) does not match the UID of the service account (%s)", r.UID, account.UID))
	}
	r.Name, r.Namespace, r.UID = account.Name, account.Namespace, account.UID
	r.CreationTimestamp = metav1.NewTime(now)
	if len(r.Spec.Audiences) == 0 {
		r.Spec.Audiences = slices.Clone(d.Tokens.Audiences)
	}
	path := field.NewPath("spec", "expirationSeconds")
	var errs field.ErrorList
	switch seconds := r.Spec.ExpirationSeconds; {
	case seconds == nil:
		errs = append(errs, field.Required(path, ""))
	case *seconds < shortestToken:
		errs = append(errs, field.Invalid(path, *seconds, "may not specify a duration less than 10 minutes"))
	case *seconds > longestToken:
		errs = append(errs, field.Invalid(path, *seconds, "may not specify a duration larger than 2^32 seconds"))
	}
	if len(errs) > 0 {
		return apierrors.NewInvalid(tokenRequestKind, "", errs)
	}
	return nil
}

// tokenLife is the actual lifetime of the token in seconds. The response has the requested one, so that the client rotates the
// token by then.
func tokenLife(a *resource.Attempt, issuer *serviceaccount.Issuer, r *authenticationv1.TokenRequest, bound *serviceaccount.Bound, now time.Time) int64 {
	life := *r.Spec.ExpirationSeconds
	if longest := int64(issuer.MaxLife / time.Second); longest > 0 && life > longest {
		a.Warn(fmt.Sprintf("requested expiration of %d seconds shortened to %d seconds", life, longest))
		life = longest
		r.Spec.ExpirationSeconds = &life
	}
	foreign := slices.ContainsFunc(r.Spec.Audiences, func(a string) bool { return !slices.Contains(issuer.Audiences, a) })
	if issuer.Extend && bound.Pod != nil && life == injectedToken && !foreign {
		bound.WarnAt(now.Add(injectedToken * time.Second))
		return extendedToken
	}
	return life
}

// bindToken resolves the bound object of a token.
func bindToken(ctx context.Context, d *kind.Deps, bound *serviceaccount.Bound, ref *authenticationv1.BoundObjectReference) error {
	kind := schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind)
	found := &serviceaccount.Ref{}
	switch {
	case kind.Group == "" && kind.Kind == "Pod":
		pod, err := get[*corev1.Pod](ctx, d, "pods", bound.Namespace, ref.Name)
		if err != nil {
			return err
		}
		if pod.Spec.ServiceAccountName != bound.Account.Name {
			return apierrors.NewBadRequest(fmt.Sprintf("cannot bind token for serviceaccount %q to pod running with different serviceaccount name.", bound.Account.Name))
		}
		found.Name, found.UID, bound.Pod = pod.Name, string(pod.UID), found
		if bound.Node, err = nodeOf(ctx, d, pod); err != nil {
			return err
		}
	case kind.Group == "" && kind.Kind == "Node":
		node, err := get[*corev1.Node](ctx, d, "nodes", "", ref.Name)
		if err != nil {
			return err
		}
		found.Name, found.UID, bound.Node = node.Name, string(node.UID), found
	case kind.Group == "" && kind.Kind == "Secret":
		secret, err := get[*corev1.Secret](ctx, d, "secrets", bound.Namespace, ref.Name)
		if err != nil {
			return err
		}
		found.Name, found.UID, bound.Secret = secret.Name, string(secret.UID), found
	default:
		return apierrors.NewBadRequest(fmt.Sprintf("cannot bind token to object of type %s", kind.String()))
	}
	if ref.UID != "" && ref.UID != found.UID {
		return apierrors.NewConflict(schema.GroupResource{Group: kind.Group, Resource: kind.Kind}, ref.Name,
			fmt.Errorf("the UID in the bound object reference (%s) does not match the UID in record. The object might have been deleted and then recreated", ref.UID))
	}
	return nil
}

// nodeOf is the node of a pod; without uid if the node does not exist any more.
func nodeOf(ctx context.Context, d *kind.Deps, pod *corev1.Pod) (*serviceaccount.Ref, error) {
	if pod.Spec.NodeName == "" {
		return nil, nil
	}
	node, err := get[*corev1.Node](ctx, d, "nodes", "", pod.Spec.NodeName)
	switch {
	case apierrors.IsNotFound(err):
		return &serviceaccount.Ref{Name: pod.Spec.NodeName}, nil
	case err != nil:
		return nil, apierrors.NewInternalError(err)
	}
	return &serviceaccount.Ref{Name: node.Name, UID: string(node.UID)}, nil
}

// get reads an object of the core group.
func get[T object.Object](ctx context.Context, d *kind.Deps, plural, namespace, name string) (T, error) {
	var none T
	if err := resource.CheckName(name); err != nil {
		return none, err
	}
	o, err := d.Objects.Get(ctx, kind.CoreV1(plural), namespace, name)
	if err != nil {
		return none, err
	}
	t, ok := o.(T)
	if !ok {
		return none, kind.WrongType(o)
	}
	return t, nil
}
