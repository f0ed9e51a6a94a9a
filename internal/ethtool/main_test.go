package ethtool_test

import (
	"testing"

	"github.com/hawser-dra/hawser/internal/testns"
)

func TestMain(m *testing.M) { testns.Main(m) }
