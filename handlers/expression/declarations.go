package expression

import (
	"sync"

	"github.com/google/cel-go/cel"
	"k8s.io/apimachinery/pkg/util/version"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/common"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"
	"k8s.io/apiserver/pkg/cel/mutation"
)

// always is the release since which something is declared: every one that may still be asked for.
var always = version.MajorMinor(1, 0)

// extend declares what admission knows of a request.
func extend(base *environment.EnvSet, d Declared) (*environment.EnvSet, error) {
	namespace, request := namespaceType(), requestType()
	options := []cel.EnvOption{
		cel.Variable("object", cel.DynType), cel.Variable("oldObject", cel.DynType),
		cel.Variable("namespaceObject", namespace.CelType()), cel.Variable("request", request.CelType()),
	}
	if d.Params {
		options = append(options, cel.Variable("params", cel.DynType))
	}
	if d.Authorizer {
		options = append(options, cel.Variable("authorizer", library.AuthorizerType), cel.Variable("authorizer.requestResource", library.ResourceCheckType))
	}
	set, err := base.Extend(environment.VersionedOptions{
		IntroducedVersion: always, EnvOptions: options, DeclTypes: []*apiservercel.DeclType{namespace, request},
	}, environment.StrictCostOpt)
	if err != nil || !d.Patches {
		return set, err
	}
	return set.Extend(environment.VersionedOptions{IntroducedVersion: always, EnvOptions: []cel.EnvOption{
		common.ResolverEnvOption(&mutation.DynamicTypeResolver{}), environment.UnversionedLib(library.JSONPatch),
	}})
}

type fields map[string]*apiservercel.DeclType

// object is a type whose fields are all there but for those in optional.
func object(name string, of fields, optional ...string) *apiservercel.DeclType {
	mayMiss := map[string]bool{}
	for _, o := range optional {
		mayMiss[o] = true
	}
	declared := make(map[string]*apiservercel.DeclField, len(of))
	for field, t := range of {
		declared[field] = apiservercel.NewDeclField(field, t, !mayMiss[field], nil, nil)
	}
	return apiservercel.NewObjectType("kubernetes."+name, declared)
}

// The types that several fields have.
var (
	text   = apiservercel.StringType
	number = apiservercel.IntType
	moment = apiservercel.TimestampType
)

func list(of *apiservercel.DeclType) *apiservercel.DeclType { return apiservercel.NewListType(of, -1) }

func mapOf(of *apiservercel.DeclType) *apiservercel.DeclType {
	return apiservercel.NewMapType(text, of, -1)
}

// requestType is an AdmissionRequest without its uid and the objects, which are variables.
var requestType = sync.OnceValue(func() *apiservercel.DeclType {
	kind := object("GroupVersionKind", fields{"group": text, "version": text, "kind": text})
	resource := object("GroupVersionResource", fields{"group": text, "version": text, "resource": text})
	user := object("UserInfo", fields{"username": text, "uid": text, "groups": list(text), "extra": mapOf(list(text))}, "username", "uid", "groups", "extra")
	return object("AdmissionRequest", fields{
		"kind": kind, "resource": resource, "subResource": text, "requestKind": kind, "requestResource": resource, "requestSubResource": text,
		"name": text, "namespace": text, "operation": text, "userInfo": user, "dryRun": apiservercel.BoolType, "options": apiservercel.DynType,
	}, "subResource", "requestSubResource", "namespace", "dryRun", "options")
})

// namespaceType is a namespace without its owners and managers.
var namespaceType = sync.OnceValue(func() *apiservercel.DeclType {
	condition := object("NamespaceCondition", fields{"status": text, "type": text, "lastTransitionTime": moment, "message": text, "reason": text})
	return object("Namespace", fields{
		"metadata": object("NamespaceMetadata", fields{
			"name": text, "generateName": text, "namespace": text, "labels": mapOf(text), "annotations": mapOf(text), "UID": text,
			"creationTimestamp": moment, "deletionGracePeriodSeconds": number, "deletionTimestamp": moment, "generation": number,
			"resourceVersion": text, "finalizers": list(text),
		}),
		"spec":   object("NamespaceSpec", fields{"finalizers": list(text)}),
		"status": object("NamespaceStatus", fields{"conditions": list(condition), "phase": text}),
	})
})
