package docs

// Proof is a test that runs a command which e2e does not run as it is written: it
// needs something beside it, does not end, or would do again what a test does.
type Proof struct {
	Command string // or how it begins
	File    string // of the test
	Test    string // a word of that file: the test, or what does it
}

// Proofs by command. Each is used by some document.
var Proofs = []Proof{
	{"helm install hawser deploy/charts/hawser --namespace dra-system", "test/e2e/make_test.go", `"install", "hawser", helm.Chart, "--namespace", driverNamespace`},
	{"export KUBECONFIG=$PWD/.demo/kubeconfig", "test/cmd/cluster/commands.go", "export KUBECONFIG="},
	{"kubectl apply -k deploy/overlays/jaeger", "test/e2e/trace_test.go", "TestTrace"},
	{"kubectl apply -k deploy/", "test/e2e/main_test.go", "source.Install"},
	{"kubectl apply -f deploy/parameters-policy.yaml", "test/e2e/parameters_test.go", "TestParametersPolicy"},
	{"kubectl exec -n dra-system daemonset/dra-driver -c driver -- /dra-driver trace", "test/e2e/trace_test.go", "testTraceAsText"},
	{"kubectl port-forward -n dra-system service/jaeger 16686", "test/e2e/trace_test.go", "testPortForward"},
	{"dra-driver trace UID --jaeger http://localhost:16686", "test/e2e/trace_test.go", "testPortForward"},
}
