package sim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"math/big"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/recorder"
	"github.com/rtcsim/rtcsim/scenario"
)

// configurationOf returns pion's form of a configuration, without its certificates.
func configurationOf(c scenario.Configuration) webrtc.Configuration {
	w := webrtc.Configuration{
		ICETransportPolicy: webrtc.NewICETransportPolicy(c.ICETransportPolicy),
	}
	for _, s := range c.ICEServers {
		server := webrtc.ICEServer{URLs: s.URLs, Username: s.Username}
		if s.Credential != "" {
			server.Credential = s.Credential
		}
		w.ICEServers = append(w.ICEServers, server)
	}
	if c.BundlePolicy != "" {
		// pion can only read these two from JSON.
		w.BundlePolicy.UnmarshalJSON([]byte(`"` + c.BundlePolicy + `"`))
	}
	if c.RTCPMuxPolicy != "" {
		w.RTCPMuxPolicy.UnmarshalJSON([]byte(`"` + c.RTCPMuxPolicy + `"`))
	}
	set(&w.ICECandidatePoolSize, c.ICECandidatePoolSize)
	return w
}

// configurationArgs is a configuration as the argument of a call: without what is empty.
type configurationArgs struct {
	ICEServers           []recorder.ICEServerState   `json:"iceServers,omitempty"`
	ICETransportPolicy   string                      `json:"iceTransportPolicy"`
	BundlePolicy         string                      `json:"bundlePolicy"`
	RTCPMuxPolicy        string                      `json:"rtcpMuxPolicy"`
	ICECandidatePoolSize int                         `json:"iceCandidatePoolSize,omitempty"`
	Certificates         []recorder.CertificateState `json:"certificates,omitempty"`
}

// configurationState returns a configuration as the W3C has it.
func configurationState(c webrtc.Configuration) *recorder.ConfigurationState {
	s := &recorder.ConfigurationState{
		ICEServers:           []recorder.ICEServerState{},
		ICETransportPolicy:   c.ICETransportPolicy.String(),
		BundlePolicy:         c.BundlePolicy.String(),
		RTCPMuxPolicy:        c.RTCPMuxPolicy.String(),
		ICECandidatePoolSize: int(c.ICECandidatePoolSize),
		Certificates:         []recorder.CertificateState{},
	}
	for _, server := range c.ICEServers {
		credential, _ := server.Credential.(string)
		s.ICEServers = append(s.ICEServers, recorder.ICEServerState{URLs: server.URLs, Username: server.Username, Credential: credential})
	}
	for _, certificate := range c.Certificates {
		s.Certificates = append(s.Certificates, certificateState(certificate))
	}
	return s
}

func certificateState(c webrtc.Certificate) recorder.CertificateState {
	s := recorder.CertificateState{Expires: c.Expires().UnixMilli(), Fingerprints: []recorder.FingerprintState{}}
	fingerprints, err := c.GetFingerprints()
	if err != nil {
		return s
	}
	for _, f := range fingerprints {
		s.Fingerprints = append(s.Fingerprints, recorder.FingerprintState{Algorithm: f.Algorithm, Value: f.Value})
	}
	return s
}

func getConfiguration(_ *script, p *peer, _ *channel, _ *scenario.Call) (any, func(uint64) (any, error), error) {
	return plain(nil, func() (any, error) { return configurationState(p.pc.GetConfiguration()), nil }, nil)
}

func setConfiguration(s *script, p *peer, _ *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	c, err := s.configuration(p, call.Args.(*scenario.SetConfiguration).Configuration)
	return plain(configurationArgs(*configurationState(c)), func() (any, error) { return nil, p.pc.SetConfiguration(c) }, err)
}

// updateICE is setConfiguration under the name it had in 2012.
func updateICE(s *script, p *peer, _ *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	c, err := s.configuration(p, call.Args.(*scenario.UpdateICE).Configuration)
	args := configurationArgs(*configurationState(c))
	return args, func(seq uint64) (any, error) {
		return p.session.call(invocation{cause: seq, peer: p, method: "setConfiguration", args: args}, func() (any, error) {
			return nil, p.pc.SetConfiguration(c)
		})
	}, err
}

// configuration returns pion's form of a configuration that a step sets.
func (s *script) configuration(p *peer, c scenario.Configuration) (webrtc.Configuration, error) {
	w := configurationOf(c)
	for _, config := range c.Certificates {
		certificate, err := s.certificate(p, config)
		if err != nil {
			return w, err
		}
		w.Certificates = append(w.Certificates, *certificate)
	}
	return w, nil
}

func (s *script) certificate(p *peer, c *scenario.Certificate) (*webrtc.Certificate, error) {
	if c.From.Name != "" {
		return named[*webrtc.Certificate](s, p, c.From.Name)
	}
	return p.newCertificate(c)
}

// certificateArgs are the arguments of generateCertificate.
type certificateArgs struct {
	Name    string `json:"name"`
	Expires int64  `json:"expires,omitempty"` // milliseconds from now on, as in the standard
}

func generateCertificate(s *script, p *peer, _ *channel, call *scenario.Call) (any, func(uint64) (any, error), error) {
	a := call.Args.(*scenario.GenerateCertificate).Certificate
	return plain(certificateArgs{a.Name, a.Expires.Milliseconds()}, func() (any, error) {
		certificate, err := p.newCertificate(&a)
		if err != nil {
			return nil, err
		}
		if call.As != "" {
			s.session.values.set(call.As, owned[*webrtc.Certificate]{p, certificate})
		}
		return certificateState(*certificate), nil
	}, nil)
}

// newCertificate makes a key and a certificate for it. Go takes keys from the source of all entropy only, which in the guest
// comes from the run's seed.
func (p *peer) newCertificate(c *scenario.Certificate) (*webrtc.Certificate, error) {
	serial := p.serialNumber()
	if c.Name == "RSASSA-PKCS1-v1_5" {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, err
		}
		return certify(c, key, serial)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return certify(c, key, serial)
}

// certify makes the certificate, with pion's time of validity and pion's serial number where the scenario gives no time.
func certify(c *scenario.Certificate, key any, serial *big.Int) (*webrtc.Certificate, error) {
	if c.Expires == 0 {
		return webrtc.GenerateCertificate(key)
	}
	now := time.Now()
	return webrtc.NewCertificate(key, x509.Certificate{
		Issuer:       pkix.Name{CommonName: "WebRTC"},
		Subject:      pkix.Name{CommonName: "WebRTC"},
		NotBefore:    now,
		NotAfter:     now.Add(c.Expires),
		SerialNumber: serial,
		Version:      2,
	})
}

// serialNumber draws a serial number of 128 bits.
func (p *peer) serialNumber() *big.Int {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], p.serials.Uint64())
	binary.BigEndian.PutUint64(b[8:], p.serials.Uint64())
	return new(big.Int).SetBytes(b[:])
}
