package e2e

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// TestStatusOfParametersAsAProgramWritesThem: kubectl writes parameters with their
// keys in order and without space. To a claim whose parameters are written in
// another way the API server takes no server-side apply.
func TestStatusOfParametersAsAProgramWritesThem(t *testing.T) {
	t.Parallel()
	n := besideOthers(t)
	template := claimTemplate("written", claimSpec(t, request{"nic", netdev{}.parameters()}))
	template.Spec.Spec.Devices.Config[0].Opaque.Parameters = runtime.RawExtension{
		Raw: []byte(`{"type": "netdev", "netdev": {"kind": "dummy", "interfaceName": "data0"}}`),
	}
	if _, err := theCluster.Client().ResourceV1().ResourceClaimTemplates(n.name).Create(t.Context(), template, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	n.apply(podWith("written", "written"))
	n.ready("written")
	n.wantStatus("written", "written", "data0", n.link("written", "data0").MAC)
}
