package sim

import (
	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"

	"github.com/rtcsim/rtcsim/scenario"
)

// settingEngine returns pion's settings for a peer: its defaults for all that the scenario does not set.
func (p *peer) settingEngine(config scenario.Engine) (webrtc.SettingEngine, error) {
	engine := webrtc.SettingEngine{LoggerFactory: loggers{p.session, p.name}}
	engine.SetNet(p.host.Net())
	// The simulated network has no multicast: with mDNS pion warns about that, and goes on without.
	engine.SetICEMulticastDNSMode(mDNSModes[config.ICE.MDNS])
	engine.SetDTLSKeyLogWriter(secrets(func(clientRandom, master []byte) { p.session.network.packets.secret(p.name, clientRandom, master) }))
	if err := setICE(&engine, config.ICE); err != nil {
		return engine, err
	}
	if err := setDTLS(&engine, config.DTLS); err != nil {
		return engine, err
	}
	setSCTP(&engine, config.SCTP)
	if config.DataChannels.Detach {
		engine.DetachDataChannels()
	}
	engine.EnableDataChannelBlockWrite(config.DataChannels.BlockWrite)
	if n := config.SRTP.ReplayProtectionWindow; n != nil {
		engine.SetSRTPReplayProtectionWindow(uint(*n))
	}
	if n := config.SRTP.RTCPReplayProtectionWindow; n != nil {
		engine.SetSRTCPReplayProtectionWindow(uint(*n))
	}
	engine.DisableSRTPReplayProtection(!config.SRTP.ReplayProtection)
	engine.DisableSRTCPReplayProtection(!config.SRTP.RTCPReplayProtection)
	engine.SetFireOnTrackBeforeFirstRTP(config.RTP.TrackBeforeRTP)
	engine.SetHandleUndeclaredSSRCWithoutAnswer(config.RTP.UndeclaredSSRC)
	engine.SetIgnoreRidPauseForRecv(config.RTP.IgnoreRIDPause)
	if n := config.RTP.ReceiveMTU; n != nil {
		engine.SetReceiveMTU(uint(*n))
	}
	return engine, nil
}

var mDNSModes = map[string]ice.MulticastDNSMode{
	"off":    ice.MulticastDNSModeDisabled,
	"query":  ice.MulticastDNSModeQueryOnly,
	"gather": ice.MulticastDNSModeQueryAndGather,
}

func setICE(engine *webrtc.SettingEngine, c scenario.EngineICE) error {
	if c.DisconnectedTimeout != nil || c.FailedTimeout != nil || c.KeepaliveInterval != nil {
		// One call sets all three, so that what is not given needs pion's default; see its ice package.
		disconnected, failed, keepalive := iceDisconnectedTimeout, iceFailedTimeout, iceKeepaliveInterval
		set(&disconnected, c.DisconnectedTimeout)
		set(&failed, c.FailedTimeout)
		set(&keepalive, c.KeepaliveInterval)
		engine.SetICETimeouts(disconnected, failed, keepalive)
	}
	apply(engine.SetHostAcceptanceMinWait, c.HostAcceptanceWait)
	apply(engine.SetSrflxAcceptanceMinWait, c.SrflxAcceptanceWait)
	apply(engine.SetPrflxAcceptanceMinWait, c.PrflxAcceptanceWait)
	apply(engine.SetRelayAcceptanceMinWait, c.RelayAcceptanceWait)
	apply(engine.SetSTUNGatherTimeout, c.STUNGatherTimeout)
	apply(engine.SetICEMaxBindingRequests, c.MaxBindingRequests)
	engine.SetLite(c.Lite)
	engine.SetIncludeLoopbackCandidate(c.IncludeLoopback)
	engine.SetICEUseCandidateCheckPriority(c.CheckNominatedFirst)
	if len(c.NetworkTypes) > 0 {
		var types []webrtc.NetworkType
		for _, name := range c.NetworkTypes {
			t, err := webrtc.NewNetworkType(name)
			if err != nil {
				return err
			}
			types = append(types, t)
		}
		engine.SetNetworkTypes(types)
	}
	if c.UsernameFragment != "" {
		engine.SetICECredentials(c.UsernameFragment, c.Password)
	}
	if c.Renomination {
		var options []webrtc.RenominationOption
		if c.RenominationInterval != nil {
			options = append(options, webrtc.WithRenominationInterval(*c.RenominationInterval))
		}
		if err := engine.SetICERenomination(options...); err != nil {
			return err
		}
	}
	if c.PortRange != nil {
		return engine.SetEphemeralUDPPortRange(c.PortRange.Min, c.PortRange.Max)
	}
	return nil
}

func setDTLS(engine *webrtc.SettingEngine, c scenario.EngineDTLS) error {
	apply(engine.SetDTLSRetransmissionInterval, c.RetransmissionInterval)
	if n := c.ReplayProtectionWindow; n != nil {
		engine.SetDTLSReplayProtectionWindow(uint(*n))
	}
	engine.SetDTLSInsecureSkipHelloVerify(c.SkipHelloVerify)
	engine.DisableCertificateFingerprintVerification(c.SkipFingerprint)
	engine.SetSDPMediaLevelFingerprints(c.MediaLevelFingerprints)
	engine.DisableCloseByDTLS(!c.CloseConnection)
	switch c.ExtendedMasterSecret {
	case "require":
		engine.SetDTLSExtendedMasterSecret(dtls.RequireExtendedMasterSecret)
	case "disable":
		engine.SetDTLSExtendedMasterSecret(dtls.DisableExtendedMasterSecret)
	}
	if c.AnsweringRole == "server" {
		return engine.SetAnsweringDTLSRole(webrtc.DTLSRoleServer)
	}
	return nil
}

func setSCTP(engine *webrtc.SettingEngine, c scenario.EngineSCTP) {
	size := func(set func(uint32), n *scenario.Size) {
		if n != nil {
			set(uint32(*n))
		}
	}
	apply(engine.SetSCTPRTOMax, c.RTOMax)
	size(engine.SetSCTPMaxReceiveBufferSize, c.MaxReceiveBufferSize)
	size(engine.SetSCTPMaxMessageSize, c.MaxMessageSize)
	size(engine.SetSCTPMinCwnd, c.MinCongestionWindow)
	size(engine.SetSCTPFastRtxWnd, c.FastRetransmitWindow)
	size(engine.SetSCTPCwndCAStep, c.AvoidanceStep)
	engine.EnableSCTPZeroChecksum(c.ZeroChecksum)
	engine.EnableSctpSnap(c.SNAP)
}

// apply calls a setter with a value that was given.
func apply[T any](set func(T), value *T) {
	if value != nil {
		set(*value)
	}
}
