package main

import (
	"strings"

	"github.com/spf13/pflag"

	"github.com/gatehouse-dev/gatehouse/handlers/authn/oidc"
	"github.com/gatehouse-dev/gatehouse/handlers/instance"
)

// registerAuthentication declares the flags of authentication.
func registerAuthentication(o *instance.Authentication, s *flagSets) {
	f := s.in("authentication")
	f.BoolVar(&o.Anonymous, "anonymous-auth", o.Anonymous, "Take requests without credentials as those of system:anonymous.")
	f.StringVar(&o.ClientCAFile, "client-ca-file", o.ClientCAFile, "Authorities of client certificates, beside the server's own.")
	f.StringVar(&o.TokenFile, "token-auth-file", o.TokenFile, "CSV file of static bearer tokens: token, user name, uid, \"groups\".")
	f.StringVar(&o.BasicFile, "basic-auth-file", o.BasicFile, "CSV file of names and passwords for HTTP basic authentication: password, user name, uid, \"groups\".")
	registerProxy(&o.Proxy, s)
	registerServiceAccounts(&o.ServiceAccounts, s)
	registerTokens(o, s)
	registerOIDC(&o.OIDC, s)
}

func registerProxy(o *instance.Proxy, s *flagSets) {
	f := s.in("authentication")
	f.StringVar(&o.CAFile, "requestheader-client-ca-file", "", "Authorities of the front proxies' client certificates; no proxy is believed when empty.")
	f.StringSliceVar(&o.Names, "requestheader-allowed-names", nil, "Common names that a front proxy's certificate may have; any when empty.")
	f.StringSliceVar(&o.Headers.User, "requestheader-username-headers", nil, "Headers in which a front proxy names the user, such as X-Remote-User.")
	f.StringSliceVar(&o.Headers.UID, "requestheader-uid-headers", nil, "Headers in which a front proxy tells the user's uid, such as X-Remote-Uid.")
	f.StringSliceVar(&o.Headers.Group, "requestheader-group-headers", nil, "Headers in which a front proxy names the user's groups, such as X-Remote-Group.")
	f.StringSliceVar(&o.Headers.ExtraPrefix, "requestheader-extra-headers-prefix", nil, "Beginnings of the headers in which a front proxy tells more of the user, such as X-Remote-Extra-.")
}

func registerServiceAccounts(o *instance.ServiceAccounts, s *flagSets) {
	f := s.in("authentication")
	f.StringSliceVar(&o.Audiences, "api-audiences", nil, "Audiences of this server: a service account's token must be for one of them. The issuers when empty.")
	f.StringArrayVar(&o.KeyFiles, "service-account-key-file", nil, "PEM file of keys that verify service accounts' tokens; may be repeated. The public half of the signing key when empty.")
	f.BoolVar(&o.Lookup, "service-account-lookup", o.Lookup, "Take a legacy service account token only while its secret and its service account exist.")
	f.StringArrayVar(&o.Issuers, "service-account-issuer", nil, "Issuer of service accounts' tokens; may be repeated: all are accepted, the first one signs. "+instance.DefaultIssuer+" when empty.")
	f.StringVar(&o.KeysURL, "service-account-jwks-uri", "", "Where others find the keys that verify service accounts' tokens; on this server when empty.")
	f.DurationVar(&o.MaxExpiration, "service-account-max-token-expiration", 0, "Longest life of a service account's token.")
	f.BoolVar(&o.Extend, "service-account-extend-token-expiration", o.Extend, "Let the tokens that are put into pods live for a year, and tell the audit log when one is used after its time.")
	f.StringVar(&o.SigningKeyFile, "service-account-signing-key-file", "", "PEM file of the private key that signs service accounts' tokens; made as sa.key in --cert-dir when no key of service accounts is given.")
}

func registerTokens(o *instance.Authentication, s *flagSets) {
	f := s.in("authentication")
	f.BoolVar(&o.BootstrapTokens, "enable-bootstrap-token-auth", false, "Accept the tokens of secrets of the type bootstrap.kubernetes.io/token in kube-system, with which nodes join.")
	f.StringVar(&o.Webhook.File, "authentication-token-webhook-config-file", "", "Kubeconfig file of a server that is asked about bearer tokens by TokenReview.")
	f.StringVar(&o.Webhook.Version, "authentication-token-webhook-version", o.Webhook.Version, "Version of TokenReview that the webhook understands: v1beta1 or v1.")
	f.DurationVar(&o.Webhook.TTL, "authentication-token-webhook-cache-ttl", o.Webhook.TTL, "How long the webhook's answers are remembered.")
}

func registerOIDC(o *instance.OIDC, s *flagSets) {
	f := s.in("authentication")
	f.StringVar(&o.ConfigFile, "authentication-config", "", "Authentication configuration (apiserver.config.k8s.io) with the issuers of tokens that are accepted, and where requests may be anonymous.")
	f.StringVar(&o.Issuer, "oidc-issuer-url", "", "URL of an OpenID issuer whose tokens are accepted; https only.")
	f.StringVar(&o.ClientID, "oidc-client-id", "", "Audience that its tokens must be for.")
	f.StringVar(&o.CAFile, "oidc-ca-file", "", "Authority of the issuer's certificate; the system's when empty.")
	f.StringVar(&o.UsernameClaim, "oidc-username-claim", o.UsernameClaim, "Claim with the name of the user.")
	f.StringVar(&o.UsernamePrefix, "oidc-username-prefix", "", "What is put before the name; the issuer's URL when empty, except for mail addresses; - for nothing.")
	f.StringVar(&o.GroupsClaim, "oidc-groups-claim", "", "Claim with the groups of the user.")
	f.StringVar(&o.GroupsPrefix, "oidc-groups-prefix", "", "What is put before each group.")
	f.StringSliceVar(&o.Algorithms, "oidc-signing-algs", o.Algorithms, "Signatures that are accepted: "+strings.Join(oidc.AllAlgorithms, ", ")+".")
	f.StringArrayVar(&o.RequiredClaims, "oidc-required-claim", nil, "Claim that a token must have, as key=value; may be repeated.")
}

// checkOIDC finds flags of an issuer that are given in vain.
func checkOIDC(o *instance.OIDC, set *pflag.FlagSet, fault func(string, ...any)) {
	given := false
	set.Visit(func(f *pflag.Flag) { given = given || strings.HasPrefix(f.Name, "oidc-") })
	if !given || o.Issuer != "" || o.ClientID != "" {
		return // the rest is the configuration's to say
	}
	fault("oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set")
	if o.ConfigFile != "" {
		fault("authentication-config file and oidc-* flags are mutually exclusive")
	}
}
