package dev.greenroom.wire;

/// One field of a head, as it was sent.
public record Header(String name, String value) {}
