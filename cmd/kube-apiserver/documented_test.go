package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	gates "github.com/gatehouse-dev/gatehouse/gen/features"
	"github.com/gatehouse-dev/gatehouse/handlers/features"
)

// serverGates are the gates that can be switched and that upstream's API server of 1.36 asks for; the others are for other parts
// of a cluster.
const serverGates = `
	APIResponseCompression APIServerIdentity APIServingWithRoutine AllowInsecureKubeletCertificateSigningRequests
	AllowParsingUserUIDFromCertAuth AllowUnsafeMalformedObjectDeletion AuthorizePodWebsocketUpgradeCreatePermission
	CBORServingAndStorage ClearingNominatedNodeNameAfterBinding ComponentFlagz ComponentStatusz ConcurrentWatchObjectDecode
	ConstrainedImpersonation DRADeviceTaintRules DRAResourceClaimGranularStatusAuthorization DRAResourcePoolStatus
	DeclarativeValidationBeta DetectCacheInconsistency ExtendWebSocketsToKubelet InPlacePodVerticalScalingInitContainers KMSv1
	KubeletServiceAccountTokenForCredentialProviders ListFromCacheSnapshot ManifestBasedAdmissionControlConfig
	MatchLabelKeysInPodTopologySpreadSelectorMerge MutablePVNodeAffinity MutablePodResourcesForSuspendedJobs
	MutableSchedulingDirectivesForSuspendedJobs MutatingAdmissionPolicy OpenAPIEnums PodDeletionCost PodLogsQuerySplitStreams
	PodTopologyLabelsAdmission PortForwardWebsockets RelaxedServiceNameValidation RemoteRequestHeaderUID
	RestartAllContainersOnContainerExits SELinuxMount ServiceAccountNodeAudienceRestriction ServiceCIDRStatusFieldWiping
	ShardedListAndWatch SizeBasedListCostEstimate StorageNamespaceIndex StorageVersionAPI StorageVersionHash
	StrictIPCIDRValidation StructuredAuthenticationConfigurationEgressSelector StructuredAuthenticationConfigurationJWKSMetrics
	TaintTolerationComparisonOperators TokenRequestServiceAccountUIDValidation TranslateStreamCloseWebsocketRequests
	UnauthenticatedHTTP2DOSMitigation UnknownVersionInteroperabilityProxy UserNamespacesHostNetworkSupport
	WatchCacheInitializationPostStartHook WatchList WorkloadWithJob
`

// Every flag and every gate of the API server acts, or is refused, or stands with its reason in docs/differences.md.
func TestWhatDoesNotActIsDocumented(t *testing.T) {
	b, err := os.ReadFile("../../docs/differences.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, found := strings.Cut(string(b), "## Flags and feature gates without effect\n")
	if !found {
		t.Fatal("docs/differences.md has no list")
	}
	listed := map[string]bool{}
	for name := range strings.SplitSeq(list, "`") {
		listed[strings.TrimPrefix(name, "--")] = true
	}
	for name, reason := range why() {
		if !listed[name] || !strings.Contains(list, reason) {
			t.Errorf("--%s is not listed with its reason: %s", name, reason)
		}
	}
	for name := range strings.FieldsSeq(serverGates) {
		i := slices.IndexFunc(gates.Gates, func(g gates.Gate) bool { return g.Name == name })
		if i < 0 {
			t.Errorf("there is no gate %s", name)
			continue
		}
		f, _ := features.Parse([]string{fmt.Sprintf("%s=%t", name, !gates.Gates[i].Enabled)}) // others may need it
		if f == nil {
			t.Errorf("%s cannot be switched", name)
			continue
		}
		acts := !slices.Contains(f.Idle(), name)
		if acts == listed[name] {
			t.Errorf("%s acts: %v, is listed: %v", name, acts, listed[name])
		}
	}
}
