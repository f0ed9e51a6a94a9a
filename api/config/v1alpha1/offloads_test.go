package v1alpha1_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	config "github.com/hawser-dra/hawser/api/config/v1alpha1"
)

const everyOffload = `"ethtool":{"features":{"rx-gro":false,"tx-tcp-segmentation":true},"privateFlags":{"legacy-rx":true},
	"rings":{"rx":512,"rxMini":1,"rxJumbo":2,"tx":256},"coalesce":{"rxUsecs":50,"rxFrames":0,"txUsecs":60,"txFrames":16,"adaptiveRx":false,"adaptiveTx":true}},
	"gsoMaxSize":150000,"groMaxSize":150000,"gsoIPv4MaxSize":65536,"groIPv4MaxSize":1500,"txQueueLen":0,"promiscuous":true,"allMulticast":false`

func TestOffloads(t *testing.T) {
	on, off := is(true), is(false)
	want := &config.Netdev{Kind: "dummy",
		Ethtool: &config.Ethtool{
			Features: map[string]*bool{"rx-gro": off, "tx-tcp-segmentation": on}, PrivateFlags: map[string]*bool{"legacy-rx": on},
			Rings:    &config.Rings{RX: mtu(512), RXMini: mtu(1), RXJumbo: mtu(2), TX: mtu(256)},
			Coalesce: &config.Coalesce{RXUsecs: mtu(50), RXFrames: mtu(0), TXUsecs: mtu(60), TXFrames: mtu(16), AdaptiveRX: off, AdaptiveTX: on},
		},
		GSOMaxSize: mtu(150000), GROMaxSize: mtu(150000), GSOIPv4MaxSize: mtu(65536), GROIPv4MaxSize: mtu(1500),
		TxQueueLen: mtu(0), Promiscuous: on, AllMulticast: off,
	}
	got, err := config.Decode(netdev(`"kind":"dummy",` + everyOffload))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.Netdev); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestOffloadsOfClassAndClaim: features are set one by one.
func TestOffloadsOfClassAndClaim(t *testing.T) {
	fixed := class(`{"type":"netdev","netdev":{"kind":"dummy","gsoMaxSize":65536,"ethtool":{"features":{"rx-gro":false}}}}`)
	got, err := config.Decode([]config.Layer{fixed, claim(`{"netdev":{"ethtool":{"features":{"tx-nocache-copy":true},"rings":{"rx":64}}}}`)})
	if err != nil {
		t.Fatal(err)
	}
	want := &config.Ethtool{Features: map[string]*bool{"rx-gro": is(false), "tx-nocache-copy": is(true)}, Rings: &config.Rings{RX: mtu(64)}}
	if diff := cmp.Diff(want, got.Netdev.Ethtool); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	_, err = config.Decode([]config.Layer{fixed, claim(`{"netdev":{"ethtool":{"features":{"rx-gro":true}}}}`)})
	if err == nil || !strings.Contains(err.Error(), "netdev.ethtool.features.rx-gro: Forbidden: the device class sets it to false") {
		t.Errorf("got %v", err)
	}
}

func TestOffloadsRefused(t *testing.T) {
	var many strings.Builder
	for i := range config.MaxFeatures + 1 {
		fmt.Fprintf(&many, `"f%d":true,`, i)
	}
	for fields, want := range map[string]string{
		`"gsoMaxSize":1499`:                                       "netdev.gsoMaxSize: Invalid value: 1499: must be 1500 to 524280 bytes",
		`"groMaxSize":524281`:                                     "netdev.groMaxSize: Invalid value: 524281",
		`"gsoIPv4MaxSize":0`:                                      "netdev.gsoIPv4MaxSize: Invalid value: 0",
		`"groIPv4MaxSize":"64k"`:                                  "netdev.groIPv4MaxSize: is a JSON string, must be a whole number",
		`"txQueueLen":1000001`:                                    "netdev.txQueueLen: Invalid value: 1000001: must be 0 to 1000000 packets",
		`"promiscuous":"on"`:                                      "netdev.promiscuous: is a JSON string, must be true or false",
		`"ethtool":{"offloads":{}}`:                               `unknown field "netdev.ethtool.offloads"`,
		`"ethtool":[]`:                                            "netdev.ethtool: is a JSON array, must be an object",
		`"ethtool":{"features":["rx-gro"]}`:                       "netdev.ethtool.features: is a JSON array, must be an object",
		`"ethtool":{"features":{"rx-gro":"off"}}`:                 "is a JSON string, must be true or false",
		`"ethtool":{"features":{"rx-gro":null}}`:                  "netdev.ethtool.features[rx-gro]: Required value: must be true or false",
		`"ethtool":{"features":{"generic receive offload":true}}`: "netdev.ethtool.features[generic receive offload]: Invalid value",
		`"ethtool":{"privateFlags":{"":true}}`:                    "netdev.ethtool.privateFlags[]: Invalid value",
		`"ethtool":{"features":{` + strings.TrimSuffix(many.String(), ",") + `}}`: "netdev.ethtool.features: Too many: 65: must have at most 64 items",
		`"ethtool":{"rings":{"rx":0}}`:                                            "netdev.ethtool.rings.rx: Invalid value: 0: must be 1 to 65536 packets",
		`"ethtool":{"rings":{"rx_jumbo":1}}`:                                      `unknown field "netdev.ethtool.rings.rx_jumbo"`,
		`"ethtool":{"coalesce":{"rxUsecs":1000001}}`:                              "netdev.ethtool.coalesce.rxUsecs: Invalid value: 1000001: must be 0 to 1000000 microseconds",
		`"ethtool":{"coalesce":{"txFrames":65536}}`:                               "netdev.ethtool.coalesce.txFrames: Invalid value: 65536",
		`"ethtool":{"coalesce":{"adaptiveRx":1}}`:                                 "netdev.ethtool.coalesce.adaptiveRx: is a JSON number, must be true or false",
	} {
		_, err := config.Decode(netdev(`"kind":"dummy",` + fields))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: got %v, want %s", fields, err, want)
		}
	}
	_, err := config.Decode([]config.Layer{claim(`{"type":"combo","combo":{"kind":"roce","netdev":{"kind":"dummy","gsoMaxSize":1}}}`)})
	if err == nil || !strings.Contains(err.Error(), "combo.netdev.gsoMaxSize") {
		t.Errorf("of a roce: %v", err)
	}
	_, err = config.Decode([]config.Layer{claim(`{"type":"rdma","rdma":{"kind":"uverbs","ethtool":{}}}`)})
	if err == nil || !strings.Contains(err.Error(), `unknown field "rdma.ethtool"`) {
		t.Errorf("of an RDMA device: %v", err)
	}
}
