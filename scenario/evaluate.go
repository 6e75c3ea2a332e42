package scenario

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// errDivision is the error of a condition that divides by 0.
var errDivision = errors.New("division by 0")

// eval returns what an expression results in: a string, a bool, a float64, a time.Duration, a []any, a struct or a
// map, or nil.
func (e *expression) eval(env Env) (any, error) {
	switch {
	case e.value != nil:
		return e.value.get(env)
	case e.list:
		return e.all(env)
	case e.operator == "":
		return e.literal, nil
	case e.operator == "and", e.operator == "or":
		left, err := e.operands[0].truth(env)
		if err != nil || left == (e.operator == "or") {
			return left, err
		}
		return e.operands[1].truth(env)
	case e.operator == "not":
		x, err := e.operands[0].truth(env)
		return !x, err
	}
	all, err := e.all(env)
	if err != nil {
		return nil, err
	}
	switch e.operator {
	case "==":
		return same(all[0], all[1]), nil
	case "!=":
		return !same(all[0], all[1]), nil
	}
	if slices.Contains(all, nil) {
		// Comparisons with nil are false, and what is computed from nil is nil.
		if slices.Contains(comparisons, e.operator) {
			return e.operator == "not in", nil
		}
		return nil, nil
	}
	switch e.operator {
	case "<", "<=", ">", ">=":
		return ordered(e.operator, all[0], all[1]), nil
	case "in":
		return contains(all[1], all[0]), nil
	case "not in":
		return !contains(all[1], all[0]), nil
	case "contains":
		return contains(all[0], all[1]), nil
	}
	if texts, ok := both[string](all); ok {
		switch e.operator {
		case "matches":
			return e.pattern.MatchString(texts[0]), nil
		case "startsWith":
			return strings.HasPrefix(texts[0], texts[1]), nil
		case "endsWith":
			return strings.HasSuffix(texts[0], texts[1]), nil
		}
	}
	return e.compute(all)
}

// all evaluates the operands.
func (e *expression) all(env Env) ([]any, error) {
	all := make([]any, len(e.operands))
	for i, operand := range e.operands {
		var err error
		if all[i], err = operand.eval(env); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// truth evaluates what is true or false. Nil is false.
func (e *expression) truth(env Env) (bool, error) {
	x, err := e.eval(env)
	truth, _ := x.(bool)
	return truth, err
}

// both returns two values as what they are, if both are of that type.
func both[T any](all []any) ([2]T, bool) {
	if len(all) != 2 {
		return [2]T{}, false
	}
	a, isA := all[0].(T)
	b, isB := all[1].(T)
	return [2]T{a, b}, isA && isB
}

// same tells whether two values are equal. Lists and objects are equal to nothing.
func same(a, b any) bool {
	switch a.(type) {
	case nil, string, bool, float64, time.Duration:
		return a == b
	}
	return false
}

// ordered tells whether two values are in an order.
func ordered(operator string, a, b any) bool {
	var order int
	if texts, ok := both[string]([]any{a, b}); ok {
		order = strings.Compare(texts[0], texts[1])
	} else {
		x, isX := asNumber(a)
		y, isY := asNumber(b)
		if !isX || !isY || math.IsNaN(x) || math.IsNaN(y) {
			return false
		}
		switch {
		case x < y:
			order = -1
		case x > y:
			order = 1
		}
	}
	switch operator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// contains tells whether a list has an element, or a text a part.
func contains(all, one any) bool {
	switch all := all.(type) {
	case string:
		part, ok := one.(string)
		return ok && strings.Contains(all, part)
	case []any:
		return slices.ContainsFunc(all, func(x any) bool { return same(x, one) })
	}
	return false
}

// asNumber returns a number, or the nanoseconds of a duration.
func asNumber(x any) (float64, bool) {
	switch x := x.(type) {
	case float64:
		return x, true
	case time.Duration:
		return float64(x), true
	}
	return 0, false
}

// compute evaluates what computes something of values that are not nil.
func (e *expression) compute(all []any) (any, error) {
	if e.operator == "len" {
		switch x := all[0].(type) {
		case string:
			return float64(utf8.RuneCountInString(x)), nil
		case []any:
			return float64(len(x)), nil
		}
		if v := reflect.ValueOf(all[0]); v.Kind() == reflect.Map {
			return float64(v.Len()), nil
		}
		return nil, nil
	}
	if texts, ok := both[string](all); ok && e.operator == "+" {
		return texts[0] + texts[1], nil
	}
	numbers := make([]float64, len(all))
	for i, x := range all {
		n, ok := asNumber(x)
		if !ok {
			return nil, nil
		}
		numbers[i] = n
	}
	result := numbers[0]
	switch e.operator {
	case "negative":
		result = -result
	case "abs":
		result = math.Abs(result)
	case "min":
		result = slices.Min(numbers)
	case "max":
		result = slices.Max(numbers)
	case "+":
		result += numbers[1]
	case "-":
		result -= numbers[1]
	case "*":
		result *= numbers[1]
	case "/":
		if numbers[1] == 0 {
			return nil, errDivision
		}
		result /= numbers[1]
	}
	if e.typ == typeDuration {
		return time.Duration(result), nil
	}
	return result, nil
}

// plain makes of a value of a Go type what eval returns for it.
func plain(x reflect.Value) any {
	for x.Kind() == reflect.Pointer || x.Kind() == reflect.Interface {
		if x.IsNil() {
			return nil
		}
		x = x.Elem()
	}
	if !x.IsValid() {
		return nil
	}
	switch typeOf(x.Type()) {
	case typeText:
		return x.String()
	case typeTruth:
		return x.Bool()
	case typeDuration:
		return time.Duration(x.Int())
	case typeList:
		list := make([]any, x.Len())
		for i := range list {
			list[i] = plain(x.Index(i))
		}
		return list
	case typeStruct:
		return x.Interface()
	}
	switch {
	case x.CanInt():
		return float64(x.Int())
	case x.CanUint():
		return float64(x.Uint())
	}
	return x.Float()
}
