package link

import (
	"testing"

	"github.com/hawser-dra/hawser/netagent/internal/testns"
)

func TestMain(m *testing.M) { testns.Main(m) }
