//go:build !embedguest

package sandbox

//go:generate go run embed_guest.go

// embedded returns nil: this program builds its guest.
func embedded() (*Image, error) { return nil, nil }
