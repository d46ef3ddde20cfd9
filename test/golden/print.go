package golden

import "strings"

// width is the column up to which an object or array is written on one line. Short values stay readable that way and a
// script of many steps stays short.
const width = 110

// pretty writes the document, breaking what does not fit a line.
func (n *node) pretty() string {
	var b strings.Builder
	n.write(&b, "", 0)
	return b.String()
}

func (n *node) line() string {
	var b strings.Builder
	n.inline(&b)
	return b.String()
}

func (n *node) inline(b *strings.Builder) {
	if n.kind == scalarNode {
		b.WriteString(n.text)
		return
	}
	open, end := brackets(n.kind)
	b.WriteByte(open)
	for i, kid := range n.kids {
		if i > 0 {
			b.WriteString(", ")
		}
		n.key(b, i)
		kid.inline(b)
	}
	b.WriteByte(end)
}

func (n *node) write(b *strings.Builder, indent string, used int) {
	if one := n.line(); n.kind == scalarNode || len(n.kids) == 0 || used+len(one) <= width {
		b.WriteString(one)
		return
	}
	open, end := brackets(n.kind)
	b.WriteByte(open)
	deeper := indent + "  "
	for i, kid := range n.kids {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n" + deeper)
		before := b.Len()
		n.key(b, i)
		kid.write(b, deeper, len(deeper)+b.Len()-before)
	}
	b.WriteString("\n" + indent)
	b.WriteByte(end)
}

func (n *node) key(b *strings.Builder, i int) {
	if n.kind == objectNode {
		b.WriteString(scalar(n.keys[i]).text + ": ")
	}
}

func brackets(kind nodeKind) (open, end byte) {
	if kind == objectNode {
		return '{', '}'
	}
	return '[', ']'
}
