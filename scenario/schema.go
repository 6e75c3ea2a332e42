package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/rtcsim/rtcsim/recorder"
	"gopkg.in/yaml.v3"
)

// Schema returns the JSON Schema (draft-07) of scenario files, for editors: it completes and explains every key. It is made
// of the tables that [Read] is guided by. What a file with the right shapes can still have wrong, only Read finds.
func Schema() []byte {
	s := &schema{definitions: object{}}
	root := s.fields(reflect.TypeFor[Scenario]())
	root["type"] = "object"
	delete(root, "pattern")
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "A scenario of rtcsim"
	root["description"] = "A WebRTC session: its network, its peers, what they do, and what must come of it."
	root["definitions"] = s.definitions
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		panic("scenario: a schema that is not JSON: " + err.Error())
	}
	return b.Bytes()
}

// An object is a JSON object.
type object = map[string]any

// A schema is one in the making. Each type is a definition, to which the others refer.
type schema struct {
	definitions object
}

// A describer is a type whose shape in the file is not that of its fields.
type describer interface {
	schema(s *schema) object
}

// substitution is the pattern of a text with a name of the matrix in it, which can stand anywhere.
const substitution = `\$\{`

// text returns the schema of a text with a pattern, or one of the matrix.
func text(pattern string) object {
	return object{"type": "string", "pattern": pattern + "|" + substitution}
}

// The patterns of texts with a form of their own.
const (
	durationPattern = `^\+?((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$`
	sharePattern    = `^\+?(\d+\.?\d*|\.\d+) ?%$`
	ratePattern     = `^\+?(\d+\.?\d*|\.\d+) ?(bps|kbps|Mbps|Gbps)$`
	sizePattern     = `^\+?(\d+\.?\d*|\.\d+) ?(B|KB|KiB|MB|MiB|GB)$`
)

// of returns the schema of a type.
func (s *schema) of(t reflect.Type, f field) object {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[time.Duration]():
		return object{"anyOf": []any{text(durationPattern), object{"const": 0}}}
	case reflect.TypeFor[Share]():
		return object{"anyOf": []any{text(sharePattern), object{"const": 0}}}
	case reflect.TypeFor[Rate]():
		return text(ratePattern)
	case reflect.TypeFor[Size]():
		return text(sizePattern)
	}
	_, describes := reflect.New(t).Interface().(describer)
	switch {
	case describes, t.Kind() == reflect.Struct:
		return s.definition(t)
	case t.Kind() == reflect.Slice && f.named:
		named := object{"type": []any{"object", "null", "string"}, "pattern": substitution, "additionalProperties": s.of(t.Elem(), field{})}
		if f.required {
			named["type"], named["minProperties"] = []any{"object", "string"}, 1
		}
		return named
	case t.Kind() == reflect.Slice:
		list := object{"type": []any{"array", "string"}, "pattern": substitution, "items": s.of(t.Elem(), field{})}
		if t.Elem().Kind() == reflect.String {
			return object{"anyOf": []any{s.of(t.Elem(), f), list}}
		}
		return list
	case t.Kind() == reflect.Bool:
		return object{"type": []any{"boolean", "string"}, "pattern": substitution}
	case t.Kind() == reflect.String && len(f.enum) > 0:
		return object{"anyOf": []any{object{"enum": f.enum}, text(substitution)}}
	case t.Kind() == reflect.String:
		return object{"type": "string"}
	}
	number := object{"type": []any{"integer", "string"}, "pattern": substitution, "minimum": 0}
	switch {
	case t.Kind() == reflect.Uint8, t.Kind() == reflect.Uint16:
		number["maximum"] = uint64(1)<<t.Bits() - 1
	case t.Kind() == reflect.Int:
		number["maximum"] = 1<<31 - 1
	case t.Kind() == reflect.Float64:
		number["type"] = []any{"number", "string"}
	}
	return number
}

// definition returns a reference to the definition of a type, having made it where there was none.
func (s *schema) definition(t reflect.Type) object {
	name := strings.TrimSuffix(strings.ToUpper(t.Name()[:1])+t.Name()[1:], "Keys")
	if _, ok := s.definitions[name]; !ok {
		s.definitions[name] = nil // a type may lead to itself
		if d, ok := reflect.New(t).Interface().(describer); ok {
			s.definitions[name] = d.schema(s)
		} else {
			s.definitions[name] = s.fields(t)
		}
	}
	return object{"$ref": "#/definitions/" + name}
}

// fields returns the schema of a mapping with the keys of a struct.
func (s *schema) fields(t reflect.Type) object {
	properties, required := s.properties(t)
	schema := object{"type": []any{"object", "null", "string"}, "pattern": substitution, "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		schema["type"], schema["required"] = []any{"object", "string"}, required
	}
	return schema
}

// properties returns the schemas of the keys of a struct, and which of them must be there.
func (s *schema) properties(t reflect.Type) (properties object, required []string) {
	properties = object{}
	for _, f := range fieldsOf(t) {
		properties[f.key] = s.property(t.FieldByIndex(f.index), f)
		if f.required {
			required = append(required, f.key)
		}
	}
	return properties, required
}

// property returns the schema of a key, with what it means.
func (s *schema) property(field reflect.StructField, f field) object {
	property := s.of(field.Type, f)
	if property["$ref"] != nil {
		property = object{"allOf": []any{property}} // draft-07 ignores what stands beside a reference
	} else {
		property = maps.Clone(property)
	}
	property["description"] = field.Tag.Get("doc")
	if f.def != "" {
		property["description"] = field.Tag.Get("doc") + " Default: " + f.def + "."
		property["default"] = jsonOf(f.def)
	}
	if f.example != "" {
		property["examples"] = []any{jsonOf(f.example)}
	}
	return property
}

// jsonOf returns what a text of YAML says, for JSON.
func jsonOf(text string) any {
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(text), &n); err != nil || len(n.Content) == 0 {
		return text
	}
	return jsonNode(n.Content[0])
}

// jsonNode returns a node as JSON has it. What the reader takes as a text, such as a date, is one.
func jsonNode(n *yaml.Node) any {
	switch n = resolved(n); {
	case n.Kind == yaml.MappingNode:
		o := object{}
		for _, p := range mappingOf(n) {
			o[p.key] = jsonNode(p.value)
		}
		return o
	case n.Kind == yaml.SequenceNode:
		list := []any{}
		for _, item := range n.Content {
			list = append(list, jsonNode(item))
		}
		return list
	case n.Tag == "!!int", n.Tag == "!!float", n.Tag == "!!bool", n.Tag == "!!null":
		var v any
		if n.Decode(&v) == nil {
			return v
		}
	}
	return n.Value
}

// or returns a schema that takes what any of the others does.
func or(schemas ...object) object { return object{"anyOf": schemas} }

func (l *Link) schema(s *schema) object { return s.fields(reflect.TypeFor[linkKeys]()) }

func (q *Queue) schema(*schema) object {
	return or(text(sizePattern), object{"type": "integer", "minimum": 1, "maximum": 1_000_000})
}

func (b *Burst) schema(*schema) object {
	return or(words("none"), object{"type": "number", "minimum": 0})
}

func (g *GilbertElliott) schema(s *schema) object {
	return or(words("none"), s.fields(reflect.TypeFor[GilbertElliott]()))
}

func (c *Capacity) schema(*schema) object { return or(object{"const": "unlimited"}, text(ratePattern)) }

func (o *Overhead) schema(*schema) object {
	return or(text(sizePattern), object{"type": "integer", "minimum": 0, "maximum": maxOverhead})
}

func (m *MTU) schema(*schema) object {
	return or(object{"const": "none"}, text(sizePattern), object{"type": "integer", "minimum": leastMTU, "maximum": maxPacket})
}

func (a *AQM) schema(s *schema) object {
	return or(words("codel", "none"), s.fields(reflect.TypeFor[AQM]()))
}

func (t *RateTrace) schema(*schema) object {
	return or(object{"type": "string", "minLength": 1}, object{"type": "array", "minItems": 1, "items": object{"type": "integer", "minimum": 0}})
}

func (d *DropRules) schema(s *schema) object {
	return or(words("none"), object{"type": "array", "items": s.definition(reflect.TypeFor[DropRule]())})
}

func (m *PacketMatch) schema(s *schema) object {
	match := s.fields(reflect.TypeFor[PacketMatch]())
	typ := match["properties"].(object)["type"].(object)
	word := words(PacketTypes("")...)
	typ["anyOf"] = []any{word, object{"type": "array", "items": word}}
	return match
}

func (o *Ordinals) schema(*schema) object {
	number := object{"type": "integer", "minimum": 1}
	return or(number, text(substitution), object{"type": "array", "items": number})
}

func (p *Period) schema(s *schema) object {
	return object{"type": "array", "minItems": 2, "maxItems": 2, "items": s.of(reflect.TypeFor[time.Duration](), field{})}
}

func (b *SizeBound) schema(*schema) object {
	return or(object{"type": "integer", "minimum": 0}, text(`^\s*(==|<=|>=|<|>|)\s*\d\S*\s*$`))
}

func (t *NAT) schema(s *schema) object {
	return or(words(enumOf[NAT]("type")...), s.fields(reflect.TypeFor[NAT]()))
}

func (c *NATChange) schema(s *schema) object {
	return or(words("rebind", "expire"), s.fields(reflect.TypeFor[NATChange]()))
}

func (f *Firewall) schema(s *schema) object {
	return or(words(enumOf[Firewall]("udp")...), s.fields(reflect.TypeFor[Firewall]()))
}

func (f *FirewallRule) schema(s *schema) object {
	rule := s.fields(reflect.TypeFor[FirewallRule]())
	rule["oneOf"] = []any{object{"required": []string{"allow"}}, object{"required": []string{"block"}}}
	return rule
}

func (m *Remote) schema(*schema) object { return object{"type": "string", "minLength": 1} }

func (p *Ports) schema(*schema) object {
	return or(object{"type": "integer", "minimum": 1, "maximum": 65535}, text(`^\s*\d+\s*(-\s*\d+\s*)?$`))
}

func (t *Subnet) schema(*schema) object { return text(`^\d+\.\d+\.\d+\.\d+/(1[6-9]|2\d)$`) }

func (u *User) schema(*schema) object { return object{"type": "string", "minLength": 1} }

func (v *Server) schema(s *schema) object {
	server := s.fields(reflect.TypeFor[Server]())
	server["anyOf"] = []any{object{"required": []string{"stun"}}, object{"required": []string{"turn"}}}
	return server
}

func (c *InterfaceSettings) schema(s *schema) object {
	return or(words("up", "down"), s.fields(reflect.TypeFor[InterfaceSettings]()))
}

func (c *SignalingChange) schema(s *schema) object {
	return or(words("up", "down"), s.fields(reflect.TypeFor[SignalingChange]()))
}

// words returns the schema of one of some words, or a name of the matrix.
func words(words ...string) object { return or(object{"enum": words}, text(substitution)) }

func (e *Expectations) schema(s *schema) object {
	return object{"type": "array", "items": or(s.definition(reflect.TypeFor[Expectation]()), s.fields(reflect.TypeFor[guardKeys]()))}
}

func (o *Outage) schema(*schema) object {
	return or(object{"const": true}, text(durationPattern))
}

func (b *Between) schema(*schema) object { return text(`^\s*\S+\s*->\s*\S+\s*$`) }

func (f *Reference) schema(*schema) object { return text(`^\$[^.]+$`) }

func (t *Target) schema(*schema) object { return object{"type": "string", "minLength": 1} }

func (c *Certificate) schema(s *schema) object {
	return or(text(`^\$[^.]+$`), s.fields(reflect.TypeFor[Certificate]()))
}

func (d *SetLocalDescription) schema(s *schema) object {
	return or(object{"type": []any{"object", "null"}, "maxProperties": 0}, d.Description.schema(s))
}

func (h *Hearing) schema(*schema) object {
	return or(object{"enum": []string{"never", "at once"}}, text(`^after .+$`))
}

func (c *Returns) schema(*schema) object {
	return or(object{"const": "never"}, text(`^within .+$`))
}

func (d *Description) schema(s *schema) object {
	typ := object{"const": "rollback", "description": "Takes back what was set. pion cannot: it needs engine: force.", "examples": []string{"rollback"}}
	rollback := object{"type": "object", "properties": object{"type": typ}, "required": []string{"type"}, "additionalProperties": false}
	return or(text(`^\$[^.]+$`), s.fields(reflect.TypeFor[Description]()), rollback)
}

func (a *AddICECandidate) schema(s *schema) object {
	return or(object{"type": "null"}, text(`^\$[^.]+$`), s.fields(reflect.TypeFor[AddICECandidate]()))
}

func (s *Send) schema(sch *schema) object {
	send := sch.fields(reflect.TypeFor[Send]())
	send["oneOf"] = []any{object{"required": []string{"data"}}, object{"required": []string{"size"}}}
	return send
}

func (b *Branch) schema(s *schema) object {
	step := s.definition(reflect.TypeFor[Step]())
	return or(step, object{"type": "array", "items": step})
}

func (s *Script) schema(sch *schema) object {
	return object{"type": "array", "items": sch.definition(reflect.TypeFor[Step]())}
}

func (b *Block) schema(s *schema) object { return (*Script)(nil).schema(s) }

func (a *Axis) schema(*schema) object {
	list := object{"type": "array", "minItems": 1, "uniqueItems": true,
		"items": object{"type": []any{"string", "number", "boolean"}, "pattern": "^[^,=\n]+$"}}
	return or(list, object{"type": "object", "minProperties": 1, "propertyNames": object{"pattern": "^[^,=\n]+$"}})
}

func (e *Expectation) schema(s *schema) object {
	properties, _ := s.properties(reflect.TypeFor[expectationKeys]())
	of := func(keys ...string) object {
		some := object{}
		for _, key := range keys {
			some[key] = properties[key]
		}
		return object{"type": "object", "properties": some, "required": keys[:1], "additionalProperties": false}
	}
	count := of("count", "is", "atLeast", "atMost")
	count["anyOf"] = []any{object{"required": []string{"is"}}, object{"required": []string{"atLeast"}}, object{"required": []string{"atMost"}}}
	condition := object{"type": "string", "minLength": 1,
		"description": `A condition such as bob.connectionState == "connected", with "within 30s of alice.close" behind it where that matters, or plain words: bob received "hello" on chat.`}
	not := properties["not"].(object)
	not["allOf"] = append(not["allOf"].([]any), object{"not": object{"type": "object", "required": []string{"not"}}})
	return or(condition, s.definition(reflect.TypeFor[Pattern]()), of("never"), of("sequence"), count, of("not"))
}

// schema describes a pattern: the kind of event decides what else can be asked for.
func (p *Pattern) schema(s *schema) object {
	schema := s.fields(reflect.TypeFor[Pattern]())
	var kinds []any
	var rules []object
	for _, k := range recorder.Kinds {
		if _, absent := absences["event"][string(k.Kind)]; absent {
			continue
		}
		kinds = append(kinds, object{"const": k.Kind, "description": k.Meaning})
		values := object{}
		for key, valid := range map[string][]string{"state": states[k.Kind], "type": typesOf[k.Kind]} {
			if valid != nil {
				values[key] = or(object{"enum": valid}, text(substitution))
			}
		}
		then := object{"propertyNames": object{"enum": patternKeys(k)}, "properties": values}
		i := slices.IndexFunc(rules, func(rule object) bool { return reflect.DeepEqual(rule["then"], then) })
		if i < 0 {
			i = len(rules)
			rules = append(rules, object{"if": object{"properties": object{"event": object{"enum": []recorder.Kind{}}}}, "then": then})
		}
		event := rules[i]["if"].(object)["properties"].(object)["event"].(object)
		event["enum"] = append(event["enum"].([]recorder.Kind), k.Kind)
	}
	event := schema["properties"].(object)["event"].(object)
	event["anyOf"] = append(kinds, text(substitution))
	schema["allOf"] = rules
	return schema
}

// schema describes a step: one of the kinds that a word of its own begins, or a call, whose first word is the name of a
// peer, so that its arguments depend on the value of a key that no other step has.
func (s *Step) schema(sch *schema) object {
	properties, _ := sch.properties(reflect.TypeFor[Step]())
	common := slices.Sorted(maps.Keys(properties))
	call, _ := sch.properties(reflect.TypeFor[Call]())
	maps.Copy(properties, call)
	properties["with"] = object{"description": "The arguments of a call, by their W3C names."}
	// A key that several kinds of steps have differs between them: all that they share is its description.
	kinds := make([]object, len(stepKinds))
	having := map[string]int{"with": 2} // calls have it, too
	var rules []any
	for i, kind := range stepKinds {
		kinds[i], _ = sch.properties(reflect.TypeOf(kind.new()).Elem())
		for key := range kinds[i] {
			having[key]++
		}
	}
	for i, kind := range stepKinds {
		_, required := sch.properties(reflect.TypeOf(kind.new()).Elem())
		own := object{}
		for key, property := range kinds[i] {
			switch known, there := properties[key].(object); {
			case having[key] == 1:
				properties[key] = property
				continue
			case key == "with":
			case !there:
				meaning := fmt.Sprint(kind.key, ": ", property.(object)["description"])
				properties[key] = object{"description": meaning, "examples": property.(object)["examples"]}
			default:
				known["description"] = fmt.Sprint(known["description"], " ", kind.key, ": ", property.(object)["description"])
			}
			own[key] = property
		}
		then := object{"required": required, "propertyNames": object{"enum": slices.Concat(common, slices.Sorted(maps.Keys(kinds[i])))}}
		if len(own) > 0 {
			then["properties"] = own
		}
		rules = append(rules, object{"if": object{"required": []string{kind.key}}, "then": then})
	}
	known := object{}
	for key := range properties {
		known[key] = true
	}

	// Methods of one name may belong to several interfaces, each with arguments of its own.
	var names []string
	methods := map[string][]*Method{}
	for _, m := range Methods {
		if methods[m.Name] == nil {
			names = append(names, m.Name)
		}
		methods[m.Name] = append(methods[m.Name], m)
	}
	var constants []any
	for _, name := range names {
		var docs []string
		var args []object
		for _, m := range methods[name] {
			docs = append(docs, m.Interface+": "+m.Doc)
			args = append(args, sch.of(reflect.TypeOf(m.Args()), field{}))
		}
		constants = append(constants, object{"const": name, "description": strings.Join(docs, " ")})
		rules = append(rules, object{
			"if":   object{"not": object{"properties": known, "additionalProperties": object{"not": object{"const": name}}}},
			"then": object{"properties": object{"with": or(args...)}},
		})
	}
	return object{
		"type":                 "object",
		"minProperties":        1,
		"properties":           properties,
		"additionalProperties": object{"description": "PEER: METHOD, or PEER.NAME: METHOD for what a step before has made.", "anyOf": append(constants, text(substitution))},
		"allOf":                rules,
	}
}
