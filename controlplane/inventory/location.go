package inventory

import (
	"strings"

	netagentv1 "github.com/hawser-dra/hawser/api/netagent/v1"
)

// LocationName is the word for a location: host, pod or lost.
func LocationName(l netagentv1.Location) string {
	return strings.ToLower(strings.TrimPrefix(l.String(), "LOCATION_"))
}
