package status

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hawser-dra/hawser/api/record"
	"github.com/hawser-dra/hawser/telemetry/logging"
)

// defaultIdle is longer than most pods take to start: only what is still unused
// then is worth a look at its pod.
const defaultIdle = 10 * time.Second

// usage is what the specs of a claim's pods say of its use. Only the claim's
// worker touches it.
type usage struct {
	pods   []types.NamespacedName // that the claim is reserved for
	looked bool
	// listed are the requests that containers list; "" stands for all.
	listed map[string]bool
}

// look asks, once for a claim that is idle, which of its requests the containers
// of its pods list. It returns how long to wait before that, 0 for no longer.
func (r *Reporter) look(ctx context.Context, s *state) time.Duration {
	if s.usage.looked || !r.idle(s) {
		return 0
	}
	if wait := r.config.Idle - time.Since(s.since); wait > 0 {
		return wait
	}
	s.usage.looked = true
	listed, err := r.listed(ctx, r.claim(s), s.usage.pods)
	if err != nil {
		logging.From(ctx).Warn("Cannot say whether a container lists the claim", "claimUID", r.claim(s).UID, "err", err)
		return 0
	}
	s.usage.listed = listed
	return 0
}

// idle says whether a device of the claim is waiting for a container.
func (r *Reporter) idle(s *state) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(s.record.Devices, func(d record.Device) bool { return s.device(d.Key).waits() })
}

// listed reads the pods' specs, which do not change.
func (r *Reporter) listed(ctx context.Context, claim record.Claim, pods []types.NamespacedName) (map[string]bool, error) {
	listed := map[string]bool{}
	for _, name := range pods {
		pod, err := r.config.Pods.Pods(name.Namespace).Get(ctx, name.Name, metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		addListed(listed, pod, claim.Name)
	}
	return listed, nil
}

func addListed(listed map[string]bool, pod *corev1.Pod, claim string) {
	entries, needed := entriesOf(pod, claim)
	if !needed {
		listed[""] = true
	}
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		for _, l := range c.Resources.Claims {
			if slices.Contains(entries, l.Name) {
				listed[l.Request] = true
			}
		}
	}
}

// entriesOf returns the names that a pod's spec has for a claim, unless
// containers need none to have it.
func entriesOf(pod *corev1.Pod, claim string) (names []string, needed bool) {
	for _, e := range pod.Spec.ResourceClaims {
		if e.ResourceClaimName != nil && *e.ResourceClaimName == claim {
			names = append(names, e.Name)
		}
	}
	// A claim that the scheduler made is for those who ask for an extended
	// resource: they list it without saying so.
	if e := pod.Status.ExtendedResourceClaimStatus; e != nil && e.ResourceClaimName == claim {
		return nil, false
	}
	for _, e := range pod.Status.ResourceClaimStatuses {
		if e.ResourceClaimName != nil && *e.ResourceClaimName == claim {
			names = append(names, e.Name)
		}
	}
	return names, true
}

// podsOf returns the pods that a claim is reserved for.
func podsOf(rc *resourceapi.ResourceClaim) (pods []types.NamespacedName) {
	for _, c := range rc.Status.ReservedFor {
		if c.APIGroup == "" && c.Resource == "pods" {
			pods = append(pods, types.NamespacedName{Namespace: rc.Namespace, Name: c.Name})
		}
	}
	return pods
}

// unused is the condition of a device that no container will take, nil if one
// will or nobody knows. Until this driver has looked, it is what the one before it
// said.
func (u *usage) unused(claim record.Claim, d *record.Device, before *resourceapi.AllocatedDeviceStatus) *metav1.Condition {
	if !u.looked {
		return meta.FindStatusCondition(before.Conditions, typeUsed)
	}
	request, _, _ := strings.Cut(d.Request, "/") // containers cannot name a subrequest
	if u.listed == nil || len(u.pods) == 0 || u.listed[""] || u.listed[request] {
		return nil
	}
	var names []string
	for _, p := range u.pods {
		names = append(names, p.String())
	}
	return &metav1.Condition{
		Type: typeUsed, Status: metav1.ConditionFalse, Reason: reasonUnlisted,
		Message: fmt.Sprintf("no container of pod %s lists claim %s/%s with request %s under resources.claims",
			strings.Join(names, ", "), claim.Namespace, claim.Name, request),
	}
}
