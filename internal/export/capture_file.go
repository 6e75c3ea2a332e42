package export

import (
	"encoding/binary"
	"io"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// A captureFile is a pcapng file: interfaces on which IPv4 packets were captured, and last the one for what they had inside.
type captureFile struct {
	out       io.Writer
	w         *pcapgo.NgWriter
	plaintext int // the last interface
	buffer    gopacket.SerializeBuffer
}

// captured says how a packet was captured.
type captured struct {
	intf      int
	time      time.Duration // virtual
	direction pcapgo.NgEpbFlag
	id        uint64 // the same for all captures of a packet; 0 for none
	comment   string
}

const (
	unknown  = pcapgo.NgEpbFlagDirectionUnknown
	inbound  = pcapgo.NgEpbFlagDirectionInbound
	outbound = pcapgo.NgEpbFlagDirectionOutbound
)

// linkTypeIPv4 is LINKTYPE_IPV4: packets begin with the IPv4 header.
const linkTypeIPv4 = layers.LinkTypeIPv4

// newCaptureFile begins a file with interfaces of these names.
func newCaptureFile(out io.Writer, application, comment string, interfaces []string) (*captureFile, error) {
	f := &captureFile{out: out, buffer: gopacket.NewSerializeBuffer(), plaintext: len(interfaces)}
	descriptions := make([]pcapgo.NgInterface, 0, len(interfaces)+1)
	for _, name := range interfaces {
		description := "at the interfaces of " + name
		if name == "wire" {
			description = "each packet once, when it was sent, with the addresses that it has between the NATs"
		}
		descriptions = append(descriptions, pcapgo.NgInterface{Name: name, Description: description, LinkType: linkTypeIPv4})
	}
	descriptions = append(descriptions, pcapgo.NgInterface{
		Name:        "plaintext",
		Description: "what was encrypted, end to end: SCTP, and RTP and RTCP by UDP",
		LinkType:    linkTypeIPv4,
	})
	var err error
	f.w, err = pcapgo.NewNgWriterInterface(out, descriptions[0], pcapgo.NgWriterOptions{
		SectionInfo: pcapgo.NgSectionInfo{Application: application, Comment: comment},
	})
	for _, d := range descriptions[1:] {
		if err == nil {
			_, err = f.w.AddInterface(d)
		}
	}
	return f, err
}

func (f *captureFile) flush() error { return f.w.Flush() }

// secrets writes a decryption secrets block with a TLS key log. It holds for the packets after it.
func (f *captureFile) secrets(keyLog []byte) error {
	if len(keyLog) == 0 {
		return nil
	}
	return f.w.WriteDecryptionSecretsBlock(pcapgo.DSB_SECRETS_TYPE_TLS, keyLog)
}

// names writes a name resolution block, which pcapgo can read but not write.
func (f *captureFile) names(names map[netip.Addr]string) error {
	const blockType, recordIPv4, recordEnd = 4, 1, 0
	if len(names) == 0 {
		return nil
	}
	var records []byte
	for _, address := range slices.SortedFunc(maps.Keys(names), netip.Addr.Compare) {
		value := append(append(address.AsSlice(), names[address]...), 0)
		records = binary.LittleEndian.AppendUint16(records, recordIPv4)
		records = binary.LittleEndian.AppendUint16(records, uint16(len(value)))
		records = append(records, value...)
		records = append(records, make([]byte, (4-len(value)%4)%4)...)
	}
	records = binary.LittleEndian.AppendUint32(records, recordEnd)
	length := uint32(len(records) + 12)
	block := binary.LittleEndian.AppendUint32(nil, blockType)
	block = binary.LittleEndian.AppendUint32(block, length)
	block = append(block, records...)
	block = binary.LittleEndian.AppendUint32(block, length)
	if err := f.w.Flush(); err != nil {
		return err
	}
	_, err := f.out.Write(block)
	return err
}

// udp writes a UDP datagram. Of a payload that was not recorded, only its size is there.
func (f *captureFile) udp(at captured, src, dst netip.AddrPort, payload []byte, size int) error {
	const headers = 28
	ip := ipv4(src.Addr(), dst.Addr(), layers.IPProtocolUDP)
	udp := &layers.UDP{SrcPort: layers.UDPPort(src.Port()), DstPort: layers.UDPPort(dst.Port())}
	if err := udp.SetNetworkLayerForChecksum(ip); err != nil {
		return err
	}
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if len(payload) < size {
		ip.Length, udp.Length = uint16(headers+size), uint16(headers-20+size)
		options = gopacket.SerializeOptions{}
		payload = nil
	}
	if err := gopacket.SerializeLayers(f.buffer, options, ip, udp, gopacket.Payload(payload)); err != nil {
		return err
	}
	return f.write(at, headers+size)
}

// sctp writes an SCTP packet.
func (f *captureFile) sctp(at captured, src, dst netip.Addr, packet []byte) error {
	ip := ipv4(src, dst, layers.IPProtocolSCTP)
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(f.buffer, options, ip, gopacket.Payload(packet)); err != nil {
		return err
	}
	return f.write(at, len(f.buffer.Bytes()))
}

func ipv4(src, dst netip.Addr, protocol layers.IPProtocol) *layers.IPv4 {
	return &layers.IPv4{Version: 4, IHL: 5, TTL: 64, Flags: layers.IPv4DontFragment, Protocol: protocol, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()}
}

// write writes the packet in the buffer, which had that length.
func (f *captureFile) write(at captured, length int) error {
	data := f.buffer.Bytes()
	options := pcapgo.NgPacketOptions{Comments: []string{at.comment}}
	if at.id != 0 {
		options.PacketID = &at.id
	}
	if at.direction != unknown {
		options.Flags = &pcapgo.NgEpbFlags{Direction: at.direction}
	}
	return f.w.WritePacketWithOptions(gopacket.CaptureInfo{
		Timestamp:      epoch.Add(at.time),
		CaptureLength:  len(data),
		Length:         length,
		InterfaceIndex: at.intf,
	}, data, options)
}
