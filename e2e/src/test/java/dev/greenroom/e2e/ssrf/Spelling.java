package dev.greenroom.e2e.ssrf;

import java.util.List;

/// One way to write an address that a page of the outside has no business with.
///
/// @param words for people
/// @param host as in a URL, with userinfo if any
record Spelling(String words, String host) {
    /// Shows that every loader does its work: nothing stands in the way of this one.
    static final Spelling CONTROL = new Spelling("the outside, to compare with", "203.0.113.9");

    static final List<Spelling> ALL = List.of(
            CONTROL,
            new Spelling("loopback", "127.0.0.1"),
            new Spelling("loopback, another of its addresses", "127.127.127.127"),
            new Spelling("loopback, decimal", "2130706433"),
            new Spelling("loopback, hexadecimal", "0x7f000001"),
            new Spelling("loopback, hexadecimal octet", "0x7f.0.0.1"),
            new Spelling("loopback, octal", "017700000001"),
            new Spelling("loopback, octal octet", "0177.0.0.1"),
            new Spelling("loopback, short", "127.1"),
            new Spelling("loopback, zero", "0"),
            new Spelling("loopback, trailing dot", "127.0.0.1."),
            new Spelling("loopback, percent-encoded dots", "127%2e0%2e0%2e1"),
            new Spelling("loopback, full-width digits", "１２７.０.０.１"),
            new Spelling("loopback, circled digits", "①②⑦.⓪.⓪.①"),
            new Spelling("loopback, ideographic full stops", "127。0。0。1"),
            new Spelling("loopback, behind userinfo", "203.0.113.9@127.0.0.1"),
            new Spelling("loopback by name", "localhost"),
            new Spelling("loopback by name, mixed case", "LocalHost"),
            new Spelling("loopback by name, trailing dot", "localhost."),
            new Spelling("loopback by name, subdomain", "app.localhost"),
            new Spelling("loopback behind a public name", "127.0.0.1.nip.example"),
            new Spelling("loopback, IPv6", "[::1]"),
            new Spelling("loopback, mapped", "[::ffff:127.0.0.1]"),
            new Spelling("loopback, mapped and hexadecimal", "[::ffff:7f00:1]"),
            new Spelling("loopback, mapped and in full", "[0:0:0:0:0:ffff:7f00:0001]"),
            new Spelling("private network", "10.99.0.1"),
            new Spelling("private network by name", "intranet.example"),
            new Spelling("metadata", "169.254.169.254"),
            new Spelling("metadata, decimal", "2852039166"),
            new Spelling("metadata, hexadecimal octets", "0xa9.0xfe.0xa9.0xfe"),
            new Spelling("metadata, mapped", "[::ffff:a9fe:a9fe]"),
            new Spelling("metadata, IPv6", "[fd00:ec2::254]"),
            new Spelling("metadata by name", "metadata.google.internal"));

    String name() {
        return "s" + ALL.indexOf(this);
    }
}
