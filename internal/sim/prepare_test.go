package sim

import "testing"

// TestPrepare sees that the scenario is read; the guest would crash otherwise.
func TestPrepare(t *testing.T) { Prepare() }
