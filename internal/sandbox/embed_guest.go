//go:build ignore

// This program builds the guest and puts it where the build tag embedguest takes it from.
package main

import (
	"context"
	"log"

	"github.com/rtcsim/rtcsim/internal/sandbox"
)

func main() {
	if err := sandbox.WriteEmbedded(context.Background(), "embedded"); err != nil {
		log.Fatal(err)
	}
}
