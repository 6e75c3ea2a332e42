package vnet

import (
	"errors"
	"math"
	"math/rand/v2"
)

// GilbertElliott is a model of loss with two states, good and bad. It starts
// in the good one. For each packet it may change its state first, and then
// the packet is lost with the probability of the state it is in.
//
// In the long run the share P/(P+R) of all packets meets the bad state, and
// the mean stays are 1/P packets in the good and 1/R packets in the bad state.
// All four are probabilities, from 0 to 1.
type GilbertElliott struct {
	P float64 // the good state is left for the bad one
	R float64 // the bad state is left for the good one

	LossGood float64 // a packet is lost in the good state
	LossBad  float64 // a packet is lost in the bad state
}

func (d *Direction) validateLoss() error {
	switch model := d.GilbertElliott; {
	case !isShare(d.Loss):
		return errors.New("loss is not between 0 and 1")
	case !(d.Burst >= 0) || math.IsInf(d.Burst, 1):
		return errors.New("burst is not a length")
	case model != nil && (d.Loss != 0 || d.Burst != 0):
		return errors.New("Gilbert-Elliott takes the place of loss and burst, which must not be set")
	case model != nil && !(isShare(model.P) && isShare(model.R) && isShare(model.LossGood) && isShare(model.LossBad)):
		return errors.New("Gilbert-Elliott: a probability is not between 0 and 1")
	case d.Burst > 0 && d.Loss == 0:
		return errors.New("burst without loss")
	case d.Burst > 0 && !(d.Burst > math.Ceil(d.Loss/(1-d.Loss))): // as libwebrtc
		return errors.New("burst is too short for so much loss: it must be longer than loss/(1-loss), rounded up")
	}
	return nil
}

// isShare reports whether x is from 0 to 1; NaN is not.
func isShare(x float64) bool { return x >= 0 && x <= 1 }

// lossModel is the model behind all of a direction's settings for loss.
func (d *Direction) lossModel() GilbertElliott {
	switch {
	case d.GilbertElliott != nil:
		return *d.GilbertElliott
	case d.Burst > 0: // Gilbert's: everything is lost in the bad state, and nothing in the good one
		return GilbertElliott{P: d.Loss / (1 - d.Loss) / d.Burst, R: 1 / d.Burst, LossBad: 1}
	}
	return GilbertElliott{R: 1, LossGood: d.Loss}
}

// losses decides which packets a direction loses. The state outlives a change
// of settings.
type losses struct {
	turns, luck *rand.Rand // for the state, and for the packet in it
	bad         bool
}

// next draws for one packet and returns why it is lost, or "".
func (l *losses) next(d *Direction) Reason {
	turn, luck := l.turns.Float64(), l.luck.Float64()
	m := d.lossModel()
	if l.bad {
		l.bad = turn >= m.R
	} else {
		l.bad = turn < m.P
	}
	switch {
	case l.bad && luck < m.LossBad:
		return BurstLoss
	case !l.bad && luck < m.LossGood:
		return Loss
	}
	return ""
}
