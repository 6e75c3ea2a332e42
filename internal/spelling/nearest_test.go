package spelling_test

import (
	"testing"

	"github.com/rtcsim/rtcsim/internal/spelling"
)

func TestNearest(t *testing.T) {
	valid := []string{"peer", "proto", "reason", "createOffer"}
	for _, tt := range []struct{ name, want string }{
		{"peer", "peer"},
		{"pere", "peer"},
		{"porto", "proto"},
		{"REASN", "reason"},
		{"createoffer", "createOffer"},
		{"cretaeOfer", "createOffer"},
		{"pr", ""},
		{"channel", ""},
		{"", ""},
	} {
		if got := spelling.Nearest(tt.name, valid); got != tt.want {
			t.Errorf("Nearest(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}
