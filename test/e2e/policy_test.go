package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const (
	driverNamespace = "dra-system"
	driverAccount   = "dra-driver"
	otherNode       = "other-node"
)

// TestSlicesOfTheOwnNodeAlone: whoever has the token of one node's driver can
// write that node's slices and no others.
func TestSlicesOfTheOwnNodeAlone(t *testing.T) {
	node := driverPod(t).Spec.NodeName
	here, nowhere := driverClient(t, driverPod(t)), driverClient(t, nil)
	elsewhere := driverClient(t, podOn(t, otherNode))
	// A token of another node may not; then the policy is in force.
	eventually(t, func() error { return refused(create(t, elsewhere, slice("a", node, driverName)), "that node alone") })
	for name, c := range map[string]struct {
		client kubernetes.Interface
		slice  *resourcev1.ResourceSlice
		cause  string // empty: it is allowed
	}{
		"own":                     {here, slice("b", node, driverName), ""},
		"other node's token":      {elsewhere, slice("c", node, driverName), "that node alone"},
		"other node":              {here, slice("d", otherNode, driverName), "that node alone"},
		"other node by its token": {elsewhere, slice("e", otherNode, driverName), ""},
		"token of no node":        {nowhere, slice("f", node, driverName), "bound to a pod"},
		"another driver":          {here, slice("g", node, "gpu.example.com"), "its own slices alone"},
		"all nodes":               {here, everywhere(slice("h", "", driverName)), "that node alone"},
	} {
		if err := refused(create(t, c.client, c.slice), c.cause); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSlicesOfOthersStay: what is there of another node can be neither changed
// nor deleted.
func TestSlicesOfOthersStay(t *testing.T) {
	here := driverClient(t, driverPod(t)).ResourceV1().ResourceSlices()
	s, err := theCluster.Client().ResourceV1().ResourceSlices().Create(t.Context(), slice("others", otherNode, driverName), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	deleteAfter(t, s.Name)
	s.Spec.Pool.Generation++
	_, err = here.Update(t.Context(), s, metav1.UpdateOptions{})
	if err := refused(err, "that node alone"); err != nil {
		t.Errorf("update: %v", err)
	}
	if err := refused(here.Delete(t.Context(), s.Name, metav1.DeleteOptions{}), "that node alone"); err != nil {
		t.Errorf("delete: %v", err)
	}
}

// TestDriverPutsItsSlicesRight: what somebody else changes of the node's slices,
// the driver changes back, and what it did not publish, it deletes.
func TestDriverPutsItsSlicesRight(t *testing.T) {
	slices := theCluster.Client().ResourceV1().ResourceSlices()
	stray := slice("stray", driverPod(t).Spec.NodeName, driverName)
	if _, err := slices.Create(t.Context(), stray, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	deleteAfter(t, stray.Name)
	eventually(t, func() error {
		if _, err := slices.Get(t.Context(), stray.Name, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			return fmt.Errorf("the slice is still there: %w", err)
		}
		return nil
	})
	list, err := slices.List(t.Context(), metav1.ListOptions{FieldSelector: "spec.driver=" + driverName})
	if err != nil || len(list.Items) == 0 || len(list.Items[0].Spec.Devices) == 0 {
		t.Fatalf("the driver's slices: %+v, %v", list, err)
	}
	changed := list.Items[0].DeepCopy()
	changed.Spec.Devices = nil
	if _, err := slices.Update(t.Context(), changed, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		now, err := slices.Get(t.Context(), changed.Name, metav1.GetOptions{})
		if err != nil || len(now.Spec.Devices) != len(list.Items[0].Spec.Devices) {
			return fmt.Errorf("the slice has not its devices: %+v, %w", now.Spec, err)
		}
		return nil
	})
}

// refused says so if err is not a refusal with that cause; an empty cause means
// that there must be none.
func refused(err error, cause string) error {
	switch {
	case cause == "":
		return err
	case err == nil:
		return fmt.Errorf("allowed, want a refusal because of %q", cause)
	case !strings.Contains(err.Error(), "dra-driver-own-slices") || !strings.Contains(err.Error(), cause):
		return fmt.Errorf("got %w, want a refusal because of %q", err, cause)
	}
	return nil
}

func create(t *testing.T, client kubernetes.Interface, s *resourcev1.ResourceSlice) error {
	t.Helper()
	made, err := client.ResourceV1().ResourceSlices().Create(t.Context(), s, metav1.CreateOptions{})
	if err == nil {
		deleteAfter(t, made.Name)
	}
	return err
}

// deleteAfter deletes a slice after the test, unless the driver, whose it seems
// to be, has done so.
func deleteAfter(t *testing.T, slice string) {
	t.Cleanup(func() {
		mustKubectl(t, nil, "delete", "resourceslice", slice, "--ignore-not-found")
	})
}

func slice(name, node, driver string) *resourcev1.ResourceSlice {
	s := &resourcev1.ResourceSlice{
		ObjectMeta: metav1.ObjectMeta{Name: "policy-test-" + name},
		Spec: resourcev1.ResourceSliceSpec{
			Driver: driver, Pool: resourcev1.ResourcePool{Name: "policy-test-" + name, ResourceSliceCount: 1},
		},
	}
	if node != "" {
		s.Spec.NodeName = &node
	}
	return s
}

func everywhere(s *resourcev1.ResourceSlice) *resourcev1.ResourceSlice {
	all := true
	s.Spec.AllNodes = &all
	return s
}

func driverPod(t *testing.T) *corev1.Pod {
	t.Helper()
	pods, err := theCluster.Client().CoreV1().Pods(driverNamespace).List(t.Context(), metav1.ListOptions{LabelSelector: "app=dra-driver"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range pods.Items {
		if p := &pods.Items[i]; p.Status.Phase == corev1.PodRunning && p.DeletionTimestamp == nil {
			return p
		}
	}
	t.Fatalf("none of %d pods of the driver runs", len(pods.Items))
	return nil
}

// podOn makes a pod of the driver's account on a node that there is not: nobody
// starts it.
func podOn(t *testing.T, node string) *corev1.Pod {
	t.Helper()
	pods := theCluster.Client().CoreV1().Pods(driverNamespace)
	p, err := pods.Create(t.Context(), &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "policy-test"},
		Spec: corev1.PodSpec{
			NodeName: node, ServiceAccountName: driverAccount,
			Containers: []corev1.Container{{Name: "none", Image: exampleImage}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		now := int64(0)
		_ = pods.Delete(context.Background(), p.Name, metav1.DeleteOptions{GracePeriodSeconds: &now})
	})
	return p
}

// driverClient is a client with a token of the driver's account: one for a pod,
// as the kubelet gives it, or one that is bound to nothing.
func driverClient(t *testing.T, pod *corev1.Pod) kubernetes.Interface {
	t.Helper()
	var request authenticationv1.TokenRequest
	if pod != nil {
		request.Spec.BoundObjectRef = &authenticationv1.BoundObjectReference{Kind: "Pod", APIVersion: "v1", Name: pod.Name, UID: pod.UID}
	}
	answer, err := theCluster.Client().CoreV1().ServiceAccounts(driverNamespace).CreateToken(t.Context(), driverAccount, &request, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	admin, err := theCluster.RESTConfig()
	if err != nil {
		t.Fatal(err)
	}
	config := rest.AnonymousClientConfig(admin)
	config.BearerToken = answer.Status.Token
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}
