package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
)

// Image is a guest: the simulation compiled to WebAssembly, and what it was made of.
type Image struct {
	// Wasm is the module, with the machine's countdown in its loops.
	Wasm []byte
	// Digest is the SHA-256 of Wasm in hexadecimal.
	Digest string
	Manifest
}

// Manifest tells what an image was made of.
type Manifest struct {
	// Go is the version of the toolchain.
	Go string `json:"go"`
	// Wazero is the version of the WebAssembly runtime that the sources ask for, which is the one in the program.
	Wazero string `json:"wazero"`
	// Modules are the modules linked into the guest, by path.
	Modules []recorder.Module `json:"modules"`
}

func newImage(wasm []byte, m Manifest) *Image {
	sum := sha256.Sum256(wasm)
	return &Image{Wasm: wasm, Digest: hex.EncodeToString(sum[:]), Manifest: m}
}

// Progress hears what takes long, as it begins: building the guest, compiling it. The returned function is called when
// it is over.
type Progress func(what string, usually time.Duration) (done func())

// LoadImage returns the guest that belongs to this program: the embedded one where the program was built with one
// (build tag embedguest), else the one built from the sources that the program itself was built from. It is kept in
// cacheDir and built only when the sources have changed.
func LoadImage(ctx context.Context, cacheDir string, progress Progress) (*Image, error) {
	if image, err := embedded(); image != nil || err != nil {
		return image, err
	}
	src, err := findSource(ctx)
	if err != nil {
		return nil, err
	}
	return src.load(ctx, cacheDir, progress)
}
