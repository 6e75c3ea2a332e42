package scenario

import "strings"

// An absence is a word of the language or of the standard that does not work, and why.
type absence struct {
	code, reason, instead string
}

// later is a word that a coming version of rtcsim understands.
var later = absence{code: "not-supported-yet"}

// legacy is a word that the standard has dropped.
func legacy(instead string) absence {
	return absence{"not-in-standard", "the standard has dropped it", instead}
}

// lacking is a word of the standard that pion has nothing for.
func lacking(reason, instead string) absence {
	return absence{"not-in-pion", reason, instead}
}

const (
	noIdentity       = "pion has no identity (webrtc-identity)"
	noIdentityAdvice = "leave it out: DTLS fingerprints over a trusted signaling channel are what there is"
	noDTMF           = "pion cannot send DTMF"
	noDTMFAdvice     = "send the tones as messages on a data channel"
	noDirection      = "the direction of a transceiver of pion cannot be set"
)

// absences holds the words that are known and do not work, by the type whose key they would be, and under
// "method", "event" and "attribute" those of the W3C's API.
var absences = map[string]map[string]absence{
	"Network": {
		"addresses": {"unknown-key", "addresses belong to the NAT, or to its hosts", "nat: {addresses: 2} is how many public ones it has, subnet: 192.168.1.0/24 those of the hosts"},
	},
	"Peer": {
		"takes":        later,
		"constraints":  legacy("leave it out"),
		"certificates": {"unknown-key", "certificates belong to the configuration", "write configuration: {certificates: [{name: ECDSA}]}"},
	},
	"Configuration": {
		"peerIdentity": lacking(noIdentity, noIdentityAdvice),
	},
	"ICEServer": {
		"credentialType": legacy("leave it out: the type is always password"),
	},
	"Settings": {
		"nat": {"unknown-key", "a NAT keeps its settings during a run", "nat: rebind, beside network:, makes it forget its mappings"},
	},
	"EngineICE": {
		"tcpMux":          lacking("the simulated network carries UDP only", "leave it out"),
		"udpMux":          {"not-supported-yet", "", "each peer has sockets of its own"},
		"proxyDialer":     lacking("the simulated network carries UDP only", "leave it out"),
		"nat1to1IPs":      {"not-supported-yet", "", "give the peer a network with nat: {oneToOne: true} instead"},
		"interfaceFilter": later, "ipFilter": later, "remoteIPFilter": later,
	},
	"EngineDTLS": {
		"clientAuth":   lacking("a peer connection decides that by itself", "leave it out"),
		"keyLog":       {"not-supported-yet", "", "the recording holds the packets as they were sent"},
		"cipherSuites": later, "ellipticCurves": later,
	},
	"EngineSRTP": {"protectionProfiles": later},
	"Engine":     {"sdp": {"unknown-key", "is no topic of the engine", "dtls: {mediaLevelFingerprints: true} is what there is"}},
	"CreateOffer": {
		"voiceActivityDetection": legacy("leave it out"),
		"mandatory":              legacy("offerToReceiveAudio and offerToReceiveVideo are options of their own"),
		"optional":               legacy("leave it out"),
	},
	"CreateDataChannel": {
		"priority":          lacking("pion has no priorities for data channels", "leave it out"),
		"reliable":          legacy("use maxRetransmits or maxPacketLifeTime"),
		"maxRetransmitTime": legacy("its name is now maxPacketLifeTime"),
	},
	"SetChannel": {
		"direction": lacking(noDirection, "addTransceiver with the direction, or stop"),
	},
	"GetStats":         {"selector": lacking("pion's getStats has no selector", "leave it out and look for the track among the statistics")},
	"UpdateICE":        {"constraints": legacy("leave it out"), "peerIdentity": lacking(noIdentity, "leave it out")},
	"SetConfiguration": {"peerIdentity": lacking(noIdentity, "leave it out")},
	"AddTrack":         {"streams": lacking("a track of pion belongs to one stream", "use stream: NAME")},
	"AddTransceiver": {
		"streams":       lacking("a track of pion belongs to one stream", "use stream: NAME"),
		"sendEncodings": lacking("pion takes the encodings from the track", "give the track layers, under tracks"),
	},
	"method": {
		"newPeerConnection":         {"unknown-method", "makes a peer connection, and each entry under peers is one", "add a peer"},
		"setIdentityProvider":       lacking(noIdentity+"; its method of that name always fails", noIdentityAdvice),
		"getIdentityAssertion":      lacking(noIdentity, noIdentityAdvice),
		"createDTMFSender":          lacking(noDTMF, noDTMFAdvice),
		"insertDTMF":                lacking(noDTMF, noDTMFAdvice),
		"setParameters":             lacking("pion cannot change the parameters of a sender", "use replaceTrack or setCodecPreferences"),
		"setStreams":                lacking("a track of pion belongs to the stream that it was made with", "use replaceTrack, or addTrack with another stream"),
		"getCapabilities":           lacking("pion tells no capabilities", "an offer lists all codecs"),
		"getContributingSources":    lacking("pion does not collect them", "look at the RTP packets in the recording"),
		"getSynchronizationSources": lacking("pion does not collect them", "look at the RTP packets in the recording"),
		"getDefaultIceServers":      legacy("the default is an empty list: ask for defaultIceServers in a condition"),
		"rollback":                  lacking("pion has no rollback: a description that was set cannot be taken back", noRollback+forced),
		"inactive":                  lacking("addTransceiver takes sendrecv, sendonly or recvonly", "add it when it is needed"+forced),
		"recvonly":                  lacking("addTransceiver takes sendrecv or sendonly with a track", "give a kind instead of a track, and addTrack later"+forced),
		"addEventListener":          {"unknown-method", "events are recorded without asking", "use handlers, or wait for an expectation"},
		"getUserMedia":              {"unknown-method", "belongs to another standard", "name a track under tracks and use addTrack"},
		"getSelectedCandidatePair":  {"unknown-method", "is an attribute here", "use selectedCandidatePair in a condition"},
		"getLocalParameters":        {"unknown-method", "is an attribute here", "use ice.localParameters in a condition"},
		"getRemoteParameters":       {"unknown-method", "is an attribute here", "use ice.remoteParameters in a condition"},
		"getLocalCandidates":        {"unknown-method", "is an attribute here", "use ice.localCandidates in a condition"},
		"getRemoteCandidates":       {"unknown-method", "is an attribute here", "use ice.remoteCandidates in a condition"},
		"getRemoteCertificates":     {"unknown-method", "is an attribute here", "use dtls.remoteCertificates in a condition"},
		"onDial":                    {"unknown-method", "is pion's own event", "wait for open"},
	},
	"event": {
		"mute":                 lacking("a track of pion is never muted", "look at what media events measure"),
		"unmute":               lacking("a track of pion is never muted", "look at what media events measure"),
		"ended":                lacking("a track of pion does not tell its end", "expect removestream, or the rtcp event of type BYE"),
		"removetrack":          lacking("pion does not tell it", "expect removestream"),
		"statsended":           legacy("leave it out"),
		"gatheringstatechange": {"unknown-event", "its name in a recording is icegatheringstatechange", ""},
		"statechange":          {"unknown-event", "three transports have an event of this name", "use icetransportstatechange, dtlstransportstatechange or sctptransportstatechange"},
		"icecandidateerror":    lacking("pion never fires it", "expect the icecandidate event of the type that should be there"),
		"tonechange":           lacking(noDTMF, noDTMFAdvice),
		"identityresult":       lacking(noIdentity, noIdentityAdvice),
		"idpassertionerror":    lacking(noIdentity, noIdentityAdvice),
		"idpvalidationerror":   lacking(noIdentity, noIdentityAdvice),
		"peeridentity":         lacking(noIdentity, noIdentityAdvice),
		"isolationchange":      lacking(noIdentity, noIdentityAdvice),
		"fingerprintfailure":   legacy("expect the dtlstransportstatechange to failed"),
	},
	"attribute": {
		"peerIdentity":       lacking(noIdentity, noIdentityAdvice),
		"idpLoginUrl":        lacking(noIdentity, noIdentityAdvice),
		"idpErrorInfo":       lacking(noIdentity, noIdentityAdvice),
		"dtmf":               lacking(noDTMF, noDTMFAdvice),
		"toneBuffer":         lacking(noDTMF, noDTMFAdvice),
		"canInsertDTMF":      lacking(noDTMF, noDTMFAdvice),
		"jitterBufferTarget": lacking("pion has no jitter buffer", "leave it out"),
		"muted":              lacking("a track of pion is never muted", "ask how much media arrived"),
		"reliable":           legacy("ask for maxRetransmits and maxPacketLifeTime"),
		"maxRetransmitTime":  legacy("ask for maxPacketLifeTime"),
	},
}

// forced says how to watch what pion does about a call all the same.
const forced = "; to see pion refuse it, add engine: force to the step"

const noRollback = "make a new peer connection, or agree who makes the offer"

// absent notes that a word is known and does not work.
func (r *reader) absent(pos Pos, word string, a absence) {
	switch a.code {
	case "not-supported-yet":
		r.errorf(pos, a.code, a.instead, "%s is not supported yet", word)
	case "not-in-pion":
		r.errorf(pos, a.code, a.instead, "%s does not work with pion: %s", word, a.reason)
	case "not-in-standard":
		r.errorf(pos, a.code, a.instead, "there is no %s: %s", word, a.reason)
	default:
		what := strings.TrimPrefix(a.code, "unknown-")
		r.errorf(pos, a.code, a.instead, "unknown %s %s: %s", what, quote(word), a.reason)
	}
}

// Unsupported says why a word does not work and what to do instead. The table is that of a type of this package whose key
// it would be, or method, event or attribute. It is false for a word that is not known to be absent.
func Unsupported(table, word string) (reason, instead string, ok bool) {
	a, ok := absences[table][word]
	return a.reason, a.instead, ok
}
