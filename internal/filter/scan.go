package filter

import "context"

// Direction is where a [Scan] goes.
type Direction int

// The directions.
const (
	Backward Direction = -1
	Forward  Direction = 1
)

// Scan returns the number of the next event that the filter picks, going from event n, which it does not look at; 0 if there is none
// among those that are there. Every few thousand events it calls progress, unless that is nil, with the number of the event it
// has come to. The error is the context's, when that is over.
func Scan(ctx context.Context, r Recording, f *Filter, n int, to Direction, progress func(n int)) (int, error) {
	last := r.Len()
	if to == Backward {
		n = min(n, last+1)
	} else {
		n = max(n, 0)
	}
	for n += int(to); n >= 1 && n <= last; n += int(to) {
		if n%pageSize == 0 {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			if progress != nil {
				progress(n)
			}
		}
		if f.Match(r, n) {
			return n, nil
		}
	}
	return 0, nil
}
