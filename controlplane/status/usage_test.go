package status_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// reserve gives the claim to a pod whose container and init container list what
// they are told, as CLAIM or CLAIM/REQUEST of the pod's spec.
func (a *api) reserve(t *testing.T, container, initContainer string) *corev1.Pod {
	t.Helper()
	rc, err := a.ResourceV1().ResourceClaims("ns").Get(t.Context(), "c", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rc.Status.ReservedFor = []resourceapi.ResourceClaimConsumerReference{{Resource: "pods", Name: "p", UID: "1"}}
	if _, err := a.ResourceV1().ResourceClaims("ns").UpdateStatus(t.Context(), rc, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	claim, own := "c", "c"
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "p"}}
	pod.Spec.ResourceClaims = []corev1.PodResourceClaim{{Name: "named", ResourceClaimName: &own}, {Name: "templated"}, {Name: "other"}}
	pod.Status.ResourceClaimStatuses = []corev1.PodResourceClaimStatus{{Name: "templated", ResourceClaimName: &claim}}
	list := func(what string) corev1.Container {
		name, request, _ := strings.Cut(what, "/")
		return corev1.Container{Resources: corev1.ResourceRequirements{Claims: []corev1.ResourceClaim{{Name: name, Request: request}}}}
	}
	pod.Spec.Containers = []corev1.Container{list(container)}
	pod.Spec.InitContainers = []corev1.Container{list(initContainer)}
	return pod
}

func (a *api) create(t *testing.T, pod *corev1.Pod) {
	t.Helper()
	if _, err := a.CoreV1().Pods("ns").Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// used returns the condition of each of the claim's two devices, once there is
// an entry.
func (a *api) used(t *testing.T) (used [2]*metav1.Condition) {
	t.Helper()
	for i, d := range a.devices(t) {
		used[i] = meta.FindStatusCondition(d.Conditions, "Used")
	}
	return used
}

// podGets counts how often pods are asked for.
func (a *api) podGets() (n int) {
	for _, action := range a.Actions() {
		if action.Matches("get", "pods") {
			n++
		}
	}
	return n
}

func TestWhatNoContainerLists(t *testing.T) {
	for name, tt := range map[string]struct {
		container, initContainer string
		unused                   [2]bool
	}{
		"nothing":              {"", "", [2]bool{true, true}},
		"another claim":        {"other", "", [2]bool{true, true}},
		"by its name":          {"named", "", [2]bool{}},
		"by a template":        {"templated", "", [2]bool{}},
		"in an init container": {"", "named", [2]bool{}},
		"one request":          {"named/r0", "", [2]bool{false, true}},
		"one request each":     {"named/r0", "templated/r1", [2]bool{}},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAPI()
			a.create(t, a.reserve(t, tt.container, tt.initContainer))
			rec := prepared()
			rec.Devices[0].Request, rec.Devices[1].Request = "r0", "r1/sub"
			start(t, a).Prepared(t.Context(), rec)
			want := "no container of pod ns/p lists claim ns/c with request r"
			soon(t, "somebody looks", func() bool { return a.podGets() > 0 })
			soon(t, "what is unused is told", func() bool {
				used := a.used(t)
				return (used[0] != nil) == tt.unused[0] && (used[1] != nil) == tt.unused[1]
			})
			time.Sleep(20 * time.Millisecond)
			for i, c := range a.used(t) {
				if (c != nil) != tt.unused[i] {
					t.Errorf("device %d: %+v", i, c)
				}
				if c != nil && (c.Status != metav1.ConditionFalse || c.Reason != "NoContainerListsTheClaim" || !strings.HasPrefix(c.Message, want)) {
					t.Errorf("device %d: %+v", i, c)
				}
			}
		})
	}
}

// A pod is asked for once; a claim whose devices are in their pod costs nothing,
// and what is taken after all is used.
func TestLookingIsCheap(t *testing.T) {
	a := newAPI()
	a.create(t, a.reserve(t, "", ""))
	r := start(t, a)
	r.Prepared(t.Context(), prepared())
	soon(t, "it is unused", func() bool { return a.used(t)[0] != nil })
	next := start(t, a) // a driver that takes over
	next.Prepared(t.Context(), prepared())
	soon(t, "the next driver looks", func() bool { return a.podGets() == 2 })
	if a.used(t)[0] == nil || a.podGets() != 2 {
		t.Errorf("%v, after %d looks of two drivers", a.used(t)[0], a.podGets())
	}
	next.Observed(t.Context(), prepared(), at(netagentv1.Location_LOCATION_POD))
	a.eventually(t, "InPod")
	if a.used(t)[0] != nil {
		t.Errorf("in the pod, but %+v", a.used(t)[0])
	}

	b := newAPI()
	b.create(t, b.reserve(t, "", ""))
	r = start(t, b)
	inPods := at(netagentv1.Location_LOCATION_POD)
	inPods = append(inPods, &netagentv1.Attachment{ClaimUid: uid, Key: "d1", Location: netagentv1.Location_LOCATION_POD})
	r.Observed(t.Context(), prepared(), inPods)
	b.eventually(t, "InPod")
	time.Sleep(20 * time.Millisecond)
	if n := b.podGets(); n != 0 {
		t.Errorf("asked for the pod %d times", n)
	}
}

// What cannot be known is not said, and keeps nothing from being written.
func TestPodCannotBeRead(t *testing.T) {
	a := newAPI()
	a.create(t, a.reserve(t, "", ""))
	a.PrependReactor("get", "pods", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, errors.New("forbidden")
	})
	start(t, a).Prepared(t.Context(), prepared())
	a.eventually(t, "Prepared")
	soon(t, "somebody looks", func() bool { return a.podGets() > 0 })
	time.Sleep(20 * time.Millisecond)
	if c := a.used(t)[0]; c != nil || a.podGets() != 1 {
		t.Errorf("%+v after %d looks", c, a.podGets())
	}
}

// soon waits until something is so.
func soon(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
