package fault

// Name names a point. Its first word is the process that passes it.
type Name string

// The driver's points.
const (
	// DriverFileWritten is before a file that is written takes its name.
	DriverFileWritten Name = "driver-file-written"
	// DriverAttached to DriverListed are the steps of preparing a claim, and of
	// attaching anew what is lost.
	DriverAttached Name = "driver-attached"
	DriverRecorded Name = "driver-recorded"
	DriverListed   Name = "driver-listed"
	// DriverFollowing and DriverRewritten are around the rewriting of a spec.
	DriverFollowing Name = "driver-following"
	DriverRewritten Name = "driver-rewritten"
	// DriverDetached to DriverRecordRemoved are the steps of taking a claim away.
	DriverDetached      Name = "driver-detached"
	DriverSpecRemoved   Name = "driver-spec-removed"
	DriverRecordRemoved Name = "driver-record-removed"
)

// netagent's points.
const (
	// NetagentEntryWritten is before an entry that is written takes its name.
	NetagentEntryWritten Name = "netagent-entry-written"
	// NetagentEntryAdded to NetagentMadeRecorded are the steps of an Attach.
	NetagentEntryAdded      Name = "netagent-entry-added"
	NetagentLinkCreated     Name = "netagent-link-created"
	NetagentHostEndFinished Name = "netagent-host-end-finished"
	NetagentAliasSet        Name = "netagent-alias-set"
	NetagentMadeRecorded    Name = "netagent-made-recorded"
	// NetagentLinkDown to NetagentLinkRestored are the steps between the states of
	// a borrowed link.
	NetagentLinkDown     Name = "netagent-link-down"
	NetagentCardSet      Name = "netagent-card-set"
	NetagentLinkRestored Name = "netagent-link-restored"
	// NetagentLeavingRecorded to NetagentEntryRemoved are the steps of a Detach.
	NetagentLeavingRecorded Name = "netagent-leaving-recorded"
	NetagentHostEndDeleted  Name = "netagent-host-end-deleted"
	NetagentLinkDeleted     Name = "netagent-link-deleted"
	NetagentEntryRemoved    Name = "netagent-entry-removed"
	// NetagentLeavingWithdrawn is in an Attach after a Detach that was cut short.
	NetagentLeavingWithdrawn Name = "netagent-leaving-withdrawn"
)
