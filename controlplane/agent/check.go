package agent

import (
	"fmt"
	"regexp"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
	"github.com/hawser-dra/hawser/internal/ifname"
)

// charDevice is what the device files of RDMA are called. With any other path
// a pod would be given something else of the host.
var charDevice = regexp.MustCompile(`^/dev/infiniband/[a-z_]{1,16}[0-9]{0,5}$`)

// checkAttached compares the answer with what was asked for.
func (c *Client) checkAttached(req *netagentv1.AttachRequest, resp *netagentv1.AttachResponse) error {
	if err := c.validate.Validate(resp); err != nil {
		return err
	}
	if got, want := len(resp.GetAttachments()), len(req.GetDevices()); got != want {
		return fmt.Errorf("%d attachments for %d devices", got, want)
	}
	for i, a := range resp.GetAttachments() {
		if a.GetClaimUid() != req.GetClaimUid() || a.GetKey() != req.GetDevices()[i].GetKey() {
			return fmt.Errorf("attachments[%d] is %s of claim %s, asked for %s of claim %s", i,
				a.GetKey(), a.GetClaimUid(), req.GetDevices()[i].GetKey(), req.GetClaimUid())
		}
		if err := checkAttachment(a); err != nil {
			return fmt.Errorf("attachments[%d]: %w", i, err)
		}
	}
	return nil
}

func (c *Client) checkEvent(event *netagentv1.WatchResponse) error {
	if err := c.validate.Validate(event); err != nil {
		return err
	}
	if a := event.GetAttachment(); a != nil {
		return checkAttachment(a)
	}
	return nil
}

// checkAttachment checks what the rules in the API cannot say.
func checkAttachment(a *netagentv1.Attachment) error {
	if l := a.GetLink(); l != nil {
		if err := ifname.Check(l.GetName()); err != nil {
			return fmt.Errorf("link name %q: %w", l.GetName(), err)
		}
	}
	for _, d := range a.GetRdma().GetCharDevices() {
		if !charDevice.MatchString(d.GetPath()) {
			return fmt.Errorf("device file %q is not one of /dev/infiniband", d.GetPath())
		}
	}
	return nil
}
