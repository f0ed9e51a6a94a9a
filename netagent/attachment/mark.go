package attachment

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/hawser-dra/hawser/netagent/journal"
	"github.com/hawser-dra/hawser/netagent/link"
)

const (
	// Group is the interface group of every link that is made for a claim:
	// "HW" in ASCII. "ip link show group 18519" lists them.
	Group = 0x4857

	aliasPrefix = "hawser/"

	linkPrefix    = "hw"
	hostEndPrefix = "hv"

	// digits of a name's hash: with the two letters before them they fill the
	// 15 bytes of a link's name, and 65 bits do not collide on one node.
	digits = 13
)

// mark names an attachment, and by it its links: what they are called and what
// alias says whose they are.
type mark journal.ID

func markOf(e journal.Entry) mark { return mark{Claim: e.Claim, Key: e.Key} }

// linkName is the name of the link that goes to the pod.
func (m mark) linkName() string { return linkPrefix + m.hash() }

// hostEndName is the name of the other end, of kinds that have one.
func (m mark) hostEndName() string { return hostEndPrefix + m.hash() }

func (m mark) hash() string {
	sum := sha256.Sum256([]byte(m.Claim + "/" + m.Key))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:digits]
}

func (m mark) alias() string { return aliasPrefix + m.Claim + "/" + m.Key }

func (m mark) hostEndAlias() string { return m.alias() + "/host" }

// parseAlias is the inverse of alias.
func parseAlias(s string) (mark, bool) {
	rest, ok := strings.CutPrefix(s, aliasPrefix)
	if !ok {
		return mark{}, false
	}
	claim, key, ok := strings.Cut(rest, "/")
	return mark{Claim: claim, Key: key}, ok && claim != "" && key != "" && !strings.Contains(key, "/")
}

// owns says whether a link of the host is an entry's, as it was made or renamed
// on the host. Of the kinds that come home from a pod, one under another name is
// not, for it was in a pod, nor is one that is not the same that was made: a pod
// may have given it all marks of another claim's.
func owns(l link.Link, k kind, e journal.Entry) bool {
	if homes(k) && (l.Name != e.Name || l.Group != Group || e.Made != nil && !isSame(l, k, e)) {
		return false
	}
	return isOurs(l, k.name(), e.Name, markOf(e).alias())
}

// isOurs says whether a link of the host carries a mark: the alias, or, when a
// call was cut short before it was set, name and group.
func isOurs(l link.Link, kind, name, alias string) bool {
	if l.Kind != kind {
		return false
	}
	return l.Alias == alias || l.Alias == "" && l.Name == name && l.Group == Group
}
