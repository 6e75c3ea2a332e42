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

const noIdentity = "pion has no identity (webrtc-identity)"

// absences holds the words that are known and do not work, by the type whose key they would be, and under
// "method", "event" and "attribute" those of the W3C's API.
var absences = map[string]map[string]absence{
	"Scenario": {
		"servers": later, "tracks": later,
	},
	"Network": {
		"nat": later, "behind": later, "firewall": later, "addresses": later,
	},
	"Peer": {
		"interfaces": later, "tracks": later, "takes": later, "certificates": later,
	},
	"Configuration": {
		"certificates": later,
		"peerIdentity": lacking(noIdentity, ""),
	},
	"ICEServer": {
		"credentialType": legacy("leave it out: the type is always password"),
	},
	"linkKeys": {
		"profile": later, "jitterDistribution": later, "jitterCorrelation": later, "reorder": later, "burst": later,
		"gilbertElliott": later, "overhead": later, "mtu": later, "aqm": later, "duplicate": later, "corrupt": later,
		"rateTrace": later, "drop": later,
	},
	"Direction": {
		"profile": later, "jitterDistribution": later, "jitterCorrelation": later, "reorder": later, "burst": later,
		"gilbertElliott": later, "overhead": later, "mtu": later, "aqm": later, "duplicate": later, "corrupt": later,
		"rateTrace": later,
	},
	"Settings":  {"nat": later, "firewall": later},
	"Signaling": {"loss": later, "order": later, "down": later},
	"EngineICE": {
		"lite": later, "mdns": later, "networkTypes": later, "maxBindingRequests": later,
	},
	"Engine": {"dtls": later, "sctp": later, "srtp": later, "sdp": later, "force": later},
	"Step": {
		"peer": later, "interface": later, "server": later, "signaling": later, "nat": later,
	},
	"CreateOffer": {
		"offerToReceiveAudio": later, "offerToReceiveVideo": later, "voiceActivityDetection": legacy("leave it out"),
	},
	"CreateDataChannel": {
		"priority":          lacking("pion has no priorities for data channels", "leave it out"),
		"reliable":          legacy("use maxRetransmits or maxPacketLifeTime"),
		"maxRetransmitTime": legacy("its name is now maxPacketLifeTime"),
	},
	"method": {
		"newPeerConnection": later, "addTrack": later, "removeTrack": later, "addTransceiver": later,
		"getSenders": later, "getReceivers": later, "getTransceivers": later, "getStats": later,
		"getConfiguration": later, "setConfiguration": later, "restartIce": later, "gracefulClose": later,
		"generateCertificate": later, "addStream": later, "removeStream": later, "getLocalStreams": later,
		"getRemoteStreams": later, "getStreamById": later, "updateIce": later, "replaceTrack": later, "stop": later,
		"setCodecPreferences": later, "getParameters": later, "set": later,
		"setIdentityProvider":       lacking(noIdentity, ""),
		"getIdentityAssertion":      lacking(noIdentity, ""),
		"createDTMFSender":          lacking("pion cannot send DTMF", ""),
		"insertDTMF":                lacking("pion cannot send DTMF", ""),
		"setParameters":             lacking("pion cannot change the parameters of a sender", "replaceTrack and setCodecPreferences are what there will be"),
		"setStreams":                lacking("a track of pion belongs to the stream that it was made with", ""),
		"getCapabilities":           lacking("pion tells no capabilities", ""),
		"getContributingSources":    lacking("pion does not collect them", ""),
		"getSynchronizationSources": lacking("pion does not collect them", ""),
		"getDefaultIceServers":      legacy("the default is an empty list"),
		"rollback":                  lacking("pion has no rollback: a description that was set cannot be taken back", noRollback),
		"addEventListener":          {"unknown-method", "events are recorded without asking", "use handlers, or wait for an expectation"},
	},
	"event": {
		"track": later, "addstream": later, "removestream": later, "mute": later, "unmute": later, "ended": later,
		"gatheringstatechange": {"unknown-event", "its name in a recording is icegatheringstatechange", ""},
		"statechange":          {"unknown-event", "three transports have an event of this name", "use icetransportstatechange, dtlstransportstatechange or sctptransportstatechange"},
		"icecandidateerror":    lacking("pion never fires it", ""),
		"tonechange":           lacking("pion cannot send DTMF", ""),
		"identityresult":       lacking(noIdentity, ""),
		"idpassertionerror":    lacking(noIdentity, ""),
		"idpvalidationerror":   lacking(noIdentity, ""),
		"peeridentity":         lacking(noIdentity, ""),
		"isolationchange":      lacking(noIdentity, ""),
		"fingerprintfailure":   legacy("expect the dtlstransportstatechange to failed"),
	},
	"attribute": {
		"transceivers": later, "senders": later, "receivers": later, "stats": later, "configuration": later, "ice": later,
		"defaultIceServers": later,
		"peerIdentity":      lacking(noIdentity, ""),
		"idpLoginUrl":       lacking(noIdentity, ""),
		"idpErrorInfo":      lacking(noIdentity, ""),
	},
}

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
