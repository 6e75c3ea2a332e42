package packet

import (
	"crypto/sha1" // the MAC of the AES-CBC suites, not a choice of ours
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/ciphersuite"
	"github.com/pion/dtls/v3/pkg/crypto/prf"
	"github.com/pion/dtls/v3/pkg/protocol/recordlayer"
)

// A cipherSuite says how to get from a master secret to keys, and what an
// encrypted record looks like. pion keeps this to itself.
type cipherSuite struct {
	mode         mode
	mac, key, iv int // lengths of key material, in bytes
	prf          prf.HashFunc
	nonce, tag   int // what the record has before and behind the content
}

type mode int

const (
	gcm mode = iota
	ccm
	cbc
	chacha20
)

// cipherSuites are those that pion implements.
var cipherSuites = map[uint16]cipherSuite{
	uint16(dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256): {gcm, 0, 16, 4, sha256.New, 8, 16},
	uint16(dtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256):   {gcm, 0, 16, 4, sha256.New, 8, 16},
	uint16(dtls.TLS_PSK_WITH_AES_128_GCM_SHA256):         {gcm, 0, 16, 4, sha256.New, 8, 16},
	uint16(dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384): {gcm, 0, 32, 4, sha512.New384, 8, 16},
	uint16(dtls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384):   {gcm, 0, 32, 4, sha512.New384, 8, 16},

	uint16(dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM):   {ccm, 0, 16, 4, sha256.New, 8, 16},
	uint16(dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8): {ccm, 0, 16, 4, sha256.New, 8, 8},
	uint16(dtls.TLS_PSK_WITH_AES_128_CCM):           {ccm, 0, 16, 4, sha256.New, 8, 16},
	uint16(dtls.TLS_PSK_WITH_AES_128_CCM_8):         {ccm, 0, 16, 4, sha256.New, 8, 8},
	uint16(dtls.TLS_PSK_WITH_AES_256_CCM_8):         {ccm, 0, 32, 4, sha256.New, 8, 8},

	uint16(dtls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA):  {cbc, 20, 32, 16, sha256.New, 16, 0},
	uint16(dtls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA):    {cbc, 20, 32, 16, sha256.New, 16, 0},
	uint16(dtls.TLS_PSK_WITH_AES_128_CBC_SHA256):       {cbc, 32, 16, 16, sha256.New, 16, 0},
	uint16(dtls.TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256): {cbc, 32, 16, 16, sha256.New, 16, 0},

	uint16(dtls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256): {chacha20, 0, 32, 12, sha256.New, 0, 16},
	uint16(dtls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256):   {chacha20, 0, 32, 12, sha256.New, 0, 16},
	uint16(dtls.TLS_PSK_WITH_CHACHA20_POLY1305_SHA256):         {chacha20, 0, 32, 12, sha256.New, 0, 16},
}

// A decrypter decrypts the records of one sender.
type decrypter struct {
	suite interface {
		Decrypt(h recordlayer.Header, in []byte) ([]byte, error)
	}
}

// decrypters returns those of both ends, by the role of the sender.
func (s cipherSuite) decrypters(master []byte, client, server random) (d [2]decrypter, err error) {
	k, err := prf.GenerateEncryptionKeys(master, client[:], server[:], s.mac, s.key, s.iv, s.prf)
	if err != nil {
		return d, err
	}
	// pion's ciphers decrypt with the remote end's keys.
	if d[0], err = s.decrypter(k.ServerWriteKey, k.ServerWriteIV, k.ServerMACKey,
		k.ClientWriteKey, k.ClientWriteIV, k.ClientMACKey); err != nil {
		return d, err
	}
	d[1], err = s.decrypter(k.ClientWriteKey, k.ClientWriteIV, k.ClientMACKey,
		k.ServerWriteKey, k.ServerWriteIV, k.ServerMACKey)
	return d, err
}

func (s cipherSuite) decrypter(key, iv, mac, remoteKey, remoteIV, remoteMAC []byte) (d decrypter, err error) {
	switch s.mode {
	case gcm:
		d.suite, err = ciphersuite.NewGCM(key, iv, remoteKey, remoteIV)
	case ccm:
		d.suite, err = ciphersuite.NewCCM(ciphersuite.CCMTagLen(s.tag), key, iv, remoteKey, remoteIV)
	case cbc:
		hash := prf.HashFunc(sha1.New)
		if s.mac == sha256.Size {
			hash = sha256.New
		}
		d.suite, err = ciphersuite.NewCBC(key, iv, mac, remoteKey, remoteIV, remoteMAC, hash)
	case chacha20:
		d.suite, err = ciphersuite.NewChaCha20Poly1305(key, iv, remoteKey, remoteIV)
	}
	return d, err
}

var errNotEncrypted = errors.New("no room for anything encrypted")

// decrypt returns the content of a record, and leaves the record as it is.
func (d decrypter) decrypt(record []byte) (plain []byte, err error) {
	// pion's CBC takes it that padding which is right has a MAC before it,
	// which need not be so with the wrong key.
	defer func() {
		if r := recover(); r != nil {
			plain, err = nil, fmt.Errorf("decrypting: %v", r)
		}
	}()
	if len(record) <= recordlayer.FixedHeaderSize {
		return nil, errNotEncrypted
	}
	in := append([]byte(nil), record...)
	out, err := d.suite.Decrypt(recordlayer.Header{}, in)
	if err != nil {
		return nil, err
	}
	return out[recordlayer.FixedHeaderSize:], nil
}
