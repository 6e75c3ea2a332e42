//go:build embedguest

package sandbox

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

//go:embed embedded/guest.wasm.zst
var embeddedWasm []byte

//go:embed embedded/manifest.json
var embeddedManifest []byte

// embedded returns the guest that is part of this program.
func embedded() (*Image, error) {
	var m Manifest
	if err := json.Unmarshal(embeddedManifest, &m); err != nil {
		return nil, fmt.Errorf("the embedded guest: %w", err)
	}
	dec, err := zstd.NewReader(nil)
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	wasm, err := dec.DecodeAll(embeddedWasm, nil)
	if err != nil {
		return nil, fmt.Errorf("the embedded guest: %w", err)
	}
	return newImage(wasm, m), nil
}
